"""Facts of UDP: whether datagrams come back, what a NAT makes of them, how a stream fares, which services answer."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from nexkit import stats
from nexkit.address import Family
from nexkit.outcome import Failure
from nexkit.sensitivity import HostName, IpAddress
from nexkit.units import Bytes, Ms, Ratio, Seconds

WINDOW_S = Seconds(0.2)
"""Burst loss is told per window of this length, as Microsoft's network requirements for Teams do."""
WINDOW_MIN_PACKETS = 5
"""Of fewer packets the loss of one would look like a burst: windows of a slow stream are longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StunAnswer:
    """What one STUN server (RFC 8489) at one address said; either a mapped address came back or a failure is named."""

    server: HostName
    port: int
    address: IpAddress | None
    """None: the name was not found."""
    attempts: int
    rtt_ms: Ms | None
    mapped_address: IpAddress | None
    """The address from which the server saw the request come."""
    mapped_port: int | None
    failure: Failure | None


class NatMapping(Enum):
    """How a NAT chooses the outer address and port of one inner socket (RFC 4787, section 4.1). None is a fault."""

    NONE = "none"
    """No translation: the servers see the address and port that this computer uses."""
    ENDPOINT_INDEPENDENT = "endpoint_independent"
    ADDRESS_DEPENDENT = "address_dependent"
    ADDRESS_AND_PORT_DEPENDENT = "address_and_port_dependent"
    ENDPOINT_DEPENDENT = "endpoint_dependent"
    """One of the two above: what was compared does not tell which. Often called a symmetric NAT."""


class MappingTest(Enum):
    """How the mapping was found."""

    OTHER_ADDRESS = "other_address"
    """One server with two addresses and two ports (RFC 5780, section 4.3)."""
    TWO_SERVERS = "two_servers"
    """Two servers asked from one socket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NatView:
    """What the outside sees of one socket of this computer."""

    family: Family
    own_address: IpAddress | None
    own_port: int
    translated: bool | None
    """Another address or port than our own was seen; None: nobody said."""
    port_preserved: bool | None
    mapping: NatMapping | None
    """None: too few answers to tell."""
    mapping_test: MappingTest | None


class StreamMethod(Enum):
    """What the packets of a stream are."""

    STAMP = "stamp"
    """Test packets to a session reflector (RFC 8762; TWAMP Light, RFC 5357 appendix I)."""
    STUN = "stun"
    """Binding requests to a STUN server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamDirection:
    """One direction of a stream, as far as the reflector's own numbers and time stamps tell it apart."""

    loss_ratio: Ratio | None
    """Up to the last packet that came back; None where the reflector does not count (a stateless one)."""
    reordered: int | None
    duplicates: int | None
    jitter_ms: Ms | None
    """RFC 3550 section 6.4.1 with one-way transit times; the clocks need not agree. None without two in a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamWindow:
    """As many packets in a row as the pace makes in `WINDOW_S`: a pause of the sender itself makes no small window."""

    sent: int
    lost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UdpStream:
    """A steady stream, as a call sends it, and what came back of it."""

    server: HostName
    port: int
    target: IpAddress
    method: StreamMethod
    packets_s: float
    """As asked for."""
    payload_bytes: Bytes
    """UDP payload of each packet sent."""
    duration_s: Seconds
    """From the first packet to the last."""
    sent: int
    received: int
    """Packets of which an answer came in time, each counted once."""
    loss_ratio: Ratio | None
    """Both ways together."""
    burst_loss_ratio: Ratio | None
    """Of the worst window."""
    longest_gap: int
    """The most packets lost in a row."""
    reordered: int
    """Answers to earlier packets than an answer that was already there (RFC 4737), both ways together."""
    reorder_ratio: Ratio | None
    """Of those received."""
    duplicates: int
    rtt_min_ms: Ms | None
    """Without the time that a STAMP reflector says it took."""
    rtt_p50_ms: Ms | None
    rtt_p95_ms: Ms | None
    rtt_max_ms: Ms | None
    jitter_ms: Ms | None
    """RFC 3550 estimator fed with successive RTTs."""
    out: StreamDirection | None
    """From here to the server; None where the server does not tell the directions apart."""
    back: StreamDirection | None
    windows: tuple[StreamWindow, ...]
    failure: Failure | None
    """What ended it early."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReflectorAnswer:
    """Whether a session reflector answered at all."""

    server: HostName
    port: int
    address: IpAddress | None
    rtt_ms: Ms | None
    failure: Failure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UdpPath:
    """Whether UDP comes through, and how well."""

    stun: tuple[StunAnswer, ...]
    nat: tuple[NatView, ...]
    """One for each family in which a server could be asked."""
    reflectors: tuple[ReflectorAnswer, ...]
    stream: UdpStream | None
    """None where nobody answered, or none was asked for."""


