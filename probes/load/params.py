"""Parameters of the load test."""

import re
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from nexkit.address import is_address
from nexkit.facts.load import LoadBackend
from nexkit.kit_limits import DEFAULT_LOAD_BYTES, MAX_LOAD_BYTES
from nexkit.params import Between, check_limits
from nexkit.units import BitPerSecond, Bytes, Seconds

MAX_DIRECTION_S = 12.0
MAX_CONNECTIONS = 32
PLACEHOLDER = "{bytes}"
LOCATE_URL = "https://locate.measurementlab.net/v2/nearest/ndt/ndt7"
"""M-Lab's service that names servers near by (github.com/m-lab/locate)."""
_PATH = re.compile(r"[!-~]+")
"""What may stand in a request line: visible ASCII (RFC 9112 section 3.2)."""
_HOST_PORT = re.compile(r"(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?\Z")
_MAX_PORT = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadParams:
    """Whom to load, how long and with how much; ValueError for what the kit does not do."""

    backend: LoadBackend = LoadBackend.HTTP
    server: str = ""
    """Base address of the HTTP and LibreSpeed back ends (`https://speed.example.com/`) and of an NDT7 server; none:
    M-Lab's service names one. `host` or `host:port` of an iperf3 server."""
    download: str = ""
    """Below the base address of the HTTP back ends; none: `download?bytes={bytes}`, or `garbage.php` of LibreSpeed.
    `{bytes}` becomes the number of bytes asked for."""
    upload: str = ""
    """None: `upload`, or `empty.php`."""
    max_bytes: Annotated[Bytes, Between(1, MAX_LOAD_BYTES)] = Bytes(DEFAULT_LOAD_BYTES)
    """Payload of both directions together, never exceeded; the download takes at most half of it."""
    direction_s: Annotated[Seconds, Between(0, MAX_DIRECTION_S, above=True)] = Seconds(10.0)
    """How long each direction lasts at most, without the making of its connections; a line that is steady at once
    takes three seconds."""
    connections: Annotated[int, Between(1, MAX_CONNECTIONS)] = MAX_CONNECTIONS
    """At most: one begins, others join as long as the goodput rises by them."""
    echo_target: str | None = None
    """Whose round trips are timed; None: the load server's."""
    gateway_target: str | None = None
    """The gateway's address: its round trips are timed as well."""
    provider_target: str | None = None
    """The address of the first router behind the gateway, likewise."""
    expected_down_bit_s: BitPerSecond | None = None
    expected_up_bit_s: BitPerSecond | None = None
    locate: str = LOCATE_URL
    """Where NDT7 asks for a server when none is given."""

    def __post_init__(self) -> None:
        check_limits(self)
        for name in ("gateway_target", "provider_target", "echo_target"):
            target = getattr(self, name)
            if target is not None and not is_address(target):
                raise ValueError(f"{name}: {target!r} is not an address")
        self._check_server()

    def _check_server(self) -> None:
        match self.backend:
            case LoadBackend.HTTP | LoadBackend.LIBRESPEED:
                self._check_base_address()
                paths = (self.url.path + self.download_path, self.url.path + self.upload_path)
                if not all(_PATH.fullmatch(path) for path in paths):
                    raise ValueError("download and upload must be paths of visible ASCII characters")
            case LoadBackend.NDT7 if self.server:
                self._check_base_address()
            case LoadBackend.NDT7:
                url = urlsplit(self.locate)
                if url.scheme not in {"http", "https"} or not url.hostname or not _PATH.fullmatch(self.locate):
                    raise ValueError(f"locate: {self.locate!r} is not a web address")
            case LoadBackend.IPERF3:
                _ = self.host_port

    def _check_base_address(self) -> None:
        url = self.url  # a wrong port raises here
        plain = _PATH.fullmatch(url.netloc) and not (url.username or url.query or url.fragment)
        if url.scheme not in {"http", "https"} or not url.hostname or not plain:
            raise ValueError(f"server: {self.server!r} is not a base address such as https://speed.example.com/")

    @property
    def url(self) -> SplitResult:
        """The parts of the base address."""
        url = urlsplit(self.server)
        _ = url.port
        return url

    @property
    def download_path(self) -> str:
        """Below the base address, as the back end has it."""
        return self.download or ("garbage.php" if self.backend is LoadBackend.LIBRESPEED else "download?bytes={bytes}")

    @property
    def upload_path(self) -> str:
        """Below the base address, as the back end has it."""
        return self.upload or ("empty.php" if self.backend is LoadBackend.LIBRESPEED else "upload")

    @property
    def host_port(self) -> tuple[str, int | None]:
        """Of an iperf3 server; ValueError for anything else."""
        parts = _HOST_PORT.match(self.server)
        port = int(parts["port"]) if parts and parts["port"] else None
        if parts is None or parts["host"].startswith("-") or not (port is None or 0 < port <= _MAX_PORT):
            raise ValueError(f"server: {self.server!r} is not a host such as speed.example.com:5201")
        return parts["host"].strip("[]"), port
