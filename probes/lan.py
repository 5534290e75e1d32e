"""LAN probe: signs of life of the gateway besides ICMP: its ARP or ND entry (RFC 826, RFC 4861), TCP ports and DNS."""

import asyncio
import struct
from dataclasses import dataclass
from typing import Annotated, ClassVar

from nexkit.address import is_address, with_zone
from nexkit.consent import Consent
from nexkit.facts.network import GatewayDns, GatewayReach, TcpAnswer
from nexkit.failures import BudgetExceededError, classify
from nexkit.outcome import Completed, Failed, Outcome
from nexkit.params import PORT, check_limits
from nexkit.platform.api import Neighbour
from nexkit.probe import ProbeContext, ProbeSpec
from nexkit.units import Bytes, Ratio, Seconds
from probes.exchange.traffic import TCP_CONNECTION_BYTES
from probes.exchange.udp import ask_udp

_DNS_PORT = 53
_DNS_HEADER = struct.Struct("!HHHHHH")
_RECURSION_DESIRED, _IS_RESPONSE = 0x0100, 0x8000
_LOCALHOST_A = b"\x09localhost\x00\x00\x01\x00\x01"
"""A question that every forwarder answers itself (RFC 6761, section 6.3): no other server is bothered."""
_RCODES = ("NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED")
_ID_BITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class LanParams:
    """The gateway, and the ports on which routers often answer, if only by a refusal."""

    gateway: str
    interface: str
    tcp_ports: tuple[Annotated[int, PORT], ...] = (53, 80, 443)
    ask_dns: bool = True
    """Whether to ask the gateway a DNS question over UDP."""
    timeout_s: Seconds = Seconds(2.0)

    def __post_init__(self) -> None:
        if not is_address(self.gateway):
            raise ValueError(f"gateway: {self.gateway!r} is no address")
        check_limits(self)


class LanProbe:
    """Connect to the gateway's ports and ask it by DNS at once, which makes the system ask for its hardware address.

    Silence is a result. The neighbour entry is read after the connects, so that it tells of now.
    """

    spec: ClassVar = ProbeSpec(
        id="lan",
        version=1,
        consent=Consent.ACTIVE_TRAFFIC,
        params=LanParams,
        fact=GatewayReach,
        timeout_s=Seconds(10),
        max_bytes=Bytes(10 * TCP_CONNECTION_BYTES + 1000),
        needs=("neighbours",),
    )

    async def run(self, params: LanParams, ctx: ProbeContext) -> Outcome[GatewayReach]:
        """Measure once. Network trouble comes back as a value; cancellation passes through."""
        ctx.spend(TCP_CONNECTION_BYTES * len(params.tcp_ports))
        answers, dns = await asyncio.gather(
            asyncio.gather(*(_connect(params, port, ctx) for port in params.tcp_ports)),
            _ask_dns(params, ctx),
        )
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
                dns=dns,
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


async def _ask_dns(params: LanParams, ctx: ProbeContext) -> GatewayDns | None:
    if not params.ask_dns:
        return None
    number = ctx.random.getrandbits(_ID_BITS)
    query = _DNS_HEADER.pack(number, _RECURSION_DESIRED, 1, 0, 0, 0) + _LOCALHOST_A

    def answers(reply: bytes) -> bool:
        return len(reply) >= _DNS_HEADER.size and _flags(reply, number) is not None

    address = with_zone(params.gateway, params.interface)
    try:
        reply = await ask_udp(ctx, address, _DNS_PORT, query, timeout_s=params.timeout_s, accept=answers)
    except (OSError, BudgetExceededError) as error:
        return GatewayDns(rtt_ms=None, rcode=None, failure=classify(error, step="dns"))
    code = (_flags(reply.payload, number) or 0) & 0x0F
    rcode = _RCODES[code] if code < len(_RCODES) else f"RCODE{code}"
    return GatewayDns(rtt_ms=reply.rtt_ms, rcode=rcode, failure=None)


def _flags(reply: bytes, number: int) -> int | None:
    """The flags of the response to a query; None for any other message (RFC 1035, section 4.1.1)."""
    its_number, flags, *_ = _DNS_HEADER.unpack_from(reply)
    return flags if its_number == number and flags & _IS_RESPONSE else None
