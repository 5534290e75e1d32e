"""Wi-Fi and cable: the link's own signs name why the first stretch is bad, and nothing else does."""

from dataclasses import replace

import pytest
from diagnosis_records import DUAL_STACK, GATEWAY4, direction, echo, healthy, interface, load, network, record
from link_records import (
    FAST,
    GIGABIT,
    cable,
    cells,
    frames,
    lossy,
    over_cable,
    over_wifi,
    pauses,
    unsteady,
    wifi,
)

from nexkit.diagnosis.engine import diagnose
from nexkit.diagnosis.verdict import Severity, VerdictState
from nexkit.facts.network import Duplex, InterfaceKind
from nexkit.request import Request, Symptom

EVERY_SECOND = [0.3 + number * 0.8 for number in range(8)]
AT_RANDOM = [0.2, 0.65, 1.9, 2.4, 3.7, 4.0, 5.6]


def causes(facts):
    return [finding.cause for finding in diagnose(record(facts)).findings]


def root(facts):
    return diagnose(record(facts)).verdict.cause


def named(facts):
    (found,) = diagnose(record(facts)).findings
    return found


def with_symptom(facts, symptom):
    return diagnose(replace(record(facts), request=Request(symptom=symptom)))


# --- which link ---


@pytest.mark.parametrize(("facts", "link"), [(over_wifi(), "wifi"), (over_cable(), "cable")])
def test_trouble_on_the_first_stretch_says_over_which_link_it_is(facts, link):
    assert named(lossy(facts)).values["link"] == link
    assert named(unsteady(facts)).values["link"] == link


def test_a_link_of_which_nothing_is_known_has_no_name():
    assert named({each: fact for each, fact in lossy(healthy()).items() if each != "interfaces"}).values["link"] is None


# --- weak ---


def test_a_weak_signal_explains_loss_to_the_router():
    found = named(lossy(over_wifi(wifi(-78))))
    assert found.cause == "lan.wifi_weak"
    assert "lan.loss" in found.explains
    assert found.values["rssi_dbm"] == -78


def test_a_weak_signal_explains_an_unsteady_way():
    assert causes(unsteady(over_wifi(wifi(-80)))) == ["lan.wifi_weak"]


def test_a_weak_signal_at_the_lowest_rates_is_named_with_less_confidence():
    found = named(over_wifi(wifi(-80, rate_bit_s=6.5e6)))
    assert (found.cause, found.confidence) == ("lan.wifi_weak", 0.7)


def test_one_reading_at_a_low_rate_is_an_idle_radio():
    assert causes(over_wifi(wifi(-80, rate_bit_s=6e6), wifi(-80, rate_bit_s=52e6))) == []


def test_behind_a_router_that_answers_no_pings_loss_over_a_weak_signal_is_put_there():
    facts = lossy(over_wifi(wifi(-78)))
    del facts["ping.gateway4"], facts["ping.gateway6"]
    found = diagnose(record(facts)).findings[0]
    assert (found.cause, found.confidence) == ("lan.wifi_weak", 0.7)


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(over_wifi(wifi(-78)), id="weak, and all is well"),
        pytest.param(over_wifi(wifi(None)), id="the system does not tell the signal"),
        pytest.param(over_wifi(wifi(-55)), id="strong"),
        pytest.param(over_wifi(wifi(-78), ping__gateway4=echo(GATEWAY4, 120, 30)), id="router answers few pings"),
        pytest.param(
            {**healthy(), "wifi.start": wifi(-85, rate_bit_s=1e6)}, id="a radio that the traffic does not take"
        ),
        pytest.param(over_wifi(wifi(-65, cells=cells(20, 6, 5))), id="crowded, and all is well"),
        pytest.param(
            over_wifi(wifi(-50, frames=frames(0, 0)), wifi(-50, frames=frames(1000, 600))),
            id="repeats that nobody feels",
        ),
    ],
)
def test_wifi_that_serves_is_no_fault(facts):
    diagnosis = diagnose(record(facts))
    assert diagnosis.findings == ()
    assert diagnosis.verdict.state is VerdictState.HEALTHY


def test_loss_over_a_strong_quiet_wifi_stays_loss():
    facts = lossy(over_wifi(wifi(-50, frames=frames(0, 0)), wifi(-50, frames=frames(1000, 20))))
    assert causes(facts) == ["lan.loss"]


def test_loss_over_a_cable_beside_a_weak_radio_stays_loss():
    assert causes(lossy({**healthy(), "wifi.start": wifi(-85), "wifi.end": wifi(-85)})) == ["lan.loss"]


