"""Facts about the way through proxies: what the system has configured, what a PAC file decides, what proxies answer."""

from dataclasses import dataclass
from enum import Enum

from nexkit.sensitivity import RemoteText
from nexkit.units import Ms

_SUCCESS = range(200, 300)


class ProxyScheme(Enum):
    """How a proxy wants to be told who asks (the registry of RFC 9110, section 16.4.1, as far as proxies use it)."""

    BASIC = "basic"
    DIGEST = "digest"
    NTLM = "ntlm"
    NEGOTIATE = "negotiate"
    BEARER = "bearer"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class TunnelAnswer:
    """What a proxy said to CONNECT (RFC 9110, section 9.3.6)."""

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
