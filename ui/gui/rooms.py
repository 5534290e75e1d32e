"""The rooms beside the wizard's steps: watching, earlier reports, expert mode, about. Reached by the menu.

A room is a page with a way back; it is made when it is first entered. Which rooms there are stands here alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from nexkit.profile import LoadedProfile
from nexkit.runner import Runner
from nexkit.texts import Texts
from report.profile_state import ProfileMemory
from ui.gui.pages.base import PageBase
from ui.gui.run_thread import Threads

if TYPE_CHECKING:
    from nexkit.request import Request
    from report.unfinished import Unfinished


class Room(Enum):
    """What the menu leads to, in its order."""

    WATCH = "watch"
    HISTORY = "history"
    EXPERT = "expert"
    ABOUT = "about"


MEASURING_ROOMS = frozenset({Room.WATCH, Room.EXPERT})


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomContext:
    """What a room may use of the window."""

    texts: Texts
    profile: LoadedProfile
    memory: ProfileMemory
    threads: Threads
    runner: Callable[[], Runner | None]
    """None while its libraries are still being loaded."""
    request: Callable[[], "Request"]
    """What the first page says now: symptom, service, ticket and so on."""
    show_result: Callable[["Unfinished"], None]
    """Go to the result page with a finished run, of which a report can then be made as of any other."""


class RoomPage(PageBase):
    """A page beside the wizard's steps."""

    left = Signal()
    """The user goes back to where they came from."""

    def entered(self) -> None:
        """The room is on the screen (again)."""

    def may_close(self) -> bool:
        """Whether the window may go without asking; a room that holds it back says why by itself."""
        return True

    def closing(self) -> None:
        """The window goes: end what runs here; its threads are waited for."""


def room_title(room: Room, texts: Texts) -> str:
    """The entry of the menu."""
    _ = texts.gettext
    match room:
        case Room.WATCH:
            return _("&Watch the connection")
        case Room.HISTORY:
            return _("&Earlier reports")
        case Room.EXPERT:
            return _("For e&xperts")
        case Room.ABOUT:
            return _("&About nexkit")
