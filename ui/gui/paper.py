"""Paper: blocks of words and drawings, and their way onto pages. Nothing here reads markup, so no text can be any."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from PySide6.QtCore import QByteArray, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QPainter,
    QPen,
    QRawFont,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
)
from PySide6.QtSvg import QSvgRenderer

from report.figures import PAPER
from report.view import MAX_RAW
from report.visible import visible

RESOLUTION = 1200
"""Dots per inch: sizes are whole dots, and so exact to a sixtieth of a point."""
_JAPANESE = ("Yu Gothic UI", "Hiragino Sans", "Noto Sans CJK JP", "Noto Sans JP", "IPAexGothic", "IPAPGothic")
_LATIN = ("Segoe UI", "Helvetica Neue", "Noto Sans", "DejaVu Sans")
_WHOLE = 15
"""Characters of a line that stays in one piece in its cell, as on the page."""
_LEAST_COLUMN_PT, _GAP_PT = 38, 7
_PITCH, _BASELINE = 1.42, 1.04
"""From line to line, and from the top of a line to its foot, in sizes: the same whichever font a letter is from."""


def pt(points: float) -> float:
    """Points as dots."""
    return points * RESOLUTION / 72


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How words look."""

    size: float = 9.5
    """Points."""
    bold: bool = False
    colour: str = PAPER.ink
    centred: bool = False


@cache
def _families() -> tuple[str, ...]:
    """Families of this system; what they lack, Qt takes from others."""
    known = set(QFontDatabase.families())
    # The text that can be copied out of the file has no figures where they are those of a Japanese font.
    return tuple(family for family in (*_LATIN, *_JAPANESE) if family in known)


def font_of(style: Style) -> QFont:
    """The font of a style."""
    font = QFont()
    if families := _families():
        font.setFamilies(families)
    font.setFeature(QFont.Tag("liga"), 0)  # a ligature would be found as one letter
    font.setPixelSize(round(pt(style.size)))
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    font.setWeight(QFont.Weight.DemiBold if style.bold else QFont.Weight.Normal)
    return font


_TO_UNICODE = re.compile(rb"begincmap.*?endcmap", re.DOTALL)
_SIGN = re.compile(rb"<(2[0-9A-Fa-f]{3})>")
_LETTERS = "".join(map(chr, (*range(0x3000, 0xA000), *range(0xFF00, 0xFFF0))))


def searchable(pdf: bytes) -> bytes:
    """A file of Qt (6.11) with the letters that are meant, where a font draws two of them by one shape.

    Qt writes the lowest number that has the shape: the radical U+2F45 for the letter U+65B9, by which nobody looks.
    """
    meant = _letters_of_signs()

    def mended(match: re.Match[bytes]) -> bytes:
        letter = meant.get(chr(int(match[1], 16)))
        return match[0] if letter is None else b"<%04X>" % ord(letter)

    return _TO_UNICODE.sub(lambda table: _SIGN.sub(mended, table[0]), pdf)


@cache
def _letters_of_signs() -> Mapping[str, str]:
    """Radicals and signs that have the shape of a letter or of a full-width sign in a Japanese font of this system."""
    signs = "".join(map(chr, range(0x2000, 0x3000)))
    found: dict[str, str] = {}
    for family in (family for family in _families() if family in _JAPANESE):
        font = QRawFont.fromFont(QFont([family]), QFontDatabase.WritingSystem.Japanese)
        letters = dict(zip(reversed(font.glyphIndexesForString(_LETTERS)), reversed(_LETTERS), strict=True))
        found |= {
            sign: letters[glyph]
            for sign, glyph in zip(signs, font.glyphIndexesForString(signs), strict=True)
            if glyph and glyph in letters
        }
    return found


class Block(Protocol):
    """What can be laid onto paper."""

    def height(self, width: float) -> float:
        """How high it is at a width."""

    def paint(self, painter: QPainter, at: QPointF, width: float) -> None:
        """Paint it with its upper left corner there."""


Run = tuple[str, Style]


