"""Walks the real wizard by real key and mouse events: `python walk_on_screen.py HOME PROFILE LANGUAGE`.

Runs inside a network namespace without network and refuses to run anywhere else. HOME is where the report ends up.
"""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

sys.path.append(str(Path(__file__).parents[2]))

from installer.screen import screen

PATIENCE_S = 60.0
BETWEEN_KEYS_S = 0.4


class Screen:
    """A screen with the wizard on it."""

    def __init__(self, display: str, home: Path, profile: Path, language: str) -> None:
        unwanted = {"WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
        self._environment = {name: value for name, value in os.environ.items() if name not in unwanted}
        self._environment |= {"DISPLAY": display, "HOME": str(home), "NEXKIT_HOME": str(home / "nexkit")}
        self.wizard = subprocess.Popen(
            [sys.executable, "-m", "ui.cli", "wizard", "--lang", language, "--profile", str(profile)],
            env=self._environment,
        )
        self._window = self._wait(self._find_window, "window")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.wizard.terminate()
        self.wizard.wait()

    def _do(self, *words: str) -> str:
        done = subprocess.run(["xdotool", *words], env=self._environment, check=False, capture_output=True, text=True)
        return done.stdout.strip()

    def _find_window(self) -> str:
        return self._do("search", "--onlyvisible", "--name", "– nexkit").partition("\n")[0]

    def _wait(self, answer: Callable[[], str], what: str) -> str:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if self.wizard.poll() is not None:
                sys.exit(f"the wizard ended with {self.wizard.returncode} while waiting for: {what}")
            if found := answer():
                return found
            time.sleep(0.1)
        sys.exit(f"nothing came: {what}; the window is called {self.title()!r}")

    def title(self) -> str:
        return self._do("getwindowname", self._window)

    def keys(self, *keys: str) -> None:
        self._do("windowfocus", self._window)
        for key in keys:
            self._do("key", "--clearmodifiers", key)
            time.sleep(BETWEEN_KEYS_S)

    def write(self, text: str) -> None:
        self._do("type", text)

    def click_main_button(self) -> None:
        """The main button stands in the lower right corner."""
        geometry = dict(re.findall(r"(\w+)=(\d+)", self._do("getwindowgeometry", "--shell", self._window)))
        x, y = int(geometry["WIDTH"]) - 60, int(geometry["HEIGHT"]) - 32
        self._do("mousemove", "--window", self._window, str(x), str(y), "click", "1")
        time.sleep(BETWEEN_KEYS_S)

    def until_page_changes(self, *keys: str) -> None:
        """Press keys, again and again where the page is not ready for them yet."""
        before = self.title()

        def pressed() -> str:
            self.keys(*keys)
            return "" if self.title() == before else self.title()

        self._wait(pressed, f"a page after {before!r}")

    def until_there(self, folder: Path, pattern: str) -> Path:
        return Path(self._wait(lambda: next((str(found) for found in folder.glob(pattern)), ""), pattern))


def walk(
    home: Path,
    profile: Path,
    language: str,
    mark: Callable[[str], object] = lambda _moment: None,
    *,
    keys_alone: bool = False,
) -> None:
    """From the first page to a saved report; `mark` is told of the moments `agreeing` and `measured`.

    The mouse is used once, unless all is to be done by the keyboard.
    """
    with screen(size="1280x900") as display, Screen(display, home, profile, language) as shown:
        shown.until_page_changes("alt+a", "alt+c")  # the licence
        shown.keys("alt+e", "alt+t")  # more about it, the ticket
        shown.write("T-4711")
        if keys_alone:  # what is wrong
            shown.until_page_changes("alt+c")
        else:
            shown.click_main_button()
        time.sleep(BETWEEN_KEYS_S)
        mark("agreeing")
        shown.keys("alt+a")
        shown.until_page_changes("alt+s")  # consent to measure
        shown.until_page_changes()  # measuring
        mark("measured")
        shown.until_page_changes("alt+r")  # result
        shown.keys("alt+e")
        shown.until_page_changes("alt+a", "alt+c")  # consent to share
        shown.keys("alt+s")
        shown.until_there(home, "*.nexkit.zip")
        time.sleep(BETWEEN_KEYS_S)
        shown.keys("alt+l")
        if shown.wizard.wait(timeout=PATIENCE_S) != 0:
            sys.exit(f"the wizard ended with {shown.wizard.returncode}")


if __name__ == "__main__":
    if {name for _index, name in socket.if_nameindex()} != {"lo"}:
        sys.exit("refused: this must run in a network namespace without network")
    walk(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
