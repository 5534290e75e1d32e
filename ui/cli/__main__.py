"""`python -m ui.cli`."""

import os
import sys
from typing import NoReturn

from ui.cli import main


def _leave(status: int) -> NoReturn:
    """End without taking the interpreter apart, which lasts as long as it took to start.

    Everything is written by then, and a thread that is left behind in a lookup is not waited for either. Qt wants its
    own order at the end.
    """
    if "PySide6" in sys.modules:
        sys.exit(status)
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:  # a windowed program on Windows has none
                stream.flush()
    except BrokenPipeError:
        pass  # the reader went away: nobody to say it to
    except OSError:
        status = status or 1  # the disk is full
    os._exit(status)


if __name__ == "__main__":
    _leave(main())
