"""Signs of life: what the facts of a run say together about gateway, way out, internet, names and services.

A sign is positive (an answer came) or negative (asked, and nothing came); a step that was skipped or failed is neither.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from urllib.parse import urlsplit

from nexkit.address import Family, Scope, in_prefix, known_family, known_scope
from nexkit.diagnosis import ways
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.facts.dns import DnsQuery, DnsTransport, NameRole, ResolverAnswers, SystemLookup, SystemLookups
from nexkit.facts.echo import EchoMethod, EchoStats
from nexkit.facts.network import (
    AddressOrigin,
    GatewayReach,
    Interface,
    InterfaceAddress,
    InterfaceKind,
    NeighbourState,
    NetworkState,
)
from nexkit.facts.path import PathTrace
from nexkit.facts.reach import HttpResult, Reach, ReachAttempt, ReachLayer
from nexkit.outcome import FailureKind
from nexkit.subject import Subject

SILENT = frozenset({FailureKind.TIMEOUT, FailureKind.HOST_UNREACHABLE, FailureKind.NET_UNREACHABLE})
"""Nothing came from the target itself; a router or this system may have said so."""
_NAT64_PREFIX = ("64:ff9b::", 96)
"""The well-known prefix of RFC 6052."""
BAD_RCODES = frozenset({"SERVFAIL", "REFUSED", "FORMERR", "NOTIMP"})
"""The resolver will not or cannot say; NXDOMAIN is an answer about the name."""
_HARDWARE = frozenset({InterfaceKind.ETHERNET, InterfaceKind.WIFI, InterfaceKind.MOBILE})
_PERHAPS_HARDWARE = frozenset({InterfaceKind.UNKNOWN, InterfaceKind.VIRTUAL, InterfaceKind.BRIDGE})
_ABSENT = frozenset({NeighbourState.FAILED, NeighbourState.ABSENT})
_WITHOUT_NEIGHBOURS = frozenset({InterfaceKind.MOBILE, InterfaceKind.VPN})


# --- this computer ---


def network(run: Snapshot) -> tuple[str, NetworkState] | None:
    """(step id, state) of this computer's network; None where it could not be read."""
    return next(iter(run.facts(NetworkState, Subject.COMPUTER)), None)


def ways_out(state: NetworkState) -> tuple[Interface, ...]:
    """The interfaces that can be the way to the network: hardware; without any (a container), what is instead of it."""
    by_route = {route.interface for route in state.default_routes}
    hardware = tuple(
        interface
        for interface in state.interfaces
        if interface.kind in _HARDWARE
        or (interface.name in by_route and interface.kind not in {InterfaceKind.VPN, InterfaceKind.LOOPBACK})
    )
    return hardware or tuple(interface for interface in state.interfaces if interface.kind in _PERHAPS_HARDWARE)


def usable(state: NetworkState, of_family: Family) -> tuple[InterfaceAddress, ...]:
    """Addresses that reach beyond the link on a way out; those of container and other inner networks do not count."""
    names = {interface.name for interface in ways_out(state)} | {route.interface for route in state.default_routes}
    inner = {
        address for interface in state.interfaces if interface.name not in names for address in interface.addresses
    }
    return tuple(address for address in state.usable_addresses(of_family) if address not in inner)


def in_use(run: Snapshot, of_family: Family) -> bool:
    """Whether this computer has address and default route of the family, as far as known."""
    known = network(run)
    if known is None:
        return True
    _, state = known
    return state.gateway(of_family) is not None and bool(usable(state, of_family))


def behind_proxy(run: Snapshot) -> bool:
    """Whether a proxy is configured: then silence of direct connections proves nothing.

    One out in the internet that keeps silent itself, or whose name cannot be looked up, is one more destination that
    is not reached: it explains no silence.
    """
    known = network(run)
    if known is None:
        return False
    proxy = known[1].proxy
    configured = proxy.http is not None or proxy.https is not None or proxy.pac_url is not None
    return configured and not _proxies_lost(run)


def _proxies_lost(run: Snapshot) -> bool:
    """Whether every proxy, and every file that would name one, is as silent as an internet that is gone."""
    known = ways.proxy_check(run)
    if known is None:
        return False
    check = known[1]
    lost = [(server.way.host or "", server.failure) for server in check.servers]
    lost += [(urlsplit(pac.url).hostname or "", pac.failure) for pac in check.pac if not check.servers]
    return bool(lost) and all(
        failure is not None
        and (
            failure.kind is FailureKind.NAME_SERVER or (failure.kind in SILENT and known_scope(host) is Scope.INTERNET)
        )
        for host, failure in lost
    )


