"""Facts about the way through proxies: what the system has configured, what a PAC file decides, what proxies answer."""

from dataclasses import dataclass
from enum import Enum

from nexkit.outcome import Failure
from nexkit.sensitivity import HostName, RemoteText, Url
from nexkit.units import Bytes, Ms

_SUCCESS = range(200, 300)


class ProxySource(Enum):
    """Who says that there is a proxy."""

    ENVIRONMENT = "environment"
    """`https_proxy` and its kin, which command line programs obey."""
    GNOME = "gnome"
    KDE = "kde"
    WINDOWS_USER = "windows_user"
    """The settings of the user, which browsers obey."""
    WINDOWS_POLICY = "windows_policy"
    """The same, set by the administrator for everybody."""
    WINDOWS_SERVICES = "windows_services"
    """WinHTTP's own, which services obey."""
    MACOS = "macos"
    GIVEN = "given"
    """Parameters of the probe."""


class ProxyKind(Enum):
    """How a proxy is spoken to; the words of PAC files."""

    DIRECT = "direct"
    """No proxy."""
    HTTP = "http"
    HTTPS = "https"
    """HTTP inside TLS."""
    SOCKS4 = "socks4"
    SOCKS5 = "socks5"


class ProxyScheme(Enum):
    """How a proxy wants to be told who asks (the registry of RFC 9110, section 16.4.1, as far as proxies use it)."""

    BASIC = "basic"
    DIGEST = "digest"
    NTLM = "ntlm"
    NEGOTIATE = "negotiate"
    BEARER = "bearer"
    OTHER = "other"


class ProxyReason(Enum):
    """Why a web address goes the way it goes."""

    NOT_CONFIGURED = "not_configured"
    """No proxy is set for its scheme."""
    EXCEPTION = "exception"
    """The list of exceptions names it."""
    SETTINGS = "settings"
    """A fixed proxy."""
    PAC = "pac"
    """A PAC file decided."""


class ProxyRequest(Enum):
    """What a proxy was asked for."""

    TUNNEL = "tunnel"
    """CONNECT, or the SOCKS request of that name."""
    PAGE = "page"
    """A plain HTTP page, fetched by the proxy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyWay:
    """One way that a request can go: a proxy, or none."""

    kind: ProxyKind
    host: HostName | None = None
    """None where there is no proxy."""
    port: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxySetting:
    """What one source says; all None and False means direct."""

    source: ProxySource
    http: ProxyWay | None
    https: ProxyWay | None
    pac_url: Url | None
    auto_detect: bool | None
    """WPAD is switched on; None where the source cannot say."""
    exceptions: int
    """How many entries the list of exceptions has."""
    password_known: bool
    """A name and a password stand beside the proxy; they are not part of any fact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WpadName:
    """One name under which a PAC file is looked for."""

    name: HostName
    found: bool
    took_ms: Ms
    failure: Failure | None
    """What the lookup came to where nothing was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WpadSearch:
    """Looking for a PAC file that the network offers."""

    dhcp_url: Url | None
    """What DHCP said (option 252), as far as the system tells; None: nothing, or not told."""
    names: tuple[WpadName, ...]
    """`wpad` in each of this computer's search domains, in the order asked; the first that exists ends it."""
    took_ms: Ms


@dataclass(frozen=True, slots=True, kw_only=True)
class PacLookup:
    """One name that a PAC file asked for."""

    name: HostName
    took_ms: Ms
    failure: Failure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PacFile:
    """One proxy auto-configuration file: fetched, and evaluated for each web address."""

    url: Url
    from_wpad: bool
    status: int | None
    content_type: RemoteText | None
    size_bytes: Bytes | None
    fetch_ms: Ms | None
    evaluate_ms: Ms | None
    """For all web addresses together, the waiting for name lookups included."""
    lookups: tuple[PacLookup, ...]
    failure: Failure | None
    """Steps `pac_fetch` and `pac_evaluate`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TunnelAnswer:
    """What a proxy said to CONNECT (RFC 9110, section 9.3.6), or to the request for a page."""

    status: int
    answer_ms: Ms
    """From the request's first byte to the end of the answer's head."""
    schemes: tuple[ProxyScheme, ...]
    """What it offers with status 407, each once, its order kept; empty with other answers."""
    product: RemoteText | None
    """What the proxy calls itself (Via, Proxy-Agent, Server); host names in Via are left out."""
    error: RemoteText | None
    """Its own word for what went wrong (Proxy-Status of RFC 9209, X-Squid-Error)."""

    @property
    def opened(self) -> bool:
        """The tunnel is there."""
        return self.status in _SUCCESS


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyServer:
    """One proxy that was named, and whether it is there; failures at the steps `resolve` and `connect`."""

    way: ProxyWay
    addresses: int
    """How many addresses its name has; 1 where it was named by its address."""
    resolve_ms: Ms | None
    """None where it was named by its address."""
    connect_ms: Ms | None
    failure: Failure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyAttempt:
    """One web address asked for through one proxy; failures at the steps `connect`, `tls` and `tunnel`."""

    way: ProxyWay
    request: ProxyRequest
    answer: TunnelAnswer | None
    """Without telling who asks."""
    answer_with_password: TunnelAnswer | None
    """Asked again with the configured name and password, where the proxy wants them by the Basic scheme."""
    socks_reply: int | None
    """What a SOCKS proxy answered (RFC 1928, section 6: 0 is success)."""
    failure: Failure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyDecision:
    """Which way a web address goes, and whether it gets through."""

    url: Url
    reason: ProxyReason
    ways: tuple[ProxyWay, ...]
    """In order of preference; empty where the PAC file gave no answer for it."""
    attempts: tuple[ProxyAttempt, ...]
    """Through the proxies in that order, up to the first that answered; empty where the first way is direct."""

    @property
    def direct(self) -> bool:
        """No proxy is used."""
        return bool(self.ways) and self.ways[0].kind is ProxyKind.DIRECT


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyCheck:
    """The way through proxies, from the settings to the answers."""

    settings: tuple[ProxySetting, ...]
    """All sources that say something; the first one is what counts here."""
    wpad: WpadSearch | None
    """None where it is not switched on."""
    pac: tuple[PacFile, ...]
    """In the order tried; the last one decided if it has no failure."""
    servers: tuple[ProxyServer, ...]
    decisions: tuple[ProxyDecision, ...]
