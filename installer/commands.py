"""Programs of others that builders start: to their end, within a time, and with their own words where they fail."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_NAMED = 3
"""So many words of a command are told where it fails: among the others may be passwords."""
_LAST = 5000
"""So many letters of what it said."""


def run(
    *command: str | Path, folder: Path | None = None, more: Mapping[str, str] | None = None, timeout_s: float = 600
) -> bytes:
    """What a program says on its standard output.

    `more` is added to the environment. SystemExit with its words where it ends with another status than 0;
    subprocess.TimeoutExpired.
    """
    done = subprocess.run(  # noqa: S603  our own commands
        command,
        cwd=folder,
        env=os.environ | dict(more or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=timeout_s,
        check=False,
    )
    if done.returncode:
        said = (done.stdout + done.stderr).decode("utf-8", "replace")
        raise SystemExit(f"{' '.join(map(str, command[:_NAMED]))} ended with {done.returncode}:\n{said[-_LAST:]}")
    return done.stdout
