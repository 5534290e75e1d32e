"""Wi-Fi of Windows over doubles of its libraries; the bytes were laid out by a C compiler from the system headers."""

import asyncio
import ctypes
import struct
from pathlib import Path

import foreign_systems
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexkit.facts.wifi import WifiBand, WifiFrames, WifiSecurity, WifiStandard
from nexkit.platform.windows_wifi_facts import (
    Radio,
    RadioAnswers,
    read_cells,
    read_connection,
    read_dbm,
    read_frames,
    read_number,
    read_quality,
    read_radio_on,
    read_radios,
    wifi_link,
)

DATA = Path(__file__).parents[2] / "data" / "windows"
GUID = bytes.fromhex("78563412bc9af0de1122334455667788")
ACCESS_DENIED = 5
CONNECTION, RADIO_STATE, CHANNEL, QUALITY, RSSI, STATISTICS = 7, 4, 8, 19, 0x10000102, 0x10000101


def recorded(name):
    return bytes.fromhex((DATA / f"{name}.hex").read_text())


def test_radios_are_listed_with_their_state():
    first, second = read_radios(recorded("wlan_interface_list"))
    assert first == Radio(guid=GUID, connected=True)
    assert not second.connected


def test_the_connection_is_read():
    found = read_connection(recorded("wlan_connection"))
    assert (found.ssid, found.bssid.hex(":")) == (b"Example-Office", "00:00:5e:00:53:01")
    assert (found.standard, found.security) == (WifiStandard.AX, WifiSecurity.WPA3_PERSONAL)
    assert (found.receive_rate_bit_s, found.send_rate_bit_s) == (866.7e6, 1201e6)


@pytest.mark.parametrize(
    ("method", "cipher", "security"),
    [
        (1, 0, WifiSecurity.OPEN),
        (1, 0x101, WifiSecurity.WEP),
        (7, 4, WifiSecurity.WPA2_PERSONAL),
        (11, 4, WifiSecurity.WPA3_ENTERPRISE),
        (0x80000001, 4, WifiSecurity.OTHER),
    ],
)
def test_security_is_the_method_in_use(method, cipher, security):
    data = bytearray(recorded("wlan_connection"))
    struct.pack_into("<II", data, 588 + 8, method, cipher)
    assert read_connection(bytes(data)).security is security


def test_cells_and_what_their_beacons_say():
    own, other, cafe, broken = read_cells(recorded("wlan_bss_list"))
    assert (own.bssid.hex(":"), own.cell.ssid, own.cell.rssi_dbm) == ("00:00:5e:00:53:01", b"Example-Office", -61)
    assert (own.cell.frequency_mhz, own.elements.width_mhz) == (5180, 80)
    assert (own.elements.standard, own.elements.security) == (WifiStandard.AX, WifiSecurity.WPA3_TRANSITION)
    assert (other.cell.rssi_dbm, cafe.elements.security) == (-48, WifiSecurity.OPEN)
    assert (broken.cell.ssid, broken.elements.security) == (None, WifiSecurity.WEP)


@given(st.binary(max_size=1200))
def test_any_bytes_are_read_without_an_error(data):
    read_cells(data)
    read_connection(data)
    read_radio_on(data)
    read_dbm(data)
    read_number(data)
    read_frames(data)


def test_frames_of_all_parts_of_the_radio_are_added():
    assert read_frames(recorded("wlan_statistics")) == WifiFrames(
        sent=101 + 201, retried=104 + 204, failed=103 + 203, beacons_missed=None
    )


def test_a_driver_that_counts_nothing_has_no_frames():
    silent = bytearray(recorded("wlan_statistics"))
    silent[224:] = bytes(len(silent) - 224)
    assert read_frames(bytes(silent)) is None


def switches(*states):
    parts = [struct.pack("<III", index, *state) for index, state in enumerate(states)]
    return struct.pack("<I", len(states)) + b"".join(parts) + bytes(12 * (64 - len(states)))


@pytest.mark.parametrize(
    ("states", "on"),
    [
        ([(1, 1)], True),
        ([(2, 1)], False),
        ([(1, 2), (2, 2)], False),
        ([(2, 1), (1, 1)], True),
        ([(0, 0)], None),
        ([], None),
    ],
)
def test_the_radio_is_on_when_both_switches_are(states, on):
    assert read_radio_on(switches(*states)) is on


RADIO = Radio(guid=GUID, connected=True)


def whole_answers(**changes):
    answers = {
        "radio_on": True,
        "connection": read_connection(recorded("wlan_connection")),
        "rssi_dbm": -60,
        "channel": 36,
        "cells": read_cells(recorded("wlan_bss_list")),
    }
    return RadioAnswers(**(answers | changes))


