"""Facts about this computer's network: interfaces, routes, resolvers, proxies, and the gateway on the link."""

from dataclasses import dataclass
from enum import Enum

from nexkit.address import Family, Scope, known_family, known_scope
from nexkit.outcome import Failure
from nexkit.sensitivity import HostName, InterfaceName, IpAddress, MacAddress, Open, Url
from nexkit.units import BitPerSecond, Bytes, Ms


class InterfaceKind(Enum):
    """What an interface is, as far as the system tells."""

    ETHERNET = "ethernet"
    WIFI = "wifi"
    MOBILE = "mobile"
    VPN = "vpn"
    """A tunnel or point-to-point interface."""
    BRIDGE = "bridge"
    VIRTUAL = "virtual"
    """A container's, a virtual machine's or another software interface."""
    LOOPBACK = "loopback"
    UNKNOWN = "unknown"


class AddressOrigin(Enum):
    """How an address came to be."""

    DYNAMIC = "dynamic"
    """Leased or advertised (DHCP, DHCPv6, RA): it has a lifetime."""
    STATIC = "static"
    LINK_LOCAL = "link_local"
    """Self-assigned: 169.254.0.0/16 or fe80::/10."""


class Duplex(Enum):
    """Duplex mode of a cable link."""

    FULL = "full"
    HALF = "half"


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceAddress:
    """One address of an interface."""

    address: IpAddress
    prefix_length: int
    origin: AddressOrigin | None = None
    duplicate: bool | None = None
    """The system's own duplicate address detection failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """One interface as the system describes it."""

    name: InterfaceName
    kind: InterfaceKind
    admin_up: bool
    carrier: bool | None
    """A cable is in or a Wi-Fi network is joined; None where the system does not say."""
    mtu_bytes: Bytes | None
    speed_bit_s: BitPerSecond | None
    duplex: Duplex | None
    mac: MacAddress | None
    addresses: tuple[InterfaceAddress, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultRoute:
    """One default route of the main table."""

    family: Family
    interface: InterfaceName
    gateway: IpAddress | None
    """None for a route without a gateway (point-to-point)."""
    metric: int | None
    gateway_on_link: bool | None
    """Whether the gateway lies in a prefix of its interface; derived here because redaction hides it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolver:
    """One DNS resolver that this computer is told to ask, in the system's order."""

    address: IpAddress
    is_gateway: bool
    """It is the gateway of a default route; derived here because redaction hides it."""
    interface: InterfaceName | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A proxy the system is configured with."""

    host: HostName
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxySettings:
    """The system's proxy configuration; all None/False means direct."""

    http: Proxy | None = None
    https: Proxy | None = None
    pac_url: Url | None = None
    auto_detect: bool | None = None
    """WPAD is switched on; None where the system does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkState:
    """What this computer knows of its network before anything is sent."""

    interfaces: tuple[Interface, ...]
    default_routes: tuple[DefaultRoute, ...]
    """Best first: lowest metric."""
    resolvers: tuple[Resolver, ...]
    search_domains: tuple[HostName, ...]
    proxy: ProxySettings

    def gateway(self, of_family: Family) -> DefaultRoute | None:
        """The default route that the family's traffic takes; None without one."""
        return next((route for route in self.default_routes if route.family is of_family), None)

    def usable_addresses(self, of_family: Family) -> tuple[InterfaceAddress, ...]:
        """Addresses that reach beyond the link: not loopback, link-local or multicast, and nobody else's as well."""
        return tuple(
            address
            for interface in self.interfaces
            for address in interface.addresses
            if interface.admin_up
            and interface.carrier is not False
            and not address.duplicate
            and known_family(address.address) is of_family
            and known_scope(address.address) in {Scope.PRIVATE, Scope.SHARED, Scope.UNIQUE_LOCAL, Scope.INTERNET}
        )


class NeighbourState(Enum):
    """What the system's ARP or ND table says of a neighbour."""

    REACHABLE = "reachable"
    STALE = "stale"
    """Known from earlier, not confirmed just now."""
    FAILED = "failed"
    """Asked for and no answer."""
    ABSENT = "absent"
    """No entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpAnswer:
    """What a TCP connect to one port came to; a refusal is an answer."""

    port: int
    connect_ms: Ms | None
    failure: Failure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayDns:
    """Whether the gateway answers a DNS question over UDP port 53; any rcode is an answer, silence is none."""

    rtt_ms: Ms | None
    rcode: Open | None
    failure: Failure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayReach:
    """Signs of life of the gateway besides ICMP."""

    gateway: IpAddress
    interface: InterfaceName
    neighbour: NeighbourState | None
    """After traffic to it; None where the system refuses to tell."""
    mac: MacAddress | None
    tcp: tuple[TcpAnswer, ...]
    dns: GatewayDns | None = None
    """None where it was not asked."""
