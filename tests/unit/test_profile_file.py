"""Profiles: what is taken, and that everything else is refused with its place."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexkit.facts.load import LoadBackend
from nexkit.profile import Load
from nexkit.profile_file import BUILT_IN, built_in_profile, loaded_profile, parse_profile
from nexkit.profile_refusal import ProfileError
from nexkit.run_record import ProfileTrust

NOW = datetime(2026, 11, 20, tzinfo=UTC)
HEAD = """schema = 1
id = "example-corp"
name = {en = "Example Corp", ja = "エグザンプル株式会社"}
serial = 7
not_before = 2026-11-01T00:00:00Z
not_after = 2027-10-31T23:59:59Z
"""
WHOLE = (
    HEAD
    + """
[licence]
en = "Use it well."

[support]
name = "Example Helpdesk"
email = "help@example.com"
url = "https://help.example.com/new"

[internet]
portal_checks = ["http://connect.example.com/generate_204", "http://check.example.net/ok.txt|all fine"]
anchors = ["198.18.0.10", "2001:db8:18::10"]
names = ["www.example.com"]
resolvers = ["198.18.53.53"]

[vpn]
name = "Example VPN"
server = "vpn.example.com:4500/udp"

[load]
server = "https://speed.example.com/"
backend = "http"
expect_down_mbit_s = 90
max_bytes = 100_000_000

