"""The plan by symptom and by time limit: what each adds, drops and puts first, and why."""

from dataclasses import replace

import pytest
from test_expectation import VPN
from test_plan import PROFILE, connected, echo, lossy_outcomes, network, stages, web_reach

from nexkit.outcome import Completed, Failed, Failure, FailureKind, SkipReason
from nexkit.plan import make_planner
from nexkit.plan.effort import QUICK, STANDARD, effort_of, follow_up_effort_of
from nexkit.plan.order import in_order
from nexkit.profile import HostPort
from nexkit.request import Depth, Request, Symptom
from nexkit.subject import Subject

CALLING = replace(
    PROFILE,
    internet=replace(
        PROFILE.internet,
        stun=(HostPort(host="stun.example.com", port=3478),),
        time=("ntp.example.com",),
        encrypted_resolvers=("tls://dns.example.net",),
    ),
    vpn=replace(VPN, server="vpn.example.com:4500/udp"),
)
FINE = {
    **lossy_outcomes(),
    "ping.anchor1": echo("198.18.0.10", [1.0] * 10),
    "reach.control1": web_reach("www.example.com"),
    "reach.service.mail": web_reach("mail.example.com"),
}


def planned(symptom, outcomes=FINE, *, depth=Depth.STANDARD, profile=CALLING, **more):
    """Every step of the whole plan, by id."""
    request = Request(symptom=symptom, depth=depth, **more)
    return {step_id: step for stage in stages(request, outcomes, profile) for step_id, step in stage.items()}


def has(steps, beginning):
    return any(step_id.startswith(beginning) for step_id in steps)


@pytest.mark.parametrize(
    ("symptom", "adds", "drops"),
    [
        # How good a line is does not matter where there seems to be none.
        (Symptom.NO_INTERNET, ("ping.gateway4", "dns.resolver1", "portal.1", "access.line"), ("mtu.", "ping.provider")),
        # Where it becomes slow: the stretches of the way, measured at the same time.
        (Symptom.SLOW, ("ping.provider4", "mtu.control1.v4", "access.line", "route.anchor4"), ("load.test",)),
        (Symptom.UNSTABLE, ("ping.provider4", "link.start", "link.end", "host.start", "host.end"), ("load.test",)),
        (Symptom.CALLS, ("ping.provider4", "udp.check"), ("load.test",)),
        (Symptom.ONE_SERVICE, ("mtu.service.mail.v4", "reach.control2", "reach.service.web"), ("ping.provider",)),
        (Symptom.VPN, ("link.vpn", "udp.vpn", "dns.vpn1", "lookup.vpn"), ("ping.provider",)),
        (Symptom.CHECK_UP, ("mtu.control1.v4", "udp.check", "encrypted_dns.1"), ("ping.provider", "load.test")),
    ],
)
def test_what_a_symptom_adds_and_drops(symptom, adds, drops):
    steps = planned(symptom)
    assert [each for each in adds if not has(steps, each)] == []
    assert [each for each in drops if has(steps, each)] == []


@pytest.mark.parametrize("depth", [Depth.QUICK, Depth.STANDARD])
@pytest.mark.parametrize(
    ("symptom", "longer"),
    [
        (Symptom.NO_INTERNET, -1),
        (Symptom.SLOW, 0),
        (Symptom.UNSTABLE, 1),
        (Symptom.CALLS, 1),
        (Symptom.ONE_SERVICE, 0),
        (Symptom.VPN, 0),
    ],
)
def test_how_long_echoes_are_counted(symptom, longer, depth):
    """Loss that comes and goes needs many of them; that nothing answers is seen with a few."""
    usual, asked = planned(Symptom.CHECK_UP, depth=depth), planned(symptom, depth=depth)
    for step_id in ("ping.gateway4", "ping.anchor1"):
        more = asked[step_id].params["count"] - usual[step_id].params["count"]
        # A quick run counts no more than what no_internet takes anyway.
        assert (more > 0) - (more < 0) == (0 if longer < 0 and depth is Depth.QUICK else longer)