class Words:
    """A paragraph; a line end begins a new line. Whatever is invisible in it is shown as its number."""

    def __init__(self, *runs: Run) -> None:
        self._runs = [(visible(words, limit=MAX_RAW, keep="\n"), style) for words, style in runs]
        self._text = "".join(words for words, _style in self._runs).replace("\n", "\u2028")
        self._height: tuple[float, float] | None = None
        """At a width. The layout itself is not kept: a long report has hundreds of thousands of words."""

    def _lay(self, width: float) -> tuple[QTextLayout, float]:
        layout = QTextLayout(self._text, font_of(self._runs[0][1]))
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        if self._runs[0][1].centred:
            option.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        layout.setTextOption(option)
        layout.setFormats(self._formats())
        layout.beginLayout()
        y = 0.0
        size = pt(max(style.size for _words, style in self._runs))
        while (line := layout.createLine()).isValid():
            line.setLineWidth(width)
            line.setPosition(QPointF(0, y + size * _BASELINE - line.ascent()))
            y += size * _PITCH
        layout.endLayout()
        self._height = (width, y)
        return layout, y

    def _formats(self) -> list[QTextLayout.FormatRange]:
        found = []
        start = 0
        for words, style in self._runs:
            each = QTextLayout.FormatRange()
            format_ = QTextCharFormat()
            format_.setFont(font_of(style))
            format_.setForeground(QColor(style.colour))
            each.start, each.length, each.format = start, len(words.encode("utf-16-le")) // 2, format_
            start += each.length
            found.append(each)
        return found

    def height(self, width: float) -> float:
        """Of all lines."""
        return self._height[1] if self._height is not None and self._height[0] == width else self._lay(width)[1]

    def paint(self, painter: QPainter, at: QPointF, width: float) -> None:
        """All lines."""
        self._lay(width)[0].draw(painter, at)

    def natural_width(self) -> float:
        """Of the longest line where none is broken."""
        layout, _height = self._lay(pt(5000))
        return max((layout.lineAt(number).naturalTextWidth() for number in range(layout.lineCount())), default=0.0)

    def least_width(self) -> float:
        """What a column has to leave it."""
        if all(len(line) <= _WHOLE for line in self._text.split("\u2028")):
            return self.natural_width()
        return pt(_LEAST_COLUMN_PT)

    def split(self, width: float, room: float) -> tuple["Words", "Words"]:
        """The lines that fit into the room, at least one, and the rest."""
        layout, _height = self._lay(width)
        lines = [layout.lineAt(number) for number in range(layout.lineCount())]
        fits = sum(1 for line in lines if (line.y() + line.height()) <= room)
        cut = lines[max(1, fits)].textStart() if max(1, fits) < len(lines) else len(self._text)
        first, rest = [], []
        start = 0
        for words, style in self._runs:
            units = words.encode("utf-16-le")  # Qt counts in these
            at = 2 * min(max(cut - start, 0), len(units) // 2)
            first.append((units[:at].decode("utf-16-le"), style))
            rest.append((units[at:].decode("utf-16-le"), style))
            start += len(units) // 2
        return Words(*first), Words(*rest)


class Stack:
    """Blocks one below the other."""

    def __init__(self, *blocks: Block, gap: float = 0.0, loose: bool = False) -> None:
        self.blocks = blocks
        self.gap = gap
        self.loose = loose
        """It may go on on the next page, after its second block at the earliest."""

    def height(self, width: float) -> float:
        """Of all, with the gaps."""
        return sum(block.height(width) for block in self.blocks) + self.gap * max(0, len(self.blocks) - 1)

    def paint(self, painter: QPainter, at: QPointF, width: float) -> None:
        """One after the other."""
        y = at.y()
        for block in self.blocks:
            block.paint(painter, QPointF(at.x(), y), width)
            y += block.height(width) + self.gap


class Beside:
    """Blocks in a row: each as wide as its share of what the gaps leave."""

    def __init__(self, *blocks: Block, shares: Sequence[float] | None = None, gap: float = 0.0) -> None:
        self._blocks = blocks
        self._shares = shares or [1.0] * len(blocks)
        self._gap = gap

    def _widths(self, width: float) -> list[float]:
        free = width - self._gap * (len(self._blocks) - 1)
        return [free * share / sum(self._shares) for share in self._shares]

    def height(self, width: float) -> float:
        """Of the highest."""
        widths = self._widths(width)
        return max(block.height(each) for block, each in zip(self._blocks, widths, strict=True))

    def paint(self, painter: QPainter, at: QPointF, width: float) -> None:
        """From left to right."""
        x = at.x()
        for block, each in zip(self._blocks, self._widths(width), strict=True):
            block.paint(painter, QPointF(x, at.y()), each)
            x += each + self._gap


class Nothing:
    """Keeps a place in a row free."""

    def height(self, width: float) -> float:
        """None."""
        return 0.0

    def paint(self, painter: QPainter, at: QPointF, width: float) -> None:
        """Nothing."""


class Card:
    """A block with a frame, a ground, or a strong left edge."""

    def __init__(
        self, block: Block, *, padding: float, ground: str | None = None, frame: str | None = None, edge: str = ""
    ) -> None:
        self.block = block
        self._padding = padding
        self._ground = ground
        self._frame = frame
        self._edge = edge

    def height(self, width: float) -> float:
        """With the padding."""
        return self.block.height(width - 2 * self._padding) + 2 * self._padding

    def paint(self, painter: QPainter, at: QPointF, width: float) -> None:
        """The ground, the frame, the edge, and the block on it."""
        box = QRectF(at.x(), at.y(), width, self.height(width))
        radius = pt(5)
        painter.save()
        painter.setPen(QPen(QColor(self._frame), pt(0.6)) if self._frame else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._ground) if self._ground else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, radius, radius)
        if self._edge:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._edge))
            painter.setClipRect(QRectF(box.left() - pt(1), box.top(), pt(4.5), box.height()))
            painter.drawRoundedRect(box, radius, radius)
        painter.restore()
        self.block.paint(painter, QPointF(at.x() + self._padding, at.y() + self._padding), width - 2 * self._padding)


