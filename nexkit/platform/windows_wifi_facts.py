"""Structures of the Windows native Wi-Fi API (wlanapi.h) and what is read from them; no call is made here."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from nexkit.facts.wifi import WifiBand, WifiFrames, WifiLink, WifiSecurity, WifiStandard
from nexkit.platform.parse_wifi_elements import CellElements, read_cell_elements
from nexkit.platform.wifi_cells import Cell, band_of, channel_of, frequency_of, ssid_text, with_cells
from nexkit.units import BitPerSecond

OPCODE_RADIO_STATE = 4
OPCODE_CURRENT_CONNECTION = 7
OPCODE_CHANNEL = 8
OPCODE_QUALITY = 19
OPCODE_STATISTICS = 0x10000101
OPCODE_RSSI = 0x10000102
"""WLAN_INTF_OPCODE."""
LIST_HEADER_BYTES = 8
INTERFACE_BYTES = 532
_INTERFACE = struct.Struct("<16s512xI")
"""WLAN_INTERFACE_INFO: GUID, description, state."""
_CONNECTION = struct.Struct("<4x4x512xI32sI6s2xII4xIIIIII")
"""WLAN_CONNECTION_ATTRIBUTES: name and its length, kind of network, BSSID, PHY, quality, rates in and out; security."""
_BSS = struct.Struct("<I32s4x6s10xi28xH2xI256xII")
"""WLAN_BSS_ENTRY: name and its length, BSSID, RSSI, capability, frequency, place and size of elements."""
_PHY_STATE = struct.Struct("<4xII")
"""WLAN_PHY_RADIO_STATE: switch of software and of hardware."""
_PHY_COUNT_OFFSET = 216
_PHY_COUNTERS_OFFSET = 224
_PHY_COUNTERS = struct.Struct("<Q8xQQ112x")
"""WLAN_PHY_FRAME_STATISTICS, several at the end of a WLAN_STATISTICS: frames sent, failed and repeated."""
_QUALITY = struct.Struct("<I16xI")
"""WLAN_REALTIME_CONNECTION_QUALITY, since Windows 11 24H2: PHY, number of links. The unit of its rates is not told."""
_QUALITY_LINK = struct.Struct("<4xIIi256x")
"""WLAN_REALTIME_CONNECTION_QUALITY_LINK_INFO: frequency, bandwidth, RSSI."""
_KHZ_FROM = 100_000
"""Microsoft names the frequency MHz and describes it as kHz: what is larger than any band in MHz is in kHz."""
_WIDTHS_MHZ = frozenset({20, 40, 80, 160, 320})
"""Microsoft tells no unit of the bandwidth: only what can be nothing else is taken."""
_NUMBER = struct.Struct("<I")
_SIGNED = struct.Struct("<i")

_STATE_CONNECTED = 1
_SWITCH_ON = 1
_SWITCHES_KNOWN = frozenset({1, 2})
_STANDARDS = {
    4: WifiStandard.LEGACY,
    5: WifiStandard.LEGACY,
    6: WifiStandard.LEGACY,
    7: WifiStandard.N,
    8: WifiStandard.AC,
    10: WifiStandard.AX,
    11: WifiStandard.BE,
}
"""DOT11_PHY_TYPE."""
_SECURITIES = {
    1: WifiSecurity.OPEN,
    2: WifiSecurity.WEP,
    3: WifiSecurity.WPA_ENTERPRISE,
    4: WifiSecurity.WPA_PERSONAL,
    6: WifiSecurity.WPA2_ENTERPRISE,
    7: WifiSecurity.WPA2_PERSONAL,
    8: WifiSecurity.WPA3_ENTERPRISE,
    9: WifiSecurity.WPA3_PERSONAL,
    10: WifiSecurity.OWE,
    11: WifiSecurity.WPA3_ENTERPRISE,
}
"""DOT11_AUTH_ALGORITHM."""
_WEP_CIPHERS = frozenset({0x01, 0x05, 0x101})
_MAX_SSID_BYTES = 32
_RATE_UNIT_BIT_S = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Radio:
    """One entry of WlanEnumInterfaces."""

    guid: bytes
    """As it lies in memory."""
    connected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """What WlanQueryInterface tells of the joined cell."""

    ssid: bytes | None
    bssid: bytes
    standard: WifiStandard | None
    security: WifiSecurity
    receive_rate_bit_s: BitPerSecond | None
    send_rate_bit_s: BitPerSecond | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCell:
    """One entry of WlanGetNetworkBssList."""

    bssid: bytes
    cell: Cell
    elements: CellElements


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """What WlanQueryInterface tells of the strongest link without saying to whom; it needs no location consent."""

    standard: WifiStandard | None
    frequency_mhz: int | None
    width_mhz: int | None
    rssi_dbm: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RadioAnswers:
    """What the system said of one radio; None where it said nothing."""

    radio_on: bool | None = None
    names_permitted: bool = True
    connection: Connection | None = None
    rssi_dbm: int | None = None
    channel: int | None = None
    quality: Quality | None = None
    frames: WifiFrames | None = None
    cells: tuple[ListedCell, ...] | None = None


def list_bytes(count: int) -> int:
    """Size of a WLAN_INTERFACE_INFO_LIST."""
    return LIST_HEADER_BYTES + count * INTERFACE_BYTES


def read_radios(data: bytes) -> tuple[Radio, ...]:
    """A WLAN_INTERFACE_INFO_LIST."""
    return tuple(
        Radio(guid=guid, connected=state == _STATE_CONNECTED)
        for guid, state in _INTERFACE.iter_unpack(data[LIST_HEADER_BYTES:])
    )


def read_connection(data: bytes) -> Connection | None:
    """A WLAN_CONNECTION_ATTRIBUTES; None where it is cut off."""
    if len(data) < _CONNECTION.size:
        return None
    length, name, _network, bssid, phy, _index, receive, send, _secured, _one_x, method, cipher = (
        _CONNECTION.unpack_from(data)
    )
    security = _SECURITIES.get(method, WifiSecurity.OTHER)
    return Connection(
        ssid=_name(name, length),
        bssid=bssid,
        standard=_STANDARDS.get(phy),
        security=WifiSecurity.WEP if security is WifiSecurity.OPEN and cipher in _WEP_CIPHERS else security,
        receive_rate_bit_s=_rate_bit_s(receive),
        send_rate_bit_s=_rate_bit_s(send),
    )


def read_cells(data: bytes) -> tuple[ListedCell, ...]:
    """A WLAN_BSS_LIST; what points outside of it is left out."""
    if len(data) < LIST_HEADER_BYTES:
        return ()
    _size, count = struct.unpack_from("<II", data)
    found = []
    for number in range(min(count, (len(data) - LIST_HEADER_BYTES) // _BSS.size)):
        start = LIST_HEADER_BYTES + number * _BSS.size
        length, name, bssid, rssi_dbm, capability, frequency_khz, place, size = _BSS.unpack_from(data, start)
        elements = read_cell_elements(data[start + place : start + place + size], capability)
        found.append(
            ListedCell(
                bssid=bssid,
                cell=Cell(
                    ssid=_name(name, length),
                    rssi_dbm=rssi_dbm,
                    frequency_mhz=round(frequency_khz / 1000) or None,
                    joined=False,
                ),
                elements=elements,
            )
        )
    return tuple(found)


def read_radio_on(data: bytes) -> bool | None:
    """A WLAN_RADIO_STATE: whether any part of the radio is on by both switches; None where none is known."""
    if len(data) < _NUMBER.size:
        return None
    (count,) = _NUMBER.unpack_from(data)
    states = [
        _PHY_STATE.unpack_from(data, offset)
        for offset in range(
            _NUMBER.size, min(_NUMBER.size + count * _PHY_STATE.size, len(data) - _PHY_STATE.size + 1), _PHY_STATE.size
        )
    ]
    known = [state for state in states if _SWITCHES_KNOWN.issuperset(state)]
    return any(state == (_SWITCH_ON, _SWITCH_ON) for state in known) if known else None


def read_frames(data: bytes | None) -> WifiFrames | None:
    """A WLAN_STATISTICS, all parts of the radio together; None from a driver that counts nothing."""
    if data is None or len(data) < _PHY_COUNTERS_OFFSET:
        return None
    (count,) = _NUMBER.unpack_from(data, _PHY_COUNT_OFFSET)
    whole = min(count, (len(data) - _PHY_COUNTERS_OFFSET) // _PHY_COUNTERS.size)
    parts = [
        _PHY_COUNTERS.unpack_from(data, _PHY_COUNTERS_OFFSET + number * _PHY_COUNTERS.size) for number in range(whole)
    ]
    sent, failed, retried = (sum(part[place] for part in parts) for place in range(3))
    return WifiFrames(sent=sent, retried=retried, failed=failed, beacons_missed=None) if sent else None


def read_quality(data: bytes | None) -> Quality | None:
    """A WLAN_REALTIME_CONNECTION_QUALITY; None where it is cut off or has no link."""
    if data is None or len(data) < _QUALITY.size:
        return None
    phy, count = _QUALITY.unpack_from(data)
    whole = min(count, (len(data) - _QUALITY.size) // _QUALITY_LINK.size)
    links = [_QUALITY_LINK.unpack_from(data, _QUALITY.size + number * _QUALITY_LINK.size) for number in range(whole)]
    if not links:
        return None
    frequency, width, rssi_dbm = max(links, key=lambda link: link[2] if link[2] < 0 else -_KHZ_FROM)
    return Quality(
        standard=_STANDARDS.get(phy),
        frequency_mhz=(round(frequency / 1000) if frequency >= _KHZ_FROM else frequency) or None,
        width_mhz=width if width in _WIDTHS_MHZ else None,
        rssi_dbm=rssi_dbm if rssi_dbm < 0 else None,
    )


def read_number(data: bytes | None) -> int | None:
    """A ULONG that is no 0."""
    return _NUMBER.unpack_from(data)[0] or None if data is not None and len(data) >= _NUMBER.size else None


def read_dbm(data: bytes | None) -> int | None:
    """A LONG below 0: no radio hears a milliwatt."""
    value = _SIGNED.unpack_from(data)[0] if data is not None and len(data) >= _SIGNED.size else 0
    return value if value < 0 else None


def wifi_link(name: str, radio: Radio, answers: RadioAnswers) -> WifiLink:
    """One radio from all that the system said."""
    if not radio.connected:
        return WifiLink(
            interface=name, radio_on=answers.radio_on, joined=False, names_permitted=answers.names_permitted
        )
    connection = answers.connection
    own = _own(connection, answers.cells)
    quality = answers.quality
    frequency_mhz = (own.cell.frequency_mhz if own else None) or _frequency_without_names(answers)
    signals = (answers.rssi_dbm, own.cell.rssi_dbm if own else None, quality.rssi_dbm if quality else None)
    ssid = connection.ssid if connection else None
    link = WifiLink(
        interface=name,
        radio_on=answers.radio_on,
        joined=True,
        names_permitted=answers.names_permitted,
        ssid=ssid_text(ssid),
        bssid=connection.bssid.hex(":") if connection else None,
        rssi_dbm=next((signal for signal in signals if signal is not None), None),
        band=band_of(frequency_mhz) if frequency_mhz else None,
        channel=channel_of(frequency_mhz) if frequency_mhz else answers.channel,
        frequency_mhz=frequency_mhz,
        width_mhz=own.elements.width_mhz if own else quality.width_mhz if quality else None,
        send_rate_bit_s=connection.send_rate_bit_s if connection else None,
        receive_rate_bit_s=connection.receive_rate_bit_s if connection else None,
        standard=connection.standard if connection else quality.standard if quality else None,
        security=connection.security if connection else None,
        frames=answers.frames,
    )
    cells = answers.cells
    return with_cells(link, None if cells is None else [_cell(each, own) for each in cells], ssid, None)


def _own(connection: Connection | None, cells: Sequence[ListedCell] | None) -> ListedCell | None:
    """The joined cell in the list."""
    return next((each for each in cells or () if connection and each.bssid == connection.bssid), None)


def _cell(listed: ListedCell, own: ListedCell | None) -> Cell:
    cell = listed.cell
    return Cell(
        ssid=cell.ssid, rssi_dbm=cell.rssi_dbm, frequency_mhz=cell.frequency_mhz, joined=listed is own, age_s=None
    )


def _frequency_without_names(answers: RadioAnswers) -> int | None:
    """The frequency by the channel's number and by the quality, which may tell the middle of several channels."""
    quality = answers.quality
    told_mhz = quality.frequency_mhz if quality else None
    band = band_of(told_mhz) if told_mhz else None
    if quality is None or told_mhz is None or band is None:
        return _frequency_of_channel(answers.channel)
    by_number = frequency_of(answers.channel, band) if answers.channel is not None else told_mhz
    # Of a connection by several links at once the number may be another one's.
    from_the_middle_mhz = ((quality.width_mhz or max(_WIDTHS_MHZ)) - min(_WIDTHS_MHZ)) / 2
    return by_number if abs(by_number - told_mhz) <= from_the_middle_mhz else told_mhz


def _frequency_of_channel(channel: int | None) -> int | None:
    """The frequency of a channel where its number exists in one band alone; those on 6 GHz are 1, 5, 9, ..., 233."""
    if channel is None:
        return None
    may_be_6_ghz = channel % 4 == 1
    if channel <= 14:  # noqa: PLR2004  the last one of that band
        return None if may_be_6_ghz else frequency_of(channel, WifiBand.GHZ_2_4)
    if channel <= 177:  # noqa: PLR2004
        return None if may_be_6_ghz else frequency_of(channel, WifiBand.GHZ_5)
    return frequency_of(channel, WifiBand.GHZ_6)


def _name(name: bytes, length: int) -> bytes | None:
    plain: bytes = name[: min(length, _MAX_SSID_BYTES)]
    return plain if any(plain) else None


def _rate_bit_s(kbit_s: int) -> BitPerSecond | None:
    return BitPerSecond(float(kbit_s * _RATE_UNIT_BIT_S)) if kbit_s else None
