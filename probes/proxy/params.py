"""Parameters of the proxy probe."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from nexkit.platform.system_proxy import endpoint_of
from nexkit.units import Seconds
from probes.exchange.hosts import check_port, wire_host

MAX_URLS = 16
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyParams:
    """The web addresses to decide for; settings other than the system's, to try them."""

    urls: tuple[str, ...]
    proxy: str | None = None
    """Such as `http://proxy.example.com:8080`, in place of the system's settings."""
    pac_url: str | None = None
    """In place of the system's settings."""
    auto_detect: bool | None = None
    """Whether to look for a PAC file by WPAD; None: as the settings say."""
    step_timeout_s: Seconds = Seconds(3.0)
    """For each lookup, connection, handshake and answer."""

    def __post_init__(self) -> None:
        if not 1 <= len(self.urls) <= MAX_URLS:
            raise ValueError(f"urls: 1 to {MAX_URLS} are needed")
        for url in self.urls:
            place_of(url)
        if self.proxy is not None and endpoint_of(self.proxy) is None:
            raise ValueError("proxy: must be an address such as http://proxy.example.com:8080")
        if self.pac_url is not None:
            place_of(self.pac_url)


def place_of(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of a web address; ValueError for anything else."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError(f"{url!r} is no web address")
    wire_host(parts.hostname)
    port = _PORTS[parts.scheme] if parts.port is None else parts.port
    check_port(port)
    return parts.scheme, parts.hostname, port
