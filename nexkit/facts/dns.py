"""Facts of name resolution: what each resolver answered, and what the system's own lookup gave (RFC 9499 terms).

The functions at the end read the facts: pure, the same for a run and for a report, None where nothing is known.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from nexkit.address import Family, Scope, family, in_prefix, scope
from nexkit.facts.reach import TlsResult
from nexkit.outcome import Failure, FailureKind
from nexkit.sensitivity import HostName, InterfaceName, IpAddress, Open, Url
from nexkit.units import Bytes, Ms


class NameRole(Enum):
    """Why a name was asked for."""

    CONTROL = "control"
    """A public name of the profile, unrelated to the service under test."""
    SERVICE = "service"
    """A name of a tested service."""
    UNCACHED = "uncached"
    """A random label below a control name: no cache can hold it."""
    NONEXISTENT = "nonexistent"
    """A random name that cannot exist: any address in the answer is somebody's rewriting."""
    UNREGISTERED = "unregistered"
    """A random web name below a real top-level domain: some rewrite these alone; some domains answer for all."""
    EDNS = "edns"
    """A control name once more, with EDNS (RFC 6891)."""
    LARGE = "large"
    """A name whose answer is large."""
    SIGNED = "signed"
    """A name with good DNSSEC signatures."""
    BOGUS = "bogus"
    """A name with broken DNSSEC signatures: who validates must not give its addresses."""
    SUFFIX = "suffix"
    """A random label below a search suffix: an answer means that the suffix swallows every mistyped name."""
    ASKING_RESOLVER = "asking_resolver"
    """A name whose answer is the address of the resolver that asked its server."""
    BARE = "bare"
    """A name without a dot, which the search suffixes complete."""


class DnsTransport(Enum):
    """How a query was sent."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"
    """RFC 7858."""
    HTTPS = "https"
    """RFC 8484."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsQuery:
    """One question to one resolver; either an rcode came back or a failure is named."""

    name: HostName
    role: NameRole
    rdtype: Open
    """`A` or `AAAA`; for a large answer also `DNSKEY`, `TXT`, ..."""
    transport: DnsTransport
    attempts: int
    """Datagrams sent; a UDP question is repeated once."""
    time_ms: Ms | None
    """From the last question to its answer."""
    rcode: Open | None
    """The name of the code: `NOERROR`, `NXDOMAIN`, `SERVFAIL`, ..."""
    addresses: tuple[IpAddress, ...]
    truncated: bool | None
    failure: Failure | None
    edns_bytes: Bytes | None = None
    """The UDP answer size that the question offered to take; None: asked without EDNS, so 512."""
    unchecked: bool = False
    """Asked without validation (CD flag, RFC 4035 section 3.2.2)."""
    answer_bytes: Bytes | None = None
    """Of the DNS message that came back."""
    authentic: bool | None = None
    """The resolver says that it validated the answer (AD flag); None without an answer."""
    signatures: bool | None = None
    """The answer carries DNSSEC signatures; None where none were asked for."""
    extended_errors: tuple[int, ...] = ()
    """Codes of RFC 8914: 6 DNSSEC bogus, 15 blocked, 16 censored, 17 filtered, 22 no reachable authority, ..."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolverAnswers:
    """What one resolver said, asked by itself."""

    resolver: IpAddress
    port: int
    queries: tuple[DnsQuery, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptedAttempt:
    """One address of an encrypted resolver; what is set has succeeded before the failure."""

    address: IpAddress
    connect_ms: Ms | None
    tls: TlsResult | None
    http_status: int | None
    """Of the last answer; None without HTTP."""
    queries: tuple[DnsQuery, ...]
    failure: Failure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptedAnswers:
    """What one encrypted resolver said."""

    resolver: Url
    transport: DnsTransport
    resolve_ms: Ms | None
    """None for a literal address."""
    resolve_failure: Failure | None
    attempts: tuple[EncryptedAttempt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemLookup:
    """One lookup as programs make it (getaddrinfo): hosts file, caches, search list and all."""

    name: HostName
    role: NameRole
    time_ms: Ms
    addresses: tuple[IpAddress, ...]
    failure: Failure | None


class NameServiceKind(Enum):
    """Who looks names up for the programs of this computer."""

    RESOLV_CONF = "resolv_conf"
    """The C library, by resolv.conf."""
    SYSTEMD_RESOLVED = "systemd_resolved"
    WINDOWS = "windows"
    MACOS = "macos"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolverScope:
    """Resolvers that are asked for some names, or by way of one interface."""

    interface: InterfaceName | None
    """None: of no interface alone."""
    servers: tuple[IpAddress, ...]
    """None at all: names of these domains get no answer from DNS."""
    domains: tuple[HostName, ...]
    """Names at or below these are asked here; `.` is every name. None at all: those that no other scope claims."""
    current: IpAddress | None = None
    """The one in use, where the system says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostsEntry:
    """A line of the hosts file about a tested name."""

    name: HostName
    address: IpAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class NameService:
    """How this computer is set up to look names up."""

    kind: NameServiceKind
    sources: tuple[Open, ...] | None
    """Where it looks, in order, in the words of nsswitch.conf(5): `files`, `resolve`, `dns`, ..."""
    stub: tuple[IpAddress, ...]
    """Servers on this computer itself that programs are told to ask."""
    servers: tuple[IpAddress, ...] | None
    """Who is asked in the end for names that no scope claims, in order; None: hidden behind a stub."""
    current: IpAddress | None
    """The one of them in use, where the system says."""
    scopes: tuple[ResolverScope, ...] | None
    """Resolvers by interface or domain (split DNS); None where the system does not tell."""
    search_domains: tuple[HostName, ...]
    ndots: int | None
    """A name with fewer dots is first looked for below the search domains; None: no such setting here."""
    hosts: tuple[HostsEntry, ...] | None
    """What the hosts file says of the tested names; None where it cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemLookups:
    """What the system's own resolver gave."""

    lookups: tuple[SystemLookup, ...]
    service: NameService | None = None
    """None where it was not asked for or cannot be read."""


