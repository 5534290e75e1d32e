"""Profiles of somebody who means harm: every way out of the kit's limits is refused, with its place, at once."""

import sys
import time
from pathlib import Path

import pytest

from nexkit.profile_file import MAX_PROFILE_BYTES, parse_profile, read_profile_file
from nexkit.profile_refusal import ProfileError

HEAD = """schema = 1
id = "example-corp"
name = {en = "Example Corp"}
serial = 7
not_before = 2026-11-01T00:00:00Z
not_after = 2027-10-31T23:59:59Z
"""


def service(**keys):
    lines = "".join(f"{key} = {value}\n" for key, value in keys.items())
    return f'[[service]]\nid = "a"\nname = {{en = "A"}}\n{lines}'


def refused(text):
    started = time.monotonic()
    with pytest.raises(ProfileError) as error:
        parse_profile((HEAD + text).encode("utf-8", "surrogatepass"), "p.toml")
    assert time.monotonic() - started < 2
    message = str(error.value)
    assert message.isprintable()
    assert len(message) < 1500
    return message


HOSTS = [
    "127.0.0.1",
    "127.9.9.9",
    "0.0.0.0",
    "0.1.2.3",
    "169.254.169.254",
    "169.254.1.1",
    "224.0.0.1",
    "239.255.255.250",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "::7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::a00:1",
    "2002:7f00:1::1",
    "2002:a9fe:a9fe::1",
    "localhost",
    "localhost.",
    "LOCALHOST",
    "www.localhost",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "198.18.0.0/24",
    "198.18.0.1-9",
    "198.18.0.*",
    "*.example.com",
    "*",
    "www.example.com,www.example.net",
    "www.example.com www.example.net",
    "{host}.example.com",
    "$HOSTNAME.example.com",
    "${USER}.example.com",
    "`id`.example.com",
    "$(id).example.com",
    "-oProxyCommand=x",
    "../../etc/passwd",
    "/etc/passwd",
    "C:\\\\windows",
    "www.example.com\\r\\nHost: x",
    "www.example.com\\u0000",
    "www.exa\\u202emple.com",
    "www.exa\\u200bmple.com",
    "wwẃ.example.com",
    "",
    "a" * 300,
]


@pytest.mark.parametrize("host", HOSTS)
def test_what_is_no_host_of_others_is_no_target_anywhere(host):
    is_v6 = ":" in host and "Host" not in host and "\\" not in host
    bracketed = f"[{host}]" if is_v6 else host
    for text in (
        f'[internet]\nanchors = ["{host}"]\n',
        f'[internet]\nnames = ["{host}"]\n',
        f'[internet]\nresolvers = ["{host}"]\n',
        f'[internet]\ntime = ["{host}"]\n',
        f'[internet]\ncarrier_internal = ["{host}"]\n',
        f'[internet]\nstun = ["{bracketed}:3478"]\n',
        f'[internet]\nportal_checks = ["http://{bracketed}/"]\n',
        f'[internet]\nencrypted_resolvers = ["https://{bracketed}/dns-query"]\n',
        f'[vpn]\nname = "V"\nserver = "{bracketed}:4500/udp"\n',
        f'[vpn]\nname = "V"\nresolvers = ["{host}"]\n',
        f'[load]\nserver = "http://{bracketed}/"\n',
        f'[load]\nbackend = "iperf3"\nserver = "{bracketed}:5201"\n',
        service(tcp=f'["{bracketed}:443"]'),
        service(udp=f'["{bracketed}:4500"]'),
        service(url=f'"https://{bracketed}/"'),
    ):
        # A path behind a host is a web address like any other.
        if "://" in text and "/" in host:
            continue
        assert refused(text).startswith("p.toml")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://www.example.com/",
        "gopher://www.example.com/",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://user:secret@www.example.com/",
        "https://@www.example.com/",
        "https://www.example.com/?host={host}",
        "https://www.example.com/{bytes}",
        "https://www.example.com/${HOSTNAME}",
        "https://www.example.com/a b",
        "https://www.example.com/\\u202e",
        "https://www.example.com\\\\@evil.example/",
        "https://www.example.com:0/",
        "https://www.example.com:65536/",
        "https://www.example.com:99999999999999999999/",
        "https:///",
        "//www.example.com/",
        "www.example.com",
        "https://[::1/",
        "https://www.example.com/\\nHost: x",
    ],
)
def test_what_is_no_plain_web_address_is_refused(url):
    assert "line 9" in refused(service(url=f'"{url}"')) or "line 10" in refused(service(url=f'"{url}"'))
    refused(f'[support]\nurl = "{url}"\n')


