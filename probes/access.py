"""Access probe: what shows of the access line from inside (RFC 6333, RFC 6598, RFC 7050, HB46PP).

Only looked at and looked up: no provider's settings server is called, and nothing is tried out on the line.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated, ClassVar

from nexkit.access_lines import LITE_RANGE, LineData, access_line, line_data, nat64_prefixes, parse_provisioning
from nexkit.address import Family, family, is_address, scope
from nexkit.consent import Consent
from nexkit.facts.access import (
    AccessHop,
    AccessLine,
    AccessSigns,
    CarrierTarget,
    DnsStep,
    OwnAddress,
    ResolverSigns,
    TunnelEnd,
)
from nexkit.facts.network import InterfaceKind, NetworkState
from nexkit.failures import BudgetExceededError, classify
from nexkit.outcome import Completed, Failed, Failure, FailureKind, Outcome
from nexkit.params import PORT, check_limits
from nexkit.probe import ProbeContext, ProbeSpec
from nexkit.units import Bytes, Ms, Ratio, Seconds
from probes.exchange.hosts import wire_host
from probes.exchange.target import address_of
from probes.exchange.traffic import TCP_CONNECTION_BYTES
from probes.exchange.udp import ask_udp

MAX_RESOLVERS = 2
MAX_TARGETS = 8
MAX_HOPS = 4
HOP_TRIES = 2
UDP_TRIES = 2
SILENT_HOP = "*"
"""Stands for a hop that did not answer, as traceroute writes it."""
_PROBE_BYTES = Bytes(40 + 8 + 32)
_ECHO_BYTES = Bytes(40 + 8 + 56)
_DNS_PORT = 53
_TCP_PORTS = (443, 80)
_MAX_ADDRESSES = 8
_MAX_TEXT = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessParams:
    """What other probes found already, and whom to ask for the rest."""

    trace_target: str | None = None
    """An IPv4 address of the internet on the way to which the first hops are asked; None: they are not."""
    hops: tuple[str, ...] = ()
    """The first hops over IPv4 as another probe found them, nearest first, `*` for a silent one; asked for if empty."""
    resolvers: tuple[str, ...] = ()
    """Literal addresses; the system's own if empty."""
    resolver_port: Annotated[int, PORT] = _DNS_PORT
    carrier_internal: tuple[str, ...] = ()
    """Targets that answer inside the carrier's network only."""
    mapped4: str | None = None
    """The IPv4 address that the internet sees."""
    mapped_ports: tuple[Annotated[int, PORT], ...] = ()
    """Source ports that the internet sees, of different flows."""
    mtu4: int | None = None
    mtu6: int | None = None
    """Path MTUs to the internet, as another probe found them."""
    timeout_s: Seconds = Seconds(1.5)
    """Of one question, each of which is repeated once."""

    def __post_init__(self) -> None:
        for hop in self.hops:
            if hop != SILENT_HOP and not is_address(hop):
                raise ValueError(f"hops: {hop!r} is neither an address nor *")
        for name, addresses in (
            ("resolvers", self.resolvers),
            ("mapped4", (self.mapped4,)),
            ("trace_target", (self.trace_target,)),
        ):
            for address in addresses:
                if address is not None and not is_address(address):
                    raise ValueError(f"{name}: {address!r} is no address")
        check_limits(self)
        for target in self.carrier_internal:
            wire_host(target)