[[service]]
id = "mail"
name = {en = "Mail"}
url = "https://mail.example.com/"
tcp = ["imap.example.com:993", "[2001:db8::1]:587"]
expect_status = [200, 302]
needs = ["clock:30s", "udp"]
"""
)


@pytest.mark.parametrize(
    ("lines", "host", "public"),
    [
        ('backend = "ndt7"', "", True),
        ('backend = "ndt7"\nserver = "https://ndt.example.com/"', "ndt.example.com", False),
        ('backend = "librespeed"\nserver = "https://speed.example.com/"', "speed.example.com", False),
        ('backend = "iperf3"\nserver = "speed.example.com"', "speed.example.com", False),
        ('backend = "iperf3"\nserver = "[2001:db8::1]:5202"', "2001:db8::1", False),
        ('backend = "ookla"', "", True),
        ('backend = "none"', "", False),
    ],
)
def test_every_back_end_of_the_load_test_can_be_named(lines, host, public):
    load = parse_profile((HEAD + f"[load]\n{lines}\n").encode(), "p.toml").load
    assert (load.host, load.is_public) == (host, public)


def test_what_a_load_test_will_likely_transfer_is_told_where_the_line_is_known():
    def likely(**values):
        return Load(**values).likely_bytes

    assert likely() is None
    assert likely(expect_down_mbit_s=100) is None
    assert likely(expect_down_mbit_s=100, expect_up_mbit_s=10) == 37_500_000 + 3_750_000
    assert likely(expect_down_mbit_s=1000, expect_up_mbit_s=10, max_bytes=200_000_000) == 100_000_000 + 3_750_000


def test_a_whole_profile_is_read():
    profile = parse_profile(WHOLE.encode(), "p.toml")
    assert profile.name["ja"] == "エグザンプル株式会社"
    assert profile.internet.portal_checks[1].body == "all fine"
    assert profile.internet.portal_checks[0].body is None
    assert profile.load.backend is LoadBackend.HTTP
    assert profile.load.max_bytes == 100_000_000
    service = profile.services[0]
    assert [(target.host, target.port) for target in service.tcp] == [("imap.example.com", 993), ("2001:db8::1", 587)]
    assert service.expect_status == (200, 302)


def test_the_built_in_profile_is_valid():
    loaded = built_in_profile(NOW)
    assert loaded.reference.trust is ProfileTrust.BUILT_IN
    assert loaded.toml == BUILT_IN.read_bytes()
    assert len(loaded.profile.internet.anchors) >= 4


@pytest.mark.parametrize(
    ("change", "place", "words"),
    [
        (HEAD + "colour = 1\n", "line 7", "unknown key 'colour'"),
        (HEAD.replace("schema = 1", "schema = 2"), "line 1", "must be 1"),
        (HEAD.replace("serial = 7", 'serial = "7"'), "line 4", "whole number"),
        (HEAD.replace("serial = 7", "serial = true"), "line 4", "whole number"),
        (HEAD.replace("serial = 7\n", ""), "p.toml", "'serial' is missing"),
        (HEAD.replace("example-corp", "Example Corp"), "line 2", "a-z"),
        (HEAD.replace("2027-10", "2025-10"), "line 6", "after not_before"),
        (HEAD.replace("00:00:00Z", "00:00:00"), "line 5", "time zone"),
        (HEAD.replace('en = "Example Corp", ', ""), "line 3", "English"),
        (HEAD + '[internet]\nanchors = ["127.0.0.1"]\n', "line 8", "127.0.0.1"),
        (HEAD + '[internet]\nanchors = ["198.18.0.0/24"]\n', "line 8", "address"),
        (HEAD + '[internet]\nnames = ["*.example.com"]\n', "line 8", "host name"),
        (HEAD + '[internet]\nnames = ["localhost"]\n', "line 8", "host name"),
        (HEAD + '[internet]\nportal_checks = ["https://a.example/"]\n', "line 8", "web address"),
        (HEAD + '[load]\nbackend = "iperf"\n', "line 8", "not built into this version"),
        (HEAD + '[load]\nbackend = "ookla"\nserver = "https://s.example/"\n', "line 9", "chooses its servers itself"),
        (HEAD + '[load]\nbackend = "iperf3"\nserver = "https://s.example/"\n', "line 9", "neither a host name"),
        (HEAD + '[load]\nbackend = "librespeed"\n', "line 7", "web address"),
        (HEAD + '[load]\nserver = "https://s.example/"\ndownload = "d?x={host}"\n', "line 9", "only placeholder"),
        (HEAD + '[load]\nserver = "https://s.example/"\nmax_bytes = 999_999_999_999\n', "line 9", "between"),
        (HEAD + '[load]\nserver = "https://s.example/?x=1"\n', "line 8", "must end with its path"),
        (HEAD + '[network]\nprefixes = ["192.168.10.1/24"]\n', "line 8", "must be a network"),
        (HEAD + '[vpn]\nname = "V"\nroutes = ["all"]\n', "line 9", "must be a network"),
        (HEAD + '[[service]]\nid = "a"\nname = {en = "A"}\n', "line 8", "one of url, tcp, udp"),
        (
            HEAD + '[[service]]\nid="a"\nname={en="A"}\nurl="https://a.example/"\n[[service]]\nid="b"\nname={en="B"}\n'
            'url="ftp://b.example/"\n',
            "line 14",
            "web address",
        ),
        (
            HEAD + '[[service]]\nid="a"\nname={en="A"}\ntcp=["a.example:0"]\n',
            "line 10",
            "HOST:PORT",
        ),
        (HEAD + '[[service]]\nid="a"\nname={en="A"}\nurl="https://u:p@a.example/"\n', "line 10", "web address"),
        (HEAD + "x = [\n", "p.toml", "not valid TOML"),
        (HEAD + '[internet]\nanchors = ["192.0.2.1#x"]\n', "line 8", "address"),
        (HEAD + '[internet]\nanchors = ["2001:db8::1%eth0"]\n', "line 8", "address"),
        (HEAD + '[internet]\nanchors = ["::ffff:127.0.0.1"]\n', "line 8", "address"),
        (HEAD + '[internet]\nnames = ["2130706433"]\n', "line 8", "host name"),
        (HEAD + '[internet]\nportal_checks = ["http://127.1/"]\n', "line 8", "host name"),
        (HEAD + '[internet]\nportal_checks = ["http://[::1]/"]\n', "line 8", "another host"),
        (HEAD.replace('"Example Corp"', '"Example\\u202eCorp"'), "line 3", "invisible"),
        (HEAD + '[[service]]\nid="url"\nname={en="A"}\nurl="https://a.example/"\n', "line 8", "a user types"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(change, place, words):
    with pytest.raises(ProfileError) as error:
        parse_profile(change.encode(), "p.toml")
    message = str(error.value)
    assert place in message
    assert words in message
    assert "\n" not in message


def test_a_file_that_is_not_text_is_refused():
    with pytest.raises(ProfileError, match="line 2: not UTF-8"):
        parse_profile(b"schema = 1\n\xff", "p.toml")


def test_a_huge_file_is_refused_unread():
    with pytest.raises(ProfileError, match="larger than"):
        parse_profile(b"#" * 300_000, "p.toml")


def test_a_profile_out_of_its_time_names_whom_to_ask(tmp_path):
    file = tmp_path / "p.toml"
    file.write_text(WHOLE, encoding="utf-8")
    with pytest.raises(ProfileError, match=r"help@example\.com"):
        loaded_profile(file.read_bytes(), file.name, datetime(2028, 1, 1, tzinfo=UTC), ProfileTrust.NAMED)


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "1" * 5_000,
        "x = " + "[" * 100_000,
        ".".join("a" * 100_000) + " = 1",
        "[" + ".".join("a" * 100_000) + "]",
        ".".join(['"\\""'] * 40_000) + " = 1",
        'x = """\n[' + " " * 200_000 + '"""',
        'x = "' + '\\"' * 100_000 + '"',
    ],
    ids=["digits", "arrays", "key", "table", "quoted key", "spaces", "escapes"],
)
def test_what_would_take_long_or_much_memory_is_refused_at_once(text):
    with pytest.raises(ProfileError):
        parse_profile((HEAD + text + "\n").encode(), "p.toml")


def test_texts_keep_the_wide_space_and_a_licence_its_lines():
    text = HEAD.replace("株式会社", "\u3000株式会社") + '[licence]\nen = """\none\n\ttwo\n"""\n'
    profile = parse_profile(text.encode(), "p.toml")
    assert "\u3000" in profile.name["ja"]
    assert profile.licence["en"] == "one\n\ttwo\n"


@given(st.binary(max_size=400))
def test_no_bytes_crash_the_reader(data):
    with pytest.raises(ProfileError):
        parse_profile(data, "p.toml")


@given(st.text(max_size=60), st.sampled_from(["anchors", "names", "resolvers", "portal_checks", "time"]))
def test_no_target_text_crashes_the_reader(text, key):
    quoted = "".join(f"\\U{ord(character):08x}" if character != "\x00" else " " for character in text)
    try:
        parse_profile((HEAD + f'[internet]\n{key} = ["{quoted}"]\n').encode("utf-8", "replace"), "p.toml")
    except ProfileError as error:
        assert "\n" not in str(error)  # noqa: PT017  some texts are good targets
