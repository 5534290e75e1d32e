"""Words for a watch: its episodes, gaps and changes, for people who do not know what a name server is."""

from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from nexkit.diagnosis.verdict import Severity
from nexkit.subject import Subject
from nexkit.texts import Texts
from nexkit.texts.causes import cause_title
from nexkit.texts.moments import span
from nexkit.texts.numbers import milliseconds, percent
from nexkit.texts.verdicts import segment_name
from nexkit.watch.record import (
    ChangeKind,
    Episode,
    GapReason,
    LightSign,
    NetworkChange,
    SignKind,
    ToldBy,
    WatchGap,
    WatchLog,
)

_MINUTE_S = 60
_HOUR_S = 3600
_DAY_S = 86_400


def length_text(length_s: float, texts: Texts) -> str:
    """How long something took, as people say it: `40 seconds`, `5 minutes`, `2 h 10 min`, `3 days 4 h`."""
    _, ngettext = texts.gettext, texts.ngettext
    whole = max(0, round(length_s))
    if whole < 2 * _MINUTE_S:
        return ngettext("{count} second", "{count} seconds", whole).format(count=whole)
    minutes = round(whole / _MINUTE_S)
    if minutes < _MINUTE_S:
        return ngettext("{count} minute", "{count} minutes", minutes).format(count=minutes)
    hours, minutes = divmod(minutes, _MINUTE_S)
    if whole < _DAY_S:
        return _("{hours} h {minutes} min").format(hours=hours, minutes=minutes)
    days, hours = divmod(round(whole / _HOUR_S), 24)
    return ngettext("{days} day {hours} h", "{days} days {hours} h", days).format(days=days, hours=hours)


def episode_title(episode: Episode, texts: Texts, *, reported: bool = False) -> str:
    """What an episode was, in a few words: the cause where one was found, else where it was and how bad.

    `reported`: told to others than the user.
    """
    _ = texts.gettext
    if episode.cause is not None:
        return cause_title(episode.cause, texts)
    if episode.segment is not None:
        place = segment_name(episode.segment, texts)
        if episode.severity is Severity.BLOCKING:
            return _("{place}: interrupted").format(place=place)
        return _("{place}: worked badly").format(place=place)
    if not episode.signs and episode.told_by is ToldBy.USER:
        if reported:
            return _("Noticed by the user; the small tests saw nothing")
        return _("Noticed by you; the small tests saw nothing")
    return _("Disturbed; where cannot be told")


def episode_time(episode: Episode, log: WatchLog, texts: Texts, *, over: bool) -> str:
    """When an episode was and how long it took; `over`: the watch is."""
    _ = texts.gettext
    end = log.known_end(episode)
    words = _("{span}, {length}")
    if episode.ended_at is None:
        words = _("{span}, {length} so far") if end == log.ended_at and not over else _("{span}, {length} or longer")
    length = length_text((end - episode.started_at).total_seconds(), texts)
    return words.format(span=span(episode.started_at, end, texts), length=length)


def episode_details(episode: Episode, texts: Texts, *, reported: bool = False) -> tuple[str, ...]:
    """What was seen in an episode, one line each; `reported`: told to others than the user."""
    _ = texts.gettext
    silent = {sign.target for sign in episode.signs if sign.kind is SignKind.SILENT}
    telling = [sign for sign in episode.signs if sign.kind is not SignKind.LOSS or sign.target not in silent]
    worst: dict[tuple[Subject, SignKind], LightSign] = {}  # several targets have one name here
    for sign in telling:
        other = worst.setdefault((sign.subject, sign.kind), sign)
        if (sign.loss_ratio or 0.0, sign.rtt_ms or 0.0) > (other.loss_ratio or 0.0, other.rtt_ms or 0.0):
            worst[sign.subject, sign.kind] = sign
    lines = [sign_text(sign, texts) for sign in worst.values()]
    if episode.told_by is ToldBy.USER and episode.signs:
        lines.append(_("The user noticed it too.") if reported else _("You noticed it too."))
    if episode.run_healthy:
        lines.append(_("The full test that was made at once found nothing wrong."))
    elif episode.run is None and episode.ended_at is not None:
        lines.append(_("No full test was made in it."))
    return tuple(lines)


def sign_text(sign: LightSign, texts: Texts) -> str:
    """One thing that was broken."""
    _ = texts.gettext
    words = {
        SignKind.SILENT: _("{place}: no answers"),
        SignKind.LOSS: _("{place}: {loss} of the answers missing"),
        SignKind.SLOW: _("{place}: slow answers ({rtt})"),
        SignKind.FAILED: _("{place}: answered with an error"),
        SignKind.NO_LINK: _("This computer had no network connection"),
    }[sign.kind]
    if sign.kind is SignKind.SLOW and sign.usual_rtt_ms is not None:
        words = _("{place}: slow answers ({rtt}, usually {usual})")
    return words.format(
        place=watched_name(sign.subject, texts),
        loss=percent(sign.loss_ratio),
        rtt=milliseconds(sign.rtt_ms),
        usual=milliseconds(sign.usual_rtt_ms),
    )


