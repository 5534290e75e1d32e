"""Reads what `ifconfig -v` of macOS prints, which is never localised. Unknown lines are passed over."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from nexkit.facts.network import Duplex, InterfaceKind

_INTERFACE_LINE = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9._-]*): flags=[0-9a-fA-F]+<(?P<flags>[A-Z0-9_,]*)>.*")
_STATUS = {"active": True, "inactive": False}
_SUPPORTED_WORDS = frozenset({"supported", "media", "none", "autoselect"})
"""How the lines of `ifconfig -m` on what a port supports begin."""
_DUPLEXES = {"full-duplex": Duplex.FULL, "half-duplex": Duplex.HALF}
_TYPES = {"Wi-Fi": InterfaceKind.WIFI, "Ethernet": InterfaceKind.ETHERNET, "Cellular": InterfaceKind.MOBILE}
_MEDIUM_SPEED = re.compile(r"\b([0-9]{1,6})(G?)Base", re.IGNORECASE)
"""`100baseTX`, `2500Base-T`, `10GbaseT`: Mbit/s, or Gbit/s (net/if_media.h of XNU)."""
_ADDRESS_WORDS = frozenset({"inet", "inet6"})
_KINDS_BY_NAME = (
    (re.compile(r"lo[0-9]+"), InterfaceKind.LOOPBACK),
    (re.compile(r"(?:utun|ipsec|ppp|gif|stf|tun|tap)[0-9]+"), InterfaceKind.VPN),
    (re.compile(r"bridge[0-9]+"), InterfaceKind.BRIDGE),
    (re.compile(r"(?:awdl|llw|ap|anpi|vmnet|vmenet|vnic|feth|vlan|bond|XHC|pktap|iptap)[0-9]+"), InterfaceKind.VIRTUAL),
    (re.compile(r"pdp_ip[0-9]+"), InterfaceKind.MOBILE),
)
"""Names that the system itself gives; peer-to-peer Wi-Fi (awdl, llw, ap) is a radio, but no way to the network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """The `media:` line."""

    automatic: bool
    """False: set by hand."""
    speed_mbit_s: int | None
    duplex: Duplex | None


@dataclass(slots=True, kw_only=True)
class IfconfigEntry:
    """What `ifconfig -v` adds to the plain list of interfaces."""

    up: bool
    active: bool | None = None
    type_word: str | None = None
    media: "Media | None" = None
    """What was negotiated; None where the interface has no such setting."""
    port_max_mbit_s: int | None = None
    """The fastest of the media that the port supports (`ifconfig -m`)."""
    address_words: dict[str, frozenset[str]] = field(default_factory=dict)
    """By address without zone: words such as `autoconf`, `dynamic`, `duplicated`."""


def parse_ifconfig(text: str) -> Mapping[str, IfconfigEntry]:
    """`ifconfig -a -v`, by interface name."""
    found: dict[str, IfconfigEntry] = {}
    current: IfconfigEntry | None = None
    for line in text.splitlines():
        if match := _INTERFACE_LINE.fullmatch(line):
            current = found[match["name"]] = IfconfigEntry(up="UP" in match["flags"].split(","))
            continue
        words = line.split()
        if current is None or len(words) < 2:  # noqa: PLR2004  a word and what it says
            continue
        if words[0] in _ADDRESS_WORDS:
            current.address_words[words[1].partition("%")[0]] = frozenset(words[2:])
        elif words[0] == "status:":
            current.active = _STATUS.get(words[1])
        elif words[0] == "type:":
            current.type_word = words[1]
        elif words[0] == "media:":
            current.media = _media(line)
        elif words[0] in _SUPPORTED_WORDS:
            # The list stands on this line or on those that follow, by the version of the system.
            current.port_max_mbit_s = max((current.port_max_mbit_s or 0, *_speeds(line))) or None
    return found


def _media(line: str) -> Media:
    """`media: autoselect (1000baseT <full-duplex>)`, or a medium alone where it was set by hand."""
    words = line.replace("<", " ").replace(">", " ").replace(",", " ").split()
    duplexes = (duplex for word, duplex in _DUPLEXES.items() if word in words)
    return Media(
        automatic="autoselect" in words, speed_mbit_s=max(_speeds(line), default=None), duplex=next(duplexes, None)
    )


def _speeds(line: str) -> list[int]:
    """Mbit/s of every medium that a line names."""
    return [int(number) * (1000 if giga else 1) for number, giga in _MEDIUM_SPEED.findall(line)]


def interface_kind(name: str, type_word: str | None) -> InterfaceKind:
    """What an interface is, by the system's names first: peer-to-peer Wi-Fi also says that its type is Wi-Fi."""
    for pattern, kind in _KINDS_BY_NAME:
        if pattern.fullmatch(name):
            return kind
    return _TYPES.get(type_word or "", InterfaceKind.UNKNOWN)
