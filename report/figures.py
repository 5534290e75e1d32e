"""The charts of the report page: inline SVG, readable without colour, without script and without any style of ours.

Every figure is a description of numbers and stable words; no text of unknown origin goes into one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup, escape

from nexkit.facts.echo import EchoStats
from nexkit.texts.numbers import milliseconds

BAD, MUTED, INK, GRID, LINE = "#c0291f", "#5a6675", "#1d2733", "#dfe4ea", "#2f6fb3"

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


def echo_chart(echo: EchoStats, *, lost_word: str, title: str) -> Markup:
    """Round-trip times over the seconds of a measurement; what was lost is a cross on the upper edge."""
    replies = [sample.rtt_ms for sample in echo.samples if sample.rtt_ms is not None]
    top = _nice_top(max([*replies, _LEAST_TOP_MS]))
    longest_s = max([sample.at_s for sample in echo.samples], default=0.0) or 1.0
    plot_width, plot_height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def x_of(at_s: float) -> float:
        return _LEFT + plot_width * at_s / longest_s

    def y_of(rtt_ms: float) -> float:
        return _TOP + plot_height * (1 - rtt_ms / top)

    parts = [_grid(top, longest_s)]
    for before, after in pairwise(echo.samples):
        # No line across a gap: between a reply and a loss nothing is known.
        if before.rtt_ms is not None and after.rtt_ms is not None:
            parts.append(
                f'<path d="M{x_of(before.at_s):.1f} {y_of(before.rtt_ms):.1f}L{x_of(after.at_s):.1f} '
                f'{y_of(after.rtt_ms):.1f}" stroke="{LINE}" stroke-width="1.3"/>'
            )
    lost = 0
    for sample in echo.samples:
        x = x_of(sample.at_s)
        if sample.rtt_ms is None:
            lost += 1
            parts.append(
                f'<path d="M{x - 3:.1f} {_TOP - 3}l6 6M{x + 3:.1f} {_TOP - 3}l-6 6" stroke="{BAD}" stroke-width="1.7"/>'
            )
        else:
            parts.append(f'<circle cx="{x:.1f}" cy="{y_of(sample.rtt_ms):.1f}" r="2.1" fill="{LINE}"/>')
    if lost:
        parts.append(_words(_WIDTH - _RIGHT, 13, f"× {lost_word}", colour=BAD, anchor="end"))
    return _picture(_WIDTH, _HEIGHT, parts, title)


def _grid(top: float, longest_s: float) -> str:
    lines = []
    for share in (0.0, 0.5, 1.0):
        y = _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - share)
        lines.append(f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="{GRID}"/>')
        lines.append(_words(_LEFT - 6, y + 4, "0" if not share else milliseconds(top * share), anchor="end"))
    lines.append(_words(_LEFT, _HEIGHT - 6, "0 s"))
    lines.append(_words(_WIDTH - _RIGHT, _HEIGHT - 6, f"{longest_s:.0f} s", anchor="end"))
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
    colour: str = LINE


_ROW = 30
_LABEL_WIDTH, _VALUE_WIDTH = 112, 92


def bar_chart(bars: Sequence[Bar], *, title: str) -> Markup:
    """Horizontal bars on one scale, each with its value in words; a tick shows what was expected."""
    top = max([*(bar.value or 0 for bar in bars), *(bar.mark_at or 0 for bar in bars)]) or 1.0
    plot_width = _WIDTH - _LABEL_WIDTH - _VALUE_WIDTH
    parts = []
    for row, bar in enumerate(bars):
        y = row * _ROW + 4
        parts.append(_words(_LABEL_WIDTH - 8, y + 15, bar.label, anchor="end", colour=INK))
        parts.append(f'<rect x="{_LABEL_WIDTH}" y="{y}" width="{plot_width}" height="20" rx="3" fill="#eef1f5"/>')
        if bar.value:
            width = max(2.0, plot_width * bar.value / top)
            parts.append(
                f'<rect x="{_LABEL_WIDTH}" y="{y}" width="{width:.1f}" height="20" rx="3" fill="{bar.colour}"/>'
            )
        if bar.mark_at:
            x = _LABEL_WIDTH + plot_width * bar.mark_at / top
            parts.append(f'<path d="M{x:.1f} {y - 3}v26" stroke="{INK}" stroke-width="1.6" stroke-dasharray="3 2"/>')
        parts.append(_words(_WIDTH - _VALUE_WIDTH + 8, y + 15, bar.words, colour=INK))
    return _picture(_WIDTH, len(bars) * _ROW, parts, title)


def _words(x: float, y: float, text: str, *, anchor: str = "start", colour: str = MUTED) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="13">{escape(text)}</text>'


def _picture(width: int, height: int, parts: Sequence[str], title: str) -> Markup:
    return Markup(  # noqa: S704  numbers, constants and escaped words
        f'<svg class="chart" viewBox="0 0 {width} {height}" fill="none" role="img"><title>{escape(title)}</title>'
        f"{''.join(parts)}</svg>"
    )
