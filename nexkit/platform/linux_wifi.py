"""Wi-Fi of a Linux system by nl80211 (linux/nl80211.h): needs no privilege, makes no scan, sends nothing.

pyroute2 speaks the protocol; it is imported where a radio was found, as that takes a tenth of a second. The elements of
beacons are read by ourselves: its reader of them trusts whoever sent them.
"""

import errno
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from nexkit.facts.network import InterfaceKind
from nexkit.facts.wifi import WifiFrames, WifiLink, WifiStandard
from nexkit.platform import linux_netlink, linux_network
from nexkit.platform.parse_wifi_elements import CellElements, read_cell_elements
from nexkit.platform.wifi_cells import Cell, band_of, channel_of, ssid_text, with_cells
from nexkit.units import BitPerSecond, Seconds

assert sys.platform == "linux"  # noqa: S101  tells the type checker which system this file is for

Attributes: TypeAlias = Any
"""A message of pyroute2, or a nested attribute: `get_attr(name)` gives a value, or None where it is not there."""
Ask: TypeAlias = Callable[[str, int], Sequence[Attributes]]
"""All answers to a command (`GET_SCAN`) for the interface of an index."""

_FAMILY = "nl80211"
_REQUEST_DUMP = 0x301
_COMMANDS = {"GET_INTERFACE": 5, "GET_STATION": 17, "GET_SCAN": 32, "GET_SURVEY": 50}
_NOTHING_TO_TELL = frozenset({errno.EOPNOTSUPP, errno.ENODEV, errno.ENETDOWN, errno.ENOENT})
"""A driver that does not know a command (many have no survey), or an interface that just went away or down."""
_STATION_TYPES = frozenset({2, 8})
"""NL80211_IFTYPE_STATION and ..._P2P_CLIENT: what joins a cell that others run."""
_JOINED_STATES = frozenset({1, 2})
"""NL80211_BSS_STATUS_ASSOCIATED and ..._IBSS_JOINED."""
_WIDTHS_MHZ = {0: 20, 1: 20, 2: 40, 3: 80, 4: 160, 5: 160, 6: 5, 7: 10, 13: 320}
"""enum nl80211_chan_width; 80+80 MHz is as wide as 160."""
_RATE_STANDARDS = (
    ("NL80211_RATE_INFO_EHT_MCS", WifiStandard.BE),
    ("NL80211_RATE_INFO_HE_MCS", WifiStandard.AX),
    ("NL80211_RATE_INFO_VHT_MCS", WifiStandard.AC),
    ("NL80211_RATE_INFO_MCS", WifiStandard.N),
)
_RATE_UNIT_BIT_S = 100_000
_SYSFS_NET = Path("/sys/class/net")


@dataclass(frozen=True, slots=True, kw_only=True)
class _HeardCell:
    """One entry of the kernel's list of cells."""

    bssid: str | None
    cell: Cell
    elements: CellElements


def read_wifi() -> tuple[WifiLink, ...]:
    """Every radio that can join a cell; OSError."""
    links = linux_netlink.links()
    kinds = linux_network.interface_kinds(links, linux_network.read_devices(links), ())
    radios = {link.index: link.name for link in links if kinds[link.index] is InterfaceKind.WIFI}
    if not radios:
        return ()
    return _by_nl80211(radios)


def _by_nl80211(radios: Mapping[int, str]) -> tuple[WifiLink, ...]:
    from pyroute2.netlink.exceptions import NetlinkError
    from pyroute2.netlink.generic import GenericNetlinkSocket

    message_class = _message_class()

    with GenericNetlinkSocket() as sock:  # type: ignore[no-untyped-call]  # an untyped library

        def ask(command: str, index: int) -> Sequence[Attributes]:
            message = message_class()
            message["cmd"] = _COMMANDS[command]
            message["attrs"] = [["NL80211_ATTR_IFINDEX", index]]
            try:
                return tuple(sock.nlm_request(message, msg_type=sock.prid, msg_flags=_REQUEST_DUMP))
            except NetlinkError as error:
                if error.code in _NOTHING_TO_TELL:
                    return ()
                raise

        try:
            sock.bind(_FAMILY, message_class)
            return wifi_links(radios, ask, radio_on)
        except NetlinkError as error:
            raise OSError(error.code, _FAMILY) from error


