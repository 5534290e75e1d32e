"""LAN probe: signs of life of the gateway besides ICMP: its ARP or ND entry (RFC 826, RFC 4861) and its TCP ports."""

import asyncio
from dataclasses import dataclass
from typing import ClassVar

from nexkit.address import is_address, with_zone
from nexkit.consent import Consent
from nexkit.facts.network import GatewayReach, TcpAnswer
from nexkit.failures import classify
from nexkit.outcome import Completed, Failed, Outcome
from nexkit.platform.api import Neighbour
from nexkit.probe import ProbeContext, ProbeSpec
from nexkit.units import Bytes, Ratio, Seconds
from probes.exchange.hosts import check_port
from probes.exchange.traffic import TCP_CONNECTION_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class LanParams:
    """The gateway, and the ports on which routers often answer, if only by a refusal."""

    gateway: str
    interface: str
    tcp_ports: tuple[int, ...] = (53, 80, 443)
    timeout_s: Seconds = Seconds(2.0)

    def __post_init__(self) -> None:
        if not is_address(self.gateway):
            raise ValueError(f"gateway: {self.gateway!r} is no address")
        for port in self.tcp_ports:
            check_port(port)


class LanProbe:
    """Connect to the gateway's ports at once, which makes the system ask for its hardware address; see who answers.

    Silence is a result. The neighbour entry is read after the connects, so that it tells of now.
    """

    spec: ClassVar = ProbeSpec(
        id="lan",
        version=1,
        consent=Consent.ACTIVE_TRAFFIC,
        params=LanParams,
        fact=GatewayReach,
        timeout_s=Seconds(10),
        max_bytes=Bytes(10 * TCP_CONNECTION_BYTES),
        needs=("neighbours",),
    )

    async def run(self, params: LanParams, ctx: ProbeContext) -> Outcome[GatewayReach]:
        """Measure once. Network trouble comes back as a value; cancellation passes through."""
        ctx.spend(TCP_CONNECTION_BYTES * len(params.tcp_ports))
        answers = await asyncio.gather(*(_connect(params, port, ctx) for port in params.tcp_ports))
        ctx.progress(Ratio(0.9))
        neighbour: Neighbour | None
        try:
            neighbour = await ctx.platform.neighbour(params.gateway, params.interface)
        except PermissionError:
            neighbour = None
        except OSError as error:
            return Failed(classify(error, step="neighbour"))
        return Completed(
            GatewayReach(
                gateway=params.gateway,
                interface=params.interface,
                neighbour=neighbour.state if neighbour else None,
                mac=neighbour.mac if neighbour else None,
                tcp=tuple(answers),
            )
        )


async def _connect(params: LanParams, port: int, ctx: ProbeContext) -> TcpAnswer:
    address = with_zone(params.gateway, params.interface)
    try:
        connected = await ctx.platform.connect_tcp(address, port, timeout_s=params.timeout_s)
    except OSError as error:
        return TcpAnswer(port=port, connect_ms=None, failure=classify(error, step="connect"))
    connected.sock.close()
    return TcpAnswer(port=port, connect_ms=connected.connect_ms, failure=None)
