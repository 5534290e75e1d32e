"""Facts of a VPN made by hand: the ways, the server, what stands inside."""

from dataclasses import replace

from diagnosis_records import (
    ANCHORS,
    CONTROLS,
    DUAL_STACK,
    GATEWAY4,
    SERVICE,
    T,
    address,
    echo,
    failure,
    healthy,
    interface,
    network,
    query,
    reach,
    silent_echo,
)

from nexkit.facts.dns import NameRole, ResolverAnswers, SystemLookup, SystemLookups
from nexkit.facts.link import NOT_COUNTED, LinkReading, LinkState, RouteChoice
from nexkit.facts.mtu import LargeTransfer, MtuState, PathMtu, TransferStep
from nexkit.facts.network import InterfaceKind
from nexkit.facts.path import PathMethod
from nexkit.facts.udp import UdpPort, UdpPortState, UdpProtocol, UdpService
from nexkit.outcome import FailureKind
from nexkit.run_record import Expectations, VpnMet

INNER_RESOLVERS = ("10.50.0.53", "10.50.0.54")
INTRANET = "intranet.corp.example"
INNER_WEB = "10.50.0.80"
NETWORK = "10.50.0.1"
SERVER = "198.18.9.90"
EXPECTED = Expectations(network=None, vpn=VpnMet(inside=("reach.service.intranet",), names=True))
LOST = Expectations(network=None, vpn=VpnMet(inside=("reach.service.intranet",), names=False))


def link(name, kind):
    return LinkState(
        name=name,
        kind=kind,
        admin_up=True,
        carrier=True,
        speed_bit_s=None,
        duplex=None,
        auto_negotiation=None,
        port_max_bit_s=None,
        partner_max_bit_s=None,
        counters=NOT_COUNTED,
    )


def reading(ways, tunnel_kind=InterfaceKind.VPN):
    """Ways by target: `tun0`, `eth0` (through the router), `lan` (on the link itself), None: there is none."""
    return LinkReading(
        links=(
            link("lo", InterfaceKind.LOOPBACK),
            link("eth0", InterfaceKind.ETHERNET),
            *((link("tun0", tunnel_kind),) if "tun0" in ways.values() else ()),
        ),
        routes=tuple(
            RouteChoice(
                target=target,
                interface="eth0" if way == "lan" else way,
                source=None,
                gateway=GATEWAY4 if way == "eth0" else None,
                failure=None if way else failure(FailureKind.NET_UNREACHABLE, "route"),
            )
            for target, way in ways.items()
        ),
    )


def inner_answers(resolver, *, kind=None, rcode="NOERROR", addresses=(INNER_WEB,)):
    found = addresses if rcode == "NOERROR" and not kind else ()
    asked = query(INTRANET, NameRole.SERVICE, addresses=found, rcode=rcode, kind=kind)
    return ResolverAnswers(resolver=resolver, port=53, queries=(asked,))


def inner_lookup(*addresses):
    lost = None if addresses else failure(FailureKind.NAME_NOT_FOUND, "resolve")
    found = SystemLookup(name=INTRANET, role=NameRole.SERVICE, time_ms=5.0, addresses=addresses, failure=lost)
    return SystemLookups(lookups=(found,))


def vpn_server(state=UdpPortState.ANSWERS, *, silence_tells=True, rtt_ms=8.0):
    answers = state is UdpPortState.ANSWERS
    return UdpService(
        host="vpn.example.com",
        port=4500,
        protocol=UdpProtocol.IKE_NAT,
        silence_tells=silence_tells,
        resolve_failure=None,
        ports=(UdpPort(address=SERVER, state=state, attempts=1, rtt_ms=rtt_ms if answers else None, failure=None),),
    )


def all_ways(default, inside):
    """The readings of a run: the way of everything, and the way into the VPN."""
    outside = dict.fromkeys((*ANCHORS, *SERVICE, *(each for both in CONTROLS.values() for each in both)), default)
    return {
        "link.start": reading(dict.fromkeys(ANCHORS, default)),
        "link.vpn": reading(dict.fromkeys((NETWORK, *INNER_RESOLVERS), inside)),
        "link.end": reading({**outside, INNER_WEB: inside}),
    }


def connected(default="eth0", **changes):
    """A healthy run with the VPN up: a split tunnel, unless the default way leads into it."""
    facts = healthy()
    tunnel = interface("tun0", address("10.50.1.2"), kind=InterfaceKind.VPN)
    facts |= {
        "interfaces": network(interface("eth0", *DUAL_STACK), tunnel),
        **all_ways(default, "tun0"),
        "udp.vpn": vpn_server(),
        "lookup.vpn": inner_lookup(INNER_WEB),
        "dns.vpn1": inner_answers(INNER_RESOLVERS[0]),
        "ping.vpn1": echo(INNER_RESOLVERS[0], 10, rtt_ms=12.0),
        "reach.service.intranet": reach(INTRANET, [INNER_WEB]),
    }
    return facts | {step.replace("__", "."): fact for step, fact in changes.items()}


def dead_inside(facts):
    """Nobody inside answers any more."""
    return {
        **facts,
        "dns.vpn1": inner_answers(INNER_RESOLVERS[0], kind=T),
        "ping.vpn1": silent_echo(INNER_RESOLVERS[0], 10),
        "lookup.vpn": inner_lookup(),
        "reach.service.intranet": reach(INTRANET, [], resolve=FailureKind.NAME_NOT_FOUND),
    }


def not_connected(**changes):
    """The VPN is off; its server answers."""
    facts = dead_inside(connected())
    facts |= {"interfaces": network(interface("eth0", *DUAL_STACK)), **all_ways("eth0", "eth0")}
    return facts | {step.replace("__", "."): fact for step, fact in changes.items()}


def slow(facts, *steps, rtt_ms):
    """The same addresses, each wait of theirs so long."""
    changed = dict(facts)
    for step in steps:
        found = facts[step]
        changed[step] = replace(
            found,
            attempts=tuple(
                replace(
                    each,
                    connect_ms=rtt_ms,
                    tls=each.tls and replace(each.tls, handshake_ms=rtt_ms),
                    http=each.http and replace(each.http, first_byte_ms=rtt_ms, total_ms=rtt_ms + 1),
                )
                for each in found.attempts
            ),
        )
    return changed


def sizes(target, state=MtuState.FITS, *, own=1500, passed=None, transfer=None, clamped=None):
    return PathMtu(
        target=target,
        method=PathMethod.ICMP,
        state=state,
        own_mtu_bytes=own,
        path_mtu_bytes=passed or own,
        passed_bytes=passed or own,
        refused_bytes=None if state is MtuState.FITS else (passed or own) + 1,
        told_mtu_bytes=None,
        told_by=None,
        familiar=(),
        samples=(),
        send_failure=None,
        took_ms=50.0,
        transfer=transfer,
        clamped_transfer=clamped,
    )


def transfer(reached=TransferStep.DONE, *, stalled=False):
    return LargeTransfer(
        port=443,
        segment_limit_bytes=None,
        connect_ms=10.0,
        reached=reached,
        stalled=stalled,
        up_bytes=6000,
        up_confirmed_bytes=None,
        down_bytes=0 if stalled else 48_000,
        longest_pause_ms=1300.0 if stalled else 10.0,
        sent_segment_bytes=None,
        received_segment_bytes=None,
        path_mtu_bytes=None,
        repeated_segments=None,
        out_of_order_segments=None,
        failure=None,
    )


STALLED = transfer(TransferStep.HANDSHAKE, stalled=True)
