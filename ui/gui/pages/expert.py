"""Room: any probe by hand, the profile in force, and what this system permits."""

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QTabBar, QWidget

from ui.gui.pages.expert_check import CheckPart
from ui.gui.pages.expert_probe import ProbePart
from ui.gui.pages.expert_profile import ProfilePart
from ui.gui.rooms import RoomContext, RoomPage
from ui.gui.widgets.tab_order import tab_in_reading_order

_WAIT_MS = 150
"""Between two looks whether the tests are loaded."""


class ExpertPage(RoomPage):
    """Three parts, of which one is shown; a test runs only as long as the room is on the screen."""

    def __init__(self, context: RoomContext) -> None:
        _ = context.texts.gettext
        super().__init__("expert", context.texts, _("For experts"))
        self._context = context
        self.probe = ProbePart(context)
        self.profile = ProfilePart(context)
        self.check = CheckPart(context)
        self._parts: tuple[QWidget, ...] = (self.probe, self.profile, self.check)
        self.tabs = QTabBar()
        self.tabs.setObjectName("expert.tabs")
        self.tabs.setAccessibleName(_("For experts"))
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        for part in self._parts:
            self.tabs.addTab(part.accessibleName())
        self.tabs.currentChanged.connect(self._show_part)
        self.column.addWidget(self.tabs)
        for part in self._parts:
            self.column.addWidget(part)
        self.column.addStretch(1)
        self.add_to_foot(self.probe.foot)
        self.check.found.connect(self.probe.show_states)
        for part in (self.probe, self.profile, self.check):
            part.arranged.connect(self._order)
        self._waiting = QTimer(self)
        self._waiting.setInterval(_WAIT_MS)
        self._waiting.timeout.connect(self._look)
        self._show_part()

    def entered(self) -> None:
        """What can change outside is read anew."""
        self.profile.look()
        self.probe.entered()
        self._look()

    @Slot()
    def _look(self) -> None:
        """Show the tests as soon as they are loaded."""
        runner = self._context.runner()
        if runner is None:
            self._waiting.start()
            return
        self._waiting.stop()
        self.probe.show_runner(runner)
        self.check.look()

    @Slot()
    def _show_part(self) -> None:
        for number, part in enumerate(self._parts):
            part.setVisible(number == self.tabs.currentIndex())
        # A test that goes on can be stopped from everywhere in the room.
        self.show_foot(self.tabs.currentIndex() == 0 or self.probe.running)
        self.to_top()

    @Slot()
    def _order(self) -> None:
        tab_in_reading_order(self.tabs, *self._parts, self.probe.foot)

    def hideEvent(self, event: QHideEvent) -> None:
        """Off the screen nothing goes on: the wizard's own tests would measure it too. Minimising is not leaving."""
        super().hideEvent(event)
        if not event.spontaneous():
            self.closing()

    def closing(self) -> None:
        """End what runs here."""
        self._waiting.stop()
        self.probe.closing()
