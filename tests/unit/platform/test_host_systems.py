"""Readings of the computer: differences, known products, what tools and systems say."""

import ctypes
import struct
import sys
from dataclasses import replace
from unittest.mock import patch

import pytest
from foreign_systems import imported
from hypothesis import given
from hypothesis import strategies as st

from nexkit.data.host_agents import agents_among
from nexkit.facts.host import Agent, AgentKind, HostState, PowerMode, SystemConnectivity, host_change
from nexkit.platform import host_reading
from nexkit.platform.host_reading import SystemReading, host_state, program_names
from nexkit.platform.parse_host import (
    parse_low_power,
    parse_network_manager,
    parse_platform_profile,
    parse_woke_at_s,
    read_windows_level,
)

VPN = Agent(product="openvpn", kind=AgentKind.VPN)
FALCON = Agent(product="crowdstrike_falcon", kind=AgentKind.SECURITY)
STATE = HostState(
    uptime_s=1000.0,
    cpu_count=4,
    cpu_busy_s=100.0,
    cpu_idle_s=3900.0,
    cpu_busy_ratio=0.1,
    load_1min=0.5,
    memory_total_bytes=8_000_000_000,
    memory_available_bytes=4_000_000_000,
    swap_total_bytes=0,
    swap_used_bytes=0,
    swapped_bytes=10_000,
    battery_ratio=None,
    on_battery=None,
    power_mode=None,
    slept_s=60.0,
    woke_ago_s=None,
    connectivity=SystemConnectivity.FULL,
    connectivity_by="networkmanager",
    agents=(VPN,),
)


def later(**more):
    return replace(STATE, **{"uptime_s": 1010.0, "cpu_busy_s": 130.0, "cpu_idle_s": 3910.0, **more})


def test_the_load_between_two_readings():
    change = host_change(STATE, later(memory_available_bytes=1_000_000, swapped_bytes=30_000))
    assert (change.took_s, change.cpu_busy_ratio) == (10.0, 0.75)
    assert (change.memory_available_bytes, change.swapped_bytes) == (1_000_000, 20_000)
    assert (change.slept_s, change.connectivity_changed, change.appeared, change.gone) == (0.0, False, (), ())


def test_sleep_a_lost_network_and_a_new_product_show():
    change = host_change(STATE, later(slept_s=64.0, connectivity=SystemConnectivity.NONE, agents=(FALCON,)))
    assert (change.slept_s, change.connectivity_changed) == (4.0, True)
    assert (change.appeared, change.gone) == ((FALCON,), (VPN,))


def test_what_one_reading_does_not_know_is_not_known():
    change = host_change(
        STATE, later(cpu_busy_s=None, slept_s=None, connectivity=None, agents=None, swapped_bytes=None)
    )
    assert (change.cpu_busy_ratio, change.slept_s, change.connectivity_changed, change.swapped_bytes) == (None,) * 4
    assert (change.appeared, change.gone) == ((), ())


def test_nothing_is_known_across_a_restart():
    change = host_change(STATE, later(uptime_s=5.0, cpu_busy_s=1.0, cpu_idle_s=4.0, slept_s=0.0, swapped_bytes=0))
    assert (change.took_s, change.cpu_busy_ratio, change.slept_s, change.swapped_bytes) == (None,) * 4


@given(
    st.builds(lambda busy, idle: (busy, idle), st.floats(0, 1e9, allow_nan=False), st.floats(0, 1e9, allow_nan=False))
)
def test_a_share_is_a_share(seconds):
    busy, idle = seconds
    change = host_change(STATE, later(cpu_busy_s=100.0 + busy, cpu_idle_s=3900.0 + idle))
    assert change.cpu_busy_ratio is None or 0 <= change.cpu_busy_ratio <= 1


@pytest.mark.parametrize(
    ("programs", "products"),
    [
        ([], []),
        (["bash", "firefox", "my-secret-tool"], []),
        (["CSFalconService.exe", "MsMpEng.exe"], ["crowdstrike_falcon", "microsoft_defender"]),
        (["falcon-sensor", "falcon-sensor"], ["crowdstrike_falcon"]),
        (["charon-systemd"], ["strongswan"]),
        (["sophosnetworkex"], ["sophos"]),
        (["PanGPS", "ZSATunnel", "stAgentSvc.exe"], ["globalprotect", "netskope", "zscaler"]),
    ],
)
def test_of_programs_the_known_products_alone_are_told(programs, products):
    assert [agent.product for agent in agents_among(programs)] == products


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("full\n", SystemConnectivity.FULL),
        ("portal", SystemConnectivity.PORTAL),
        ("limited", SystemConnectivity.LOCAL),
        ("none", SystemConnectivity.NONE),
        ("unknown", None),
        ("", None),
        ("Error: NetworkManager is not running.", None),
    ],
)
def test_network_manager_s_word(text, expected):
    assert parse_network_manager(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("low-power\n", PowerMode.SAVING),
        ("balanced", PowerMode.NORMAL),
        ("performance", PowerMode.PERFORMANCE),
        ("", None),
    ],
)
def test_the_platform_profile_s_word(text, expected):
    assert parse_platform_profile(text) is expected


def test_the_last_wake_by_systemd():
    assert parse_woke_at_s("InactiveEnterTimestampMonotonic=12345678\n") == pytest.approx(12.345678)
    assert parse_woke_at_s("InactiveEnterTimestampMonotonic=0\n") is None
    assert parse_woke_at_s("") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("System-wide power settings:\n lowpowermode         1\n sleep 1\n", PowerMode.SAVING),
        (" lowpowermode         0\n", PowerMode.NORMAL),
        (" sleep                1\n", None),
    ],
)
def test_the_low_power_mode_of_a_mac(text, expected):
    assert parse_low_power(text) is expected


