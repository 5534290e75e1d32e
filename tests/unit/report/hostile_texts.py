"""Texts that a stranger would choose, and a run in which every text is one of them."""

from dataclasses import replace

from any_fact import knowing_all
from sample_report import busy_line_diagnosis, home_record, step

from nexkit.facts import BUILTIN_FACTS
from nexkit.outcome import Completed
from nexkit.subject import Subject
from report.plain import UnknownFact

CORPUS = (
    "<script>alert(1)</script>",
    "</style><style>@import url(http://evil.example/x.css)</style>",
    '"><img src=http://evil.example/x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "<a href=javascript:alert(1)>x</a>",
    "</bdi></td></table><h1>Healthy</h1>",
    "{{ 7 * 7 }}{% raw %}",
    "http://evil.example/ [link](http://evil.example/)",
    "a\u202egnp.exe\u2066b\u200b",
    "\x1b[2J\x1b]0;owned\x07\x9b31m",
    "line\r\nforged line\u2028another\u0085one",
    "=HYPERLINK(A1)",
    "\uff1dcmd|' /C calc'!A0",
    "\ud800half",
    "\0nul",
    "&lt;script&gt; &#60;b&#62;",
    "%s %n {0} {name}",
    "x" * 5000,
    "-- \t@SUM(1)",
)


def hostile_record(text):
    results = [
        step(f"s{number}", "p", Subject.COMPUTER, Completed(knowing_all(fact, text)))
        for number, fact in enumerate(BUILTIN_FACTS)
    ]
    results.append(step(text, text, Subject.ANCHOR, Completed(UnknownFact(kind=text, data={text: [text]}))))
    record = home_record(results=tuple(results))
    return replace(
        record,
        kit_version=text,
        system=knowing_all(type(record.system), text),
        request=replace(record.request, note=text, ticket=text, url=text, service_id=text),
        profile=replace(record.profile, id=text),
    )


def hostile_diagnosis(text):
    diagnosis = busy_line_diagnosis()
    finding = replace(
        diagnosis.findings[0],
        evidence=(text, "s1"),
        against=(text,),
        values={text: text, "rtt_ms": 1.0},
    )
    inspection = replace(finding, cause="security.inspection", values={"issuer": text, "hosts": 2})
    gaps = tuple(replace(gap, step=text, probe=text) for gap in diagnosis.not_tested)
    return replace(diagnosis, findings=(finding, inspection), not_tested=gaps, rules_version=text)
