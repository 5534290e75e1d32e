import asyncio
import datetime as dt
import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import quickjs
from hypothesis import given
from hypothesis import strategies as st
from scripted import context

from nexkit.facts.proxy import ProxyKind, ProxyWay
from nexkit.outcome import FailureKind
from nexkit.platform.api import ProcessResult
from probes.proxy.pac import MAX_LOOKUPS, MAX_ROUNDS, PROGRAM_WORD, _command, _shown_to_pac, _ways, decide
from probes.proxy.pac_functions import PAC_FUNCTIONS
from probes.proxy.pac_program import NOT_INSTALLED_STATUS, evaluate

URL = "https://www.example.com/"
OWN = ("192.168.10.20", "2001:db8:10::20")
NAMES = {
    "www.example.com": ["198.18.2.10", "2001:db8:18::10"],
    "six.example.com": ["2001:db8:18::6"],
    "gone.example.com": [],
}


def answered(script, names=NAMES, time_s=5):
    request = {
        "functions": PAC_FUNCTIONS,
        "script": script,
        "urls": [(URL, "www.example.com")],
        "names": names,
        "own": OWN,
        "time_s": time_s,
    }
    return evaluate(request, quickjs)


def value(expression):
    done = answered(f"function FindProxyForURL(url, host) {{ return JSON.stringify({expression}) || 'undefined'; }}")
    return json.loads(done["answers"][0]["text"])


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('isPlainHostName("www")', True),
        ('isPlainHostName("www.example.com")', False),
        ('isPlainHostName("2001:db8::1")', False),
        ('dnsDomainIs("www.Example.com", ".example.com")', True),
        ('dnsDomainIs("www.example.net", ".example.com")', False),
        ('localHostOrDomainIs("www", "www.example.com")', True),
        ('localHostOrDomainIs("www.example.com", "www.example.com")', True),
        ('localHostOrDomainIs("www.example.net", "www.example.com")', False),
        ("isResolvable(host)", True),
        ('isResolvable("gone.example.com")', False),
        ('isResolvable("six.example.com")', False),
        ('isResolvableEx("six.example.com")', True),
        ("dnsResolve(host)", "198.18.2.10"),
        ('dnsResolve("WWW.example.com.")', "198.18.2.10"),
        ('dnsResolve("192.0.2.1")', "192.0.2.1"),
        ('dnsResolve("gone.example.com")', None),
        ("dnsResolveEx(host)", "198.18.2.10;2001:db8:18::10"),
        ("dnsDomainLevels(host)", 2),
        ("myIpAddress()", OWN[0]),
        ("myIpAddressEx()", ";".join(OWN)),
        ('convert_addr("192.168.0.1")', -1062731775),
        ('convert_addr("no")', 0),
        ('isInNet(host, "198.18.0.0", "255.254.0.0")', True),
        ('isInNet(host, "198.20.0.0", "255.254.0.0")', False),
        ('isInNet("192.0.2.200", "192.0.2.128", "255.255.255.128")', True),
        ('isInNet("gone.example.com", "0.0.0.0", "0.0.0.0")', False),
        ('isInNet(host, "300.0.0.0", "255.0.0.0")', False),
        ('isInNetEx(host, "198.18.0.0/15")', True),
        ('isInNetEx(host, "2001:db8:18::/48")', True),
        ('isInNetEx("2001:db8:19::1", "2001:db8:18::/48")', False),
        ('isInNetEx("::ffff:192.0.2.1", "::ffff:0:0/96")', True),
        ('isInNetEx(host, "198.18.0.0/99")', False),
        ('isInNetEx(host, "198.18.0.0")', False),
        (
            'sortIpAddressList("192.0.2.9; 2001:db8::2;192.0.2.10;2001:db8::1")',
            "2001:db8::1;2001:db8::2;192.0.2.9;192.0.2.10",
        ),
        ('sortIpAddressList("a;b")', False),
        ('shExpMatch("https://a.example.com/x", "*.example.com/*")', True),
        ('shExpMatch("a+b", "a+?")', True),
        ('shExpMatch("aXb", "a.b")', False),
        ('shExpMatch("", "*")', True),
        ('shExpMatch("a*b", "a*")', True),
        ('shExpMatch("ab", "a")', False),
        ('weekdayRange("SUN", "SAT")', True),
        ('weekdayRange("MOO")', False),
        ("dateRange(1, 31)", True),
        ('dateRange("JAN", "DEC", "GMT")', True),
        ("dateRange(1995)", False),
        ("dateRange(1995, 1996)", False),
        ("dateRange(2000, 2999)", True),
        ('dateRange(1, "JAN", 2000, 31, "DEC", 2999)', True),
        ('dateRange("JAN", 2000, "DEC", 2999)', True),
        ('dateRange(24, "DEC", 1995)', False),
        ("dateRange()", False),
        ("timeRange(0, 23)", True),
        ("timeRange(0, 0, 23, 59)", True),
        ('timeRange(0, 0, 0, 23, 59, 59, "GMT")', True),
        ("timeRange(1, 2, 3)", False),
        ('timeRange("now")', False),
        ("timeRange()", False),
        ("getClientVersion()", "1.0"),
        ("alert('a window?') === undefined", True),
        ("typeof std + typeof os + typeof require + typeof fetch", "undefined" * 4),
    ],
)
def test_what_a_pac_file_may_call(expression, expected):
    assert value(expression) == expected