# --- the internet by address ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Internet:
    """Which destinations of the internet answered, by family."""

    reached: Mapping[Family, tuple[str, ...]]
    """Outcome ids of answers from destinations."""
    dead: Mapping[Family, tuple[str, ...]]
    """Outcome ids of anchors and controls that no means reached, TCP among them, in a family that is in use."""
    dead_count: Mapping[Family, int]
    """How many addresses that are."""
    unconnected: Mapping[Family, tuple[str, ...]]
    """Outcome ids of anchors and controls, two at least, that took no connection of a family of which nobody took one,
    whatever else answers: a filter may pass pings alone."""

    @property
    def reached_ids(self) -> tuple[str, ...]:
        """Answers in either family."""
        return (*self.reached[Family.IPV4], *self.reached[Family.IPV6])

    @property
    def dead_ids(self) -> tuple[str, ...]:
        """Silence in either family."""
        return (*self.dead[Family.IPV4], *self.dead[Family.IPV6])

    def broken(self, min_destinations: int) -> bool:
        """Nothing answered, and enough was asked to say so."""
        return not self.reached_ids and sum(self.dead_count.values()) >= min_destinations


def _answers(run: Snapshot) -> dict[str, list[str]]:
    """Outcome ids by address that answered to any means."""
    found: dict[str, list[str]] = {}
    for step, trace in traces(run):
        if trace.reached:
            found.setdefault(trace.target, []).append(step)
    for step, echo in run.facts(EchoStats, Subject.ANCHOR, Subject.SERVICE_HOST):
        if echo.received:
            found.setdefault(echo.target, []).append(step)
    for step, reach in run.facts(Reach, Subject.ANCHOR, Subject.CONTROL, Subject.SERVICE, Subject.SERVICE_HOST):
        for attempt in reach.attempts:
            if attempt.connect_ms is not None:
                found.setdefault(attempt.address, []).append(step)
    return found


def _silences(run: Snapshot) -> dict[str, list[str]]:
    """Outcome ids by address of anchors and controls that were asked by TCP and accepted nothing.

    A refusal is no answer of theirs: they are there to be reached, and a router on the way can refuse in their name
    ("port unreachable" of RFC 792 and RFC 4443, RST). Over IPv6 its "administratively prohibited" (RFC 4443 section
    3.1) looks like a local filter.
    """
    found: dict[str, list[str]] = {}
    for step, echo in run.facts(EchoStats, Subject.ANCHOR):
        if echo.method is EchoMethod.TCP_CONNECT and echo.sent and not echo.received:
            found.setdefault(echo.target, []).append(step)
    for step, reach in run.facts(Reach, Subject.ANCHOR, Subject.CONTROL):
        for attempt in reach.attempts:
            kind = None if attempt.failure is None else attempt.failure.kind
            refused = kind is FailureKind.REFUSED or (
                kind is FailureKind.FILTERED_LOCALLY and known_family(attempt.address) is Family.IPV6
            )
            if attempt.connect_ms is None and (refused or kind in SILENT):
                found.setdefault(attempt.address, []).append(step)
    return found


def internet(run: Snapshot) -> Internet:
    """What answered in the internet. Every means counts for an address; its silence counts only with TCP asked."""
    return run.once("internet", lambda: _internet(run))


def _internet(run: Snapshot) -> Internet:
    reached: dict[Family, list[str]] = {each: [] for each in Family}
    dead: dict[Family, list[str]] = {each: [] for each in Family}
    dead_count = dict.fromkeys(Family, 0)
    answers = _answers(run)
    for address, ids in answers.items():
        its_family = known_family(address)
        if its_family is not None and known_scope(address) is Scope.INTERNET:
            reached[its_family] += ids
    for address, ids in _silences(run).items():
        its_family = known_family(address)
        outside = known_scope(address) is Scope.INTERNET
        if its_family is not None and outside and address not in answers and in_use(run, its_family):
            dead[its_family] += ids
            dead_count[its_family] += 1
    for step, answered in run.facts(ResolverAnswers, Subject.COMPARISON_RESOLVER):
        its_family = known_family(answered.resolver)
        # An interceptor on the way answers cached names; a name that no cache holds needs the internet.
        if its_family is not None and any(
            query.role is NameRole.UNCACHED and query.rcode in {"NOERROR", "NXDOMAIN"} for query in answered.queries
        ):
            reached[its_family].append(step)
    return Internet(
        reached={key: tuple(dict.fromkeys(ids)) for key, ids in reached.items()},
        dead={key: tuple(dict.fromkeys(ids)) for key, ids in dead.items()},
        dead_count=dead_count,
        unconnected={each: _unconnected(run, each) for each in Family},
    )


