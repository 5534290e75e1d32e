"""What a step measures, seen from the ladder: rules ask for facts by subject, never by parsing an id."""

from enum import Enum


class Subject(Enum):
    """The thing at the other end; public for ever."""

    COMPUTER = "computer"
    GATEWAY = "gateway"
    RESOLVER = "resolver"
    """A configured resolver."""
    COMPARISON_RESOLVER = "comparison_resolver"
    """A resolver of the profile, asked to compare."""
    PROVIDER_HOP = "provider_hop"
    """The first hop beyond the gateway, found by a trace: separates the access line from what lies behind it."""
    ANCHOR = "anchor"
    """An address of the profile that stands for the internet."""
    CONTROL = "control"
    """A name of the profile that stands for the internet."""
    PORTAL_CHECK = "portal_check"
    SERVICE = "service"
    """A tested service on the port it needs."""
    SERVICE_HOST = "service_host"
    """The host of a tested service by other means (echo, another port): separates host from port."""
    EXPECTED_RESOLVER = "expected_resolver"
    """A resolver that the profile names for this network and that this computer is not told to ask: separates another
    network from this one with wrong settings."""
    VPN = "vpn"
    """The profile's VPN: its server, the ways into its networks, its resolvers and names."""
    PROXY = "proxy"
    """The proxy that the system is told to use."""
    ACCESS_LINE = "access_line"
    """What kind of line this is, as far as it shows."""
    UDP_SERVER = "udp_server"
    """A STUN server or a reflector of the profile: separates a network without UDP from a service that is down."""
    TIME_SERVER = "time_server"
    LOAD_SERVER = "load_server"