def test_the_connectivity_levels_of_windows():
    levels = [read_windows_level(level) for level in range(7)]
    assert levels == [
        None,
        SystemConnectivity.NONE,
        SystemConnectivity.LOCAL,
        SystemConnectivity.FULL,
        SystemConnectivity.PORTAL,
        None,
        None,
    ]


def test_a_busy_computer_reads_as_busy():
    times = iter([(10.0, 90.0), (10.9, 90.1)])
    with patch.object(host_reading, "_cpu_seconds", lambda _psutil: next(times)):
        state = host_state(SystemReading(), ("openvpn",), 0)
    assert state.cpu_busy_ratio == pytest.approx(0.9)
    assert state.agents == (VPN,)
    assert state.memory_total_bytes > state.memory_available_bytes > 0


def test_programs_that_may_not_be_listed_are_not_known():
    with patch("psutil.process_iter", side_effect=PermissionError(1, "no")):
        assert program_names() is None
    assert host_state(SystemReading(), None, 0).agents is None


@pytest.mark.wine_lacks("programs cannot be listed")
def test_no_name_of_a_program_is_kept():
    names = program_names()
    state = host_state(SystemReading(), names, 0)
    known = {agent.product for agent in agents_among(names)}
    assert {agent.product for agent in state.agents} == known


class WindowsKernel:
    """kernel32, powrprof and iphlpapi of a laptop that slept for an hour and woke ten minutes ago."""

    def __init__(self, *, hint=4):
        self.hint = hint

    def __call__(self, name, use_last_error):
        library = type("Library", (), {})()
        if name == "kernel32.dll":
            library.GetTickCount64 = Call(lambda: 7_200_000)
            library.QueryUnbiasedInterruptTime = Call(lambda out: put(out, ctypes.c_uint64, 3_600 * 10**7) or 1)
            library.GetSystemPowerStatus = Call(self.power)
        elif name == "powrprof.dll":
            library.CallNtPowerInformation = Call(
                lambda level, given, size, out, out_size: put(out, ctypes.c_uint64, 6_600 * 10**7) or 0
            )
        elif self.hint is not None:
            library.GetNetworkConnectivityHint = Call(lambda out: put(out, ctypes.c_int32, self.hint) or 0)
        return library

    @staticmethod
    def power(out):
        ctypes.memmove(out, struct.pack("<BBBBII", 0, 1, 80, 1, 0, 0), 12)
        return 1


class Call:
    def __init__(self, function):
        self.function = function
        self.restype = None

    def __call__(self, *arguments):
        return self.function(*arguments)


def put(out, kind, value):
    ctypes.memmove(out, ctypes.byref(kind(value)), ctypes.sizeof(kind))


@pytest.mark.parametrize(
    ("hint", "expected"), [(4, SystemConnectivity.PORTAL), (3, SystemConnectivity.FULL), (None, None)]
)
def test_windows_tells_sleep_saver_and_what_it_believes(hint, expected):
    with (
        imported("win32", "nexkit.platform.windows_host") as module,
        patch.object(ctypes, "WinDLL", WindowsKernel(hint=hint), create=True),
    ):
        assert ctypes.sizeof(module.PowerStatus) == 12
        state = module.read_host(0)
    assert (state.uptime_s, state.slept_s, state.woke_ago_s) == (7200.0, 3600.0, 600.0)
    assert (state.power_mode, state.connectivity) == (PowerMode.SAVING, expected)
    assert state.connectivity_by == ("ncsi" if expected else None)


def test_a_mac_tells_its_sleep_and_an_open_sign_in_page():
    clocks = {4: 7200.0, 8: 3600.0}

    class Libc:
        @staticmethod
        def sysctlbyname(name, buffer, size, new, new_size):
            assert name == b"kern.waketime"
            buffer.raw = struct.pack("=qi4x", 1_000_000, 500_000)
            return 0

    with (
        imported("darwin", "nexkit.platform.macos_host") as module,
        patch.object(module.time, "CLOCK_MONOTONIC_RAW", 4, create=True),
        patch.object(module.time, "CLOCK_UPTIME_RAW", 8, create=True),
        patch.object(module.time, "clock_gettime", clocks.__getitem__, create=True),
        patch.object(module.time, "time", lambda: 1_000_060.5),
        patch.object(module.ctypes, "CDLL", lambda _name: Libc),
        patch.object(module, "program_names", lambda: ("Captive Network Assistant", "Finder")),
    ):
        state = module._read(PowerMode.SAVING, 0)
    assert (state.uptime_s, state.slept_s, state.woke_ago_s) == (7200.0, 3600.0, 60.0)
    assert (state.connectivity, state.connectivity_by) == (SystemConnectivity.PORTAL, "captive_network_assistant")


@pytest.mark.skipif(sys.platform != "linux", reason="reads this system")
def test_linux_reads_its_clocks():
    from nexkit.platform import linux_host

    state = linux_host._read("portal\n", "InactiveEnterTimestampMonotonic=1000000\n", 0)
    assert state.uptime_s > 0
    assert state.slept_s >= 0
    assert state.woke_ago_s >= 0
    assert (state.connectivity, state.connectivity_by) == (SystemConnectivity.PORTAL, "networkmanager")


def test_a_program_that_answers_itself_hardly_waits():
    waited_ms = host_reading._own_answers(0.2)
    assert waited_ms is not None
    assert 0 <= waited_ms < 2000


def test_without_a_loopback_nothing_is_known_of_waiting():
    with patch.object(host_reading.socket, "socket", side_effect=PermissionError):
        assert host_reading._own_answers(0.05) is None


def test_an_interval_too_short_to_ask_in_leaves_it_unknown():
    assert host_reading._own_answers(0) is None
