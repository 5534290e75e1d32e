"""How much a depth spends, and the limits that no profile can raise."""

from dataclasses import dataclass, replace

from nexkit.request import Depth, Request
from nexkit.units import Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much a depth spends; the times are what the user is promised."""

    stage_s: Seconds
    """Deadline of a step."""
    follow_up_s: Seconds
    """The same in the stage of follow-ups."""
    step_s: Seconds
    """Deadline of one connect, handshake or answer."""
    gateway_echoes: int
    anchor_echoes: int
    route_rounds: int
    deep: bool
    """Ask resolvers and web servers for more than the ladder needs."""
    stream_s: Seconds
    """Length of the voice-like stream; 0: none."""
    call_s: Seconds
    """The same where calls are what is wrong."""


ROUTER_INTERVAL_S = Seconds(0.05)
"""To the nearest routers: one's own, and the provider's first."""
ANCHOR_INTERVAL_S = Seconds(0.1)
"""Ten small packets a second disturb nobody's server."""
QUICK = Effort(
    stage_s=Seconds(7.5),
    follow_up_s=Seconds(4.0),
    step_s=Seconds(2.5),
    gateway_echoes=40,
    anchor_echoes=20,
    route_rounds=3,
    deep=False,
    stream_s=Seconds(0.0),
    call_s=Seconds(4.0),
)
STANDARD = Effort(
    stage_s=Seconds(13.0),
    follow_up_s=Seconds(7.0),
    step_s=Seconds(4.0),
    gateway_echoes=120,
    anchor_echoes=60,
    route_rounds=5,
    deep=True,
    stream_s=Seconds(4.0),
    call_s=Seconds(10.0),
)
MARGIN_S = 0.3
"""Between a probe's own end and the deadline at which the runner drops it with all it has measured."""
LOAD_DIRECTION_S = Seconds(10.0)
"""At most; a line that is steady at once takes three seconds."""
LOAD_CONNECTIONS = 32
LOAD_TIMEOUT_S = Seconds(35.0)
MAX_RESOLVERS = 4
MAX_COMPARISONS = 2
MAX_ANCHORS = 6
MAX_CONTROLS = 3
MAX_CHECKS = 3
MAX_SUFFIXES = 3
MAX_ADDRESSES = 4
"""Of one service."""
MAX_WAYS = 64
"""So many targets the system's routing is asked about, as the link probe has it."""
FIRST_HOPS = 4
"""Near enough to tell of the access line."""
MAX_AGAIN = 6
"""Connections that came to nothing are tried once more, and few of them: where ports are short, each costs one."""
REPEATED_MS = 1000.0
"""A connection that took longer was opened by a repeated SYN (RFC 6298 section 2: 1 s)."""
MAX_CARRIER = 2
"""Targets inside the carrier's network that are pinged where the line is bad."""
MAX_OTHERS = 8
"""Addresses of sites and services that are pinged where some anchors are bad."""
SLOW_MS = 100.0
"""Above this the way to an anchor is looked at by stretches (Microsoft Teams, network requirements: below 100 ms)."""
SPIKE_MS = 50.0
"""A router that answers later than this now and then is asked for longer (W365ConnectivityTool: fails above 50 ms)."""
MAX_SIZED = 2
"""So many anchors of a family get packets of all sizes."""


def effort_of(request: Request) -> Effort:
    """What the request's depth spends."""
    return QUICK if request.depth is Depth.QUICK else STANDARD


def follow_up_effort_of(request: Request) -> Effort:
    """The same for a follow-up."""
    effort = effort_of(request)
    return replace(effort, stage_s=effort.follow_up_s)
