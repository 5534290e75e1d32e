"""Windows: what the registry says of name resolution, and where the hosts file stands. Every user may read it."""

import sys
import winreg
from collections.abc import Iterator, Sequence
from pathlib import Path

from nexkit.facts.dns import NameService
from nexkit.platform.hosts_file import read_hosts
from nexkit.platform.windows_api import Adapter
from nexkit.platform.windows_dns_facts import NameSettings, RegistryValues, name_service

assert sys.platform == "win32"  # noqa: S101  mypy reads what follows for Windows only

_POLICY = r"SOFTWARE\Policies\Microsoft\Windows NT\DNSClient"
_TCPIP = r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters"
_DNS_CACHE = r"SYSTEM\CurrentControlSet\Services\Dnscache\Parameters"
_RULES = r"\DnsPolicyConfig"
_HOSTS_FOLDER = r"%SystemRoot%\System32\drivers\etc"
_MAX_ITEMS = 256


def read_name_service(adapters: Sequence[Adapter], names: tuple[str, ...]) -> NameService:
    """How names are looked up here."""
    tcpip = _values(_TCPIP)
    folder = tcpip.get("DataBasePath")
    expanded = winreg.ExpandEnvironmentStrings(folder if isinstance(folder, str) and folder else _HOSTS_FOLDER)
    settings = NameSettings(
        policy=_values(_POLICY),
        tcpip=tcpip,
        policy_rules=_rules(_POLICY + _RULES),
        local_rules=_rules(_DNS_CACHE + _RULES),
    )
    return name_service(adapters, settings, read_hosts(Path(expanded, "hosts"), names))


def _values(path: str) -> RegistryValues:
    """The values of a key of this computer; empty where there is none, or it may not be read."""
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path) as key:
            return dict(_each_value(key))
    except OSError:
        return {}


def _each_value(key: "winreg.HKEYType") -> Iterator[tuple[str, object]]:
    for index in range(_MAX_ITEMS):
        try:
            name, value, _ = winreg.EnumValue(key, index)
        except OSError:  # no more items
            return
        yield name, value


def _rules(path: str) -> tuple[RegistryValues, ...] | None:
    """The values of every key below; empty where there is none, None where it may not be read."""
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path) as key:
            names = list(_each_key(key))
    except FileNotFoundError:
        return ()
    except OSError:
        return None
    return tuple(_values(f"{path}\\{name}") for name in names)


def _each_key(key: "winreg.HKEYType") -> Iterator[str]:
    for index in range(_MAX_ITEMS):
        try:
            yield winreg.EnumKey(key, index)
        except OSError:  # no more items
            return
