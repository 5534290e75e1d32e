"""The charts of a report: SVG, readable without colour and without script, for the page and for paper.

Every figure is a description of numbers and stable words; no text of unknown origin goes into one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup, escape

from nexkit.diagnosis.verdict import Severity
from nexkit.facts.echo import EchoStats
from nexkit.subject import Subject
from nexkit.texts.numbers import milliseconds
from nexkit.watch.record import MinuteSummary, WatchLog


@dataclass(frozen=True, slots=True, kw_only=True)
class Colours:
    """What a chart is painted with: anything that SVG takes for a colour."""

    ink: str
    muted: str
    grid: str
    rail: str
    """Behind a bar."""
    line: str
    bad: str


PAGE = Colours(
    ink="var(--ink)",
    muted="var(--muted)",
    grid="var(--line)",
    rail="var(--soft)",
    line="var(--accent)",
    bad="var(--bad)",
)
"""Those of the page, which has a light and a dark set of them."""
PAPER = Colours(ink="#1d2733", muted="#5a6675", grid="#dfe4ea", rail="#eef1f5", line="#1f5fa8", bad="#b3261e")

_WIDTH, _HEIGHT = 420, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 10, 22, 24
"""Margins of the plot inside a chart: words of the axes stand there."""


_LEAST_TOP_MS = 5.0
"""Fractions of a millisecond are no events: they are not magnified to the height of the chart."""


def _nice_top(value: float) -> float:
    """The next round number at or above a value: 1, 2 or 5 times a power of ten."""
    size = 1e-3
    while True:
        for step in (1, 2, 5):
            if step * size >= value:
                return step * size
        size *= 10


def echo_chart(echo: EchoStats, *, lost_word: str, title: str, colours: Colours = PAGE) -> Markup:
    """Round-trip times over the seconds of a measurement; what was lost is a cross on the upper edge."""
    replies = [sample.rtt_ms for sample in echo.samples if sample.rtt_ms is not None]
    top = _nice_top(max([*replies, _LEAST_TOP_MS]))
    longest_s = max([sample.at_s for sample in echo.samples], default=0.0) or 1.0
    plot_width, plot_height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    line, dots, crosses = [], [], []
    goes_on = False
    for sample in echo.samples:
        x = f"{_LEFT + plot_width * sample.at_s / longest_s:.1f}"
        if sample.rtt_ms is None:
            crosses.append(f"M{float(x) - 3:.1f} {_TOP - 3}l6 6m0-6l-6 6")
        else:
            y = f"{_TOP + plot_height * (1 - sample.rtt_ms / top):.1f}"
            # No line across a gap: between a reply and a loss nothing is known.
            line.append(f"{'L' if goes_on else 'M'}{x} {y}")
            dots.append(f"M{x} {y}h.1")
        goes_on = sample.rtt_ms is not None
    parts = [_grid(top, longest_s, colours)]
    if dots:
        parts.append(f'<path d="{"".join(line)}" stroke="{colours.line}" stroke-width="1.3"/>')
        parts.append(f'<path d="{"".join(dots)}" stroke="{colours.line}" stroke-width="4.2" stroke-linecap="round"/>')
    if crosses:
        parts.append(f'<path d="{"".join(crosses)}" stroke="{colours.bad}" stroke-width="1.7"/>')
        parts.append(_words(_WIDTH - _RIGHT, 13, f"× {lost_word}", colours.bad, anchor="end"))
    return _picture(_WIDTH, _HEIGHT, parts, title)


def _grid(top: float, longest_s: float, colours: Colours) -> str:
    lines = []
    for share in (0.0, 0.5, 1.0):
        y = _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - share)
        lines.append(f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="{colours.grid}"/>')
        label = "0" if not share else milliseconds(top * share)
        lines.append(_words(_LEFT - 6, y + 4, label, colours.muted, anchor="end"))
    lines.append(_words(_LEFT, _HEIGHT - 6, "0 s", colours.muted))
    lines.append(_words(_WIDTH - _RIGHT, _HEIGHT - 6, f"{longest_s:.0f} s", colours.muted, anchor="end"))
    return "".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar of a chart."""

    label: str
    value: float | None
    words: str
    """The value as people read it."""
    mark_at: float | None = None
    """What was expected; None where nothing was."""


_ROW = 30
_LABEL_WIDTH, _VALUE_WIDTH = 112, 92


def bar_chart(bars: Sequence[Bar], *, title: str, colours: Colours = PAGE) -> Markup:
    """Horizontal bars on one scale, each with its value in words; a tick shows what was expected."""
    top = max([*(bar.value or 0 for bar in bars), *(bar.mark_at or 0 for bar in bars)]) or 1.0
    plot_width = _WIDTH - _LABEL_WIDTH - _VALUE_WIDTH
    parts = []
    for row, bar in enumerate(bars):
        y = row * _ROW + 4
        parts.append(_words(_LABEL_WIDTH - 8, y + 15, bar.label, colours.ink, anchor="end"))
        parts.append(
            f'<rect x="{_LABEL_WIDTH}" y="{y}" width="{plot_width}" height="20" rx="3" fill="{colours.rail}"/>'
        )
        if bar.value:
            width = max(2.0, plot_width * bar.value / top)
            parts.append(
                f'<rect x="{_LABEL_WIDTH}" y="{y}" width="{width:.1f}" height="20" rx="3" fill="{colours.line}"/>'
            )
        if bar.mark_at:
            x = _LABEL_WIDTH + plot_width * bar.mark_at / top
            parts.append(
                f'<path d="M{x:.1f} {y - 3}v26" stroke="{colours.ink}" stroke-width="1.6" stroke-dasharray="3 2"/>'
            )
        parts.append(_words(_WIDTH - _VALUE_WIDTH + 8, y + 15, bar.words, colours.ink))
    return _picture(_WIDTH, len(bars) * _ROW, parts, title)


