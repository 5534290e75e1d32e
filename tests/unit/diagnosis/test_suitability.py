"""What a connection is good for: measured values beside published requirements."""

from dataclasses import replace

import pytest
from diagnosis_records import (
    ANCHORS,
    CONTROLS,
    GATEWAY4,
    answers,
    attempt,
    direction,
    echo,
    healthy,
    load,
    reach,
    record,
    system_lookups,
    without_internet,
)

from nexkit.diagnosis.engine import diagnose
from nexkit.diagnosis.limits import Limits
from nexkit.diagnosis.verdict import Grade, Use
from nexkit.facts.udp import StreamMethod, StreamReply, UdpPath, stream_facts
from nexkit.texts import Texts
from nexkit.texts.suitability import graded, suitability_text
from report.codec import decode_diagnosis, encode_diagnosis
from ui.cli.output import verdict_text


def graded_of(facts, use):
    (found,) = (each for each in diagnose(record(facts)).suitability if each.use is use)
    return found


def values(found):
    return {each.name: each for each in found.values}


def anchors(**more):
    return {
        **healthy(),
        **{f"ping.anchor{number}": echo(anchor, 100, **more) for number, anchor in enumerate(ANCHORS, start=1)},
    }


def call(lost=(), rtt_ms=20.0, packets=200):
    """A stream of 50 packets a second in which some numbers are lost."""
    stream = stream_facts(
        server="stun.example.com",
        port=3478,
        target=ANCHORS[0],
        method=StreamMethod.STUN,
        packets_s=50.0,
        payload_bytes=160,
        sent_at_s=[number * 0.02 for number in range(packets)],
        replies=[StreamReply(number=number, rtt_ms=rtt_ms) for number in range(packets) if number not in lost],
    )
    return UdpPath(stun=(), nat=(), reflectors=(), stream=stream)


def test_a_good_line_is_good_for_all():
    assert {each.use: each.grade for each in diagnose(record(healthy())).suitability} == dict.fromkeys(Use, Grade.GOOD)


@pytest.mark.parametrize(
    ("rtt_ms", "calls", "desktop"),
    [
        (90, Grade.GOOD, Grade.GOOD),
        (150, Grade.FAIR, Grade.FAIR),
        (250, Grade.FAIR, Grade.POOR),
        (600, Grade.POOR, Grade.POOR),
    ],
)
def test_the_round_trip_has_classes_of_its_own_for_each_use(rtt_ms, calls, desktop):
    facts = anchors(rtt_ms=rtt_ms)
    assert graded_of(facts, Use.CALLS).grade is calls
    assert graded_of(facts, Use.REMOTE_DESKTOP).grade is desktop
    assert graded_of(facts, Use.WEB).grade is Grade.GOOD


def test_the_worst_value_decides_and_the_others_stand_beside_it():
    found = graded_of(anchors(rtt_ms=20, lost=4), Use.CALLS)
    assert found.grade is Grade.FAIR
    assert values(found)["loss_ratio"].value == 0.04
    assert values(found)["rtt_p50_ms"].grade is Grade.GOOD


def test_one_anchor_that_loses_says_nothing_of_the_line():
    facts = {**healthy(), "ping.anchor1": echo(ANCHORS[0], 100, 50)}
    assert values(graded_of(facts, Use.CALLS))["loss_ratio"].value == 0


def test_a_burst_in_a_call_shows_although_little_is_lost():
    found = values(graded_of({**healthy(), "udp.check": call(lost={50, 51})}, Use.CALLS))
    assert found["loss_ratio"].grade is Grade.GOOD
    assert found["burst_loss_ratio"].grade is Grade.FAIR


def test_a_stream_counts_for_calls_and_not_for_the_desktop():
    facts = {**healthy(), "udp.check": call(rtt_ms=600.0)}
    assert graded_of(facts, Use.CALLS).grade is Grade.POOR
    assert graded_of(facts, Use.REMOTE_DESKTOP).grade is Grade.GOOD


