"""From light samples to episodes: pure, one round after the other.

What counts as trouble is measured by the watch's own baseline: who never answered is not missed, and a line that always
took 300 ms is not slow at 300 ms. A nearer place is innocent while a farther one answers: routers answer echo requests
late, or not at all, and pass packets on all the same (RFC 1812 section 4.3.2.8 lets them limit what they answer).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from math import comb

from nexkit.diagnosis.verdict import Segment, Severity
from nexkit.stats import quantile
from nexkit.subject import Subject
from nexkit.units import Ms, Ratio, Seconds
from nexkit.watch.events import SampleState
from nexkit.watch.record import LightSign, SignKind


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionLimits:
    """When something is trouble."""

    heard_rounds: int = 2
    """Answered rounds after which somebody's silence says something."""
    begin_rounds: int = 3
    """Bad rounds in a row: a single loss is none (Linux gives up a neighbour after three requests as well:
    arp(7), mcast_solicit)."""
    end_rounds: int = 4
    """Good rounds in a row: more than to begin with, so that what flickers stays one episode."""
    window_s: Seconds = Seconds(60.0)
    """Over which losses are counted."""
    least_lost: int = 4
    lossy_rounds: int = 3
    """So many rounds have to lack answers: two of total silence are left to `begin_rounds`."""
    loss_ratio: Ratio = Ratio(0.05)
    """Half of what calls bear at the worst (Microsoft Teams, network requirements: below 10 % in any 200 ms, 1 % over
    15 s); fewer answers than light rounds have tell no finer."""
    usual_loss_ratio: Ratio = Ratio(0.01)
    """Taken for usual where the watch has seen less (the 1 % of the same requirements)."""
    chance: float = 1e-4
    """How likely as many losses may be by chance at the usual rate: one false alarm in a week of minutes."""
    cleared_ratio: Ratio = Ratio(0.02)
    """Losses are over at no more than this, or at one and a half times what is usual."""
    cleared_sent: int = 20
    """Of at least so many requests."""
    usual_samples: int = 60
    """Round trips that make the baseline; the oldest goes for a new one."""
    usual_least: int = 6
    """Before there are so many, nothing is slow."""
    slow_ms: Ms = Ms(100.0)
    """Above what is usual (Microsoft Teams, network requirements: round trip below 100 ms)."""
    slow_factor: float = 2.0
    slow_answer_ms: Ms = Ms(1000.0)
    """Of names and services, whose times vary: a lost first packet costs a second (RFC 6298 section 2)."""
    unknown_s: Seconds = Seconds(120.0)
    """A place of which nothing is known for so long is no part of an episode any more."""
    remembered: int = 5000
    """Requests over which the usual loss is kept; beyond, the earlier ones count half."""


DEFAULT_DETECTION = DetectionLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class LightSample:
    """What one of those that were asked in a round came to."""

    target: str
    subject: Subject
    sent: int
    """0: it was not asked, or this computer or the kit's own limits did not let it; says nothing."""
    lost: int
    rtt_ms: Ms | None
    """The quickest of the round; None: no answer."""
    failed: bool = False
    """Answered, with a no."""
    icmp: bool = True
    """By echo requests, whose silence alone proves nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LightRound:
    """One light round."""

    at_s: Seconds
    """Since the watch began."""
    online: bool | None
    """This computer has an address and a way out; None: not read, or the system does not tell."""
    samples: tuple[LightSample, ...]


class Place(Enum):
    """Where trouble shows in light rounds, from this computer outwards."""

    LINK = "link"
    EVERYTHING = "everything"
    """Nobody has ever answered in this network, name servers and connections included."""
    GATEWAY = "gateway"
    INTERNET = "internet"
    RESOLVER = "resolver"
    SERVICE = "service"


_PLACE_OF = {
    Subject.GATEWAY: Place.GATEWAY,
    Subject.ANCHOR: Place.INTERNET,
    Subject.RESOLVER: Place.RESOLVER,
    Subject.SERVICE: Place.SERVICE,
}
_FAR = frozenset({Place.INTERNET, Place.SERVICE})
_BAD = frozenset({SampleState.LOST, SampleState.SLOW, SampleState.FAILED})
_BLOCKING = frozenset({SignKind.SILENT, SignKind.FAILED, SignKind.NO_LINK})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Track:
    """What is usual of one target in this network."""

    heard: int = 0
    usual_ms: tuple[float, ...] = ()
    sent: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counted:
    """Requests of one target in one round of the window."""

    at_s: float
    target: str
    sent: int
    lost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Course:
    """How one place goes."""

    bad: int = 0
    """Bad rounds in a row; unknown ones between them do not count."""
    good: int = 0
    bad_since_s: float | None = None
    good_since_s: float | None = None
    known_s: float | None = None
    """The last round in which anything was known."""
    lost_s: float | None = None
    """The last round in which an answer was missing."""
    recent: tuple[_Counted, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """An episode under way, as far as light rounds tell."""

    since_s: Seconds
    places: frozenset[Place]
    """Those that have not become good again since."""
    all_places: frozenset[Place]
    signs: tuple[LightSign, ...]

    @property
    def segment(self) -> Segment | None:
        """The place nearest to the user; None where it could be the router as well as the line."""
        return segment_of_places(self.all_places)

    @property
    def severity(self) -> Severity:
        """Blocking where somebody was silent."""
        return severity_of(self.signs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What has been seen so far; the beginning of a watch is an empty one."""

    tracks: Mapping[str, _Track] = field(default_factory=dict)
    courses: Mapping[Place, _Course] = field(default_factory=dict)
    trouble: Trouble | None = None

    @property
    def heard(self) -> frozenset[str]:
        """The targets that have answered in this network."""
        return frozenset(target for target, track in self.tracks.items() if track.heard)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What one round changed."""

    detection: Detection
    states: Mapping[str, SampleState]
    """By target."""
    bad: bool
    """Some place was bad: worth looking again soon."""
    began: bool = False
    changed: bool = False
    """The trouble has spread, or shows itself otherwise."""
    ended_s: Seconds | None = None
    """The trouble is over, since then."""


def segment_of_places(places: frozenset[Place]) -> Segment | None:
    """Where the kit's causes have it (nexkit/diagnosis/causes.toml)."""
    order = (
        (Place.LINK, Segment.DEVICE),
        (Place.EVERYTHING, None),
        (Place.GATEWAY, Segment.GATEWAY),
        (Place.INTERNET, Segment.ACCESS),
        (Place.RESOLVER, Segment.DNS),
        (Place.SERVICE, Segment.SERVICE),
    )
    return next((segment for place, segment in order if place in places), None)


