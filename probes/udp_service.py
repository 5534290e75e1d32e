"""UDP service probe: what can be known of a port over UDP, by speaking its protocol where that is known."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar

from nexkit.address import Family, family, is_address
from nexkit.consent import Consent
from nexkit.facts.udp import UdpPort, UdpPortState, UdpProtocol, UdpService
from nexkit.failures import BudgetExceededError, classify
from nexkit.outcome import Completed, Failure, FailureKind, Outcome
from nexkit.params import POSITIVE, check_limits
from nexkit.probe import ProbeContext, ProbeSpec
from nexkit.units import Bytes, Ms, Ratio, Seconds
from probes.exchange.greetings import greeting
from probes.exchange.hosts import host_and_port
from probes.exchange.traffic import LOOKUP_BYTES
from probes.exchange.udp import ask_udp

ATTEMPTS = 3
MAX_ADDRESSES_OF_FAMILY = 2
BY_PORT = {
    53: UdpProtocol.DNS,
    123: UdpProtocol.NTP,
    443: UdpProtocol.QUIC,
    500: UdpProtocol.IKE,
    4500: UdpProtocol.IKE_NAT,
    1194: UdpProtocol.OPENVPN,
    3478: UdpProtocol.STUN,
    51820: UdpProtocol.WIREGUARD,
}
ANSWER_STRANGERS = frozenset(
    {
        UdpProtocol.DNS,
        UdpProtocol.NTP,
        UdpProtocol.QUIC,
        UdpProtocol.IKE,
        UdpProtocol.IKE_NAT,
        UdpProtocol.STUN,
    }
)
"""Not OpenVPN, which may want a key for every packet, nor WireGuard, which always does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UdpServiceParams:
    """Which port, and what to speak there."""

    target: str
    """`HOST:PORT`."""
    protocol: UdpProtocol | None = None
    """None: by the port's number."""
    timeout_s: Annotated[Seconds, POSITIVE] = Seconds(3.0)
    """Of the lookup, and of the greetings to each address."""

    def __post_init__(self) -> None:
        host_and_port(self.target)
        check_limits(self)


class UdpServiceProbe:
    """Greet the port up to three times at each address, all addresses at once.

    Silence is a result, and the fact says whether it means anything.
    """

    spec: ClassVar = ProbeSpec(
        id="udp_service",
        version=1,
        consent=Consent.ACTIVE_TRAFFIC,
        params=UdpServiceParams,
        fact=UdpService,
        timeout_s=Seconds(15),
        max_bytes=Bytes(60_000),
    )

    async def run(self, params: UdpServiceParams, ctx: ProbeContext) -> Outcome[UdpService]:
        """Measure once. Network trouble comes back as a value; cancellation passes through."""
        host, port = host_and_port(params.target)
        protocol = params.protocol or BY_PORT.get(port, UdpProtocol.UNKNOWN)
        failure: Failure | None = None
        addresses: tuple[str, ...] = ()
        try:
            addresses = await _addresses(host, params.timeout_s, ctx)
        except (OSError, BudgetExceededError) as error:
            failure = classify(error, step="resolve")
        ports = await asyncio.gather(*(_greet(address, port, protocol, params, ctx) for address in addresses))
        ctx.progress(Ratio(1.0))
        return Completed(
            UdpService(
                host=host,
                port=port,
                protocol=protocol,
                silence_tells=protocol in ANSWER_STRANGERS,
                resolve_failure=failure,
                ports=tuple(ports),
            )
        )


async def _addresses(host: str, timeout_s: Seconds, ctx: ProbeContext) -> tuple[str, ...]:
    """The first addresses of both families, in the system's order."""
    if is_address(host):
        return (host,)
    ctx.spend(LOOKUP_BYTES)
    async with asyncio.timeout(timeout_s):
        found = await ctx.platform.resolve(host)
    kept = {
        address
        for of_family in Family
        for address in [each for each in found if family(each) is of_family][:MAX_ADDRESSES_OF_FAMILY]
    }
    return tuple(address for address in found if address in kept)


async def _greet(
    address: str, port: int, protocol: UdpProtocol, params: UdpServiceParams, ctx: ProbeContext
) -> UdpPort:
    strange = _Strange()
    attempts = 0
    while True:
        attempts += 1
        hello = greeting(protocol, ctx.random)
        try:
            reply = await ask_udp(
                ctx,
                address,
                port,
                hello.payload,
                timeout_s=Seconds(params.timeout_s / ATTEMPTS),
                accept=strange.watch(hello.is_answer),
            )
        except TimeoutError:
            if attempts == ATTEMPTS:
                state = UdpPortState.ANSWERS_OTHERWISE if strange.seen else UdpPortState.SILENT
                return UdpPort(address=address, state=state, attempts=attempts, rtt_ms=None, failure=None)
        except (OSError, BudgetExceededError) as error:
            failure = classify(error, step="greet")
            refused = failure.kind is FailureKind.REFUSED
            state = UdpPortState.REFUSED if refused else UdpPortState.FAILED
            return UdpPort(address=address, state=state, attempts=attempts, rtt_ms=None, failure=failure)
        else:
            return UdpPort(
                address=address, state=UdpPortState.ANSWERS, attempts=attempts, rtt_ms=Ms(reply.rtt_ms), failure=None
            )


class _Strange:
    """Remembers whether something came that is no answer."""

    def __init__(self) -> None:
        self.seen = False

    def watch(self, is_answer: Callable[[bytes], bool]) -> Callable[[bytes], bool]:
        """The same question, remembering."""

        def accept(payload: bytes) -> bool:
            taken = is_answer(payload)
            self.seen = self.seen or not taken
            return taken

        return accept
