"""Wi-Fi of macOS over doubles of CoreWLAN's objects; it says nothing about a real macOS."""

import asyncio
from types import SimpleNamespace

import foreign_systems
import pytest

from nexkit.facts.wifi import WifiBand, WifiSecurity, WifiStandard
from nexkit.platform.macos_wifi_facts import wifi_links


def methods(**values):
    """An object whose methods give fixed values."""
    return SimpleNamespace(**{name: (lambda value=value: value) for name, value in values.items()})


def channel(number=36, band=2, width=3):
    return methods(channelNumber=number, channelBand=band, channelWidth=width)


def network(name, bssid, rssi, its_channel):
    data = None if name is None else name.encode()
    return methods(ssidData=data, bssid=bssid, rssiValue=rssi, wlanChannel=its_channel)


HEARD = (
    network("Example-Office", "0:0:5e:0:53:1", -61, channel()),
    network("Example-Office", "0:0:5e:0:53:2", -48, channel()),
    network("Cafe", "0:0:5e:0:53:3", -70, channel(40)),
    network("Cafe", "0:0:5e:0:53:4", -70, None),
)


def interface(**changes):
    values = {
        "interfaceName": "en0",
        "powerOn": True,
        "wlanChannel": channel(),
        "rssiValue": -60,
        "noiseMeasurement": -92,
        "transmitRate": 866.0,
        "activePHYMode": 6,
        "security": 13,
        "ssid": "Example-Office",
        "ssidData": b"Example-Office",
        "bssid": "0:0:5e:0:53:1",
        "cachedScanResults": HEARD,
    }
    return methods(**(values | changes))


def link_of(**changes):
    (link,) = wifi_links([interface(**changes)])
    return link


def test_the_joined_cell_is_read():
    link = link_of()
    assert (link.interface, link.radio_on, link.joined, link.names_permitted) == ("en0", True, True, True)
    assert (link.ssid, link.bssid) == ("Example-Office", "00:00:5e:00:53:01")
    assert (link.rssi_dbm, link.noise_dbm, link.snr_db) == (-60, -92, 32)
    assert (link.band, link.channel, link.frequency_mhz, link.width_mhz) == (WifiBand.GHZ_5, 36, 5180, 80)
    assert (link.send_rate_bit_s, link.receive_rate_bit_s) == (866e6, None)
    assert (link.standard, link.security) == (WifiStandard.AX, WifiSecurity.WPA3_TRANSITION)


def test_cells_beside_it_are_counted():
    cells = link_of().cells
    assert (cells.heard, cells.same_channel, cells.overlapping) == (3, 1, 1)
    assert (cells.own_network, cells.own_network_stronger, cells.own_network_best_dbm) == (1, 1, -48)


def test_without_location_permission_only_the_names_are_missing():
    nameless = tuple(network(None, None, rssi, channel()) for rssi in (-61, -48))
    link = link_of(ssid=None, ssidData=None, bssid=None, cachedScanResults=nameless)
    assert (link.names_permitted, link.joined, link.ssid, link.bssid) == (False, True, None, None)
    assert (link.rssi_dbm, link.noise_dbm, link.channel) == (-60, -92, 36)
    assert (link.cells.heard, link.cells.same_channel, link.cells.own_network) == (1, 1, None)


@pytest.mark.parametrize("changes", [{"rssiValue": 0}, {"wlanChannel": None}])
def test_a_radio_that_joined_nothing(changes):
    link = link_of(**changes, powerOn=False)
    assert (link.joined, link.radio_on, link.names_permitted, link.rssi_dbm) == (False, False, True, None)


def test_what_is_zero_or_unknown_is_not_known():
    link = link_of(noiseMeasurement=0, transmitRate=0.0, activePHYMode=0, security=2**63 - 1, cachedScanResults=None)
    assert (link.noise_dbm, link.send_rate_bit_s, link.standard, link.cells) == (None, None, None, None)
    assert link.security is WifiSecurity.OTHER


def test_a_channel_of_an_unknown_band_has_no_frequency():
    link = link_of(wlanChannel=channel(36, 0, 0))
    assert (link.channel, link.band, link.frequency_mhz, link.width_mhz, link.cells) == (36, None, None, None, None)


@pytest.mark.parametrize(("interfaces", "count"), [([interface()], 1), (None, 0)])
def test_the_platform_asks_corewlan(interfaces, count):
    with foreign_systems.macos(lambda version: None, radios=interfaces) as module:
        assert len(asyncio.run(module.MacosPlatform().wifi_links())) == count