def test_a_link_is_put_together():
    link = wifi_link("Wi-Fi", RADIO, whole_answers())
    assert (link.ssid, link.bssid, link.rssi_dbm) == ("Example-Office", "00:00:5e:00:53:01", -60)
    assert (link.band, link.channel, link.width_mhz) == (WifiBand.GHZ_5, 36, 80)
    assert (link.cells.heard, link.cells.same_channel, link.cells.overlapping) == (3, 1, 1)
    assert (link.cells.own_network_stronger, link.cells.own_network_best_dbm) == (1, -48)
    assert (link.noise_dbm, link.joined_for_s, link.frames) == (None, None, None)


def test_a_driver_without_rssi_gives_that_of_the_list():
    assert wifi_link("Wi-Fi", RADIO, whole_answers(rssi_dbm=None)).rssi_dbm == -61


@pytest.mark.parametrize(
    ("channel", "band", "frequency_mhz"),
    [
        (6, WifiBand.GHZ_2_4, 2437),
        (36, WifiBand.GHZ_5, 5180),
        (225, WifiBand.GHZ_6, 7075),
        # These numbers exist on 6 GHz as well.
        (1, None, None),
        (149, None, None),
        (None, None, None),
    ],
)
def test_without_names_signal_and_channel_remain(channel, band, frequency_mhz):
    answers = RadioAnswers(radio_on=True, names_permitted=False, rssi_dbm=-70, channel=channel)
    link = wifi_link("Wi-Fi", RADIO, answers)
    assert (link.names_permitted, link.joined, link.rssi_dbm) == (False, True, -70)
    assert (link.channel, link.band, link.frequency_mhz) == (channel, band, frequency_mhz)
    assert (link.ssid, link.bssid, link.cells, link.security) == (None, None, None, None)


def quality(*links, phy=10):
    """A WLAN_REALTIME_CONNECTION_QUALITY with these frequencies, bandwidths and RSSIs."""
    head = struct.pack("<6I", phy, 80, 0, 0, 0, len(links))
    return head + b"".join(struct.pack("<4xIIi256x", *link) for link in links)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (quality((5180, 80, -60)), (5180, 80, -60)),
        (quality((5_180_000, 80_000, -60)), (5180, None, -60)),
        (quality((2437, 20, -50), (5955, 160, -40), (5180, 80, 0)), (5955, 160, -40)),
        (quality((0, 0, 0)), (None, None, None)),
    ],
)
def test_the_strongest_link_tells_the_quality(data, expected):
    found = read_quality(data)
    assert (found.frequency_mhz, found.width_mhz, found.rssi_dbm) == expected
    assert found.standard is WifiStandard.AX


@pytest.mark.parametrize("data", [None, b"", quality(), quality((5180, 80, -60))[:200]])
def test_a_quality_without_a_whole_link_is_none(data):
    assert read_quality(data) is None


def test_a_number_that_stands_for_two_bands_is_decided_by_the_frequency():
    answers = RadioAnswers(names_permitted=False, channel=1, quality=read_quality(quality((5955, 160, -52), phy=11)))
    link = wifi_link("Wi-Fi", RADIO, answers)
    assert (link.band, link.channel, link.rssi_dbm) == (WifiBand.GHZ_6, 1, -52)
    assert (link.width_mhz, link.standard) == (160, WifiStandard.BE)


@pytest.mark.parametrize(
    ("channel", "told", "expected"),
    [
        (36, (5210, 80, -60), (36, 5180)),
        (93, (6425, 320, -60), (93, 6415)),
        (11, (5210, 80, -60), (42, 5210)),
        (None, (5180, 20, -60), (36, 5180)),
        (36, (60_480, 0, -60), (36, 5180)),
    ],
)
def test_the_middle_of_a_wide_channel_is_not_taken_for_its_number(channel, told, expected):
    link = wifi_link("Wi-Fi", RADIO, RadioAnswers(channel=channel, quality=read_quality(quality(told))))
    assert (link.channel, link.frequency_mhz) == expected


class Wlan:
    """wlanapi.dll: gives copies of recorded memory, and wants them back."""

    def __init__(self):
        self.open_status = self.list_status = self.bss_status = 0
        self.closed = 0
        self.given = {}
        self.data = {
            CONNECTION: recorded("wlan_connection"),
            RADIO_STATE: switches((1, 1)),
            CHANNEL: struct.pack("<I", 36),
            QUALITY: quality((5180, 80, -60)),
            RSSI: struct.pack("<i", -60),
            STATISTICS: recorded("wlan_statistics"),
        }
        self.statuses = {}
        self.cells = recorded("wlan_bss_list")

    def _give(self, data, found):
        memory = ctypes.create_string_buffer(data, len(data))
        self.given[ctypes.addressof(memory)] = memory
        found._obj.value = ctypes.addressof(memory)

    def WlanOpenHandle(self, version, reserved, negotiated, handle):  # noqa: N802  Windows' names
        assert version == 2
        handle._obj.value = 4711
        return self.open_status

    def WlanCloseHandle(self, handle, reserved):  # noqa: N802
        assert handle.value == 4711
        self.closed += 1

    def WlanEnumInterfaces(self, handle, reserved, found):  # noqa: N802
        if self.list_status == 0:
            self._give(recorded("wlan_interface_list"), found)
        return self.list_status

    def WlanQueryInterface(self, handle, guid, opcode, reserved, size, found, kind):  # noqa: N802
        status = self.statuses.get(opcode, 0)
        if status == 0:
            self._give(self.data[opcode], found)
            size._obj.value = len(self.data[opcode])
        return status

    def WlanGetNetworkBssList(self, handle, guid, ssid, kind, secured, reserved, found):  # noqa: N802
        assert (ssid, kind) == (None, 3)
        if self.bss_status == 0:
            self._give(self.cells, found)
        return self.bss_status

    def WlanFreeMemory(self, found):  # noqa: N802
        del self.given[found.value]


