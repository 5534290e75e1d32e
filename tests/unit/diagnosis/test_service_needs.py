"""What a tested service needs beyond its ports: what takes it away blocks that service, and says so."""

from dataclasses import replace

import pytest
from access_records import hole, sizes, transfer
from diagnosis_records import ANCHORS, CONTROLS, SERVICE, SERVICE_HOST, T, echo, healthy, reach, record
from link_records import off_by
from test_security_rules import CALLS_ADDRESS, host_alive, udp_path
from vpn_records import EXPECTED

from nexkit.diagnosis import tunnel
from nexkit.diagnosis.engine import diagnose
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.diagnosis.verdict import Severity
from nexkit.facts.mtu import MtuState
from nexkit.profile import Profile
from nexkit.run_record import Expectations, ServiceNeeds
from nexkit.texts import Texts
from nexkit.texts.causes import cause_text
from report.codec import decode_record, encode_record
from report.consent import Category
from report.redact import redact

MAIL = ("reach.service.mail",)
LAB = Profile(
    id="lab",
    name={"en": "Lab"},
    serial=1,
    not_before=None,
    not_after=None,
)


def needing(**needs):
    return Expectations(network=None, vpn=None, services=(ServiceNeeds(service="mail", steps=MAIL, **needs),))


def findings(facts, expectations=None):
    return diagnose(record({**healthy(), **facts}, expectations)).findings


def only(facts, expectations=None):
    (found,) = findings(facts, expectations)
    return found


# --- the clock ---


@pytest.mark.parametrize("offset_s", [20.0, -20.0])
def test_a_clock_beyond_what_a_service_bears_breaks_that_service(offset_s):
    found = only({"time.check": off_by(offset_s)}, needing(clock_s=10.0))
    assert (found.cause, found.severity) == ("device.clock_wrong", Severity.BLOCKING)
    assert (found.values["needed_by"], found.values["breaks"]) == ("mail", "service")
    assert set(MAIL) <= set(found.evidence)


def test_a_clock_within_what_every_service_bears_is_fine():
    assert findings({"time.check": off_by(8.0)}, needing(clock_s=10.0)) == ()
    assert findings({"time.check": off_by(20.0)}, needing(udp=True)) == ()
    assert findings({"time.check": off_by(20.0)}) == ()


def test_a_patient_service_does_not_make_a_wrong_clock_right():
    found = only({"time.check": off_by(45.0)}, needing(clock_s=300.0))
    assert (found.severity, found.values.get("needed_by"), found.values["breaks"]) == (Severity.DEGRADED, None, "codes")


def test_an_offset_that_is_not_certain_breaks_nothing():
    near = off_by(10.2)
    assert findings({"time.check": replace(near, uncertainty_s=0.5)}, needing(clock_s=10.0)) == ()


# --- UDP ---

NO_UDP = {"udp.check": udp_path(T, T), "ping.udp1": echo(CALLS_ADDRESS), "reach.udp1": host_alive()}


def test_udp_that_is_blocked_blocks_the_service_that_needs_it():
    without = {step_id: fact for step_id, fact in healthy().items() if not step_id.startswith("route.")} | NO_UDP
    found = diagnose(record(without, needing(udp=True))).findings[0]
    assert (found.cause, found.severity, found.values["needed_by"]) == (
        "security.udp_blocked",
        Severity.BLOCKING,
        "mail",
    )
    spared = diagnose(record(without, needing(clock_s=30.0))).findings[0]
    assert (spared.severity, spared.values.get("needed_by")) == (Severity.DEGRADED, None)


def test_one_service_that_is_blocked_leaves_the_rest_worth_grading():
    facts = {**healthy(), "time.check": off_by(20.0)}
    assert diagnose(record(facts, needing(clock_s=10.0))).suitability


# --- large packets ---


def clamped(target, *, passed=1454):
    """Nothing larger gets there, nobody says so, and a transfer with small segments is fine."""
    small = replace(transfer(), sent_segment_bytes=passed - 52, received_segment_bytes=passed - 52)
    return sizes(target, MtuState.BLACK_HOLE, passed, carried=small)


WWW4, MAIL4 = CONTROLS["www.example.com"][0], SERVICE[0]


def narrow(make=clamped):
    return {"mtu.control1.v4": make(WWW4), "mtu.service.mail.v4": make(MAIL4)}


def test_a_line_too_narrow_for_a_service_that_needs_large_packets():
    found = only(narrow(), needing(large_packets=True))
    assert (found.cause, found.severity, found.values["mtu"]) == ("access.mtu_black_hole", Severity.BLOCKING, 1454)
    assert found.values["needed_by"] == "mail"


def test_nobody_else_minds_a_narrow_line_on_which_connections_are_kept_small():
    assert findings(narrow()) == ()
    assert findings(narrow(), needing(udp=True)) == ()


def test_a_filter_that_drops_large_pings_alone_makes_no_narrow_line():
    def large_pings_dropped(target):
        return sizes(target, MtuState.BLACK_HOLE, 1000, carried=transfer())

    assert findings(narrow(large_pings_dropped), needing(large_packets=True)) == ()


def test_one_host_that_drops_large_packets_makes_no_narrow_line():
    alone = {"mtu.service.mail.v4": clamped(MAIL4)}
    assert findings(alone, needing(large_packets=True)) == ()
    wide = narrow() | {"mtu.anchor1": sizes(ANCHORS[0])}
    assert findings(wide, needing(large_packets=True)) == ()


def test_a_hole_in_which_transfers_hang_names_the_service_that_needs_large_packets():
    holes = {
        "mtu.anchor1": hole(ANCHORS[0]),
        "mtu.control1.v4": hole(WWW4, carried=True),
        "mtu.service.mail.v4": hole(MAIL4, carried=True),
    }
    assert only(holes, needing(large_packets=True)).values["needed_by"] == "mail"
    assert "needed_by" not in only(holes).values


# --- the VPN ---


def test_a_service_that_needs_the_vpn_is_affected_by_its_end_wherever_it_stands():
    closed = {**healthy(), "reach.service.mail": reach(SERVICE_HOST, SERVICE, kind=T)}
    needs = replace(EXPECTED, services=needing(vpn=True).services)
    assert tunnel.vpn(Snapshot(record(closed, needs))).affected == MAIL
    assert tunnel.vpn(Snapshot(record(closed, EXPECTED))).affected == ()
    assert tunnel.vpn(Snapshot(record(healthy(), needs))).affected == ()


# --- words ---


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_service_is_named_to_the_user_and_to_the_desk(language):
    found = only({"time.check": off_by(20.0)}, needing(clock_s=10.0))
    text = cause_text(found, Texts(language))
    assert "mail" in text.sentence
    assert "mail" in text.desk
    assert "{" not in text.sentence + text.desk


def test_a_report_tells_what_services_need():
    whole = record(healthy(), needing(clock_s=10.0, udp=True))
    assert decode_record(encode_record(whole)).expectations == whole.expectations
    assert redact(whole, LAB, frozenset(Category), bytes(32)).record.expectations == whole.expectations
