"""A fault is found on a terminal, mended as the question says, tested again, and told before and after; for real."""

import json
import sys
from pathlib import Path

import pytest
from scenario import find, load
from world import run_in_lab

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("lab")]

HEAL = Path(__file__).parent / "heal.py"


def asked_and_mended(scenario, mend, tmp_path, depth):
    """(run, JSON document, text of the report) of a diagnosis whose network is mended at the first question."""
    document, bundle = tmp_path / "diagnosis.json", tmp_path / "r.nexkit.zip"
    profile = load(find(scenario)).profile_path
    diagnose = [sys.executable, "-m", "ui.cli", "diagnose", "--lang", "en", "--profile", str(profile), "--depth", depth]
    diagnose += ["--symptom", load(find(scenario)).symptom, "--json", str(document)]
    diagnose += ["--agree", "all", "--out", str(bundle)]
    run = run_in_lab(scenario, [sys.executable, str(HEAL), mend, "--", *diagnose], privileged=True)
    return run, json.loads(document.read_text()), bundle


def unwrapped(text):
    """As it was before it was wrapped at the terminal's width."""
    return " ".join(text.split())


def test_a_router_that_had_hung_is_told_by_restarting_it(tmp_path):
    mend = "ip netns exec router nft delete table inet fault"
    run, document, bundle = asked_and_mended("gateway_unreachable_hung", mend, tmp_path, "quick")
    assert "Restart the router" in unwrapped(run.stdout), run.stdout + run.stderr
    assert "The trouble is gone" in unwrapped(run.stdout)
    assert "the router had got stuck" in unwrapped(run.stdout)
    assert run.exit_status == 0  # the last run's
    assert document["verdict"]["cause"] == "gateway.unreachable"
    assert [(each["trial"], each["effect"], each["state"]) for each in document["trials"]] == [
        ("restart_router", "gone", "healthy")
    ]
    shown = run_in_lab("healthy", [sys.executable, "-m", "ui.cli", "show", "--lang", "en", str(bundle)])
    assert "after restarting the router: the trouble is gone; healthy" in shown.stdout


def test_a_detour_through_a_vpn_is_told_by_switching_it_off(tmp_path):
    mend = "ip link set tun0 down; echo nameserver 192.168.10.1 >/etc/resolv.conf"
    run, document, _bundle = asked_and_mended("vpn_hairpin_default_route", mend, tmp_path, "standard")
    assert "Disconnect the VPN." in unwrapped(run.stdout), run.stdout + run.stderr
    done = document["trials"][0]
    assert (done["trial"], done["effect"]) == ("vpn_off", "gone"), run.stdout
    assert "Without the VPN it works" in unwrapped(run.stdout)
    assert run.exit_status == 0
