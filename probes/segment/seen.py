"""What was seen on the segment so far; strangers choose what it is, so everything is limited."""

from collections.abc import Sequence

from nexkit.facts.segment import (
    ArpAnswers,
    DhcpAnswerKind,
    DhcpOffer,
    RouterAdvertisement,
    SwitchNeighbour,
    SwitchProtocol,
)
from nexkit.units import Bytes, Ms, Seconds
from probes.segment import arp, dhcp, routers, switches
from probes.segment.ethernet import Frame, mac_text

_MAX_KEPT = 16


class Seen:
    """Every server, router and switch once."""

    def __init__(self, mac: bytes, transactions: frozenset[int]) -> None:
        self._mac = mac
        self._transactions = transactions
        self._claims: dict[str, dict[str, None]] = {}
        self._offers: dict[tuple[DhcpAnswerKind, str | None, str], DhcpOffer] = {}
        self._routers: dict[tuple[str, str], RouterAdvertisement] = {}
        self._switches: dict[tuple[SwitchProtocol, str], SwitchNeighbour] = {}

    def take(self, found: Frame, at_ms: float) -> None:
        """Keep what a frame says; `at_ms` is the time since asking."""
        if found.source == self._mac:
            return
        sender = mac_text(found.source)
        if (claim := arp.read_reply(found)) is not None:
            macs = self._claims.setdefault(claim.address, {})
            if claim.mac != self._mac and len(macs) < _MAX_KEPT and len(self._claims) <= 16 * _MAX_KEPT:
                macs[mac_text(claim.mac)] = None
        elif (reply := dhcp.read_reply(found, self._mac, self._transactions)) is not None:
            key = (reply.kind, reply.server, sender)
            if key not in self._offers and len(self._offers) < _MAX_KEPT:
                self._offers[key] = _offer(reply, sender, at_ms)
        elif (told := routers.read_advertisement(found)) is not None:
            place = (told.router, sender)
            first = self._routers.get(place)
            if first is not None or len(self._routers) < _MAX_KEPT:
                self._routers[place] = _router(told, sender, first.answer_ms if first else Ms(at_ms))
        elif (switch := switches.read_switch(found)) is not None:
            name = (switch.protocol, sender)
            if name in self._switches or len(self._switches) < _MAX_KEPT:
                self._switches[name] = switch

    def arp_answers(self, asked: Sequence[str], own: Sequence[str]) -> tuple[ArpAnswers, ...]:
        """Who claims each of the addresses that were asked for."""
        return tuple(
            ArpAnswers(address=address, own=address in own, macs=tuple(self._claims.get(address, {})))
            for address in dict.fromkeys(asked)
        )

    def offers(self) -> tuple[DhcpOffer, ...]:
        """In the order they came."""
        return tuple(self._offers.values())

    def routers(self) -> tuple[RouterAdvertisement, ...]:
        """In the order they came."""
        return tuple(self._routers.values())

    def switches(self) -> tuple[SwitchNeighbour, ...]:
        """In the order they came."""
        return tuple(self._switches.values())


def _offer(reply: dhcp.DhcpReply, sender: str, at_ms: float) -> DhcpOffer:
    return DhcpOffer(
        kind=reply.kind,
        server=reply.server,
        mac=sender,
        relay=reply.relay,
        answer_ms=Ms(at_ms),
        offered=reply.offered,
        prefix_length=reply.prefix_length,
        routers=reply.routers,
        resolvers=reply.resolvers,
        domain=reply.domain,
        pac_url=reply.pac_url,
        lease_s=None if reply.lease_s is None else Seconds(reply.lease_s),
    )


def _router(told: routers.Advertisement, sender: str, answer_ms: Ms) -> RouterAdvertisement:
    return RouterAdvertisement(
        router=told.router,
        mac=sender,
        answer_ms=answer_ms,
        lifetime_s=Seconds(told.lifetime_s),
        preference=told.preference,
        managed=told.managed,
        other=told.other,
        prefixes=told.prefixes,
        resolvers=told.resolvers,
        mtu_bytes=None if told.mtu_bytes is None else Bytes(told.mtu_bytes),
    )
