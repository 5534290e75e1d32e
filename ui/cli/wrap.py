"""Lines that fit a terminal: broken at spaces, and in Japanese between any characters that may part."""

import re
import shutil
import sys
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from typing import TextIO

_WIDEST = 100
"""Columns; longer lines are hard to read."""
_PREFIX = re.compile(r" *(?:\d+\. |[-•] |\[.\] )?")
"""Of a line: its indent and what marks it as one of a list; what follows stays to the right of it."""
_NEVER_FIRST = frozenset(
    "、。，．・：；？！）」』】〕］｝〉》％ー々ゝゞヽヾ…‥"  # noqa: RUF001  full width
    "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ,.:;?!)]}%”’"
)
"""No line begins with one of these (JIS X 4051, "kinsoku")."""
_NEVER_LAST = frozenset("（「『【〔［｛〈《([{“‘")  # noqa: RUF001  full width
"""Nor does one end with one of these."""


def say(text: str, stream: TextIO | None = None) -> None:
    """Print to a stream, standard output where none is given; wrapped where it is a terminal."""
    stream = stream or sys.stdout
    if stream is not None and stream.isatty():  # a windowed program on Windows has no streams
        text = wrapped(text, min(shutil.get_terminal_size().columns, _WIDEST))
    print(text, file=stream, flush=True)


def wrapped(text: str, columns: int) -> str:
    """The text in lines of so many columns; a word that is longer stays whole, so that it can be copied."""
    return "\n".join(part for line in text.split("\n") for part in _lines(line, columns))


def width(text: str) -> int:
    """Columns that the text takes on a terminal (UAX #11; what is ambiguous there counts as narrow)."""
    return sum(0 if unicodedata.combining(each) else 2 if _is_wide(each) else 1 for each in text)


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in {"W", "F"}


def _lines(line: str, columns: int) -> Iterator[str]:
    if width(line) <= columns:
        yield line
        return
    found = _PREFIX.match(line)
    prefix = found[0] if found else ""
    indent = " " * min(width(prefix), columns // 2)
    start, done = prefix, ""
    for piece in _pieces(line[len(prefix) :]):
        if done and width(start + (done + piece).rstrip()) > columns:
            yield (start + done).rstrip()
            start, done = indent, ""
        done += piece
    yield (start + done).rstrip()


def _pieces(text: str) -> Iterator[str]:
    """What may not be parted, with the spaces behind it."""
    piece = text[:1]
    for before, after in pairwise(text):
        if _may_part(before, after):
            yield piece
            piece = ""
        piece += after
    yield piece


def _may_part(before: str, after: str) -> bool:
    if after == " ":
        return False
    if before == " ":
        return True
    return (_is_wide(before) or _is_wide(after)) and after not in _NEVER_FIRST and before not in _NEVER_LAST
