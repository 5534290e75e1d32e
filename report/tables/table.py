"""What every table of the page is made of, and the words that all of them share.

Words that stand for a state are the facts' own codes: the same for the same thing in every language.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from typing import TypeVar

from nexkit.outcome import Completed, Failure
from nexkit.run_record import RunRecord, StepResult
from nexkit.texts import Texts

DASH = "–"
"""Stands where nothing is known."""
Row = Sequence[str]
FactT = TypeVar("FactT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of cells; a line end in a cell begins a new line. Every cell may hold text of unknown origin."""

    title: str
    note: str = ""
    """What the table is about: a target, of unknown origin."""
    columns: Sequence[str] = ("", "")
    """With an empty first one, the first cell of a row is the row's name."""
    rows: Sequence[Row]


def without_empty(table: Table) -> Table:
    """The table without the columns of which nothing is known in any row."""
    kept = [0] + [number for number in range(1, len(table.columns)) if any(row[number] != DASH for row in table.rows)]
    return replace(
        table,
        columns=[table.columns[number] for number in kept],
        rows=[tuple(row[number] for number in kept) for row in table.rows],
    )


def measured(record: RunRecord, fact_type: type[FactT]) -> list[tuple[StepResult, FactT]]:
    """The steps that gave a fact of a kind, in the order in which they began."""
    found = [
        (result, result.outcome.fact)
        for result in record.results
        if isinstance(result.outcome, Completed) and isinstance(result.outcome.fact, fact_type)
    ]
    return sorted(found, key=lambda pair: pair[0].started_s)


def failure_word(failure: Failure | None) -> str:
    """The stable words of a failure: the same for the same fault, in every language."""
    return DASH if failure is None else f"{failure.kind.value} ({failure.step})"


def result_word(failure: Failure | None) -> str:
    """What became of something that either failed or not."""
    return "ok" if failure is None else failure_word(failure)


def cell(words: Iterable[str | None]) -> str:
    """One a line; what is empty or not known is left out."""
    return "\n".join(word for word in words if word and word != DASH) or DASH


def code(value: Enum | None) -> str:
    """The stable word of an alternative."""
    return DASH if value is None else str(value.value)


def yes_no(value: bool | None, texts: Texts) -> str:
    """The answer to a question; a dash where it is not known."""
    _ = texts.gettext
    if value is None:
        return DASH
    return _("yes") if value else _("no")


def known(rows: Iterable[Row]) -> list[Row]:
    """The rows in which something is known besides their name."""
    return [row for row in rows if any(word not in {"", DASH} for word in row[1:])]


def day(moment: datetime) -> str:
    """A date, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d}"
