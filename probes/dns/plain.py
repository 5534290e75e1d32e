"""DNS probe: what one resolver answers, asked directly over UDP and TCP (RFC 1035, RFC 7766)."""

import asyncio
import importlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from nexkit.address import is_address
from nexkit.consent import Consent
from nexkit.facts.dns import DnsQuery, DnsTransport, NameRole, ResolverAnswers
from nexkit.host_name import wire_name
from nexkit.outcome import Completed, Outcome
from nexkit.params import PORT, check_limits
from nexkit.platform.threads import in_daemon_thread
from nexkit.probe import ProbeContext, ProbeSpec
from nexkit.units import Bytes, Ratio, Seconds
from probes.exchange.dns_question import Question, random_label
from probes.exchange.hosts import wire_host

SPACING_S = Seconds(0.01)
"""Between two questions, because forwarders in small routers drop bursts."""
SAFE_EDNS_BYTES = Bytes(1232)
"""Fits every IPv6 path unfragmented: the size that servers and resolvers agreed on (DNS Flag Day 2020)."""
LARGEST_EDNS_BYTES = Bytes(4096)
"""What was usual before: a large answer to it comes in fragments."""
LARGE_TYPES = frozenset({"A", "AAAA", "DNSKEY", "HTTPS", "MX", "NS", "SOA", "SRV", "TXT"})
MAX_NAMES = 8
"""Of each kind of the thorough questions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsParams:
    """Whom to ask for what; literal addresses among the names are left out."""

    resolver: str
    """A literal address, link-local ones with their zone."""
    port: Annotated[int, PORT] = 53
    controls: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    timeout_s: Seconds = Seconds(2.0)
    """Of one question; over UDP it is asked twice."""
    deep: bool = False
    """Ask for EDNS, large answers, DNSSEC, suffixes and resolver names too; what follows holds for this alone."""
    large: tuple[str, ...] = ("./DNSKEY",)
    """`name/TYPE` of answers of more than 512 bytes. The root's keys are such a one, and every resolver has them."""
    signed: tuple[str, ...] = ()
    """Names with good DNSSEC signatures and an A record."""
    bogus: tuple[str, ...] = ()
    """Names with an A record and broken signatures."""
    suffixes: tuple[str, ...] = ()
    """Search suffixes of this computer."""
    resolver_names: tuple[str, ...] = ()
    """Names whose answer is the address of the resolver that asked for them."""

    def __post_init__(self) -> None:
        if not is_address(self.resolver):
            raise ValueError(f"resolver: {self.resolver!r} is no IP address")
        check_limits(self)
        for name in (*self.controls, *self.services):
            wire_host(name)
        for names in (self.large, self.signed, self.bogus, self.suffixes, self.resolver_names):
            if len(names) > MAX_NAMES:
                raise ValueError(f"more than {MAX_NAMES} names of one kind")
        for name in (*self.signed, *self.bogus, *self.suffixes, *self.resolver_names):
            wire_name(name)
        for text in self.large:
            name, _, rdtype = text.rpartition("/")
            if rdtype not in LARGE_TYPES:
                raise ValueError(f"large: {text!r} does not end in / and one of {', '.join(sorted(LARGE_TYPES))}")
            if name != ".":
                wire_name(name)


class DnsProbe:
    """Ask one resolver for every name, for a name that no cache holds and for one that does not exist.

    A silent resolver is a result. All questions are under way at once, so it costs two time-outs, not two for each.
    """

    spec: ClassVar = ProbeSpec(
        id="dns",
        version=1,
        consent=Consent.ACTIVE_TRAFFIC,
        params=DnsParams,
        fact=ResolverAnswers,
        timeout_s=Seconds(20),
        max_bytes=Bytes(200_000),
    )

    async def run(self, params: DnsParams, ctx: ProbeContext) -> Outcome[ResolverAnswers]:
        """Measure once. Network trouble comes back as a value; cancellation passes through."""
        # Its library takes 90 ms to import, in which the clock of no other probe would run.
        await in_daemon_thread(importlib.import_module, "probes.dns.asking")
        from probes.dns.asking import Asker

        asker = Asker(params.resolver, params.port, params.timeout_s, ctx)
        questions = (*_questions(params, ctx.random), *(_deep_questions(params, ctx.random) if params.deep else ()))
        answered = 0

        async def ask(question: Question) -> tuple[DnsQuery, ...]:
            nonlocal answered
            queries = await asker.ask(question)
            answered += 1
            ctx.progress(Ratio(answered / len(questions)))
            return queries

        async with asyncio.TaskGroup() as group:
            tasks = []
            for question in questions:
                tasks.append(group.create_task(ask(question)))
                await ctx.sleep(SPACING_S)
        queries = tuple(query for task in tasks for query in task.result())
        return Completed(ResolverAnswers(resolver=params.resolver, port=params.port, queries=queries))


def _names(names: tuple[str, ...]) -> list[str]:
    return [name for name in names if not is_address(name)]


def _questions(params: DnsParams, rng: random.Random) -> Iterator[Question]:
    controls = _names(params.controls)
    for role, names in ((NameRole.CONTROL, controls), (NameRole.SERVICE, _names(params.services))):
        for name in names:
            for rdtype in ("A", "AAAA"):
                yield Question(name=name, role=role, rdtype=rdtype)
    if controls:
        yield Question(name=f"{random_label(rng)}.{controls[0]}", role=NameRole.UNCACHED)
        yield Question(name=controls[0], role=NameRole.CONTROL, transport=DnsTransport.TCP)
    yield Question(name=f"{random_label(rng)}.invalid", role=NameRole.NONEXISTENT)


def _deep_questions(params: DnsParams, rng: random.Random) -> Iterator[Question]:
    for control in _names(params.controls)[:1]:
        yield Question(name=control, role=NameRole.EDNS, edns_bytes=SAFE_EDNS_BYTES)
        top = wire_name(control).rstrip(".").rpartition(".")[2]
        yield Question(name=f"www.{random_label(rng)}.{top}", role=NameRole.UNREGISTERED)
    for text in params.large:
        name, _, rdtype = text.rpartition("/")
        large = Question(name=name, role=NameRole.LARGE, rdtype=rdtype)
        yield large
        for transport, size in (
            (DnsTransport.UDP, SAFE_EDNS_BYTES),
            (DnsTransport.UDP, LARGEST_EDNS_BYTES),
            (DnsTransport.TCP, SAFE_EDNS_BYTES),
        ):
            yield replace(large, transport=transport, edns_bytes=size, dnssec=True)
    for role, names in ((NameRole.SIGNED, params.signed), (NameRole.BOGUS, params.bogus)):
        for name in names:
            # Unchecked too: only a name that answers so proves that the validation refuses it.
            for unchecked in (False, True):
                yield Question(name=name, role=role, edns_bytes=SAFE_EDNS_BYTES, dnssec=True, unchecked=unchecked)
    for suffix in params.suffixes:
        yield Question(name=f"{random_label(rng)}.{suffix}", role=NameRole.SUFFIX)
    for name in params.resolver_names:
        for rdtype in ("A", "AAAA"):
            yield Question(name=name, role=NameRole.ASKING_RESOLVER, rdtype=rdtype)
