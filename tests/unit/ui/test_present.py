from dataclasses import replace
from datetime import UTC, datetime

import pytest

from nexkit import kit_limits
from nexkit.address import Family
from nexkit.consent import Consent
from nexkit.diagnosis.verdict import Diagnosis, Rung, RungState, Segment, Verdict, VerdictState
from nexkit.events import RunFinished, StepFinished, StepProgress, StepsPlanned
from nexkit.facts.echo import EchoMethod, EchoSample, echo_stats
from nexkit.facts.network import DefaultRoute, Interface, InterfaceKind, NetworkState, ProxySettings
from nexkit.outcome import Completed, Failed, Failure, FailureKind, Outcome, Skipped, SkipReason
from nexkit.profile import Load, LoadBackend, in_language
from nexkit.request import Depth, Request, Symptom, web_address
from nexkit.run_record import StepResult
from nexkit.subject import Subject
from nexkit.texts import Texts
from probes import BUILTIN
from ui.gui.present import (
    TYPICAL_S,
    LiveRun,
    Mark,
    link_kind,
    most_bytes,
    place_name,
    places,
    shows_life,
    typical_s,
)


def echo(*rtts_ms: float | None) -> object:
    samples = [EchoSample(at_s=number * 0.1, rtt_ms=rtt) for number, rtt in enumerate(rtts_ms)]
    return echo_stats("198.18.0.10", EchoMethod.ICMP, samples)


def finished(step_id: str, probe: str, subject: Subject, outcome: Outcome[object]) -> StepFinished:
    return StepFinished(
        result=StepResult(
            id=step_id,
            probe=probe,
            probe_version=1,
            subject=subject,
            started_s=0.0,
            took_s=1.0,
            traffic_bytes=500,
            outcome=outcome,
        )
    )


EMPTY = NetworkState(interfaces=(), default_routes=(), resolvers=(), search_domains=(), proxy=ProxySettings())


def interface(name: str, kind: InterfaceKind) -> Interface:
    return Interface(
        name=name,
        kind=kind,
        admin_up=True,
        carrier=True,
        mtu_bytes=1500,
        speed_bit_s=None,
        duplex=None,
        mac=None,
        addresses=(),
    )


def planned(*steps: tuple[str, str, Subject], expected_s: float = 8.0) -> StepsPlanned:
    return StepsPlanned(steps=steps, expected_s=expected_s)


def mark_of(live: LiveRun, segment: Segment) -> Mark:
    return next(place.mark for place in live.places() if place.segment is segment)


def diagnosis(states: dict[Segment, RungState], root: Segment | None) -> Diagnosis:
    return Diagnosis(
        verdict=Verdict(state=VerdictState.FAULT, segment=root, cause=None, confidence=None),
        findings=(),
        ladder=tuple(
            Rung(segment=segment, state=states.get(segment, RungState.NOT_RUN), because=()) for segment in Segment
        ),
        not_tested=(),
        rules_version="1",
        started_at=datetime(2026, 11, 20, tzinfo=UTC),
        took_s=1.0,
    )


def test_the_broken_place_is_pointed_at():
    drawn = places(diagnosis({Segment.DEVICE: RungState.PASS, Segment.ACCESS: RungState.FAIL}, Segment.ACCESS))
    assert [place.segment for place in drawn if place.here] == [Segment.ACCESS]
    assert next(place.mark for place in drawn if place.segment is Segment.ACCESS) is Mark.BROKEN


def test_vpn_and_filter_are_drawn_only_where_they_have_something_to_say():
    silent = {place.segment for place in places(diagnosis({Segment.VPN: RungState.PASS}, None))}
    assert not silent & {Segment.VPN, Segment.SECURITY}
    loud = {place.segment for place in places(diagnosis({Segment.SECURITY: RungState.WARN}, None))}
    assert Segment.SECURITY in loud
    root = {place.segment for place in places(diagnosis({}, Segment.VPN))}
    assert Segment.VPN in root


