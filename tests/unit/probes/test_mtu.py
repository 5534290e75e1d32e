import asyncio
import random

import pytest
from scripted import context, measure

from nexkit.facts.mtu import MtuState
from nexkit.facts.path import PathMethod
from nexkit.outcome import Failed, FailureKind
from nexkit.platform.api import SizeReply
from nexkit.platform.fake import FakePlatform, FakeSizes
from nexkit.platform.size_session import NOTHING
from probes.mtu import LAST_COPIES, MtuParams, MtuProbe

TARGET = {4: "198.18.0.10", 6: "2001:db8::10"}
ROUTER = "192.0.2.1"


def reply(*, arrived=False, too_big=False, mtu=None, reporter=None, error=None, rtt_ms=None):
    return SizeReply(
        arrived=arrived,
        too_big=too_big,
        rtt_ms=1.0 if arrived and rtt_ms is None else rtt_ms,
        mtu_bytes=mtu,
        reporter=reporter,
        error=error,
    )


ARRIVED = reply(arrived=True)


def told(mtu, names=True):
    """A path whose router says so, with or without naming the MTU."""
    return lambda size: ARRIVED if size <= mtu else reply(too_big=True, mtu=mtu if names else None, reporter=ROUTER)


def hole(mtu):
    return lambda size: ARRIVED if size <= mtu else NOTHING


def path_mtu(sizes, version=4, *, own=1500, ctx=None):
    platform = FakePlatform(sizes=sizes, own_mtu=own)
    return measure(MtuProbe(), MtuParams(target=TARGET[version]), ctx or context(platform))


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("mtu", [1280, 1281, 1358, 1400, 1412, 1454, 1460, 1492, 1499])
def test_what_a_router_tells_is_tried_and_found_exact(mtu, version):
    fact = path_mtu(told(mtu), version)
    assert (fact.state, fact.path_mtu_bytes, fact.refused_bytes) == (MtuState.TOLD, mtu, mtu + 1)
    assert (fact.told_mtu_bytes, fact.told_by) == (mtu, ROUTER)
    assert sum(sample.sent for sample in fact.samples) <= 6


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("mtu", [1280, 1281, 1333, 1400, 1453, 1454, 1455, 1460, 1491, 1492, 1499])
def test_a_black_hole_is_found_exact(mtu, version):
    fact = path_mtu(hole(mtu), version)
    assert (fact.state, fact.path_mtu_bytes, fact.refused_bytes) == (MtuState.BLACK_HOLE, mtu, mtu + 1)
    assert (fact.told_mtu_bytes, fact.told_by) == (None, None)
    edge = next(sample for sample in fact.samples if sample.size_bytes == mtu + 1)
    assert edge.sent == LAST_COPIES


@pytest.mark.parametrize("mtu", [600, 1000, 1300, 1454])
def test_a_router_that_names_no_mtu_is_searched_below(mtu):
    fact = path_mtu(told(mtu, names=False))
    assert (fact.state, fact.path_mtu_bytes, fact.told_mtu_bytes, fact.told_by) == (MtuState.TOLD, mtu, None, ROUTER)


def test_the_interface_s_own_limit_is_a_path_that_fits():
    fact = path_mtu(told(1500))
    assert (fact.state, fact.path_mtu_bytes, fact.refused_bytes) == (MtuState.FITS, 1500, None)
    fact = path_mtu(told(1420), own=1420)
    assert (fact.state, fact.path_mtu_bytes, fact.own_mtu_bytes) == (MtuState.FITS, 1420, 1420)


def test_a_larger_interface_before_an_ordinary_path():
    fact = path_mtu(hole(1500), own=9000)
    assert (fact.state, fact.path_mtu_bytes) == (MtuState.BLACK_HOLE, 1500)


@pytest.mark.parametrize("own", [None, 1500])
def test_an_interface_whose_limit_is_not_told(own):
    fact = path_mtu(told(1500), own=own)
    assert fact.state is MtuState.FITS
    assert fact.path_mtu_bytes == own


def test_a_narrow_path_below_the_floor():
    fact = path_mtu(hole(500))
    assert (fact.state, fact.path_mtu_bytes) == (MtuState.BLACK_HOLE, 500)


@pytest.mark.parametrize("lie", [0, 40, 67, 5000, 100_000])
def test_a_lie_about_the_mtu_is_not_believed(lie):
    def sizes(size):
        return ARRIVED if size <= 1454 else reply(too_big=True, mtu=lie, reporter=ROUTER)

    fact = path_mtu(sizes)
    assert (fact.state, fact.path_mtu_bytes) == (MtuState.TOLD, 1454)