class IpHelper:
    """iphlpapi.dll."""

    IcmpCreateFile = Icmp6CreateFile = IcmpCloseHandle = FreeMibTable = IcmpSendEcho2 = Icmp6SendEcho2 = None
    known = True

    def ConvertInterfaceGuidToLuid(self, guid, luid):  # noqa: N802
        assert len(guid.raw) == 16
        return 0 if self.known else 87

    def ConvertInterfaceLuidToAlias(self, luid, name, length):  # noqa: N802
        ctypes.memmove(name, "ワイヤレス".encode("utf-16-le"), 10)
        return 0


class Kernel:
    """kernel32.dll."""

    GlobalFree = None


@pytest.fixture
def wlan():
    return Wlan()


@pytest.fixture
def helper():
    return IpHelper()


@pytest.fixture
def platform(wlan, helper):
    with foreign_systems.windows(
        iphlpapi=helper, winhttp=foreign_systems.Library(()), kernel32=Kernel(), wlanapi=wlan
    ) as module:
        yield module.WindowsPlatform()


def read(platform):
    return asyncio.run(platform.wifi_links())


def test_every_radio_is_read_and_the_memory_given_back(platform, wlan):
    first, second = read(platform)
    assert (first.interface, first.ssid, first.rssi_dbm, first.cells.heard) == ("ワイヤレス", "Example-Office", -60, 3)
    assert (second.joined, second.radio_on) == (False, True)
    assert first.frames.retried == 308
    assert (wlan.given, wlan.closed) == ({}, 1)


def test_without_location_consent_names_are_not_permitted(platform, wlan):
    """Windows 11 24H2: the connection and the list of cells are refused, signal and channel are not."""
    wlan.statuses[CONNECTION] = wlan.bss_status = ACCESS_DENIED
    link = read(platform)[0]
    assert (link.names_permitted, link.ssid, link.bssid, link.cells) == (False, None, None, None)
    assert (link.joined, link.rssi_dbm, link.channel, link.band) == (True, -60, 36, WifiBand.GHZ_5)
    assert (link.width_mhz, link.standard) == (80, WifiStandard.AX)
    assert (wlan.given, wlan.closed) == ({}, 1)


def test_a_radio_of_which_everything_is_refused_is_still_there(platform, wlan):
    wlan.statuses = dict.fromkeys((CONNECTION, RADIO_STATE, CHANNEL, QUALITY, RSSI, STATISTICS), ACCESS_DENIED)
    link = read(platform)[0]
    assert (link.names_permitted, link.joined, link.rssi_dbm, link.radio_on) == (False, True, None, None)


def test_what_the_driver_does_not_tell_is_not_known(platform, wlan):
    wlan.statuses = dict.fromkeys((RADIO_STATE, CHANNEL, QUALITY, RSSI, STATISTICS), 50)
    wlan.bss_status = 50
    link = read(platform)[0]
    assert (link.names_permitted, link.ssid, link.rssi_dbm, link.channel) == (True, "Example-Office", None, None)


@pytest.mark.parametrize("status", [1060, 1062])
def test_a_computer_without_the_service_has_no_radio(platform, wlan, status):
    wlan.open_status = status
    assert read(platform) == ()


@pytest.mark.parametrize("part", ["open_status", "list_status"])
def test_a_list_that_is_refused_is_a_permission_error(platform, wlan, part):
    setattr(wlan, part, ACCESS_DENIED)
    with pytest.raises(PermissionError):
        read(platform)


def test_a_server_without_the_library_has_no_radio(platform, monkeypatch):
    def load(name, use_last_error):
        raise FileNotFoundError(2, name)

    monkeypatch.setattr(ctypes, "WinDLL", load)
    assert read(platform) == ()


def test_an_interface_without_a_name_gets_the_common_one(platform, helper):
    helper.known = False
    assert read(platform)[0].interface == "Wi-Fi"
