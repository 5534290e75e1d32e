"""What is offered next: only what can tell something here, never twice, and what each outcome speaks for."""

from dataclasses import replace

import pytest
from diagnosis_records import DUAL_STACK, ROUTE4, ROUTE6, STARTED, address, interface, network, record

from nexkit.diagnosis.trials import begin, measured_again, next_trial, sides, skip, told
from nexkit.diagnosis.verdict import (
    Diagnosis,
    Finding,
    LeftOpen,
    Rung,
    RungState,
    Segment,
    Severity,
    Verdict,
    VerdictState,
)
from nexkit.facts.network import InterfaceKind, Proxy, ProxySettings
from nexkit.request import Symptom
from nexkit.run_record import Expectations, NetworkMet, VpnMet
from nexkit.texts import Texts
from nexkit.texts.trials import meaning, result_text, trial_line, trial_text
from nexkit.trial import TOLD, Effect, Trial

CABLE = network(interface("eth0", *DUAL_STACK))
WIFI = network(interface("eth0", *DUAL_STACK, kind=InterfaceKind.WIFI))
BOTH = network(interface("eth0", *DUAL_STACK), interface("wlan0", kind=InterfaceKind.WIFI, carrier=False))
PROXIED = network(interface("eth0", *DUAL_STACK), proxy=ProxySettings(https=Proxy(host="proxy.example.com", port=3128)))


def vpn(routes):
    tunnel = interface("tun0", address("10.50.0.2"), kind=InterfaceKind.VPN)
    return network(interface("eth0", *DUAL_STACK), tunnel, routes=routes)


TUNNELLED = vpn((replace(ROUTE4, interface="tun0", gateway=None, metric=50), ROUTE4, ROUTE6))
IDLE_TUNNEL = vpn((ROUTE4, ROUTE6))


def judged(cause=None, *, segment=None, state=VerdictState.FAULT, others=(), left_open=()):
    """A diagnosis with a cause for its root, or a segment alone."""
    findings = tuple(
        Finding(cause=each, severity=Severity.DEGRADED, confidence=0.9, evidence=("ping.anchor1",))
        for each in ((cause,) if cause else ()) + others
    )
    where = findings[0].segment if cause else segment
    return Diagnosis(
        verdict=Verdict(state=state, segment=where, cause=cause, confidence=0.9),
        findings=findings,
        ladder=tuple(Rung(segment=each, state=RungState.PASS, because=()) for each in Segment),
        not_tested=(),
        rules_version="1",
        started_at=STARTED,
        took_s=1.0,
        left_open=left_open,
    )


def offered(facts, diagnosis, expectations=None, **changes):
    """All steps in order, as a user meets them who cannot do any."""
    run = replace(record({} if facts is None else {"interfaces": facts}, expectations), **changes)
    series, found = begin(run, diagnosis), []
    while (trial := series.offer()) is not None:
        found.append(trial.value)
        series = skip(series, trial)
    return found


@pytest.mark.parametrize(
    ("cause", "facts", "steps"),
    [
        ("lan.wifi_weak", WIFI, ["move_closer", "use_cable"]),
        ("lan.loss", WIFI, ["use_cable", "move_closer", "restart_router"]),
        ("lan.loss", CABLE, ["other_cable", "restart_router"]),
        ("lan.loss", BOTH, ["other_cable", "use_wifi", "restart_router"]),
        ("lan.cable_degraded", BOTH, ["other_cable", "use_wifi"]),
        ("access.slow", CABLE, ["pause_transfers", "restart_router"]),
        ("access.slow", WIFI, ["pause_transfers", "use_cable", "restart_router"]),
        ("access.slow", TUNNELLED, ["vpn_off", "pause_transfers", "restart_router"]),
        ("access.slow", IDLE_TUNNEL, ["pause_transfers", "restart_router"]),
        ("security.proxy_unreachable", PROXIED, ["proxy_off"]),
        ("security.proxy_unreachable", CABLE, []),
        ("lan.captive_portal", WIFI, ["sign_in"]),
        ("gateway.dns_broken", CABLE, ["restart_router"]),
        ("service.down", CABLE, ["other_network"]),
        ("service.slow", TUNNELLED, ["vpn_off", "other_network"]),
        ("device.overloaded", CABLE, ["close_programs"]),
        ("device.clock_wrong", CABLE, []),
        ("lan.no_such_cause", CABLE, []),
    ],
)
def test_a_cause_is_followed_by_what_separates_it_from_its_look_alikes(cause, facts, steps):
    assert offered(facts, judged(cause)) == steps


@pytest.mark.parametrize(
    ("segment", "facts", "steps"),
    [
        (Segment.GATEWAY, WIFI, ["use_cable", "restart_router", "other_device"]),
        (Segment.GATEWAY, CABLE, ["other_cable", "restart_router", "other_device"]),
        (Segment.INTERNET, PROXIED, ["proxy_off", "restart_router", "other_device"]),
        (Segment.DNS, CABLE, ["rejoin", "restart_router", "other_device"]),
        (None, None, ["other_device"]),
    ],
)
@pytest.mark.parametrize("state", [VerdictState.FAULT, VerdictState.INCONCLUSIVE])
def test_where_the_segment_alone_is_known_the_parts_are_changed_one_by_one(segment, facts, steps, state):
    assert offered(facts, judged(segment=segment, state=state)) == steps


def test_after_the_root_the_other_faults_have_their_turn():
    assert offered(CABLE, judged("service.down", others=("gateway.dns_broken",))) == ["other_network", "restart_router"]


