"""Facts of reaching a service: every address by itself, every step timed."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from nexkit.facts.proxy import ProxyScheme, TunnelAnswer
from nexkit.outcome import Failure
from nexkit.sensitivity import CertificateSubject, HostName, IpAddress, Open, RemoteText
from nexkit.units import Ms


class ReachLayer(Enum):
    """How far a reach goes."""

    TCP = "tcp"
    TLS = "tls"
    HTTP = "http"
    HTTPS = "https"


class TrustProblem(Enum):
    """Why a certificate is not trusted, by the verifier's code."""

    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    WRONG_NAME = "wrong_name"
    SELF_SIGNED = "self_signed"
    UNKNOWN_ISSUER = "unknown_issuer"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The server's own certificate (RFC 5280)."""

    subject: CertificateSubject
    issuer: RemoteText
    issuer_organisation: RemoteText | None
    names: tuple[HostName, ...]
    not_before_at: datetime
    not_after_at: datetime
    sha256: Open


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainCertificate:
    """One certificate of a chain."""

    subject: CertificateSubject
    issuer: RemoteText
    not_after_at: datetime
    sha256: Open


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsResult:
    """A finished handshake, checked against the trust store of this system."""

    version: Open
    cipher: Open
    handshake_ms: Ms
    """How long the other side was waited for; what this computer calculates (keys, checks) is left out."""
    trusted: bool
    problem: TrustProblem | None
    certificate: Certificate | None
    name_matches: bool | None = None
    """The certificate is for this host (RFC 9525), whoever issued it; None where it cannot be read."""
    publicly_trusted: bool | None = None
    """Mozilla's list of public authorities leads to a trusted certificate too, strictly by RFC 5280; None: not asked.

    Trusted by this system and not publicly is the mark of an organisation's own authority: one that inspects TLS, or
    the service's own.
    """
    public_problem: TrustProblem | None = None
    chain: tuple[ChainCertificate, ...] = ()
    """As sent, the server's own first; cut off, and without what cannot be read."""
    chain_length: int | None = None
    """How many certificates were sent."""
    alpn_offered: tuple[Open, ...] = ()
    """Protocols that this side offered (RFC 7301); empty in reports of before."""
    alpn: RemoteText | None = None
    """What the other side chose of them; None: nothing."""


