"""Channels, and what is counted beside the joined cell."""

import asyncio

import pytest

from nexkit.facts.wifi import WifiBand, WifiLink
from nexkit.platform.api import CapabilityState
from nexkit.platform.wifi_cells import Cell, band_of, channel_of, count_cells, frequency_of, ssid_text, wifi_capability

OFFICE = b"Example-Office"
LINK = WifiLink(
    interface="wlan0",
    radio_on=True,
    joined=True,
    names_permitted=True,
    ssid="Example-Office",
    bssid="00:00:5e:00:53:01",
    rssi_dbm=-70,
    frequency_mhz=5180,
    width_mhz=80,
)


def cell(rssi_dbm=-60, frequency_mhz=5180, ssid=None, *, joined=False, age_s=None):
    return Cell(ssid=ssid, rssi_dbm=rssi_dbm, frequency_mhz=frequency_mhz, joined=joined, age_s=age_s)


OWN = cell(-70, ssid=OFFICE, joined=True, age_s=0.1)


@pytest.mark.parametrize(
    ("frequency_mhz", "band", "channel"),
    [
        (2412, WifiBand.GHZ_2_4, 1),
        (2437, WifiBand.GHZ_2_4, 6),
        (2472, WifiBand.GHZ_2_4, 13),
        (2484, WifiBand.GHZ_2_4, 14),
        (5180, WifiBand.GHZ_5, 36),
        (5885, WifiBand.GHZ_5, 177),
        (5935, WifiBand.GHZ_6, 2),
        (5955, WifiBand.GHZ_6, 1),
        (7115, WifiBand.GHZ_6, 233),
    ],
)
def test_channels_have_their_frequency_and_back(frequency_mhz, band, channel):
    assert (band_of(frequency_mhz), channel_of(frequency_mhz)) == (band, channel)
    assert frequency_of(channel, band) == frequency_mhz


@pytest.mark.parametrize("frequency_mhz", [0, 920, 58_320])
def test_a_frequency_outside_all_bands_has_no_channel(frequency_mhz):
    assert (band_of(frequency_mhz), channel_of(frequency_mhz)) == (None, None)


@pytest.mark.parametrize(
    ("ssid", "text"), [(b"Caf\xc3\xa9", "Café"), (b"\xff\xfe", "��"), (b"", None), (bytes(4), None), (None, None)]
)
def test_a_name_is_text_whatever_its_bytes(ssid, text):
    assert ssid_text(ssid) == text


def test_cells_are_counted_by_channel_name_and_loudness():
    found = count_cells(
        [
            OWN,
            cell(-48, ssid=OFFICE, age_s=4.0),
            cell(-80, ssid=OFFICE, frequency_mhz=2437),
            cell(-55, ssid=b"Cafe", age_s=2.0),
            cell(-50, frequency_mhz=5220),
            cell(-50, frequency_mhz=5500),
            cell(None, frequency_mhz=None),
        ],
        LINK,
        OFFICE,
        5210,
    )
    assert (found.heard, found.same_channel, found.overlapping) == (6, 2, 1)
    assert (found.own_network, found.own_network_same_channel) == (2, 1)
    assert (found.own_network_stronger, found.own_network_best_dbm) == (1, -48)
    assert found.newest_age_s == 2.0


def test_on_2_4_ghz_neighbouring_channels_overlap():
    """20 MHz wide on channel 6: channel 9 reaches in, channel 11 does not (25 MHz apart)."""
    link = WifiLink(
        interface="wlan0",
        radio_on=None,
        joined=True,
        names_permitted=True,
        bssid="00:00:5e:00:53:01",
        frequency_mhz=2437,
        width_mhz=20,
    )
    found = count_cells(
        [cell(frequency_mhz=2452), cell(frequency_mhz=2462), cell(frequency_mhz=2437)], link, None, None
    )
    assert (found.same_channel, found.overlapping) == (1, 1)


def test_without_names_one_cell_on_the_channel_is_the_joined_one():
    nameless = WifiLink(
        interface="en0", radio_on=True, joined=True, names_permitted=False, rssi_dbm=-70, frequency_mhz=5180
    )
    found = count_cells([cell(-71), cell(-40), cell(-70, frequency_mhz=2412)], nameless, None, None)
    assert (found.heard, found.same_channel, found.own_network, found.own_network_stronger) == (2, 1, None, None)
    assert count_cells([cell(frequency_mhz=2412)], nameless, None, None).heard == 1


def test_alone_on_the_air():
    found = count_cells([OWN], LINK, OFFICE, 5210)
    assert (found.heard, found.own_network_best_dbm, found.newest_age_s) == (0, None, None)


def capability(links):
    async def read():
        if isinstance(links, OSError):
            raise links
        return links

    found = asyncio.run(wifi_capability(read, "location_windows"))
    return found.state, found.reason


NAMELESS = WifiLink(interface="wlan0", radio_on=True, joined=True, names_permitted=False)


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ((LINK,), (CapabilityState.AVAILABLE, None)),
        ((LINK, NAMELESS), (CapabilityState.LIMITED, "location_windows")),
        ((), (CapabilityState.MISSING, "no_radio")),
        (PermissionError(13, "no"), (CapabilityState.REFUSED, "location_windows")),
        (OSError(5, "no"), (CapabilityState.REFUSED, "location_windows")),
    ],
)
def test_what_the_system_permits_is_found_by_trying(links, expected):
    assert capability(links) == expected
