"""What is remembered of the window from one start to the next: its place, its size, its language.

In a file of the program's own folder. Where that cannot be written (a kiosk, a managed home), nothing is remembered,
and nothing else is different. It is plain JSON: Qt's own settings files may name any type of Qt, and a damaged one
ends the program.
"""

import json
from base64 import b64decode, b64encode
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QWidget

from nexkit.platform.owner import data_folder
from nexkit.texts import LANGUAGES
from report.files import write_whole

WINDOW_FILE = "window.json"
_MAX_BYTES = 4096


class WindowMemory:
    """The memory in a file; what stands in it and cannot be used counts as not there."""

    def __init__(self, folder: Path | None = None) -> None:
        self._file: Path | None = None
        self._kept: dict[str, str] = {}
        with suppress(OSError):
            self._file = (folder or data_folder()) / WINDOW_FILE
            self._kept = _read(self._file)

    @property
    def language(self) -> str | None:
        """What was chosen in the menu; None: the system's."""
        value = self._kept.get("language")
        return value if value in LANGUAGES else None

    def remember_language(self, language: str) -> None:
        """For the next start."""
        self._keep("language", language)

    def place(self, window: QWidget) -> None:
        """Put the window where it was, or where it fits if that screen is gone; else leave it as it is."""
        with suppress(ValueError):
            window.restoreGeometry(QByteArray(b64decode(self._kept.get("geometry", ""), validate=True)))

    def remember_place(self, window: QWidget) -> None:
        """For the next start."""
        self._keep("geometry", b64encode(window.saveGeometry().data()).decode())

    def _keep(self, key: str, value: str) -> None:
        self._kept[key] = value
        if self._file is not None:
            with suppress(OSError):
                self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                write_whole(self._file, json.dumps(self._kept).encode(), mode=0o600)


def _read(path: Path) -> dict[str, str]:
    """The texts in the file; none where it is damaged. OSError where it cannot be read."""
    with path.open("rb") as file:
        data = file.read(_MAX_BYTES)
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(document, dict):
        return {}
    return {key: value for key, value in document.items() if isinstance(value, str)}
