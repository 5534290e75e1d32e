"""Facts of the Ethernet segment: who hands out addresses, who advertises itself as router, which switch is there."""

from dataclasses import dataclass
from enum import Enum

from nexkit.outcome import Failure
from nexkit.sensitivity import HostName, InterfaceName, IpAddress, MacAddress, RemoteText, Url
from nexkit.units import Bytes, Ms, Seconds


class DhcpAnswerKind(Enum):
    """What a DHCP server answered with (RFC 2131)."""

    OFFER = "offer"
    """To DISCOVER: an address."""
    ACK = "ack"
    """To INFORM: settings without an address."""
    NAK = "nak"


class RouterPreference(Enum):
    """How strongly a router recommends itself (RFC 4191)."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class SwitchProtocol(Enum):
    """How a switch makes itself known."""

    LLDP = "lldp"
    """IEEE 802.1AB."""
    CDP = "cdp"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArpAnswers:
    """Who claims an IPv4 address (RFC 826); two hardware addresses are two computers, or one with two interfaces."""

    address: IpAddress
    own: bool
    """It is an address of this computer, asked for as RFC 5227 has it: any answer is a duplicate."""
    macs: tuple[MacAddress, ...]
    """Each once, this computer's own left out, in the order of their answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DhcpOffer:
    """What one DHCP server offered or told."""

    kind: DhcpAnswerKind
    server: IpAddress | None
    """As the server calls itself (option 54)."""
    mac: MacAddress
    """Who sent the frame; with a relay, the relay."""
    relay: IpAddress | None
    answer_ms: Ms
    """The first one of this kind from this server."""
    offered: IpAddress | None
    prefix_length: int | None
    routers: tuple[IpAddress, ...]
    resolvers: tuple[IpAddress, ...]
    domain: HostName | None
    pac_url: Url | None
    """Option 252 (WPAD)."""
    lease_s: Seconds | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvertisedPrefix:
    """A prefix in a router advertisement (RFC 4861, section 4.6.2)."""

    prefix: IpAddress
    length: int
    on_link: bool
    autonomous: bool
    """Computers make addresses of it by themselves."""
    preferred_s: Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterAdvertisement:
    """What one IPv6 router says of itself (RFC 4861, section 4.2); its latest word."""

    router: IpAddress
    mac: MacAddress
    answer_ms: Ms
    """The first one of this router."""
    lifetime_s: Seconds
    """0: it is no default router."""
    preference: RouterPreference
    managed: bool
    """Addresses come from DHCPv6."""
    other: bool
    """Other settings come from DHCPv6."""
    prefixes: tuple[AdvertisedPrefix, ...]
    resolvers: tuple[IpAddress, ...]
    """RFC 8106."""
    mtu_bytes: Bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchNeighbour:
    """What stands at the other end of the cable, by its own words."""

    protocol: SwitchProtocol
    mac: MacAddress
    """Who sent the frame."""
    chassis: MacAddress | None
    """Where it names itself by a hardware address."""
    name: HostName | None
    """As its owner calls it; nobody outside needs to know."""
    port: RemoteText | None
    port_description: RemoteText | None
    description: RemoteText | None
    """Model and software."""
    vlan: int | None
    """The untagged one of the port."""
    management: tuple[IpAddress, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentSurvey:
    """What was seen on the wire of one interface."""

    interface: InterfaceName
    listened_s: Seconds
    dhcp_asked: bool
    routers_asked: bool
    """False where the interface has no IPv6."""
    arp: tuple[ArpAnswers, ...]
    offers: tuple[DhcpOffer, ...]
    routers: tuple[RouterAdvertisement, ...]
    switches: tuple[SwitchNeighbour, ...]
    failure: Failure | None
    """Why listening ended early; what was seen by then stands here all the same."""
