"""Which settings an advice has a button for: every one that it names, and what was not permitted, in plain words."""

import re
from dataclasses import replace

import pytest
from sample_report import home_record, step

from nexkit.diagnosis.causes import causes
from nexkit.diagnosis.verdict import Finding, Severity
from nexkit.facts.dns import DnsQuery, DnsTransport, NameRole, ResolverAnswers
from nexkit.facts.echo import EchoMethod, EchoSample, echo_stats
from nexkit.facts.network import GatewayReach, TcpAnswer
from nexkit.facts.reach import Reach, ReachAttempt, ReachLayer
from nexkit.outcome import Completed, Failed, Failure, FailureKind
from nexkit.platform.settings import SystemSetting
from nexkit.subject import Subject
from nexkit.texts import Texts
from nexkit.texts.causes import cause_text
from nexkit.texts.evidence import evidence_lines
from nexkit.texts.permissions import Permission, missing_permissions
from nexkit.texts.settings import advised_setting, setting_button
from nexkit.trial import Trial

TEXTS = Texts("en")
NAMES_A_SETTING = re.compile(
    r"(?<!roaming )settings\b|Switch Wi-Fi|Join your Wi-Fi|your organisation's network|isconnect the VPN", re.IGNORECASE
)
SET_ELSEWHERE = {
    "internet.unreachable",
    "lan.client_isolation",
}
"""What is set in the router, or looked at elsewhere."""


def finding(cause, **values):
    return Finding(cause=cause, severity=Severity.BLOCKING, confidence=0.9, evidence=(), values=values)


@pytest.mark.parametrize("cause", sorted(causes()))
def test_every_advice_that_names_a_setting_has_its_page(cause):
    advice = " ".join(cause_text(finding(cause, link="wifi"), TEXTS).advice)
    if NAMES_A_SETTING.search(advice) and cause not in SET_ELSEWHERE:
        assert advised_setting(finding(cause)) is not None, advice


def test_by_cable_the_page_is_that_of_the_network():
    assert advised_setting(finding("lan.wrong_network", link="wifi")) is SystemSetting.WIFI
    assert advised_setting(finding("lan.wrong_network", link="cable")) is SystemSetting.NETWORK
    assert advised_setting(finding("access.line_down")) is None
    assert advised_setting(None) is None


def test_every_page_has_a_button():
    assert len({setting_button(setting, TEXTS) for setting in SystemSetting}) == len(SystemSetting)


# What was not permitted


def echo_of(target, *, received=True, method=EchoMethod.ICMP):
    samples = [EchoSample(at_s=n * 0.1, rtt_ms=2.0 if received else None) for n in range(4)]
    return echo_stats(target, method, samples)


def record_of(*pairs, system="linux"):
    results = tuple(
        step(f"x.{number}", probe, subject, outcome, float(number))
        for number, (probe, subject, outcome) in enumerate(pairs)
    )
    record = home_record(results=results)
    return replace(record, system=replace(record.system, system=system))


def permissions(record):
    return [missing.permission for missing in missing_permissions(record, TEXTS)]


def closed_router(kind=FailureKind.HOST_UNREACHABLE):
    failure = Failure(kind=kind, step="connect")
    return GatewayReach(
        gateway="192.168.10.1",
        interface="en0",
        neighbour=None,
        mac=None,
        tcp=(TcpAnswer(port=53, connect_ms=None, failure=failure),),
    )


def reach_of(kind):
    failure = Failure(kind=kind, step="connect")
    return Reach(
        host="printer.example.com",
        port=443,
        layer=ReachLayer.TCP,
        expected_status=(),
        resolve_ms=None,
        resolve_failure=None,
        attempts=(ReachAttempt(address="192.168.10.20", connect_ms=None, tls=None, http=None, failure=failure),),
    )


def refused_resolver(kind):
    query = DnsQuery(
        name="www.example.com",
        rdtype="A",
        role=NameRole.CONTROL,
        transport=DnsTransport.UDP,
        attempts=1,
        time_ms=None,
        rcode=None,
        addresses=(),
        truncated=None,
        failure=Failure(kind=kind, step="udp"),
    )
    return ResolverAnswers(resolver="192.168.10.1", port=53, queries=(query,))


def test_a_mac_that_keeps_the_program_from_its_own_network_is_told_by_the_internet_behind_it():
    near = ("lan", Subject.GATEWAY, Completed(closed_router()))
    far = ("ping", Subject.ANCHOR, Completed(echo_of("198.18.0.10")))
    silent = ("ping", Subject.ANCHOR, Completed(echo_of("198.18.0.10", received=False)))
    assert Permission.LOCAL_NETWORK in permissions(record_of(near, far, system="macos"))
    assert Permission.LOCAL_NETWORK not in permissions(record_of(near, silent, system="macos"))
    assert Permission.LOCAL_NETWORK not in permissions(record_of(near, far))
    refused = ("lan", Subject.GATEWAY, Completed(closed_router(FailureKind.REFUSED)))
    assert Permission.LOCAL_NETWORK not in permissions(record_of(refused, far, system="macos"))


