"""The measurements as tables for engineers: pure functions for each kind of fact, gathered by what they are about."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

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


class Topic(Enum):
    """What a chapter is about, from this computer outwards."""

    COMPUTER = "computer"
    NEAR = "near"
    WAY = "way"
    NAMES = "names"
    PROXY = "proxy"
    SERVICES = "services"
    UDP = "udp"
    LOAD = "load"


def chapter(topic: Topic, record: RunRecord, texts: Texts) -> Chapter | None:
    """What a run measured about one thing; what has nothing to say is left out."""
    _ = texts.gettext
    title, tables = {
        Topic.COMPUTER: (_("This computer"), computer_tables),
        Topic.NEAR: (_("Local network"), near_tables),
        Topic.WAY: (_("The way to the internet"), way_tables),
        Topic.NAMES: (_("Name service (DNS)"), name_tables),
        Topic.PROXY: (_("Proxies"), proxy_tables),
        Topic.SERVICES: (_("Services and pages"), service_tables),
        Topic.UDP: (_("Calls and other UDP traffic"), udp_tables),
        Topic.LOAD: (_("Load test"), load_tables),
    }[topic]
    shown = [without_empty(table) for table in tables(record, texts) if table.rows]
    return Chapter(title=title, tables=shown) if shown else None


def chapters(record: RunRecord, texts: Texts) -> Iterator[Chapter]:
    """Everything that a run measured."""
    for topic in Topic:
        if found := chapter(topic, record, texts):
            yield found