class AccessProbe:
    """Read the addresses, ask the resolvers for the provider's records, and see who stands at the first hops."""

    spec: ClassVar = ProbeSpec(
        id="access",
        version=1,
        consent=Consent.ACTIVE_TRAFFIC,
        params=AccessParams,
        fact=AccessLine,
        timeout_s=Seconds(15),
        max_bytes=Bytes(100_000),
    )

    async def run(self, params: AccessParams, ctx: ProbeContext) -> Outcome[AccessLine]:
        """Measure once. Network trouble comes back as a value; cancellation passes through."""
        data = line_data()
        try:
            network = await ctx.platform.network_state()
        except PermissionError as error:
            return Failed(Failure(kind=FailureKind.PERMISSION, step="read", os_code=error.errno))
        except OSError as error:
            return Failed(classify(error, step="read"))
        ctx.progress(Ratio(0.1))
        resolvers = params.resolvers or tuple(resolver.address for resolver in network.resolvers)
        try:
            async with asyncio.TaskGroup() as group:
                hops = group.create_task(_hops(params, ctx))
                signs = [
                    group.create_task(_resolver(address, data, params, ctx)) for address in resolvers[:MAX_RESOLVERS]
                ]
                carrier = [
                    group.create_task(_carrier(target, params, ctx)) for target in params.carrier_internal[:MAX_TARGETS]
                ]
        except ExceptionGroup as error:
            return Failed(classify(error, step="ask"))
        default4, default6 = network.gateway(Family.IPV4), network.gateway(Family.IPV6)
        interface = next((each for each in network.interfaces if default4 and each.name == default4.interface), None)
        return Completed(
            access_line(
                AccessSigns(
                    tunnel_route=None if interface is None else interface.kind is InterfaceKind.VPN,
                    own4=_own(network, Family.IPV4),
                    own6=_own(network, Family.IPV6),
                    default4=default4 is not None,
                    default6=default6 is not None,
                    hops4=hops.result(),
                    mapped4=params.mapped4,
                    mapped_ports=params.mapped_ports,
                    resolvers=tuple(task.result() for task in signs),
                    carrier=tuple(task.result() for task in carrier),
                    mtu4_bytes=None if params.mtu4 is None else Bytes(params.mtu4),
                    mtu6_bytes=None if params.mtu6 is None else Bytes(params.mtu6),
                ),
                data,
            )
        )


def _own(network: NetworkState, of_family: Family) -> tuple[OwnAddress, ...]:
    """The addresses that the family's traffic may leave from: those beside its default route, else all."""
    route = network.gateway(of_family)
    usable = {each.address for each in network.usable_addresses(of_family)}
    return tuple(
        OwnAddress(address=each.address, scope=scope(each.address), dual_stack_lite_range=_in_lite_range(each.address))
        for interface in network.interfaces
        if route is None or interface.name == route.interface
        for each in interface.addresses
        if each.address in usable
    )


def _in_lite_range(address: str) -> bool:
    value = ip_address(address.partition("%")[0])
    return value.version == LITE_RANGE.version and value in LITE_RANGE


def _hop(ttl: int, address: str | None) -> AccessHop:
    return AccessHop(
        ttl=ttl,
        address=address,
        scope=None if address is None else scope(address),
        dual_stack_lite_range=address is not None and _in_lite_range(address),
    )


async def _hops(params: AccessParams, ctx: ProbeContext) -> tuple[AccessHop, ...] | None:
    """The first hops, handed in or asked for; None where the system refuses, or nobody is to be asked for."""
    if params.hops:
        return tuple(
            _hop(ttl, None if address == SILENT_HOP else address)
            for ttl, address in enumerate(params.hops[:MAX_HOPS], start=1)
        )
    if params.trace_target is None:
        return None
    try:
        async with ctx.platform.open_trace(params.trace_target) as session:

            async def ask(ttl: int) -> AccessHop | None:
                for _try in range(HOP_TRIES):
                    ctx.spend(2 * _PROBE_BYTES)
                    reply = await session.probe(ttl, timeout_s=Seconds(params.timeout_s / HOP_TRIES))
                    if reply.reached:
                        return None  # the target is no hop
                    if reply.address is not None:
                        return _hop(ttl, reply.address)
                return _hop(ttl, None)

            asked = await asyncio.gather(*(ask(ttl) for ttl in range(1, MAX_HOPS + 1)))
            return tuple(hop for hop in asked if hop is not None)
    except OSError:
        return None


async def _resolver(address: str, data: LineData, params: AccessParams, ctx: ProbeContext) -> ResolverSigns:
    """Everything that one resolver is asked for, at once."""
    synthesized, provisioning, *ends = await asyncio.gather(
        _ask(address, data.nat64_name, "AAAA", params, ctx),
        _ask(address, data.provisioning_name, "TXT", params, ctx),
        *(_ask(address, name, "AAAA", params, ctx) for name, _provider in data.tunnel_ends),
    )
    prefixes = nat64_prefixes(synthesized[1])
    text = next(iter(provisioning[1]), None)
    record = next((found for each in provisioning[1] if (found := parse_provisioning(each)) is not None), None)
    return ResolverSigns(
        resolver=address,
        nat64=synthesized[0],
        nat64_prefixes=tuple(prefix for prefix, _length in prefixes),
        nat64_lengths=tuple(length for _prefix, length in prefixes),
        provisioning_result=provisioning[0],
        provisioning=record,
        provisioning_text=text[:_MAX_TEXT] if text is not None and record is None else None,
        tunnel_ends=tuple(
            TunnelEnd(name=name, provider=provider, result=result, addresses=found)
            for (name, provider), (result, found) in zip(data.tunnel_ends, ends, strict=True)
        ),
    )


