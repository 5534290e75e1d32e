"""STUN servers asked from one socket for each family, and what their answers say of a NAT (RFC 5780, section 4.3)."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from nexkit.address import Family, family, is_address, scope
from nexkit.facts.udp import MappingTest, NatMapping, NatView, StunAnswer
from nexkit.failures import BudgetExceededError, classify
from nexkit.outcome import Failure, FailureKind
from nexkit.probe import ProbeContext
from nexkit.units import Ms, Seconds
from probes.exchange.datagrams import Datagrams, open_datagrams
from probes.exchange.stun import BindingAnswer, Endpoint, binding_request, is_answer, read_answer
from probes.exchange.traffic import LOOKUP_BYTES
from probes.exchange.udp import ask_udp

_WAITS = (0.25, 0.35, 0.4)
"""Shares of the time-out for which each of three requests is waited for."""
_MAPPING_TIMEOUT_S = Seconds(0.5)
_MAPPING_ATTEMPTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """One address of a server."""

    server: str
    port: int
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What one server said, and whether it was asked from the socket that all share."""

    fact: StunAnswer
    binding: BindingAnswer | None
    shared: bool


async def ask_servers(
    servers: Sequence[tuple[str, int]], timeout_s: Seconds, ctx: ProbeContext
) -> tuple[tuple[StunAnswer, ...], tuple[NatView, ...]]:
    """What each server says at its first address of each family, and how the outside sees us in each family."""
    found = await asyncio.gather(*(_targets(server, port, timeout_s, ctx) for server, port in servers))
    nameless = tuple(each for each in found if isinstance(each, StunAnswer))
    targets = [target for each in found if not isinstance(each, StunAnswer) for target in each]
    families = [
        (of_family, chosen)
        for of_family in Family
        if (chosen := [target for target in targets if family(target.address) is of_family])
    ]
    results = await asyncio.gather(*(_ask_family(of_family, chosen, timeout_s, ctx) for of_family, chosen in families))
    answers = [answer for each, _ in results for answer in each]
    return (*nameless, *answers), tuple(view for _, view in results if view is not None)


async def _targets(server: str, port: int, timeout_s: Seconds, ctx: ProbeContext) -> tuple[_Target, ...] | StunAnswer:
    """The first address of each family, in the system's order; an answer that names the failure without any."""
    if is_address(server):
        return (_Target(server=server, port=port, address=server),)
    try:
        ctx.spend(LOOKUP_BYTES)
        async with asyncio.timeout(timeout_s):
            addresses = await ctx.platform.resolve(server)
    except (OSError, BudgetExceededError) as error:
        return _unanswered(server, port, None, 0, classify(error, step="resolve"))
    first: dict[Family, str] = {}
    for address in addresses:
        first.setdefault(family(address), address)
    return tuple(_Target(server=server, port=port, address=address) for address in first.values())


async def _ask_family(
    of_family: Family, targets: Sequence[_Target], timeout_s: Seconds, ctx: ProbeContext
) -> tuple[list[StunAnswer], NatView | None]:
    try:
        async with open_datagrams(ctx, of_family) as datagrams:
            asked = await asyncio.gather(*(_ask(datagrams, target, timeout_s, ctx) for target in targets))
            view = await _view(of_family, datagrams, asked, ctx)
    except OSError as error:
        failure = classify(error, step="open")
        return [_unanswered(target.server, target.port, target.address, 0, failure) for target in targets], None
    return [each.fact for each in asked], view


async def _ask(datagrams: Datagrams, target: _Target, timeout_s: Seconds, ctx: ProbeContext) -> _Asked:
    """Up to three requests.

    The last goes out from a socket of its own that is connected to the server: only such a one is told on every system
    that a port is closed or a network cannot be reached.
    """
    for number, share in enumerate(_WAITS, start=1):
        request = binding_request(ctx.random)
        last = number == len(_WAITS)
        try:
            ask = partial(ask_udp, ctx) if last else datagrams.ask
            reply = await ask(
                target.address,
                target.port,
                request,
                timeout_s=Seconds(timeout_s * share),
                accept=partial(is_answer, request),
            )
        except (OSError, BudgetExceededError) as error:
            if last or not isinstance(error, TimeoutError):
                failure = classify(error, step="stun")
                fact = _unanswered(target.server, target.port, target.address, number, failure)
                return _Asked(fact=fact, binding=None, shared=False)
        else:
            return _answered(target, number, reply.rtt_ms, read_answer(reply.payload), shared=not last)
    raise AssertionError  # the last request returns


