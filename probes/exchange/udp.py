"""One datagram and its answer, booked with all that came for it."""

from collections.abc import Callable

from nexkit.platform.api import UdpReply
from nexkit.probe import ProbeContext
from nexkit.units import Seconds
from probes.exchange.traffic import icmp_error_bytes, udp_bytes


async def ask_udp(
    ctx: ProbeContext, address: str, port: int, payload: bytes, *, timeout_s: Seconds, accept: Callable[[bytes], bool]
) -> UdpReply:
    """As `Platform.exchange_udp`, whose errors are raised; BudgetExceededError.

    Also what `accept` does not take is booked, so that a flood of it ends the waiting.
    """

    def booked(reply: bytes) -> bool:
        ctx.spend(udp_bytes(len(reply)))
        return accept(reply)

    ctx.spend(udp_bytes(len(payload)))
    try:
        return await ctx.platform.exchange_udp(address, port, payload, timeout_s=timeout_s, accept=booked)
    except TimeoutError:
        raise
    except OSError:
        ctx.spend(icmp_error_bytes(len(payload)))
        raise