def _message_class() -> Any:  # noqa: ANN401  a class of an untyped library
    """The library's message, with the bytes of names and beacon elements left as they are."""
    from pyroute2.netlink.nl80211 import nl80211cmd

    cell_attributes = tuple(
        (name, "cdata" if kind == "elementsBinary" else kind) for name, kind in nl80211cmd.bss.nla_map
    )
    attributes = tuple((name, "cdata" if name == "NL80211_ATTR_SSID" else kind) for name, kind in nl80211cmd.nla_map)
    bss = type("Bss", (nl80211cmd.bss,), {"nla_map": cell_attributes})
    return type("Message", (nl80211cmd,), {"nla_map": attributes, "bss": bss})


def radio_on(name: str) -> bool | None:
    """Whether no switch of hardware or software keeps the radio off; None without such switches (rfkill)."""
    try:
        switches = [
            (folder / kind).read_text().strip()
            for folder in (_SYSFS_NET / name / "phy80211").glob("rfkill*")
            for kind in ("soft", "hard")
        ]
    except OSError:
        return None
    return "1" not in switches if switches else None


def wifi_links(radios: Mapping[int, str], ask: Ask, switched_on: Callable[[str], bool | None]) -> tuple[WifiLink, ...]:
    """Radios by index and name, as the kernel describes them."""
    links = []
    for index, name in radios.items():
        # The kernel answers this one for all interfaces at once.
        described = next(
            (each for each in ask("GET_INTERFACE", index) if each.get_attr("NL80211_ATTR_IFINDEX") == index), None
        )
        if described is not None and described.get_attr("NL80211_ATTR_IFTYPE") in _STATION_TYPES:
            links.append(_link(name, index, described, ask, switched_on(name)))
    return tuple(links)


def _link(name: str, index: int, described: Attributes, ask: Ask, is_on: bool | None) -> WifiLink:
    heard = [_heard_cell(answer.get_attr("NL80211_ATTR_BSS")) for answer in ask("GET_SCAN", index)]
    # A link over several bands (Wi-Fi 7) has a cell on each: the best counts.
    joined = max(
        (each for each in heard if each.cell.joined), key=lambda each: each.cell.rssi_dbm or -999, default=None
    )
    station = next(
        (found for answer in ask("GET_STATION", index) if (found := answer.get_attr("NL80211_ATTR_STA_INFO"))), None
    )
    if joined is None and station is None:
        return WifiLink(interface=name, radio_on=is_on, joined=False, names_permitted=True)
    frequency_mhz: int | None = described.get_attr("NL80211_ATTR_WIPHY_FREQ")
    ssid: bytes | None = described.get_attr("NL80211_ATTR_SSID")
    if joined is not None:
        frequency_mhz = frequency_mhz or joined.cell.frequency_mhz
        ssid = ssid or joined.cell.ssid
    width_mhz = _WIDTHS_MHZ.get(described.get_attr("NL80211_ATTR_CHANNEL_WIDTH"))
    link = WifiLink(
        interface=name,
        radio_on=is_on,
        joined=True,
        names_permitted=True,
        ssid=ssid_text(ssid),
        bssid=joined.bssid if joined else None,
        rssi_dbm=_rssi_dbm(station) or (joined.cell.rssi_dbm if joined else None),
        noise_dbm=_noise_dbm(ask("GET_SURVEY", index), frequency_mhz),
        band=band_of(frequency_mhz) if frequency_mhz else None,
        channel=channel_of(frequency_mhz) if frequency_mhz else None,
        frequency_mhz=frequency_mhz,
        width_mhz=width_mhz or (joined.elements.width_mhz if joined else None),
        send_rate_bit_s=_rate_bit_s(station, "NL80211_STA_INFO_TX_BITRATE"),
        receive_rate_bit_s=_rate_bit_s(station, "NL80211_STA_INFO_RX_BITRATE"),
        standard=_standard(station) or (joined.elements.standard if joined else None),
        security=joined.elements.security if joined else None,
        joined_for_s=_seconds(_value(station, "NL80211_STA_INFO_CONNECTED_TIME")),
        frames=_frames(station),
    )
    center_mhz = described.get_attr("NL80211_ATTR_CENTER_FREQ1")
    return with_cells(link, [each.cell for each in heard], ssid, center_mhz)


