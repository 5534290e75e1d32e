"""What a load test says of queues: in which direction the delay rises most, and on which side of the gateway."""

from dataclasses import dataclass

from nexkit.diagnosis.limits import Limits
from nexkit.facts.echo import EchoStats
from nexkit.facts.load import LoadTest
from nexkit.units import Ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """The delay that load adds in one direction."""

    direction: str
    """`down` or `up`."""
    added_ms: Ms
    working_ms: Ms
    by_median: bool
    """False: by the 95th percentile, where the medians stay close."""
    gateway: EchoStats | None
    """Round trips to the gateway meanwhile, where they rise as those to the internet do: it queues before it."""


def deepest_queue(test: LoadTest, limits: Limits) -> Queue | None:
    """The direction in which load adds most; None without enough replies, idle or under load."""
    found = [
        Queue(
            direction=name,
            added_ms=added[0],
            working_ms=added[1],
            by_median=added[2],
            gateway=_rising(added[0], test.idle_gateway, direction.working_gateway, limits),
        )
        for name, direction in (("down", test.down), ("up", test.up))
        if direction is not None and (added := _added_ms(test.idle, direction.working, limits)) is not None
    ]
    return max(found, key=lambda queue: queue.added_ms, default=None)


def _rising(added_ms: Ms, idle: EchoStats | None, working: EchoStats | None, limits: Limits) -> EchoStats | None:
    """The gateway's round trips under load, where most of what the load adds is there already.

    A gateway that is merely busy forwarding answers late by something of its own; what it adds to the whole decides.
    """
    nearer = _added_ms(idle, working, limits)
    if nearer is None or nearer[0] < limits.working_rtt_added_ms or nearer[0] < added_ms * limits.same_delay_ratio:
        return None
    return working


def _added_ms(idle: EchoStats | None, working: EchoStats | None, limits: Limits) -> tuple[Ms, Ms, bool] | None:
    """(added, working latency, by the median) to one target; None without enough replies."""
    if idle is None or idle.rtt_p50_ms is None or working is None or working.rtt_p50_ms is None:
        return None
    if working.received < limits.min_replies:
        return None
    by_median = Ms(working.rtt_p50_ms - idle.rtt_p50_ms)
    if by_median >= limits.working_rtt_added_ms or idle.rtt_p95_ms is None or working.rtt_p95_ms is None:
        return by_median, working.rtt_p50_ms, True
    return Ms(working.rtt_p95_ms - idle.rtt_p95_ms), working.rtt_p95_ms, False