class Picture:
    """A chart as lines, not as dots."""

    def __init__(self, svg: str, *, widest: float) -> None:
        named = ", ".join(f"'{family}'" for family in _families())
        head = f'<svg xmlns="http://www.w3.org/2000/svg" font-family="{named}" '
        self._renderer = QSvgRenderer(QByteArray(svg.replace("<svg ", head, 1).encode()))
        self._widest = widest

    def _size(self, width: float) -> tuple[float, float]:
        box = self._renderer.viewBoxF()
        wide = min(width, self._widest)
        return wide, wide * box.height() / box.width()

    def height(self, width: float) -> float:
        """As its shape wants it."""
        return self._size(width)[1]

    def paint(self, painter: QPainter, at: QPointF, width: float) -> None:
        """The chart."""
        self._renderer.render(painter, QRectF(at.x(), at.y(), *self._size(width)))


class Cells:
    """A row of a table."""

    def __init__(self, cells: Sequence[Words], shares: Sequence[float], rule: str = PAPER.grid) -> None:
        self._cells = cells
        self._shares = shares
        self._rule = rule

    def _widths(self, width: float) -> list[float]:
        return [width * share - pt(_GAP_PT) for share in self._shares]

    def height(self, width: float) -> float:
        """Of the highest cell, with room above and below."""
        widths = self._widths(width)
        return max(cell.height(each) for cell, each in zip(self._cells, widths, strict=True)) + pt(5)

    def paint(self, painter: QPainter, at: QPointF, width: float) -> None:
        """The cells, and the line below them."""
        x = at.x()
        for cell, each in zip(self._cells, self._widths(width), strict=True):
            cell.paint(painter, QPointF(x, at.y() + pt(2.2)), each)
            x += each + pt(_GAP_PT)
        y = at.y() + self.height(width)
        painter.setPen(QPen(QColor(self._rule), pt(0.5)))
        painter.drawLine(QPointF(at.x(), y), QPointF(at.x() + width, y))

    def split(self, width: float, room: float) -> tuple["Cells", "Cells"]:
        """What fits into the room, and the rest."""
        parts = [cell.split(each, room - pt(5)) for cell, each in zip(self._cells, self._widths(width), strict=True)]
        return (
            Cells([first for first, _rest in parts], self._shares, self._rule),
            Cells([rest for _first, rest in parts], self._shares, self._rule),
        )


