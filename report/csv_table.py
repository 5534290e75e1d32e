"""Rows as CSV, for spreadsheets and scripts (RFC 4180)."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from report.visible import visible, without_formulas

Cell: TypeAlias = str | float | int | bool | None

_BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel takes a file that is opened by a click for one in the system's old code page; others skip it."""
_FORMULA_BEHIND = re.compile(r'(;["\s]*)([=+\-@\uff1d\uff0b\uff0d\uff20])')
"""Where the comma is the decimal sign, spreadsheets begin a cell at each semicolon, whatever is quoted here."""


def csv_bytes(rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with a byte order mark, lines end with CR LF. No cell is a formula, and nothing in one is invisible.

    Numbers are written as they are, with a point; None is an empty cell.
    """
    text = io.StringIO(_BYTE_ORDER_MARK, newline="")
    text.seek(0, io.SEEK_END)
    csv.writer(text, lineterminator="\r\n").writerows([_cell(each) for each in row] for row in rows)
    return text.getvalue().encode()


def _cell(value: Cell) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return _FORMULA_BEHIND.sub(r"\1'\2", without_formulas(visible(value, limit=None, keep="\n")))
        case _:
            return repr(value)
