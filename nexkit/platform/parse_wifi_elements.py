"""Reads what a Wi-Fi cell says of itself: the elements of its beacons (IEEE 802.11-2020, section 9.4.2, and 802.11be).

Every byte was chosen by whoever sends the beacon: what is cut off or contradicts itself ends the reading of its part.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from nexkit.facts.wifi import WifiSecurity, WifiStandard

_SSID = 0
_DS_PARAMETER = 3
_HT_CAPABILITIES = 45
_RSN = 48
_HT_OPERATION = 61
_VHT_CAPABILITIES = 191
_VHT_OPERATION = 192
_VENDOR = 221
_EXTENSION = 255
_HE_CAPABILITIES = 35
_HE_OPERATION = 36
_EHT_OPERATION = 106
_EHT_CAPABILITIES = 108
"""The last four by their extension number."""
_MAX_SSID_BYTES = 32

_IEEE_OUI = b"\x00\x0f\xac"
_WPA_TYPE = b"\x00\x50\xf2\x01"
"""Microsoft's vendor element, in which WPA was before RSN."""
_WFA_OUI = b"\x50\x6f\x9a"
_PRIVACY = 0x0010
"""Bit of the capability field: frames are encrypted, by whatever means."""
_REQUIRES_PROTECTED_MANAGEMENT = 0x0040

_ENTERPRISE = frozenset({1, 3, 5, 11, 12, 13, 22, 23})
_ENTERPRISE_192 = frozenset({12, 13, 22, 23})
_PSK = frozenset({2, 4, 6, 19, 20})
_SAE = frozenset({8, 9, 24, 25})
_OWE = 18
"""AKM suites (table 9-151)."""

_VHT_WIDTHS = {1: 80, 2: 160, 3: 160}
_6_GHZ_WIDTHS = {0: 20, 1: 40, 2: 80, 3: 160}
_EHT_WIDTHS = {0: 20, 1: 40, 2: 80, 3: 160, 4: 320}
_HE_VHT_INFORMATION = 0x4000
_HE_CO_HOSTED = 0x8000
_HE_6_GHZ_INFORMATION = 0x20000


@dataclass(frozen=True, slots=True, kw_only=True)
class CellElements:
    """What a cell says; None where it says nothing, or nothing that can be read."""

    ssid: bytes | None
    """None also for a hidden name."""
    security: WifiSecurity
    standard: WifiStandard
    width_mhz: int


def read_cell_elements(data: bytes, capability: int | None) -> CellElements:
    """The elements of one cell and its capability field, None where that is not known."""
    plain: dict[int, bytes] = {}
    extensions: dict[int, bytes] = {}
    wpa: bytes | None = None
    for number, body in _elements(data):
        if number == _EXTENSION and body:
            extensions.setdefault(body[0], body[1:])
        elif number == _VENDOR:
            wpa = body[4:] if wpa is None and body[:4] == _WPA_TYPE else wpa
        else:
            plain.setdefault(number, body)
    name = plain.get(_SSID, b"")
    return CellElements(
        ssid=name if 0 < len(name) <= _MAX_SSID_BYTES and any(name) else None,
        security=_security(plain.get(_RSN), wpa, capability),
        standard=_standard(plain, extensions),
        width_mhz=_width_mhz(plain, extensions),
    )


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    offset = 0
    while offset + 2 <= len(data):
        number, length = data[offset], data[offset + 1]
        if offset + 2 + length > len(data):
            return
        yield number, data[offset + 2 : offset + 2 + length]
        offset += 2 + length


def _security(rsn: bytes | None, wpa: bytes | None, capability: int | None) -> WifiSecurity:
    if rsn is not None:
        return _of_suites(*_suites(rsn))
    if wpa is not None:
        return WifiSecurity.WPA_ENTERPRISE if 1 in _wpa_suites(wpa) else WifiSecurity.WPA_PERSONAL
    if capability is None:
        return WifiSecurity.OTHER
    return WifiSecurity.WEP if capability & _PRIVACY else WifiSecurity.OPEN


