"""Reads what `ifconfig -v` of macOS prints, which is never localised. Unknown lines are passed over."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from nexkit.facts.network import InterfaceKind

_INTERFACE_LINE = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9._-]*): flags=[0-9a-fA-F]+<(?P<flags>[A-Z0-9_,]*)>.*")
_STATUS = {"active": True, "inactive": False}
_TYPES = {"Wi-Fi": InterfaceKind.WIFI, "Ethernet": InterfaceKind.ETHERNET, "Cellular": InterfaceKind.MOBILE}
_ADDRESS_WORDS = frozenset({"inet", "inet6"})
_KINDS_BY_NAME = (
    (re.compile(r"lo[0-9]+"), InterfaceKind.LOOPBACK),
    (re.compile(r"(?:utun|ipsec|ppp|gif|stf|tun|tap)[0-9]+"), InterfaceKind.VPN),
    (re.compile(r"bridge[0-9]+"), InterfaceKind.BRIDGE),
    (re.compile(r"(?:awdl|llw|ap|anpi|vmnet|vmenet|vnic|feth|vlan|bond|XHC|pktap|iptap)[0-9]+"), InterfaceKind.VIRTUAL),
    (re.compile(r"pdp_ip[0-9]+"), InterfaceKind.MOBILE),
)
"""Names that the system itself gives; peer-to-peer Wi-Fi (awdl, llw, ap) is a radio, but no way to the network."""


@dataclass(slots=True, kw_only=True)
class IfconfigEntry:
    """What `ifconfig -v` adds to the plain list of interfaces."""

    up: bool
    active: bool | None = None
    type_word: str | None = None
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
    return found


def interface_kind(name: str, type_word: str | None) -> InterfaceKind:
    """What an interface is, by the system's names first: peer-to-peer Wi-Fi also says that its type is Wi-Fi."""
    for pattern, kind in _KINDS_BY_NAME:
        if pattern.fullmatch(name):
            return kind
    return _TYPES.get(type_word or "", InterfaceKind.UNKNOWN)