@pytest.mark.parametrize(
    ("symptom", "stream_s"),
    [
        (Symptom.NO_INTERNET, 0.0),
        (Symptom.SLOW, STANDARD.stream_s),
        (Symptom.UNSTABLE, STANDARD.stream_s),
        (Symptom.CALLS, STANDARD.call_s),
        (Symptom.ONE_SERVICE, 0.0),
        (Symptom.VPN, 0.0),
        (Symptom.CHECK_UP, STANDARD.stream_s),
    ],
)
def test_the_voice_like_stream_is_for_whom_it_concerns(symptom, stream_s):
    assert planned(symptom)["udp.check"].params["duration_s"] == stream_s


def test_the_stretches_are_measured_as_long_as_what_lies_behind_them():
    steps = planned(Symptom.UNSTABLE)
    beside, anchor = steps["ping.provider4"].params, steps["ping.anchor1"].params
    assert beside["count"] * beside["interval_s"] == pytest.approx(anchor["count"] * anchor["interval_s"], rel=0.05)


def test_stretches_that_lose_are_asked_again_with_the_rest():
    steps = planned(Symptom.UNSTABLE, FINE | lossy_outcomes())
    assert {"ping.provider4", "ping.provider4.more", "ping.anchor1.more"} <= set(steps)
    assert "ping.provider4.more" not in planned(Symptom.CHECK_UP, FINE | lossy_outcomes())


def test_mere_delay_is_not_looked_at_as_long_as_loss():
    def count(outcomes):
        return planned(Symptom.CHECK_UP, FINE | outcomes)["ping.provider4"].params["count"]

    assert count({"ping.anchor1": echo("198.18.0.10", [180.0] * 10)}) < count(lossy_outcomes()) / 2


def test_sizes_are_tried_at_once_and_whatever_the_symptom_where_a_transfer_hangs():
    hung = web_reach("mail.example.com", Failure(kind=FailureKind.TIMEOUT, step="http"))
    steps = planned(Symptom.NO_INTERNET, FINE | {"reach.service.mail": hung})
    assert "mtu.service.mail.v4" in steps


@pytest.mark.parametrize(
    ("symptom", "asked", "deeper"),
    [
        (Symptom.ONE_SERVICE, "mail", True),
        (Symptom.ONE_SERVICE, None, False),  # nobody said which one
        (Symptom.CHECK_UP, "mail", False),
    ],
)
def test_the_service_that_was_asked_for_is_looked_at_by_all_means_though_it_answers(symptom, asked, deeper):
    steps = planned(symptom, service_id=asked)
    assert ({"ping.host.mail", "route.service.mail", "reach.host.mail.p80"} <= set(steps)) is deeper
    assert has(steps, "reach.service.web") is (asked is None), "unrelated services leave the comparing to controls"
    assert {"reach.control1", "reach.control2"} <= set(steps)


def test_a_web_address_of_ones_own_is_the_service_that_was_asked_for():
    own = {"reach.service.url": web_reach("own.example.com")}
    steps = planned(Symptom.ONE_SERVICE, FINE | own, url="https://own.example.com/")
    assert "ping.host.url" in steps
    assert not has(steps, "reach.service.mail")


@pytest.mark.parametrize(
    ("symptom", "first"),
    [
        (Symptom.NO_INTERNET, {Subject.COMPUTER, Subject.GATEWAY, Subject.ANCHOR, Subject.RESOLVER}),
        (Symptom.ONE_SERVICE, {Subject.SERVICE, Subject.CONTROL, Subject.PROXY}),
        (Symptom.VPN, {Subject.VPN}),
        (Symptom.CALLS, {Subject.UDP_SERVER, Subject.ANCHOR}),
    ],
)
def test_what_the_symptom_is_about_begins_first(symptom, first):
    ladder = list(stages(Request(symptom=symptom), FINE, CALLING)[1].values())
    concerned = [step.subject in first for step in ladder]
    assert concerned == sorted(concerned, reverse=True)
    assert concerned[0]


def test_more_is_asked_of_a_tunnel_that_is_what_is_wrong():
    usual, asked = planned(Symptom.CHECK_UP), planned(Symptom.VPN)
    assert asked["ping.vpn1"].params["count"] > usual["ping.vpn1"].params["count"]


