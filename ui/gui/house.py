"""What stands in the window: the wizard's steps, or one of the rooms beside them."""

from collections.abc import Callable

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ui.gui.pages.base import push_button, rule
from ui.gui.rooms import Room, RoomContext, RoomPage
from ui.gui.theme import current_theme


class House(QStackedWidget):
    """The steps, and rooms that are made when they are first entered."""

    changed = Signal()
    """Something else is on the screen."""
    watch_wanted = Signal()
    """From beside the clock: the window with the watch in it."""
    close_wanted = Signal()

    def __init__(self, wizard: QWidget, context: Callable[[], RoomContext]) -> None:
        """`context` is asked for with each room that is made."""
        super().__init__()
        self._wizard = wizard
        self._context = context
        self._rooms: dict[Room, RoomPage] = {}
        self._frames: dict[Room, QWidget] = {}
        self.addWidget(wizard)

    def hasHeightForWidth(self) -> bool:
        """No: what does not fit scrolls. Windows would keep the window as high as the highest page would like to be."""
        return False

    def room(self, room: Room) -> RoomPage:
        """A room; made when it is first asked for."""
        if room not in self._rooms:
            context = self._context()
            page = self._rooms[room] = self._make(room, context)
            page.left.connect(self.leave)
            self._frames[room] = self._with_way_back(room, page, context)
            self.addWidget(self._frames[room])
        return self._rooms[room]

    def _make(self, room: Room, context: RoomContext) -> RoomPage:
        match room:
            case Room.WATCH:
                from ui.gui.pages.watch import WatchPage

                watch = WatchPage(context)
                watch.show_wanted.connect(self.watch_wanted)
                watch.quit_wanted.connect(self.close_wanted)
                watch.nothing_to_watch.connect(self.close_wanted)
                return watch
            case Room.HISTORY:
                from ui.gui.pages.history import HistoryPage

                return HistoryPage(context)
            case Room.EXPERT:
                from ui.gui.pages.expert import ExpertPage

                return ExpertPage(context)
            case Room.ABOUT:
                from ui.gui.pages.about import AboutPage

                return AboutPage(context)

    def _with_way_back(self, room: Room, page: RoomPage, context: RoomContext) -> QWidget:
        frame = QWidget()
        em = round(current_theme().em)
        back = push_button(f"{room.value}.back", context.texts.gettext("&Back"), self.leave)
        foot = QHBoxLayout()
        foot.setContentsMargins(round(em * 1.4), round(em * 0.7), round(em * 1.4), round(em * 0.9))
        foot.addWidget(back)
        foot.addStretch(1)
        layout = QVBoxLayout(frame)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(page, 1)
        layout.addWidget(rule())
        layout.addLayout(foot)
        return frame

    @property
    def current_room(self) -> RoomPage | None:
        """The room on the screen; None: the wizard's steps are."""
        shown = self.currentWidget()
        return next((self._rooms[room] for room, frame in self._frames.items() if frame is shown), None)

    def enter(self, room: Room) -> None:
        """Show a room in place of the steps, which stay as they are."""
        page = self.room(room)
        self.setCurrentWidget(self._frames[room])
        self.changed.emit()
        page.to_top()
        page.entered()
        page.focus_first()

    @Slot()
    def leave(self) -> None:
        """Back to the steps."""
        self.setCurrentWidget(self._wizard)
        self.changed.emit()

    def may_close(self) -> bool:
        """Whether no room holds the window back; one that does says why by itself."""
        return all(page.may_close() for page in self._rooms.values())

    def closing(self) -> None:
        """The window goes, or all that stands in it: what runs in the rooms ends."""
        for page in self._rooms.values():
            page.closing()