def _of_suites(suites: frozenset[int], flags: int) -> WifiSecurity:
    """By the ways to authenticate that the cell offers; the best names it, except where old and new are mixed."""
    if suites & _SAE:
        return WifiSecurity.WPA3_TRANSITION if suites & _PSK else WifiSecurity.WPA3_PERSONAL
    if suites & _PSK:
        return WifiSecurity.WPA2_PERSONAL
    if suites & _ENTERPRISE:
        # WPA3-Enterprise is 802.1X by SHA-256 with protected management frames, or the 192 bit mode.
        protected = flags & _REQUIRES_PROTECTED_MANAGEMENT and 1 not in suites
        wpa3 = suites & _ENTERPRISE_192 or protected
        return WifiSecurity.WPA3_ENTERPRISE if wpa3 else WifiSecurity.WPA2_ENTERPRISE
    return WifiSecurity.OWE if _OWE in suites else WifiSecurity.OTHER


def _suites(rsn: bytes) -> tuple[frozenset[int], int]:
    """AKM suites and capability flags of an RSN element (section 9.4.2.24): version, group, pairwise, AKM, flags."""
    ciphers, after_ciphers = _suite_list(rsn, 6)
    suites, after_suites = _suite_list(rsn, after_ciphers)
    if not suites:
        # Fields may be left out from the end on: then 802.1X is meant.
        return (frozenset({1}) if after_ciphers >= len(rsn) or not ciphers else frozenset()), 0
    flags = struct.unpack_from("<H", rsn, after_suites)[0] if after_suites + 2 <= len(rsn) else 0
    return frozenset(suite[3] for suite in suites if suite[:3] == _IEEE_OUI), flags


def _wpa_suites(wpa: bytes) -> frozenset[int]:
    """The same of the vendor element, which has no flags."""
    _ciphers, after_ciphers = _suite_list(wpa, 6)
    suites, _end = _suite_list(wpa, after_ciphers)
    return frozenset(suite[3] for suite in suites)


def _suite_list(data: bytes, offset: int) -> tuple[list[bytes], int]:
    """A counted list of suites of four bytes, and where it ends; empty where it is cut off."""
    if offset + 2 > len(data):
        return [], len(data)
    (count,) = struct.unpack_from("<H", data, offset)
    end = offset + 2 + 4 * count
    if end > len(data):
        return [], len(data)
    return [data[place : place + 4] for place in range(offset + 2, end, 4)], end


def _standard(plain: dict[int, bytes], extensions: dict[int, bytes]) -> WifiStandard:
    if _EHT_CAPABILITIES in extensions:
        return WifiStandard.BE
    if _HE_CAPABILITIES in extensions:
        return WifiStandard.AX
    if _VHT_CAPABILITIES in plain:
        return WifiStandard.AC
    return WifiStandard.N if _HT_CAPABILITIES in plain else WifiStandard.LEGACY


def _width_mhz(plain: dict[int, bytes], extensions: dict[int, bytes]) -> int:
    """The widest channel that the cell uses; 20 where it says nothing."""
    widths = [20]
    ht = plain.get(_HT_OPERATION, b"")
    if len(ht) > 1 and ht[1] & 0x3 in (1, 3):
        widths.append(40)  # a second channel above or below
    vht = plain.get(_VHT_OPERATION, b"")
    if len(vht) > 2 and vht[0] in _VHT_WIDTHS:  # noqa: PLR2004  width and the centres of two segments
        # A second segment makes 160 of 80 MHz (802.11-2020, table 9-274).
        widths.append(160 if vht[0] == 1 and vht[2] else _VHT_WIDTHS[vht[0]])
    widths.append(_he_6_ghz_width(extensions.get(_HE_OPERATION, b"")))
    eht = extensions.get(_EHT_OPERATION, b"")
    if len(eht) > 5 and eht[0] & 0x1:  # noqa: PLR2004  flags, MCS set of 4 bytes, control
        widths.append(_EHT_WIDTHS.get(eht[5] & 0x7, 20))
    return max(widths)


def _he_6_ghz_width(body: bytes) -> int:
    """The width in the part on 6 GHz of an HE operation element (section 9.4.2.249); 20 without that part."""
    if len(body) < 6:  # noqa: PLR2004  parameters, colour, MCS set
        return 20
    parameters = int.from_bytes(body[:3], "little")
    offset = 6 + (3 if parameters & _HE_VHT_INFORMATION else 0) + (1 if parameters & _HE_CO_HOSTED else 0)
    if not parameters & _HE_6_GHZ_INFORMATION or offset + 2 > len(body):
        return 20
    return _6_GHZ_WIDTHS[body[offset + 1] & 0x3]
