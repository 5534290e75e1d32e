"""The report as a text of at most 4 kB, made to be pasted into a ticket."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain

from nexkit.diagnosis.verdict import Diagnosis, Finding, RungState, Severity
from nexkit.outcome import Skipped, SkipReason
from nexkit.profile import Profile
from nexkit.run_record import RunRecord
from nexkit.texts import Texts
from nexkit.texts.causes import cause_text
from nexkit.texts.facts import outcome_text
from nexkit.texts.numbers import percent
from nexkit.texts.trials import trial_line
from nexkit.texts.verdicts import (
    left_open_text,
    not_tested_text,
    place_evidence,
    rung_word,
    segment_name,
    severity_word,
    stopped_text,
    unheard_text,
    verdict_sentence,
    verdict_sureness,
)
from nexkit.texts.watch import TimelineLine, timeline, watched_text
from nexkit.texts.words import complaint_text, measured_text
from report.visible import visible

MAX_BYTES = 4096
_MAX_NOTE = 600
_MAX_NOT_TESTED = 8
_MAX_EVIDENCE = 3
"""Of a finding."""
_MAX_LINE = 160
_MAX_TRIALS = 5
_MAX_TRIAL = 240
_MAX_HAPPENINGS = 10


def summary_text(
    record: RunRecord, diagnosis: Diagnosis, profile: Profile | None, texts: Texts, *, report_id: str
) -> str:
    """What a desk wants to see first, of a redacted run; cut at a line end where it would be longer than 4 kB."""
    parts = (
        _answer(record, diagnosis, texts),
        _trials(record, texts),
        watch_lines(record, texts),
        _ladder(diagnosis, texts),
        _circumstances(record, texts),
        _gaps(record, diagnosis, texts),
        _origin(record, diagnosis, profile, texts, report_id),
    )
    text = ""
    blocks = [lines for part in parts if (lines := list(part))]
    # Some of our own sentences quote a word of the report.
    for said in chain.from_iterable((*lines, "") for lines in blocks):
        line = visible(said, limit=MAX_BYTES)
        if len((text + line + "\n…\n").encode()) > MAX_BYTES:
            return text + "…\n"
        text += line + "\n"
    return text.rstrip("\n") + "\n"


def _answer(record: RunRecord, diagnosis: Diagnosis, texts: Texts) -> Iterator[str]:
    """The verdict, and the findings that make it with their evidence."""
    measured = {result.id: outcome_text(result, texts) for result in record.results}
    verdict = diagnosis.verdict
    yield verdict_sentence(diagnosis, texts)
    if record.cancelled:
        yield stopped_text(texts)
    words = [verdict.state.value]
    if code := verdict.cause or (verdict.segment and verdict.segment.value):
        words.append(code)
    if verdict.confidence is not None:
        words.append(percent(verdict.confidence))
    yield f"[{' · '.join(words)}]"
    if sureness := verdict_sureness(diagnosis, texts):
        yield texts.gettext("How sure: {sureness}").format(sureness=sureness)
    yield from _steps(place_evidence(diagnosis), measured)
    for finding in diagnosis.findings:
        if finding.severity is not Severity.CONTEXT:
            yield from _finding(finding, measured, texts)


def _finding(finding: Finding, measured: Mapping[str, str], texts: Texts) -> Iterator[str]:
    """A finding in the desk's words, with its values and what speaks for it and against it."""
    text = cause_text(finding, texts)
    how = f"{severity_word(finding.severity, texts)}, {percent(finding.confidence)}"
    yield f"• {text.title} ({finding.cause}, {how})"
    yield f"  {text.desk}"
    if measures := measured_text(finding, texts):
        yield f"  {measures}"
    yield from _steps(finding.evidence, measured)
    if finding.against:
        yield texts.gettext("  Against it:")
        yield from _steps(finding.against, measured)


def _steps(steps: Sequence[str], measured: Mapping[str, str]) -> Iterator[str]:
    return (f"  {step}: {visible(measured.get(step, ''), limit=_MAX_LINE)}" for step in steps[:_MAX_EVIDENCE])


