"""Segment probe: who answers on the wire: DHCP servers, IPv6 routers, duplicate addresses, the switch (LLDP, CDP)."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, ClassVar

from nexkit.address import Family, Scope, family, scope
from nexkit.consent import Consent
from nexkit.facts.network import Interface, NetworkState
from nexkit.facts.segment import SegmentSurvey
from nexkit.failures import BudgetExceededError, classify
from nexkit.outcome import Completed, Failed, Failure, FailureKind, Outcome, Skipped, SkipReason
from nexkit.params import Between, check_limits
from nexkit.platform.api import NotSupportedError, SegmentSession
from nexkit.probe import ProbeContext, ProbeSpec
from nexkit.units import Bytes, Ratio, Seconds
from probes.segment.arp import probe as arp_probe
from probes.segment.dhcp import discover, inform
from probes.segment.ethernet import read_frame
from probes.segment.routers import solicitation
from probes.segment.seen import Seen

MAX_LISTEN_S = 65.0
_MAC_BYTES = 6
_ROUNDS = 2
"""Everything is asked twice, because a frame may be lost."""
_PAUSE_S = Seconds(0.7)
_MAX_ASKED = 4
_TRANSACTION_BITS = 32
_ETHERNET_HEADER_BYTES = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentParams:
    """Which interface, and for how long to listen."""

    interface: str | None = None
    """None: that of the default route."""
    listen_s: Annotated[Seconds, Between(0, MAX_LISTEN_S, above=True)] = Seconds(4.0)
    """A DHCP server may take three seconds, because it tries the address first. Switches speak every 30 s (LLDP) or
    60 s (CDP), so whoever wants to hear them for certain listens longer."""

    def __post_init__(self) -> None:
        check_limits(self)


class SegmentProbe:
    """Ask for DHCP servers, routers and the owners of addresses, and listen.

    An offer of an address is never taken up. Silence is a result. Without the permission for whole frames it is
    Failed(PERMISSION), and on systems without them Skipped.
    """

    spec: ClassVar = ProbeSpec(
        id="segment",
        version=1,
        consent=Consent.ACTIVE_TRAFFIC,
        params=SegmentParams,
        fact=SegmentSurvey,
        timeout_s=Seconds(75),
        max_bytes=Bytes(150_000),
        needs=("segment",),
    )

    async def run(self, params: SegmentParams, ctx: ProbeContext) -> Outcome[SegmentSurvey]:
        """Measure once. Network trouble comes back as a value; cancellation passes through."""
        try:
            state = await ctx.platform.network_state()
        except OSError as error:
            return Failed(classify(error, step="settings"))
        interface = _chosen(state, params.interface)
        if interface is None or interface.mac is None:
            return Skipped(SkipReason.NO_TARGET)
        mac = bytes.fromhex(interface.mac.replace(":", ""))
        if len(mac) != _MAC_BYTES:
            return Skipped(SkipReason.NOT_SUPPORTED)
        survey = _Survey(interface, mac, state, ctx)
        try:
            async with ctx.platform.open_segment(interface.name) as session:
                return Completed(await survey.run(session, params.listen_s))
        except NotSupportedError:
            return Skipped(SkipReason.NOT_SUPPORTED)
        except PermissionError as error:
            return Failed(Failure(kind=FailureKind.PERMISSION, step="open", os_code=error.errno))
        except OSError as error:
            return Failed(classify(error, step="open"))


def _chosen(state: NetworkState, name: str | None) -> Interface | None:
    if name is None:
        name = next((route.interface for route in state.default_routes), None)
    return next((each for each in state.interfaces if each.name == name), None)


class _Survey:
    """One run: what is asked, and what was seen."""

    def __init__(self, interface: Interface, mac: bytes, state: NetworkState, ctx: ProbeContext) -> None:
        self._ctx = ctx
        self._interface = interface
        own = [each.address for each in interface.addresses]
        self._own4 = [each for each in own if family(each) is Family.IPV4][:_MAX_ASKED]
        link_local6 = [each for each in own if family(each) is Family.IPV6 and scope(each) is Scope.LINK_LOCAL]
        gateways = {
            route.gateway
            for route in state.default_routes
            if route.interface == interface.name and route.gateway and route.family is Family.IPV4
        }
        transactions = [ctx.random.getrandbits(_TRANSACTION_BITS) for _ in range(2)]
        self._asked4 = (*self._own4, *sorted(gateways)[:_MAX_ASKED])
        self._frames = [discover(mac, transactions[0])]
        usable4 = [each for each in self._own4 if scope(each) is not Scope.LINK_LOCAL]
        self._frames += [inform(mac, transactions[1], usable4[0])] if usable4 else []
        self._frames += [solicitation(mac, link_local6[0])] if link_local6 else []
        self._frames += [arp_probe(mac, address) for address in self._asked4]
        self._asks_routers = bool(link_local6)
        self._seen = Seen(mac, frozenset(transactions))

    async def run(self, session: SegmentSession, listen_s: Seconds) -> SegmentSurvey:
        """Ask and listen; what was seen until trouble came counts."""
        ctx = self._ctx
        began_s = ctx.clock.monotonic()
        failure: Failure | None = None
        try:
            async with asyncio.TaskGroup() as group:
                listening = group.create_task(self._listen(session, began_s))
                await self._ask(session)
                for part in range(10):
                    rest_s = began_s + listen_s - ctx.clock.monotonic()
                    if rest_s <= 0 or listening.done():
                        break
                    await ctx.sleep(Seconds(rest_s / (10 - part)))
                    ctx.progress(Ratio((part + 1) / 10))
                listening.cancel()
        except* (OSError, BudgetExceededError) as errors:
            failure = classify(errors, step="listen")
        return SegmentSurvey(
            interface=self._interface.name,
            listened_s=Seconds(ctx.clock.monotonic() - began_s),
            dhcp_asked=True,
            routers_asked=self._asks_routers,
            arp=self._seen.arp_answers(self._asked4, self._own4),
            offers=self._seen.offers(),
            routers=self._seen.routers(),
            switches=self._seen.switches(),
            failure=failure,
        )

    async def _ask(self, session: SegmentSession) -> None:
        for number in range(_ROUNDS):
            if number:
                await self._ctx.sleep(_PAUSE_S)
            for each in self._frames:
                self._ctx.spend(len(each) - _ETHERNET_HEADER_BYTES)
                await session.send(each)

    async def _listen(self, session: SegmentSession, began_s: Seconds) -> None:
        while True:
            data = await session.receive()
            self._ctx.spend(len(data) - _ETHERNET_HEADER_BYTES)
            found = read_frame(data)
            if found is not None:
                self._seen.take(found, (self._ctx.clock.monotonic() - began_s) * 1000)