class Comparison(Enum):
    """The addresses of a public name beside those that another resolver gives."""

    SAME = "same"
    """At least one address in common."""
    SAME_NETWORK = "same_network"
    """None in common, and a network in common: one operator's servers."""
    DIFFERENT = "different"
    """Nothing in common; content networks do that too."""
    PRIVATE = "private"
    """Private, loopback or unspecified addresses in place of public ones."""
    MISSING = "missing"
    """No addresses, or no such name, where the other resolver gives some."""


class AaaaAnswers(Enum):
    """How questions for IPv6 addresses fare whose names have IPv4 addresses (RFC 4074)."""

    ANSWERED = "answered"
    SILENT = "silent"
    """No answer at all."""
    ERROR = "error"
    """An error code for a name that exists."""
    FILTERED = "filtered"
    """No IPv6 addresses, where the other resolver gives some."""


class Dnssec(Enum):
    """Whether a resolver validates (RFC 4035)."""

    VALIDATES = "validates"
    """Good signatures are answered, broken ones refused."""
    ACCEPTS_BOGUS = "accepts_bogus"
    """Broken signatures make no difference to it."""
    REFUSES_GOOD = "refuses_good"
    """It refuses good signatures too: its clock or its trust anchor is wrong, or signatures do not reach it."""


class LargeAnswers(Enum):
    """How an answer too large for 512 bytes comes through."""

    WHOLE = "whole"
    """Over UDP, with every size offered."""
    OVER_TCP = "over_tcp"
    """Cut short over UDP, whole over TCP."""
    LARGEST_LOST = "largest_lost"
    """Lost where much was offered (fragments do not come through), well where little was."""
    UDP_LOST = "udp_lost"
    """Never over UDP with EDNS, well over TCP."""
    TCP_LOST = "tcp_lost"
    """Cut short over UDP, and nothing over TCP."""
    LOST = "lost"
    """Neither way, while small answers come."""


_SAME_NETWORK_BITS = {Family.IPV4: 24, Family.IPV6: 48}
"""What is announced on the internet as one network at the least (RIPE-399, RIPE-532)."""
_UNFIT_FOR_PUBLIC = frozenset(Scope) - {Scope.INTERNET}


