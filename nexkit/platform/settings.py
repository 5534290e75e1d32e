"""Where this system's own settings are: what opens each of them, as fixed words of ours.

Nothing here is put together from what a network, a profile or a report says.
"""

import sys
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class SystemSetting(Enum):
    """A page of the system's settings that mends something."""

    NETWORK = "network"
    """Addresses, name servers, network adapters."""
    WIFI = "wifi"
    PROXY = "proxy"
    VPN = "vpn"
    DATE_TIME = "date_time"
    LOCATION = "location"
    """The permission on which names and addresses of Wi-Fi networks hang (Windows, macOS)."""
    LOCAL_NETWORK = "local_network"
    """The permission to speak to devices of the own network (macOS)."""


@dataclass(frozen=True, slots=True)
class SettingAddress:
    """An address that the system itself opens."""

    url: str


@dataclass(frozen=True, slots=True)
class SettingProgram:
    """A program of the desktop, by its full path, and what it is told to show."""

    path: str
    arguments: tuple[str, ...]


SettingWay: TypeAlias = SettingAddress | SettingProgram


def setting_way(setting: SystemSetting) -> SettingWay | None:
    """What opens a page of this system's settings; None where there is no such page, or nothing that opens it."""
    if sys.platform == "win32":
        from nexkit.platform.windows_settings import address
    elif sys.platform == "darwin":
        from nexkit.platform.macos_settings import address
    else:
        from nexkit.platform.linux_settings import program

        return program(setting)
    url = address(setting)
    return None if url is None else SettingAddress(url)
