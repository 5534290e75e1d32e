"""Facts of the path MTU: which sizes get through to a destination, and what becomes of the larger ones."""

from dataclasses import dataclass
from enum import Enum

from nexkit.address import Family, family
from nexkit.facts.path import PathMethod
from nexkit.outcome import Failure, FailureKind
from nexkit.sensitivity import IpAddress, Open
from nexkit.units import Bytes, Ms


class MtuState(Enum):
    """What becomes of packets that may not be cut up (RFC 1191, RFC 8201)."""

    FITS = "fits"
    """The path takes the largest packet that this computer's own interface takes."""
    TOLD = "told"
    """Larger ones do not pass, and a router (or this system) says so."""
    BLACK_HOLE = "black_hole"
    """Larger ones vanish without a word although small ones pass (RFC 2923, section 2.1)."""
    NO_ANSWER = "no_answer"
    """The destination answers packets of no size, so nothing is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeSample:
    """One size of packet, and what came of it."""

    size_bytes: Bytes
    """The whole packet, IP header included."""
    sent: int
    """How often; a silent size is repeated before it is believed."""
    arrived: bool
    """It was answered at least once."""
    too_big: bool
    """An ICMP "too big", or this system's own refusal, came back."""
    told_mtu_bytes: Bytes | None = None
    """The MTU named there; None where none was (RFC 792 has no room for it, and Windows does not pass it on)."""
    told_by: IpAddress | None = None
    """The router that said so; None where it is not known, or this system itself."""


class TransferStep(Enum):
    """How far a large transfer came."""

    CONNECT = "connect"
    HANDSHAKE = "handshake"
    """TLS; the server's certificates are the first full segments on the way down."""
    UP = "up"
    """The request: several full segments."""
    DOWN = "down"
    """The answer."""
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class LargeTransfer:
    """A TCP transfer with full segments, as far as it came."""

    port: int
    segment_limit_bytes: Bytes | None
    """Both sides were asked for no larger segments; None: the systems chose."""
    connect_ms: Ms | None
    reached: TransferStep
    """The step that did not end, or DONE."""
    stalled: bool
    """The other side was there (it took the connection), and then nothing came through for the whole patience."""
    up_bytes: Bytes
    """Given to the system to send."""
    up_confirmed_bytes: Bytes | None
    """Of them acknowledged by the other side; None where the system does not say."""
    down_bytes: Bytes
    """Received."""
    longest_pause_ms: Ms | None
    """The longest time without any progress; None before the connection."""
    sent_segment_bytes: Bytes | None
    """The segment size in use on the way up, payload only; None where the system does not say."""
    received_segment_bytes: Bytes | None
    """The largest segment seen on the way down, payload only; None where the system does not say."""
    path_mtu_bytes: Bytes | None
    """What the system itself believes the path takes, after the transfer; None where it does not say."""
    repeated_segments: int | None
    out_of_order_segments: int | None
    """Segments that came while one before them was missing: something was lost on the way down."""
    failure: Failure | None
    """Of the step; None for one that is DONE or stalled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathMtu:
    """The largest packet that gets to one destination whole."""

    target: IpAddress
    method: PathMethod | None
    """None where no packet could be sent (see `send_failure`)."""
    state: MtuState
    own_mtu_bytes: Bytes | None
    """The largest packet that this computer's interface on the way takes."""
    path_mtu_bytes: Bytes | None
    """Exact: this size passes, one byte more does not (or the interface takes no more); None where not found out."""
    passed_bytes: Bytes | None
    """The largest size that passed."""
    refused_bytes: Bytes | None
    """The smallest size that did not, above the largest that did."""
    told_mtu_bytes: Bytes | None
    """The MTU that the last "too big" named; may differ from what passes."""
    told_by: IpAddress | None
    """Who said so."""
    familiar: tuple[Open, ...]
    """Ids of uses for which the path MTU is a familiar value (`nexkit/data/mtu_values.toml`): facts, not causes."""
    samples: tuple[SizeSample, ...]
    """By size, ascending."""
    send_failure: FailureKind | None
    """What this system said instead of sending; None where it sent."""
    took_ms: Ms
    transfer: LargeTransfer | None = None
    """None: none was asked for."""
    clamped_transfer: LargeTransfer | None = None
    """The same with small segments, made where the first stalled; None otherwise."""

    @property
    def family(self) -> Family:
        """Family of the target."""
        return family(self.target)

    @property
    def stalled_by_size(self) -> bool:
        """Full segments stalled, and small ones got through right after."""
        return (
            self.transfer is not None
            and self.transfer.stalled
            and self.clamped_transfer is not None
            and self.clamped_transfer.reached is TransferStep.DONE
        )