def compare(given: Sequence[str], elsewhere: Sequence[str]) -> Comparison | None:
    """Addresses of one name from two resolvers, the second to compare with; None where the second has none."""
    if not elsewhere:
        return None
    if not given:
        return Comparison.MISSING
    if set(given) & set(elsewhere):
        return Comparison.SAME
    public = any(scope(address) is Scope.INTERNET for address in elsewhere)
    if public and all(scope(address) in _UNFIT_FOR_PUBLIC for address in given):
        return Comparison.PRIVATE
    near = any(in_prefix(one, other, _SAME_NETWORK_BITS[family(other)]) for one in given for other in elsewhere)
    return Comparison.SAME_NETWORK if near else Comparison.DIFFERENT


def compare_names(answers: ResolverAnswers, comparison: ResolverAnswers) -> dict[tuple[str, str], Comparison]:
    """Every control name by (name, type) that both resolvers answered, and how the addresses compare."""
    theirs = {(query.name, query.rdtype): query for query in _asked(comparison, NameRole.CONTROL)}
    found: dict[tuple[str, str], Comparison] = {}
    for query in _asked(answers, NameRole.CONTROL):
        other = theirs.get((query.name, query.rdtype))
        if other is None or query.rcode not in _SETTLED or other.rcode not in _SETTLED:
            continue
        compared = compare(query.addresses, other.addresses)
        if compared is not None:
            found[query.name, query.rdtype] = compared
    return found


_SETTLED = frozenset({"NOERROR", "NXDOMAIN"})


def aaaa_answers(answers: ResolverAnswers, comparison: ResolverAnswers | None = None) -> AaaaAnswers | None:
    """How AAAA questions fare for control names with an A answer; the worst that all of them share, else ANSWERED."""
    found = {query.name for query in _asked(answers, NameRole.CONTROL, rdtype="A") if query.addresses}
    asked = [query for query in _asked(answers, NameRole.CONTROL, rdtype="AAAA") if query.name in found]
    if not asked:
        return None
    if all(_timed_out(query) for query in asked):
        return AaaaAnswers.SILENT
    if all(query.rcode not in {None, "NOERROR"} for query in asked):
        return AaaaAnswers.ERROR
    if any(query.addresses for query in asked):
        return AaaaAnswers.ANSWERED
    if comparison is None:
        return None
    elsewhere = {query.name for query in _asked(comparison, NameRole.CONTROL, rdtype="AAAA") if query.addresses}
    # Without any name that has IPv6 addresses there is nothing to be filtered.
    return AaaaAnswers.FILTERED if elsewhere & {query.name for query in asked if query.rcode == "NOERROR"} else None


def dnssec(answers: ResolverAnswers) -> Dnssec | None:
    """Whether the resolver validates; None where the names could not be asked, or do not answer unchecked either."""
    invented = set(rewritten_to(answers) or ())
    told = [query for query in _final(answers, NameRole.SIGNED, NameRole.BOGUS) if not invented & set(query.addresses)]
    known = {query.name for query in told if query.unchecked and query.rcode == "NOERROR" and query.addresses}
    checked = [query for query in told if not query.unchecked and query.name in known]
    bogus = [query for query in checked if query.role is NameRole.BOGUS]
    if any(query.rcode == "SERVFAIL" for query in checked if query.role is NameRole.SIGNED):
        return Dnssec.REFUSES_GOOD
    if any(query.rcode == "NOERROR" for query in bogus):
        return Dnssec.ACCEPTS_BOGUS
    if bogus and all(query.rcode == "SERVFAIL" for query in bogus):
        return Dnssec.VALIDATES
    return None


def large_answers(answers: ResolverAnswers) -> LargeAnswers | None:
    """How large answers come through; None where none was large, or the resolver answers nothing at all."""
    if not any(query.rcode is not None for query in answers.queries):
        return None
    large = [query for query in answers.queries if query.role is NameRole.LARGE]
    names = {query.name for query in large if query.truncated or (query.answer_bytes or 0) > _PLAIN_BYTES}
    large = [query for query in large if query.name in names or query.failure is not None]
    offered = [query for query in large if query.transport is DnsTransport.UDP and query.edns_bytes is not None]
    if not names or not offered:
        return None
    over_tcp = [query for query in large if query.transport is DnsTransport.TCP]
    tcp_works = any(query.rcode == "NOERROR" for query in over_tcp)
    lost = [query for query in offered if _timed_out(query)]
    came = [query for query in offered if query.rcode is not None]
    if not came:
        return None if not lost else LargeAnswers.UDP_LOST if tcp_works else LargeAnswers.LOST
    if over_tcp and not tcp_works and any(query.truncated for query in came):
        return LargeAnswers.TCP_LOST
    if lost and max(query.edns_bytes or 0 for query in lost) > max(query.edns_bytes or 0 for query in came):
        return LargeAnswers.LARGEST_LOST
    if not any(query.truncated for query in came):
        return LargeAnswers.WHOLE
    return LargeAnswers.OVER_TCP if tcp_works else None


