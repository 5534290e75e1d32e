"""What the reach probe is asked, and what all its attempts share."""

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from nexkit.address import is_address
from nexkit.facts.reach import ReachLayer
from nexkit.params import PORT, check_limits
from nexkit.platform.threads import in_daemon_thread
from nexkit.probe import ProbeContext
from nexkit.units import Seconds
from probes.exchange import certificate, http2, quic
from probes.exchange.hosts import authority, host_and_port, wire_host

if TYPE_CHECKING:
    from OpenSSL.crypto import X509Store

PROXY_PORT = 80
"""Of a proxy that is given without a port, as in its web address."""
_TLS_LAYERS = (ReachLayer.TLS, ReachLayer.HTTPS)
_DEFAULT_PORTS = {ReachLayer.HTTP: 80, ReachLayer.HTTPS: 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachParams:
    """What to reach and how far to go."""

    host: str
    """A name or a literal address."""
    port: Annotated[int, PORT]
    layer: ReachLayer
    address: str | None = None
    """Where to connect in place of looking the host up."""
    path: str = "/"
    expected_status: tuple[int, ...] = ()
    """Handed through to the fact."""
    step_timeout_s: Seconds = Seconds(3.0)
    """For each address of connecting, the handshake and the exchange."""
    total_s: Seconds = Seconds(15.0)
    """Of everything together: what was measured by then is kept. The lookup may take most of it, because a system
    with a dead first resolver answers late (5 s on Linux, resolv.conf(5)) and then correctly."""
    public_trust: bool = False
    """Check certificates against the public authorities too; nothing is sent for it."""
    http2: bool = False
    """With HTTPS: one more connection to each address that answers, which offers HTTP/2."""
    quic: bool = False
    """With HTTPS: QUIC and HTTP/3 to each address."""
    browser: bool = False
    """Look the families up by themselves too, and work out what a browser would have chosen."""
    proxy: str | None = None
    """`HOST:PORT` of an HTTP proxy through which the target is reached as well; it is given no password."""
    interface: str | None = None
    """By which the TCP connections leave, whichever way the routing would choose: past a VPN."""

    def __post_init__(self) -> None:
        wire_host(self.host)
        check_limits(self)
        if self.address is not None and not is_address(self.address):
            raise ValueError("address: must be an IP address")
        if self.proxy is not None:
            host_and_port(self.proxy, PROXY_PORT)


@dataclass(slots=True, kw_only=True)
class Setting:
    """What all attempts of a run share."""

    params: ReachParams
    ctx: ProbeContext
    until_s: Seconds
    trust: ssl.SSLContext | None
    """What this system trusts; None where TLS is not spoken."""
    roots: "X509Store | None"
    """The same for QUIC; None where it is not asked for."""

    @property
    def server_name(self) -> str:
        """The name that a certificate has to be for."""
        return wire_host(self.params.host).removesuffix(".")

    @property
    def authority(self) -> str:
        """As a `Host` header has it."""
        return authority(self.params.host, self.params.port, default_port=_DEFAULT_PORTS[self.params.layer])

    def step_s(self) -> Seconds:
        """What the next step may take."""
        return Seconds(max(0.0, min(self.params.step_timeout_s, self.until_s - self.ctx.clock.monotonic())))


async def make_setting(params: ReachParams, until_s: Seconds, ctx: ProbeContext) -> Setting:
    """All that takes time of this computer, before the first clock of an attempt is started."""
    if params.layer is ReachLayer.HTTPS:
        for load, wanted in ((http2.load, params.http2), (quic.load, params.quic)):
            if wanted:
                await in_daemon_thread(load)
    # Reading the system's certificates takes 20 ms or more, in which no clock of another probe would run.
    trust = await in_daemon_thread(ctx.platform.trust) if params.layer in _TLS_LAYERS else None
    asks_quic = params.quic and params.layer is ReachLayer.HTTPS
    return Setting(
        params=params,
        ctx=ctx,
        until_s=until_s,
        trust=trust,
        roots=await in_daemon_thread(certificate.roots_of, trust) if asks_quic and trust is not None else None,
    )