@pytest.mark.parametrize(
    "path",
    [
        "{host}",
        "d?x={user}&n={bytes}",
        "{bytes}{",
        "{{bytes}}",
        "{bytes:x}",
        "{bytes.__class__}",
        "%(bytes)s {0}",
        "../../secret",
        "a//b",
        "//evil.example/x",
        "https://evil.example/x",
        "a b",
        "a\\\\b",
    ],
)
def test_bytes_is_the_only_placeholder_and_the_path_stays_on_the_server(path):
    for key in ("download", "upload"):
        assert "line 9" in refused(f'[load]\nserver = "https://speed.example.com/"\n{key} = "{path}"\n')


@pytest.mark.parametrize("port", ["0", "65536", "-1", "1-1024", "*", "80,443", "", "8e1", "٣", "0x50", "99999999999"])
def test_a_port_is_one_number(port):
    assert "HOST:PORT" in refused(service(tcp=f'["www.example.com:{port}"]'))


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "172.16.5.5", "192.168.1.1", "100.64.0.1", "fd00::1", "::ffff:192.168.1.1"]
)
def test_a_private_target_stands_in_a_network_that_the_profile_calls_its_own(address):
    place = f"[{address}]" if ":" in address else address
    for text in (
        service(tcp=f'["{place}:80"]'),
        service(url=f'"http://{place}/"'),
        f'[load]\nserver = "http://{place}/"\n',
        f'[internet]\nanchors = ["{address}"]\n',
        f'[internet]\nportal_checks = ["http://{place}/"]\n',
        f'[network]\nprefixes = ["10.99.0.0/16"]\ninternal = ["192.168.77.0/24"]\n{service(tcp=f"""["{place}:80"]""")}',
        f'[vpn]\nname = "V"\nroutes = ["0.0.0.0/0", "::/0"]\n{service(tcp=f"""["{place}:80"]""")}',
    ):
        assert "[network] internal" in refused(text)


@pytest.mark.parametrize(
    "text",
    [
        '[network]\ninternal = ["192.168.10.40/32"]\n' + service(tcp='["192.168.10.40:631"]'),
        '[network]\nprefixes = ["192.168.10.0/24"]\n' + service(tcp='["192.168.10.40:631"]'),
        '[network]\nresolvers = ["192.168.10.1"]\n',
        '[vpn]\nname = "V"\nroutes = ["10.50.0.0/24"]\nresolvers = ["10.50.0.53"]\n' + service(tcp='["10.50.0.9:443"]'),
        '[internet]\ncarrier_internal = ["100.64.0.1", "10.0.0.1"]\n',
    ],
)
def test_what_the_profile_calls_its_own_is_taken(text):
    parse_profile((HEAD + text).encode(), "p.toml")


@pytest.mark.parametrize(
    "internal", ["0.0.0.0/0", "198.18.0.0/24", "127.0.0.0/8", "169.254.0.0/16", "::/0", "10.0.0.0/7"]
)
def test_only_private_networks_can_be_called_internal(internal):
    assert "private network" in refused(f'[network]\ninternal = ["{internal}"]\n')


def test_hosts_and_ports_are_few():
    names = ", ".join(f'"h{number}.example.com"' for number in range(30))
    assert "at most 32" in refused(
        f"[internet]\nnames = [{names}]\ntime = [{names.replace('example.com', 'example.net')}]\n"
    )
    ports = ", ".join(f'"www.example.com:{port}"' for port in range(1, 9))
    assert "at most 8" in refused(service(tcp=f"[{ports}]", url='"http://www.example.com:99/"'))
    many = ", ".join(f'"h{number}.example.com"' for number in range(33))
    assert "at most 32" in refused(f"[internet]\nnames = [{many}]\n")
    services = "".join(service(url='"https://a.example/"').replace('id = "a"', f'id = "a{n}"') for n in range(17))
    assert "at most 16" in refused(services)


