"""What macOS told of the links, as the facts that all systems share."""

from collections.abc import Mapping, Sequence

from nexkit.address import is_address
from nexkit.facts.link import NOT_COUNTED, LinkCounters, LinkState
from nexkit.platform.api import RouteTo
from nexkit.platform.macos_facts import PlainInterface
from nexkit.platform.parse_ifconfig import IfconfigEntry, interface_kind
from nexkit.units import BitPerSecond

_MBIT = 1e6


def link_states(
    interfaces: Sequence[PlainInterface],
    entries: Mapping[str, IfconfigEntry],
    counters: Mapping[str, LinkCounters],
) -> tuple[LinkState, ...]:
    """The fact's part; the system counts neither check sums by themselves nor changes of the carrier."""
    return tuple(
        _state(plain, entries.get(plain.name, IfconfigEntry(up=plain.up)), counters.get(plain.name, NOT_COUNTED))
        for plain in interfaces
    )


def _state(plain: PlainInterface, entry: IfconfigEntry, counters: LinkCounters) -> LinkState:
    media = entry.media
    carrier = entry.active if plain.up else None
    linked = carrier is not False
    speed_mbit_s = (media.speed_mbit_s if media else None) or plain.speed_mbit_s
    return LinkState(
        name=plain.name,
        kind=interface_kind(plain.name, entry.type_word),
        admin_up=plain.up,
        carrier=carrier,
        speed_bit_s=BitPerSecond(speed_mbit_s * _MBIT) if linked and speed_mbit_s > 0 else None,
        duplex=(media.duplex if media else None) or plain.duplex if linked else None,
        # A radio has a medium line as well, and nothing to choose.
        auto_negotiation=media.automatic if media and entry.port_max_mbit_s else None,
        port_max_bit_s=None if entry.port_max_mbit_s is None else BitPerSecond(entry.port_max_mbit_s * _MBIT),
        partner_max_bit_s=None,
        counters=counters,
    )


def parse_route(text: str, source: str) -> RouteTo:
    """`route -n get`: lines of a word and what it says; `gateway` also names hardware and links, which are none."""
    said = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in text.splitlines())}
    gateway = said.get("gateway", "").partition("%")[0]
    through = "GATEWAY" in said.get("flags", "").strip("<>").split(",") and is_address(gateway)
    return RouteTo(interface=said.get("interface") or None, source=source, gateway=gateway if through else None)
