"""What the window says of a watch that goes on, from its events. No Qt in here, and nothing that grows."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from nexkit.texts import Texts
from nexkit.texts.moments import moment
from nexkit.texts.watch import episode_title
from nexkit.watch.events import (
    DiagnosisProgress,
    EpisodeBegan,
    EpisodeEnded,
    EpisodeTold,
    SampleState,
    StoreFailed,
    WatchEvent,
    WatchRound,
    WatchTotals,
)
from nexkit.watch.record import Episode, ToldBy
from ui.gui.present import Mark

if TYPE_CHECKING:
    from ui.watching import Interrupted


def interrupted_text(earlier: "Interrupted", texts: Texts) -> str:
    """What a watch of an earlier start was, for the offer to go on with it."""
    log = earlier.log
    if log is None:
        return texts.gettext("An earlier watch cannot be used any more: {reason}").format(reason=earlier.problem)
    return texts.ngettext(
        "A watch was interrupted. It began on {begin}, went on until {end}, and saw {count} disturbance.",
        "A watch was interrupted. It began on {begin}, went on until {end}, and saw {count} disturbances.",
        len(log.episodes),
    ).format(begin=moment(log.started_at, texts), end=moment(log.ended_at, texts), count=len(log.episodes))


class WatchMood(Enum):
    """How it is right now."""

    BEGINNING = "beginning"
    FINE = "fine"
    TROUBLE = "trouble"
    UNKNOWN = "unknown"
    """Nothing can be measured."""
    HELD = "held"
    """Something else is measured here."""


@dataclass(slots=True, kw_only=True)
class WatchState:
    """Fed with the events of a watch."""

    totals: WatchTotals | None = None
    episode: Episode | None = None
    """That is under way."""
    examined: float | None = None
    """How far the full test in it is; None: none is under way."""
    held: bool = False
    store_problem: str = ""
    heard: bool | None = None
    """Whether anything could be measured in the last round; None: there was none yet."""

    def feed(self, event: WatchEvent) -> None:
        """Take in one event."""
        match event:
            case WatchRound():
                self.heard = any(sample.state is not SampleState.UNKNOWN for sample in event.samples)
            case WatchTotals():
                self.totals = event
            case EpisodeBegan():
                self.episode = event.episode
                self.examined = 0.0 if event.diagnosing else None
            case EpisodeTold():
                if self.episode is not None and event.episode.number == self.episode.number:
                    self.episode = event.episode
                    self.examined = None if event.diagnosis is not None else self.examined
            case EpisodeEnded():
                self.episode = self.examined = None
            case DiagnosisProgress():
                if self.episode is not None and event.episode == self.episode.number:
                    self.examined = None if event.ratio >= 1.0 else event.ratio
            case StoreFailed():
                self.store_problem = event.reason
            case _:
                pass

    @property
    def mood(self) -> WatchMood:
        """How it is right now."""
        if self.held:
            return WatchMood.HELD
        if self.episode is not None:
            return WatchMood.TROUBLE
        if self.heard is None:
            return WatchMood.BEGINNING
        return WatchMood.FINE if self.heard else WatchMood.UNKNOWN

    @property
    def mark(self) -> Mark:
        """The shape that goes with it."""
        return {
            WatchMood.BEGINNING: Mark.RUNNING,
            WatchMood.FINE: Mark.OK,
            WatchMood.TROUBLE: Mark.BROKEN,
            WatchMood.UNKNOWN: Mark.UNKNOWN,
            WatchMood.HELD: Mark.NOT_RUN,
        }[self.mood]

    def sentence(self, texts: Texts) -> str:
        """How it is right now, in one calm sentence."""
        _ = texts.gettext
        said: dict[WatchMood, Callable[[], str]] = {
            WatchMood.BEGINNING: lambda: _("The watch begins; the first results come in a moment."),
            WatchMood.FINE: lambda: self._fine(texts),
            WatchMood.TROUBLE: lambda: self._trouble(texts),
            WatchMood.UNKNOWN: lambda: _("Nothing can be measured at the moment; the watch goes on as soon as it can."),
            WatchMood.HELD: lambda: _("The watch stands back while your own test is running."),
        }
        return said[self.mood]()

    def _fine(self, texts: Texts) -> str:
        count = 0 if self.totals is None else self.totals.episodes
        if not count:
            return texts.gettext("Everything works so far. Just go on with what you are doing.")
        return texts.ngettext(
            "Right now everything works. There was {count} disturbance so far.",
            "Right now everything works. There were {count} disturbances so far.",
            count,
        ).format(count=count)

    def _trouble(self, texts: Texts) -> str:
        _ = texts.gettext
        assert self.episode is not None  # noqa: S101  there is no trouble without one
        if self.episode.told_by is ToldBy.USER and not self.episode.signs and self.episode.cause is None:
            if self.examined is not None:
                return _("You noticed that something is wrong. It is being looked into.")
            return _("You noticed that something is wrong. It has been noted.")
        title = episode_title(self.episode, texts)
        if self.examined is not None:
            return _("Something is wrong right now ({what}). It is being looked into.").format(what=title)
        return _("Something is wrong right now ({what}). It has been noted.").format(what=title)
