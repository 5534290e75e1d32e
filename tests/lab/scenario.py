"""Scenario files: what is broken in the lab's network, and what `nexkit diagnose` has to say of it."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import cattrs
from link import Impairment
from servers.certificates import Certificate, Issuer

FOLDER = Path(__file__).parent / "scenarios"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ip:
    """Lines for `ip -batch` on a node: links, addresses, routes."""

    node: str
    lines: tuple[str, ...]
    family: int | None = None
    """4 or 6, for lines whose addresses do not tell it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nft:
    """A ruleset for `nft -f` on a node."""

    node: str
    rules: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sysctl:
    """Kernel settings of a node, by path under /proc/sys."""

    node: str
    values: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StopServer:
    """A server process ends: its port is closed."""

    server: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseServer:
    """A server process hangs: its port is open and nothing answers."""

    server: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvConf:
    """The client's /etc/resolv.conf."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostsFile:
    """Further lines of the client's /etc/hosts."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsFault:
    """A faulty DNS server instead of the node's own; the faults stand in servers/dns_fault.py.

    On the client: a name service of its own at 127.0.0.53.
    """

    node: str
    fault: str
    slow_s: float = 0.6
    """How long the slow ones take."""
    names: tuple[str, ...] = ()
    """For which it is faulty; none: for every name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsRecords:
    """Names for which the node's DNS server gives other addresses; none at all: the name does not exist."""

    node: str
    records: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebCertificate:
    """What is wrong with a web server's certificate."""

    host: str
    variant: Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class WebStatus:
    """A web server answers with this HTTP status."""

    host: str
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptivePortal:
    """The router answers plain HTTP itself and lets nothing else out but DNS, which it answers."""

    redirects: bool
    """True: 302 to a sign-in page; False: the page itself with status 200."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpairLink:
    """A link loses, delays, doubles or reorders frames; `out` is the way from the user outward."""

    link: str
    out: Impairment = field(default_factory=Impairment)
    back: Impairment = field(default_factory=Impairment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A device sends at a rate and queues what comes faster (tbf)."""

    node: str
    device: str
    rate_mbit_s: float
    queue_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Serve:
    """A further server on a host, no fault: ready when its TCP port accepts.

    `{pem}` among its words becomes the file with a key and a certificate for the host's names.
    """

    node: str
    argv: tuple[str, ...]
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """The client's system trusts further authorities, which stand on no public list (see servers/certificates.py)."""

    issuers: tuple[Issuer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebProxy:
    """A proxy (squid) on a node; ready when its TCP port accepts."""

    node: str
    address: str
    port: int = 3128
    password: bool = False
    """It wants the name `alice` with the password `secret` (Basic)."""
    refused: tuple[str, ...] = ()
    """Names that its rules forbid."""
    ports: tuple[int, ...] = (443,)
    """To which it gives tunnels."""
    timeout_s: int = 2
    """How long it waits for the other end and for names."""
    resolver: str = "192.168.10.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A web server on a node that answers every request with the same page, after a while."""

    node: str
    address: str
    port: int
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    delay_s: float = 0.0
    stalls: bool = False
    """The body ends after its first half, and the connection stays open."""
    names: tuple[str, ...] = ()
    """Of its certificate; none: it speaks plain HTTP."""
    issuer: Issuer = Issuer.FILTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Http3:
    """A web server can be had over HTTP/3 too, and says so (Alt-Svc, RFC 7838)."""

    host: str
    answers: bool = True
    """False: nothing listens there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientEnvironment:
    """Variables of the environment on the client."""

    values: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientFile:
    """A file in the home folder of the client's user."""

    path: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VpnServer:
    """The host `vpn` is a VPN's server: behind it a resolver and a web server, and through it the internet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VpnClient:
    """The client's end of that VPN: a device with ways into it; comes after `vpn_server` where there is one."""

    routes: tuple[str, ...] = ("10.50.0.0/24", "fd50::/64")
    mtu_bytes: int = 1400
    hole_bytes: int | None = None
    """Larger packets vanish in it."""
    out: Impairment = field(default_factory=Impairment)
    back: Impairment = field(default_factory=Impairment)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClocksAhead:
    """The clocks of servers run ahead (below zero: behind), and their certificates begin and end by them.

    Of all servers: it is the client's clock that is wrong, which nobody in a namespace can set.
    """

    seconds: float
    hosts: tuple[str, ...] = ()
    """None named: all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientPort:
    """What the client's network port tells of itself and of its cable's other end."""

    mbit_s: int
    """As negotiated."""
    half: bool = False
    port_mbit_s: int = 1000
    partner_mbit_s: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseIcmp:
    """The client's system refuses ICMP sockets to ordinary users (ping_group_range 1 0)."""


Action: TypeAlias = (
    Ip
    | Nft
    | Sysctl
    | StopServer
    | PauseServer
    | ResolvConf
    | HostsFile
    | DnsFault
    | DnsRecords
    | WebCertificate
    | WebStatus
    | CaptivePortal
    | ImpairLink
    | Shape
    | Serve
    | Trust
    | WebProxy
    | Page
    | Http3
    | ClientEnvironment
    | ClientFile
    | VpnServer
    | VpnClient
    | RefuseIcmp
    | ClocksAhead
    | ClientPort
)

ACTIONS: dict[str, type[Action]] = {
    "ip": Ip,
    "nft": Nft,
    "sysctl": Sysctl,
    "stop_server": StopServer,
    "pause_server": PauseServer,
    "resolv_conf": ResolvConf,
    "hosts_file": HostsFile,
    "dns_fault": DnsFault,
    "dns_records": DnsRecords,
    "web_certificate": WebCertificate,
    "web_status": WebStatus,
    "captive_portal": CaptivePortal,
    "impair_link": ImpairLink,
    "shape": Shape,
    "serve": Serve,
    "trust": Trust,
    "web_proxy": WebProxy,
    "page": Page,
    "http3": Http3,
    "client_environment": ClientEnvironment,
    "client_file": ClientFile,
    "vpn_server": VpnServer,
    "vpn_client": VpnClient,
    "refuse_icmp": RefuseIcmp,
    "clocks_ahead": ClocksAhead,
    "client_port": ClientPort,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What the diagnosis has to say."""

    verdict: str
    """`healthy`, `fault` or `inconclusive`."""
    cause: str | None = None
    segment: str | None = None
    also: tuple[str, ...] = ()
    """Causes of further faults of their own, which have to be named as well."""
    context: tuple[str, ...] = ()
    """Causes that have to be told as context."""
    allowed: tuple[str, ...] = ()
    """Causes that may stand beside the expected one; every other finding that is no context is wrong."""
    forbidden: tuple[str, ...] = ()
    """Causes that may stand nowhere, not even as context."""
    visible: str
    """Shell command that succeeds in the client while the fault is there and fails in the healthy network, or, for
    a healthy scenario, shows what is peculiar about it."""

    @property
    def where(self) -> str | None:
        """The segment that the verdict names: the cause's own where nothing else is said."""
        return self.segment or (self.cause.partition(".")[0] if self.cause else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One story of a network."""

    name: str
    story: str
    inject: tuple[Action, ...] = ()
    depth: str = "standard"
    symptom: str = "check_up"
    agree: str | None = None
    profile: str = "profile"
    """The name of the profile's file."""
    expect: Expectation

    @property
    def profile_path(self) -> Path:
        """The profile's file."""
        return FOLDER.parent / f"{self.profile}.toml"


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True, detailed_validation=False)

    def action(value: dict[str, Any], _: object) -> Action:
        rest = dict(value)
        kind = rest.pop("do")
        return converter.structure(rest, ACTIONS[kind])

    converter.register_structure_hook(Action, action)
    return converter


def load(path: Path) -> Scenario:
    """The scenario of a file; ValueError names the file and what is wrong in it."""
    try:
        with path.open("rb") as file:
            return _converter().structure({"name": path.stem, **tomllib.load(file)}, Scenario)
    except Exception as error:
        raise ValueError(f"{path}: {type(error).__name__}: {error}") from error


def find(name: str) -> Path:
    """The file of a scenario by its name or path."""
    return Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"


def all_paths() -> list[Path]:
    """Every scenario file, by name."""
    return sorted(FOLDER.glob("*.toml"))
