"""A run by hand: what was asked, what came, and what is shown and saved of it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from nexkit.outcome import Completed, Failed, Skipped
from nexkit.params import param_fields
from nexkit.probe import ProbeSpec
from nexkit.run_record import ProfileReference, StepResult
from nexkit.runner import Runner
from nexkit.texts import Texts
from nexkit.texts.facts import fact_text
from report.csv_table import Cell
from report.plain import document_text, encode_fact, moment
from report.tables import chapters
from report.tables.table import Table
from report.visible import visible
from ui.probe_run import why_text
from ui.probe_series import record_of

_LONGEST_LINE = 1000


@dataclass(slots=True, kw_only=True)
class HandRun:
    """One run of this session."""

    spec: ProbeSpec
    words: Mapping[str, str]
    """Parameters as on the command line."""
    started_at: datetime
    samples: list[tuple[float, float | None]] = field(default_factory=list)
    """Seconds since the start, round trip in ms; None: lost."""
    ratio: float = 0.0
    result: StepResult | None = None
    """None: under way."""

    @property
    def target(self) -> str:
        """The first parameter of the probe; "" where it was not given."""
        names = [each.name for each in param_fields(self.spec.params)]
        return self.words.get(names[0], "") if names else ""

    def file_name(self, part: str, suffix: str) -> str:
        """A name to save it under; the time is UTC."""
        return f"nexkit-{self.spec.id}{part}-{self.started_at.astimezone(UTC):%Y%m%dT%H%M%SZ}{suffix}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a run's outcome looks like."""

    run: HandRun
    line: str
    took_s: float
    traffic_bytes: int
    tables: Sequence[Table]
    document: str
    """JSON, as `nexkit probe run --json` writes it; "" where there is no fact."""


def command_words(spec: ProbeSpec, words: Mapping[str, str]) -> list[str]:
    """What does the same on a command line, word for word."""
    first = next((each.name for each in param_fields(spec.params)), "")
    word = words.get(first, "")
    target = [word] if word and "=" not in word and not word.startswith("-") else []
    rest = [f"{name}={word}" for name, word in words.items() if not (target and name == first)]
    return ["nexkit", "probe", "run", spec.id, *target, *rest]


def shown_of(run: HandRun, result: StepResult, runner: Runner, profile: ProfileReference, texts: Texts) -> Shown:
    """What the outcome looks like; it takes its time, and asks the system what it is: not beside an event loop."""
    tables: list[Table] = []
    document = ""
    match result.outcome:
        case Completed(fact=fact):
            record = asyncio.run(record_of(runner, profile, run.started_at, result))
            tables = [table for chapter in chapters(record, texts) for table in chapter.tables]
            document = document_text(encode_fact(fact))
            line = visible(fact_text(fact, texts), limit=_LONGEST_LINE)
        case Failed() | Skipped() as failed:
            line = why_text(failed, texts)
    return Shown(
        run=run,
        line=line,
        took_s=result.took_s,
        traffic_bytes=result.traffic_bytes,
        tables=tables,
        document=document,
    )


def sample_rows(run: HandRun) -> list[Sequence[Cell]]:
    """The round trips of a run for a spreadsheet or a script, with names and units as in reports."""
    rows: list[Sequence[Cell]] = [("probe", "started_at", "number", "at_s", "rtt_ms", "lost")]
    began = moment(run.started_at)
    rows += [
        (run.spec.id, began, number, round(at_s, 6), rtt_ms, rtt_ms is None)
        for number, (at_s, rtt_ms) in enumerate(run.samples, start=1)
    ]
    return rows


def table_rows(tables: Sequence[Table]) -> list[Sequence[Cell]]:
    """Tables one below the other: title and what it is about, heads, rows, an empty line."""
    rows: list[Sequence[Cell]] = []
    for table in tables:
        rows += [(table.title, table.note) if table.note else (table.title,), table.columns, *table.rows, ()]
    return rows[:-1]