def severity_of(signs: tuple[LightSign, ...]) -> Severity:
    """What the signs mean for the user."""
    return Severity.BLOCKING if any(sign.kind in _BLOCKING for sign in signs) else Severity.DEGRADED


def other_network(detection: Detection) -> Detection:
    """Another network, another baseline; trouble that is under way goes on until something answers."""
    courses = {place: replace(course, recent=()) for place, course in detection.courses.items()}
    return replace(detection, tracks={}, courses=courses)


def after_gap(detection: Detection) -> Detection:
    """Nothing was measured for a while: what was under way is not known to have gone on."""
    return replace(detection, courses={}, trouble=None)


def observe(detection: Detection, now: LightRound, limits: DetectionLimits = DEFAULT_DETECTION) -> Observed:
    """One more round."""
    states = {each.target: _state(each, detection.tracks.get(each.target), limits) for each in now.samples}
    ways = _places(detection, now, states)
    courses = {
        place: _course(detection.courses.get(place, _Course()), place, ways, now, states, limits) for place in Place
    }
    before = detection.trouble
    if before is not None:
        courses = {place: _without_silence(course, limits) for place, course in courses.items()}
    in_trouble = {
        place
        for place, course in courses.items()
        if course.bad >= limits.begin_rounds or _lossy(course, detection.tracks, limits)
    }
    tracks = _tracks(detection.tracks, now, states, limits, learning=before is None and True not in ways.values())
    held = set() if before is None else {p for p in before.places if not _is_over(courses[p], now.at_s, limits)}
    places = frozenset(held | in_trouble)
    seen = Detection(tracks=tracks, courses=courses)
    bad = True in ways.values()
    if not places:
        if before is None:
            return Observed(detection=seen, states=states, bad=bad)
        over_s = max(_good_since(courses[place], now.at_s) for place in before.all_places)
        calm = {place: replace(course, recent=()) for place, course in courses.items()}
        ended_s = Seconds(max(over_s, before.since_s))
        return Observed(detection=replace(seen, courses=calm), states=states, bad=bad, ended_s=ended_s)
    signs = tuple(_signs(places, courses, now, states, detection.tracks, limits))
    if before is None:
        since_s = min(_since(courses[place], now.at_s) for place in in_trouble)
        trouble = Trouble(since_s=Seconds(since_s), places=places, all_places=places, signs=signs)
        return Observed(detection=replace(seen, trouble=trouble), states=states, bad=bad, began=True)
    told = {(sign.target, sign.kind) for sign in before.signs}
    trouble = Trouble(
        since_s=before.since_s,
        places=places,
        all_places=before.all_places | places,
        signs=before.signs + tuple(sign for sign in signs if (sign.target, sign.kind) not in told),
    )
    changed = trouble.all_places != before.all_places or len(trouble.signs) != len(before.signs)
    return Observed(detection=replace(seen, trouble=trouble), states=states, bad=bad, changed=changed)


