"""What lies between two reports, in words: command line and window say the same."""

from nexkit.diagnosis.comparison import Comparison, compare
from nexkit.texts import Texts
from nexkit.texts.moments import moment
from nexkit.texts.numbers import percent
from nexkit.texts.trials import change_text, comparison_lines
from nexkit.texts.verdicts import rung_word, segment_name, verdict_sentence
from report.load import LoadedReport
from report.visible import visible


def compared(before: LoadedReport, after: LoadedReport) -> Comparison:
    """What changed from the first report to the second."""
    return compare((before.record, before.diagnosis), (after.record, after.diagnosis))


def comparison_text(before: LoadedReport, after: LoadedReport, found: Comparison, texts: Texts) -> str:
    """The two reports, what makes them less alike than they should be, and what changed."""
    _ = texts.gettext
    lines = [
        *_heading(_("Before"), before, texts),
        *_heading(_("After"), after, texts),
        *comparison_notes(before, after, texts),
        "",
        *comparison_lines(found, texts),
    ]
    if found.rungs:
        lines += ["", _("The way from this computer to the service:")]
        lines += [
            f"  {segment_name(each.segment, texts)}: {rung_word(each.before, texts)} → {rung_word(each.after, texts)}"
            for each in found.rungs
        ]
    if found.values:
        lines += ["", _("Measured both times:")]
        unchanged = _("no more than chance")
        lines += [
            f"  {change_text(each, texts)}{'' if each.beyond_noise else f'  ({unchanged})'}" for each in found.values
        ]
    return "\n".join(lines)


def _heading(name: str, report: LoadedReport, texts: Texts) -> list[str]:
    _ = texts.gettext
    verdict = report.diagnosis.verdict
    sure = f" ({verdict.cause}, {percent(verdict.confidence)})" if verdict.cause else ""
    return [
        _("{side}: report {id}, {when}").format(
            side=name, id=report.report_id, when=moment(report.record.started_at, texts)
        ),
        f"  {visible(verdict_sentence(report.diagnosis, texts))}{visible(sure)}",
    ]


def comparison_notes(before: LoadedReport, after: LoadedReport, texts: Texts) -> list[str]:
    """What makes the two less alike than they should be."""
    _ = texts.gettext
    notes = []
    if before.diagnosis.rules_version != after.diagnosis.rules_version:
        notes.append(_("They were diagnosed by different rules: see nexkit diagnose-again for each."))
    if before.record.profile.sha256 != after.record.profile.sha256:
        notes.append(_("They were measured with different profiles: other services and other places were asked."))
    if before.record.request.depth is not after.record.request.depth:
        notes.append(
            _("They were measured in different depth ({before}, {after}).").format(
                before=before.record.request.depth.value, after=after.record.request.depth.value
            )
        )
    return notes