def watched_name(subject: Subject, texts: Texts) -> str:
    """Who is asked in the light rounds, in a layman's words."""
    _ = texts.gettext
    words = {
        Subject.COMPUTER: _("This computer"),
        Subject.GATEWAY: _("Your router"),
        Subject.PROVIDER_HOP: _("Provider and internet"),
        Subject.ANCHOR: _("Provider and internet"),
        Subject.RESOLVER: _("Looking up names"),
    }
    return words.get(subject, _("Service"))


def gap_text(reason: GapReason, texts: Texts) -> str:
    """Why nothing was measured for a while."""
    _ = texts.gettext
    words = {
        GapReason.ASLEEP: _("the computer was asleep"),
        GapReason.NOT_RUNNING: _("this program was not running"),
        GapReason.NOT_POSSIBLE: _("measuring was not possible"),
        GapReason.OWN_TEST: _("a full test was running"),
    }
    return words[reason]


def change_text(change: NetworkChange, texts: Texts) -> str:
    """What changed around this computer."""
    _ = texts.gettext
    words = {
        ChangeKind.LINK_LOST: _("The network connection was lost"),
        ChangeKind.LINK_BACK: _("The network connection came back"),
        ChangeKind.JOINED_OTHER: _("Joined another network"),
        ChangeKind.ROUTE_CHANGED: _("The way out of the network changed"),
        ChangeKind.RESOLVERS_CHANGED: _("Names are looked up elsewhere now"),
        ChangeKind.CLOCK_SET: _("The computer's clock was set"),
    }
    return words[change.kind]


class Happening(Enum):
    """What a line of the timeline is about."""

    EPISODE = "episode"
    MARK = "mark"
    GAP = "gap"
    CHANGE = "change"


class TimelineLine(NamedTuple):
    """One thing that happened in a watch."""

    kind: Happening
    started_at: datetime
    ended_at: datetime | None
    """None: it has no length, or its end is not known."""
    text: str
    details: tuple[str, ...]


def watched_text(log: WatchLog, texts: Texts) -> str:
    """How long was watched, and what came of it, in one or two sentences."""
    _, ngettext = texts.gettext, texts.ngettext
    whole_s = (log.ended_at - log.started_at).total_seconds()
    said = _("Watched for {length}.").format(length=length_text(whole_s, texts))
    missing_s = whole_s - log.measured_s
    if missing_s >= _MINUTE_S or (missing_s > 0 and log.gaps):
        said = _("Watched for {length}, of which {missing} could not be measured.").format(
            length=length_text(whole_s, texts), missing=length_text(missing_s, texts)
        )
    # Of more than a report has room for, the latest one is kept and has its number.
    count = max((each.number for each in log.episodes), default=0)
    if not (log.rounds or count):
        return said + " " + _("Nothing was measured.")
    if not count:
        # A connection that was lost for too short a watch is told with the changes.
        lost = any(change.kind is ChangeKind.LINK_LOST for change in log.changes)
        return said if lost else said + " " + _("No interruption was seen.")
    return f"{said} " + ngettext("The trouble came {count} time.", "The trouble came {count} times.", count).format(
        count=count
    )


def timeline(log: WatchLog, texts: Texts) -> tuple[TimelineLine, ...]:
    """What happened, in the order in which it did, as a report tells it: the user is one of those who read it."""
    lines = [*_episode_lines(log, texts), *_mark_lines(log, texts), *_gap_lines(log, texts), *_change_lines(log, texts)]
    return tuple(sorted(lines, key=lambda line: line.started_at))


def _episode_lines(log: WatchLog, texts: Texts) -> Iterator[TimelineLine]:
    for each in log.episodes:
        yield TimelineLine(
            kind=Happening.EPISODE,
            started_at=each.started_at,
            ended_at=each.ended_at,
            text=episode_title(each, texts, reported=True),
            details=episode_details(each, texts, reported=True),
        )


def _mark_lines(log: WatchLog, texts: Texts) -> Iterator[TimelineLine]:
    _ = texts.gettext
    for each in log.marks:
        said = _("The user: it is happening now") if each.words is None else _("The user: {words}")
        yield TimelineLine(Happening.MARK, each.at, None, said.format(words=each.words), ())


def _gap_lines(log: WatchLog, texts: Texts) -> Iterator[TimelineLine]:
    for each in log.gaps:
        yield TimelineLine(Happening.GAP, each.started_at, each.ended_at, not_measured_text(each, texts), ())


def _change_lines(log: WatchLog, texts: Texts) -> Iterator[TimelineLine]:
    for each in log.changes:
        yield TimelineLine(Happening.CHANGE, each.at, None, change_text(each, texts), ())


def not_measured_text(gap: WatchGap, texts: Texts) -> str:
    """That nothing is known of a while, and why."""
    return texts.gettext("Not measured: {reason}").format(reason=gap_text(gap.reason, texts))
