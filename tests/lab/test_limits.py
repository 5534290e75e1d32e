"""What a hostile profile, and hostile servers that a good one names, cannot make the kit do."""

import json
import sys
from pathlib import Path

import pytest
from world import REPOSITORY, run_in_lab

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("lab")]
HERE = Path(__file__).parent
HEAD = """
schema = 1
id = "hostile"
name = {en = "Hostile"}
serial = 1
not_before = 2020-01-01T00:00:00Z
not_after = 2099-12-31T23:59:59Z
"""
INTERNET = """
[internet]
anchors = ["198.18.0.10", "198.19.0.11"]
names = ["www.example.com", "www.example.net"]
resolvers = ["198.18.53.53"]
"""
SCENARIO = """
story = "Names, redirects and servers lead inside."
profile = "profile"
symptom = "check_up"
{inject}
[expect]
verdict = "healthy"
visible = "true"
"""
ELSEWHERE = "10.77.0.9"
"""A private address that a router beyond the own network has."""
INSIDE = f"""
[[inject]]
do = "ip"
node = "isp1"
lines = ["addr add {ELSEWHERE}/32 dev lo", "addr add 169.254.169.254/32 dev lo"]
""" + "".join(
    f"""
[[inject]]
do = "dns_records"
node = "{node}"

[inject.records]
"loop.example.com" = ["127.0.0.1", "::1"]
"loop9.example.com" = ["127.0.0.9"]
"own.example.com" = ["192.168.10.100"]
"cloud.example.com" = ["169.254.169.254"]
"inner.example.com" = ["{ELSEWHERE}"]
"mapped.example.com" = ["::ffff:127.0.0.1"]
"any.example.com" = ["0.0.0.0"]
"""
    for node in ("resolver1", "resolver2")
)
NAMES = ("loop", "loop9", "own", "cloud", "inner", "mapped", "any")


def service(name, lines):
    return f'\n[[service]]\nid = "{name}"\nname = {{en = "{name}"}}\n{lines}\n'


def run(folder, profile, inject="", *, script="hostile.py", more=(), command="diagnose"):
    """What `nexkit diagnose` said with the profile, and what the sniffer and the servers on the client saw."""
    (folder / "profile.toml").write_text(HEAD + profile)
    scenario = folder / "scenario.toml"
    scenario.write_text(SCENARIO.format(inject=inject))
    words = [sys.executable, "-m", "ui.cli", command, "--profile", str(folder / "profile.toml"), "--json", "-", *more]
    watching = [sys.executable, str(HERE / script), "--", "env", f"PYTHONPATH={REPOSITORY}"]
    done = run_in_lab(str(scenario), [*watching, *words], privileged=True)
    assert done.exit_status == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["stdout"], found["stderr"]
    return json.loads(found["stdout"]), found


def outward(found):
    """(protocol, address, port) of what left by the cable."""
    return {(protocol, address, port) for _at, link, protocol, address, port, _data in found["packets"] if link != "lo"}


def test_names_that_lead_inside_are_not_followed_and_nobody_is_blamed(tmp_path):
    """The servers that a name of the profile suddenly stands for receive nothing: no connection, echo or datagram."""
    lines = 'url = "https://{0}.example.com/"\ntcp = ["{0}.example.com:8080"]\nudp = ["{0}.example.com:4500"]'
    services = "".join(service(name, lines.format(name)) for name in NAMES)
    other = """stun = ["loop.example.com:3478"]
time = ["inner.example.com", "loop9.example.com"]
portal_checks = ["http://own.example.com/generate_204", "http://cloud.example.com/latest/meta-data"]
carrier_internal = ["inner.example.com"]
"""
    said, found = run(tmp_path, INTERNET + other + services, INSIDE, more=("--depth", "standard"))
    assert found["visits"] == []
    assert {each for each in outward(found) if each[1] in {ELSEWHERE, "169.254.169.254"}} == set()
    assert {each for each in outward(found) if each[0] != "arp" and each[1] == "192.168.10.100"} == set()
    assert said["verdict"]["state"] != "fault" or said["verdict"]["segment"] == "device", said["verdict"]
    untested = {each["step"]: each["reason"] for each in said["not_tested"]}
    assert {untested.get(f"reach.service.{name}") for name in NAMES} == {"kit_limit"}
    # The rest of the run is as ever.
    assert ("icmp", "198.18.0.10", None) in outward(found)


def test_an_inner_service_is_tested_where_the_profile_declares_its_network(tmp_path):
    declared = '\n[network]\ninternal = ["10.77.0.0/24"]\n'
    _said, found = run(
        tmp_path,
        INTERNET + declared + service("inner", 'tcp = ["inner.example.com:8080"]'),
        INSIDE,
        more=("--depth", "quick"),
    )
    assert ("tcp", ELSEWHERE, 8080) in outward(found)


def test_a_redirect_inside_is_not_followed(tmp_path):
    """A check page of a stranger sends the kit to a page on a router of somebody else's network, and to loopback."""
    pages = "".join(
        f"""
[[inject]]
do = "page"
node = "{node}"
address = "{address}"
port = 8080
status = 302
headers = {{Location = "http://{place}/admin?reboot=1"}}
"""
        for node, address, place in (
            ("www1", "198.18.1.20", f"{ELSEWHERE}:8080"),
            ("www2", "198.19.2.20", "loop.example.com:8080"),
        )
    )
    checks = 'portal_checks = ["http://www.example.com:8080/a", "http://www.example.net:8080/b"]\n'
    _said, found = run(tmp_path, INTERNET + checks, INSIDE + pages, more=("--depth", "quick"))
    assert found["visits"] == []
    assert ELSEWHERE not in {address for _protocol, address, _port in outward(found)}
    assert ("tcp", "198.18.1.20", 8080) in outward(found)
