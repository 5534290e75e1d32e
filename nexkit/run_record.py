"""Everything that one run produced, before anything is taken away from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from nexkit.facts.system import SystemInfo
from nexkit.outcome import Outcome
from nexkit.request import Request
from nexkit.sensitivity import Open
from nexkit.subject import Subject
from nexkit.trial import TrialDone
from nexkit.units import Bytes, Seconds
from nexkit.watch.record import WatchLog


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """One probe on one target: which, when, at what cost, and what became of it."""

    id: Open
    """The outcome id that findings refer to, such as `ping.gateway4`."""
    probe: Open
    probe_version: int
    subject: Subject
    started_s: Seconds
    """Since the run began."""
    took_s: Seconds
    traffic_bytes: Bytes
    outcome: Outcome[Any]


class ProfileTrust(Enum):
    """Where the profile in force came from."""

    BUILT_IN = "built_in"
    SIGNED = "signed"
    """By a trusted signer."""
    NAMED = "named"
    """Unsigned or of an unknown signer, used because the user named the file."""


class LicenceAccepter(Enum):
    """Who accepted the licence text of the profile."""

    USER = "user"
    ORGANISATION = "organisation"
    """The IT department, for its users, in the managed place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileReference:
    """Which profile was in force."""

    id: Open
    serial: int
    trust: ProfileTrust
    sha256: Open
    signer: Open | None = None
    """Fingerprint of the key that signed it, as `ssh-keygen -l` shows it; None: not signed, or of a time before."""
    licence_sha256: Open | None = None
    """Of the licence text that was accepted, in UTF-8; None: it has none, or the record is of a time before."""
    licence_accepted_by: LicenceAccepter | None = None

    @property
    def is_unknown_organisation(self) -> bool:
        """Nobody on this computer vouches for the profile: only what may be shown to anyone leaves with a report."""
        return self.trust is ProfileTrust.NAMED


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkMet:
    """What the profile says of this network, beside what was seen; None: it says nothing of it, or nothing was seen."""

    ssid: bool | None
    """The joined Wi-Fi is one of those."""
    prefix: bool | None
    """An own address lies in one of the networks."""
    resolvers: bool | None
    """One of the resolvers is among those that this computer asks."""
    steps: tuple[Open, ...]
    """Outcome ids that tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VpnMet:
    """What the profile says of its VPN, beside what was seen."""

    inside: tuple[Open, ...]
    """Outcome ids about services that stand behind the VPN, by name or by address."""
    names: bool | None
    """The system finds every internal name at an address behind the VPN; None: not asked, or no networks are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceNeeds:
    """What a tested service needs beyond its ports, in the profile's words."""

    service: Open
    """Its id."""
    steps: tuple[Open, ...]
    """Outcome ids about it."""
    clock_s: Seconds | None = None
    """It refuses clocks that are off by more; None: it does not mind."""
    udp: bool = False
    """It does not work without UDP."""
    vpn: bool = False
    """It works through the profile's VPN alone, wherever it stands."""
    large_packets: bool = False
    """It sends packets as large as the link takes, which nobody makes smaller for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectations:
    """What of the profile was met; worked out at the end of the run, since redaction hides what it takes."""

    network: NetworkMet | None
    """None: the profile says nothing of the network."""
    vpn: VpnMet | None
    """None: the profile has no VPN."""
    services: tuple[ServiceNeeds, ...] = ()
    """Tested services that need something beyond their ports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run, raw."""

    kit_version: Open
    system: SystemInfo
    profile: ProfileReference
    request: Request
    started_at: datetime
    took_s: Seconds
    cancelled: bool
    """The user ended it early."""
    results: tuple[StepResult, ...]
    """In the order the steps were planned."""
    expectations: Expectations | None = None
    """None: the profile has none, or the record is of a time before them."""
    trials: tuple[TrialDone, ...] = ()
    """What the user changed after this run, and what a second run said; none in records of before."""
    watch: WatchLog | None = None
    """The watch that this run is part of; None: a run by itself."""

    def by_id(self) -> Mapping[str, StepResult]:
        """Results by outcome id."""
        return {result.id: result for result in self.results}