def _unconnected(run: Snapshot, of_family: Family) -> tuple[str, ...]:
    """Where nobody in the internet takes a connection of the family: who was asked and took none, two at least."""
    everybody = (Subject.ANCHOR, Subject.CONTROL, Subject.SERVICE, Subject.SERVICE_HOST)
    taken = any(
        attempt.connect_ms is not None
        for _, reach in run.facts(Reach, *everybody)
        for attempt in reach.attempts
        if known_family(attempt.address) is of_family and known_scope(attempt.address) is Scope.INTERNET
    ) or any(
        echo.method is EchoMethod.TCP_CONNECT and echo.received and known_family(echo.target) is of_family
        for _, echo in run.facts(EchoStats, Subject.ANCHOR, Subject.SERVICE_HOST)
    )
    if taken or not in_use(run, of_family):
        return ()
    silent = {
        address: ids
        for address, ids in _silences(run).items()
        if known_family(address) is of_family and known_scope(address) is Scope.INTERNET
    }
    return tuple(dict.fromkeys(step for ids in silent.values() for step in ids)) if len(silent) > 1 else ()


# --- the gateway and what is right behind it ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """Signs of life of one family's gateway."""

    family: Family
    address: str
    static: bool
    """This computer's address of the family is set by hand."""
    answered: tuple[str, ...]
    """It answered by IP: echo, TCP (a refusal is an answer), DNS, or as the first hop."""
    neighbour: tuple[str, ...]
    """The link knows it just now (ARP, ND)."""
    absent: tuple[str, ...]
    """The link asked for it and nobody answered."""
    silent: tuple[str, ...]
    """Asked by IP without an answer."""

    @property
    def alive(self) -> tuple[str, ...]:
        """All that shows it is there."""
        return (*self.answered, *self.neighbour)


@dataclass(slots=True)
class _Life:
    """Signs of life while they are collected."""

    asks_neighbours: bool
    answered: list[str] = field(default_factory=list)
    neighbour: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)

    def on_link(self, step: str, reach: GatewayReach) -> None:
        """Take in TCP answers and the neighbour table.

        Where the system keeps this program from the own network, nobody was asked: no entry then proves nothing.
        """
        kinds = [answer.failure.kind for answer in reach.tcp if answer.failure is not None]
        if FailureKind.REFUSED in kinds or any(answer.connect_ms is not None for answer in reach.tcp):
            self.answered.append(step)
        elif reach.tcp and all(kind in SILENT for kind in kinds):
            self.silent.append(step)
        if not self.asks_neighbours:
            return
        if reach.neighbour is NeighbourState.REACHABLE:
            self.neighbour.append(step)
        elif FailureKind.PERMISSION in kinds:
            return
        elif reach.neighbour in _ABSENT or FailureKind.HOST_UNREACHABLE in kinds:
            self.absent.append(step)

    def echo(self, step: str, echo: EchoStats) -> None:
        """Take in echo replies."""
        if echo.received:
            self.answered.append(step)
        elif echo.sent:
            self.silent.append(step)
            if self.asks_neighbours and any(each.error is FailureKind.HOST_UNREACHABLE for each in echo.samples):
                self.absent.append(step)