def test_what_the_measurements_left_open_is_separated_first():
    left_open = (LeftOpen(between=("gateway.unreachable", "access.line_down"), because=()),)
    assert offered(CABLE, judged("gateway.unreachable"))[0] == "other_cable"
    assert offered(CABLE, judged("gateway.unreachable", left_open=left_open))[0] == "restart_router"


def test_nothing_is_offered_where_all_is_well_or_the_run_was_stopped():
    assert offered(WIFI, judged(state=VerdictState.HEALTHY)) == []
    assert offered(WIFI, judged("lan.loss"), cancelled=True) == []


def test_the_router_of_an_organisation_is_not_the_users_to_restart():
    met = Expectations(network=NetworkMet(ssid=None, prefix=True, resolvers=None, steps=()), vpn=None)
    assert offered(CABLE, judged("gateway.dns_broken"), met) == []


def test_a_vpn_stays_on_for_what_stands_behind_it():
    inside = Expectations(network=None, vpn=VpnMet(inside=("ping.anchor1",), names=None))
    assert offered(TUNNELLED, judged("service.slow"), inside) == ["other_network"]
    run = record({"interfaces": TUNNELLED})
    about_vpn = replace(run, request=replace(run.request, symptom=Symptom.VPN))
    assert next_trial(about_vpn, judged("service.slow"), {}) is Trial.OTHER_NETWORK


def test_a_line_dialled_by_the_computer_itself_is_no_vpn_to_switch_off():
    dialled = network(
        interface("ppp0", address("203.0.113.7"), kind=InterfaceKind.VPN),
        routes=(replace(ROUTE4, interface="ppp0", gateway=None),),
    )
    assert "vpn_off" not in offered(dialled, judged("access.slow"))


def test_an_outcome_rules_steps_out_whose_answer_is_known():
    run, diagnosis = record({"interfaces": CABLE}), judged(segment=Segment.GATEWAY)
    works = told(begin(run, diagnosis), Trial.OTHER_DEVICE, works=True)
    assert works.offer() is Trial.OTHER_CABLE
    assert skip(works, Trial.OTHER_CABLE).offer() is None  # the router serves the other device
    fails = told(begin(run, judged("device.overloaded")), Trial.OTHER_DEVICE, works=False)
    assert fails.offer() is None  # it is nothing of this computer


def test_a_change_is_told_with_the_run_after_it_and_never_offered_again():
    run, diagnosis = record({"interfaces": WIFI}), judged("lan.loss")
    series = measured_again(begin(run, diagnosis), Trial.USE_CABLE, record({"interfaces": CABLE}), diagnosis)
    done = series.done[0]
    assert (done.trial, done.effect, done.cause) == (Trial.USE_CABLE, Effect.SAME, "lan.loss")
    assert series.report_record == replace(run, trials=(done,))
    assert series.offer() is Trial.RESTART_ROUTER  # and nothing of the Wi-Fi any more
    assert series.tried == {Trial.USE_CABLE: Effect.SAME}


@pytest.mark.parametrize("trial", list(Trial))
def test_every_trial_separates_causes(trial):
    better, same = sides(trial)
    assert better
    assert same
    assert not better & same


@pytest.mark.parametrize("trial", list(Trial))
@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_trial_has_its_words(trial, language):
    texts = Texts(language)
    assert all(trial_text(trial, texts))
    run, diagnosis = record({"interfaces": WIFI}), judged("lan.loss")
    series = begin(run, diagnosis)
    for effect in Effect:
        base = told(series, trial, works=True) if trial in TOLD else measured_again(series, trial, run, diagnosis)
        done = replace(base.done[0], effect=effect)
        assert result_text(done, texts)
        assert trial_text(trial, texts).name in trial_line(done, texts)
        assert meaning(done, texts) or trial in TOLD


def test_a_vpn_that_was_switched_off_is_no_fault_of_the_run_after_it():
    run, slow = record({"interfaces": TUNNELLED}), judged("vpn.hairpin")
    off = record({"interfaces": CABLE})
    without = measured_again(begin(run, slow), Trial.VPN_OFF, off, judged("vpn.down"))
    assert without.diagnosis.verdict.state is VerdictState.HEALTHY
    assert without.done[0].effect is Effect.GONE
    beside = measured_again(begin(run, slow), Trial.VPN_OFF, off, judged("vpn.down", others=("dns.slow",)))
    assert beside.done[0].cause == "dns.slow"
    other = measured_again(begin(run, slow), Trial.RECONNECT_VPN, run, judged("vpn.down"))
    assert other.done[0].cause == "vpn.down"


@pytest.mark.parametrize(
    ("trial", "before", "after"),
    [
        (Trial.VPN_OFF, TUNNELLED, CABLE),
        (Trial.PROXY_OFF, PROXIED, CABLE),
        (Trial.USE_CABLE, WIFI, CABLE),
        (Trial.USE_WIFI, BOTH, WIFI),
    ],
)
def test_a_change_that_was_not_made_tells_nothing_and_is_offered_once_more(trial, before, after):
    run, slow = record({"interfaces": before}), judged("vpn.hairpin")
    forgotten = measured_again(begin(run, slow), trial, run, slow)
    assert forgotten.done[0].effect is Effect.NOT_DONE
    assert forgotten.diagnosis == slow
    assert trial not in forgotten.tried
    assert "not made yet" in meaning(forgotten.done[0], Texts("en"))
    made = measured_again(forgotten, trial, record({"interfaces": after}), judged("dns.slow"))
    assert made.done[1].effect is not Effect.NOT_DONE
    assert trial in made.tried