async def _ask(
    resolver: str, name: str, rdtype: str, params: AccessParams, ctx: ProbeContext
) -> tuple[DnsStep, tuple[str, ...]]:
    """One question over UDP, repeated once: addresses, or texts of TXT records."""
    from probes.exchange.dns_records import record_question, records_in

    question, accept = record_question(name, rdtype, ctx.random)
    for _try in range(UDP_TRIES):
        try:
            reply = await ask_udp(
                ctx, resolver, params.resolver_port, question, timeout_s=params.timeout_s, accept=accept
            )
        except TimeoutError:
            continue
        except OSError:
            break
        found = records_in(reply.payload, rdtype)
        if found is None:
            break
        return (DnsStep.FOUND if found else DnsStep.EMPTY), found[:_MAX_ADDRESSES]
    return DnsStep.FAILED, ()


async def _carrier(target: str, params: AccessParams, ctx: ProbeContext) -> CarrierTarget:
    """Whether a target answers anything: an echo, a DNS question, a connection or its refusal."""
    try:
        address = await address_of(target, ctx)
    except OSError as error:
        return CarrierTarget(
            target=target,
            address=None,
            reachable=None,
            rtt_ms=None,
            answered_by=None,
            failure=classify(error, step="resolve"),
        )
    ways: dict[str, Awaitable[Ms | None]] = {
        "echo": _echo(address, params, ctx),
        "dns": _dns(address, params, ctx),
        **{f"tcp{port}": _tcp(address, port, params, ctx) for port in _TCP_PORTS},
    }
    answered_by, rtt_ms = await _first_of(ways)
    return CarrierTarget(
        target=target,
        address=address,
        reachable=answered_by is not None,
        rtt_ms=rtt_ms,
        answered_by=answered_by,
        failure=None,
    )


async def _first_of(ways: dict[str, Awaitable[Ms | None]]) -> tuple[str | None, Ms | None]:
    """The way that answers first, and how fast; the others are ended."""
    tasks = {asyncio.ensure_future(way): word for word, way in ways.items()}
    waiting = set(tasks)
    try:
        while waiting:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                if (rtt_ms := task.result()) is not None:
                    return tasks[task], rtt_ms
        return None, None
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def _echo(address: str, params: AccessParams, ctx: ProbeContext) -> Ms | None:
    try:
        async with ctx.platform.open_echo(family(address)) as session:
            for _try in range(UDP_TRIES):
                ctx.spend(2 * _ECHO_BYTES)
                reply = await session.echo(address, timeout_s=Seconds(params.timeout_s / UDP_TRIES))
                if reply.rtt_ms is not None:
                    return reply.rtt_ms
    except (OSError, BudgetExceededError):
        pass
    return None


async def _dns(address: str, params: AccessParams, ctx: ProbeContext) -> Ms | None:
    """A resolver answers a question for the root's name servers, if only by a refusal."""
    from probes.exchange.dns_records import record_question

    question, accept = record_question(".", "NS", ctx.random)
    try:
        reply = await ask_udp(ctx, address, _DNS_PORT, question, timeout_s=params.timeout_s, accept=accept)
    except (OSError, BudgetExceededError):
        return None
    return reply.rtt_ms


async def _tcp(address: str, port: int, params: AccessParams, ctx: ProbeContext) -> Ms | None:
    """A handshake, or a refusal, which comes from the host as well."""
    began_s = ctx.clock.monotonic()
    try:
        ctx.spend(TCP_CONNECTION_BYTES)
        connected = await ctx.platform.connect_tcp(address, port, timeout_s=params.timeout_s)
    except ConnectionRefusedError:
        return Ms((ctx.clock.monotonic() - began_s) * 1000)
    except (OSError, BudgetExceededError):
        return None
    connected.sock.close()
    return connected.connect_ms