def test_a_router_that_says_less_than_passes_is_found_out():
    def sizes(size):
        return ARRIVED if size <= 1454 else reply(too_big=True, mtu=1300, reporter=ROUTER)

    fact = path_mtu(sizes)
    assert (fact.path_mtu_bytes, fact.told_mtu_bytes) == (1454, 1300)


def test_a_told_limit_before_a_black_hole():
    def sizes(size):
        if size > 1492:
            return reply(too_big=True, mtu=1492, reporter=ROUTER)
        return ARRIVED if size <= 1454 else NOTHING

    fact = path_mtu(sizes)
    assert (fact.state, fact.path_mtu_bytes, fact.refused_bytes) == (MtuState.BLACK_HOLE, 1454, 1455)


def test_two_limits_in_a_row_are_both_followed():
    def sizes(size):
        for mtu, by in ((1492, ROUTER), (1454, "192.0.2.2")):
            if size > mtu:
                return reply(too_big=True, mtu=mtu, reporter=by)
        return ARRIVED

    fact = path_mtu(sizes)
    assert (fact.path_mtu_bytes, fact.told_mtu_bytes, fact.told_by) == (1454, 1454, "192.0.2.2")


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("mtu", [1454, 1500])
def test_loss_is_not_taken_for_size(mtu, seed):
    chance = random.Random(seed)

    def sizes(size):
        return ARRIVED if size <= mtu and chance.random() > 0.1 else NOTHING

    fact = path_mtu(sizes)
    # One lost packet in ten; the first of three copies decides most sizes, and neighbours mend the rest.
    assert fact.passed_bytes is not None
    assert fact.path_mtu_bytes is None or abs(fact.path_mtu_bytes - mtu) <= 1


def test_silence_of_every_size_is_not_known():
    fact = path_mtu(lambda size: NOTHING)
    assert (fact.state, fact.path_mtu_bytes, fact.passed_bytes, fact.refused_bytes) == (
        MtuState.NO_ANSWER,
        None,
        None,
        None,
    )
    assert (fact.familiar, fact.send_failure) == ((), None)


def test_what_the_system_says_instead_of_sending_is_kept():
    fact = path_mtu(lambda size: reply(error=FailureKind.FILTERED_LOCALLY))
    assert (fact.state, fact.send_failure) == (MtuState.NO_ANSWER, FailureKind.FILTERED_LOCALLY)


def test_every_packet_is_paid_for():
    ctx = context(FakePlatform(sizes=told(1500)))
    path_mtu(None, ctx=ctx)
    assert ctx.spent_bytes == 2 * (84 + 576 + 1500)


def test_a_hole_costs_less_than_a_tenth_of_the_budget_of_a_run():
    ctx = context(FakePlatform(sizes=hole(1454)))
    path_mtu(None, ctx=ctx)
    assert ctx.spent_bytes < 150_000


def test_the_budget_ends_it():
    platform = FakePlatform(sizes=told(1454))
    outcome = asyncio.run(MtuProbe().run(MtuParams(target=TARGET[4]), context(platform, max_bytes=2_000)))
    assert isinstance(outcome, Failed)
    assert outcome.failure.kind is FailureKind.BUDGET


def test_a_refusal_is_a_refusal():
    platform = FakePlatform(sizes_refusal=PermissionError(1, "no"))
    outcome = asyncio.run(MtuProbe().run(MtuParams(target=TARGET[4]), context(platform)))
    assert (outcome.failure.kind, outcome.failure.step) == (FailureKind.PERMISSION, "open")


def test_by_udp_silence_is_no_search(monkeypatch):
    monkeypatch.setattr(FakeSizes, "method", PathMethod.UDP)
    fact = path_mtu(hole(1454))
    assert (fact.method, fact.state, fact.path_mtu_bytes) == (PathMethod.UDP, MtuState.BLACK_HOLE, None)
    assert (fact.passed_bytes, fact.refused_bytes) == (576, 1500)


def test_a_connection_that_times_out_is_no_stall():
    platform = FakePlatform(sizes=told(1500))
    fact = measure(MtuProbe(), MtuParams(target=TARGET[4], port=443), context(platform))
    assert (fact.transfer.failure.kind, fact.transfer.stalled, fact.clamped_transfer) == (
        FailureKind.TIMEOUT,
        False,
        None,
    )


@pytest.mark.parametrize(
    "params", [{"port": 0}, {"host": "bad name"}, {"path": "x"}, {"path": "/a b"}, {"path": "/é"}, {"patience_s": 0}]
)
def test_parameters_that_make_no_sense_are_refused(params):
    with pytest.raises(ValueError, match=r"port|name|path|patience|host"):
        MtuParams(**{"target": TARGET[4], **params})