def _trials(record: RunRecord, texts: Texts) -> Iterator[str]:
    """What the user changed after the run, and what a second one said."""
    if record.trials:
        yield texts.gettext("Changed after this run, and tested again:")
        yield from (f"• {visible(trial_line(done, texts), limit=_MAX_TRIAL)}" for done in record.trials[:_MAX_TRIALS])


def watch_lines(record: RunRecord, texts: Texts) -> Iterator[str]:
    """How long was watched, and the first things that happened."""
    if record.watch is None:
        return
    yield watched_text(record.watch, texts)
    lines = timeline(record.watch, texts)
    for line in lines[:_MAX_HAPPENINGS]:
        details = f" ({'; '.join(line.details)})" if line.details else ""
        yield f"• {timeline_moment(line)}: {visible(line.text + details, limit=_MAX_TRIAL)}"
    if len(lines) > _MAX_HAPPENINGS:
        yield "• …"


def timeline_moment(line: TimelineLine) -> str:
    """When something happened, in UTC."""
    begin = moment_text(line.started_at)
    return begin if line.ended_at is None else f"{begin[:-4]} – {line.ended_at.astimezone(UTC):%H:%M:%S} UTC"


def _ladder(diagnosis: Diagnosis, texts: Texts) -> Iterator[str]:
    """What worked and what did not."""
    for rung in diagnosis.ladder:
        if rung.state is not RungState.NOT_RUN:
            yield f"{segment_name(rung.segment, texts)}: {rung_word(rung.state, texts)}"


def _circumstances(record: RunRecord, texts: Texts) -> Iterator[str]:
    """What was complained of, when it was measured, and on what."""
    _ = texts.gettext
    yield _("Reported: {symptom}").format(symptom=complaint_text(record.request, texts))
    if record.request.ticket:
        yield _("Ticket: {ticket}").format(ticket=visible(record.request.ticket))
    if record.request.note:
        note = visible(record.request.note.replace("\n", " "), limit=_MAX_NOTE)
        yield _("In the user's words: {note}").format(note=note)
    yield _("Measured: {moment}, took {duration}").format(
        moment=moment_text(record.started_at), duration=f"{record.took_s:.1f} s"
    )
    system = record.system
    yield _("System: {system}").format(system=visible(f"{system.system} {system.release} {system.architecture}"))


def _gaps(record: RunRecord, diagnosis: Diagnosis, texts: Texts) -> Iterator[str]:
    """What was not tested, or is not in the report."""
    _ = texts.gettext
    if diagnosis.left_open:
        yield _("What stays open:")
        for open_item in diagnosis.left_open:
            yield f"• {left_open_text(open_item, texts)}"
            yield from (f"  {unheard_text(each, texts)}" for each in open_item.because)
    if diagnosis.not_tested:
        yield _("Not tested:")
        for item in diagnosis.not_tested[:_MAX_NOT_TESTED]:
            yield f"• {item.step}: {not_tested_text(item, texts)}"
        if len(diagnosis.not_tested) > _MAX_NOT_TESTED:
            yield "• …"
    if withheld := [result.id for result in record.results if result.outcome == Skipped(SkipReason.WITHHELD)]:
        yield _("Not shared by the user: {steps}").format(steps=", ".join(withheld))


def _origin(
    record: RunRecord, diagnosis: Diagnosis, profile: Profile | None, texts: Texts, report_id: str
) -> Iterator[str]:
    """Which profile, report and program."""
    _ = texts.gettext
    name = organisation_name(profile, texts)
    reference = f"{record.profile.id} {record.profile.serial}"
    yield _("Profile: {profile}").format(profile=f"{visible(name)} ({reference})" if name else reference)
    yield _("Report: {report_id} · nexkit {version} · rules {rules}").format(
        report_id=report_id, version=record.kit_version, rules=diagnosis.rules_version
    )


def organisation_name(profile: Profile | None, texts: Texts) -> str:
    """Who wrote the profile, in the language or else in English; "" where it is not known."""
    if profile is None:
        return ""
    return profile.name.get(texts.language) or profile.name.get("en") or ""


def moment_text(moment: datetime) -> str:
    """A moment as people read it, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
