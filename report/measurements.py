"""The single measurements as flat tables, for programs that read lines; `report.json` has them in their place."""

from collections.abc import Iterator, Mapping
from typing import Any

from nexkit.facts.dns import EncryptedAnswers, ResolverAnswers
from nexkit.facts.echo import EchoStats
from nexkit.facts.load import LoadTest
from nexkit.facts.path import PathTrace
from nexkit.outcome import Completed
from nexkit.run_record import RunRecord
from report.plain import Json, encode

MEASUREMENTS = "data/measurements/"
"""The folder of the tables."""


def measurements(record: RunRecord) -> Mapping[str, list[Json]]:
    """Rows by path of the table they go into; a table without rows is left out."""
    tables: dict[str, list[Json]] = {}
    for result in record.results:
        if isinstance(result.outcome, Completed):
            for table, row in _rows(result.outcome.fact):
                tables.setdefault(f"{MEASUREMENTS}{table}.jsonl", []).append({"step": result.id, **row})
    return tables


def _rows(fact: object) -> Iterator[tuple[str, Json]]:
    """(table, row) of every single measurement in a fact."""
    match fact:
        case EchoStats():
            yield from _echo(fact, "idle")
        case LoadTest():
            for phase, echo in _load_echoes(fact):
                if echo:
                    yield from _echo(echo, phase)
        case PathTrace():
            yield from (("hops", {"target": fact.target, **_plain(hop)}) for hop in fact.hops)
        case ResolverAnswers():
            yield from (("dns", {"resolver": fact.resolver, **_plain(query)}) for query in fact.queries)
        case EncryptedAnswers():
            for attempt in fact.attempts:
                about = {"resolver": fact.resolver, "address": attempt.address}
                yield from (("dns", {**about, **_plain(query)}) for query in attempt.queries)


def _load_echoes(test: LoadTest) -> Iterator[tuple[str, EchoStats | None]]:
    """Of every target, at rest and under load; the rows name the target."""
    yield from (("idle", echo) for echo in (test.idle, test.idle_gateway, test.idle_provider))
    for phase, way in (("down", test.down), ("up", test.up)):
        if way:
            yield from ((phase, echo) for echo in (way.working, way.working_gateway, way.working_provider))


def _echo(echo: EchoStats, phase: str) -> Iterator[tuple[str, Json]]:
    about = {"phase": phase, "target": echo.target, "method": echo.method.value}
    yield from (("echo", {**about, "number": number, **_plain(row)}) for number, row in enumerate(echo.samples))


def _plain(value: Any) -> Json:  # noqa: ANN401  any part of a fact
    document: Json = encode(value)
    return document
