"""How much a run spends: its depth, steered by the symptom and within the time limit; and the limits of it all."""

from dataclasses import dataclass, replace

from nexkit.request import Depth, Request, Symptom
from nexkit.units import Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much a run spends; the times are what the user is promised."""

    stage_s: Seconds
    """Deadline of a step."""
    follow_up_s: Seconds
    """The same of a follow-up."""
    step_s: Seconds
    """Deadline of one connect, handshake or answer."""
    gateway_echoes: int
    anchor_echoes: int
    tunnel_echoes: int
    """To the resolvers behind the VPN."""
    route_rounds: int
    deep: bool
    """Ask resolvers and web servers for more than the ladder needs."""
    sizes: bool
    """Try sizes also where no transfer hangs."""
    stretches: bool = False
    """Look at the way by stretches from the beginning, and not only where the first echoes are bad."""
    hosts: bool = False
    """Look at the host of the service that was asked for by all means, and not only where it fails."""
    stream_s: Seconds
    """Length of the voice-like stream; 0: none."""
    call_s: Seconds
    """The same where calls are what is wrong."""

    @property
    def answer_s(self) -> Seconds:
        """Deadline of one answer to a question that is asked again within it."""
        return Seconds(self.step_s * 0.8)


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
    tunnel_echoes=10,
    route_rounds=3,
    deep=False,
    sizes=False,
    stream_s=Seconds(0.0),
    call_s=Seconds(4.0),
)
STANDARD = Effort(
    stage_s=Seconds(13.0),
    follow_up_s=Seconds(7.0),
    step_s=Seconds(4.0),
    gateway_echoes=120,
    anchor_echoes=60,
    tunnel_echoes=10,
    route_rounds=5,
    deep=True,
    sizes=True,
    stream_s=Seconds(4.0),
    call_s=Seconds(10.0),
)
LONGER = 1.5
"""So many times the echoes where the line comes and goes."""
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
SETTLED_S = Seconds(2.0)
"""So long echoes go where nothing is lost: twenty round trips tell a delay as well as fifty."""
SPIKE_MS = 50.0
"""A router that answers later than this now and then is asked for longer (W365ConnectivityTool: fails above 50 ms)."""
MAX_SIZED = 2
"""So many anchors of a family get packets of all sizes."""


REPLY_S = 1.0
"""So long an echo waits for its reply."""
ENDS_S = 1.3
"""Of a time limit, for reading this computer before and after."""
LADDER_SHARE = 0.6
"""Of the rest; the follow-ups get what is left."""
LEAST_ECHOES = 4


def effort_of(request: Request) -> Effort:
    """What a step of the ladder spends."""
    effort = QUICK if request.depth is Depth.QUICK else STANDARD
    if request.depth is Depth.FULL:
        effort = replace(effort, stream_s=effort.call_s)
    return _within(_for(request.symptom, effort), request.time_limit_s)


def follow_up_effort_of(request: Request) -> Effort:
    """The same for a follow-up."""
    effort = effort_of(request)
    return replace(effort, stage_s=effort.follow_up_s)


def _for(symptom: Symptom, effort: Effort) -> Effort:
    """Where the time goes: to what the symptom makes likely."""
    match symptom:
        case Symptom.NO_INTERNET:
            # What is gone is seen at once: a few echoes, and nothing that tells how good a line is.
            return replace(
                effort,
                gateway_echoes=QUICK.gateway_echoes,
                anchor_echoes=QUICK.anchor_echoes,
                sizes=False,
                stream_s=Seconds(0.0),
            )
        case Symptom.SLOW:
            return replace(effort, stretches=True, sizes=True)
        case Symptom.UNSTABLE:
            return replace(_longer(effort), stretches=True)
        case Symptom.CALLS:
            return replace(_longer(effort), stretches=True, stream_s=effort.call_s)
        case Symptom.ONE_SERVICE:
            return replace(effort, hosts=True, sizes=True, stream_s=Seconds(0.0))
        case Symptom.VPN:
            return replace(effort, sizes=True, tunnel_echoes=effort.anchor_echoes, stream_s=Seconds(0.0))
        case Symptom.CHECK_UP:
            return effort


def _longer(effort: Effort) -> Effort:
    return replace(
        effort,
        gateway_echoes=int(effort.gateway_echoes * LONGER),
        anchor_echoes=int(effort.anchor_echoes * LONGER),
    )


def _within(effort: Effort, limit_s: Seconds | None) -> Effort:
    """The effort cut to a time limit, so that steps end by themselves and tell what they saw, and are not cut off."""
    usable_s = None if limit_s is None else max(limit_s - ENDS_S, 0.0)
    if usable_s is None or usable_s >= effort.stage_s + effort.follow_up_s:
        return effort
    stage_s = min(effort.stage_s, usable_s * LADDER_SHARE)
    sending_s = stage_s - MARGIN_S - REPLY_S

    def echoes(count: int, interval_s: float) -> int:
        return max(LEAST_ECHOES, min(count, int(sending_s / interval_s)))

    return replace(
        effort,
        stage_s=Seconds(stage_s),
        follow_up_s=Seconds(usable_s - stage_s),
        step_s=Seconds(min(effort.step_s, (stage_s - MARGIN_S) / 2)),
        gateway_echoes=echoes(effort.gateway_echoes, ROUTER_INTERVAL_S),
        anchor_echoes=echoes(effort.anchor_echoes, ANCHOR_INTERVAL_S),
        tunnel_echoes=echoes(effort.tunnel_echoes, ANCHOR_INTERVAL_S),
        route_rounds=QUICK.route_rounds,
        # A stream whose replies are not waited for tells of losses that are none.
        stream_s=Seconds(min(effort.stream_s, stage_s / 2)) if stage_s >= QUICK.stage_s else Seconds(0.0),
    )
