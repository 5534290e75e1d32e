"""What was measured, for people who know no networks: who was asked, how often an answer came, what was wrong with it.

Steps of one kind to one other end are told in one line; engineers have the figures of every step beside it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeAlias

from nexkit.address import Family, Scope, known_family, known_scope
from nexkit.diagnosis.signs import KEPT_BACK, kept_from, not_permitted, service_id
from nexkit.facts.access import AccessLine
from nexkit.facts.dns import NameRole, ResolverAnswers, SystemLookups, rewritten_to
from nexkit.facts.echo import EchoStats
from nexkit.facts.link import LinkReading
from nexkit.facts.load import LoadTest
from nexkit.facts.mtu import MtuState, PathMtu
from nexkit.facts.network import GatewayReach, NeighbourState, NetworkState
from nexkit.facts.path import PathTrace
from nexkit.facts.portal import PortalCheck
from nexkit.facts.reach import ProxyReach, Reach
from nexkit.facts.time import ClockCheck
from nexkit.facts.udp import UdpPortState, UdpService
from nexkit.facts.wifi import WifiReading
from nexkit.outcome import Completed, Failure, FailureKind
from nexkit.run_record import RunRecord, StepResult
from nexkit.stats import quantile
from nexkit.subject import Subject
from nexkit.texts import Texts
from nexkit.texts.facts import REAL_LINKS, fact_text, outcome_text
from nexkit.texts.numbers import bit_rate, quantity, whole_milliseconds
from nexkit.texts.verdicts import failure_text
from nexkit.texts.words import span_text, spoken_time, subject_text

_FAMILIES = {Family.IPV4: "IPv4", Family.IPV6: "IPv6"}
_OF_SERVICES = frozenset({Subject.SERVICE, Subject.SERVICE_HOST})
_FOUND = frozenset({"NOERROR", "NXDOMAIN"})


@dataclass(frozen=True, slots=True)
class _Answers:
    """How often somebody was asked and answered."""

    asked: int = 0
    answered: int = 0
    times_ms: tuple[float, ...] = ()

    def __add__(self, other: "_Answers") -> "_Answers":
        """Both together."""
        return _Answers(self.asked + other.asked, self.answered + other.answered, self.times_ms + other.times_ms)


_Counts: TypeAlias = Mapping[Family | None, _Answers]
"""By the kind of address that was asked; None where that is of no account."""


def evidence_lines(steps: Iterable[str], record: RunRecord, texts: Texts) -> tuple[str, ...]:
    """What some steps of a run have shown, a line for each kind of thing; a step that is not there has none."""
    by_id = record.by_id()
    groups: dict[tuple[object, ...], list[StepResult]] = {}
    for result in (by_id[step] for step in steps if step in by_id):
        groups.setdefault(_group(result), []).append(result)
    return tuple(dict.fromkeys(line for group in groups.values() for line in _lines(group, texts)))


def _group(result: StepResult) -> tuple[object, ...]:
    """Steps that are told together: those that only count answers of the same other end."""
    counts = _counts(result)
    if not counts or isinstance(_fact(result), ResolverAnswers):
        return (result.id,)
    return (result.subject, _service(result), _odd_kinds(result))


def _service(result: StepResult) -> str | None:
    """The name of the service that a step is about; None for those of anything else."""
    return service_id(result.id) if result.subject in _OF_SERVICES else None


def _fact(result: StepResult) -> object:
    """What a step measured; None where it did not."""
    return result.outcome.fact if isinstance(result.outcome, Completed) else None


def _lines(results: Sequence[StepResult], texts: Texts) -> Iterator[str]:
    _ = texts.gettext
    first = results[0]
    who, service = subject_text(first.subject, texts), _service(first)
    if service is not None:
        who = _("{what} “{name}”").format(what=who, name=service)
    if isinstance(_fact(first), SystemLookups):
        who = _("Name lookup on this computer")
    counts: dict[Family | None, _Answers] = {}
    for result in results:
        for family, answers in _counts(result).items():
            counts[family] = counts.get(family, _Answers()) + answers
    if not counts:
        yield _("{who}: {what}").format(who=who, what=_single(first, texts))
        return
    odd = _odd_words(_odd_kinds(first), texts)
    one_dead = any(each.answered for each in counts.values()) and not all(each.answered for each in counts.values())
    if not one_dead:
        yield texts.joined((_counted(who, sum(counts.values(), _Answers()), texts), *odd))
        return
    for family, answers in counts.items():
        name = who if family is None else f"{who} ({_FAMILIES[family]})"
        yield texts.joined((_counted(name, answers, texts), *(odd if answers.answered else ())))


def _counted(who: str, answers: _Answers, texts: Texts) -> str:
    _ = texts.gettext
    usual = quantile(answers.times_ms, 0.5)
    if not answers.answered:
        words = _("{who}: never answered (asked {asked}×).")
    elif usual is None:
        words = _("{who}: answered {answered} of {asked} times.")
    elif answers.answered < answers.asked:
        words = _("{who}: answered {answered} of {asked} times, as a rule within {time}.")
    else:
        words = _("{who}: answered every time ({asked} of {asked}), as a rule within {time}.")
    return words.format(
        who=who,
        asked=answers.asked,
        answered=answers.answered,
        time="–" if usual is None else whole_milliseconds(usual),
    )


def _tally(tries: Iterable[tuple[str | None, bool, float | None]]) -> _Counts:
    """Of (address, whether an answer came, how long it took)."""
    counts: dict[Family | None, _Answers] = {}
    for address, came, time_ms in tries:
        family = None if address is None else known_family(address)
        answers = _Answers(1, int(came), () if time_ms is None or not came else (time_ms,))
        counts[family] = counts.get(family, _Answers()) + answers
    return counts


def _counts(result: StepResult) -> _Counts:
    """Nothing where it is not answers that count."""
    match _fact(result):
        case EchoStats() as fact:
            usual = () if fact.rtt_p50_ms is None else (fact.rtt_p50_ms,)
            return {known_family(fact.target): _Answers(fact.sent, fact.received, usual)}
        case ResolverAnswers() as fact:
            asked = (query for query in fact.queries if _sent(query.failure))
            return _tally((None, query.rcode is not None, query.time_ms) for query in asked)
        case SystemLookups() as fact:
            names = (each for each in fact.lookups if each.role is not NameRole.NONEXISTENT)
            return _tally((None, bool(each.addresses), each.time_ms) for each in names)
        case Reach() as fact if result.subject is not Subject.PROXY and kept_from(fact) is None:
            tried = (each for each in fact.attempts if _sent(each.failure))
            return _tally((each.address, each.failure is None, each.total_ms) for each in tried)
        case PortalCheck() as fact:
            return _tally((each.address, each.failure is None, each.total_ms) for each in fact.attempts)
    return {}


def _sent(failure: Failure | None) -> bool:
    return failure is None or failure.kind not in KEPT_BACK


def _kept_back(fact: object) -> FailureKind | None:
    """What kept anything from being sent; None: nothing did."""
    match fact:
        case Reach():
            return kept_from(fact)
        case GatewayReach() | ResolverAnswers() if not_permitted(fact):
            return FailureKind.PERMISSION
    return None


def _odd_kinds(result: StepResult) -> frozenset[str]:
    """What was wrong with answers that came."""
    match _fact(result):
        case ResolverAnswers() as fact:
            refused = any(query.rcode is not None and query.rcode not in _FOUND for query in fact.queries)
            invented = bool(rewritten_to(fact))
            return frozenset(["error"] * refused + ["invented"] * invented)
        case Reach() as fact:
            distrusted = any(each.tls is not None and not each.tls.trusted for each in fact.attempts)
            statuses = [each.http.status for each in fact.attempts if each.http is not None]
            failed = any(status >= HTTPStatus.BAD_REQUEST for status in statuses)
            return frozenset(["distrusted"] * distrusted + ["status"] * failed)
        case PortalCheck() as fact:
            return frozenset(["changed"] * any(each.as_expected is False for each in fact.attempts))
    return frozenset()


def _odd_words(kinds: Iterable[str], texts: Texts) -> Iterable[str]:
    _ = texts.gettext
    words = {
        "error": _("Some of the answers were only an error."),
        "invented": _("It gives an address even for names that do not exist."),
        "distrusted": _("It could not prove who it is."),
        "status": _("The server itself reported an error."),
        "changed": _("Something else came than the page that was asked for."),
    }
    return [words[kind] for kind in words if kind in kinds]


def _single(result: StepResult, texts: Texts) -> str:
    """What one step has shown that does not count answers."""
    _ = texts.gettext
    fact = _fact(result)
    if fact is None:
        return _("could not be measured. {reason}").format(reason=outcome_text(result, texts))
    if isinstance(fact, LinkReading) and result.subject is not Subject.COMPUTER:
        return _("the way that data takes there was looked up.")
    if isinstance(fact, Reach) and fact.through_proxy is not None and result.subject is Subject.PROXY:
        return _through_proxy(fact.host, fact.through_proxy, texts)
    kept_back = _kept_back(fact)
    if kept_back is not None and not (isinstance(fact, GatewayReach) and _is_there(fact)):
        return _("could not be measured. {reason}").format(reason=failure_text(kept_back, texts))
    return _WORDS.get(type(fact), fact_text)(fact, texts)


def _link(fact: LinkReading, texts: Texts) -> str:
    _ = texts.gettext
    real = [link for link in fact.links if link.kind in REAL_LINKS and link.admin_up and link.carrier is not False]
    lines = [
        _("speed of the connection to the router or socket: {speed}, damaged pieces of data: {errors}.").format(
            speed=bit_rate(link.speed_bit_s), errors=quantity(link.counters.receive_errors)
        )
        for link in real
        if link.speed_bit_s is not None
    ]
    return texts.joined(lines) or _("its network connections were read.")


def _through_proxy(host: str, through: ProxyReach, texts: Texts) -> str:
    _ = texts.gettext
    status = through.tunnel.status if through.tunnel is not None else HTTPStatus.OK
    if through.failure is None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return _("{host} was reached through it.").format(host=host)
    return _("{host} was not reached through it.").format(host=host)


def _clock(fact: ClockCheck, texts: Texts) -> str:
    _ = texts.gettext
    if fact.offset_s is None:
        return _("other clocks could not be asked, or do not agree.")
    words = (
        _("{good} of {count} clocks of others say that the one of this computer is {time} behind.")
        if fact.offset_s > 0
        else _("{good} of {count} clocks of others say that the one of this computer is {time} ahead.")
    )
    return words.format(good=fact.agreeing, count=len(fact.sources), time=span_text(abs(fact.offset_s), texts))


def _udp(fact: UdpService, texts: Texts) -> str:
    _ = texts.gettext
    states = {port.state for port in fact.ports}
    if states & {UdpPortState.ANSWERS, UdpPortState.ANSWERS_OTHERWISE}:
        return _("its server answers.")
    if UdpPortState.REFUSED in states:
        return _("its server refuses.")
    return _("its server gives no answer.") if states else _("its server was not found.")


def _line_kind(_fact: AccessLine, texts: Texts) -> str:
    return texts.gettext("what kind of line it is was told by its signs.")


def _nameless(_fact: Reach, texts: Texts) -> str:
    return texts.gettext("its name was not found.")


def _path(fact: PathTrace, texts: Texts) -> str:
    _ = texts.gettext
    if fact.reached:
        return _("the way there was followed to its end.")
    return _("the way there was followed, and ends before it.")


def _wifi(fact: WifiReading, texts: Texts) -> str:
    signal = next((link.rssi_dbm for link in fact.links if link.rssi_dbm is not None), None)
    if signal is None:
        return fact_text(fact, texts)
    words = texts.gettext("strength of the Wi-Fi signal: {signal} (-67 dBm or more is good).")
    return words.format(signal=quantity(signal, "dBm"))


def _nearby(fact: GatewayReach, texts: Texts) -> str:
    _ = texts.gettext
    if _is_there(fact):
        return _("is there, in the same network as this computer.")
    return _("gave no sign of life in the network.")


def _is_there(fact: GatewayReach) -> bool:
    known = fact.neighbour in {NeighbourState.REACHABLE, NeighbourState.STALE}
    return known or any(answer.failure is None or answer.failure.kind is FailureKind.REFUSED for answer in fact.tcp)


def _settings(fact: NetworkState, texts: Texts) -> str:
    _ = texts.gettext
    if not any(interface.admin_up for interface in fact.interfaces if interface.kind.value != "loopback"):
        return _("Wi-Fi and cable are switched off.")
    real = [each for each in fact.interfaces if each.kind in REAL_LINKS and each.admin_up]
    if real and all(each.carrier is False for each in real):
        return _("no Wi-Fi is joined, and no cable has a signal.")
    if any(address.duplicate for each in fact.interfaces for address in each.addresses):
        return _("the system says that another device uses its address.")
    self_given = any(
        known_family(address.address) is Family.IPV4 and known_scope(address.address) is Scope.LINK_LOCAL
        for each in real
        for address in each.addresses
    )
    if self_given:
        return _("it was given no address of the older kind (IPv4), and has made one up.")
    if not fact.default_routes:
        return _("it was given no way out of the network.")
    if not fact.resolvers:
        return _("it was given no name server.")
    own = [each.address for family in Family for each in fact.usable_addresses(family)]
    routers = [route.gateway for route in fact.default_routes if route.gateway]
    return _("its address is {addresses}, the router that is set is {routers}.").format(
        addresses=", ".join(dict.fromkeys(own)) or "–", routers=", ".join(dict.fromkeys(routers)) or "–"
    )


def _sizes(fact: PathMtu, texts: Texts) -> str:
    _ = texts.gettext
    words = {
        MtuState.FITS: _("large pieces of data get through as well as small ones."),
        MtuState.TOLD: _("large pieces of data have to be made smaller, and this computer is told so."),
        MtuState.BLACK_HOLE: _("small pieces of data get through, large ones vanish."),
        MtuState.NO_ANSWER: _("no answer to pieces of data of any size."),
    }
    return words[fact.state]


def _spoken(value_ms: float | None, texts: Texts) -> str:
    return "–" if value_ms is None else spoken_time(value_ms, texts)


def _load(fact: LoadTest, texts: Texts) -> str:
    _ = texts.gettext
    busy = [way.working.rtt_p50_ms for way in (fact.down, fact.up) if way is not None and way.working is not None]
    return _(
        "download {down}, upload {up}; an answer takes {idle} on the idle line and up to {busy} on the busy one."
    ).format(
        down=bit_rate(fact.down.goodput_bit_s if fact.down else None),
        up=bit_rate(fact.up.goodput_bit_s if fact.up else None),
        idle=_spoken(fact.idle.rtt_p50_ms if fact.idle else None, texts),
        busy=_spoken(max((each for each in busy if each is not None), default=None), texts),
    )


_WORDS: Mapping[type, Callable[[Any, Texts], str]] = {
    NetworkState: _settings,
    GatewayReach: _nearby,
    LinkReading: _link,
    ClockCheck: _clock,
    UdpService: _udp,
    AccessLine: _line_kind,
    Reach: _nameless,
    PathTrace: _path,
    PathMtu: _sizes,
    LoadTest: _load,
    WifiReading: _wifi,
}
