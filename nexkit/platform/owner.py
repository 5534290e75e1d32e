"""Whose computer this is: the folder for this user's data, and the names that no report may contain."""

import contextlib
import getpass
import os
import socket
import sys
from pathlib import Path


class NoHomeError(OSError):
    """The user of this process has no home folder: that of a container or a service."""


def data_folder() -> Path:
    """Where this user's keys and settings are kept; `NEXKIT_HOME` overrides it. The folder need not exist yet.

    NoHomeError where neither says a place.
    """
    if chosen := os.environ.get("NEXKIT_HOME"):
        return Path(chosen)
    if sys.platform == "win32":
        return (named_folder("APPDATA") or home_folder() / "AppData" / "Roaming") / "nexkit"
    if sys.platform == "darwin":
        return home_folder() / "Library" / "Application Support" / "nexkit"
    return (named_folder("XDG_DATA_HOME") or home_folder() / ".local" / "share") / "nexkit"


def named_folder(variable: str) -> Path | None:
    """The folder that a variable of the system names; a relative one is not valid (XDG Base Directory)."""
    folder = Path(os.environ.get(variable, ""))
    return folder if folder.is_absolute() else None


def home_folder() -> Path:
    """The user's home; NoHomeError where there is none."""
    try:
        return Path.home()
    except RuntimeError:
        raise NoHomeError from None


def has_chosen_folder() -> bool:
    """Whether the user named the folder: then everything stays in it, and nothing goes to a key store of the system."""
    return bool(os.environ.get("NEXKIT_HOME"))


def own_names() -> tuple[str, ...]:
    """Host and user names of this computer in the spellings the system gives; without what it does not say."""
    names = [socket.gethostname(), socket.gethostname().partition(".")[0]]
    # A process without an entry in the user database has no user name to protect.
    with contextlib.suppress(OSError, KeyError, ImportError, RuntimeError):
        names += [getpass.getuser(), Path.home().name]
    return tuple(dict.fromkeys(name for name in names if name))
