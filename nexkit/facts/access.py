"""Facts of the access line: what shows of it from inside, each sign by itself, and what kind of line they prove."""

from dataclasses import dataclass
from enum import Enum

from nexkit.address import Scope
from nexkit.outcome import Failure
from nexkit.sensitivity import HostName, IpAddress, Open, RemoteText, Url
from nexkit.units import Bytes, Ms


class LineKind(Enum):
    """Something that signs prove about the line; several may hold at once. What is not here is not known."""

    NO_ADDRESS = "no_address"
    """This computer has no address that reaches beyond its link."""
    IPV4_ONLY = "ipv4_only"
    DUAL_STACK = "dual_stack"
    IPV6_ONLY = "ipv6_only"
    NAT64 = "nat64"
    """The resolver makes IPv6 addresses for IPv4 hosts (RFC 6147): found as RFC 7050 has it."""
    XLAT464 = "464xlat"
    """IPv4 on this computer is translated to IPv6 here and back at the provider (RFC 6877)."""
    DS_LITE = "ds_lite"
    """IPv4 goes through a tunnel over IPv6 to the provider's address translation (RFC 6333)."""
    SHARED_PORTS = "shared_ports"
    """One IPv4 address for many lines, each with a set of ports of its own: MAP-E (RFC 7597) or lw4o6 (RFC 7596)."""
    IPV4_OVER_IPV6 = "ipv4_over_ipv6"
    """IPv4 is wrapped into IPv6, by which method is not seen."""
    CARRIER_NAT = "carrier_nat"
    """Addresses of 100.64.0.0/10 on the way: the provider translates addresses (RFC 6598)."""
    DOUBLE_NAT = "double_nat"
    """Behind one's own router stands another with private addresses, and then none more."""
    PUBLIC_IPV4 = "public_ipv4"
    """This computer itself has an IPv4 address of the internet, on the way that its traffic takes."""
    PROVISIONED = "provisioned"
    """The access network announces how to get IPv4 over IPv6 (HB46PP): offered there, used or not."""
    CARRIER_NETWORK = "carrier_network"
    """A target that answers inside the carrier's network only does answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAddress:
    """One address of the interface that the family's default route leaves by."""

    address: IpAddress
    scope: Scope
    dual_stack_lite_range: bool
    """192.0.0.0/29, for the ends of DS-Lite tunnels and of IPv4 translated on this computer (RFC 6333, RFC 7335)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessHop:
    """Who answered at one of the first hops."""

    ttl: int
    """Counted from 1."""
    address: IpAddress | None
    """None: nobody."""
    scope: Scope | None
    dual_stack_lite_range: bool


class DnsStep(Enum):
    """What a question to the access network's resolver came to."""

    FOUND = "found"
    EMPTY = "empty"
    """It answered that there is no such record, or name."""
    FAILED = "failed"
    """No answer, or one that says nothing about the name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisioning:
    """The record that a provider announces its IPv4 over IPv6 by, in Japan (HB46PP, v6pc.jp); only looked up."""

    version: Open | None
    """`v6mig-1`; None where the record has no version that is known."""
    url: Url | None
    """Where routers ask for their settings. This program does not."""
    certificate_checked: bool | None
    """Routers have to check the server's certificate (t=b) or not (t=a)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TunnelEnd:
    """A well-known name of a provider's tunnel end (AFTR, RFC 6334), as this resolver knows it."""

    name: Open
    """As the data file has it."""
    provider: Open
    """The data file's id."""
    result: DnsStep
    addresses: tuple[IpAddress, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolverSigns:
    """What one resolver of this computer says about the line."""

    resolver: IpAddress
    nat64: DnsStep
    """AAAA records of ipv4only.arpa (RFC 7050)."""
    nat64_prefixes: tuple[IpAddress, ...]
    """The prefixes as addresses; their lengths stand in `nat64_lengths`."""
    nat64_lengths: tuple[int, ...]
    provisioning_result: DnsStep
    provisioning: Provisioning | None
    provisioning_text: RemoteText | None
    """The beginning of a record that is none of HB46PP."""
    tunnel_ends: tuple[TunnelEnd, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierTarget:
    """A target of the profile that answers inside the carrier's network only."""

    target: HostName
    address: IpAddress | None
    reachable: bool | None
    """It answered anything, a refusal included; None where it could not be asked."""
    rtt_ms: Ms | None
    answered_by: Open | None
    """`echo`, `dns`, `tcp443`, `tcp80`."""
    failure: Failure | None
    """Why it could not be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessSigns:
    """Everything that was measured or handed in; None: not known."""

    tunnel_route: bool | None
    """The IPv4 default route leaves by a VPN or another tunnel: hops then tell of that, not of the line."""
    own4: tuple[OwnAddress, ...] | None
    own6: tuple[OwnAddress, ...] | None
    default4: bool | None
    """There is a default route."""
    default6: bool | None
    hops4: tuple[AccessHop, ...] | None
    """The first hops over IPv4; None where they could not be asked."""
    mapped4: IpAddress | None
    """The address that the internet sees, from elsewhere (STUN)."""
    mapped_ports: tuple[int, ...]
    """Source ports that the internet sees, of different flows."""
    resolvers: tuple[ResolverSigns, ...]
    carrier: tuple[CarrierTarget, ...]
    mtu4_bytes: Bytes | None
    mtu6_bytes: Bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedKind:
    """One kind, and the signs that prove it."""

    kind: LineKind
    signs: tuple[Open, ...]
    """Words of `nexkit/access_lines.py`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLine:
    """What kind of line this is, as far as it shows."""

    signs: AccessSigns
    kinds: tuple[NamedKind, ...]
    familiar4: tuple[Open, ...]
    """What the path MTU of IPv4 is usual for: facts, not causes; empty where unknown."""
    familiar6: tuple[Open, ...]
    data_date: Open
    """Of the data file that the kinds were named by."""

    def has(self, kind: LineKind) -> bool:
        """Whether a kind is proved."""
        return any(each.kind is kind for each in self.kinds)
