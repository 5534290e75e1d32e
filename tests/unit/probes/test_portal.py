import errno

import pytest
from scripted import NamesPlatform, context, measure

from nexkit.outcome import FailureKind
from probes.portal import PAUSE_S, PortalParams, PortalProbe


class UnreachablePlatform(NamesPlatform):
    """No connection ever succeeds; keeps where it was tried and with how much time."""

    def __init__(self, names):
        super().__init__(names)
        self.tried = []

    async def connect_tcp(self, address, port, *, timeout_s, interface=None):
        self.tried.append((address, port, timeout_s))
        raise OSError(errno.EHOSTUNREACH, "no route to host")


def test_one_address_of_each_family_shares_the_time():
    platform = UnreachablePlatform({"connect.example.com": ("2001:db8::1", "2001:db8::2", "198.18.0.1")})
    params = PortalParams(url="http://connect.example.com/generate_204", timeout_s=3.0)
    ctx = context(platform)
    began_s = ctx.clock.time_s
    fact = measure(PortalProbe(), params, ctx)
    assert platform.tried == [("2001:db8::1", 80, 1.0), ("198.18.0.1", 80, 1.0)] * 2
    assert {(attempt.failure.kind, attempt.failure.step) for attempt in fact.attempts} == {
        (FailureKind.HOST_UNREACHABLE, "connect")
    }
    assert ctx.clock.time_s == pytest.approx(began_s + PAUSE_S)


def test_a_literal_ipv6_address_with_port():
    platform = UnreachablePlatform({})
    measure(PortalProbe(), PortalParams(url="http://[2001:db8::1]:8080/"), context(platform))
    assert platform.looked_up == []
    assert platform.tried[0][:2] == ("2001:db8::1", 8080)


def test_the_budget_is_a_failure_of_the_fetch():
    platform = UnreachablePlatform({"connect.example.com": ("198.18.0.1",)})
    fact = measure(PortalProbe(), PortalParams(url="http://connect.example.com/"), context(platform, max_bytes=10))
    assert {attempt.failure.kind for attempt in fact.attempts} == {FailureKind.BUDGET}


@pytest.mark.parametrize(
    "url",
    [
        "https://connect.example.com/",
        "connect.example.com",
        "http:///path",
        "http://connect.example.com:0/",
        "http://connect.example.com:99999/",
        "http://bad name/",
    ],
)
def test_only_plain_web_addresses_are_taken(url):
    with pytest.raises(ValueError, match=r"http|host|port|Port"):
        PortalParams(url=url)
