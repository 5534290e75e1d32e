"""Proxy settings of Linux: the environment, GNOME, KDE, and what DHCP said as far as an ordinary user may read it."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from nexkit.facts.proxy import ProxySource
from nexkit.platform.parse_dhcp_lease import parse_networkd_lease, parse_nmcli
from nexkit.platform.parse_gsettings import parse_gnome_proxy
from nexkit.platform.parse_kioslaverc import parse_kioslaverc
from nexkit.platform.sockets import SocketPlatform
from nexkit.platform.system_proxy import SystemProxy, environment_settings
from nexkit.platform.threads import in_daemon_thread
from nexkit.units import Seconds

assert sys.platform == "linux"  # noqa: S101  tells the type checker which system this file is for

_GSETTINGS = Path("/usr/bin/gsettings")
_NMCLI = Path("/usr/bin/nmcli")
_TOOL_TIMEOUT_S = Seconds(0.5)
_TOOL_MAX_BYTES = 20_000
_NETWORKD_LEASES = Path("/run/systemd/netif/leases")
_MAX_FILE_CHARACTERS = 100_000
_MAX_LEASES = 16


async def read_settings(platform: SocketPlatform) -> tuple[SystemProxy, ...]:
    """What each source says, the one that counts first: the environment, then the desktop in use, then the other."""
    gnome, kde = await asyncio.gather(_gnome(platform), in_daemon_thread(_kde, os.environ))
    desktops = [kde, gnome] if "KDE" in os.environ.get("XDG_CURRENT_DESKTOP", "").upper() else [gnome, kde]
    return (environment_settings(os.environ), *desktops)


async def dhcp_pac_url(platform: SocketPlatform) -> str | None:
    """What DHCP said (option 252); None where it said nothing or the system does not tell."""
    with contextlib.suppress(OSError):
        listed = await platform.run_program(
            (str(_NMCLI), "-t", "-f", "DHCP4", "device", "show"),
            timeout_s=_TOOL_TIMEOUT_S,
            max_output_bytes=_TOOL_MAX_BYTES,
        )
        if (url := parse_nmcli(listed.stdout.decode("utf-8", "replace"))) is not None:
            return url
    return await in_daemon_thread(_networkd_url, _NETWORKD_LEASES)


async def _gnome(platform: SocketPlatform) -> SystemProxy:
    """The settings of GNOME and the desktops that share them; direct where there is no such desktop."""
    with contextlib.suppress(OSError):
        listed = await platform.run_program(
            (str(_GSETTINGS), "list-recursively", "org.gnome.system.proxy"),
            timeout_s=_TOOL_TIMEOUT_S,
            max_output_bytes=_TOOL_MAX_BYTES,
        )
        return parse_gnome_proxy(listed.stdout.decode("utf-8", "replace"))
    return SystemProxy(source=ProxySource.GNOME)


def _kde(environment: Mapping[str, str]) -> SystemProxy:
    """The first `kioslaverc` of the user's folder and of the system's."""
    home = environment.get("XDG_CONFIG_HOME") or str(Path(environment.get("HOME") or "/") / ".config")
    for folder in (home, *(environment.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")):
        with contextlib.suppress(OSError):
            return parse_kioslaverc(_text(Path(folder) / "kioslaverc"), environment)
    return SystemProxy(source=ProxySource.KDE)


def _networkd_url(folder: Path) -> str | None:
    try:
        leases = sorted(folder.iterdir())[:_MAX_LEASES]
    except OSError:
        return None
    for lease in leases:
        with contextlib.suppress(OSError):
            if (url := parse_networkd_lease(_text(lease))) is not None:
                return url
    return None


def _text(path: Path) -> str:
    with path.open("r", encoding="utf-8", errors="replace") as file:
        return file.read(_MAX_FILE_CHARACTERS)
