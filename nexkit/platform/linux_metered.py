"""Whether Linux counts this connection's data: NetworkManager's word for the primary connection, over D-Bus."""

import contextlib
import sys

from nexkit.platform.parse_busctl import parse_metered
from nexkit.platform.sockets import SocketPlatform
from nexkit.units import Seconds

assert sys.platform == "linux"  # noqa: S101  tells the type checker which system this file is for

BUSCTL = (
    "/usr/bin/busctl",
    "--system",
    "--auto-start=no",
    "get-property",
    "org.freedesktop.NetworkManager",
    "/org/freedesktop/NetworkManager",
    "org.freedesktop.NetworkManager",
    "Metered",
)
_TIMEOUT_S = Seconds(1.0)
_MAX_BYTES = 10_000


async def read_metered(platform: SocketPlatform) -> bool | None:
    """None without NetworkManager, or where it does not know."""
    with contextlib.suppress(OSError):
        shown = await platform.run_program(BUSCTL, timeout_s=_TIMEOUT_S, max_output_bytes=_MAX_BYTES)
        if shown.exit_status == 0:
            return parse_metered(shown.stdout.decode("ascii", "replace"))
    return None
