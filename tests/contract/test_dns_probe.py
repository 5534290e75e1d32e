"""The dns probe against a real resolver on loopback."""

import asyncio
import time

import dns.rcode
import pytest
from loopback import DnsZone, LoopbackPlatform, context, open_sockets, serve, serve_dns, silent

from nexkit.facts.dns import DnsTransport, NameRole
from nexkit.outcome import Completed, Failure, FailureKind
from probes.dns import DnsParams, DnsProbe

pytestmark = pytest.mark.measures

RECORDS = {
    ("www.example.com", "A"): ["198.18.0.1", "198.18.0.2"],
    ("www.example.com", "AAAA"): ["2001:db8::1"],
    ("mail.example.net", "A"): ["198.18.0.3"],
}


async def ask(port, *, resolver="127.0.0.1", timeout_s=0.3, services=("mail.example.net",)):
    probe = DnsProbe()
    params = DnsParams(
        resolver=resolver, port=port, controls=("www.example.com",), services=services, timeout_s=timeout_s
    )
    outcome = await probe.run(params, context(probe, LoopbackPlatform()))
    assert isinstance(outcome, Completed)
    return {(query.role, query.rdtype, query.transport): query for query in outcome.fact.queries}


def run(zone, **options):
    async def scene():
        async with serve_dns(zone) as port:
            return await ask(port, **options)

    return asyncio.run(scene())


def test_every_question_is_answered():
    zone = DnsZone(records=RECORDS)
    queries = run(zone)
    udp, tcp = DnsTransport.UDP, DnsTransport.TCP
    assert set(queries[NameRole.CONTROL, "A", udp].addresses) == {"198.18.0.1", "198.18.0.2"}
    assert queries[NameRole.CONTROL, "AAAA", udp].addresses == ("2001:db8::1",)
    assert queries[NameRole.SERVICE, "A", udp].addresses == ("198.18.0.3",)
    assert queries[NameRole.SERVICE, "AAAA", udp].addresses == ()
    assert queries[NameRole.SERVICE, "AAAA", udp].rcode == "NOERROR"
    assert queries[NameRole.UNCACHED, "A", udp].rcode == "NXDOMAIN"
    assert queries[NameRole.NONEXISTENT, "A", udp].rcode == "NXDOMAIN"
    assert set(queries[NameRole.CONTROL, "A", tcp].addresses) == {"198.18.0.1", "198.18.0.2"}
    assert len(queries) == 7
    assert all(query.failure is None and query.attempts == 1 for query in queries.values())
    assert all(0 < query.time_ms < 100 for query in queries.values())


def test_questions_differ_in_id_and_port():
    zone = DnsZone(records=RECORDS)
    run(zone)
    assert len({asked[3] for asked in zone.asked}) == len(zone.asked)
    assert len({asked[4] for asked in zone.asked}) == len(zone.asked)


def test_a_lost_question_is_repeated_once():
    queries = run(DnsZone(records=RECORDS, drop_first=1), services=())
    assert sorted(query.attempts for query in queries.values()) == [1, 1, 1, 1, 2]
    assert all(query.failure is None for query in queries.values())
    repeated = next(query for query in queries.values() if query.attempts == 2)
    assert repeated.time_ms < 100  # of the second question alone


def test_a_silent_resolver_costs_two_timeouts_in_all():
    async def scene():
        zone = DnsZone(drop_first=1000)
        async with serve_dns(zone, tcp=False) as port:
            began = time.monotonic()
            queries = await ask(port)
            return queries, time.monotonic() - began, len(zone.asked)

    queries, took_s, asked = asyncio.run(scene())
    assert took_s < 2 * 0.3 + 0.4
    assert asked == 12
    for query in queries.values():
        if query.transport is DnsTransport.UDP:
            assert query.failure == Failure(kind=FailureKind.TIMEOUT, step="udp")
            assert (query.attempts, query.time_ms, query.rcode, query.truncated) == (2, None, None, None)
        else:
            assert (query.failure.kind, query.failure.step) == (FailureKind.REFUSED, "tcp")


def test_only_one_type_may_be_silent():
    queries = run(DnsZone(records=RECORDS, silent_types=("AAAA",)))
    assert queries[NameRole.CONTROL, "AAAA", DnsTransport.UDP].failure.kind is FailureKind.TIMEOUT
    assert queries[NameRole.CONTROL, "A", DnsTransport.UDP].failure is None


@pytest.mark.parametrize("rcode", [dns.rcode.SERVFAIL, dns.rcode.REFUSED, dns.rcode.NOTIMP])
def test_an_error_code_is_an_answer(rcode):
    for query in run(DnsZone(rcode=rcode)).values():
        assert query.rcode == dns.rcode.to_text(rcode)
        assert query.failure is None


def test_an_answer_cut_short_is_repeated_over_tcp():
    zone = DnsZone(records=RECORDS, truncated=("mail.example.net",))
    queries = run(zone)
    cut = queries[NameRole.SERVICE, "A", DnsTransport.UDP]
    assert (cut.truncated, cut.addresses, cut.rcode) == (True, (), "NOERROR")
    assert queries[NameRole.SERVICE, "A", DnsTransport.TCP].addresses == ("198.18.0.3",)


@pytest.mark.wine_lacks("an overlapped receive does not hear of a closed UDP port")
def test_nobody_at_the_port_is_refused_at_once():
    async def scene():
        async with serve_dns(DnsZone(), tcp=False) as port:
            pass
        began = time.monotonic()
        return await ask(port, timeout_s=2.0), time.monotonic() - began

    queries, took_s = asyncio.run(scene())
    assert {query.failure.kind for query in queries.values()} == {FailureKind.REFUSED}
    assert {query.attempts for query in queries.values()} == {1}
    assert took_s < 1


def test_a_resolver_over_ipv6_is_asked():
    async def scene():
        async with serve_dns(DnsZone(records=RECORDS), address="::1") as port:
            return await ask(port, resolver="::1")

    assert all(query.failure is None for query in asyncio.run(scene()).values())


def test_garbage_over_tcp_is_a_protocol_failure():
    async def garbage(reader, writer):
        writer.write(b"\x00\x05hello")
        await writer.drain()
        await asyncio.sleep(1)

    async def hang_up(reader, writer):
        await reader.readexactly(2)
        writer.write(b"\x00\x05he")
        writer.write_eof()
        await reader.read()

    async def scene(handler):
        async with serve(handler) as port:
            return (await ask(port))[NameRole.CONTROL, "A", DnsTransport.TCP].failure

    assert asyncio.run(scene(garbage)) == Failure(kind=FailureKind.PROTOCOL, step="tcp")
    assert asyncio.run(scene(hang_up)) == Failure(kind=FailureKind.RESET, step="tcp")


def test_cancelled_it_ends_at_once_and_leaves_no_socket():
    async def scene():
        async with serve(silent) as port:
            before = open_sockets()
            task = asyncio.create_task(ask(port, timeout_s=30))
            await asyncio.sleep(0.2)
            began = time.monotonic()
            task.cancel()
            await asyncio.wait([task])
            took_s = time.monotonic() - began
            await asyncio.sleep(0.05)
            return task.cancelled(), took_s, open_sockets() - before

    cancelled, took_s, left = asyncio.run(scene())
    assert cancelled
    assert took_s < 0.2
    assert len(left) <= 1  # the server's own end
