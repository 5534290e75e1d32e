"""Facts of the links: what each interface negotiated and counted, and which of them the way to a target takes.

A reading is one look at counters that have run since the interface came to be; `link_changes` tells what two readings
have between them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields

from nexkit.facts.network import Duplex, InterfaceKind
from nexkit.outcome import Failure
from nexkit.sensitivity import InterfaceName, IpAddress
from nexkit.units import BitPerSecond, Bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCounters:
    """What an interface counted; None where the system does not count it."""

    received_bytes: Bytes | None = None
    sent_bytes: Bytes | None = None
    received_packets: int | None = None
    sent_packets: int | None = None
    receive_errors: int | None = None
    """Frames that arrived damaged or could not be taken, of every kind."""
    send_errors: int | None = None
    receive_drops: int | None = None
    """Whole frames that this computer threw away; a protocol that it does not speak counts too."""
    send_drops: int | None = None
    crc_errors: int | None = None
    """Of the receive errors those with a wrong check sum: cable, plug, or a disagreement on duplex."""
    collisions: int | None = None
    carrier_changes: int | None = None
    """How often the carrier came or went."""


NOT_COUNTED = LinkCounters()


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkState:
    """One interface now."""

    name: InterfaceName
    kind: InterfaceKind
    admin_up: bool
    carrier: bool | None
    """A cable is in or a Wi-Fi network is joined; None where the system does not say."""
    speed_bit_s: BitPerSecond | None
    """As negotiated; for Wi-Fi the `wifi` fact knows better."""
    duplex: Duplex | None
    auto_negotiation: bool | None
    """False: speed and duplex were set by hand, so that an automatic other end falls back to half duplex."""
    port_max_bit_s: BitPerSecond | None
    """The most that this computer's port can do."""
    partner_max_bit_s: BitPerSecond | None
    """The most that the other end of the cable offered in the negotiation; a bad cable comes out below both."""
    counters: LinkCounters


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteChoice:
    """The way that the system's routing chooses for one target; nothing is sent to find out."""

    target: IpAddress
    interface: InterfaceName | None
    source: IpAddress | None
    """The own address that packets to the target would carry."""
    gateway: IpAddress | None
    """None: the target is on the link itself, or there is no way."""
    failure: Failure | None
    """Why there is no way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkReading:
    """Every interface, and the ways to the asked targets, at one moment."""

    links: tuple[LinkState, ...]
    routes: tuple[RouteChoice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkChange:
    """One interface that two readings have in common."""

    before: LinkState
    after: LinkState
    counted: LinkCounters
    """What was counted between them; None also where a counter began anew meanwhile (driver, sleep)."""

    @property
    def carrier_losses(self) -> int | None:
        """How often the carrier went away; None where the system does not count its changes."""
        changes = self.counted.carrier_changes
        return None if changes is None else (changes + (1 if self.before.carrier else 0)) // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteChange:
    """A target whose way became another one, such as when a VPN comes up in the middle."""

    before: RouteChoice
    after: RouteChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkChanges:
    """What lies between two readings; interfaces are told apart by their names."""

    links: tuple[LinkChange, ...]
    appeared: tuple[LinkState, ...]
    gone: tuple[LinkState, ...]
    routes: tuple[RouteChange, ...]
    """Only those that differ."""


def link_changes(before: LinkReading, after: LinkReading) -> LinkChanges:
    """What happened between two readings, the earlier one first."""
    earlier = {link.name: link for link in before.links}
    later = {link.name: link for link in after.links}
    ways = {way.target: way for way in before.routes}
    return LinkChanges(
        links=tuple(
            LinkChange(
                before=earlier[link.name], after=link, counted=_counted(earlier[link.name].counters, link.counters)
            )
            for link in after.links
            if link.name in earlier
        ),
        appeared=_without(after.links, earlier.keys()),
        gone=_without(before.links, later.keys()),
        routes=tuple(
            RouteChange(before=ways[way.target], after=way)
            for way in after.routes
            if way.target in ways and ways[way.target] != way
        ),
    )


def _without(links: Sequence[LinkState], names: Collection[str]) -> tuple[LinkState, ...]:
    return tuple(link for link in links if link.name not in names)


def _counted(before: LinkCounters, after: LinkCounters) -> LinkCounters:
    """The difference of each counter; None where one reading lacks it or it fell."""
    differences = {}
    for field in fields(LinkCounters):
        first, second = getattr(before, field.name), getattr(after, field.name)
        differences[field.name] = None if first is None or second is None or second < first else second - first
    return LinkCounters(**differences)
