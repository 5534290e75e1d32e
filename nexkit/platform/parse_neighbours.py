"""Reads what `arp -an` and `ndp -an` of macOS print; neither is localised. Unknown lines are passed over."""

import re

from nexkit.facts.network import NeighbourState
from nexkit.platform.api import Neighbour
from nexkit.platform.derive import mac_text

_ARP_LINE = re.compile(r"\S+ \((?P<address>[0-9.]+)\) at (?P<mac>\S+) on (?P<interface>\S+).*")
_MAC = re.compile(r"[0-9A-Fa-f]{1,2}(?::[0-9A-Fa-f]{1,2}){5}")
_NDP_COLUMNS = 5
_NDP_REACHABLE = "R"


def parse_mac(text: str) -> str | None:
    """A hardware address, which these tools print without leading zeros; None for `(incomplete)` and the like."""
    if not _MAC.fullmatch(text):
        return None
    return mac_text(bytes(int(octet, 16) for octet in text.split(":")))


def parse_arp(text: str, address: str, interface: str) -> Neighbour:
    """`arp -an`: the entry of an address. The tool does not say when an entry was last confirmed: STALE."""
    for line in text.splitlines():
        match = _ARP_LINE.fullmatch(line.strip())
        if match and match["address"] == address and match["interface"] == interface:
            mac = parse_mac(match["mac"])
            return Neighbour(state=NeighbourState.FAILED if mac is None else NeighbourState.STALE, mac=mac)
    return Neighbour(state=NeighbourState.ABSENT, mac=None)


def parse_ndp(text: str, address: str, interface: str) -> Neighbour:
    """`ndp -an`: the entry of an address; columns neighbour, hardware address, interface, expiry, state."""
    wanted = address.partition("%")[0]
    for line in text.splitlines():
        words = line.split()
        if len(words) < _NDP_COLUMNS or words[2] != interface or words[0].partition("%")[0] != wanted:
            continue
        mac = parse_mac(words[1])
        if mac is None:
            return Neighbour(state=NeighbourState.FAILED, mac=None)
        reachable = words[_NDP_COLUMNS - 1] == _NDP_REACHABLE
        return Neighbour(state=NeighbourState.REACHABLE if reachable else NeighbourState.STALE, mac=mac)
    return Neighbour(state=NeighbourState.ABSENT, mac=None)