def takes_edns(answers: ResolverAnswers) -> bool | None:
    """Whether a small question with EDNS is answered as one without; None where neither is, or it was not asked."""
    with_edns = {query.name: query for query in _asked(answers, NameRole.EDNS)}
    pairs = [
        (query, with_edns[query.name])
        for query in _asked(answers, NameRole.CONTROL, rdtype="A")
        if query.rcode == "NOERROR" and query.name in with_edns
    ]
    return all(other.rcode == "NOERROR" for _, other in pairs) if pairs else None


_PLAIN_BYTES = 512
"""The most that an answer over UDP may hold without EDNS (RFC 1035 section 4.2.1)."""


def rewritten_to(answers: ResolverAnswers) -> tuple[str, ...] | None:
    """The addresses given for a name that cannot exist; None where that question was not answered."""
    asked = [query for query in _asked(answers, NameRole.NONEXISTENT) if query.rcode is not None]
    return tuple(dict.fromkeys(address for query in asked for address in query.addresses)) if asked else None


def asking_resolvers(queries: Iterable[DnsQuery | SystemLookup]) -> tuple[str, ...]:
    """The addresses of the resolvers that ask upstream, as the names that reveal them say."""
    revealed = (query.addresses for query in queries if query.role is NameRole.ASKING_RESOLVER)
    return tuple(dict.fromkeys(address for addresses in revealed for address in addresses))


def search_names(service: NameService, name: str) -> tuple[str, ...]:
    """The names that are asked one after the other until one is found, when a program looks up `name`.

    Each costs a question for either family. The C library: resolv.conf(5), `search` and `ndots`; systemd-resolved and
    Windows complete names of one label only, and do not send such a name by itself.
    """
    if name.endswith("."):
        return (name,)
    dots = name.count(".")
    completed = tuple(f"{name}.{domain.rstrip('.')}" for domain in service.search_domains if domain != ".")
    if service.kind is NameServiceKind.RESOLV_CONF or (
        service.kind is NameServiceKind.SYSTEMD_RESOLVED and "resolve" not in (service.sources or ())
    ):
        ndots = 1 if service.ndots is None else service.ndots
        return (name, *completed) if dots >= ndots else (*completed, name)
    if dots:
        return (name,)
    return (*completed, name) if service.kind is NameServiceKind.MACOS else completed


def scope_of(service: NameService, name: str) -> ResolverScope | None:
    """The scope that claims a name by the longest of its domains; None: the servers for everything else."""
    if not service.scopes:
        return None
    plain = name.rstrip(".").lower()
    best: tuple[int, ResolverScope] | None = None
    for each in service.scopes:
        for domain in each.domains:
            wanted = domain.strip(".").lower()
            claims = not wanted or plain == wanted or plain.endswith(f".{wanted}")
            if claims and (best is None or len(wanted) > best[0]):
                best = (len(wanted), each)
    return best[1] if best else None


def _asked(answers: ResolverAnswers, role: NameRole, *, rdtype: str | None = None) -> tuple[DnsQuery, ...]:
    """The UDP questions of a role."""
    return tuple(
        query
        for query in answers.queries
        if query.role is role and query.transport is DnsTransport.UDP and rdtype in (None, query.rdtype)
    )


def _final(answers: ResolverAnswers, *roles: NameRole) -> tuple[DnsQuery, ...]:
    """The questions of some roles, of one cut short and repeated over TCP the repetition."""
    return tuple(query for query in answers.queries if query.role in roles and not query.truncated)


def _timed_out(query: DnsQuery) -> bool:
    return query.failure is not None and query.failure.kind is FailureKind.TIMEOUT
