"""Where this system's own settings are: what opens each of them, as fixed words of ours.

Nothing here is put together from what a network, a profile or a report says.
"""

import sys
from collections.abc import Mapping
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
        from nexkit.platform import windows_settings

        return _address(windows_settings.PAGES, setting)
    if sys.platform == "darwin":
        from nexkit.platform import macos_settings

        return _address(macos_settings.PAGES, setting)
    from nexkit.platform.linux_settings import program

    return program(setting)


def before_opening(setting: SystemSetting) -> None:
    """What has to be done before a page of settings is of use; from the main thread.

    On macOS a program stands among those that may use the location only once it has asked for it.
    """
    if sys.platform == "darwin" and setting is SystemSetting.LOCATION:
        from nexkit.platform.macos_location import ask_for_location

        ask_for_location()


def _address(pages: Mapping[SystemSetting, str], setting: SystemSetting) -> SettingAddress | None:
    return SettingAddress(pages[setting]) if setting in pages else None