def _heard_cell(bss: Attributes) -> _HeardCell:
    capability = bss.get_attr("NL80211_BSS_CAPABILITY")
    said = bss.get_attr("NL80211_BSS_INFORMATION_ELEMENTS") or bss.get_attr("NL80211_BSS_BEACON_IES") or b""
    elements = read_cell_elements(said, capability["VALUE"] if capability else None)
    signal = bss.get_attr("NL80211_BSS_SIGNAL_MBM")
    age_ms = bss.get_attr("NL80211_BSS_SEEN_MS_AGO")
    return _HeardCell(
        bssid=bss.get_attr("NL80211_BSS_BSSID"),
        cell=Cell(
            ssid=elements.ssid,
            rssi_dbm=round(signal["VALUE"] / 100) if signal else None,
            frequency_mhz=bss.get_attr("NL80211_BSS_FREQUENCY"),
            joined=bss.get_attr("NL80211_BSS_STATUS") in _JOINED_STATES,
            age_s=None if age_ms is None else Seconds(age_ms / 1000),
        ),
        elements=elements,
    )


def _value(station: Attributes | None, name: str) -> int | None:
    value: int | None = None if station is None else station.get_attr(name)
    return value


def _rssi_dbm(station: Attributes | None) -> int | None:
    """The running average, as one frame may be far off; 0 is what drivers give that have none."""
    return _value(station, "NL80211_STA_INFO_SIGNAL_AVG") or _value(station, "NL80211_STA_INFO_SIGNAL") or None


def _noise_dbm(surveys: Iterable[Attributes], frequency_mhz: int | None) -> int | None:
    """The noise floor of the channel in use."""
    for answer in surveys:
        survey = answer.get_attr("NL80211_ATTR_SURVEY_INFO")
        noise = survey and survey.get_attr("NL80211_SURVEY_INFO_NOISE")
        if noise and survey.get_attr("NL80211_SURVEY_INFO_FREQUENCY") == frequency_mhz:
            # A signed byte, which the library reads without its sign.
            return int.from_bytes(bytes([noise]), signed=True)
    return None


def _rate_bit_s(station: Attributes | None, name: str) -> BitPerSecond | None:
    rate = None if station is None else station.get_attr(name)
    if rate is None:
        return None
    units = rate.get_attr("NL80211_RATE_INFO_BITRATE32") or rate.get_attr("NL80211_RATE_INFO_BITRATE")
    return BitPerSecond(float(units * _RATE_UNIT_BIT_S)) if units else None


def _standard(station: Attributes | None) -> WifiStandard | None:
    """By the kind of rate that is in use: a cell may offer more than this radio can do."""
    rates = [
        rate
        for name in ("NL80211_STA_INFO_TX_BITRATE", "NL80211_STA_INFO_RX_BITRATE")
        if station is not None and (rate := station.get_attr(name)) is not None
    ]
    for name, standard in _RATE_STANDARDS:
        if any(rate.get_attr(name) is not None for rate in rates):
            return standard
    return WifiStandard.LEGACY if rates else None


def _frames(station: Attributes | None) -> WifiFrames | None:
    if station is None:
        return None
    return WifiFrames(
        sent=_value(station, "NL80211_STA_INFO_TX_PACKETS"),
        retried=_value(station, "NL80211_STA_INFO_TX_RETRIES"),
        failed=_value(station, "NL80211_STA_INFO_TX_FAILED"),
        beacons_missed=_value(station, "NL80211_STA_INFO_BEACON_LOSS"),
    )


def _seconds(value: int | None) -> Seconds | None:
    return None if value is None else Seconds(float(value))