def _state(sample: LightSample, track: _Track | None, limits: DetectionLimits) -> SampleState:
    """What a sample says, beside what is usual."""
    track = track or _Track()
    if sample.sent <= 0:
        return SampleState.UNKNOWN
    if sample.failed:
        return SampleState.FAILED if track.heard >= limits.heard_rounds else SampleState.UNKNOWN
    if sample.rtt_ms is None:
        return SampleState.LOST if track.heard >= limits.heard_rounds else SampleState.UNKNOWN
    if _PLACE_OF.get(sample.subject) in {Place.RESOLVER, Place.SERVICE}:
        least_ms = limits.slow_answer_ms
    else:
        least_ms = limits.slow_ms
    usual_ms = quantile(track.usual_ms, 0.5) if len(track.usual_ms) >= limits.usual_least else None
    if usual_ms is not None and sample.rtt_ms > max(usual_ms + least_ms, usual_ms * limits.slow_factor):
        return SampleState.SLOW
    return SampleState.GOOD


def _places(detection: Detection, now: LightRound, states: Mapping[str, SampleState]) -> dict[Place, bool | None]:
    """Whether each place is bad in this round; None: the round says nothing of it."""
    ways: dict[Place, bool | None] = dict.fromkeys(Place)
    ways[Place.LINK] = None if now.online is None else not now.online
    if now.online is False:
        return ways
    if any(state is not SampleState.UNKNOWN for state in states.values()):
        ways[Place.EVERYTHING] = False
    elif not detection.heard:
        asked = [each for each in now.samples if each.sent > 0]
        if asked and not all(each.icmp for each in asked) and all(each.rtt_ms is None for each in asked):
            ways[Place.EVERYTHING] = True
    for place in (Place.GATEWAY, Place.INTERNET, Place.RESOLVER, Place.SERVICE):
        told = {states[each.target] for each in now.samples if _PLACE_OF.get(each.subject) is place}
        told.discard(SampleState.UNKNOWN)
        ways[place] = None if not told else SampleState.GOOD not in told
    anchors = [each for each in now.samples if each.subject is Subject.ANCHOR and each.sent > 0]
    if ways[Place.INTERNET] and len(anchors) == 1 and ways[Place.SERVICE] is False:
        ways[Place.INTERNET] = None  # one of the internet's hosts is not the internet
    if ways[Place.GATEWAY] and any(ways[place] is False for place in _FAR):
        ways[Place.GATEWAY] = False
    return ways


def _course(
    course: _Course,
    place: Place,
    ways: Mapping[Place, bool | None],
    now: LightRound,
    states: Mapping[str, SampleState],
    limits: DetectionLimits,
) -> _Course:
    way = ways[place]
    counted = tuple(
        _Counted(at_s=now.at_s, target=each.target, sent=each.sent, lost=each.lost)
        for each in now.samples
        if _PLACE_OF.get(each.subject) is place and states[each.target] is not SampleState.UNKNOWN and each.icmp
    )
    if (place is Place.GATEWAY and way is False) or (place is Place.INTERNET and way is None):
        # It was found innocent.
        counted = tuple(replace(each, lost=0) for each in counted)
    recent = tuple(each for each in course.recent if each.at_s > now.at_s - limits.window_s) + counted
    lost_s = now.at_s if any(each.lost for each in counted) else course.lost_s
    if way is None:
        return replace(course, recent=recent, lost_s=lost_s)
    if way:
        return _Course(
            bad=course.bad + 1,
            bad_since_s=now.at_s if course.bad_since_s is None else course.bad_since_s,
            known_s=now.at_s,
            lost_s=lost_s,
            recent=recent,
        )
    return _Course(
        good=course.good + 1,
        good_since_s=now.at_s if course.good_since_s is None else course.good_since_s,
        known_s=now.at_s,
        lost_s=lost_s,
        recent=recent,
    )


def _without_silence(course: _Course, limits: DetectionLimits) -> _Course:
    """Of a place that has become good again, what was counted since: silence that is over is no loss that goes on."""
    if course.good < limits.end_rounds or course.good_since_s is None:
        return course
    return replace(course, recent=tuple(each for each in course.recent if each.at_s >= course.good_since_s))


def _good_since(course: _Course, now_s: float) -> float:
    """The first good round of the last ones, and the last loss before them."""
    return max(now_s if course.good_since_s is None else course.good_since_s, course.lost_s or 0.0)


