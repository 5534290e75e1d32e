"""What macOS starts at log-in: a launch agent of the user (launchd.plist(5)). It is read at the next log-in."""

import plistlib
from collections.abc import Sequence

from nexkit.platform.autostart import ENTRY_NAME, write_entry
from nexkit.platform.owner import home_folder


class MacosAutostart:
    """The file of ours among the user's launch agents."""

    def __init__(self) -> None:
        self._file = home_folder() / "Library" / "LaunchAgents" / f"{ENTRY_NAME}.plist"

    def is_on(self) -> bool:
        """Whether our entry is there."""
        return self._file.exists()

    def turn_on(self, command: Sequence[str]) -> None:
        """Write the agent whole; OSError."""
        agent = {
            "Label": ENTRY_NAME,
            "ProgramArguments": list(command),
            "RunAtLoad": True,
            # With a screen of its own, and with the priority of a program that the user works with.
            "LimitLoadToSessionType": "Aqua",
            "ProcessType": "Interactive",
        }
        write_entry(self._file, plistlib.dumps(agent))

    def turn_off(self) -> None:
        """Delete the agent."""
        self._file.unlink(missing_ok=True)
