"""The report as a page: one file without script and without any outside reference, for a phone, a screen or paper."""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from nexkit.diagnosis.verdict import Diagnosis, Finding, NotTested, Rung, RungState, Segment, Severity, segment_of
from nexkit.facts.dns import ResolverAnswers, SystemLookups
from nexkit.facts.echo import EchoStats
from nexkit.facts.load import DirectionLoad, LoadTest
from nexkit.facts.network import NetworkState
from nexkit.facts.path import HopResponder, PathTrace, hop_places
from nexkit.facts.portal import PortalCheck
from nexkit.facts.reach import Reach, ReachAttempt
from nexkit.outcome import Completed, Failed, Failure, Skipped, SkipReason
from nexkit.profile import Profile
from nexkit.run_record import RunRecord, StepResult
from nexkit.stats import quantile
from nexkit.texts import Texts
from nexkit.texts.causes import CauseText, cause_text
from nexkit.texts.numbers import bit_rate, byte_size, milliseconds, percent
from nexkit.texts.probes import probe_text
from nexkit.texts.verdicts import not_tested_text, rung_word, segment_name, severity_word, verdict_sentence
from nexkit.texts.words import hop_place_text, subject_text, symptom_name, value_text
from report.figures import Bar, bar_chart, echo_chart
from report.plain import UnknownFact
from report.redact import user_text
from report.summary import moment_text, organisation_name
from report.visible import MAX_CHARACTERS, visible

