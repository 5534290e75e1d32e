"""Whether an error of sending means that the system keeps this program from its own network (macOS 15 and later).

The denial looks like a host that is not there. So the system is asked whenever that error comes, and never the network
blamed for it. Where the system does not say, the neighbour table does: who is not there has no hardware address.
"""

import errno
import time
from collections.abc import Awaitable, Callable

from nexkit.failures import NotPermittedError
from nexkit.platform.threads import in_daemon_thread

_KEPT_S = 5.0
"""For so long an answer counts: many packets fail at once, and the user may change the setting meanwhile."""


class LocalNetwork:
    """Tells a denial from a host that is not there."""

    def __init__(self, is_denied: Callable[[str], bool | None], is_there: Callable[[str], Awaitable[bool]]) -> None:
        """`is_denied`: what the system says (blocking); `is_there`: an address on the link whose hardware is known."""
        self._is_denied = is_denied
        self._is_there = is_there
        self._known: dict[str, tuple[float, bool]] = {}

    async def keeps_from(self, address: str) -> bool:
        """Whether packets to an address are kept back, now or a moment ago."""
        at_s, denied = self._known.get(address, (0.0, False))
        if address in self._known and time.monotonic() - at_s < _KEPT_S:
            return denied
        said = await in_daemon_thread(self._is_denied, address)
        denied = await self._is_there(address) if said is None else said
        self._known[address] = time.monotonic(), denied
        return denied

    async def raise_if_denied(self, error: OSError, address: str) -> None:
        """NotPermittedError where an error of sending to an address was a denial."""
        if error.errno == errno.EHOSTUNREACH and await self.keeps_from(address):
            raise NotPermittedError(errno.EPERM, "no permission for the local network") from error
