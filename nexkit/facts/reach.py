"""Facts of reaching a service: every address by itself, every step timed."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from nexkit.outcome import Failure
from nexkit.sensitivity import HostName, IpAddress, Open, RemoteText
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

    subject: RemoteText
    issuer: RemoteText
    issuer_organisation: RemoteText | None
    names: tuple[HostName, ...]
    not_before_at: datetime
    not_after_at: datetime
    sha256: Open


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsResult:
    """A finished handshake, checked against the trust store of this system."""

    version: Open
    cipher: Open
    handshake_ms: Ms
    trusted: bool
    problem: TrustProblem | None
    certificate: Certificate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResult:
    """A finished HTTP exchange; at most 64 KiB of the body are read and none is kept."""

    status: int
    first_byte_ms: Ms
    total_ms: Ms
    redirect_host: HostName | None
    server: RemoteText | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachAttempt:
    """One address; the steps up to the failure, if one is named, have succeeded."""

    address: IpAddress
    connect_ms: Ms | None
    tls: TlsResult | None
    http: HttpResult | None
    failure: Failure | None


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
