"""Whether a watch goes on after the computer was restarted: an entry of the user's log-in, asked and set in threads."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from ui.gui.run_thread import Threads

if TYPE_CHECKING:
    from nexkit.platform.autostart import Autostart


def _system_autostart() -> "Autostart | None":
    from nexkit.platform.autostart import system_autostart

    try:
        return system_autostart()
    except OSError:  # a user without a home: there is nowhere to put an entry
        return None


class Restart(QObject):
    """The entry of this user."""

    known = Signal(bool)
    """Whether there is an entry."""
    failed = Signal(object)
    """The exception that kept the entry from being read or written."""

    def __init__(self, threads: Threads, parent: QObject) -> None:
        super().__init__(parent)
        self._threads = threads
        self._autostart = _system_autostart()

    @property
    def possible(self) -> bool:
        """Whether this system has a place for such entries."""
        return self._autostart is not None

    def look(self) -> None:
        """Ask for the entry; the answer comes by a signal."""
        if self._autostart is not None:
            self._threads.start(self._autostart.is_on, self._answered, self._failed)

    @Slot(bool)
    def turn(self, on: bool) -> None:
        """Make the entry, or take it away; what came of it is told by a signal."""
        autostart = self._autostart
        if autostart is None:
            return

        def turned() -> bool:
            from nexkit.platform.autostart import watching_command

            if on:
                autostart.turn_on(watching_command())
            else:
                autostart.turn_off()
            return autostart.is_on()

        self._threads.start(turned, self._answered, self._failed)

    def forget(self) -> None:
        """Take the entry away, if there is one: nothing is left to go on with."""
        if self._autostart is not None:
            self._threads.start(self._autostart.turn_off, self._nothing_more, self._nothing_more)

    @Slot(object)
    def _answered(self, is_on: object) -> None:
        self.known.emit(is_on)

    @Slot(object)
    def _failed(self, error: object) -> None:
        self.failed.emit(error)

    @Slot(object)
    def _nothing_more(self, _answer: object) -> None:
        """Nothing is left to be told of."""
