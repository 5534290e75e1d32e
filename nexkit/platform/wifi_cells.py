"""What every system's file works out the same way about Wi-Fi cells: channels, and the cells beside the joined one."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from nexkit.facts.wifi import WifiBand, WifiCells, WifiLink
from nexkit.platform.api import Capability, CapabilityState
from nexkit.units import Seconds

CHANNEL_MHZ = 20
"""The channel that beacons are sent on, however wide the rest is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell as the system's list has it."""

    ssid: bytes | None
    rssi_dbm: int | None
    frequency_mhz: int | None
    joined: bool
    age_s: Seconds | None = None


def band_of(frequency_mhz: int) -> WifiBand | None:
    """The band of a frequency (IEEE 802.11-2020, annex E); None outside all of them."""
    if 2400 <= frequency_mhz <= 2500:  # noqa: PLR2004  the band's edges
        return WifiBand.GHZ_2_4
    if 4900 <= frequency_mhz <= 5925:  # noqa: PLR2004
        return WifiBand.GHZ_5
    return WifiBand.GHZ_6 if 5925 < frequency_mhz <= 7125 else None  # noqa: PLR2004


def channel_of(frequency_mhz: int) -> int | None:
    """The number of the channel whose centre is at a frequency."""
    match band_of(frequency_mhz):
        case WifiBand.GHZ_2_4:
            return 14 if frequency_mhz == 2484 else (frequency_mhz - 2407) // 5  # noqa: PLR2004  Japan, 802.11b
        case WifiBand.GHZ_5:
            return (frequency_mhz - 5000) // 5
        case WifiBand.GHZ_6:
            return 2 if frequency_mhz == 5935 else (frequency_mhz - 5950) // 5  # noqa: PLR2004  annex E, class 136
        case None:
            return None


def frequency_of(channel: int, band: WifiBand) -> int:
    """The centre of a channel in MHz."""
    match band:
        case WifiBand.GHZ_2_4:
            return 2484 if channel == 14 else 2407 + 5 * channel  # noqa: PLR2004
        case WifiBand.GHZ_5:
            return 5000 + 5 * channel
        case WifiBand.GHZ_6:
            return 5935 if channel == 2 else 5950 + 5 * channel  # noqa: PLR2004


def ssid_text(ssid: bytes | None) -> str | None:
    """A name as text; bytes that are none become replacement characters."""
    return ssid.decode("utf-8", "replace") if ssid and any(ssid) else None


def count_cells(cells: Sequence[Cell], link: WifiLink, ssid: bytes | None, center_mhz: int | None) -> WifiCells | None:
    """What is on the air beside the joined cell, whose name and centre these are; None while none is joined."""
    own = link.frequency_mhz
    if own is None:
        return None
    others = [cell for cell in cells if not cell.joined]
    if link.bssid is None:
        others = _without_the_likeliest(others, link)
    # By name alone: the cells of an organisation have one name and many makers.
    siblings = None if ssid is None else [cell for cell in others if cell.ssid == ssid]
    levels = [cell.rssi_dbm for cell in siblings or () if cell.rssi_dbm is not None]
    reach_mhz = ((link.width_mhz or CHANNEL_MHZ) + CHANNEL_MHZ) / 2
    ages = [cell.age_s for cell in others if cell.age_s is not None]
    return WifiCells(
        heard=len(others),
        same_channel=sum(cell.frequency_mhz == own for cell in others),
        overlapping=sum(
            cell.frequency_mhz not in (None, own) and abs((cell.frequency_mhz or 0) - (center_mhz or own)) < reach_mhz
            for cell in others
        ),
        own_network=None if siblings is None else len(siblings),
        own_network_same_channel=None if siblings is None else sum(cell.frequency_mhz == own for cell in siblings),
        own_network_stronger=None
        if siblings is None or link.rssi_dbm is None
        else sum(level > link.rssi_dbm for level in levels),
        own_network_best_dbm=max(levels, default=None),
        newest_age_s=min(ages, default=None),
    )


def _without_the_likeliest(cells: list[Cell], link: WifiLink) -> list[Cell]:
    """Without the cell that must be the joined one, where no name says which: on its channel, and as loud."""
    candidates = [cell for cell in cells if cell.frequency_mhz == link.frequency_mhz]
    if not candidates:
        return cells
    loudness = link.rssi_dbm or 0
    likeliest = min(candidates, key=lambda cell: abs((cell.rssi_dbm or 0) - loudness))
    return [cell for cell in cells if cell is not likeliest]


def with_cells(link: WifiLink, cells: Sequence[Cell] | None, ssid: bytes | None, center_mhz: int | None) -> WifiLink:
    """The link with the cells beside it; None: the system does not tell them."""
    return link if cells is None else replace(link, cells=count_cells(cells, link, ssid, center_mhz))


async def wifi_capability(read: Callable[[], Awaitable[Sequence[WifiLink]]], refused_by: str) -> Capability:
    """What `nexkit check` says, from an attempt to read; `refused_by` is the reason where the system refuses."""
    try:
        links = await read()
    except OSError:
        return Capability(id="wifi", state=CapabilityState.REFUSED, reason=refused_by)
    if not links:
        return Capability(id="wifi", state=CapabilityState.MISSING, reason="no_radio")
    if not all(link.names_permitted for link in links):
        return Capability(id="wifi", state=CapabilityState.LIMITED, reason=refused_by)
    return Capability(id="wifi", state=CapabilityState.AVAILABLE)