class BlockMark(Enum):
    """What on a page looks like the word of a filter; the service's own pages may look so too."""

    TITLE = "title"
    """Its title speaks of blocking, of a filter or of a policy."""
    TEXT = "text"
    """Its text is that of a filter product's page."""
    REDIRECT = "redirect"
    """It sends to another host, whose name speaks of blocking or filtering."""
    SERVER = "server"
    """The Server header is a filter product's."""
    LEGAL = "legal"
    """Status 451: unavailable for legal reasons (RFC 7725)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResult:
    """A finished HTTP exchange; of the body 64 KiB are read at most (HTTP/2 and HTTP/3: 8 KiB), and none is kept.

    Times run from the request's first byte.
    """

    status: int
    first_byte_ms: Ms
    total_ms: Ms
    redirect_host: HostName | None
    server: RemoteText | None
    http3_offered: bool | None = None
    """The answer says that the service can be had over HTTP/3 too (Alt-Svc, RFC 7838)."""
    block_marks: tuple[BlockMark, ...] = ()
    """In the order of the enumeration; empty too in reports of before."""
    challenged: bool = False
    """In place of the page came a task for a browser or its user, to keep programs out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Http2Reach:
    """The same address once more, over a connection of its own that offers HTTP/2 before HTTP/1.1 (RFC 9113)."""

    connect_ms: Ms | None
    handshake_ms: Ms | None
    alpn: RemoteText | None
    """What the other side chose; another thing than `h2` ends the attempt without a failure."""
    http: HttpResult | None
    failure: Failure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuicReach:
    """The same address and port number over UDP: QUIC (RFC 9000) and HTTP/3 (RFC 9114)."""

    version: Open | None
    """`QUICv1`, `QUICv2`; None where no handshake was finished."""
    handshake_ms: Ms | None
    """How long the other side was waited for, up to the datagram that completes the handshake."""
    trusted: bool | None
    """By the trust store of this system; nothing is asked of a server that is not."""
    problem: TrustProblem | None
    certificate: Certificate | None
    http: HttpResult | None
    failure: Failure | None
    """Step `quic` with a time-out: no datagram came back. That is so where no HTTP/3 is offered, and where UDP is
    blocked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachAttempt:
    """One address; the steps up to the failure, if one is named, have succeeded."""

    address: IpAddress
    connect_ms: Ms | None
    tls: TlsResult | None
    http: HttpResult | None
    failure: Failure | None
    failed_after_ms: Ms | None = None
    """How long the step that failed took until then: a quick no costs nobody anything, silence does."""
    http2: Http2Reach | None = None
    """None: not tried."""
    quic: QuicReach | None = None
    """None: not tried."""

    @property
    def total_ms(self) -> Ms | None:
        """From connecting to the end of the last step; None where a step failed or the certificate is not trusted."""
        if self.failure is not None or self.connect_ms is None or (self.tls is not None and not self.tls.trusted):
            return None
        handshake_ms = self.tls.handshake_ms if self.tls is not None else 0.0
        return Ms(self.connect_ms + handshake_ms + (self.http.total_ms if self.http is not None else 0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyLookup:
    """The system's lookup of the addresses of one family."""

    took_ms: Ms
    failure: Failure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserChoice:
    """What a browser would have come to with these addresses: Happy Eyeballs (RFC 8305).

    Worked out from the measured times of all lookups and connections, with the delays that the RFC recommends; no
    connections are made for it.
    """

    lookup4: FamilyLookup | None
    """None where the target was an address."""
    lookup6: FamilyLookup | None
    order: tuple[IpAddress, ...]
    """In which the addresses would be tried: by RFC 6724 as the system sorts, families in turn."""
    tried: int
    """How many of them were begun before one answered, or before the last one failed."""
    chosen: IpAddress | None
    """Who answered first; None: nobody."""
    connected_ms: Ms | None
    """From the lookups' begin to the first answer."""
    lookup_wait_ms: Ms | None
    """How long addresses were there and nothing was begun, because the IPv6 ones were waited for (at most 50 ms)."""
    fallback_ms: Ms | None
    """How long addresses that did not answer held up the chosen one; 0 where the first one was chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyReach:
    """The same target through a proxy, which looks the name up itself."""

    proxy: HostName
    proxy_port: int
    address: IpAddress | None
    """Of the proxy, the first that accepted; None: none did."""
    resolve_ms: Ms | None
    """The lookup of the proxy's name; None where it is given by address."""
    connect_ms: Ms | None
    tunnel: TunnelAnswer | None
    """What it said to CONNECT; None where plain HTTP is asked of it without a tunnel."""
    tls: TlsResult | None
    http: HttpResult | None
    schemes: tuple[ProxyScheme, ...] = ()
    """How it wants to be told who asks, where its answer to plain HTTP is 407."""
    failure: Failure | None
    """Steps `proxy_resolve`, `proxy_connect`, `tunnel`, then those of the target. A tunnel that was refused is an
    answer, not a failure."""
    failed_after_ms: Ms | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """All addresses of one host and port, both families."""

    host: HostName
    port: int
    layer: ReachLayer
    expected_status: tuple[int, ...]
    """What the profile calls a good answer; empty: anything below 500."""
    resolve_ms: Ms | None
    """None where the target was an address."""
    resolve_failure: Failure | None
    attempts: tuple[ReachAttempt, ...]
    browser: BrowserChoice | None = None
    """None: not asked, or nothing was found to try."""
    through_proxy: ProxyReach | None = None
    """None: not tried."""
