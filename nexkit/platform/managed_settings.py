r"""What the IT department sets for all users of a computer beside the profile: the language of the program.

Where only administrators may write: on Windows a group policy (`HKLM\SOFTWARE\Policies\nexkit`) before what was said
at the installation (`HKLM\SOFTWARE\nexkit`), on macOS the managed preferences of a configuration profile, elsewhere a
file of the managed place. Read at every start, so nothing heavy is imported for it.
"""

import contextlib
import sys
from pathlib import Path

from nexkit.platform.managed import ClosedToUsersError, ManagedPlace, OpenToOthersError

BUNDLE_ID = "io.nexkit.nexkit"
"""The program's name on macOS: its managed preferences bear it too."""
WINDOWS_KEYS = (r"SOFTWARE\Policies\nexkit", r"SOFTWARE\nexkit")
"""Under HKEY_LOCAL_MACHINE, the first that has a value counts: the policy before the installation."""
WINDOWS_VALUE = "Language"
LANGUAGE_FILE = "language"
_LONGEST = 40
_MAX_PLIST_BYTES = 1_000_000


def managed_language() -> str | None:
    """The word that the IT department has set for the language, in small letters; None where it has set none.

    It may be one that the program does not know. What users may change, or cannot read, counts as not set.
    """
    if sys.platform == "win32":
        word = _in_registry()
    elif sys.platform == "darwin":
        word = language_in_preferences(Path("/Library/Managed Preferences") / f"{BUNDLE_ID}.plist")
    else:
        word = language_in_place(ManagedPlace())
    return (word or "").strip()[:_LONGEST].lower() or None


def language_in_place(place: ManagedPlace) -> str:
    """The one word of the file; "" where there is none that counts."""
    with contextlib.suppress(OpenToOthersError, ClosedToUsersError, OSError):
        return (place.read(LANGUAGE_FILE, _LONGEST) or b"").decode("utf-8", "replace")
    return ""


def language_in_preferences(file: Path) -> str:
    """The value of a property list, which the system itself puts there; "" where there is none."""
    try:
        with file.open("rb") as stream:
            data = stream.read(_MAX_PLIST_BYTES)
    except OSError:
        return ""
    import plistlib  # only where there is something to read
    from xml.parsers.expat import ExpatError

    try:
        value = plistlib.loads(data).get("Language")
    except (plistlib.InvalidFileException, ExpatError, ValueError, AttributeError, RecursionError):
        return ""
    return value if isinstance(value, str) else ""


def _in_registry() -> str:
    if sys.platform != "win32":
        return ""
    import winreg

    for name in WINDOWS_KEYS:
        # The 64-bit view, wherever the program was installed from.
        with (
            contextlib.suppress(OSError),
            winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, name, 0, winreg.KEY_READ | winreg.KEY_WOW64_64KEY) as key,
        ):
            value, kind = winreg.QueryValueEx(key, WINDOWS_VALUE)
            if kind == winreg.REG_SZ and str(value).strip():
                return str(value)
    return ""