def gateway(run: Snapshot, of_family: Family) -> Gateway | None:
    """Signs of life of the gateway that the family's traffic takes; None without one, or where it is not known."""
    known = network(run)
    route = None if known is None else known[1].gateway(of_family)
    if known is None or route is None or route.gateway is None:
        return None
    address = route.gateway
    interface = next((each for each in known[1].interfaces if each.name == route.interface), None)
    life = _Life(interface is None or interface.kind not in _WITHOUT_NEIGHBOURS)
    for step, reach in run.facts(GatewayReach, Subject.GATEWAY):
        if reach.gateway == address:
            life.on_link(step, reach)
    for step, echo in run.facts(EchoStats, Subject.GATEWAY):
        if _without_zone(echo.target) == _without_zone(address):
            life.echo(step, echo)
    life.answered += [
        step
        for step, resolver in run.facts(ResolverAnswers, Subject.RESOLVER)
        if resolver.resolver == address and any(query.rcode is not None for query in resolver.queries)
    ]
    life.answered += [
        step
        for step, trace in traces(run)
        if known_family(trace.target) is of_family and routers(run, trace).get(1, frozenset())
    ]
    own = () if interface is None else interface.addresses
    return Gateway(
        family=of_family,
        address=address,
        static=any(known_family(each.address) is of_family and each.origin is AddressOrigin.STATIC for each in own),
        answered=tuple(life.answered),
        neighbour=tuple(life.neighbour),
        absent=() if life.answered or life.neighbour else tuple(life.absent),
        silent=tuple(life.silent),
    )


def _without_zone(address: str) -> str:
    """The address as routes name it: a socket needs the interface beside a link-local one (RFC 4007)."""
    return address.partition("%")[0]


def gateways(run: Snapshot) -> tuple[Gateway, ...]:
    """The gateways of both families, IPv4 first."""
    found = (gateway(run, Family.IPV4), gateway(run, Family.IPV6))
    return tuple(each for each in found if each is not None)


def traces(run: Snapshot) -> tuple[tuple[str, PathTrace], ...]:
    """All paths that were traced."""
    return run.facts(PathTrace, Subject.ANCHOR, Subject.SERVICE)


def routers(run: Snapshot, trace: PathTrace) -> dict[int, frozenset[str]]:
    """By TTL, the routers that answered on a path.

    The target is left out, and so is this computer: its own system reports "no route" in its own name.
    """
    known = network(run)
    own = set() if known is None else {each.address for nic in known[1].interfaces for each in nic.addresses}
    return {
        hop.ttl: frozenset(each.address for each in hop.responders) - own - {trace.target}
        for hop in trace.hops
        if hop.responders
    }


def beyond_gateway(run: Snapshot) -> tuple[str, ...]:
    """Outcome ids that show a router beyond the gateway.

    A gateway that reports "no route" does so for every TTL, and speaks IPv6 in another of its addresses on the link:
    what it says of later hops is left out. So is any such report where the first hop kept silent and may be its author.
    """
    known = network(run)
    gateway_addresses = set() if known is None else {route.gateway for route in known[1].default_routes}
    found: list[str] = []
    for step, trace in traces(run):
        by_ttl = routers(run, trace)
        near = by_ttl.get(1, frozenset({trace.unreachable_from})) | gateway_addresses
        later = {address for ttl, addresses in by_ttl.items() if ttl > 1 for address in addresses - near}
        if any(not _on_link6(run, address) for address in later):
            found.append(step)
    found += [step for step, echo in run.facts(EchoStats, Subject.PROVIDER_HOP) if echo.received]
    return tuple(found)


def _on_link6(run: Snapshot, address: str) -> bool:
    """Whether an IPv6 address lies in a prefix of this computer's own links."""
    known = network(run)
    if known is None or known_family(address) is not Family.IPV6:
        return False
    return any(
        in_prefix(address, own.address, own.prefix_length)
        for interface in known[1].interfaces
        for own in interface.addresses
        if known_family(own.address) is Family.IPV6
    )


# --- names ---


class ResolverState(Enum):
    """What one resolver is worth."""

    GOOD = "good"
    ERRING = "erring"
    """It answers, and says for every name that it cannot or will not, or that nothing is there."""
    SILENT = "silent"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolverView:
    """One resolver and what it is worth."""

    step: str
    address: str
    is_gateway: bool
    state: ResolverState
    queries: tuple[DnsQuery, ...]

    def asked(self, *roles: NameRole, rdtype: str | None = None) -> tuple[DnsQuery, ...]:
        """Its UDP questions for names of these roles."""
        return tuple(
            query
            for query in self.queries
            if query.role in roles
            and query.transport is DnsTransport.UDP
            and (rdtype is None or query.rdtype == rdtype)
        )


