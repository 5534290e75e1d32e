"""What each system says of time; Windows and macOS over doubles, which say nothing about the real ones."""

import asyncio
import ctypes
import datetime as dt
import plistlib
import sys
import time
import types
from pathlib import Path

import pytest
from foreign_systems import Library, imported

from nexkit.platform.parse_timedatectl import Timedated, parse_timedatectl
from nexkit.platform.parse_w32time import last_sync, zone_key
from nexkit.platform.sockets import SocketPlatform
from nexkit.platform.time_zone import utc_offset_s, zone_of_path

SHOWN = """Timezone=Asia/Tokyo
LocalRTC=no
CanNTP=yes
NTP=yes
NTPSynchronized=no
TimeUSec=Fri 2026-11-20 09:00:00 JST
RTCTimeUSec=Fri 2026-11-20 09:00:00 JST
"""
SYNCED_AT = dt.datetime(2026, 11, 20, 1, 2, 3, tzinfo=dt.UTC)
FILETIME = (SYNCED_AT - dt.datetime(1601, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1) * 10


def test_timedated_is_read_by_its_properties():
    assert parse_timedatectl(SHOWN) == Timedated(zone="Asia/Tokyo", ntp=True, synchronised=False)
    assert parse_timedatectl("Failed to connect to bus\n") == Timedated()
    assert parse_timedatectl("NTP=maybe\nTimezone=\n") == Timedated()


@pytest.mark.parametrize(
    ("path", "zone"),
    [
        ("/usr/share/zoneinfo/Asia/Tokyo", "Asia/Tokyo"),
        ("/var/db/timezone/zoneinfo/America/Argentina/Salta", "America/Argentina/Salta"),
        ("/usr/share/zoneinfo.default/Europe/Berlin", "Europe/Berlin"),
        ("/usr/share/zoneinfo/posix/Etc/UTC", "Etc/UTC"),
        ("/etc/localtime", None),
        ("/usr/share/zoneinfo", None),
    ],
)
def test_a_zone_is_named_by_the_path_of_its_file(path, zone):
    assert zone_of_path(path) == zone


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sets no zone by a variable")
@pytest.mark.parametrize(("zone", "offset_s"), [("Asia/Tokyo", 32_400), ("UTC0", 0), ("XXX+3:30", -12_600)])
def test_the_offset_counts_eastward(monkeypatch, zone, offset_s):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert utc_offset_s() == offset_s
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("sample", "at"),
    [
        (f"{FILETIME};4.5e-7;time.example.com,0x9", SYNCED_AT),
        ([f"{FILETIME};4.5e-7;time.example.com,0x9", ""], SYNCED_AT),
        (None, None),
        ([], None),
        ("", None),
        ("-1;x", None),
        ("9" * 40, None),
        (7, None),
    ],
)
def test_the_last_good_sample_begins_with_its_moment(sample, at):
    assert last_sync(sample) == at


def zone_information(name):
    return bytes(172) + name.encode("utf-16-le").ljust(256, b"\0") + bytes(4)


def test_the_zones_key_is_read():
    assert zone_key(zone_information("Tokyo Standard Time")) == "Tokyo Standard Time"
    assert zone_key(zone_information("")) is None


class Registry:
    """winreg over a table."""

    HKEY_LOCAL_MACHINE = object()

    def __init__(self, values):
        self.values = values

    def module(self):
        made = types.ModuleType("winreg")
        made.HKEY_LOCAL_MACHINE = self.HKEY_LOCAL_MACHINE
        made.OpenKey = self.open
        made.QueryValueEx = lambda key, name: (self.values[key][name], 1)
        return made

    def open(self, root, key):
        assert root is self.HKEY_LOCAL_MACHINE
        name = key.rpartition("Services\\")[2]
        if name not in self.values:
            raise FileNotFoundError(key)
        return Opened(self, name)


class Opened:
    def __init__(self, registry, name):
        self.registry = registry
        self.name = name

    def __enter__(self):
        return self.name

    def __exit__(self, *_):
        pass


class Kernel:
    def GetDynamicTimeZoneInformation(self, buffer):  # noqa: N802  Windows' name
        ctypes.memmove(buffer, zone_information("Tokyo Standard Time"), 432)
        return 0


def on_windows(monkeypatch, **changes):
    """The settings that Windows gives with its defaults, changed in some values."""
    service = {
        "W32Time": {"Start": 3},
        r"W32Time\Parameters": {"Type": "NTP"},
        r"W32Time\TimeProviders\NtpClient": {"Enabled": 1},
        r"W32Time\Config\Status": {"LastGoodSampleInfo": f"{FILETIME};1;time.example.com"},
    }
    for name, value in changes.items():
        key = next(key for key in service if name in service[key])
        if value is None:
            del service[key]
        else:
            service[key][name] = value
    monkeypatch.setattr(ctypes, "WinDLL", lambda name, use_last_error: Library(Kernel()), raising=False)
    with imported("win32", "nexkit.platform.windows_time", winreg=Registry(service).module()) as module:
        return module.read_time_settings()