def test_a_mac_that_says_it_keeps_the_program_from_its_own_network_is_believed():
    near = ("lan", Subject.GATEWAY, Completed(closed_router(FailureKind.PERMISSION)))
    ping = ("ping", Subject.GATEWAY, Failed(Failure(kind=FailureKind.PERMISSION, step="open")))
    found = missing_permissions(record_of(near, ping, system="macos"), TEXTS)
    assert [each.permission for each in found] == [Permission.LOCAL_NETWORK, Permission.NEIGHBOURS]
    assert found[0].setting is SystemSetting.LOCAL_NETWORK
    assert found[0].title == "This program may not speak to your own network"


def test_a_mac_that_keeps_the_program_from_a_service_nearby_is_believed_too():
    near = ("reach", Subject.SERVICE, Completed(reach_of(FailureKind.PERMISSION)))
    assert permissions(record_of(near, system="macos")) == [Permission.LOCAL_NETWORK]
    assert permissions(record_of(near)) == []
    filtered = ("reach", Subject.SERVICE, Completed(reach_of(FailureKind.FILTERED_LOCALLY)))
    assert permissions(record_of(filtered, system="macos")) == []


def test_pings_that_a_mac_keeps_from_the_router_alone_are_no_matter_of_administrators():
    ping = ("ping", Subject.GATEWAY, Failed(Failure(kind=FailureKind.PERMISSION, step="open")))
    assert permissions(record_of(ping, system="macos")) == [Permission.LOCAL_NETWORK]


def test_what_administrators_alone_may_measure_is_no_missing_permission():
    def refused(probe):
        return probe, Subject.COMPUTER, Failed(Failure(kind=FailureKind.PERMISSION, step="open"))

    assert permissions(record_of(refused("segment"))) == []
    assert permissions(record_of(refused("ping"))) == [Permission.PINGS]
    (others,) = missing_permissions(record_of(refused("route")), TEXTS)
    assert others.permission is Permission.OTHERS
    assert "Way to the destination" in others.missing
    assert others.setting is None


# Evidence in plain words


@pytest.mark.parametrize(
    ("probe", "subject", "fact"),
    [
        ("lan", Subject.GATEWAY, closed_router(FailureKind.PERMISSION)),
        ("reach", Subject.CONTROL, reach_of(FailureKind.PERMISSION)),
        ("dns", Subject.RESOLVER, refused_resolver(FailureKind.PERMISSION)),
    ],
)
def test_whoever_the_system_let_nobody_ask_is_not_said_to_have_been_silent(probe, subject, fact):
    record = record_of((probe, subject, Completed(fact)))
    (line,) = evidence_lines(["x.0"], record, TEXTS)
    assert "could not be measured. Your system did not permit the measurement." in line


def test_whoever_was_asked_and_kept_silent_is_said_to_have_been_silent():
    silent = [
        ("lan", Subject.GATEWAY, Completed(closed_router())),
        ("reach", Subject.CONTROL, Completed(reach_of(FailureKind.TIMEOUT))),
        ("dns", Subject.RESOLVER, Completed(refused_resolver(FailureKind.TIMEOUT))),
    ]
    lines = evidence_lines([f"x.{number}" for number in range(3)], record_of(*silent), TEXTS)
    assert ["no sign of life" in line or "never answered" in line for line in lines] == [True] * 3


def test_a_family_that_never_answers_stands_in_a_line_of_its_own():
    record = record_of(
        ("ping", Subject.ANCHOR, Completed(echo_of("198.18.0.10"))),
        ("ping", Subject.ANCHOR, Completed(echo_of("2001:db8:18::10", received=False))),
    )
    assert evidence_lines(("x.0", "x.1", "gone"), record, TEXTS) == (
        "Internet (IPv4): answered every time (4 of 4), as a rule within 2 ms.",
        "Internet (IPv6): never answered (asked 4×).",
    )
    assert evidence_lines(("x.0",), record, TEXTS) == (
        "Internet: answered every time (4 of 4), as a rule within 2 ms.",
    )


def test_what_could_not_be_measured_says_why():
    record = record_of(("route", Subject.ANCHOR, Failed(Failure(kind=FailureKind.NOT_INSTALLED, step="open"))))
    (line,) = evidence_lines(("x.0",), record, TEXTS)
    assert line.startswith("Internet: could not be measured.")
    assert "not installed" in line


def test_trials_know_their_settings():
    from nexkit.texts.settings import trial_setting

    assert trial_setting(Trial.PROXY_OFF) is SystemSetting.PROXY
    assert trial_setting(Trial.RESTART_ROUTER) is None
