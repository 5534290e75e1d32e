"""The frozen Windows program names the faults of the lab's worlds. Run under Wine, not on Windows.

What Wine 8.0 lacks is neither held against the program nor shown here: ICMP over IPv6 (`Icmp6CreateFile` is a stub),
routes and neighbours of IPv6, `GetBestRoute2`, ICMP errors of UDP sockets, sizes of TCP segments, speeds of links,
Wi-Fi. Of ICMP errors it hears through raw sockets alone, so it runs privileged; Windows tells every user of them.
"""

import json
import struct

import pytest
from judge import mistakes
from scenario import find, load
from world import diagnose_command, refusal, run_in_lab

from installer.wine import new_windows

WORLDS = (
    "healthy",
    "gateway_unreachable",
    "dns_resolver_unreachable",
    "access_line_down",
    "service_down_refused",
    "lan_captive_portal_redirect",
    "service_cert_expired",
)
# Wine looks the computer's name up when it starts, which takes half a minute where no resolver answers. Its standard
# input must not be a closed one.
NAMED_LOCALHOST = 'echo localhost >/proc/sys/kernel/hostname && exec "$@" </dev/null'
CONNECTIONS = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Internet Settings\Connections"
DIRECT, SCRIPT = 1, 4
pytestmark = pytest.mark.measures


@pytest.fixture(scope="module")
def windows():
    """One Windows for all worlds; its processes end with each of them."""
    if reason := refusal():
        pytest.fail(f"no lab here: {reason}")
    with new_windows() as made:
        yield made


def holds(windows, dist, name):
    """The frozen program says of this world what its scenario expects."""
    scenario = load(find(name))
    _python, _module, _package, *words = diagnose_command(scenario)
    program = windows.command(dist / "windows" / "nexkit" / "nexkit.exe")
    command = ["unshare", "--uts", "sh", "-c", NAMED_LOCALHOST, "sh", *program, *words]
    run = run_in_lab(name, command, privileged=True)
    assert run.stdout, run.stderr
    assert not mistakes(scenario.expect, json.loads(run.stdout), run.exit_status)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", WORLDS)
def test_the_windows_program_names_the_fault(windows, dist, name):
    holds(windows, dist, name)


@pytest.mark.timeout(180)
def test_the_proxy_of_the_system_settings_is_used(windows, dist):
    """A configuration script, set as the settings page sets it (flags, and texts with their lengths in front)."""
    url = b"http://192.168.10.1:8088/proxy.pac"
    settings = struct.pack("<6I", 70, 1, DIRECT | SCRIPT, 0, 0, len(url)) + url + bytes(32)
    set_it = ("reg", "add", CONNECTIONS, "/v", "DefaultConnectionSettings", "/t", "REG_BINARY", "/d", settings.hex())
    done = windows.run(*set_it, "/f")
    assert done.returncode == 0, done.stderr
    windows.stop()
    holds(windows, dist, "healthy_proxy_script")
