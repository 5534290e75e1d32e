"""Facts of this computer itself: how busy it is, its power, its sleep, what stands between programs and the network.

A reading is taken at the beginning of a run and one at its end; `host_change` tells what lies between them.
"""

from dataclasses import dataclass
from enum import Enum

from nexkit.sensitivity import Open
from nexkit.units import Bytes, Ms, Ratio, Seconds


class PowerMode(Enum):
    """How the system weighs speed against power."""

    SAVING = "saving"
    NORMAL = "normal"
    PERFORMANCE = "performance"


class AgentKind(Enum):
    """What a product on this computer does to traffic."""

    VPN = "vpn"
    SECURITY = "security"
    """Protects this computer; may look into traffic or hold it up."""
    GATEWAY = "gateway"
    """Sends web traffic through a filter of the organisation or its provider."""


class SystemConnectivity(Enum):
    """What the system itself believes of the network: an observation, never evidence by itself."""

    NONE = "none"
    LOCAL = "local"
    """No internet."""
    PORTAL = "portal"
    """A sign-in page."""
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A known product whose program runs; of other programs nothing is kept."""

    product: Open
    """An id of `nexkit/data/host_agents.toml`."""
    kind: AgentKind


@dataclass(frozen=True, slots=True, kw_only=True)
class HostState:
    """The computer now. What the system does not tell is None."""

    uptime_s: Seconds | None
    """Since the system was started, sleep included."""
    cpu_count: int | None
    """Logical processors."""
    cpu_busy_s: Seconds | None
    """Of all processors together since the start."""
    cpu_idle_s: Seconds | None
    cpu_busy_ratio: Ratio | None
    """While this reading was taken, all processors together."""
    load_1min: float | None
    """Programs that run or wait, averaged over a minute; None on Windows."""
    memory_total_bytes: Bytes | None
    memory_available_bytes: Bytes | None
    swap_total_bytes: Bytes | None
    swap_used_bytes: Bytes | None
    swapped_bytes: Bytes | None
    """Moved to and from the disk since the start."""
    battery_ratio: Ratio | None
    """None without a battery."""
    on_battery: bool | None
    """None without a battery."""
    power_mode: PowerMode | None
    slept_s: Seconds | None
    """Asleep since the start."""
    woke_ago_s: Seconds | None
    """None where it has not slept since the start, or the system does not tell."""
    connectivity: SystemConnectivity | None
    connectivity_by: Open | None
    """`networkmanager`, `ncsi`, `captive_network_assistant`."""
    agents: tuple[Agent, ...] | None
    """None where the list of programs cannot be read."""
    own_answer_p50_ms: Ms | None = None
    """What a program on this computer waits for, beyond 10 ms of its own computing, until a datagram to itself over
    loopback is there: the median. Less than a ms where processors and memory are free. None: not measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostChange:
    """What happened between two readings; None where one of them does not know."""

    took_s: Seconds | None
    cpu_busy_ratio: Ratio | None
    """All processors together."""
    swapped_bytes: Bytes | None
    memory_available_bytes: Bytes | None
    """The lower of the two."""
    slept_s: Seconds | None
    connectivity_changed: bool | None
    appeared: tuple[Agent, ...]
    gone: tuple[Agent, ...]


def host_change(start: HostState, end: HostState) -> HostChange:
    """What lies between two readings of one computer; nothing is known across a restart."""
    took_s = _difference(start.uptime_s, end.uptime_s)
    busy_s = _difference(start.cpu_busy_s, end.cpu_busy_s)
    idle_s = _difference(start.cpu_idle_s, end.cpu_idle_s)
    swapped = _difference(start.swapped_bytes, end.swapped_bytes)
    slept_s = _difference(start.slept_s, end.slept_s)
    available = [state.memory_available_bytes for state in (start, end) if state.memory_available_bytes is not None]
    before, after = set(start.agents or ()), set(end.agents or ())
    both_known = start.agents is not None and end.agents is not None
    return HostChange(
        took_s=None if took_s is None else Seconds(took_s),
        cpu_busy_ratio=busy_ratio(busy_s, idle_s),
        swapped_bytes=None if swapped is None else Bytes(round(swapped)),
        memory_available_bytes=min(available, default=None),
        slept_s=None if slept_s is None else Seconds(slept_s),
        connectivity_changed=(
            None if None in (start.connectivity, end.connectivity) else start.connectivity is not end.connectivity
        ),
        appeared=tuple(agent for agent in end.agents or () if agent not in before) if both_known else (),
        gone=tuple(agent for agent in start.agents or () if agent not in after) if both_known else (),
    )


def busy_ratio(busy_s: float | None, idle_s: float | None) -> Ratio | None:
    """The busy share of a time; None for no time at all."""
    if busy_s is None or idle_s is None or busy_s + idle_s <= 0:
        return None
    return Ratio(min(1.0, max(0.0, busy_s / (busy_s + idle_s))))


def _difference(start: float | None, end: float | None) -> float | None:
    """How much a counter rose; None where one is not known, or it was reset."""
    return None if start is None or end is None or end < start else end - start
