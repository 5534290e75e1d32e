"""What Windows and its drivers told of the links, as the facts that all systems share."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from nexkit.facts.link import LinkState
from nexkit.facts.network import Duplex
from nexkit.platform.windows_api import Adapter, InterfaceRow
from nexkit.platform.windows_facts import kind_of
from nexkit.units import BitPerSecond

OID_MAX_LINK_SPEED = 0x00010206
OID_LINK_STATE = 0x00010207
OID_CRC_ERRORS = 0x0002020D
"""OID_GEN_MAX_LINK_SPEED, OID_GEN_LINK_STATE and OID_GEN_RCV_CRC_ERROR (ntddndis.h)."""
ANSWER_BYTES = 64
"""More than the longest of the three answers has."""

_LINK_STATE = struct.Struct("<4xII4xQQII")
"""NDIS_LINK_STATE: connection, duplex, speeds out and in, pause functions, what was negotiated."""
_LINK_SPEED = struct.Struct("<QQ")
"""NDIS_LINK_SPEED: out and in."""
_DUPLEXES = {1: Duplex.HALF, 2: Duplex.FULL}
_NEGOTIATED = 0x1 | 0x2 | 0x4
"""Speed out, speed in, duplex."""
_UNKNOWN_SPEEDS = frozenset({0, 2**64 - 1})
_COUNTER_BYTES = frozenset({4, 8})


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverAnswers:
    """What a driver says beyond the tables of the system; None where it does not."""

    duplex: Duplex | None = None
    auto_negotiation: bool | None = None
    port_max_bit_s: BitPerSecond | None = None
    crc_errors: int | None = None


NO_ANSWERS = DriverAnswers()


def device_path(guid: bytes) -> str:
    """The path by which the driver of an interface is asked."""
    return f"\\\\.\\{{{str(UUID(bytes_le=guid)).upper()}}}"


def read_driver_answers(link_state: bytes | None, max_speed: bytes | None, crc_errors: bytes | None) -> DriverAnswers:
    """The answers to the three questions; None or one that is cut off tells nothing."""
    duplex, negotiated, fastest = None, None, None
    if link_state is not None and len(link_state) >= _LINK_STATE.size:
        _connection, mode, _out, _in, _pause, flags = _LINK_STATE.unpack_from(link_state)
        duplex = _DUPLEXES.get(mode)
        negotiated = bool(flags & _NEGOTIATED) if duplex else None
    if max_speed is not None and len(max_speed) >= _LINK_SPEED.size:
        out, _in = _LINK_SPEED.unpack_from(max_speed)
        fastest = None if out in _UNKNOWN_SPEEDS else BitPerSecond(float(out))
    return DriverAnswers(
        duplex=duplex,
        auto_negotiation=negotiated,
        port_max_bit_s=fastest,
        crc_errors=int.from_bytes(crc_errors, "little")
        if crc_errors is not None and len(crc_errors) in _COUNTER_BYTES
        else None,
    )


def rows_of_links(adapters: Sequence[Adapter], rows: Sequence[InterfaceRow]) -> tuple[InterfaceRow, ...]:
    """The rows that are interfaces of their own: what has an address or could have one, and hardware."""
    luids = {adapter.luid for adapter in adapters}
    return tuple(row for row in rows if row.luid in luids or (row.hardware and not row.filter))


def link_states(rows: Sequence[InterfaceRow], answers: Mapping[int, DriverAnswers]) -> tuple[LinkState, ...]:
    """The fact's part; `answers` by LUID."""
    return tuple(_state(row, answers.get(row.luid, NO_ANSWERS)) for row in rows)


def _state(row: InterfaceRow, driver: DriverAnswers) -> LinkState:
    speed_known = row.connected and row.speed_bit_s is not None
    return LinkState(
        name=row.name,
        kind=kind_of(row.if_type, row),
        admin_up=row.admin_up,
        carrier=row.connected if row.admin_up else None,
        speed_bit_s=BitPerSecond(float(row.speed_bit_s or 0)) if speed_known else None,
        duplex=driver.duplex if row.connected else None,
        auto_negotiation=driver.auto_negotiation,
        port_max_bit_s=driver.port_max_bit_s,
        partner_max_bit_s=None,
        counters=replace(row.counters, crc_errors=driver.crc_errors),
    )
