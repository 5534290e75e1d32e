"""What became of one probe on one target: never a bool."""

from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeAlias, TypeVar

from nexkit.sensitivity import Open

FactT = TypeVar("FactT", covariant=True)


class FailureKind(Enum):
    """Why a step did not succeed; public for ever."""

    TIMEOUT = "timeout"
    REFUSED = "refused"
    """The other side answered, with no: TCP reset on connect, ICMP port unreachable."""
    RESET = "reset"
    """An open connection was cut off."""
    NET_UNREACHABLE = "net_unreachable"
    """No route, told by this system or by a router."""
    HOST_UNREACHABLE = "host_unreachable"
    """No neighbour answers, told by this system or by a router."""
    PERMISSION = "permission"
    """This system refused the measurement itself."""
    FILTERED_LOCALLY = "filtered_locally"
    """This system refused to send (local firewall, policy)."""
    NO_ADDRESS = "no_address"
    """This computer has no address of the family."""
    NAME_NOT_FOUND = "name_not_found"
    NAME_NO_DATA = "name_no_data"
    """The name exists, without an address of the family asked for."""
    NAME_SERVER = "name_server"
    """The resolver could not say: SERVFAIL, REFUSED, no answer (getaddrinfo: EAI_AGAIN, EAI_FAIL)."""
    TLS = "tls"
    """The TLS handshake failed; an untrusted certificate is a fact, not a failure."""
    PROTOCOL = "protocol"
    """The answer was not of the protocol."""
    MESSAGE_TOO_BIG = "message_too_big"
    BUDGET = "budget"
    """The probe would have sent or received more than its specification allows."""
    KIT_LIMIT = "kit_limit"
    """This program's own limits keep it from there: where, how often or how many. Says nothing of the network."""
    NOT_INSTALLED = "not_installed"
    """A program that the probe needs is not there."""
    OTHER = "other"
    """An operating system error without a name here; see `os_code`."""
    INTERNAL = "internal"
    """A mistake of this program."""


class SkipReason(Enum):
    """Why a probe was not run; public for ever."""

    NO_CONSENT = "no_consent"
    NO_TARGET = "no_target"
    """Nothing to measure: no gateway, no resolver, no server in the profile."""
    NO_FAMILY = "no_family"
    """This computer has no address or route of the target's family."""
    NOT_NEEDED = "not_needed"
    """Another step has answered the question."""
    TIME_LIMIT = "time_limit"
    CANCELLED = "cancelled"
    NOT_SUPPORTED = "not_supported"
    """This system cannot measure it."""
    WITHHELD = "withheld"
    """In a report: the user did not agree to share it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Which step failed and how; no message text, which is localised and carries addresses."""

    kind: FailureKind
    step: Open
    """A stable word of the probe: `resolve`, `connect`, `tls`, `send`, ..."""
    os_code: int | None = None
    """errno, WSA error or getaddrinfo code, as the system gave it."""


@dataclass(frozen=True, slots=True)
class Completed(Generic[FactT]):
    """The probe measured. What it saw may be terrible; that is the fact's business."""

    fact: FactT


@dataclass(frozen=True, slots=True)
class Failed:
    """The measurement itself could not be done: no evidence, neither for nor against."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class Skipped:
    """The probe was not run."""

    reason: SkipReason


Outcome: TypeAlias = Completed[FactT] | Failed | Skipped