def column_shares(rows: Sequence[Sequence[Words]], width: float) -> list[float]:
    """Shares of the width: each column has what it needs, and of the rest what it could use."""
    gap = pt(_GAP_PT)
    columns = list(zip(*rows, strict=True))
    least = [max(cell.least_width() for cell in column) + gap for column in columns]
    natural = [max(cell.natural_width() for cell in column) + gap for column in columns]
    wanted = [min(each, width * 0.62) for each in natural]
    if (needed := sum(least)) >= width:
        return [each / needed for each in least]
    extra = [max(0.0, want - need) for want, need in zip(wanted, least, strict=True)]
    free = width - needed
    if sum(extra) <= free:
        spare = (free - sum(extra)) / len(columns)
        return [(need + more + spare) / width for need, more in zip(least, extra, strict=True)]
    return [(need + free * more / sum(extra)) / width for need, more in zip(least, extra, strict=True)]


@dataclass(frozen=True, slots=True)
class _Placed:
    block: Block
    at: QPointF
    width: float


class Pages:
    """Blocks on pages: what fits is kept in one piece, a heading stays with what it stands above."""

    def __init__(self, area: QRectF) -> None:
        self._area = area
        self.pages: list[list[_Placed]] = [[]]
        self._y = area.top()

    @property
    def width(self) -> float:
        """Of a page, without its margins."""
        return self._area.width()

    @property
    def _room(self) -> float:
        return self._area.bottom() - self._y

    def turn(self) -> None:
        """Go on with a new page."""
        if self.pages[-1]:
            self.pages.append([])
        self._y = self._area.top()

    def skip(self, height: float) -> None:
        """Leave some room free, but none at the top of a page."""
        if self.pages[-1]:
            self._y += height

    def _put(self, block: Block) -> None:
        self.pages[-1].append(_Placed(block, QPointF(self._area.left(), self._y), self.width))
        self._y += block.height(self.width)

    def add(self, block: Block, *, keep: float = 0.0) -> None:
        """Put a block below the last one; `keep` is the room that has to be left below it on the same page."""
        needed = block.height(self.width)
        if needed + keep <= self._room:
            self._put(block)
        elif isinstance(block, Stack) and block.loose:
            self._add_loose(block)
        elif needed <= self._area.height():
            self.turn()
            self._put(block)
        else:
            self._add_long(block)

    def _add_loose(self, block: Stack) -> None:
        if sum(each.height(self.width) for each in block.blocks[:2]) > self._room:
            self.turn()
        for each in block.blocks:
            self.add(each)
            self._y += block.gap

    def _add_long(self, block: Block) -> None:
        """What is higher than a page."""
        match block:
            case Card():
                self.add(block.block)
            case Stack():
                for each in block.blocks:
                    self.add(each)
            case Words() | Cells():
                while block.height(self.width) > self._room:
                    first, block = block.split(self.width, self._room)
                    self._put(first)
                    self.turn()
                self._put(block)
            case _:
                self.turn()
                self._put(block)

    def add_table(self, title: Block | None, head: Cells | None, rows: Sequence[Cells]) -> None:
        """A table; where it goes on on another page, so does its head."""
        top: list[Block] = [block for block in (title, head) if block is not None]
        first = rows[0].height(self.width) if rows else 0.0
        if sum(block.height(self.width) for block in top) + first > self._room:
            self.turn()
        for block in top:
            self._put(block)
        for row in rows:
            if row.height(self.width) > self._room:
                self.turn()
                if head is not None:
                    self._put(head)
            self.add(row)

    def paint(self, painter: QPainter, number: int) -> None:
        """One of the pages, counted from 0."""
        for placed in self.pages[number]:
            placed.block.paint(painter, placed.at, placed.width)
