"""`nexkit watch`: measure lightly until the trouble comes, and tell what broke when."""

import argparse
import asyncio
import contextlib
import os
import re
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from nexkit.diagnosis.verdict import VerdictState
from nexkit.profile import LoadedProfile
from nexkit.texts import Texts
from nexkit.texts.moments import time_of_day
from nexkit.texts.numbers import byte_size, percent
from nexkit.texts.verdicts import verdict_sentence
from nexkit.texts.watch import (
    change_text,
    episode_details,
    episode_title,
    length_text,
    not_measured_text,
    timeline,
    watched_text,
)
from nexkit.watch.events import (
    DiagnosisProgress,
    EpisodeBegan,
    EpisodeEnded,
    EpisodeTold,
    GapSeen,
    MomentMarked,
    NetworkChanged,
    StoreFailed,
    WatchEvent,
    WatchTotals,
)
from nexkit.watch.logbook import Unkept
from nexkit.watch.record import WatchLog
from nexkit.watch.watcher import Watcher
from report.profile_in_force import Sources
from report.unfinished import Keeper
from report.visible import visible
from report.watch_store import (
    DamagedWatchError,
    KeptWatch,
    WatchError,
    begin_watch,
    discard_watch,
    interrupted_watches,
    take_up,
)
from ui.bootstrap import Run, build_runner
from ui.cli.diagnose import document_of, request_of, status_of
from ui.cli.errors import CommandError, ExitStatus
from ui.cli.hand_over import agreement, keep, tell_kept, told_how_to_go_on, wanted_report, write_report
from ui.cli.interrupts import stopped_by_interrupts
from ui.cli.output import verdict_text
from ui.cli.profile_use import confirm_recipient, profile_to_use, tell_whose
from ui.cli.streams import StatusLine, is_terminal, write_json
from ui.cli.wrap import say
from ui.handover import not_kept_text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watch:
    """A watch that can be run."""

    watcher: Watcher
    profile: LoadedProfile
    kept: KeptWatch | None
    """None: the disk takes nothing."""


_DURATION = re.compile(r"(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?")
_MAX_LINE = 4096
_RUN_TOLD = 0.05
"""Of a diagnosis run, between two lines of progress."""


def watch_command(arguments: argparse.Namespace, texts: Texts) -> int:
    """Watch until the time is up or Ctrl-C, then say what was seen, and write the report where it was agreed to.

    The first Ctrl-C ends the watch, a second one the last measurement that is made where no episode had one. The exit
    status is that of the verdict; 130 where that last measurement was stopped before it found anything.
    """
    sources, seen = Sources(), _Seen(texts)
    duration_s = _duration(arguments.duration, texts)
    watch = _begun(arguments, texts, sources, seen)
    try:
        wanted = wanted_report(arguments, watch.profile.profile.support, texts)
        if wanted:
            confirm_recipient(watch.profile, texts, sources.memory, confirmed=arguments.confirm_recipients)
    except BaseException:
        if watch.kept is not None and not watch.kept.journal.rounds:
            watch.kept.discard()
        raise
    tell_whose(watch.profile, texts)
    run = asyncio.run(_watch(watch, duration_s, seen))
    kept = Keeper(watch.profile) if arguments.keep == "yes" or wanted else None
    keep(kept, run, texts)
    if watch.kept is not None:
        # Where the run could not be kept, the watch is what is left of it.
        _let_go(watch.kept, discard=kept is None or kept.kept_id is not None)
    with told_how_to_go_on(kept, texts):
        if arguments.json != "-":
            say("\n\n".join([verdict_text(run.diagnosis, run.record, texts), *_log_text(run, texts)]))
        if arguments.json:
            write_json(document_of(run), arguments.json)
        if wanted:
            write_report(run, watch.profile, wanted, texts, sources.memory, kept)
    if not wanted:
        tell_kept(kept, texts)
    state = run.diagnosis.verdict.state
    stopped = run.record.cancelled and state is not VerdictState.FAULT
    return ExitStatus.STOPPED if stopped else status_of(state)


def _begun(arguments: argparse.Namespace, texts: Texts, sources: Sources, seen: "_Seen") -> _Watch:
    """A new watch, or an interrupted one."""
    consent, _ = agreement(arguments.agree, texts)
    if (watch_id := _interrupted(arguments.resume, texts)) is not None:
        return _taken_up(watch_id, seen)
    loaded = profile_to_use(arguments, texts, sources)
    request = request_of(arguments, loaded.profile, consent, texts)
    kept: KeptWatch | None = None
    try:
        kept = begin_watch(loaded, request, datetime.now(UTC))
    except OSError as error:
        print(f"nexkit: {not_kept_text(error, texts)}", file=sys.stderr)
    watcher = Watcher(build_runner(), loaded, request, kept or Unkept(), seen.show)
    return _Watch(watcher=watcher, profile=loaded, kept=kept)


def _let_go(watch: KeptWatch, *, discard: bool) -> None:
    if discard:
        with contextlib.suppress(OSError):
            watch.discard()
    else:
        watch.close()


def _duration(words: str | None, texts: Texts) -> float | None:
    """Seconds; None: until it is stopped."""
    if words is None:
        return None
    found = _DURATION.fullmatch(words.strip().lower())
    hours, minutes, seconds = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    if not (whole_s := hours * 3600 + minutes * 60 + seconds):
        raise CommandError(texts.gettext("--for: write how long as 90s, 30m, 2h or 1h30m"))
    return float(whole_s)