class UdpProtocol(Enum):
    """What is spoken to a UDP port; the first that fits its number unless told otherwise."""

    DNS = "dns"
    NTP = "ntp"
    QUIC = "quic"
    """A packet of no known version, to which servers answer with those that they know (RFC 9000, section 6)."""
    IKE = "ike"
    IKE_NAT = "ike_nat"
    """IKE behind a NAT (RFC 3948)."""
    OPENVPN = "openvpn"
    STUN = "stun"
    WIREGUARD = "wireguard"
    UNKNOWN = "unknown"


class UdpPortState(Enum):
    """What can be known of a UDP port."""

    ANSWERS = "answers"
    """A datagram came back that is of the protocol; of an unknown protocol any."""
    ANSWERS_OTHERWISE = "answers_otherwise"
    """A datagram came back that is not of the protocol."""
    REFUSED = "refused"
    """ICMP port unreachable: the host is there, the service is not, or a filter says so."""
    SILENT = "silent"
    """Nothing came back. What that means depends on the protocol: see `UdpService.silence_tells`."""
    FAILED = "failed"
    """It could not be sent, or a router said that it does not forward: see the failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UdpPort:
    """The port at one address of the host."""

    address: IpAddress
    state: UdpPortState
    attempts: int
    rtt_ms: Ms | None
    failure: Failure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UdpService:
    """What a service on a UDP port does when it is spoken to."""

    host: HostName
    port: int
    protocol: UdpProtocol
    silence_tells: bool
    """Servers of the protocol answer strangers, so that silence is a sign; else silence says nothing at all."""
    resolve_failure: Failure | None
    ports: tuple[UdpPort, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamReply:
    """One datagram that answered a packet of a stream."""

    number: int
    """Of the packet it answers: its place among those sent, from 0."""
    rtt_ms: Ms
    reflected: int | None = None
    """The reflector's own count of what it had got, this one included, from 0; None: it does not count."""
    out_ms: Ms | None = None
    """Transit by the two clocks: wrong by their difference, which is the same for all."""
    back_ms: Ms | None = None