@pytest.mark.parametrize(
    "text",
    [
        "exec = 'rm -rf /'\n",
        "[[probe]]\nid = 'ping'\n",
        "[plugins]\npath = '/tmp/x.py'\n",
        "[environment]\nPATH = '/tmp'\n",
        "[consent]\npre_ticked = true\n",
        "[share]\nauto_send = 'https://evil.example/'\n",
        "[schedule]\nevery = 60\n",
        "[limits]\nmax_targets = 1000\n",
        "[masking]\nloosen = ['addresses']\n",
        "[load]\nserver = 'https://a.example/'\nheaders = ['X: y']\n",
        service(url='"https://a.example/"', method='"POST"'),
        service(url='"https://a.example/"', command='"id"'),
        '[support]\nname = "A"\nexecute = "x"\n',
        '"a\\u202eb" = 1\n',
        '"a\\nb" = 1\n',
        '"' + "k" * 5_000 + '" = 1\n',
    ],
)
def test_what_the_schema_does_not_know_is_refused_with_its_line(text):
    message = refused(text)
    assert "unknown key" in message
    assert "line" in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[support]\nemail = "help@example.com?bcc=x@evil.example"\n', "mail address"),
        ('[support]\nemail = "a b@example.com"\n', "mail address"),
        ('[support]\nemail = "help@"\n', "mail address"),
        ('[support]\nname = "A\\u202eB"\n', "printable"),
        ('[support]\nname = "' + "A" * 300 + '"\n', "200"),
        ('[support]\nrecipients = ["/etc/passwd"]\n', "age"),
        ('[support]\nrecipients = ["ssh-ed25519 AAAA"]\n', "age"),
        ('[licence]\nen = "a\\u202eb"\n', "invisible"),
        ('[licence]\nen = "a\\u0007b"\n', "invisible"),
        ('[licence]\nja = "a"\n', "English"),
        ('[network]\nssids = ["a\\u001b[2J"]\n', "printable"),
        ('[internet]\nportal_checks = ["http://a.example/|' + "x" * 600 + '"]\n', "500"),
        ("[load]\nserver = 'https://a.example/'\nmax_bytes = 2_000_000_000\n", "between"),
        ("[load]\nserver = 'https://a.example/'\nexpect_down_mbit_s = inf\n", "number"),
        ("[load]\nserver = 'https://a.example/'\nexpect_down_mbit_s = nan\n", "number"),
        (service(url='"https://a.example/"', expect_status="[" + "200, " * 100 + "]"), "at most 32"),
        (service(url='"https://a.example/"', needs='["exec"]'), "none of"),
    ],
)
def test_values_are_what_they_are_for(text, words):
    assert words in refused(text)


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "[" * 50_000 + "]" * 50_000,
        "x = " + "{a=" * 20_000 + "1" + "}" * 20_000,
        ".".join("a" * 60_000) + " = 1",
        "[" + ".".join("a" * 60_000) + "]",
        "x = " + "9" * 100_000,
        'x = """' + "\n" * 200_000 + '"""',
        "[[a]]\n" * 30_000,
        "".join(f"k{number} = 1\n" for number in range(15_000)),
        "# " + "x" * 240_000 + "\nunknown = 1",
        "x = 0000-00-00T00:00:00Z",
        "\ud800",
    ],
    ids=["arrays", "tables", "key", "header", "digits", "lines", "many tables", "many keys", "comment", "date", "half"],
)
def test_what_would_take_long_or_much_memory_is_refused_at_once(text):
    refused(text + "\n")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such file")
def test_an_endless_file_is_not_read_to_its_end():
    assert len(read_profile_file(Path("/dev/zero"))) == MAX_PROFILE_BYTES + 1