def in_london(moment, expression):
    """The value with the engine's clock set, in a time zone in which winter is GMT."""
    millis = int(moment.timestamp() * 1000)
    clock = f"(function () {{ const D = Date; Date = class extends D {{ constructor() {{ super({millis}); }} }}; }})();"
    done = answered(f"{clock} function FindProxyForURL() {{ return JSON.stringify({expression}); }}")
    return json.loads(done["answers"][0]["text"])


@pytest.fixture
def london(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/London")
    time.tzset()
    yield
    monkeypatch.delenv("TZ")
    time.tzset()


SATURDAY = dt.datetime(2026, 11, 21, 23, 30, 15, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('weekdayRange("SAT")', True),
        ('weekdayRange("MON", "FRI")', False),
        ('weekdayRange("FRI", "MON")', True),
        ('weekdayRange("SUN", "TUE")', False),
        ("dateRange(21)", True),
        ("dateRange(22)", False),
        ('dateRange("NOV")', True),
        ('dateRange("DEC", "FEB")', False),
        ('dateRange("OCT", "FEB")', True),
        ('dateRange(21, "NOV", 2026)', True),
        ('dateRange(22, "NOV", 31, "DEC")', False),
        ('dateRange(1, "JUN", 21, "NOV")', True),
        ("timeRange(23)", True),
        ("timeRange(22, 6)", True),
        ("timeRange(0, 22)", False),
        ("timeRange(23, 0, 23, 29)", False),
        ("timeRange(23, 30, 23, 31)", True),
        ("timeRange(23, 30, 15, 23, 30, 15)", True),
        ("timeRange(23, 30, 16, 23, 59, 59)", False),
    ],
)
@pytest.mark.posix("Windows sets no zone by a variable")
def test_ranges_of_time_around_a_saturday_night(london, expression, expected):
    assert in_london(SATURDAY, expression) is expected


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("while (true);", "time"),
        ("function FindProxyForURL() { while (true); }", "time"),
        ('let all = []; while (true) all.push("x".repeat(1000));', "memory"),
        ('"x".repeat(2 ** 29)', "memory"),
        ("function f() { f(); } f();", "broken"),
        ("not a program", "broken"),
        ("", "broken"),
        ("function FindProxyForURL() { throw 1; }", "broken"),
        ("const x = { get FindProxyForURL() { return 1; } };", "broken"),
    ],
)
def test_what_cannot_be_evaluated(script, error):
    # What ends for another reason has time, on a slow computer too.
    assert answered(script, time_s=0.2 if error == "time" else 10.0) == {"answers": [], "wanted": [], "error": error}