def test_without_a_reading_of_the_radio_loss_stays_loss():
    facts = lossy(over_wifi())
    del facts["wifi.start"], facts["wifi.end"]
    assert causes(facts) == ["lan.loss"]


def test_under_a_vpn_the_radio_beneath_counts():
    facts = lossy(over_wifi(wifi(-80)))
    tunnel = interface("tun0", kind=InterfaceKind.VPN)
    radio = interface("wlan0", *DUAL_STACK, kind=InterfaceKind.WIFI)
    routes = [replace(route, interface="tun0") for route in facts["interfaces"].default_routes]
    facts["interfaces"] = network(radio, tunnel, routes=routes)
    assert "lan.wifi_weak" in causes(facts)


# --- interference ---


def test_repeats_over_a_good_signal_explain_loss():
    facts = lossy(over_wifi(wifi(-58, frames=frames(0, 0)), wifi(-58, frames=frames(1000, 450))))
    found = named(facts)
    assert (found.cause, found.values["retry_ratio"]) == ("lan.wifi_interference", 0.45)


def test_noise_over_a_good_signal_explains_an_unsteady_way():
    assert causes(unsteady(over_wifi(wifi(-66, noise_dbm=-78)))) == ["lan.wifi_interference"]


def test_a_crowded_channel_alone_makes_it_possible_only():
    found = named(lossy(over_wifi(wifi(-60, cells=cells(15, 5, 4)))))
    assert (found.cause, found.confidence) == ("lan.wifi_interference", 0.6)


def test_a_crowded_channel_on_which_hardly_anything_is_repeated_is_not_the_reason():
    start = wifi(-60, cells=cells(15, 5, 4), frames=frames(0, 0))
    end = wifi(-60, cells=cells(15, 5, 4), frames=frames(1000, 30))
    assert causes(lossy(over_wifi(start, end))) == ["lan.loss"]


def test_few_frames_tell_nothing_of_repeats():
    facts = lossy(over_wifi(wifi(-58, frames=frames(0, 0)), wifi(-58, frames=frames(40, 30))))
    assert causes(facts) == ["lan.loss"]


def test_several_signs_of_a_busy_air_make_it_sure():
    start = wifi(-60, cells=cells(15, 5, 4), frames=frames(0, 0))
    end = wifi(-60, cells=cells(15, 5, 4), frames=frames(1000, 500))
    assert named(lossy(over_wifi(start, end))).confidence == 0.9


# --- sticky ---


def test_a_client_that_sticks_to_a_far_cell():
    found = named(lossy(over_wifi(wifi(-79, cells=cells(best_dbm=-55)))))
    assert found.cause == "lan.wifi_sticky"
    assert {"lan.wifi_weak", "lan.loss"} <= set(found.explains)


def test_sticking_without_harm_is_told_and_no_fault():
    diagnosis = diagnose(record(over_wifi(wifi(-77, cells=cells(best_dbm=-60)))))
    assert [(each.cause, each.severity) for each in diagnosis.findings] == [("lan.wifi_sticky", Severity.CONTEXT)]
    assert diagnosis.verdict.state is VerdictState.HEALTHY


def test_sticking_is_a_fault_to_who_complains():
    diagnosis = with_symptom(over_wifi(wifi(-77, cells=cells(best_dbm=-60))), Symptom.CALLS)
    assert diagnosis.verdict.cause == "lan.wifi_sticky"


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(over_wifi(wifi(-72, cells=cells(best_dbm=-50))), id="not yet far"),
        pytest.param(over_wifi(wifi(-78, cells=cells(best_dbm=-74))), id="hardly better"),
        pytest.param(over_wifi(wifi(-78, cells=cells())), id="no other cell"),
        pytest.param(over_wifi(wifi(-78, cells=cells(best_dbm=-50, age_s=900.0))), id="an old list"),
    ],
)
def test_who_has_nothing_better_does_not_stick(facts):
    assert causes(facts) == []


# --- spikes ---


def test_spikes_in_a_rhythm_over_a_good_wifi():
    found = named(over_wifi(ping__gateway4=pauses(EVERY_SECOND)))
    assert found.cause == "lan.wifi_spikes"
    assert found.values["period_ms"] == pytest.approx(800, abs=30)
    assert found.values["rtt_p50_ms"] < 5


def test_a_spike_that_fell_between_two_samples_does_not_break_the_rhythm():
    assert causes(over_wifi(ping__gateway4=pauses([each for each in EVERY_SECOND if each != EVERY_SECOND[3]]))) == [
        "lan.wifi_spikes"
    ]


