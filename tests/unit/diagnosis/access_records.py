"""Facts of sizes, lines, large answers and delays, to break the healthy network of diagnosis_records with."""

from dataclasses import replace

from diagnosis_records import GATEWAY4, failure, query, trace

from nexkit.facts.access import AccessLine, AccessSigns, CarrierTarget, NamedKind
from nexkit.facts.dns import DnsTransport, NameRole, ResolverAnswers
from nexkit.facts.mtu import LargeTransfer, MtuState, PathMtu, SizeSample, TransferStep
from nexkit.facts.path import PathMethod

CARRIER4 = "203.0.113.53"


def transfer(reached=TransferStep.DONE, *, stalled=False, kind=None):
    return LargeTransfer(
        port=443,
        segment_limit_bytes=None,
        connect_ms=None if reached is TransferStep.CONNECT else 10.0,
        reached=reached,
        stalled=stalled,
        up_bytes=6500,
        up_confirmed_bytes=6500,
        down_bytes=4000,
        longest_pause_ms=20.0,
        sent_segment_bytes=1448,
        received_segment_bytes=1448,
        path_mtu_bytes=1500,
        repeated_segments=0,
        out_of_order_segments=0,
        failure=failure(kind) if kind else None,
    )


def sizes(target, state=MtuState.FITS, passed=1500, *, carried=None, clamped=None, familiar=()):
    """What becomes of packets to one target; `carried` and `clamped`: the transfers."""
    answers = state is not MtuState.NO_ANSWER
    lost = state is MtuState.BLACK_HOLE
    samples = (
        SizeSample(size_bytes=passed, sent=1, arrived=answers, too_big=False),
        SizeSample(size_bytes=passed + 1, sent=5, arrived=False, too_big=state is MtuState.TOLD),
    )
    return PathMtu(
        target=target,
        method=PathMethod.ICMP,
        state=state,
        own_mtu_bytes=1500,
        path_mtu_bytes=passed if answers else None,
        passed_bytes=passed if answers else None,
        refused_bytes=passed + 1 if answers and passed < 1500 else None,
        told_mtu_bytes=passed if state is MtuState.TOLD else None,
        told_by=GATEWAY4 if state is MtuState.TOLD else None,
        familiar=tuple(familiar),
        samples=samples if lost or state is MtuState.TOLD else samples[:1],
        send_failure=None,
        took_ms=100.0,
        transfer=carried,
        clamped_transfer=clamped,
    )


def hole(target, *, carried=False, passed=1400):
    """Large packets to it vanish; `carried`: a transfer with full segments was tried, and stalled."""
    stalled = transfer(TransferStep.UP, stalled=True) if carried else None
    return sizes(target, MtuState.BLACK_HOLE, passed, carried=stalled, clamped=transfer() if carried else None)


def line(*kinds, carrier=None, answered_by="echo"):
    """What kind of line it is; `carrier`: whether the carrier's own network answers."""
    targets = ()
    if carrier is not None:
        targets = (
            CarrierTarget(
                target=CARRIER4,
                address=CARRIER4,
                reachable=carrier,
                rtt_ms=4.0 if carrier else None,
                answered_by=answered_by if carrier else None,
                failure=None,
            ),
        )
    return AccessLine(
        signs=AccessSigns(
            tunnel_route=False,
            own4=None,
            own6=None,
            default4=True,
            default6=True,
            hops4=None,
            mapped4=None,
            mapped_ports=(),
            resolvers=(),
            carrier=targets,
            mtu4_bytes=None,
            mtu6_bytes=None,
        ),
        kinds=tuple(NamedKind(kind=kind, signs=()) for kind in kinds),
        familiar4=(),
        familiar6=(),
        data_date="2026-11-20",
    )


def with_large_answers(answers: ResolverAnswers, *, udp=None, tcp=None):
    """The same resolver asked for a large answer: cut short without EDNS; `udp` and `tcp`: how the rest fails."""

    def large(transport, size, kind, *, truncated=False):
        one = query(".", NameRole.LARGE, "DNSKEY", transport=transport, kind=kind)
        came = kind is None
        return replace(one, edns_bytes=size, truncated=truncated if came else None, answer_bytes=900 if came else None)

    return replace(
        answers,
        queries=(
            *answers.queries,
            large(DnsTransport.UDP, None, None, truncated=True),
            large(DnsTransport.UDP, 1232, udp),
            large(DnsTransport.UDP, 4096, udp),
            large(DnsTransport.TCP, 1232, tcp),
        ),
    )


def far_path(target, *rtts_ms):
    """A path whose routers answer after these times, each three times; the target is left out."""
    path = trace(target, GATEWAY4, *(f"198.51.100.{number}" for number in range(1, len(rtts_ms))))
    return replace(
        path,
        hops=tuple(
            replace(hop, responders=tuple(replace(each, rtts_ms=(rtt_ms,) * 3) for each in hop.responders))
            for hop, rtt_ms in zip(path.hops, (*rtts_ms, rtts_ms[-1]), strict=True)
        ),
    )
