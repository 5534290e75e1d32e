"""IPv6 routers of the segment: the solicitation, and what advertisements say (RFC 4861, RFC 4191, RFC 8106)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address

from nexkit.facts.segment import AdvertisedPrefix, RouterPreference
from nexkit.units import Seconds
from probes.segment.ethernet import IPV6, Frame, frame, icmp6, read_icmp6

_SOLICITATION, _ADVERTISEMENT = 133, 134
_ALL_ROUTERS = "ff02::2"
_ALL_ROUTERS_MAC = bytes.fromhex("333300000002")
_HEADER = struct.Struct("!BBHBBHII")
_PREFIX = struct.Struct("!BBBBIII16s")
_SOURCE_MAC, _PREFIX_OPTION, _MTU_OPTION, _RESOLVERS_OPTION = 1, 3, 5, 25
_MANAGED, _OTHER, _ON_LINK, _AUTONOMOUS = 0x80, 0x40, 0x80, 0x40
_PREFERENCES = {1: RouterPreference.HIGH, 3: RouterPreference.LOW}
_UNIT_BYTES = 8
_MAX_LISTED = 8
_MAX_PREFIX_LENGTH = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Advertisement:
    """One router advertisement."""

    router: str
    lifetime_s: int
    preference: RouterPreference
    managed: bool
    other: bool
    prefixes: tuple[AdvertisedPrefix, ...]
    resolvers: tuple[str, ...]
    mtu_bytes: int | None


def solicitation(mac: bytes, own: str) -> bytes:
    """The frame that asks all routers; `own` is this computer's link-local address."""
    message = struct.pack("!BBHI", _SOLICITATION, 0, 0, 0) + bytes([_SOURCE_MAC, 1]) + mac
    return frame(_ALL_ROUTERS_MAC, mac, IPV6, icmp6(own, _ALL_ROUTERS, message))


def read_advertisement(of: Frame) -> Advertisement | None:
    """What a router says; None for any other frame."""
    found = read_icmp6(of.payload) if of.type == IPV6 else None
    if found is None or len(found[1]) < _HEADER.size or found[1][0] != _ADVERTISEMENT:
        return None
    source, message = found
    _, _, _, _, flags, lifetime_s, _, _ = _HEADER.unpack_from(message)
    prefixes: list[AdvertisedPrefix] = []
    resolvers: list[str] = []
    mtu_bytes: int | None = None
    for kind, option in _options(message[_HEADER.size :]):
        if kind == _PREFIX_OPTION and len(option) == _PREFIX.size:
            _, _, length, marks, _, preferred_s, _, prefix = _PREFIX.unpack(option)
            if length <= _MAX_PREFIX_LENGTH:
                prefixes.append(
                    AdvertisedPrefix(
                        prefix=str(IPv6Address(prefix)),
                        length=length,
                        on_link=bool(marks & _ON_LINK),
                        autonomous=bool(marks & _AUTONOMOUS),
                        preferred_s=Seconds(preferred_s),
                    )
                )
        elif kind == _MTU_OPTION and len(option) == _UNIT_BYTES:
            mtu_bytes = int.from_bytes(option[4:])
        elif kind == _RESOLVERS_OPTION:
            packed = option[8:]
            resolvers += [str(IPv6Address(packed[at : at + 16])) for at in range(0, len(packed) - 15, 16)]
    return Advertisement(
        router=source,
        lifetime_s=lifetime_s,
        preference=_PREFERENCES.get(flags >> 3 & 0x03, RouterPreference.MEDIUM),
        managed=bool(flags & _MANAGED),
        other=bool(flags & _OTHER),
        prefixes=tuple(prefixes[:_MAX_LISTED]),
        resolvers=tuple(resolvers[:_MAX_LISTED]),
        mtu_bytes=mtu_bytes,
    )


def _options(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and whole option, one after the other; one of length 0 ends them."""
    while len(data) >= _UNIT_BYTES and (size := data[1] * _UNIT_BYTES):
        yield data[0], data[:size]
        data = data[size:]