def stream_facts(
    *,
    server: str,
    port: int,
    target: str,
    method: StreamMethod,
    packets_s: float,
    payload_bytes: Bytes,
    sent_at_s: Sequence[Seconds],
    replies: Sequence[StreamReply],
    failure: Failure | None = None,
) -> UdpStream:
    """Summary of a stream: when each packet was sent, and the replies in the order they arrived."""
    rtt_of: dict[int, Ms] = {}
    for reply in replies:
        rtt_of.setdefault(reply.number, reply.rtt_ms)
    in_order = [rtt_of.get(number) for number in range(len(sent_at_s))]
    rtts = [rtt for rtt in in_order if rtt is not None]
    first_replies = list(dict.fromkeys(reply.number for reply in replies))
    reordered = late_ones(first_replies)
    windows = _windows(len(sent_at_s), packets_s, rtt_of)

    def ms(value: float | None) -> Ms | None:
        return None if value is None else Ms(value)

    out, back = _directions(replies)
    return UdpStream(
        server=server,
        port=port,
        target=target,
        method=method,
        packets_s=packets_s,
        payload_bytes=payload_bytes,
        duration_s=Seconds(sent_at_s[-1] - sent_at_s[0] if sent_at_s else 0.0),
        sent=len(sent_at_s),
        received=len(rtts),
        loss_ratio=stats.loss_ratio(len(sent_at_s), len(rtts)),
        burst_loss_ratio=max((Ratio(each.lost / each.sent) for each in windows), default=None),
        longest_gap=_longest_gap(in_order),
        reordered=reordered,
        reorder_ratio=Ratio(reordered / len(rtts)) if rtts else None,
        duplicates=len(replies) - len(rtts),
        rtt_min_ms=min(rtts, default=None),
        rtt_p50_ms=ms(stats.quantile(rtts, 0.5)),
        rtt_p95_ms=ms(stats.quantile(rtts, 0.95)),
        rtt_max_ms=max(rtts, default=None),
        jitter_ms=stats.jitter_ms(in_order),
        out=out,
        back=back,
        windows=windows,
        failure=failure,
    )


def late_ones(numbers: Sequence[int]) -> int:
    """How many came after one with a higher number (RFC 4737, section 3.3)."""
    highest = -1
    late = 0
    for number in numbers:
        late += number < highest
        highest = max(highest, number)
    return late


def _longest_gap(in_order: Sequence[Ms | None]) -> int:
    longest = gap = 0
    for rtt in in_order:
        gap = gap + 1 if rtt is None else 0
        longest = max(longest, gap)
    return longest


def _windows(count: int, packets_s: float, received: Container[int]) -> tuple[StreamWindow, ...]:
    size = max(WINDOW_MIN_PACKETS, round(packets_s * WINDOW_S))
    # What is left at the end belongs to the last whole window.
    starts = list(range(0, max(count - size, 0) + 1, size)) if count else []
    ends = [*starts[1:], count]
    return tuple(
        StreamWindow(sent=end - start, lost=sum(number not in received for number in range(start, end)))
        for start, end in zip(starts, ends, strict=False)
    )


def _directions(replies: Sequence[StreamReply]) -> tuple[StreamDirection | None, StreamDirection | None]:
    """The way out and the way back, each by itself."""
    first = {reply.number: reply for reply in reversed(replies)}
    if not any(reply.out_ms is not None for reply in replies):
        return None, None
    last = max(first)
    answers = [first.get(number) for number in range(last + 1)]
    jitter_out = stats.jitter_ms([answer.out_ms if answer else None for answer in answers])
    jitter_back = stats.jitter_ms([answer.back_ms if answer else None for answer in answers])
    number_of = {reply.reflected: reply.number for reply in replies if reply.reflected is not None}
    counts = list(number_of)
    if any(reply.reflected is None or number_of[reply.reflected] != reply.number for reply in replies):
        # It repeats our numbers, or what it says cannot be a count.
        unknown = StreamDirection(loss_ratio=None, reordered=None, duplicates=None, jitter_ms=None)
        return replace(unknown, jitter_ms=jitter_out), replace(unknown, jitter_ms=jitter_back)
    reflected = max(counts) + 1
    duplicates_out = len(counts) - len(first)
    arrived = sorted(replies, key=lambda reply: reply.reflected or 0)
    return (
        StreamDirection(
            loss_ratio=stats.loss_ratio(last + 1, reflected - duplicates_out),
            reordered=late_ones(list(dict.fromkeys(reply.number for reply in arrived))),
            duplicates=duplicates_out,
            jitter_ms=jitter_out,
        ),
        StreamDirection(
            loss_ratio=stats.loss_ratio(reflected, len(counts)),
            reordered=late_ones(counts),
            duplicates=len(replies) - len(counts),
            jitter_ms=jitter_back,
        ),
    )
