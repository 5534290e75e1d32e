"""From values to what the pages show: the drawing of the path, the rows of a run, words. No Qt in here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from nexkit.diagnosis.verdict import Diagnosis, Rung, RungState, Segment
from nexkit.events import Event, RunFinished, StepFinished, StepProgress, StepSample, StepsPlanned
from nexkit.facts.dns import ResolverAnswers, SystemLookups
from nexkit.facts.echo import EchoStats
from nexkit.facts.load import LoadTest
from nexkit.facts.network import GatewayReach, NeighbourState, NetworkState
from nexkit.facts.path import PathTrace
from nexkit.facts.portal import PortalCheck
from nexkit.facts.reach import Reach
from nexkit.outcome import Completed, Skipped
from nexkit.probe import ProbeSpec
from nexkit.request import Depth, Symptom
from nexkit.run_record import StepResult
from nexkit.subject import Subject
from nexkit.texts import Texts

TYPICAL_S: Mapping[Depth, float] = {Depth.QUICK: 5.0, Depth.STANDARD: 15.0, Depth.FULL: 40.0}
"""What a run on a healthy network takes; the remaining time is counted down from it."""

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
    root = diagnosis.verdict.segment
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
    Subject.RESOLVER: (Segment.DNS,),
    Subject.SERVICE: (Segment.SERVICE,),
}
"""The places that a sign of life from a subject lights up while measuring."""

LIVE_SEGMENTS = tuple(segment for segment in Segment if segment not in _SIDE)


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
    ratio: float = 0.0
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

    @property
    def finished(self) -> bool:
        """Whether none of the planned steps is under way."""
        return self.done == self.total


@dataclass(slots=True, kw_only=True)
class LiveRun:
    """What is known while a run goes on; fed with events and with seconds since the start."""

    specs: Mapping[str, ProbeSpec]
    depth: Depth
    steps: dict[str, StepLine] = field(default_factory=dict)
    traffic_bytes: int = 0
    most_bytes: int = 0
    """The most that the steps planned so far may send and receive."""
    stage_ends_s: float = 0.0
    finished: bool = False

    def feed(self, event: Event, now_s: float) -> None:
        """Take in one event."""
        match event:
            case StepsPlanned():
                for step_id, probe, subject in event.steps:
                    self.steps[step_id] = StepLine(probe=probe, subject=subject)
                    self.most_bytes += self.specs[probe].max_bytes if probe in self.specs else 0
                self.stage_ends_s = max(self.stage_ends_s, now_s + event.expected_s)
            case StepProgress():
                self.steps[event.step_id].ratio = event.ratio
            case StepFinished():
                line = self.steps[event.result.id]
                line.ratio, line.result = 1.0, event.result
                self.traffic_bytes += event.result.traffic_bytes
            case RunFinished():
                self.finished = True
                self.traffic_bytes = event.traffic_bytes
            case StepSample():
                pass

    def rows(self) -> tuple[ProbeRow, ...]:
        """One row for each probe, in the order in which they came up."""
        by_probe: dict[str, list[StepLine]] = {}
        for line in self.steps.values():
            by_probe.setdefault(line.probe, []).append(line)
        return tuple(
            ProbeRow(
                probe=probe,
                done=sum(line.result is not None for line in lines),
                total=len(lines),
                ratio=sum(line.ratio for line in lines) / len(lines),
                measured=sum(line.result is not None and isinstance(line.result.outcome, Completed) for line in lines),
            )
            for probe, lines in by_probe.items()
        )

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
        return tuple(row.probe for row in self.rows() if not row.finished)

    def remaining_s(self, now_s: float) -> float:
        """What a healthy run still takes; once it is late, the most that the present stage can still take."""
        typical = TYPICAL_S[self.depth] - now_s
        return typical if typical > 0 else max(0.0, self.stage_ends_s - now_s)

    def late(self, now_s: float) -> bool:
        """Whether it takes longer than on a healthy network: something does not answer."""
        return now_s > TYPICAL_S[self.depth]


def mark_word(mark: Mark, texts: Texts) -> str:
    """The word beside the shape."""
    _ = texts.gettext
    match mark:
        case Mark.OK:
            return _("works")
        case Mark.WARN:
            return _("has trouble")
        case Mark.BROKEN:
            return _("broken here")
        case Mark.UNKNOWN:
            return _("not clear")
        case Mark.NOT_RUN:
            return _("not tested")
        case Mark.RUNNING:
            return _("checking …")


def live_word(mark: Mark, texts: Texts) -> str:
    """The word beside the shape while measuring, when nothing is decided yet."""
    _ = texts.gettext
    match mark:
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
            return _("Quick look"), _("About 5 seconds")
        case Depth.STANDARD:
            return _("Normal check"), _("About 15 seconds; the right choice for most troubles")
        case Depth.FULL:
            return _("Thorough check with load test"), _("About 40 seconds; fills your line for some seconds")