def test_a_place_waits_then_is_checked_then_answers():
    live = LiveRun(request=Request(depth=Depth.QUICK))
    assert mark_of(live, Segment.INTERNET) is Mark.NOT_RUN
    live.feed(planned(("ping.anchor1", "ping", Subject.ANCHOR)), 0.0)
    assert mark_of(live, Segment.INTERNET) is Mark.RUNNING
    live.feed(finished("ping.anchor1", "ping", Subject.ANCHOR, Completed(echo(12.0, None))), 1.0)
    assert mark_of(live, Segment.INTERNET) is Mark.OK


def test_silence_is_no_verdict_while_measuring():
    live = LiveRun(request=Request(depth=Depth.QUICK))
    live.feed(planned(("ping.anchor1", "ping", Subject.ANCHOR)), 0.0)
    live.feed(finished("ping.anchor1", "ping", Subject.ANCHOR, Completed(echo(None, None))), 1.0)
    assert mark_of(live, Segment.INTERNET) is Mark.UNKNOWN


def test_a_skipped_step_is_not_shown_as_silence():
    live = LiveRun(request=Request(depth=Depth.QUICK))
    live.feed(planned(("ping.gateway6", "ping", Subject.GATEWAY)), 0.0)
    live.feed(finished("ping.gateway6", "ping", Subject.GATEWAY, Skipped(SkipReason.NO_FAMILY)), 1.0)
    assert mark_of(live, Segment.LAN) is Mark.NOT_RUN


def test_rows_sum_up_the_steps_of_a_probe():
    live = LiveRun(request=Request(depth=Depth.QUICK))
    live.feed(planned(("ping.anchor1", "ping", Subject.ANCHOR), ("ping.anchor2", "ping", Subject.ANCHOR)), 0.0)
    live.feed(StepProgress(step_id="ping.anchor2", ratio=0.5), 0.5)
    live.feed(
        finished("ping.anchor1", "ping", Subject.ANCHOR, Failed(Failure(kind=FailureKind.PERMISSION, step="open"))),
        1.0,
    )
    (row,) = live.rows(3.0)
    assert (row.done, row.total, row.ratio, row.measured, row.finished) == (1, 2, 0.75, 0, False)
    assert live.waiting_for() == ("ping",)
    assert live.traffic_bytes == 500


def test_the_traffic_at_the_end_is_that_of_the_run():
    live = LiveRun(request=Request(depth=Depth.QUICK))
    live.feed(RunFinished(took_s=3.0, traffic_bytes=1234), 3.0)
    assert (live.finished, live.traffic_bytes) == (True, 1234)


def test_the_remaining_time_is_that_of_a_healthy_run_until_it_is_late():
    live = LiveRun(request=Request(depth=Depth.QUICK))
    live.feed(planned(("ping.anchor1", "ping", Subject.ANCHOR), expected_s=9.0), 1.0)
    assert live.remaining_s(2.0) == 3.0
    assert not live.late(2.0)
    assert live.late(6.0)
    assert live.remaining_s(6.0) == 4.0
    assert live.remaining_s(60.0) == 0.0


def test_a_row_tells_its_time_and_the_most_it_can_take():
    live = LiveRun(request=Request(depth=Depth.QUICK))
    live.feed(
        StepsPlanned(
            steps=(("ping.anchor1", "ping", Subject.ANCHOR), ("ping.anchor2", "ping", Subject.ANCHOR)),
            expected_s=9.0,
            deadlines_s=(4.0, 9.0),
        ),
        1.0,
    )
    (row,) = live.rows(3.0)
    assert (row.elapsed_s, row.most_s) == (2.0, 9.0)
    assert live.remaining_s(7.0) == 3.0
    for number in (1, 2):
        ended = finished(f"ping.anchor{number}", "ping", Subject.ANCHOR, Completed(echo(12.0)))
        live.feed(ended, 3.0 + number)
    (row,) = live.rows(60.0)
    assert (row.elapsed_s, row.finished) == (4.0, True)