def test_two_rounds_show_a_slower_rhythm():
    slow = [0.5, 2.0, 3.5, 5.0]
    assert causes(over_wifi(ping__gateway4=pauses(slow))) == []
    later = pauses([0.9, 2.4, 3.9, 5.4])
    assert causes(over_wifi(ping__gateway4=pauses(slow), ping__gateway4__more=later)) == ["lan.wifi_spikes"]


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(over_wifi(ping__gateway4=pauses(AT_RANDOM)), id="without a rhythm"),
        pytest.param(over_wifi(ping__gateway4=pauses([0.5, 2.5])), id="a few"),
        pytest.param(over_wifi(ping__gateway4=pauses(EVERY_SECOND, deep_ms=-60.0, pause_s=0.06)), id="small ones"),
        pytest.param({**healthy(), "ping.gateway4": pauses(EVERY_SECOND)}, id="over a cable"),
        pytest.param(over_wifi(wifi(-80), ping__gateway4=pauses(EVERY_SECOND)), id="over a weak signal"),
    ],
)
def test_other_spikes_are_no_rhythm_of_the_radio(facts):
    assert "lan.wifi_spikes" not in causes(facts)


# --- cable ---


def test_a_link_below_what_both_ends_can_do():
    found = named(over_cable(cable(FAST)))
    assert (found.cause, found.confidence, found.severity) == ("lan.cable_degraded", 0.9, Severity.DEGRADED)
    assert (found.values["speed_bit_s"], found.values["possible_bit_s"]) == (FAST, GIGABIT)


def test_half_duplex():
    assert named(over_cable(cable(FAST, duplex=Duplex.HALF, partner=FAST))).values["cable"] == "half"


def test_damaged_frames_explain_the_loss():
    start, end = cable(), cable(received_packets=1000, sent_packets=1000, receive_errors=60, crc_errors=60)
    found = named(lossy(over_cable(start, end)))
    assert found.cause == "lan.cable_degraded"
    assert "lan.loss" in found.explains
    assert found.values["errors"] == 60


def test_a_cable_that_comes_off_again_and_again():
    assert causes(over_cable(cable(carrier_changes=2), cable(carrier_changes=8))) == ["lan.cable_degraded"]


def test_a_ceiling_of_100_mbit_s_on_a_line_that_should_do_more():
    test = load(direction(94.0e6), direction(93.8e6), expect_down=500e6, expect_up=500e6)
    facts = over_cable(cable(FAST, partner=None), load__test=test)
    assert root(facts) == "lan.cable_degraded"


def test_a_faster_cable_than_anybody_needs_is_only_told():
    found = named(over_cable(cable(GIGABIT, port=2.5e9, partner=2.5e9)))
    assert found.severity is Severity.CONTEXT


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(over_cable(), id="gigabit"),
        pytest.param(over_cable(cable(FAST, port=FAST)), id="a port of 100 Mbit/s here"),
        pytest.param(over_cable(cable(FAST, partner=FAST)), id="a port of 100 Mbit/s there"),
        pytest.param(over_cable(cable(FAST, partner=None)), id="the other end does not tell"),
        pytest.param(over_cable(cable(FAST, port=None, partner=None)), id="the system does not tell"),
        pytest.param(over_cable(cable(None, duplex=None)), id="a virtual card without a speed"),
        pytest.param(over_cable(cable(), cable(receive_drops=500, received_packets=1000)), id="drops are no damage"),
        pytest.param(over_cable(cable(receive_errors=900), cable(receive_errors=900)), id="errors of last week"),
        pytest.param(
            over_cable(cable(), cable(receive_errors=1, received_packets=1000)), id="one damaged frame is chance"
        ),
        pytest.param(over_cable(cable(carrier_changes=2), cable(carrier_changes=4)), id="pulled and put back once"),
        pytest.param(over_cable(cable(FAST, name="eth1")), id="another port"),
        pytest.param(over_cable(cable(FAST, kind=InterfaceKind.VIRTUAL)), id="a virtual interface"),
        pytest.param(
            over_cable(cable(FAST, partner=None), load__test=load(direction(94e6), direction(94e6))),
            id="94 Mbit/s, and nothing more is expected",
        ),
    ],
)
def test_links_that_are_as_fast_as_they_can_be(facts):
    diagnosis = diagnose(record(facts))
    assert diagnosis.findings == ()
    assert diagnosis.verdict.state is VerdictState.HEALTHY


def test_loss_over_a_sound_cable_stays_loss():
    assert causes(lossy(over_cable())) == ["lan.loss"]
