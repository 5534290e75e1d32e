"""What a hostile profile, and hostile servers that a good one names, cannot make the kit do."""

import base64
import contextlib
import json
import sys
from ipaddress import ip_address
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
DECLARED = "10.78.0.9"
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
"declared.example.com" = ["{DECLARED}"]
"mapped.example.com" = ["::ffff:127.0.0.1"]
"any.example.com" = ["0.0.0.0"]
"""
    for node in ("resolver1", "resolver2")
)
NAMES = ("loop", "loop9", "own", "cloud", "inner", "mapped", "any")


def service(name, lines):
    return f'\n[[service]]\nid = "{name}"\nname = {{en = "{name}"}}\n{lines}\n'


def run(folder, profile, inject="", *, script="hostile.py", more=(), before=()):
    """What `nexkit diagnose` said with the profile, and what the sniffer and the servers on the client saw."""
    (folder / "profile.toml").write_text(HEAD + profile)
    scenario = folder / "scenario.toml"
    scenario.write_text(SCENARIO.format(inject=inject))
    words = [
        sys.executable,
        "-m",
        "ui.cli",
        "diagnose",
        "--profile",
        str(folder / "profile.toml"),
        "--json",
        "-",
        *more,
    ]
    watching = [sys.executable, str(HERE / script), "--", *before, "env", f"PYTHONPATH={REPOSITORY}"]
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
    said, found = run(tmp_path, INTERNET + other + services, INSIDE, more=("--depth", "quick"))
    assert found["visits"] == []
    assert {each for each in outward(found) if each[1] in {ELSEWHERE, "169.254.169.254"}} == set()
    assert {each for each in outward(found) if each[0] != "arp" and each[1] == "192.168.10.100"} == set()
    assert said["verdict"]["state"] != "fault" or said["verdict"]["segment"] == "device", said["verdict"]
    untested = {each["step"]: each["reason"] for each in said["not_tested"]}
    assert {untested.get(f"reach.service.{name}") for name in NAMES} == {"kit_limit"}
    # The rest of the run is as ever.
    assert ("icmp", "198.18.0.10", None) in outward(found)


def test_a_redirect_inside_is_not_followed_and_what_is_declared_is_tested(tmp_path):
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
    declared = '\n[network]\ninternal = ["10.78.0.0/24"]\n' + service("declared", 'tcp = ["declared.example.com:8080"]')
    _said, found = run(tmp_path, INTERNET + checks + declared, INSIDE + pages, more=("--depth", "quick"))
    assert ("tcp", DECLARED, 8080) in outward(found)
    assert found["visits"] == []
    assert ELSEWHERE not in {address for _protocol, address, _port in outward(found)}
    assert ("tcp", "198.18.1.20", 8080) in outward(found)


SECRET_NAME, SECRET_USER = "kanai-laptop-4711", "ichiro-kanai"
MEASURED = (SECRET_NAME, SECRET_USER, "192.168.10.100", "2001:db8:10::100", "02:00:00:00:00:01", "203.0.113.2", "eth0")
HEADERS = {"host", "user-agent", "accept", "accept-encoding", "connection", "cache-control", "x-nexkit-challenge"}
UPLOAD_HEADERS = {"content-type", "content-length"}


def spellings(text):
    """A value as bytes of a name, a web address or a header may carry it."""
    plain = text.encode()
    packed = plain
    with contextlib.suppress(ValueError):
        packed = ip_address(text).packed
    bare = text.replace(":", "").replace(".", "").replace("-", "").encode()
    return {
        plain,
        plain.hex().encode(),
        packed.hex().encode(),
        base64.b64encode(plain).rstrip(b"="),
        base64.urlsafe_b64encode(plain).rstrip(b"="),
        base64.b32encode(plain).lower().rstrip(b"="),
        plain.replace(b":", b"-"),
        plain.replace(b".", b"-"),
        *({bare} if len(bare) > 4 else ()),
    }


def test_nothing_measured_is_told_to_those_who_are_asked(tmp_path):
    """No name of computer, user or interface and no address: in questions, web addresses, headers, TLS greetings."""
    profile = (HERE / "profile.toml").read_text().partition("[support]")[2]
    plain = service("plain", 'url = "http://www.example.com/page?x=1"\ntcp = ["www.example.net:80"]')
    named = ["unshare", "--user", "--map-root-user", "--uts", "sh", "-c", f'hostname {SECRET_NAME} && exec "$@"', "sh"]
    user = ["env", f"USER={SECRET_USER}", f"LOGNAME={SECRET_USER}", f"HOSTNAME={SECRET_NAME}"]
    more = ("--depth", "full", "--agree", "bulk_traffic", "--ticket", SECRET_USER)
    text = "[support]" + profile.replace("max_bytes = 200_000_000", "max_bytes = 2_000_000") + plain
    _said, found = run(tmp_path, text, script="watched.py", more=more, before=(*named, *user))
    sent = [(each[2], each[4], bytes.fromhex(each[5])) for each in found["packets"] if each[1] != "lo"]
    assert len(sent) > 500
    told = b"\n".join(data.lower() for _protocol, _port, data in sent)
    for value in MEASURED:
        for spelling in spellings(value):
            assert spelling.lower() not in told, (value, spelling)
    requests = [data for protocol, port, data in sent if protocol == "tcp" and port == 80 and b" HTTP/1.1\r\n" in data]
    lines = {data.partition(b"\r\n")[0].decode() for data in requests}
    uploads = {line for line in lines if line.startswith("POST ")}
    assert uploads <= {"POST /upload HTTP/1.1"}, uploads
    assert {line for line in lines - uploads if not line.startswith(("GET ", "HEAD / "))} == set()
    assert "GET /page?x=1 HTTP/1.1" in lines
    names = {
        line.partition(b":")[0].decode().lower()
        for data in requests
        for line in data.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    }
    assert names <= HEADERS | UPLOAD_HEADERS, names - HEADERS
