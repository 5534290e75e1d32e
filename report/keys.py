"""The key of this installation: made on first use, kept in a file that only its owner reads."""

import contextlib
import os
import stat
from pathlib import Path
from secrets import token_hex

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_ssh_private_key,
)

from nexkit.platform.owner import data_folder

KEY_FILE = "report_key"


class KeyFileError(Exception):
    """The key file is there and cannot be used; the text names it and the mend."""


def key_path() -> Path:
    """Where the key is kept."""
    return data_folder() / KEY_FILE


def load_or_create_key(path: Path | None = None) -> Ed25519PrivateKey:
    """The key of this installation; made when there is none. KeyFileError or OSError where it cannot be had.

    Two programs that start together end up with the same key.
    """
    path = path or key_path()
    with contextlib.suppress(FileNotFoundError):
        return _load(path)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}-{token_hex(8)}")
    key = Ed25519PrivateKey.generate()
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
            file.flush()
            os.fsync(file.fileno())
        # A link, unlike a renaming, never replaces a key that another program has put there meanwhile.
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    return _load(path)


def _load(path: Path) -> Ed25519PrivateKey:
    with path.open("rb") as file:
        if os.name == "posix" and stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            raise KeyFileError(f"{path}: others may read this key; remove it, and a new one is made")
        text = file.read()
    try:
        key = load_ssh_private_key(text, password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path}: not a key of this program; remove it, and a new one is made")
    return key
