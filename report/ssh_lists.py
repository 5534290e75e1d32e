"""Lists of keys as OpenSSH keeps them: one a line, of limited size."""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator
from pathlib import Path

from report.public_keys import PublicKey

MAX_BYTES = 4 * 1024 * 1024


class SignersError(ValueError):
    """A list that cannot be read; the text names file and line."""


def read_limited(path: Path) -> bytes:
    """The bytes of a list; SignersError where they are too many, OSError."""
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise SignersError(f"{path}: larger than {MAX_BYTES} bytes")
    return data


def lines_of(data: bytes) -> Iterator[tuple[int, str]]:
    """Number and text of every line that says something."""
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), start=1):
        text = line.strip(" \t\r")
        if text and not text.startswith("#"):
            yield number, text


def key_of(key_type: str, base64: str) -> PublicKey:
    """The key of the two words of a line, whatever its type; ValueError where they are none."""
    try:
        key = PublicKey(b64decode(base64, validate=True))
    except Base64Error:
        raise ValueError from None
    if not key_type or key.key_type != key_type:
        raise ValueError
    return key
