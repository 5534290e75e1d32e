"""From values to what the pages show: the drawing of the path, the rows of a run, words. No Qt in here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from nexkit import kit_limits
from nexkit.consent import Consent
from nexkit.diagnosis.verdict import Diagnosis, Rung, RungState, Segment, VerdictState
from nexkit.events import Event, RunFinished, StepFinished, StepProgress, StepSample, StepsPlanned
from nexkit.facts.dns import ResolverAnswers, SystemLookups
from nexkit.facts.echo import EchoStats
from nexkit.facts.load import LoadTest
from nexkit.facts.network import GatewayReach, InterfaceKind, NeighbourState, NetworkState
from nexkit.facts.path import PathTrace
from nexkit.facts.portal import PortalCheck
from nexkit.facts.reach import Reach
from nexkit.outcome import Completed, Skipped
from nexkit.probe import ProbeSpec
from nexkit.profile import Load
from nexkit.request import Depth, Request, Symptom
from nexkit.run_record import RunRecord, StepResult
from nexkit.subject import Subject
from nexkit.texts import Texts
from nexkit.texts.verdicts import segment_name

TYPICAL_S: Mapping[Depth, float] = {Depth.QUICK: 5.0, Depth.STANDARD: 10.0, Depth.FULL: 25.0}
"""What a run takes where everything answers: in the lab 2.4, 6.4 and 12.9 s, on lines worth a load test up to 24 s.
The remaining time is counted down from it."""
_LONGER = 1.4
"""So many times where calls, or a line that comes and goes, want more echoes and a longer stream (lab: 11.5 s)."""


def typical_s(request: Request) -> float:
    """What this run takes where everything answers."""
    longer = request.symptom in {Symptom.CALLS, Symptom.UNSTABLE}
    return TYPICAL_S[request.depth] * (_LONGER if longer else 1.0)


def most_bytes(request: Request, load: Load, specs: Mapping[str, ProbeSpec]) -> int:
    """What the run may send and receive at most: the kit's own limit, and the load test where it was agreed to."""
    agreed = request.depth is Depth.FULL and Consent.BULK_TRAFFIC in request.consent
    if not agreed or load.backend is None or (load.is_public and Consent.PUBLIC_BACKEND not in request.consent):
        return kit_limits.RUN_BYTES
    of_probe = specs["load"].max_bytes if "load" in specs else kit_limits.MAX_LOAD_BYTES
    return kit_limits.RUN_BYTES + min(of_probe, load.max_bytes)


_SIDE = frozenset({Segment.SECURITY, Segment.VPN})
"""Drawn only where they have something to say: most networks have neither."""


class Mark(Enum):
    """What stands at a place of the drawing: a shape and a word, never colour alone."""

    OK = "ok"
    WARN = "warn"
    BROKEN = "broken"
    UNKNOWN = "unknown"
    NOT_RUN = "not_run"
    RUNNING = "running"


