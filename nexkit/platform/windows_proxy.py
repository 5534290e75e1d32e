"""Proxy settings of Windows: the user's (WinINet), the administrator's policy, and those of services (WinHTTP)."""

import ctypes
import os
import sys
import winreg

from nexkit.facts.proxy import ProxySource
from nexkit.platform import windows_api as api
from nexkit.platform.parse_dhcp_lease import clean_option
from nexkit.platform.parse_proxy import parse_bypass_list, parse_proxy_list
from nexkit.platform.system_proxy import SystemProxy, environment_settings

assert sys.platform == "win32"  # noqa: S101  mypy reads what follows for Windows only

_POLICY = r"Software\Policies\Microsoft\Windows\CurrentVersion\Internet Settings"
_ACCESS_NAMED_PROXY = 3
"""WINHTTP_ACCESS_TYPE_NAMED_PROXY."""
_DETECT_BY_DHCP = 0x1
"""WINHTTP_AUTO_DETECT_TYPE_DHCP."""


class ProxyCalls:
    """The system's functions, blocking."""

    def __init__(self) -> None:
        self._winhttp = ctypes.WinDLL("winhttp.dll", use_last_error=True)
        self._kernel = ctypes.WinDLL("kernel32.dll", use_last_error=True)
        self._kernel.GlobalFree.argtypes = [ctypes.c_void_p]

    def settings(self) -> tuple[SystemProxy, ...]:
        """What each source says, the one that browsers obey first."""
        return (self.user(), self._services(), environment_settings(os.environ, for_browsers=False))

    def user(self) -> SystemProxy:
        """WinHttpGetIEProxyConfigForCurrentUser; nothing known where the user has no such settings."""
        source = ProxySource.WINDOWS_POLICY if _set_for_all() else ProxySource.WINDOWS_USER
        config = api.ProxyConfig()
        if not self._winhttp.WinHttpGetIEProxyConfigForCurrentUser(ctypes.byref(config)):
            return SystemProxy(source=source)
        try:
            return SystemProxy(
                source=source,
                by_scheme=parse_proxy_list(api.wide_text(config.proxy)),
                pac_url=api.wide_text(config.auto_config_url) or None,
                auto_detect=bool(config.auto_detect),
                exceptions=parse_bypass_list(api.wide_text(config.proxy_bypass)),
            )
        finally:
            self._free(config.auto_config_url, config.proxy, config.proxy_bypass)

    def _services(self) -> SystemProxy:
        """WinHttpGetDefaultProxyConfiguration, which `netsh winhttp set proxy` sets."""
        info = api.WinHttpProxyInfo()
        if not self._winhttp.WinHttpGetDefaultProxyConfiguration(ctypes.byref(info)):
            return SystemProxy(source=ProxySource.WINDOWS_SERVICES, for_browsers=False)
        try:
            named = info.access_type == _ACCESS_NAMED_PROXY
            return SystemProxy(
                source=ProxySource.WINDOWS_SERVICES,
                by_scheme=parse_proxy_list(api.wide_text(info.proxy)) if named else {},
                exceptions=parse_bypass_list(api.wide_text(info.proxy_bypass)),
                for_browsers=False,
            )
        finally:
            self._free(info.proxy, info.proxy_bypass)

    def dhcp_pac_url(self) -> str | None:
        """What DHCP said (option 252). The system asks the network for it, which may take seconds."""
        url = api.WideText()
        if not self._winhttp.WinHttpDetectAutoProxyConfigUrl(_DETECT_BY_DHCP, ctypes.byref(url)):
            return None
        try:
            return clean_option(api.wide_text(url).encode("latin-1", "replace"))
        finally:
            self._free(url)

    def _free(self, *texts: api.WideText) -> None:
        for text in texts:
            if text:
                self._kernel.GlobalFree(ctypes.cast(text, ctypes.c_void_p))


def _set_for_all() -> bool:
    """The administrator has taken the settings out of the user's hands (`ProxySettingsPerUser` is 0)."""
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _POLICY) as key:
            return bool(winreg.QueryValueEx(key, "ProxySettingsPerUser")[0] == 0)
    except OSError:
        return False
