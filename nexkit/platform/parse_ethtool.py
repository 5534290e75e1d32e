"""Reads what the Linux driver interface for cables answers (struct ethtool_link_settings, linux/ethtool.h)."""

import struct
from dataclasses import dataclass

from nexkit.facts.network import Duplex
from nexkit.units import BitPerSecond

_SETTINGS = struct.Struct("=IIBBBBBBBbBBBB28x")
"""Command, speed, duplex, port, PHY address, autonegotiation, ..., words of a mode mask, ..."""
_WORD_BYTES = 4
_DUPLEXES = {0: Duplex.HALF, 1: Duplex.FULL}
_SPEEDS_UNKNOWN = frozenset({0, 0xFFFFFFFF})

_MODES_OF_SPEED: dict[int, tuple[tuple[int, int], ...]] = {
    10: ((0, 1), (92, 92), (99, 102)),
    100: ((2, 3), (67, 67), (90, 91)),
    1_000: ((4, 5), (17, 17), (41, 41), (68, 68)),
    2_500: ((15, 15), (47, 47)),
    5_000: ((48, 48),),
    10_000: ((12, 12), (18, 20), (42, 46)),
    20_000: ((21, 22),),
    25_000: ((31, 33),),
    40_000: ((23, 26),),
    50_000: ((34, 35), (40, 40), (52, 56)),
    56_000: ((27, 30),),
    100_000: ((36, 39), (57, 61), (75, 79)),
    200_000: ((62, 66), (80, 84), (103, 108)),
    400_000: ((69, 73), (85, 89), (109, 114)),
    800_000: ((93, 98), (115, 120)),
    1_600_000: ((121, 124),),
}
"""First and last number of the modes of a speed in Mbit/s (enum ethtool_link_mode_bit_indices, Linux 6.18)."""
SPEED_OF_MODE = {
    number: mbit_s
    for mbit_s, spans in _MODES_OF_SPEED.items()
    for first, last in spans
    for number in range(first, last + 1)
}
"""Mbit/s by the number of a link mode; pause, negotiation, connectors and the like have none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkMode:
    """What the driver says of the cable; None where it does not know."""

    speed_bit_s: BitPerSecond | None
    duplex: Duplex | None
    auto_negotiation: bool | None = None
    port_max_bit_s: BitPerSecond | None = None
    """The fastest mode that the port supports."""
    partner_max_bit_s: BitPerSecond | None = None
    """The fastest mode that the other end advertised."""


def mask_words(answer: bytes) -> int:
    """How many words a mode mask has, as the kernel tells by a negative number; 0 where it tells none."""
    return max(0, -int(_SETTINGS.unpack_from(answer)[9]))


def read_link_settings(answer: bytes) -> LinkMode:
    """The answer to ETHTOOL_GLINKSETTINGS, masks included."""
    _command, speed, duplex, _port, _phy, negotiates, _mdio, _mdix, _mdix_control, words, *_ = _SETTINGS.unpack_from(
        answer
    )
    # Supported, advertised by this end, advertised by the other end.
    masks = [
        int.from_bytes(answer[offset : offset + words * _WORD_BYTES], "little")
        for offset in range(_SETTINGS.size, _SETTINGS.size + 3 * words * _WORD_BYTES, max(1, words * _WORD_BYTES))
    ]
    supported, _own, partner = masks if len(masks) == 3 else (0, 0, 0)  # noqa: PLR2004  the three above
    return LinkMode(
        speed_bit_s=None if speed in _SPEEDS_UNKNOWN else _bit_s(speed),
        duplex=_DUPLEXES.get(duplex),
        auto_negotiation=bool(negotiates) if supported else None,
        port_max_bit_s=_fastest(supported),
        partner_max_bit_s=_fastest(partner),
    )


def _fastest(mask: int) -> BitPerSecond | None:
    speeds = [mbit_s for number, mbit_s in SPEED_OF_MODE.items() if mask >> number & 1]
    return _bit_s(max(speeds)) if speeds else None


def _bit_s(mbit_s: int) -> BitPerSecond:
    return BitPerSecond(mbit_s * 1e6)