def _resolver_state(run: Snapshot, answers: ResolverAnswers) -> ResolverState:
    over_udp = [query for query in answers.queries if query.transport is DnsTransport.UDP]
    real = [query for query in over_udp if query.role in {NameRole.CONTROL, NameRole.SERVICE}]
    if any(query.rcode == "NOERROR" and query.addresses for query in real):
        return ResolverState.GOOD
    answered = [query for query in real if query.rcode is not None]
    if answered:
        # A single public name may be gone; not all of them.
        nothing_there = {query.name for query in answered if query.role is NameRole.CONTROL}
        erring = all(query.rcode in BAD_RCODES for query in answered) or len(nothing_there) > 1
        return ResolverState.ERRING if erring else ResolverState.UNCLEAR
    its_family = known_family(answers.resolver)
    silent = SILENT | {FailureKind.REFUSED}
    if its_family is None or (known_scope(answers.resolver) is Scope.INTERNET and not in_use(run, its_family)):
        return ResolverState.UNCLEAR
    asked = bool(over_udp) and all(
        query.rcode is None and query.failure is not None and query.failure.kind in silent for query in over_udp
    )
    return ResolverState.SILENT if asked else ResolverState.UNCLEAR


def resolvers(run: Snapshot, subject: Subject) -> tuple[ResolverView, ...]:
    """The resolvers of a subject (RESOLVER or COMPARISON_RESOLVER) in the order they were asked about.

    A gateway has other addresses than the one of the route: with that of the prefix it forwards IPv6, and is its
    resolver, while the route names the link-local one.
    """
    known = network(run)
    of_gateway = (
        frozenset[str]()
        if known is None
        else frozenset(resolver.address for resolver in known[1].resolvers if resolver.is_gateway)
    )
    first_hops = {address for _, trace in traces(run) for address in routers(run, trace).get(1, frozenset())}
    return tuple(
        ResolverView(
            step=step,
            address=answers.resolver,
            is_gateway=answers.resolver in of_gateway
            or (answers.resolver in first_hops and _on_link6(run, answers.resolver)),
            state=_resolver_state(run, answers),
            queries=answers.queries,
        )
        for step, answers in run.facts(ResolverAnswers, subject)
    )


def lookups(run: Snapshot, *roles: NameRole) -> tuple[tuple[str, SystemLookup], ...]:
    """(step id, lookup) of what the system's own resolver gave for names of these roles."""
    return tuple(
        (step, lookup)
        for step, fact in run.facts(SystemLookups, Subject.COMPUTER)
        for lookup in fact.lookups
        if lookup.role in roles
    )


# --- controls and services ---


def passing(attempt: ReachAttempt) -> bool:
    """The address did all that was asked of it, with a trusted certificate where there was one."""
    return attempt.failure is None and (attempt.tls is None or attempt.tls.trusted)


def cut_off_at_greeting(attempt: ReachAttempt) -> bool:
    """The connection was taken, and reset at the first words of TLS: by the server, or by a filter that reads them."""
    failure = attempt.failure
    reset = failure is not None and failure.kind is FailureKind.RESET and failure.step == "tls"
    return reset and attempt.connect_ms is not None and attempt.tls is None


def without_greeting(attempt: ReachAttempt) -> bool:
    """The connection was taken, and no TLS came of it: it was reset, or nothing was said."""
    silent = attempt.failure is not None and attempt.failure.kind is FailureKind.TIMEOUT
    return attempt.connect_ms is not None and attempt.tls is None and (silent or cut_off_at_greeting(attempt))


def controls_without_greeting(run: Snapshot, port: int) -> tuple[str, ...]:
    """Outcome ids of unrelated hosts that take connections on the port, and of which no TLS comes; none if any does."""
    asked = [(step, reach) for step, reach in run.facts(Reach, Subject.CONTROL) if encrypted(reach)]
    tried = [(step, each) for step, reach in asked if reach.port == port for each in reach.attempts]
    taken = [(step, each) for step, each in tried if each.connect_ms is not None]
    if not all(without_greeting(each) for _, each in taken):
        return ()
    return tuple(dict.fromkeys(step for step, _ in taken))


def passing_controls(run: Snapshot) -> tuple[str, ...]:
    """Outcome ids of controls and anchors that TCP, and TLS where asked, reached; each is another operator's."""
    asked = (*ways.found(run, Subject.CONTROL), *run.facts(Reach, Subject.ANCHOR))
    reached = (step for step, reach in asked if any(passing(attempt) for attempt in reach.attempts))
    return tuple(dict.fromkeys((*reached, *ways.carried(run))))


