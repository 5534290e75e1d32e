"""UDP probe: does UDP come through (STUN, RFC 8489), what a NAT makes of it (RFC 5780), how a stream of it fares."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from nexkit.consent import Consent
from nexkit.facts.udp import UdpPath
from nexkit.outcome import Completed, Outcome
from nexkit.params import POSITIVE, Between, check_limits
from nexkit.probe import ProbeContext, ProbeSpec
from nexkit.units import Bytes, Ratio, Seconds
from probes.exchange.hosts import host_and_port
from probes.exchange.stamp import PACKET_BYTES
from probes.exchange.stun import STUN_PORT
from probes.exchange.traffic import udp_bytes
from probes.udp.binding import ask_servers
from probes.udp.packets import STAMP_PORT
from probes.udp.stream import Pace, measure_stream

MAX_SERVERS = 4
MAX_REFLECTORS = 2
MAX_PACKETS_S = 100.0
MAX_PAYLOAD_BYTES = 1200
MAX_STREAM_S = 30.0
MAX_STREAM_BYTES = 550_000
ANSWERED_SHARE = Ratio(0.2)
"""How far the run is when the servers have answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UdpParams:
    """Whom to ask, and the stream. A voice call over G.711 sends 50 packets a second of 172 bytes (RTP)."""

    stun: tuple[str, ...] = ()
    """`HOST:PORT`, the port of STUN servers (3478) where none is said."""
    reflectors: tuple[str, ...] = ()
    """Session reflectors, as `HOST:PORT`, 862 where none is said. The first that answers gets the stream, without any
    the first STUN server that answered."""
    duration_s: Annotated[Seconds, Between(0, MAX_STREAM_S)] = Seconds(10.0)
    """Of the stream; 0: none."""
    packets_s: Annotated[float, Between(1, MAX_PACKETS_S)] = 50.0
    payload_bytes: Annotated[int, Between(PACKET_BYTES, MAX_PAYLOAD_BYTES)] = 172
    """Of a packet to a reflector; to a STUN server go plain requests of 20 bytes."""
    timeout_s: Annotated[Seconds, POSITIVE] = Seconds(2.0)
    """Within which a server answers one of three requests."""
    reply_timeout_s: Annotated[Seconds, POSITIVE] = Seconds(1.0)
    """After which a packet of the stream is lost."""

    def __post_init__(self) -> None:
        if not self.stun and not self.reflectors:
            raise ValueError("stun: name a STUN server, or a reflector in reflectors")
        if len(self.stun) > MAX_SERVERS or len(self.reflectors) > MAX_REFLECTORS:
            raise ValueError(f"stun, reflectors: at most {MAX_SERVERS} servers and {MAX_REFLECTORS} reflectors")
        for text in self.stun:
            host_and_port(text, STUN_PORT)
        for text in self.reflectors:
            host_and_port(text, STAMP_PORT)
        check_limits(self)
        if 2 * self.duration_s * self.packets_s * udp_bytes(self.payload_bytes) > MAX_STREAM_BYTES:
            raise ValueError(f"duration_s: such a stream is larger than {MAX_STREAM_BYTES} bytes")


class UdpProbe:
    """Ask every STUN server in each family from one socket, compare what they see, then send a stream to one of them.

    Silence is a result. Who does not answer the first requests gets no stream.
    """

    spec: ClassVar = ProbeSpec(
        id="udp",
        version=1,
        consent=Consent.ACTIVE_TRAFFIC,
        params=UdpParams,
        fact=UdpPath,
        timeout_s=Seconds(40),
        max_bytes=Bytes(600_000),
    )

    async def run(self, params: UdpParams, ctx: ProbeContext) -> Outcome[UdpPath]:
        """Measure once. Network trouble comes back as a value; cancellation passes through."""
        servers = tuple(host_and_port(text, STUN_PORT) for text in params.stun)
        reflectors = tuple(host_and_port(text, STAMP_PORT) for text in params.reflectors)
        answers, nat = await ask_servers(servers, params.timeout_s, ctx)
        ctx.progress(ANSWERED_SHARE)
        pace = Pace(
            duration_s=params.duration_s,
            packets_s=params.packets_s,
            payload_bytes=Bytes(params.payload_bytes),
            reply_timeout_s=params.reply_timeout_s,
        )
        reflected, stream = await measure_stream(reflectors, answers, pace, ctx)
        ctx.progress(Ratio(1.0))
        return Completed(UdpPath(stun=answers, nat=nat, reflectors=reflected, stream=stream))
