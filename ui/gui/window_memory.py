"""What is remembered of the window from one start to the next: its place, its size, its language.

In a file of the program's own folder. Where that cannot be written (a kiosk, a managed home), nothing is remembered,
and nothing else is different.
"""

from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings
from PySide6.QtWidgets import QWidget

from nexkit.platform.owner import data_folder
from nexkit.texts import LANGUAGES

WINDOW_FILE = "window.ini"


class WindowMemory:
    """The memory in a file; what stands in it and cannot be used counts as not there."""

    def __init__(self, folder: Path | None = None) -> None:
        self._settings: QSettings | None = None
        with suppress(OSError):
            place = folder or data_folder()
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._settings = QSettings(str(place / WINDOW_FILE), QSettings.Format.IniFormat)

    @property
    def language(self) -> str | None:
        """What was chosen in the menu; None: the system's."""
        value = self._settings.value("language") if self._settings else None
        return value if isinstance(value, str) and value in LANGUAGES else None

    def remember_language(self, language: str) -> None:
        """For the next start."""
        self._keep("language", language)

    def place(self, window: QWidget) -> None:
        """Put the window where it was, or where it fits if that screen is gone; else leave it as it is."""
        value = self._settings.value("geometry") if self._settings else None
        if isinstance(value, QByteArray):
            window.restoreGeometry(value)

    def remember_place(self, window: QWidget) -> None:
        """For the next start."""
        self._keep("geometry", window.saveGeometry())

    def _keep(self, key: str, value: object) -> None:
        if self._settings is not None:
            self._settings.setValue(key, value)
            self._settings.sync()