def _answered(target: _Target, attempts: int, rtt_ms: Ms, binding: BindingAnswer | None, *, shared: bool) -> _Asked:
    mapped = binding.mapped if binding else None
    fact = StunAnswer(
        server=target.server,
        port=target.port,
        address=target.address,
        attempts=attempts,
        rtt_ms=rtt_ms,
        mapped_address=mapped.address if mapped else None,
        mapped_port=mapped.port if mapped else None,
        failure=None if mapped else Failure(kind=FailureKind.PROTOCOL, step="stun"),
    )
    return _Asked(fact=fact, binding=binding, shared=shared)


def _unanswered(server: str, port: int, address: str | None, attempts: int, failure: Failure) -> StunAnswer:
    return StunAnswer(
        server=server,
        port=port,
        address=address,
        attempts=attempts,
        rtt_ms=None,
        mapped_address=None,
        mapped_port=None,
        failure=failure,
    )


async def _view(of_family: Family, datagrams: Datagrams, asked: Iterable[_Asked], ctx: ProbeContext) -> NatView | None:
    """What the servers that were asked from one socket see of it."""
    seen = [(each.fact, each.binding) for each in asked if each.shared and each.binding and each.binding.mapped]
    own_port = datagrams.session.port
    own_address = next((found for each in asked if (found := _own_address(datagrams, each.fact.address))), None)
    mapped = [binding.mapped for _, binding in seen if binding.mapped]
    translated = any(each != Endpoint(address=own_address or "", port=own_port) for each in mapped)
    mapping: NatMapping | None = None
    test: MappingTest | None = None
    if mapped and not translated:
        mapping = NatMapping.NONE
    elif mapped:
        mapping, test = await _mapping(datagrams, seen, ctx)
    return NatView(
        family=of_family,
        own_address=own_address,
        own_port=own_port,
        translated=translated if mapped and own_address else None,
        port_preserved=all(each.port == own_port for each in mapped) if mapped else None,
        mapping=mapping,
        mapping_test=test,
    )


def _own_address(datagrams: Datagrams, address: str | None) -> str | None:
    try:
        return datagrams.session.own_address(address) if address else None
    except OSError:
        return None


async def _mapping(
    datagrams: Datagrams, seen: Sequence[tuple[StunAnswer, BindingAnswer]], ctx: ProbeContext
) -> tuple[NatMapping | None, MappingTest | None]:
    """By a server with two addresses if there is one, else by two servers."""
    for fact, binding in seen:
        if (other := binding.other) is not None and _is_fit(other, fact):
            mapping = await _by_other_address(datagrams, fact, binding, other, ctx)
            if mapping is not None:
                return mapping, MappingTest.OTHER_ADDRESS
    by_address = {fact.address: binding.mapped for fact, binding in seen}
    if len(by_address) > 1:
        same = len(set(by_address.values())) == 1
        mapping = NatMapping.ENDPOINT_INDEPENDENT if same else NatMapping.ENDPOINT_DEPENDENT
        return mapping, MappingTest.TWO_SERVERS
    return None, None


def _is_fit(other: Endpoint, fact: StunAnswer) -> bool:
    """Whether we send to an address that a stranger names: another one, as far away as his own."""
    address = fact.address or ""
    return (
        other.port > 0
        and other.address != address
        and family(other.address) is family(address)
        and scope(other.address) is scope(address)
    )


async def _by_other_address(
    datagrams: Datagrams, fact: StunAnswer, binding: BindingAnswer, other: Endpoint, ctx: ProbeContext
) -> NatMapping | None:
    """Tests II and III of RFC 5780, section 4.3; None without an answer."""
    second = await _mapped_at(datagrams, other.address, fact.port, ctx)
    if second is None:
        return None
    if second == binding.mapped:
        return NatMapping.ENDPOINT_INDEPENDENT
    third = await _mapped_at(datagrams, other.address, other.port, ctx) if other.port != fact.port else None
    if third is None:
        return NatMapping.ENDPOINT_DEPENDENT
    return NatMapping.ADDRESS_DEPENDENT if third == second else NatMapping.ADDRESS_AND_PORT_DEPENDENT


async def _mapped_at(datagrams: Datagrams, address: str, port: int, ctx: ProbeContext) -> Endpoint | None:
    for _ in range(_MAPPING_ATTEMPTS):
        request = binding_request(ctx.random)
        try:
            reply = await datagrams.ask(
                address, port, request, timeout_s=_MAPPING_TIMEOUT_S, accept=partial(is_answer, request)
            )
        except TimeoutError:
            continue
        except (OSError, BudgetExceededError):
            return None
        binding = read_answer(reply.payload)
        return binding.mapped if binding else None
    return None