@pytest.mark.parametrize("result", ["5", "null", "undefined", "{}", "[]"])
def test_an_answer_that_is_no_text_is_none(result):
    assert answered(f"function FindProxyForURL() {{ return {result}; }}")["answers"] == [{"error": "broken"}]


def test_the_function_may_be_a_constant_and_microsofts_counts_where_there_is_no_other():
    assert answered("const FindProxyForURL = () => 'DIRECT'")["answers"] == [{"text": "DIRECT"}]
    assert answered("function FindProxyForURLEx() { return 'DIRECT'; }")["answers"] == [{"text": "DIRECT"}]


def test_names_that_are_not_known_are_wanted_once_each_and_no_more_than_a_few():
    script = (
        "function FindProxyForURL() { for (let i = 0; i < 999; i++) dnsResolve(`n${i >> 1}.example.com`); return ''; }"
    )
    wanted = answered(script)["wanted"]
    assert wanted == [f"n{i}.example.com" for i in range(32)]


def test_an_endless_answer_is_cut_off():
    assert len(answered("function FindProxyForURL() { return 'x'.repeat(1e6); }")["answers"][0]["text"]) == 2048


class PacPlatform:
    """Evaluates in this process, and looks names up in a table."""

    def __init__(self, names=None, result=None):
        self.names = names or {}
        self.result = result
        self.started = 0
        self.looked_up = []

    async def run_program(self, arguments, *, timeout_s, max_output_bytes, input_bytes):
        self.started += 1
        if isinstance(self.result, Exception):
            raise self.result
        if self.result is not None:
            return self.result
        stdout = json.dumps(evaluate(json.loads(input_bytes), quickjs)).encode()
        return ProcessResult(exit_status=0, stdout=stdout, stderr=b"")

    async def resolve(self, host, family=None):
        self.looked_up.append(host)
        if host not in self.names:
            raise socket.gaierror(socket.EAI_NONAME, "not in the table")
        return self.names[host]


def decided(script, platform, urls=(URL,)):
    return asyncio.run(decide(script, urls, OWN, context(platform)))


def test_names_are_looked_up_between_evaluations():
    platform = PacPlatform({"www.example.com": ("2001:db8::1", "198.18.2.10")})
    done = decided(
        "function FindProxyForURL(u, h) { return isInNet(h, '198.18.0.0', '255.254.0.0') ? 'PROXY p:1' : ''; }",
        platform,
    )
    assert done.ways == ((ProxyWay(kind=ProxyKind.HTTP, host="p", port=1),),)
    assert (platform.started, platform.looked_up) == (2, ["www.example.com"])
    assert [(lookup.name, lookup.failure) for lookup in done.lookups] == [("www.example.com", None)]


def test_a_name_that_does_not_exist_is_asked_for_once():
    platform = PacPlatform()
    done = decided("function FindProxyForURL(u, h) { return isResolvable(h) ? 'PROXY p:1' : 'DIRECT'; }", platform)
    assert done.ways[0][0].kind is ProxyKind.DIRECT
    assert done.lookups[0].failure.kind is FailureKind.NAME_NOT_FOUND


def test_what_is_no_name_is_never_asked_for():
    platform = PacPlatform()
    done = decided("function FindProxyForURL() { return dnsResolve('two words\\n'.repeat(9)) || 'DIRECT'; }", platform)
    assert (platform.looked_up, done.lookups, done.failure) == ([], [], None)
    assert done.ways[0][0].kind is ProxyKind.DIRECT


def test_endless_lookups_in_a_row_end():
    platform = PacPlatform()
    step = "if (dnsResolve(n + '.example.com')) break; n += 'a'; if (n.length > 60) return '';"
    script = f"function FindProxyForURL() {{ let n = 'a'; while (true) {{ {step} }} }}"
    done = decided(script, platform)
    assert done.failure.kind is FailureKind.BUDGET
    assert len(platform.looked_up) <= MAX_LOOKUPS


