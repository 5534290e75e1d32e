"""The watch that a run is part of: its course as a picture, and what happened as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC

from markupsafe import Markup

from nexkit.texts import Texts
from nexkit.texts.numbers import milliseconds, percent
from nexkit.texts.watch import Happening, TimelineLine, length_text, timeline, watched_name, watched_text
from nexkit.watch.record import SubjectSummary, WatchLog
from report.figures import Colours, WatchWords, watch_chart
from report.summary import moment_text
from report.tables.table import DASH, Table, cell


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchView:
    """All words of a watch."""

    words: str
    notes: Sequence[str]
    picture: Markup
    happenings: Table
    answers: Table


def watch_view(log: WatchLog, texts: Texts, colours: Colours) -> WatchView:
    """What a report shows of a watch."""
    _ = texts.gettext
    notes = [
        _(
            "In the picture: numbered blocks are trouble (full height: interrupted), dashed holes were not measured, "
            "triangles are what the user said, upright lines are changes of the network."
        ),
        *([_("What was not measured is not known: neither well nor broken.")] if log.gaps else []),
    ]
    if log.left_out:
        notes.append(_("{count} more entries are left out.").format(count=log.left_out))
    return WatchView(
        words=watched_text(log, texts),
        notes=notes,
        picture=watch_chart(
            log,
            words=WatchWords(
                title=_("The course of the watch"),
                missing=_("Missing answers, by the minute"),
                begin=f"{log.started_at.astimezone(UTC):%H:%M}",
                end=f"{log.ended_at.astimezone(UTC):%H:%M} UTC",
            ),
            colours=colours,
        ),
        happenings=_happenings(log, texts),
        answers=_answers(log, texts),
    )


def _happenings(log: WatchLog, texts: Texts) -> Table:
    _ = texts.gettext
    numbers = {episode.started_at: episode.number for episode in log.episodes}
    return Table(
        title=_("What happened"),
        columns=(_("when"), _("what"), _("length")),
        rows=[
            (moment_text(line.started_at), cell((_what(line, numbers.get(line.started_at)), *line.details)), length)
            for line in timeline(log, texts)
            for length in [_length(line, texts)]
        ],
    )


def _what(line: TimelineLine, number: int | None) -> str:
    """The number that the picture has of an episode, and what it was."""
    return f"{number}. {line.text}" if line.kind is Happening.EPISODE and number is not None else line.text


def _length(line: TimelineLine, texts: Texts) -> str:
    if line.ended_at is None:
        return texts.gettext("end not known") if line.kind is Happening.EPISODE else DASH
    return length_text((line.ended_at - line.started_at).total_seconds(), texts)


def _answers(log: WatchLog, texts: Texts) -> Table:
    """Of the whole watch, each of those that were asked."""
    _ = texts.gettext
    targets: dict[str, list[SubjectSummary]] = {}
    for minute in log.minutes:
        for each in minute.subjects:
            targets.setdefault(each.target, []).append(each)
    return Table(
        title=_("Those that were asked"),
        columns=("", _("asked"), _("answers missing"), _("best minute"), _("worst minute")),
        rows=[
            (
                f"{watched_name(parts[0].subject, texts)} ({target})",
                str(sum(part.sent for part in parts)),
                percent(sum(part.lost for part in parts) / max(1, sum(part.sent for part in parts))),
                milliseconds(min((part.rtt_p50_ms for part in parts if part.rtt_p50_ms is not None), default=None)),
                milliseconds(max((part.rtt_p50_ms for part in parts if part.rtt_p50_ms is not None), default=None)),
            )
            for target, parts in targets.items()
        ],
    )
