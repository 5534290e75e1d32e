"""Files that are there whole or not at all."""

import contextlib
import os
from pathlib import Path
from secrets import token_hex


def write_whole(path: Path, data: bytes) -> None:
    """Write beside the place and move there; an OSError (disk full, read-only) passes and leaves nothing behind.

    What is there and no file (a pipe, `/dev/stdout`, `/dev/null`) is written to: to move something there would end it.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    draft = path.with_name(f".{path.name}-{token_hex(4)}")
    try:
        with draft.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