_TEMPLATES = Path(__file__).parent / "templates"
_PATH = (Segment.DEVICE, Segment.LAN, Segment.GATEWAY, Segment.ACCESS, Segment.INTERNET, Segment.SERVICE)
"""Drawn one after the other; the rest stands beside the way."""
_MAX_RAW = 4000
"""Characters of a fact that this version cannot read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """One place of the drawing."""

    segment: str
    name: str
    state: str
    word: str
    here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _FindingView:
    finding: Finding
    text: CauseText
    severity: str
    confidence: str
    values: Sequence[tuple[str, str]]
    explains: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chart:
    title: str
    target: str
    """As measured; of unknown origin."""
    figures: Sequence[tuple[str, str]]
    picture: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    title: str
    note: str
    """What the table is about: a target, of unknown origin; "" without."""
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def shown(text: object, limit: int = MAX_CHARACTERS) -> Markup:
    """Text of unknown origin in a page: escaped, apart from the direction of what surrounds it, nothing invisible."""
    return Markup("<bdi>{}</bdi>").format(visible(str(text), limit=limit))


def typed(text: str) -> Markup:
    """Text of unknown origin that keeps its lines: what the user typed, the cells of a table, a raw fact."""
    return Markup("<bdi>{}</bdi>").format(user_text(text))


def _harmless(value: object) -> object:
    """Every text that is put into the page, our own sentences among them: some of them quote a word of the report."""
    return visible(value, limit=_MAX_RAW, keep="\n") if type(value) is str else value


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.filters["shown"] = shown
    environment.filters["typed"] = typed
    return environment


def report_html(
    record: RunRecord, diagnosis: Diagnosis, profile: Profile | None, texts: Texts, *, report_id: str
) -> str:
    """The page of a redacted run. `profile` gives the organisation's name; without it the page shows the id alone."""
    css = (_TEMPLATES / "report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    environment = _environment().overlay()
    environment.install_gettext_callables(texts.gettext, texts.ngettext, newstyle=False)  # type: ignore[attr-defined]  # added by the i18n extension
    verdict = diagnosis.verdict
    findings = [_finding(finding, texts) for finding in diagnosis.findings]
    root = next((view for view in findings if view.finding.cause == verdict.cause), None)
    return environment.get_template("report.html").render(
        css=Markup(css),  # noqa: S704  our own file
        css_hash=digest,
        texts=texts,
        report_id=report_id,
        record=record,
        diagnosis=diagnosis,
        organisation=organisation_name(profile, texts),
        sentence=verdict_sentence(diagnosis, texts),
        confidence=None if verdict.confidence is None else percent(verdict.confidence),
        advice=root.text.advice if root else (),
        path=[_place(rung, diagnosis, texts) for rung in diagnosis.ladder if rung.segment in _PATH],
        beside=[_place(rung, diagnosis, texts) for rung in diagnosis.ladder if rung.segment not in _PATH],
        findings=[view for view in findings if view.finding.severity is not Severity.CONTEXT],
        context=[view for view in findings if view.finding.severity is Severity.CONTEXT],
        charts=[*_echo_charts(record, texts), *_load_charts(record, texts)],
        not_tested=[
            (item.step, probe_text(item.probe, texts).name, not_tested_text(item, texts))
            for item in diagnosis.not_tested
        ],
        withheld=[result.id for result in record.results if result.outcome == Skipped(SkipReason.WITHHELD)],
        tables=list(_tables(record, texts)),
        steps=[_step_row(result, texts) for result in record.results],
        unknown=list(_unknown(record)),
        symptom=symptom_name(record.request.symptom, texts),
        began=moment_text(record.started_at),
    )


def _place(rung: Rung, diagnosis: Diagnosis, texts: Texts) -> _Place:
    return _Place(
        segment=rung.segment.value,
        name=segment_name(rung.segment, texts),
        state=rung.state.value,
        word=rung_word(rung.state, texts),
        here=rung.segment is diagnosis.verdict.segment and rung.state in {RungState.FAIL, RungState.WARN},
    )


def _finding(finding: Finding, texts: Texts) -> _FindingView:
    return _FindingView(
        finding=finding,
        text=cause_text(finding, texts),
        severity=severity_word(finding.severity, texts),
        confidence=percent(finding.confidence),
        values=[(name, value_text(name, value)) for name, value in finding.values.items()],
        explains=[(cause, segment_name(segment_of(cause), texts)) for cause in finding.explains],
    )


# Charts


def _echo_charts(record: RunRecord, texts: Texts) -> Iterator[_Chart]:
    for result in record.results:
        if isinstance(result.outcome, Completed) and isinstance(result.outcome.fact, EchoStats):
            yield _echo_chart(subject_text(result.subject, texts), result.outcome.fact, texts)


def _echo_chart(title: str, echo: EchoStats, texts: Texts) -> _Chart:
    _ = texts.gettext
    words = _("Round-trip times: {subject}").format(subject=title)
    return _Chart(
        title=words,
        target=f"{echo.target} ({echo.method.value})",
        figures=[
            (_("median"), milliseconds(echo.rtt_p50_ms)),
            (_("95 % below"), milliseconds(echo.rtt_p95_ms)),
            (_("jitter"), milliseconds(echo.jitter_ms)),
            (_("lost"), f"{percent(echo.loss_ratio)} ({echo.sent - echo.received}/{echo.sent})"),
        ],
        picture=echo_chart(echo, lost_word=_("lost"), title=words),
    )


def _load_charts(record: RunRecord, texts: Texts) -> Iterator[_Chart]:
    _ = texts.gettext
    for result in record.results:
        if not isinstance(result.outcome, Completed) or not isinstance(result.outcome.fact, LoadTest):
            continue
        load = result.outcome.fact
        rates = (
            (_("Download"), load.down, load.expected_down_bit_s),
            (_("Upload"), load.up, load.expected_up_bit_s),
        )
        yield _Chart(
            title=_("Rate under load"),
            target=f"{load.server} ({load.backend.value})",
            figures=[
                (name, _expected(expected, way, texts)) for name, way, expected in rates if way is not None or expected
            ],
            picture=bar_chart(
                [
                    Bar(
                        label=name,
                        value=way.goodput_bit_s if way else None,
                        words=bit_rate(way.goodput_bit_s if way else None),
                        mark_at=expected,
                    )
                    for name, way, expected in rates
                ],
                title=_("Rate under load"),
            ),
        )
        phases = (
            (_("Idle"), load.idle),
            (_("Download"), load.down.working if load.down else None),
            (_("Upload"), load.up.working if load.up else None),
        )
        if any(echo for _name, echo in phases):
            idle_ms = load.idle.rtt_p50_ms if load.idle else None
            yield _Chart(
                title=_("Round-trip time without and under load"),
                target=load.echo_target or "",
                figures=[
                    (
                        name,
                        _("95 % below {rtt}, lost {loss}").format(
                            rtt=milliseconds(echo.rtt_p95_ms), loss=percent(echo.loss_ratio)
                        ),
                    )
                    for name, echo in phases
                    if echo
                ],
                picture=bar_chart(
                    [
                        Bar(
                            label=name,
                            value=echo.rtt_p50_ms if echo else None,
                            words=milliseconds(echo.rtt_p50_ms if echo else None),
                            mark_at=idle_ms,
                        )
                        for name, echo in phases
                    ],
                    title=_("Round-trip time without and under load"),
                ),
            )


def _expected(expected: float | None, way: DirectionLoad | None, texts: Texts) -> str:
    _ = texts.gettext
    steadiness = way.confidence.value if way else "–"
    if expected is None:
        return _("steadiness: {word}").format(word=steadiness)
    return _("expected {rate}; steadiness: {word}").format(rate=bit_rate(expected), word=steadiness)


# Tables


def _tables(record: RunRecord, texts: Texts) -> Iterator[_Table]:
    for result in record.results:
        if not isinstance(result.outcome, Completed):
            continue
        match result.outcome.fact:
            case NetworkState() as state:
                yield from _network_tables(state, texts)
            case ResolverAnswers() as answers:
                yield _resolver_table(answers, texts)
            case SystemLookups() as lookups:
                yield _lookup_table(lookups, texts)
            case PathTrace() as trace:
                yield _path_table(trace, texts)
            case Reach() as reach:
                yield _reach_table(reach, subject_text(result.subject, texts), texts)
            case PortalCheck() as portal:
                yield _portal_table(portal, texts)


def _network_tables(state: NetworkState, texts: Texts) -> Iterator[_Table]:
    _ = texts.gettext
    yield _Table(
        title=_("Network interfaces"),
        note="",
        columns=(_("name"), _("kind"), _("state"), _("speed"), "MTU", _("hardware address"), _("addresses")),
        rows=[
            (
                interface.name,
                interface.kind.value,
                _link_state(admin_up=interface.admin_up, carrier=interface.carrier),
                bit_rate(interface.speed_bit_s),
                "–" if interface.mtu_bytes is None else str(interface.mtu_bytes),
                interface.mac or "–",
                _list(f"{entry.address} /{entry.prefix_length}" for entry in interface.addresses),
            )
            for interface in state.interfaces
        ],
    )
    proxies = [
        f"{name} {proxy.host}:{proxy.port}"
        for name, proxy in (("http", state.proxy.http), ("https", state.proxy.https))
        if proxy is not None
    ]
    yield _Table(
        title=_("Routes, name servers, proxy"),
        note="",
        columns=("", ""),
        rows=[
            *(
                (
                    _("Router ({family})").format(family=route.family.value),
                    f"{route.gateway or '–'} · {route.interface}",
                )
                for route in state.default_routes
            ),
            *((_("Name server"), resolver.address) for resolver in state.resolvers),
            (_("Search domains"), _list(state.search_domains)),
            (_("Proxy"), _list([*proxies, *([state.proxy.pac_url] if state.proxy.pac_url else [])])),
        ],
    )


def _link_state(*, admin_up: bool, carrier: bool | None) -> str:
    if not admin_up:
        return "off"
    return {True: "up", False: "no carrier", None: "up (?)"}[carrier]


def _resolver_table(answers: ResolverAnswers, texts: Texts) -> _Table:
    _ = texts.gettext
    return _Table(
        title=_("Answers of a name server"),
        note=f"{answers.resolver} port {answers.port}",
        columns=(_("name"), _("role"), _("type"), _("by"), _("time"), _("answer"), _("addresses")),
        rows=[
            (
                query.name,
                query.role.value,
                query.rdtype,
                query.transport.value,
                milliseconds(query.time_ms),
                query.rcode or _failure(query.failure),
                _list(query.addresses),
            )
            for query in answers.queries
        ],
    )


def _lookup_table(lookups: SystemLookups, texts: Texts) -> _Table:
    _ = texts.gettext
    return _Table(
        title=_("Names, as programs look them up"),
        note="",
        columns=(_("name"), _("role"), _("time"), _("answer"), _("addresses")),
        rows=[
            (
                lookup.name,
                lookup.role.value,
                milliseconds(lookup.time_ms),
                _failure(lookup.failure) if lookup.failure else "ok",
                _list(lookup.addresses),
            )
            for lookup in lookups.lookups
        ],
    )


def _path_table(trace: PathTrace, texts: Texts) -> _Table:
    _ = texts.gettext
    rows = []
    for hop, place in zip(trace.hops, hop_places(trace), strict=True):
        rtts = [rtt for responder in hop.responders for rtt in responder.rtts_ms]
        rows.append(
            (
                str(hop.ttl),
                _list(_responder(responder) for responder in hop.responders),
                hop_place_text(place, texts),
                f"{hop.received}/{hop.sent}",
                milliseconds(min(rtts, default=None)),
                milliseconds(quantile(rtts, 0.5)),
            )
        )
    reached = _("reached") if trace.reached else _("not reached")
    return _Table(
        title=_("Routers on the way"),
        note=f"{trace.target} ({trace.method.value}, {reached})",
        columns=(_("hop"), _("address"), _("where"), _("replies"), _("best"), _("median")),
        rows=rows,
    )


def _responder(responder: HopResponder) -> str:
    """An address with its name and, where our packet carried some, its MPLS labels."""
    name = f" ({responder.name})" if responder.name else ""
    labels = f" [MPLS {', '.join(str(each.label) for each in responder.mpls)}]" if responder.mpls else ""
    return f"{responder.address}{name}{labels}"


def _reach_table(reach: Reach, subject: str, texts: Texts) -> _Table:
    _ = texts.gettext
    rows = [
        (
            attempt.address,
            milliseconds(attempt.connect_ms),
            _tls(attempt),
            f"{attempt.http.status} · {milliseconds(attempt.http.total_ms)}" if attempt.http else "–",
            _failure(attempt.failure) if attempt.failure else "ok",
        )
        for attempt in reach.attempts
    ]
    if reach.resolve_failure is not None:
        rows.append(("–", "–", "–", "–", _failure(reach.resolve_failure)))
    return _Table(
        title=_("Connections: {subject}").format(subject=subject),
        note=f"{reach.host}:{reach.port} ({reach.layer.value})",
        columns=(_("address"), _("connected after"), "TLS", "HTTP", _("result")),
        rows=rows,
    )


def _tls(attempt: ReachAttempt) -> str:
    if attempt.tls is None:
        return "–"
    tls = attempt.tls
    lines = [f"{tls.version} · {milliseconds(tls.handshake_ms)}"]
    if not tls.trusted:
        lines.append(tls.problem.value if tls.problem else "untrusted")
    if tls.certificate:
        lines.append(tls.certificate.issuer)
    return "\n".join(lines)


def _portal_table(portal: PortalCheck, texts: Texts) -> _Table:
    _ = texts.gettext
    words = {True: _("as expected"), False: _("something else came"), None: "–"}
    return _Table(
        title=_("Check page over plain HTTP"),
        note=portal.url,
        columns=(_("status"), _("answer"), _("sent on to"), _("time"), _("result")),
        rows=[
            (
                "–" if attempt.status is None else str(attempt.status),
                words[attempt.as_expected],
                attempt.redirect_host or "–",
                milliseconds(attempt.total_ms),
                _failure(attempt.failure) if attempt.failure else "ok",
            )
            for attempt in portal.attempts
        ],
    )


def _failure(failure: Failure | None) -> str:
    """The stable words of a failure: the same for the same fault, in every language."""
    return "–" if failure is None else f"{failure.kind.value} ({failure.step})"


def _list(words: Iterable[str]) -> str:
    """One a line: a cell keeps its line ends."""
    return "\n".join(words) or "–"


def _step_row(result: StepResult, texts: Texts) -> tuple[str, str, str, str, str, str]:
    match result.outcome:
        case Completed():
            word = texts.gettext("measured")
        case Failed(failure=failure):
            word = not_tested_text(NotTested(step=result.id, probe=result.probe, reason=failure.kind), texts)
        case Skipped(reason=reason):
            word = not_tested_text(NotTested(step=result.id, probe=result.probe, reason=reason), texts)
    return (
        result.id,
        probe_text(result.probe, texts).name,
        subject_text(result.subject, texts),
        word,
        milliseconds(result.took_s * 1000),
        byte_size(result.traffic_bytes),
    )


def _unknown(record: RunRecord) -> Iterator[tuple[str, str, str]]:
    """(step, kind, raw text) of facts of a newer version: shown, not dropped."""
    for result in record.results:
        if isinstance(result.outcome, Completed) and isinstance(result.outcome.fact, UnknownFact):
            raw = json.dumps(result.outcome.fact.data, ensure_ascii=False, indent=1)
            yield result.id, result.outcome.fact.kind, raw[:_MAX_RAW]
