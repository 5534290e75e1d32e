import asyncio
import errno
import ssl

import pytest
from scripted import NamesPlatform, context, measure

from nexkit.address import Family
from nexkit.facts.reach import ReachLayer
from nexkit.outcome import FailureKind
from probes.reach import MAX_ADDRESSES, ReachParams, ReachProbe

NAME = "www.example.com"


class RefusingPlatform(NamesPlatform):
    """Every connection is refused; keeps where it was tried."""

    def __init__(self, names):
        super().__init__(names)
        self.tried = []

    async def connect_tcp(self, address, port, *, timeout_s, interface=None):
        self.tried.append((address, port, timeout_s))
        raise ConnectionRefusedError(errno.ECONNREFUSED, "refused")

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


@pytest.mark.parametrize("proxy", ["", ":8080", "proxy.example.com:0", "proxy.example.com:x", "a b:8080", "x\r\ny:80"])
def test_what_is_no_proxy_is_refused_beforehand(proxy):
    with pytest.raises(ValueError, match=r"host name|port|PORT"):
        ReachParams(host=NAME, port=443, layer=ReachLayer.TCP, proxy=proxy)


class FamiliesPlatform(RefusingPlatform):
    """Looks each family up by itself too."""

    async def resolve(self, host, family=None):
        found = await super().resolve(host)
        self.looked_up[-1] = (host, family)
        return tuple(each for each in found if family is None or (":" in each) is (family is Family.IPV6))


def test_for_a_browser_both_families_are_looked_up_by_themselves():
    platform = FamiliesPlatform({NAME: ("2001:db8::1", "198.18.0.1")})
    params = ReachParams(host=NAME, port=443, layer=ReachLayer.TCP, browser=True)
    fact = measure(ReachProbe(), params, context(platform))
    assert set(platform.looked_up) == {(NAME, None), (NAME, Family.IPV4), (NAME, Family.IPV6)}
    assert fact.browser.order == ("2001:db8::1", "198.18.0.1")
    assert (fact.browser.chosen, fact.browser.tried) == (None, 2)
    assert fact.attempts[0].failed_after_ms > 0
    assert fact.attempts[0].total_ms is None


def test_the_first_address_of_a_proxy_that_accepts_is_taken_and_the_last_refusal_told():
    platform = RefusingPlatform({NAME: ("198.18.0.1",), "proxy.example.com": ("198.18.0.8", "198.18.0.9")})
    params = ReachParams(host=NAME, port=443, layer=ReachLayer.TCP, proxy="proxy.example.com:3128")
    proxied = measure(ReachProbe(), params, context(platform)).through_proxy
    assert [place[:2] for place in platform.tried if place[1] == 3128] == [("198.18.0.8", 3128), ("198.18.0.9", 3128)]
    assert (proxied.failure.kind, proxied.failure.step) == (FailureKind.REFUSED, "proxy_connect")
    assert (proxied.proxy, proxied.proxy_port, proxied.address, proxied.tunnel) == (
        "proxy.example.com",
        3128,
        None,
        None,
    )


def test_a_name_that_only_the_proxy_knows_is_asked_of_it_all_the_same():
    platform = RefusingPlatform({"proxy.example.com": ("198.18.0.8",)})
    params = ReachParams(host=NAME, port=443, layer=ReachLayer.TCP, proxy="proxy.example.com:3128", browser=True)
    fact = measure(ReachProbe(), params, context(platform))
    assert (fact.attempts, fact.resolve_failure.kind, fact.browser) == ((), FailureKind.NAME_NOT_FOUND, None)
    assert fact.through_proxy.failure.step == "proxy_connect"


def test_cancelled_in_the_lookup_it_ends_at_once():
    async def scene():
        params = ReachParams(host=NAME, port=443, layer=ReachLayer.TCP, step_timeout_s=60)
        task = asyncio.create_task(ReachProbe().run(params, context(NamesPlatform({NAME: None}))))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert asyncio.run(scene())
