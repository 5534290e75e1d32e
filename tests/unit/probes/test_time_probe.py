import asyncio
import datetime as dt
import errno
import struct

import pytest
from scripted import ManualClock, context, measure

from nexkit.facts.time import Agreement, LeapIndicator, TimeMethod
from nexkit.outcome import FailureKind
from nexkit.platform.fake import TOKYO, FakePlatform
from probes.time import TimeParams, TimeProbe

EPOCH = dt.datetime(1900, 1, 1, tzinfo=dt.UTC)
NOW_S = (ManualClock().now() - EPOCH).total_seconds()
TRUE, OTHER, THIRD = "198.18.7.70", "198.18.7.71", "198.18.7.72"
SIXTH = "2001:db8:18:7::70"


class Clocks:
    """NTP servers by address: seconds ahead of our clock, an error, or None for silence."""

    def __init__(self, ahead, *, flags=0x24, stratum=2):
        self.ahead = ahead
        self.head = struct.pack("!BBBb", flags, stratum, 6, -20)
        self.asked = []

    def __call__(self, address, port, payload):
        self.asked.append((address, port))
        ahead_s = self.ahead.get(address)
        if ahead_s is None or isinstance(ahead_s, OSError):
            return ahead_s or TimeoutError()
        stamp = struct.pack("!Q", round((NOW_S + ahead_s) * 2**32))
        return self.head + bytes(4) + struct.pack("!I", 655) + b"RATE" + bytes(8) + payload[40:48] + stamp + stamp


def fact_of(clocks, *ntp, names=None, time=TOKYO, **params):
    platform = FakePlatform(udp=clocks, names=names or {}, time=time)
    return measure(TimeProbe(), TimeParams(ntp=ntp, timeout_s=0.2, **params), context(platform))


def test_an_offset_is_how_far_other_clocks_are_ahead():
    fact = fact_of(Clocks({TRUE: 90.0, OTHER: 90.01}), TRUE, OTHER)
    assert (fact.agreement, fact.agreeing, fact.disagreeing) == (Agreement.MAJORITY, 2, 0)
    assert fact.offset_s == pytest.approx(90.0, abs=0.1)
    assert fact.checked_at == ManualClock().now()
    first = fact.sources[0]
    assert (first.method, first.address, first.stratum, first.attempts) == (TimeMethod.NTP, TRUE, 2, 1)
    assert (first.leap, first.kiss, first.failure) == (LeapIndicator.NONE, None, None)
    assert first.rtt_ms == pytest.approx(1.0)
    assert first.uncertainty_s == pytest.approx(0.0005 + 0.01, abs=0.001)


def test_zone_and_synchronisation_come_from_the_system():
    fact = fact_of(Clocks({}))
    assert (fact.zone, fact.sync) == (TOKYO.zone, TOKYO.sync)
    assert (fact.agreement, fact.offset_s) == (Agreement.NO_SOURCE, None)
    refused = fact_of(Clocks({}), time=PermissionError(13, "refused"))
    assert (refused.zone, refused.sync) == (None, None)


def test_a_liar_among_three_does_not_win():
    fact = fact_of(Clocks({TRUE: 0.0, OTHER: 3600.0, THIRD: 0.0}), TRUE, OTHER, THIRD)
    assert (fact.agreement, fact.agreeing, fact.disagreeing) == (Agreement.MAJORITY, 2, 1)
    assert abs(fact.offset_s) < 0.1


def test_a_server_without_time_says_why_and_does_not_count():
    fact = fact_of(Clocks({TRUE: 0.0}, flags=0xE4, stratum=0), TRUE)
    (source,) = fact.sources
    assert (source.kiss, source.leap, source.offset_s) == ("RATE", LeapIndicator.UNSYNCHRONISED, None)
    assert (source.failure, fact.agreement) == (None, Agreement.NO_SOURCE)


def test_the_second_request_goes_over_the_other_family():
    clocks = Clocks({TRUE: 0.0})
    fact = fact_of(clocks, "ntp.example.com", names={"ntp.example.com": (SIXTH, TRUE)})
    assert clocks.asked == [(SIXTH, 123), (TRUE, 123)]
    assert (fact.sources[0].address, fact.sources[0].attempts) == (TRUE, 2)


@pytest.mark.parametrize(
    ("error", "kind"),
    [(None, FailureKind.TIMEOUT), (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), FailureKind.REFUSED)],
)
def test_silence_and_refusal_are_results(error, kind):
    (source,) = fact_of(Clocks({TRUE: error}), f"{TRUE}:1123").sources
    assert (source.failure.kind, source.failure.step, source.attempts, source.offset_s) == (kind, "ntp", 2, None)


def test_a_name_that_is_not_there_is_a_result():
    (source,) = fact_of(Clocks({}), "ntp.example.com").sources
    assert (source.failure.kind, source.failure.step) == (FailureKind.NAME_NOT_FOUND, "resolve")


def test_web_servers_are_asked_only_without_a_majority():
    alone = fact_of(Clocks({TRUE: 0.0}), TRUE, http=(THIRD,))
    assert [source.method for source in alone.sources] == [TimeMethod.NTP, TimeMethod.HTTP_DATE]
    assert alone.sources[1].failure.kind is FailureKind.TIMEOUT
    two = fact_of(Clocks({TRUE: 0.0, OTHER: 0.0}), TRUE, OTHER, http=(THIRD,))
    assert len(two.sources) == 2


def test_it_can_be_cancelled_while_it_waits():
    class Silent(FakePlatform):
        async def exchange_udp(self, *_, **__):
            await asyncio.Event().wait()

    async def cancel_soon():
        task = asyncio.create_task(TimeProbe().run(TimeParams(ntp=(TRUE,)), context(Silent())))
        await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    asyncio.run(asyncio.wait_for(cancel_soon(), 1))


@pytest.mark.parametrize(
    "params", [{"ntp": ("a b",)}, {"https": ("a.example.com:0",)}, {"http": ("a.example.com",) * 9}, {"timeout_s": 0.0}]
)
def test_parameters_that_make_no_sense_are_refused(params):
    with pytest.raises(ValueError, match=r"."):
        TimeParams(**params)
