import asyncio
import ssl

import pytest
from scripted import NamesPlatform, context, measure

from nexkit.facts.reach import ReachLayer
from nexkit.outcome import FailureKind
from probes.reach import MAX_ADDRESSES, ReachParams, ReachProbe

NAME = "www.example.com"


class RefusingPlatform(NamesPlatform):
    """Every connection is refused; keeps where it was tried."""

    def __init__(self, names):
        super().__init__(names)
        self.tried = []

    async def connect_tcp(self, address, port, *, timeout_s):
        self.tried.append((address, port, timeout_s))
        raise ConnectionRefusedError(111, "refused")

    def trust(self):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def test_every_address_is_tried_and_every_failure_kept():
    platform = RefusingPlatform({NAME: ("2001:db8::1", "198.18.0.1")})
    params = ReachParams(host=NAME, port=8443, layer=ReachLayer.HTTPS, expected_status=(200,), step_timeout_s=1.5)
    progress = []
    fact = measure(ReachProbe(), params, context(platform, progress=progress))
    assert platform.tried == [("2001:db8::1", 8443, 1.5), ("198.18.0.1", 8443, 1.5)]
    assert [attempt.address for attempt in fact.attempts] == ["2001:db8::1", "198.18.0.1"]
    for attempt in fact.attempts:
        assert (attempt.failure.kind, attempt.failure.step) == (FailureKind.REFUSED, "connect")
        assert (attempt.connect_ms, attempt.tls, attempt.http) == (None, None, None)
    assert (fact.host, fact.port, fact.layer, fact.expected_status) == (NAME, 8443, ReachLayer.HTTPS, (200,))
    assert progress == [0.5, 1.0]


def test_of_many_addresses_both_families_get_a_share():
    six = tuple(f"2001:db8::{number}" for number in range(20))
    platform = RefusingPlatform({NAME: (*six, "198.18.0.1", "198.18.0.2")})
    fact = measure(ReachProbe(), ReachParams(host=NAME, port=443, layer=ReachLayer.TCP), context(platform))
    assert [attempt.address for attempt in fact.attempts] == [*six[: MAX_ADDRESSES - 2], "198.18.0.1", "198.18.0.2"]


@pytest.mark.parametrize("host", ["198.18.0.1", "2001:db8::1", "fe80::1%eth0"])
def test_a_literal_address_is_not_looked_up(host):
    platform = RefusingPlatform({})
    fact = measure(ReachProbe(), ReachParams(host=host, port=443, layer=ReachLayer.TLS), context(platform))
    assert platform.looked_up == []
    assert (fact.resolve_ms, fact.resolve_failure) == (None, None)
    assert [attempt.address for attempt in fact.attempts] == [host]


def test_a_lookup_without_end_is_a_timeout():
    params = ReachParams(host=NAME, port=443, layer=ReachLayer.TCP, step_timeout_s=0.01)
    fact = measure(ReachProbe(), params, context(NamesPlatform({NAME: None})))
    assert (fact.resolve_failure.kind, fact.resolve_failure.step) == (FailureKind.TIMEOUT, "resolve")
    assert fact.attempts == ()


def test_the_budget_is_a_failure_of_the_attempt():
    params = ReachParams(host="198.18.0.1", port=443, layer=ReachLayer.TCP)
    fact = measure(ReachProbe(), params, context(RefusingPlatform({}), max_bytes=100))
    assert fact.attempts[0].failure.kind is FailureKind.BUDGET


@pytest.mark.parametrize(
    ("host", "port"), [("www.example.com\r\nX: y", 443), ("", 443), (NAME, 0), (NAME, 70_000), ("-.example.com", 443)]
)
def test_what_cannot_be_reached_is_refused_beforehand(host, port):
    with pytest.raises(ValueError, match=r"host name|port"):
        ReachParams(host=host, port=port, layer=ReachLayer.TCP)


def test_cancelled_in_the_lookup_it_ends_at_once():
    async def scene():
        params = ReachParams(host=NAME, port=443, layer=ReachLayer.TCP, step_timeout_s=60)
        task = asyncio.create_task(ReachProbe().run(params, context(NamesPlatform({NAME: None}))))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert asyncio.run(scene())