def _words(x: float, y: float, text: str, colour: str, *, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="13">{escape(text)}</text>'


def _picture(width: int, height: int, parts: Sequence[str], title: str) -> Markup:
    return Markup(  # noqa: S704  numbers, constants and escaped words
        f'<svg class="chart" viewBox="0 0 {width} {height}" fill="none" role="img"><title>{escape(title)}</title>'
        f"{''.join(parts)}</svg>"
    )


_LANE_TOP, _LANE_HEIGHT, _LANE_BOTTOM = 26, 30, 40
"""Of the course of a watch: words above, the time below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchWords:
    """The words in the course of a watch."""

    title: str
    missing: str
    """What the lower part shows."""
    begin: str
    end: str


def watch_chart(log: WatchLog, *, words: WatchWords, colours: Colours = PAGE) -> Markup:
    """The course of a watch: trouble as numbered blocks, what was not measured as a dashed hole, marks as triangles.

    Trouble that let something through is half as high. Below, of every minute the share of answers that are missing.
    """
    length_s = max((log.ended_at - log.started_at).total_seconds(), 1.0)
    plot_width = _WIDTH - 2 * _RIGHT

    def x_of(moment: datetime) -> float:
        share = (moment - log.started_at).total_seconds() / length_s
        return _RIGHT + plot_width * min(max(share, 0.0), 1.0)

    bottom = _LANE_TOP + _LANE_HEIGHT
    rail = f'x="{_RIGHT}" y="{_LANE_TOP}" width="{plot_width}" height="{_LANE_HEIGHT}" rx="3"'
    parts = [f'<rect {rail} fill="{colours.rail}"/>']
    for gap in log.gaps:
        x, width = x_of(gap.started_at), max(1.5, x_of(gap.ended_at) - x_of(gap.started_at))
        parts.append(
            f'<rect x="{x:.1f}" y="{_LANE_TOP + 1}" width="{width:.1f}" height="{_LANE_HEIGHT - 2}" '
            f'stroke="{colours.muted}" stroke-dasharray="3 3"/>'
        )
    for episode in log.episodes:
        x = x_of(episode.started_at)
        width = max(3.0, x_of(episode.ended_at or log.ended_at) - x)
        height = _LANE_HEIGHT if episode.severity is Severity.BLOCKING else _LANE_HEIGHT // 2
        parts.append(
            f'<rect x="{x:.1f}" y="{bottom - height}" width="{width:.1f}" height="{height}" fill="{colours.bad}"/>'
        )
        if len(log.episodes) <= _MAX_NUMBERED:
            parts.append(_words(x + width / 2, _LANE_TOP - 6, str(episode.number), colours.ink, anchor="middle"))
    marks = "".join(f"M{x_of(mark.at):.1f} {bottom + 2}l-4 7h8z" for mark in log.marks)
    changes = "".join(f"M{x_of(change.at):.1f} {_LANE_TOP - 3}v{_LANE_HEIGHT + 6}" for change in log.changes)
    parts += [
        f'<path d="{changes}" stroke="{colours.ink}" stroke-width="1.2"/>' if changes else "",
        f'<path d="{marks}" fill="{colours.line}"/>' if marks else "",
    ]
    losses = [
        (x_of(minute.started_at), minute.length_s / length_s * plot_width, _loss(minute)) for minute in log.minutes
    ]
    base = bottom + _LANE_BOTTOM + _LANE_HEIGHT
    parts.append(f'<path d="M{_RIGHT} {base}h{plot_width}" stroke="{colours.grid}"/>')
    bars = "".join(
        f"M{x:.1f} {base}v-{_LANE_HEIGHT * loss:.1f}h{max(1.0, min(width, _WIDTH - _RIGHT - x)):.1f}V{base}z"
        for x, width, loss in losses
        if loss
    )
    parts.append(f'<path d="{bars}" fill="{colours.line}"/>' if bars else "")
    parts.append(_words(_RIGHT, base - _LANE_HEIGHT - 10, words.missing, colours.muted))
    parts.append(_words(_RIGHT, base + 16, words.begin, colours.muted))
    parts.append(_words(_WIDTH - _RIGHT, base + 16, words.end, colours.muted, anchor="end"))
    return _picture(_WIDTH, base + 20, parts, words.title)


_MAX_NUMBERED = 20
"""More numbers would cover each other."""


def _loss(minute: MinuteSummary) -> float:
    """The largest share that was lost of those beyond the router; of the router where nobody else was asked."""
    beyond = [each for each in minute.subjects if each.subject is not Subject.GATEWAY] or minute.subjects
    return max((each.lost / each.sent for each in beyond if each.sent), default=0.0)
