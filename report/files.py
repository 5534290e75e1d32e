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


def write_new(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """Write the file whole or not at all; FileExistsError where something is there already, which stays as it is."""
    draft = path.with_name(f".{path.name}-{token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # A link, unlike a renaming, never replaces what another program has put there meanwhile.
        os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
