"""The key that a command signs with, asked for its pass phrase where it has one."""

import getpass
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nexkit.texts import Texts
from report.signing_key import SigningKeyError, read_signing_key
from ui.cli.errors import CommandError
from ui.cli.streams import is_terminal


def signing_key(name: str, texts: Texts) -> Ed25519PrivateKey:
    """The key of a file; CommandError where it cannot be used, OSError."""
    try:
        return read_signing_key(Path(name), lambda: _pass_phrase(name, texts))
    except SigningKeyError as error:
        raise CommandError(str(error)) from None


def _pass_phrase(name: str, texts: Texts) -> str:
    _ = texts.gettext
    if not is_terminal():
        raise CommandError(_("{file}: the key asks for its pass phrase: run this on a terminal").format(file=name))
    return getpass.getpass(_("Pass phrase of {file}: ").format(file=name), stream=sys.stderr)
