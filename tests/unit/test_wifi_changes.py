"""What lies between two readings of the Wi-Fi link."""

from dataclasses import replace

import pytest

from nexkit.facts.wifi import WifiFrames, WifiLink, WifiReading, wifi_changes

LINK = WifiLink(
    interface="wlan0",
    radio_on=True,
    joined=True,
    names_permitted=True,
    ssid="Example-Office",
    bssid="00:00:5e:00:53:01",
    rssi_dbm=-60,
    joined_for_s=100.0,
    frames=WifiFrames(sent=1000, retried=100, failed=1, beacons_missed=None),
)


def change(**changes):
    before = changes.pop("before", LINK)
    (found,) = wifi_changes(WifiReading(links=(before,)), WifiReading(links=(replace(before, **changes),)))
    return found


def test_staying_is_no_roaming():
    found = change(joined_for_s=110.0, rssi_dbm=-66)
    assert (found.roamed, found.network_changed, found.rejoined, found.rssi_change_db) == (False, False, False, -6)


def test_another_cell_of_the_network_is_roaming():
    found = change(bssid="00:00:5e:00:53:02", joined_for_s=5.0)
    assert (found.roamed, found.network_changed, found.rejoined, found.frames) == (True, False, True, None)


def test_another_network_is_no_roaming():
    found = change(ssid="Cafe", bssid="00:00:5e:00:53:09")
    assert (found.roamed, found.network_changed) == (False, True)


def test_the_same_cell_joined_anew_is_told():
    found = change(joined_for_s=3.0)
    assert (found.roamed, found.rejoined, found.frames) == (False, True, None)


@pytest.mark.parametrize("changes", [{"bssid": None, "ssid": None}, {"ssid": None}])
def test_without_names_roaming_is_not_known(changes):
    found = change(before=replace(LINK, **changes))
    assert (found.roamed, found.network_changed) == (None, None)


def test_frames_are_subtracted():
    later = WifiFrames(sent=1500, retried=400, failed=0, beacons_missed=2)
    found = change(frames=later, joined_for_s=110.0)
    assert found.frames == WifiFrames(sent=500, retried=300, failed=None, beacons_missed=None)


def test_what_is_not_counted_has_no_difference():
    found = change(frames=None, rssi_dbm=None, joined_for_s=None)
    assert (found.frames, found.rssi_change_db, found.rejoined) == (None, None, None)


def test_a_radio_in_one_reading_alone_is_no_change():
    assert wifi_changes(WifiReading(links=(LINK,)), WifiReading(links=())) == ()
    assert wifi_changes(WifiReading(links=()), WifiReading(links=(LINK,))) == ()


def test_signal_above_noise_needs_both():
    assert (LINK.snr_db, replace(LINK, noise_dbm=-95).snr_db) == (None, 35)
