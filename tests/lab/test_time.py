"""The time probe against chrony and against clocks that are wrong by what a test says, over NTP, HTTP and HTTPS."""

import pytest
from servers.certificates import Authority, Certificate
from test_linux_probes import NEAR, SERVER
from udp_world import CLOCKS, UdpWorld

from nexkit.facts.time import Agreement, LeapIndicator, TimeMethod
from nexkit.outcome import FailureKind

pytestmark = pytest.mark.lab
TRUE, OTHER, THIRD = CLOCKS
HOUR_S = 3600.0
BLOCKED = "udp dport 123 drop"


@pytest.fixture(scope="module")
def world(lab):
    built = UdpWorld()
    yield built
    built.end()


def test_a_clock_that_is_right_is_told_so_by_chrony_in_both_families(world):
    with world.chrony():
        fact = world.fact("time", ntp=f"{SERVER[4]},{SERVER[6]}", https=TRUE)
    assert [source.method for source in fact.sources] == [TimeMethod.NTP] * 2, "two that agree are enough"
    for source in fact.sources:
        assert abs(source.offset_s) <= source.uncertainty_s + 0.01
        assert (source.stratum, source.leap, source.kiss, source.failure) == (2, LeapIndicator.NONE, None, None)
    assert (fact.agreement, fact.agreeing, fact.disagreeing) == (Agreement.MAJORITY, 2, 0)
    assert abs(fact.offset_s) < 0.5
    assert fact.zone is not None


@pytest.mark.parametrize("ahead_s", [90.0, -HOUR_S])
def test_a_clock_that_is_wrong_is_told_by_how_much(world, ahead_s):
    """Other clocks are ahead of ours by so much: ours is behind."""
    with world.clocks(ntp=dict.fromkeys(CLOCKS, ahead_s)):
        fact = world.fact("time", ntp=",".join(CLOCKS))
    assert (fact.agreement, fact.agreeing) == (Agreement.MAJORITY, 3)
    assert fact.offset_s == pytest.approx(ahead_s, abs=0.5)
    assert 0.01 < fact.uncertainty_s < 1


def test_one_liar_among_three_does_not_win(world):
    with world.clocks(ntp={TRUE: 0.0, OTHER: HOUR_S, THIRD: 0.01}):
        fact = world.fact("time", ntp=",".join(CLOCKS))
    assert (fact.agreement, fact.agreeing, fact.disagreeing) == (Agreement.MAJORITY, 2, 1)
    assert abs(fact.offset_s) < 0.5


def test_two_that_contradict_each_other_are_settled_by_the_web(world):
    with world.clocks(ntp={TRUE: 0.0, OTHER: HOUR_S}, http={THIRD: 0.0}):
        fact = world.fact("time", ntp=f"{TRUE},{OTHER}", http=THIRD)
        alone = world.fact("time", ntp=f"{TRUE},{OTHER}")
    assert (fact.agreement, fact.agreeing, fact.disagreeing) == (Agreement.MAJORITY, 2, 1)
    assert abs(fact.offset_s) < 0.5
    assert (alone.agreement, alone.offset_s) == (Agreement.NONE, None)


@pytest.mark.parametrize(
    ("certificate", "ahead_s"), [(Certificate.EXPIRED, -40 * 86_400.0), (Certificate.NOT_YET_VALID, 90.0)]
)
def test_where_ntp_is_blocked_the_web_is_asked_whatever_the_certificates_dates_say(
    world, tmp_path, certificate, ahead_s
):
    authority = Authority()
    authority.write_root(tmp_path / "root.pem")
    authority.write_server(tmp_path / "server.pem", ("www.example.com",), (OTHER, THIRD), certificate)
    shifted = dict.fromkeys((OTHER, THIRD), ahead_s)
    with (
        world.clocks(ntp={TRUE: 0.0}, https=shifted, pem=str(tmp_path / "server.pem")),
        world.filtered("far", "forward", BLOCKED),
    ):
        fact = world.fact(
            "time",
            privilege=("env", f"SSL_CERT_FILE={tmp_path / 'root.pem'}"),
            ntp=TRUE,
            https=f"{OTHER},{THIRD}",
            timeout_s=0.6,
        )
    silent, *web = fact.sources
    assert (silent.failure.kind, silent.attempts) == (FailureKind.TIMEOUT, 2)
    assert [(source.method, source.failure) for source in web] == [(TimeMethod.HTTPS_DATE, None)] * 2
    assert fact.agreement is Agreement.MAJORITY
    assert fact.offset_s == pytest.approx(ahead_s, abs=1.5)
    assert fact.uncertainty_s >= 0.5


def test_a_server_that_nobody_vouches_for_does_not_speak_for_the_name(world, tmp_path):
    Authority().write_server(tmp_path / "server.pem", ("www.example.com",), (OTHER,), Certificate.GOOD)
    with world.clocks(https={OTHER: HOUR_S}, pem=str(tmp_path / "server.pem")):
        fact = world.fact("time", https=OTHER)
    assert [source.failure.kind for source in fact.sources] == [FailureKind.TLS]
    assert fact.agreement is Agreement.NO_SOURCE


def test_a_kiss_of_death_is_no_time_and_no_failure(world):
    with world.clocks(kiss={TRUE: "RATE"}):
        fact = world.fact("time", ntp=f"{TRUE},{SERVER[4]}")
    kissed, closed = fact.sources
    assert (kissed.kiss, kissed.stratum, kissed.offset_s) == ("RATE", 0, None)
    assert kissed.leap is LeapIndicator.UNSYNCHRONISED
    assert closed.failure.kind is FailureKind.REFUSED
    assert fact.agreement is Agreement.NO_SOURCE


@pytest.mark.parametrize("access", ["allow", "deny"])
def test_in_a_network_with_a_proxy_alone_the_web_is_asked_through_it(world, tmp_path, access):
    authority = Authority()
    authority.write_root(tmp_path / "root.pem")
    authority.write_server(tmp_path / "server.pem", ("www.example.com",), (TRUE, OTHER), Certificate.GOOD)
    with (
        world.clocks(https={TRUE: 90.0, OTHER: 90.0}, pem=str(tmp_path / "server.pem")),
        world.filtered("near", "forward", "drop"),
        world.squid(access),
    ):
        fact = world.fact(
            "time",
            privilege=("env", f"SSL_CERT_FILE={tmp_path / 'root.pem'}"),
            ntp=TRUE,
            https=f"{TRUE},{OTHER}",
            proxy=f"{NEAR[4]}:3128",
            timeout_s=0.6,
        )
    web = fact.sources[1:]
    if access == "allow":
        assert [source.failure for source in web] == [None, None]
        assert fact.offset_s == pytest.approx(90.0, abs=1.5)
    else:
        assert [(source.failure.kind, source.failure.step) for source in web] == [(FailureKind.REFUSED, "tunnel")] * 2
