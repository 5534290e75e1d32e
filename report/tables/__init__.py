"""The measurements as tables for engineers: pure functions for each kind of fact, gathered by what they are about."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nexkit.run_record import RunRecord
from nexkit.texts import Texts
from report.tables.computer import computer_tables
from report.tables.load import load_tables
from report.tables.names import name_tables
from report.tables.near import near_tables
from report.tables.proxy import proxy_tables
from report.tables.services import service_tables
from report.tables.table import Table, without_empty
from report.tables.udp import udp_tables
from report.tables.way import way_tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """Tables about one thing."""

    title: str
    tables: Sequence[Table]


def chapters(record: RunRecord, texts: Texts) -> Iterator[Chapter]:
    """Everything that a run measured, from this computer outwards; what has nothing to say is left out."""
    _ = texts.gettext
    for title, tables in (
        (_("This computer"), computer_tables(record, texts)),
        (_("Local network"), near_tables(record, texts)),
        (_("The way to the internet"), way_tables(record, texts)),
        (_("Name service (DNS)"), name_tables(record, texts)),
        (_("Proxies"), proxy_tables(record, texts)),
        (_("Services and pages"), service_tables(record, texts)),
        (_("Calls and other UDP traffic"), udp_tables(record, texts)),
        (_("Load test"), load_tables(record, texts)),
    ):
        if shown := [without_empty(table) for table in tables if table.rows]:
            yield Chapter(title=title, tables=shown)
