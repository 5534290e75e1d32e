"""The proxy probe over TLS and against hostile servers on loopback."""

import asyncio
import contextlib
import time

import pytest
from loopback import Authority, LoopbackPlatform, answering, context, open_sockets, serve, silent

from nexkit.facts.network import NetworkState, ProxySettings
from nexkit.facts.proxy import ProxyKind, ProxySource
from nexkit.outcome import FailureKind
from nexkit.platform.system_proxy import SystemProxy
from probes.proxy import ProxyProbe
from probes.proxy.params import ProxyParams

pytestmark = pytest.mark.measures

URL = "https://www.example.com/"
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\nProxy-Agent: lab\r\n\r\n"


class Platform(LoopbackPlatform):
    async def proxy_settings(self):
        return (SystemProxy(source=ProxySource.ENVIRONMENT),)

    async def dhcp_pac_url(self):
        return None

    async def network_state(self):
        return NetworkState(interfaces=(), default_routes=(), resolvers=(), search_domains=(), proxy=ProxySettings())


def check(handle, params, *, tls=None, authority=None):
    """The fact of one run against one server, whose port is put into the parameters; no socket stays open."""

    async def run():
        async with serve(handle, tls=tls) as port:
            probe = ProxyProbe()
            platform = Platform(names={"server.example.com": ("127.0.0.1",)}, authority=authority)
            given = {name: value.format(port=port) for name, value in params.items()}
            outcome = await probe.run(ProxyParams(urls=(URL,), step_timeout_s=1.0, **given), context(probe, platform))
            return outcome.fact

    before = open_sockets()
    fact = asyncio.run(run())
    assert open_sockets() == before
    return fact


def pac_answer(body, kind=b"application/x-ns-proxy-autoconfig"):
    head = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (kind, len(body))
    return answering(head + body)


DIRECT = b"function FindProxyForURL() { return 'DIRECT'; }"


def test_a_pac_file_may_come_over_tls(tmp_path):
    authority = Authority()
    tls = authority.server(tmp_path, "server.example.com")
    fact = check(pac_answer(DIRECT), {"pac_url": "https://server.example.com:{port}/p"}, tls=tls, authority=authority)
    assert (fact.pac[0].failure, fact.decisions[0].direct) == (None, True)


def test_a_pac_server_that_nobody_vouches_for_is_not_believed(tmp_path):
    tls = Authority().server(tmp_path, "server.example.com")
    fact = check(pac_answer(DIRECT), {"pac_url": "https://server.example.com:{port}/p"}, tls=tls)
    assert (fact.pac[0].failure.step, fact.pac[0].failure.kind) == ("pac_fetch", FailureKind.TLS)


@pytest.mark.parametrize(
    "body", [b"\xef\xbb\xbf" + DIRECT, "/* プロキシ */".encode() + DIRECT, "/* é */".encode("latin-1") + DIRECT]
)
def test_a_pac_file_may_be_in_any_of_the_usual_encodings(body):
    fact = check(pac_answer(body, b"text/plain"), {"pac_url": "http://127.0.0.1:{port}/p"})
    assert (fact.pac[0].failure, fact.pac[0].content_type) == (None, "text/plain")
    assert fact.decisions[0].direct


def test_a_proxy_may_be_spoken_to_in_tls(tmp_path):
    authority = Authority()
    tls = authority.server(tmp_path, "server.example.com")
    fact = check(answering(ESTABLISHED), {"proxy": "https://server.example.com:{port}"}, tls=tls, authority=authority)
    (attempt,) = fact.decisions[0].attempts
    assert (attempt.way.kind, attempt.answer.status, attempt.answer.product) == (ProxyKind.HTTPS, 200, "lab")


def test_a_proxy_that_nobody_vouches_for_is_told_nothing(tmp_path):
    tls = Authority().server(tmp_path, "server.example.com")
    handle = answering(ESTABLISHED)
    fact = check(handle, {"proxy": "https://alice:word@server.example.com:{port}"}, tls=tls)
    failure = fact.decisions[0].attempts[0].failure
    assert (failure.step, failure.kind) == ("tls", FailureKind.TLS)
    assert handle.requests == []


@pytest.mark.parametrize(
    ("handle", "kind"),
    [
        (silent, FailureKind.TIMEOUT),
        (answering(b"SSH-2.0-OpenSSH_9\r\n\r\n"), FailureKind.PROTOCOL),
        (answering(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000), FailureKind.PROTOCOL),
        (answering(*[b"HTTP/1.1 100 Continue\r\n\r\n" * 500] * 50), FailureKind.PROTOCOL),
        (answering(b""), FailureKind.RESET),
    ],
)
def test_a_hostile_proxy_fails_at_the_tunnel(handle, kind):
    fact = check(handle, {"proxy": "127.0.0.1:{port}"})
    failure = fact.decisions[0].attempts[0].failure
    assert (failure.step, failure.kind) == ("tunnel", kind)


def test_stopping_takes_effect_at_once_even_while_a_file_loops():
    endless = pac_answer(b'function FindProxyForURL() { return new Array(4294967295).join(""); }')

    async def run():
        async with serve(endless) as port:
            probe = ProxyProbe()
            params = ProxyParams(urls=(URL,), pac_url=f"http://127.0.0.1:{port}/p")
            running = asyncio.create_task(probe.run(params, context(probe, Platform())))
            await asyncio.sleep(0.7)
            assert not running.done()
            began_s = time.monotonic()
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
            return time.monotonic() - began_s

    assert asyncio.run(run()) < 1
