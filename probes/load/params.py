"""Parameters of the load test."""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from nexkit.facts.load import LoadBackend
from nexkit.profile import MAX_LOAD_BYTES
from nexkit.units import BitPerSecond, Bytes, Seconds

MAX_DIRECTION_S = 8.0
MAX_CONNECTIONS = 16
_PATH = re.compile(r"[!-~]+")
"""What may stand in a request line: visible ASCII (RFC 9112 section 3.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadParams:
    """Whom to load, how long and with how much; ValueError for what the kit does not do."""

    backend: LoadBackend = LoadBackend.HTTP
    server: str = ""
    """Base address of the HTTP backend: `https://speed.example.com/`."""
    download: str = "download?bytes={bytes}"
    """Below the base address; `{bytes}` becomes the number of bytes asked for."""
    upload: str = "upload"
    max_bytes: Bytes = Bytes(MAX_LOAD_BYTES)
    """Payload of both directions together, never exceeded; the download takes at most half of it."""
    direction_s: Seconds = Seconds(5.0)
    """How long each direction lasts at most, without the making of its connections."""
    connections: int = 8
    """Several: one flow alone measures the loss of the path, and fills a deep queue only slowly."""
    echo_target: str | None = None
    """Whose round trips are timed; None: the load server's."""
    expected_down_bit_s: BitPerSecond | None = None
    expected_up_bit_s: BitPerSecond | None = None

    def __post_init__(self) -> None:
        if not 0 < self.direction_s <= MAX_DIRECTION_S:
            raise ValueError(f"direction_s must be above 0 and at most {MAX_DIRECTION_S:g}")
        if not 1 <= self.connections <= MAX_CONNECTIONS:
            raise ValueError(f"connections must be 1 to {MAX_CONNECTIONS}")
        if not 0 < self.max_bytes <= MAX_LOAD_BYTES:
            raise ValueError(f"max_bytes must be above 0 and at most {MAX_LOAD_BYTES}")
        if self.backend is LoadBackend.HTTP:
            url = self.url  # a wrong port raises here
            plain = _PATH.fullmatch(url.netloc) and not (url.username or url.query or url.fragment)
            if url.scheme not in {"http", "https"} or not url.hostname or not plain:
                raise ValueError(f"server: {self.server!r} is not a base address such as https://speed.example.com/")
            if not _PATH.fullmatch(url.path + self.download) or not _PATH.fullmatch(url.path + self.upload):
                raise ValueError("download and upload must be paths of visible ASCII characters")

    @property
    def url(self) -> SplitResult:
        """The parts of the base address."""
        url = urlsplit(self.server)
        _ = url.port
        return url