def test_windows_tells_zone_service_and_last_synchronisation(monkeypatch):
    settings = on_windows(monkeypatch)
    assert settings.zone.name == "Tokyo Standard Time"
    assert (settings.sync.enabled, settings.sync.service, settings.sync.last_sync_at) == (True, "w32time", SYNCED_AT)
    assert settings.sync.synchronised is None


@pytest.mark.parametrize("changes", [{"Start": 4}, {"Type": "NoSync"}, {"Enabled": 0}])
def test_windows_may_be_told_not_to_keep_its_clock(monkeypatch, changes):
    assert on_windows(monkeypatch, **changes).sync.enabled is False


def test_what_the_registry_does_not_hold_is_not_known(monkeypatch):
    sync = on_windows(monkeypatch, Start=None, LastGoodSampleInfo=None).sync
    assert (sync.enabled, sync.service, sync.last_sync_at) == (None, None, None)


@pytest.mark.parametrize(
    ("content", "enabled"),
    [
        (plistlib.dumps({"TMAutomaticTimeOnlyEnabled": True}), True),
        (plistlib.dumps({"TMAutomaticTimeOnlyEnabled": False}, fmt=plistlib.FMT_BINARY), False),
        (plistlib.dumps({"Other": 1}), None),
        (plistlib.dumps([1]), None),
        (b"not a property list", None),
        (None, None),
    ],
)
def test_macos_tells_whether_the_time_is_set_automatically(monkeypatch, tmp_path, content, enabled):
    file = tmp_path / "com.apple.timed.plist"
    if content is not None:
        file.write_bytes(content)
    with imported("darwin", "nexkit.platform.macos_time") as module:
        monkeypatch.setattr(module, "_PREFERENCES", (str(tmp_path / "missing"), str(file)))
        settings = module.read_time_settings()
    assert (settings.sync.enabled, settings.sync.service) == (enabled, "timed")


@pytest.fixture
def linux():
    with imported("linux", "nexkit.platform.linux_time") as module:
        yield module


class Programs(SocketPlatform):
    """Runs nothing: `timedatectl` prints what is given, or is not there."""

    def __init__(self, shown):
        self.shown = shown

    async def run_program(self, arguments, *, timeout_s, max_output_bytes):
        if self.shown is None:
            raise FileNotFoundError
        return types.SimpleNamespace(stdout=self.shown.encode())


def on_linux(linux, shown=SHOWN):
    return asyncio.run(linux.read_time_settings(Programs(shown)))


@pytest.fixture
def system(linux, monkeypatch, tmp_path):
    """A Linux with a zone, without any service, whose kernel says nothing."""
    (tmp_path / "proc" / "12").mkdir(parents=True)
    (tmp_path / "zoneinfo" / "Asia").mkdir(parents=True)
    (tmp_path / "zoneinfo" / "Asia" / "Tokyo").touch()
    (tmp_path / "localtime").symlink_to(tmp_path / "zoneinfo" / "Asia" / "Tokyo")
    monkeypatch.setattr(linux, "_PROC", tmp_path / "proc")
    monkeypatch.setattr(linux, "_LOCALTIME", tmp_path / "localtime")
    monkeypatch.setattr(linux, "_TIMESYNCD_MARK", tmp_path / "synchronized")
    monkeypatch.setattr(linux, "_kernel_is_synchronised", lambda: None)
    monkeypatch.delenv("TZ", raising=False)
    return tmp_path


def test_linux_tells_what_timedated_and_the_files_say(linux, system):
    settings = on_linux(linux)
    assert settings.zone.name == "Asia/Tokyo"
    assert (settings.sync.enabled, settings.sync.synchronised, settings.sync.service) == (True, False, None)


@pytest.mark.parametrize("state", [True, False])
def test_the_kernels_own_flag_counts_more(linux, system, monkeypatch, state):
    monkeypatch.setattr(linux, "_kernel_is_synchronised", lambda: state)
    assert on_linux(linux).sync.synchronised is state


def test_without_timedated_a_running_service_is_one_that_is_switched_on(linux, system):
    assert on_linux(linux, None).sync.enabled is None
    (system / "proc" / "12" / "comm").write_text("systemd-timesyn\n")
    (system / "synchronized").touch()
    sync = on_linux(linux, None).sync
    assert (sync.enabled, sync.service) == (True, "systemd-timesyncd")
    assert sync.last_sync_at.timestamp() == pytest.approx((system / "synchronized").stat().st_mtime, abs=1)


@pytest.mark.wine_lacks("symbolic links are not made")
def test_a_copied_zone_file_has_no_name(linux, system):
    (system / "localtime").unlink()
    (system / "localtime").write_bytes(b"TZif")
    assert on_linux(linux, None).zone.name is None
    assert on_linux(linux).zone.name == "Asia/Tokyo", "timedated knows it"


@pytest.mark.skipif(not Path("/usr/share/zoneinfo/Asia/Tokyo").is_file(), reason="no zones are installed")
def test_a_zone_in_the_environment_counts_more(linux, system, monkeypatch):
    monkeypatch.setenv("TZ", ":Asia/Tokyo")
    assert on_linux(linux, None).zone.name == "Asia/Tokyo"


@pytest.mark.skipif(sys.platform != "linux", reason="asks the real kernel")
def test_the_real_kernel_answers(linux):
    assert linux._kernel_is_synchronised() in {True, False, None}