def test_calls_and_what_comes_and_goes_take_longer():
    assert typical_s(Request(symptom=Symptom.CALLS)) > typical_s(Request()) == TYPICAL_S[Depth.STANDARD]


def test_bytes_count_while_a_step_goes_on():
    live = LiveRun(request=Request())
    live.feed(planned(("load.test", "load", Subject.LOAD_SERVER)), 0.0)
    live.feed(StepProgress(step_id="load.test", ratio=0.5, spent_bytes=7_000_000), 1.0)
    assert live.traffic_bytes == 7_000_000


def test_the_limit_of_data_is_the_kits_and_that_of_a_load_test_that_was_agreed_to():
    load = Load(backend=LoadBackend.HTTP, server="https://speed.example.com/", max_bytes=60_000_000)
    agreed = Request(depth=Depth.FULL, consent=frozenset({Consent.SYSTEM, Consent.BULK_TRAFFIC}))
    specs = {probe.spec.id: probe.spec for probe in BUILTIN}
    assert most_bytes(agreed, load, specs) == kit_limits.RUN_BYTES + 60_000_000
    assert most_bytes(replace(agreed, depth=Depth.STANDARD), load, specs) == kit_limits.RUN_BYTES
    assert most_bytes(replace(agreed, consent=frozenset({Consent.SYSTEM})), load, specs) == kit_limits.RUN_BYTES
    assert most_bytes(agreed, Load(), specs) == kit_limits.RUN_BYTES


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (InterfaceKind.WIFI, "Wi-Fi"),
        (InterfaceKind.ETHERNET, "Cable"),
        (InterfaceKind.MOBILE, "Wi-Fi or cable"),
        (None, "Wi-Fi or cable"),
    ],
)
def test_the_first_stretch_is_called_what_it_is(kind, name):
    assert place_name(Segment.LAN, kind, Texts("en")) == name


def test_the_link_is_that_of_the_way_out():
    state = replace(
        EMPTY,
        interfaces=tuple(
            interface(name, kind) for name, kind in (("a", InterfaceKind.ETHERNET), ("b", InterfaceKind.WIFI))
        ),
        default_routes=(DefaultRoute(family=Family.IPV4, interface="b", gateway=None, metric=1, gateway_on_link=None),),
    )
    live = LiveRun(request=Request())
    live.feed(planned(("interfaces", "interfaces", Subject.COMPUTER)), 0.0)
    live.feed(finished("interfaces", "interfaces", Subject.COMPUTER, Completed(state)), 0.1)
    assert live.link is InterfaceKind.WIFI
    assert link_kind(EMPTY) is None


def test_only_an_answer_is_a_sign_of_life():
    assert not shows_life(EMPTY)
    assert shows_life(echo(None, 3.0))
    assert not shows_life(echo(None, None))
    assert not shows_life("a fact of another author")


def test_a_text_of_the_profile_falls_back_to_english_and_then_to_any():
    assert in_language({"en": "Mail", "ja": "メール"}, "ja") == "メール"
    assert in_language({"en": "Mail"}, "ja") == "Mail"
    assert in_language({"de": "Post"}, "ja") == "Post"
    assert in_language({}, "ja") == ""


@pytest.mark.parametrize(
    ("typed", "whole"),
    [
        ("www.example.com", "https://www.example.com"),
        (" http://www.example.com:8080/a?b ", "http://www.example.com:8080/a?b"),
        ("https://[2001:db8::1]/", "https://[2001:db8::1]/"),
        ("mailto:someone@example.com", None),
        ("two words", None),
        ("http://www.example.com:99999/", None),
        ("file:///etc/passwd", None),
        ("www..example.com", None),
        ("http://192.0.2.1%eth0/", None),
        ("http://2130706433/", None),
        ("https://例え.example/", "https://例え.example/"),
        ("javascript:alert(1)", None),
    ],
)
def test_what_is_typed_as_web_address_is_completed_or_refused(typed, whole):
    assert web_address(typed) == whole