def _interrupted(words: str | None, texts: Texts) -> str | None:
    """The number of the interrupted watch to go on with; None: a new one begins."""
    _ = texts.gettext
    found = interrupted_watches(datetime.now(UTC))
    if not found:
        return None
    if words == "yes":
        return found[0]
    if words is None and is_terminal():
        print(_("A watch was interrupted. Go on with it?  y: yes   n: no  (then Enter) "), end="", file=sys.stderr)
        sys.stderr.flush()
        if _line().strip().lower() in {"", "y"}:
            return found[0]
    print(
        "nexkit: "
        + _("An interrupted watch is kept. To go on with it: nexkit watch --resume yes. To end it: the same, --for 1s"),
        file=sys.stderr,
    )
    return None


def _taken_up(watch_id: str, seen: "_Seen") -> _Watch:
    try:
        kept = take_up(watch_id)
    except WatchError as error:
        if isinstance(error, DamagedWatchError):
            discard_watch(watch_id)
        raise CommandError(str(error)) from None
    watcher = Watcher(build_runner(), kept.profile, kept.request, kept, seen.show, resumed=kept.journal)
    return _Watch(watcher=watcher, profile=kept.profile, kept=kept)


def _line() -> str:
    """A line of the terminal, read past Python's own buffer: no lock is held while a thread waits here."""
    try:
        data = os.read(sys.stdin.fileno(), _MAX_LINE)
    except OSError:
        return ""
    return data.decode(sys.stdin.encoding or "utf-8", "replace")


async def _watch(watch: _Watch, duration_s: float | None, seen: "_Seen") -> Run:
    """Watch, then make the run of it."""
    stop, stop_last = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    if duration_s is not None:
        loop.call_later(duration_s, stop.set)
    with stopped_by_interrupts(stop, stop_last):
        if is_terminal():
            seen.tell_how()
            threading.Thread(target=_listen, args=(watch,), daemon=True).start()
        try:
            await watch.watcher.run(stop)
            seen.finishing()
            return await watch.watcher.finish(stop_last)
        finally:
            seen.clear()


def _listen(watch: _Watch) -> None:
    """Every Enter is a mark, with what was typed before it."""
    while line := _line():
        for words in line.splitlines():
            watch.watcher.mark(visible(words.strip()))


class _Seen:
    """What happens, told as it does: a line each, and how far the watch is on a line that is rewritten."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._line = StatusLine()
        self._finishing = False

    def tell_how(self) -> None:
        """What the user can do."""
        _ = self._texts.gettext
        say(_("Watching. Enter: it is happening now (type what you see before it)   Ctrl-C: end"), sys.stderr)

    def finishing(self) -> None:
        """The watch is over."""
        self._finishing = True

    def clear(self) -> None:
        """Take the line away."""
        self._line.clear()

    def show(self, event: WatchEvent) -> None:
        """Tell of an event."""
        if isinstance(event, WatchTotals):
            self._line.show(self._totals(event))
        elif isinstance(event, DiagnosisProgress):
            if self._finishing:
                _ = self._texts.gettext
                self._line.show(_("Measuring once more: {share}").format(share=percent(event.ratio)))
        else:
            self._line.clear()
            for line in self._words(event):
                say(visible(line), sys.stderr)

    def _totals(self, totals: WatchTotals) -> str:
        return self._texts.gettext("Watching for {length} · trouble: {episodes} · marks: {marks} · {traffic}").format(
            length=length_text(totals.elapsed_s, self._texts),
            episodes=totals.episodes,
            marks=totals.marks,
            traffic=byte_size(totals.traffic_bytes),
        )

    def _words(self, event: WatchEvent) -> Iterator[str]:
        texts, _ = self._texts, self._texts.gettext
        match event:
            case EpisodeBegan(episode=episode):
                said = _("{time}  Trouble: {what}").format(
                    time=time_of_day(episode.started_at, seconds=True), what=episode_title(episode, texts)
                )
                yield said
                yield from (f"          {line}" for line in episode_details(episode, texts))
            case EpisodeTold(episode=episode, diagnosis=diagnosis) if diagnosis is not None:
                yield _("{time}  Diagnosis: {what}").format(
                    time=time_of_day(episode.started_at, seconds=True), what=verdict_sentence(diagnosis, texts)
                )
            case EpisodeEnded(episode=episode) if episode.ended_at is not None:
                length_s = (episode.ended_at - episode.started_at).total_seconds()
                yield _("{time}  Over after {length}").format(
                    time=time_of_day(episode.ended_at, seconds=True), length=length_text(length_s, texts)
                )
            case MomentMarked(mark=mark):
                yield _("{time}  Noted.").format(time=time_of_day(mark.at, seconds=True))
            case GapSeen(gap=gap):
                yield f"{time_of_day(gap.started_at, seconds=True)}  {not_measured_text(gap, texts)}"
            case NetworkChanged(change=change):
                yield f"{time_of_day(change.at, seconds=True)}  {change_text(change, texts)}"
            case StoreFailed(reason=reason):
                yield "nexkit: " + _("From now on nothing is kept of this watch if the program ends: {reason}").format(
                    reason=reason
                )
            case _:
                pass


def _log_text(run: Run, texts: Texts) -> Iterator[str]:
    """The watch for a terminal, in local time."""
    if run.record.watch is not None:
        yield "\n".join(_log_lines(run.record.watch, texts))


def _log_lines(log: WatchLog, texts: Texts) -> Iterator[str]:
    yield watched_text(log, texts)
    for line in timeline(log, texts):
        when = time_of_day(line.started_at, seconds=True)
        if line.ended_at is not None:
            when += f" – {time_of_day(line.ended_at, seconds=True)}"
        yield f"  {when}  {visible(line.text)}"
        yield from (f"    {detail}" for detail in line.details)
