"""Nothing leaves by itself: a sniffer on the client sees no packet to anybody whom the consent page did not name.

And none at all before the user agreed, after the measuring, and from commands that only read.
"""

import json
import sys
from pathlib import Path

import pytest
import topology
from world import REPOSITORY, run_in_lab

from nexkit.address import is_address
from nexkit.profile_file import parse_profile
from nexkit.targets import TargetKind, targets

HERE = Path(__file__).parent
PROFILE = HERE / "profile.toml"
OWN_NETWORK = {"192.168.10.1", "fe80::1", "2001:db8:10::1"}
"""The router, which is the name server too: what this computer is set to."""
ON_THE_LINK = {"arp", "nd", "igmp"}
"""What the system says by itself to find its neighbours."""
CLOSING_S = 1.0
"""For the ends of connections."""
pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("lab")]


def watched(*command, scenario="healthy"):
    """What the command did, and the packets that it sent to others."""
    script = [sys.executable, str(HERE / "watched.py"), "--"]
    run = run_in_lab(scenario, [*script, "env", f"PYTHONPATH={REPOSITORY}", *command], privileged=True)
    assert run.exit_status == 0, run.stderr
    found = json.loads(run.stdout)
    assert found["lost"] == 0
    return found, [each for each in found["packets"] if each[1] != "lo" and each[2] not in ON_THE_LINK]


def announced(profile):
    """The addresses of those whom the profile lets the kit contact, by the lab's own table."""
    known = topology.records()
    return {
        address
        for target in targets(parse_profile(profile.read_bytes(), profile.name))
        if target.kind is not TargetKind.LOOKUP
        for address in ((target.host,) if is_address(target.host) else known[target.host])
    }


def strangers(packets, profile=PROFILE):
    allowed = announced(profile) | OWN_NETWORK
    return sorted(
        {(address, port) for _at, _link, _protocol, address, port, _data in packets if address not in allowed}
    )


def diagnose(*more):
    return [sys.executable, "-m", "ui.cli", "diagnose", "--profile", str(PROFILE), "--json", "-", *more]


def test_a_diagnosis_sends_to_those_alone_whom_the_profile_names_and_reading_its_report_to_nobody(tmp_path):
    bundle = tmp_path / "report.nexkit.zip"
    found, packets = watched(*diagnose("--depth", "quick", "--agree", "all", "--out", str(bundle)))
    assert json.loads(found["stdout"])["verdict"]["state"] == "healthy"
    assert strangers(packets) == []
    # The sniffer is not blind.
    assert {"192.168.10.1", "198.18.0.10", "2001:db8:18::10"} <= {each[3] for each in packets}
    # Not whether they are content, only that they said something.
    reading = 'for each in show verify diagnose-again; do "$0" -m ui.cli $each "$1" | grep -q . || exit 9; done'
    found, packets = watched("sh", "-c", reading, sys.executable, str(bundle))
    assert found["exit_status"] == 0, found["stderr"]
    assert packets == []


def test_a_load_test_goes_to_its_server_alone():
    command = (sys.executable, "-m", "ui.cli", "probe", "run", "load", "server=http://speed.example.com/")
    _found, packets = watched(*command, "direction_s=1", "max_bytes=1000000")
    assert strangers(packets) == []


@pytest.mark.screen
@pytest.mark.timeout(240)
def test_the_wizard_sends_nothing_before_it_may_and_to_nobody_else(tmp_path):
    profile = tmp_path / "profile.toml"
    text = PROFILE.read_text()
    profile.write_text(text.replace("[support]", '[licence]\nen = "Use it."\n\n[support]', 1))
    home = tmp_path / "home"
    home.mkdir()
    walk = [sys.executable, str(HERE / "walk_in_lab.py"), str(home), str(profile), "en"]
    found, packets = watched(*walk)
    assert found["exit_status"] == 0, found["stderr"]
    marks = json.loads(found["stdout"])
    assert list(home.glob("*.nexkit.zip"))
    times = [each[0] for each in packets]
    assert [at for at in times if at < marks["agreeing"]] == []
    assert [at for at in times if at > marks["measured"] + CLOSING_S] == []
    assert strangers(packets) == []
    assert {"192.168.10.1", "198.18.0.10", "198.18.3.30"} <= {each[3] for each in packets}
