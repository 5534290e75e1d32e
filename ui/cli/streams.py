"""What every command writes: a line of progress on stderr, JSON on stdout or into a file. Light to import."""

import json
import sys
import time
from pathlib import Path
from typing import Any

from nexkit.texts import Texts
from report.files import write_whole


def is_terminal() -> bool:
    """Whether somebody can read a question and answer it."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


class ProgressLine:
    """One line on a terminal that tells what is going on; silent where stderr is no terminal."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._visible = sys.stderr.isatty()
        self._began = time.monotonic()

    def show(self, done: int, planned: int) -> None:
        """Write how much is done."""
        if self._visible:
            line = self._texts.gettext("Measuring: {done} of {planned} done, {seconds:.0f} s").format(
                done=done, planned=planned, seconds=time.monotonic() - self._began
            )
            sys.stderr.write(f"\r\x1b[K{line}")
            sys.stderr.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self._visible:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def write_json(document: Any, place: str) -> None:  # noqa: ANN401  any JSON value
    """Write a JSON document to a file, whole or not at all, or to standard output where the place is `-`."""
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    if place == "-":
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        write_whole(Path(place), text.encode())
