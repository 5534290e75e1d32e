"""What the system lets the kit measure by ICMP, found by asking this computer itself."""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from nexkit.address import Family
from nexkit.platform.api import Capability, CapabilityState, EchoSession, TraceSession
from nexkit.units import Seconds

_LOOPBACK = {Family.IPV4: "127.0.0.1", Family.IPV6: "::1"}
_TIMEOUT_S = Seconds(0.5)


class _Pinger(Protocol):
    """The part of a platform that is tried."""

    def open_echo(self, family: Family) -> AbstractAsyncContextManager[EchoSession]: ...

    def open_trace(self, target: str) -> AbstractAsyncContextManager[TraceSession]: ...


async def icmp_capabilities(platform: _Pinger) -> tuple[Capability, ...]:
    """Echo requests and path discovery, over both families."""
    return tuple(
        await asyncio.gather(
            _echo_capability("icmp4", platform, Family.IPV4),
            _echo_capability("icmp6", platform, Family.IPV6),
            _trace_capability("trace4", platform, Family.IPV4),
            _trace_capability("trace6", platform, Family.IPV6),
        )
    )


async def _echo_capability(capability: str, platform: _Pinger, family: Family) -> Capability:
    """Echo requests; LIMITED where round trips can only be taken from TCP connects."""
    try:
        async with platform.open_echo(family) as session:
            reply = await session.echo(_LOOPBACK[family], timeout_s=_TIMEOUT_S)
    except PermissionError:
        return Capability(id=capability, state=CapabilityState.LIMITED, reason="refused")
    except OSError:
        return Capability(id=capability, state=CapabilityState.MISSING, reason="no_family")
    return _answered(capability, reply.rtt_ms is not None)


async def _trace_capability(capability: str, platform: _Pinger, family: Family) -> Capability:
    """Path discovery."""
    try:
        async with platform.open_trace(_LOOPBACK[family]) as session:
            reply = await session.probe(1, timeout_s=_TIMEOUT_S)
    except PermissionError:
        return Capability(id=capability, state=CapabilityState.REFUSED, reason="refused")
    except OSError:
        return Capability(id=capability, state=CapabilityState.MISSING, reason="no_family")
    return _answered(capability, reply.reached)


def _answered(capability: str, answered: bool) -> Capability:
    if answered:
        return Capability(id=capability, state=CapabilityState.AVAILABLE)
    return Capability(id=capability, state=CapabilityState.REFUSED, reason="no_answer")
