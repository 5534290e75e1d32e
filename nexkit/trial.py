"""What a user can change to find out more, and what became of it; the next step after a verdict."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from nexkit.diagnosis.verdict import Segment, VerdictState
from nexkit.sensitivity import Open
from nexkit.subject import Subject


class Trial(Enum):
    """One change that separates causes and needs no special rights; the words of `--again`, public for ever."""

    USE_CABLE = "use_cable"
    USE_WIFI = "use_wifi"
    OTHER_CABLE = "other_cable"
    """Another cable and another port of the router."""
    MOVE_CLOSER = "move_closer"
    """To the Wi-Fi router."""
    REJOIN = "rejoin"
    """Leave the network and join it again."""
    SIGN_IN = "sign_in"
    """On the page that the network shows."""
    PAUSE_TRANSFERS = "pause_transfers"
    """On all devices."""
    CLOSE_PROGRAMS = "close_programs"
    VPN_OFF = "vpn_off"
    RECONNECT_VPN = "reconnect_vpn"
    PROXY_OFF = "proxy_off"
    RESTART_ROUTER = "restart_router"
    OTHER_DEVICE = "other_device"
    """In the same network: the user looks there and tells, nothing is measured here."""
    OTHER_NETWORK = "other_network"
    """Such as a phone's: the user looks and tells."""


TOLD = frozenset({Trial.OTHER_DEVICE, Trial.OTHER_NETWORK})
"""The user tells whether it works; measuring again here would say nothing of it."""


class Effect(Enum):
    """What a change made of the trouble."""

    GONE = "gone"
    """The trouble is away, by positive evidence; of what the user looked at elsewhere: it works there."""
    BETTER = "better"
    SAME = "same"
    WORSE = "worse"
    OTHER = "other"
    """That trouble is away, and another one is there."""
    UNCLEAR = "unclear"
    """Stopped early, too little measured, or no more than chance may do."""
    NOT_DONE = "not_done"
    """This computer was measured again as it was before: the change had not been made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueChange:
    """One value that was measured both times."""

    name: Open
    """With its unit (`loss_ratio`)."""
    subject: Subject
    before: float
    after: float
    beyond_noise: bool
    """The difference is more than two measurements of one and the same network have by chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialDone:
    """What the user changed after the run of the report, and what a second run said."""

    trial: Trial
    effect: Effect
    started_at: datetime | None
    """Of the second run; None where the user told what happened."""
    state: VerdictState | None
    """The second run's verdict; None without one."""
    segment: Segment | None
    cause: Open | None
    causes: tuple[Open, ...]
    """Of the second run's findings that are faults, root first."""
    values: tuple[ValueChange, ...]
    """Between the run before the change and the one after it."""