def test_endless_rounds_end():
    class Everything(PacPlatform):
        async def resolve(self, host, family=None):
            self.looked_up.append(host)
            return ("192.0.2.1",)

    platform = Everything()
    done = decided(
        "function FindProxyForURL() { let n = 'a'; while (dnsResolve(n + '.example.com')) n += 'a'; return ''; }",
        platform,
    )
    assert (done.failure.kind, platform.started) == (FailureKind.BUDGET, MAX_ROUNDS)


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        (TimeoutError(), FailureKind.TIMEOUT),
        (FileNotFoundError(2, "gone"), FailureKind.OTHER),
        (ProcessResult(exit_status=NOT_INSTALLED_STATUS, stdout=b"", stderr=b""), FailureKind.NOT_INSTALLED),
        (ProcessResult(exit_status=-11, stdout=b"", stderr=b""), FailureKind.OTHER),
        (ProcessResult(exit_status=0, stdout=b"half of", stderr=b""), FailureKind.OTHER),
    ],
)
def test_a_process_that_does_not_do_its_work_is_a_failure(result, kind):
    done = decided("function FindProxyForURL() { return ''; }", PacPlatform(result=result))
    assert (done.failure.step, done.failure.kind, done.ways) == ("pac_evaluate", kind, ())


HTTP = ProxyWay(kind=ProxyKind.HTTP, host="p.example.com", port=8080)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("PROXY p.example.com:8080", [HTTP]),
        (" proxy  P.example.com:8080 ;; DIRECT ", [HTTP, ProxyWay(kind=ProxyKind.DIRECT)]),
        ("HTTPS p.example.com", [ProxyWay(kind=ProxyKind.HTTPS, host="p.example.com", port=443)]),
        ("SOCKS [2001:db8::1]:1081", [ProxyWay(kind=ProxyKind.SOCKS5, host="2001:db8::1", port=1081)]),
        ("SOCKS4 p.example.com", [ProxyWay(kind=ProxyKind.SOCKS4, host="p.example.com", port=1080)]),
        ("", [ProxyWay(kind=ProxyKind.DIRECT)]),
        ("PROXY p.example.com:8080; PROXY p.example.com:8080", [HTTP]),
        ("PROXY", []),
        ("PROXY p.example.com:99999", []),
        ("PROXY two words", []),
        ("QUIC p.example.com:443; PROXY p.example.com:8080", [HTTP]),
        (None, []),
    ],
)
def test_answers_are_read(answer, expected):
    assert _ways(answer) == tuple(expected)


@given(st.text())
def test_any_answer_is_read_without_an_error(answer):
    assert len(_ways(answer)) <= 8


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:word@www.example.com/private?key=1", "https://www.example.com/"),
        ("http://www.example.com:8080/page?key=1#part", "http://www.example.com:8080/page?key=1"),
        ("http://www.example.com", "http://www.example.com/"),
    ],
)
def test_a_file_is_not_told_what_an_encrypted_page_is_about(url, shown):
    assert _shown_to_pac(url) == shown


@pytest.mark.parametrize("command", [_command(), (sys.executable, "-m", "ui.cli", PROGRAM_WORD)])
def test_the_program_runs_by_itself_and_as_the_frozen_one_starts_it(command):
    request = {
        "functions": PAC_FUNCTIONS,
        "script": "function FindProxyForURL() { return 'DIRECT'; }",
        "urls": [[URL, "www.example.com"]],
        "names": {},
        "own": [],
        "time_s": 1,
    }
    done = subprocess.run(command, input=json.dumps(request).encode(), stdout=subprocess.PIPE, check=True)
    assert json.loads(done.stdout)["answers"] == [{"text": "DIRECT"}]


def test_the_frozen_program_starts_the_one_that_has_a_standard_output(monkeypatch):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", "/opt/nexkit/nexkit-wizard.exe")
    assert _command() == (str(Path("/opt/nexkit/nexkit.exe")), PROGRAM_WORD)