def test_slow_names_and_slow_pages_are_bad_for_the_web_alone():
    slow = {"reach.control1": reach("www.example.com", CONTROLS["www.example.com"], first_byte_ms=2500)}
    slow |= {"reach.control2": reach("www.example.net", CONTROLS["www.example.net"], first_byte_ms=2500)}
    assert graded_of({**healthy(), **slow}, Use.WEB).grade is Grade.POOR
    assert graded_of({**healthy(), "dns.resolver1": answers(GATEWAY4, uncached_ms=600)}, Use.WEB).grade is Grade.FAIR
    assert graded_of({**healthy(), **slow}, Use.CALLS).grade is Grade.GOOD


def test_names_are_as_slow_as_programs_of_this_computer_wait_for_them():
    dead_first = {**healthy(), "lookup.system": system_lookups(time_ms=5000.0)}
    web = graded_of(dead_first, Use.WEB)
    value = next(each for each in web.values if each.name == "dns_ms")
    assert (value.value, value.grade, value.because) == (5000.0, Grade.POOR, ("lookup.system",))


def test_what_the_load_leaves_counts_where_it_was_measured():
    busy = load(direction(working=echo(ANCHORS[0], rtt_ms=250)), direction(working=echo(ANCHORS[0], rtt_ms=90)))
    facts = {**healthy(), "load.test": busy}
    assert values(graded_of(facts, Use.CALLS))["working_rtt_ms"].grade is Grade.FAIR
    assert values(graded_of(facts, Use.WEB))["working_rtt_ms"].grade is Grade.POOR
    assert values(graded_of(facts, Use.WEB))["goodput_bit_s"].grade is Grade.GOOD


@pytest.mark.parametrize(("bit_s", "grade"), [(20e6, Grade.GOOD), (3e6, Grade.FAIR), (0.5e6, Grade.POOR)])
def test_of_a_rate_more_is_better(bit_s, grade):
    assert (
        values(graded_of({**healthy(), "load.test": load(direction(bit_s))}, Use.WEB))["goodput_bit_s"].grade is grade
    )


def test_without_a_web_page_nothing_is_said_of_the_web():
    facts = {step_id: fact for step_id, fact in healthy().items() if not step_id.startswith("reach.control")}
    assert graded_of(facts, Use.WEB).grade is None


def test_untrusted_pages_do_not_count():
    bad = [attempt(each, problem="unknown_issuer") for each in CONTROLS["www.example.com"]]
    facts = {**healthy(), "reach.control1": reach("www.example.com", bad)}
    assert values(graded_of(facts, Use.WEB))["first_byte_ms"].because == ("reach.control2",)


def test_where_nothing_is_reached_nothing_is_graded():
    assert diagnose(record(without_internet(healthy()))).suitability == ()


def test_other_limits_give_other_classes():
    (calls, *_) = diagnose(record(anchors(rtt_ms=90)), replace(Limits(), rtt_ms=50.0)).suitability
    assert calls.grade is Grade.FAIR


def test_every_use_is_one_line_with_its_numbers():
    lines = [suitability_text(use, Texts("en")) for use in graded(diagnose(record(anchors(rtt_ms=150))))]
    assert lines[0].startswith("Calls and video meetings: with limits – round trip 150 ms (good up to 100 ms); jitter")
    assert lines[2].startswith("Web: good – name lookup 30.0 ms; first byte of a page 40.0 ms")


def test_it_travels_with_the_document_and_older_documents_are_read():
    diagnosis = diagnose(record(healthy()))
    document = encode_diagnosis(diagnosis)
    assert decode_diagnosis(document) == diagnosis
    del document["suitability"]
    assert decode_diagnosis(document).suitability == ()


def test_the_command_line_shows_it():
    run = record(anchors(rtt_ms=150))
    assert "  Remote desktop: with limits – round trip 150 ms (good up to 100 ms)" in verdict_text(
        diagnose(run), run, Texts("en")
    )
