"""Pages of the settings of GNOME and KDE Plasma; other desktops have no page that could be named."""

import os
from collections.abc import Mapping
from pathlib import Path

from nexkit.platform.settings import SettingProgram, SystemSetting

_FOLDER = Path("/usr/bin")
_GNOME = {
    SystemSetting.NETWORK: ("network",),
    SystemSetting.WIFI: ("wifi",),
    SystemSetting.PROXY: ("network",),
    SystemSetting.VPN: ("network",),
    # A page of its own until GNOME 45, from then on a part of "system"; both take the words that they do not know for
    # nothing and open at the beginning.
    SystemSetting.DATE_TIME: ("system", "datetime"),
}
_KDE = {
    SystemSetting.NETWORK: ("kcm_networkmanagement",),
    SystemSetting.WIFI: ("kcm_networkmanagement",),
    SystemSetting.PROXY: ("kcm_proxy",),
    SystemSetting.VPN: ("kcm_networkmanagement",),
    SystemSetting.DATE_TIME: ("kcm_clock",),
}
_PROGRAMS: Mapping[str, tuple[str, Mapping[SystemSetting, tuple[str, ...]]]] = {
    "GNOME": ("gnome-control-center", _GNOME),
    "UNITY": ("gnome-control-center", _GNOME),
    "KDE": ("systemsettings", _KDE),
}


def program(
    setting: SystemSetting, environment: Mapping[str, str] = os.environ, folder: Path = _FOLDER
) -> SettingProgram | None:
    """What opens a page; None where the desktop in use has none, or its program is not installed."""
    for desktop in environment.get("XDG_CURRENT_DESKTOP", "").upper().split(":"):
        name, pages = _PROGRAMS.get(desktop, ("", {}))
        if setting in pages and os.access(folder / name, os.X_OK):
            return SettingProgram(path=str(folder / name), arguments=pages[setting])
    return None