def trusted_controls(run: Snapshot) -> tuple[str, ...]:
    """Outcome ids of controls whose certificate this system trusts."""
    return tuple(
        step
        for step, reach in ways.found(run, Subject.CONTROL)
        if any(attempt.tls is not None and attempt.tls.trusted for attempt in reach.attempts)
    )


def synthesised(run: Snapshot) -> bool:
    """Whether names get IPv4 addresses as an IPv6-only network shows them: it works without IPv4 on purpose."""
    return any(
        in_prefix(address, *_NAT64_PREFIX)
        for _, lookup in lookups(run, NameRole.CONTROL, NameRole.SERVICE)
        for address in lookup.addresses
        if known_family(address) is Family.IPV6
    )


KEPT_BACK = frozenset({FailureKind.KIT_LIMIT, FailureKind.PERMISSION})
"""By this program or by the system: nobody was asked."""
_OWN_TROUBLE = KEPT_BACK | {FailureKind.NO_ADDRESS, FailureKind.FILTERED_LOCALLY}
"""What never left this computer: it says nothing of the other side."""


def kept_from(reach: Reach) -> FailureKind | None:
    """What kept this program from every address: its own limits, or the want of a permission; None: nothing did.

    An address of a family that this computer has not is none that could have been asked.
    """
    kinds = {None if each.failure is None else each.failure.kind for each in reach.attempts} - {FailureKind.NO_ADDRESS}
    if not kinds or not kinds <= KEPT_BACK:
        return None
    return FailureKind.PERMISSION if FailureKind.PERMISSION in kinds else FailureKind.KIT_LIMIT


def not_permitted(fact: GatewayReach | ResolverAnswers) -> bool:
    """Whether a part of what was to be sent was kept back by the system, for want of a permission."""
    asked = fact.tcp if isinstance(fact, GatewayReach) else fact.queries
    return any(each.failure is not None and each.failure.kind is FailureKind.PERMISSION for each in asked)


def fair_attempts(run: Snapshot, reach: Reach) -> tuple[ReachAttempt, ...]:
    """The attempts that say something about the other side.

    Left out: families that this computer does not have, or that reach nothing in the internet at all, and what this
    system or this program itself refused to send.
    """
    view = internet(run)
    by_proxy = bool(ways.carried(run))  # silence of direct connections is policy then

    def fair(attempt: ReachAttempt) -> bool:
        its_family = known_family(attempt.address)
        if passing(attempt):
            return True
        if its_family is None or (attempt.failure is not None and attempt.failure.kind in _OWN_TROUBLE):
            return False
        nothing_back = view.dead_count[its_family] > 0 and not view.reached[its_family]
        family_broken = nothing_back or bool(view.unconnected[its_family])
        return in_use(run, its_family) and (by_proxy or not family_broken)

    return tuple(attempt for attempt in reach.attempts if fair(attempt))


class HttpState(Enum):
    """What an HTTP status means for the tested service."""

    GOOD = "good"
    SIGN_IN = "sign_in"
    RATE_LIMITED = "rate_limited"
    ERROR = "error"


def http_state(reach: Reach, answer: HttpResult) -> HttpState:
    """Judge a status by what the profile expects; without an expectation, all below 500 is the service's own affair."""
    status = answer.status
    if status in reach.expected_status:
        return HttpState.GOOD
    if status == HTTPStatus.TOO_MANY_REQUESTS or answer.challenged:
        return HttpState.RATE_LIMITED
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return HttpState.SIGN_IN
    if reach.expected_status or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return HttpState.ERROR
    return HttpState.GOOD


def service_works(reach: Reach, attempts: Iterable[ReachAttempt]) -> bool:
    """Whether one of the attempts did all that the service needs."""
    works = {HttpState.GOOD, HttpState.SIGN_IN}
    return any(
        passing(attempt) and (attempt.http is None or http_state(reach, attempt.http) in works) for attempt in attempts
    )


def service_id(step: str) -> str:
    """The service that a step is about: `mail` of `reach.service.mail.tcp1` and `reach.proxied.service.mail`."""
    _, _, name = step.partition(".")[2].removeprefix("proxied.").partition(".")
    return name.partition(".")[0] or step


def encrypted(reach: Reach) -> bool:
    """Whether a certificate was asked for."""
    return reach.layer in {ReachLayer.TLS, ReachLayer.HTTPS}
