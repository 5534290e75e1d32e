"""A virtual X screen of its own, for programs that have to show a window where nobody looks."""

import os
import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

_PATIENCE_S = 20.0
FOR_EVER = "-noreset"
"""Else the server begins anew when its last client leaves, and refuses whoever comes meanwhile."""


@contextmanager
def screen(*options: str, size: str = "1280x1024") -> Iterator[str]:
    """The screen's name, as DISPLAY has it; it is gone with the context."""
    readable, writable = os.pipe()
    # A number of its own: servers of other process namespaces take each other's locks for stale ones.
    number = f":{random.randrange(1000, 60000)}"  # noqa: S311  no secret
    command = ["Xvfb", number, "-displayfd", str(writable), "-screen", "0", f"{size}x24", "-nolisten", "tcp", FOR_EVER]
    server = subprocess.Popen(  # noqa: S603  our own command
        [*command, *options], pass_fds=[writable], stderr=subprocess.DEVNULL
    )
    os.close(writable)
    try:
        with os.fdopen(readable) as pipe:
            yield f":{pipe.readline().strip()}"
    finally:
        server.terminate()
        server.wait(_PATIENCE_S)