# --- follow-ups while the ladder goes on ---


def while_under_way(request, outcomes, under_way, profile=PROFILE):
    """What begins while some of the ladder is under way, and the rest of it is over."""
    planner = make_planner(request, profile)
    interfaces = {"interfaces": Completed(network())}
    rungs = {step.id for step in planner(interfaces)}
    nothing = Failed(Failure(kind=FailureKind.OTHER, step="test"))
    done = interfaces | {step_id: outcomes.get(step_id, nothing) for step_id in rungs - under_way}
    return {step.id for step in planner(done, under_way & rungs)}


def test_a_host_is_tried_by_other_ways_while_echoes_go_on():
    dead = {"reach.service.mail": connected("198.18.3.30", opened=False)}
    begun = while_under_way(Request(depth=Depth.QUICK), FINE | dead, {"ping.gateway4", "ping.anchor1", "udp.check"})
    assert "ping.host.mail" in begun
    assert not has(begun, "mtu.")


def test_transfers_wait_for_the_round_trips_that_they_would_delay():
    assert not has(while_under_way(Request(), FINE, {"ping.anchor1"}), "mtu.")
    assert has(while_under_way(Request(), FINE, set()), "mtu.")


def test_nothing_ends_the_run_while_something_is_under_way():
    assert while_under_way(Request(depth=Depth.QUICK), FINE, {"ping.gateway4"}) == set()


# --- the time limit ---


@pytest.mark.parametrize("depth", [Depth.QUICK, Depth.STANDARD])
@pytest.mark.parametrize("symptom", list(Symptom))
@pytest.mark.parametrize("limit_s", [4.0, 6.0, 10.0, 20.0])
def test_steps_end_by_themselves_within_a_time_limit(symptom, depth, limit_s):
    request = Request(symptom=symptom, depth=depth, time_limit_s=limit_s)
    effort, later = effort_of(request), follow_up_effort_of(request)
    assert effort.stage_s + later.stage_s < limit_s
    assert effort.gateway_echoes * 0.05 + 1.0 < effort.stage_s
    assert effort.anchor_echoes * 0.1 + 1.0 < effort.stage_s
    assert effort.step_s < effort.stage_s
    assert effort.stream_s < effort.stage_s


def test_a_limit_that_leaves_enough_time_changes_nothing():
    assert effort_of(Request(time_limit_s=60.0)) == effort_of(Request())
    assert effort_of(Request(depth=Depth.QUICK, time_limit_s=15.0)) == QUICK


def left_out(symptom, limit_s):
    steps = planned(symptom, time_limit_s=limit_s)
    return {step.probe for step in steps.values() if step.skip is SkipReason.TIME_LIMIT}


def test_the_rungs_of_the_ladder_are_never_left_out_for_time():
    rungs = {"interfaces", "link", "lan", "ping", "dns", "lookup", "reach", "portal", "udp_service"}
    for symptom in Symptom:
        assert not left_out(symptom, 2.0) & rungs


def test_what_tells_least_is_left_out_first():
    by_limit = [left_out(Symptom.CHECK_UP, limit_s) for limit_s in (3.0, 6.0, 9.0, 12.0, 30.0)]
    assert by_limit[0] > by_limit[1] > by_limit[2] > by_limit[3] > by_limit[4] == set()


@pytest.mark.parametrize(
    ("symptom", "probe", "limit_s"),
    [
        (Symptom.CALLS, "udp", 5.0),
        (Symptom.SLOW, "access", 6.0),
        (Symptom.UNSTABLE, "host", 5.0),
        (Symptom.ONE_SERVICE, "proxy", 3.0),
    ],
)
def test_what_the_symptom_is_about_is_kept_longer(symptom, probe, limit_s):
    assert probe in left_out(Symptom.CHECK_UP, limit_s)
    assert probe not in left_out(symptom, limit_s)


def test_a_step_that_is_skipped_for_another_reason_keeps_it():
    (step,) = in_order([replace(planned(Symptom.CHECK_UP)["udp.check"], skip=SkipReason.NO_TARGET)], Request())
    assert step.skip is SkipReason.NO_TARGET