def _tracks(
    tracks: Mapping[str, _Track],
    now: LightRound,
    states: Mapping[str, SampleState],
    limits: DetectionLimits,
    *,
    learning: bool,
) -> dict[str, _Track]:
    """The baseline with this round in it; trouble is no part of what is usual."""
    found = dict(tracks)
    for each in now.samples:
        if each.sent <= 0:
            continue
        track = found.get(each.target, _Track())
        heard = track.heard + (each.rtt_ms is not None and not each.failed)
        track = replace(track, heard=min(heard, limits.remembered))
        if each.rtt_ms is not None and states[each.target] is SampleState.GOOD:
            track = replace(track, usual_ms=(*track.usual_ms, each.rtt_ms)[-limits.usual_samples :])
        if learning and heard:
            track = replace(track, sent=track.sent + each.sent, lost=track.lost + each.lost)
            if track.sent > limits.remembered:
                track = replace(track, sent=track.sent // 2, lost=track.lost // 2)
        found[each.target] = track
    return found


def _usual_loss(recent: tuple[_Counted, ...], tracks: Mapping[str, _Track], limits: DetectionLimits) -> float:
    """The loss that this watch has seen apart from the window that is looked at."""
    targets = {each.target for each in recent}
    sent = sum(tracks[target].sent for target in targets if target in tracks) - sum(each.sent for each in recent)
    lost = sum(tracks[target].lost for target in targets if target in tracks) - sum(each.lost for each in recent)
    return max(limits.usual_loss_ratio, max(lost, 0) / sent) if sent > 0 else limits.usual_loss_ratio


def _lossy(course: _Course, tracks: Mapping[str, _Track], limits: DetectionLimits) -> bool:
    """Far more is lost than chance and the usual loss explain, and to each of those that are asked."""
    sent, lost = sum(each.sent for each in course.recent), sum(each.lost for each in course.recent)
    rounds = len({each.at_s for each in course.recent if each.lost})
    if lost < limits.least_lost or lost < sent * limits.loss_ratio or rounds < limits.lossy_rounds:
        return False
    lossless = {each.target for each in course.recent} - {each.target for each in course.recent if each.lost}
    if lossless:
        return False
    usual = min(_usual_loss(course.recent, tracks, limits), 1.0)
    return _at_least(lost, sent, usual) < limits.chance


def _at_least(lost: int, sent: int, ratio: float) -> float:
    """How likely so many losses or more are by chance (binomial distribution)."""
    return 1.0 - sum(comb(sent, k) * ratio**k * (1 - ratio) ** (sent - k) for k in range(lost))


def _is_over(course: _Course, now_s: float, limits: DetectionLimits) -> bool:
    """The place has been good for a while, or nothing is known of it any more."""
    if course.known_s is None or now_s - course.known_s > limits.unknown_s:
        return True
    if course.good < limits.end_rounds:
        return False
    sent, lost = sum(each.sent for each in course.recent), sum(each.lost for each in course.recent)
    return lost == 0 or (sent >= limits.cleared_sent and lost <= sent * limits.cleared_ratio)


def _since(course: _Course, now_s: float) -> float:
    """The first bad round in a row, or the first loss of the window."""
    if course.bad_since_s is not None:
        return course.bad_since_s
    return next((each.at_s for each in course.recent if each.lost), now_s)


def _signs(
    places: frozenset[Place],
    courses: Mapping[Place, _Course],
    now: LightRound,
    states: Mapping[str, SampleState],
    tracks: Mapping[str, _Track],
    limits: DetectionLimits,
) -> Iterator[LightSign]:
    """What is broken in this round, in the places of the trouble."""
    if Place.LINK in places and courses[Place.LINK].bad:
        yield LightSign(target="link", subject=Subject.COMPUTER, kind=SignKind.NO_LINK)
    for each in now.samples:
        place = _PLACE_OF.get(each.subject)
        state = states[each.target]
        never = Place.EVERYTHING in places and courses[Place.EVERYTHING].bad and each.sent > 0
        if never:
            yield LightSign(target=each.target, subject=each.subject, kind=SignKind.SILENT, loss_ratio=Ratio(1.0))
            continue
        if place not in places or state is SampleState.UNKNOWN:
            continue
        course, usual = courses[place], tracks.get(each.target, _Track())
        usual_ms = quantile(usual.usual_ms, 0.5)
        own = [counted for counted in course.recent if counted.target == each.target]
        sent, lost = sum(counted.sent for counted in own), sum(counted.lost for counted in own)
        ratio = Ratio(lost / sent) if sent else None
        kind: SignKind | None = None
        if course.bad >= limits.begin_rounds:
            kind = {
                SampleState.LOST: SignKind.SILENT,
                SampleState.SLOW: SignKind.SLOW,
                SampleState.FAILED: SignKind.FAILED,
            }.get(state)
        elif lost and _lossy(course, tracks, limits):
            kind = SignKind.LOSS
        if kind is not None:
            yield LightSign(
                target=each.target,
                subject=each.subject,
                kind=kind,
                loss_ratio=Ratio(1.0) if kind is SignKind.SILENT else ratio,
                rtt_ms=each.rtt_ms,
                usual_rtt_ms=None if usual_ms is None else Ms(usual_ms),
            )