MARK_OF_RUNG = {
    RungState.PASS: Mark.OK,
    RungState.WARN: Mark.WARN,
    RungState.FAIL: Mark.BROKEN,
    RungState.INCONCLUSIVE: Mark.UNKNOWN,
    RungState.NOT_RUN: Mark.NOT_RUN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place on the way from this computer to the service."""

    segment: Segment
    mark: Mark
    here: bool = False
    """The root of the fault: the drawing points at it."""


def places(diagnosis: Diagnosis) -> tuple[Place, ...]:
    """The drawing of a diagnosis, from this computer to the service."""
    # Where no verdict was come to, its segment is as far as the evidence goes, and no place of a fault.
    root = diagnosis.verdict.segment if diagnosis.verdict.state is VerdictState.FAULT else None
    return tuple(
        Place(segment=rung.segment, mark=MARK_OF_RUNG[rung.state], here=rung.segment is root)
        for rung in diagnosis.ladder
        if rung.segment not in _SIDE or _speaks(rung) or rung.segment is root
    )


def _speaks(rung: Rung) -> bool:
    return rung.state in {RungState.WARN, RungState.FAIL}


_SEGMENTS_OF: Mapping[Subject, tuple[Segment, ...]] = {
    Subject.COMPUTER: (Segment.DEVICE,),
    Subject.GATEWAY: (Segment.LAN, Segment.GATEWAY),
    Subject.PROVIDER_HOP: (Segment.ACCESS,),
    Subject.ANCHOR: (Segment.ACCESS, Segment.INTERNET),
    Subject.CONTROL: (Segment.INTERNET,),
    Subject.SERVICE: (Segment.SERVICE,),
}
"""The places that a sign of life from a subject lights up while measuring."""

LIVE_SEGMENTS = (
    Segment.DEVICE,
    Segment.LAN,
    Segment.GATEWAY,
    Segment.ACCESS,
    Segment.INTERNET,
    Segment.SERVICE,
)
"""The way as it is drawn while measuring: the places that something is sent through."""


def shows_life(fact: object) -> bool:
    """Whether the other end gave any sign of life; the verdict is not anticipated by it."""
    match fact:
        case NetworkState():
            return bool(fact.default_routes)
        case GatewayReach():
            return fact.neighbour in {NeighbourState.REACHABLE, NeighbourState.STALE}
        case EchoStats():
            return fact.received > 0
        case ResolverAnswers():
            return any(query.rcode == "NOERROR" for query in fact.queries)
        case SystemLookups():
            return any(lookup.addresses for lookup in fact.lookups)
        case PathTrace():
            return fact.reached
        case Reach():
            return any(attempt.failure is None for attempt in fact.attempts)
        case PortalCheck():
            return any(attempt.as_expected for attempt in fact.attempts)
        case LoadTest():
            return any(way is not None and way.goodput_bit_s is not None for way in (fact.down, fact.up))
        case _:
            return False


@dataclass(slots=True, kw_only=True)
class StepLine:
    """One step while the run goes on."""

    probe: str
    subject: Subject
    began_s: float
    deadline_s: float
    """Length that it has at most, from its begin on."""
    ratio: float = 0.0
    spent_bytes: int = 0
    ended_s: float | None = None
    result: StepResult | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeRow:
    """All steps of one probe, as one row of the running page."""

    probe: str
    done: int
    total: int
    ratio: float
    measured: int
    """Steps that really gave a fact."""
    elapsed_s: float
    """Since its first step began; once it is finished, what it took."""
    most_s: float
    """The same, at most."""

    @property
    def finished(self) -> bool:
        """Whether none of the planned steps is under way."""
        return self.done == self.total


def _row(probe: str, lines: Sequence[StepLine], now_s: float) -> ProbeRow:
    began_s = min(line.began_s for line in lines)
    ends = [line.ended_s for line in lines if line.ended_s is not None]
    until_s = max(ends) if len(ends) == len(lines) else now_s
    return ProbeRow(
        probe=probe,
        done=len(ends),
        total=len(lines),
        ratio=sum(line.ratio for line in lines) / len(lines),
        measured=sum(line.result is not None and isinstance(line.result.outcome, Completed) for line in lines),
        elapsed_s=max(0.0, until_s - began_s),
        most_s=max(line.began_s + line.deadline_s for line in lines) - began_s,
    )


@dataclass(slots=True, kw_only=True)
class LiveRun:
    """What is known while a run goes on; fed with events and with seconds since the start."""

    request: Request
    steps: dict[str, StepLine] = field(default_factory=dict)
    finished: bool = False
    took_s: float | None = None
    """The measuring alone; None while it goes on."""
    link: InterfaceKind | None = None
    """What this computer's way out begins with; None: not known (yet)."""
    _traffic_bytes: int | None = None

    def feed(self, event: Event, now_s: float) -> None:
        """Take in one event."""
        match event:
            case StepsPlanned():
                deadlines_s = event.deadlines_s or (event.expected_s,) * len(event.steps)
                for (step_id, probe, subject), deadline_s in zip(event.steps, deadlines_s, strict=True):
                    self.steps[step_id] = StepLine(probe=probe, subject=subject, began_s=now_s, deadline_s=deadline_s)
            case StepProgress():
                line = self.steps[event.step_id]
                line.ratio, line.spent_bytes = event.ratio, event.spent_bytes
            case StepFinished():
                line = self.steps[event.result.id]
                line.ratio, line.result, line.ended_s = 1.0, event.result, now_s
                line.spent_bytes = event.result.traffic_bytes
                if isinstance(event.result.outcome, Completed):
                    self.link = link_kind(event.result.outcome.fact) or self.link
            case RunFinished():
                self.finished, self.took_s = True, event.took_s
                self._traffic_bytes = event.traffic_bytes
            case StepSample():
                pass

    @property
    def traffic_bytes(self) -> int:
        """Sent and received so far."""
        if self._traffic_bytes is not None:
            return self._traffic_bytes
        return sum(line.spent_bytes for line in self.steps.values())

    def rows(self, now_s: float) -> tuple[ProbeRow, ...]:
        """One row for each probe, in the order in which they came up."""
        by_probe: dict[str, list[StepLine]] = {}
        for line in self.steps.values():
            by_probe.setdefault(line.probe, []).append(line)
        return tuple(_row(probe, lines, now_s) for probe, lines in by_probe.items())

    def places(self) -> tuple[Place, ...]:
        """The drawing so far: what showed life, what is being asked, and what has not answered yet."""
        return tuple(Place(segment=segment, mark=self._mark(segment)) for segment in LIVE_SEGMENTS)

    def _mark(self, segment: Segment) -> Mark:
        lines = [line for line in self.steps.values() if segment in _SEGMENTS_OF.get(line.subject, ())]
        outcomes = [line.result.outcome for line in lines if line.result is not None]
        if any(isinstance(outcome, Completed) and shows_life(outcome.fact) for outcome in outcomes):
            return Mark.OK
        if len(outcomes) < len(lines):
            return Mark.RUNNING
        if all(isinstance(outcome, Skipped) for outcome in outcomes):
            return Mark.NOT_RUN
        return Mark.UNKNOWN

    def waiting_for(self) -> tuple[str, ...]:
        """Probes with a step under way."""
        return tuple(dict.fromkeys(line.probe for line in self.steps.values() if line.ended_s is None))

    def remaining_s(self, now_s: float) -> float:
        """What a healthy run still takes; once it is late, the most that the steps under way can still take."""
        typical = typical_s(self.request) - now_s
        if typical > 0:
            return typical
        open_s = (line.began_s + line.deadline_s for line in self.steps.values() if line.ended_s is None)
        return max(0.0, max(open_s, default=now_s) - now_s)

    def late(self, now_s: float) -> bool:
        """Whether it takes longer than on a healthy network: something does not answer."""
        return now_s > typical_s(self.request)


def link_kind(fact: object) -> InterfaceKind | None:
    """What the way out of this computer begins with; None where the fact does not tell."""
    if not isinstance(fact, NetworkState) or not fact.default_routes:
        return None
    used = fact.default_routes[0].interface
    return next((interface.kind for interface in fact.interfaces if interface.name == used), None)


def link_of(record: RunRecord) -> InterfaceKind | None:
    """What the way out of the computer began with; None where the run does not tell."""
    facts = (result.outcome.fact for result in record.results if isinstance(result.outcome, Completed))
    return next((kind for fact in facts if (kind := link_kind(fact)) is not None), None)


_OF_THE_WHOLE_NETWORK = frozenset(
    {
        "lan.captive_portal",
        "lan.client_isolation",
        "lan.dhcp_failed",
        "lan.duplicate_address",
        "lan.rogue_dhcp",
        "lan.wrong_network",
    }
)
"""Faults of the first stretch for which neither the Wi-Fi nor the cable is to blame."""


def place_name(segment: Segment, link: InterfaceKind | None, texts: Texts, cause: str | None = None) -> str:
    """What a place of the drawing is called, in words of every day; `cause` is what was found to be the root."""
    _ = texts.gettext
    if segment is Segment.LAN and cause in _OF_THE_WHOLE_NETWORK:
        return _("This network")
    if segment is Segment.ACCESS:
        return _("Provider’s line")
    if segment is Segment.LAN and link is InterfaceKind.WIFI:
        return _("Wi-Fi")
    if segment is Segment.LAN and link is InterfaceKind.ETHERNET:
        return _("Cable")
    return segment_name(segment, texts)


def place_word(place: Place, texts: Texts) -> str:
    """The word beside the shape of a place: what fails for a fault elsewhere is not broken itself."""
    if place.mark is Mark.BROKEN and not place.here:
        return texts.gettext("does not work")
    return mark_word(place.mark, texts)


def mark_word(mark: Mark, texts: Texts) -> str:
    """The word beside the shape."""
    _ = texts.gettext
    match mark:
        case Mark.OK:
            return _("works")
        case Mark.WARN:
            return _("has trouble")
        case Mark.BROKEN:
            return _("at fault")
        case Mark.UNKNOWN:
            return _("not clear")
        case Mark.NOT_RUN:
            return _("not tested")
        case Mark.RUNNING:
            return _("checking …")


def live_word(segment: Segment, mark: Mark, texts: Texts) -> str:
    """The word beside the shape while measuring, when nothing is decided yet."""
    _ = texts.gettext
    match mark:
        case Mark.OK if segment is Segment.DEVICE:
            return _("ready")
        case Mark.UNKNOWN if segment is Segment.DEVICE:
            return _("no way out")
        case Mark.OK:
            return _("answers")
        case Mark.UNKNOWN:
            return _("no answer yet")
        case Mark.NOT_RUN:
            return _("waiting")
        case _:
            return mark_word(mark, texts)


def symptom_detail(symptom: Symptom, texts: Texts) -> str:
    """What an answer to "what is wrong?" means."""
    _ = texts.gettext
    match symptom:
        case Symptom.NO_INTERNET:
            return _("No page opens, mail does not arrive")
        case Symptom.SLOW:
            return _("Pages and downloads take long")
        case Symptom.UNSTABLE:
            return _("Works for a while, then stops")
        case Symptom.ONE_SERVICE:
            return _("The rest of the internet is fine")
        case Symptom.CALLS:
            return _("Voice breaks up, pictures freeze")
        case Symptom.VPN:
            return _("No way into the company network")
        case Symptom.CHECK_UP:
            return _("Nothing special is wrong")


def depth_text(depth: Depth, texts: Texts) -> tuple[str, str]:
    """A choice of how much is measured, with what it costs."""
    _ = texts.gettext
    match depth:
        case Depth.QUICK:
            return _("Quick look"), _("About 5 seconds, up to 10 where something does not answer")
        case Depth.STANDARD:
            return _("Normal check"), _(
                "About 10 seconds, up to 20 where something does not answer. The right choice for most troubles"
            )
        case Depth.FULL:
            return _("Thorough check with load test"), _(
                "About half a minute. Keeps your line fully busy for up to 20 seconds of it"
            )
