"""Windows' proxy settings over doubles of its libraries."""

import asyncio
import ctypes

import foreign_systems
import pytest

import nexkit.platform
from nexkit.facts.proxy import ProxyKind, ProxySource
from nexkit.platform import windows_api as api

POLICY = (r"Software\Policies\Microsoft\Windows\CurrentVersion\Internet Settings", "ProxySettingsPerUser")


def wide(text):
    units = (text + "\0").encode("utf-16-le")
    return (ctypes.c_uint16 * (len(units) // 2)).from_buffer_copy(units)


class WinHttp:
    """winhttp.dll."""

    def __init__(self):
        self.user = {"proxy": "proxy.example.com:8080", "proxy_bypass": "*.example.net;<local>"}
        self.services = {"access_type": 3, "proxy": "services.example.com:3128"}
        self.detected = "http://wpad.example.com/wpad.dat\n"
        self.kept = []

    def _fill(self, structure, values):
        if values is None:
            return 0
        for name, value in values.items():
            if isinstance(value, str):
                self.kept.append(wide(value))
                value = ctypes.cast(self.kept[-1], ctypes.POINTER(ctypes.c_uint16))  # noqa: PLW2901
            setattr(structure._obj, name, value)
        return 1

    def WinHttpGetIEProxyConfigForCurrentUser(self, config):  # noqa: N802  Windows' names
        return self._fill(config, self.user)

    def WinHttpGetDefaultProxyConfiguration(self, info):  # noqa: N802
        return self._fill(info, self.services)

    def WinHttpDetectAutoProxyConfigUrl(self, how, url):  # noqa: N802
        assert how == 1
        if self.detected is None:
            return 0
        self.kept.append(wide(self.detected))
        ctypes.memmove(
            url, ctypes.byref(ctypes.c_void_p(ctypes.addressof(self.kept[-1]))), ctypes.sizeof(ctypes.c_void_p)
        )
        return 1


class Kernel:
    """kernel32.dll."""

    def __init__(self):
        self.freed = []

    def GlobalFree(self, pointer):  # noqa: N802
        self.freed.append(pointer.value)
        return 0


class IpHelper:
    """iphlpapi.dll, not called."""

    IcmpCreateFile = Icmp6CreateFile = IcmpCloseHandle = FreeMibTable = IcmpSendEcho2 = Icmp6SendEcho2 = None


@pytest.fixture
def system():
    return WinHttp(), Kernel()


@pytest.fixture
def make(system, monkeypatch):
    # A module that another test imported stays known to its package, with the registry of that test.
    monkeypatch.delattr(nexkit.platform, "windows_proxy", raising=False)

    def build(registry=None):
        doubles = {"winhttp": system[0], "kernel32": system[1], "winreg": foreign_systems.Registry(registry or {})}
        return foreign_systems.windows(iphlpapi=IpHelper(), **doubles)

    return build


def test_each_source_is_told_and_all_texts_are_given_back(make, system):
    with make() as module:
        user, services, environment = asyncio.run(module.WindowsPlatform().proxy_settings())
    assert (user.source, user.endpoint("https").host, user.for_browsers) == (
        ProxySource.WINDOWS_USER,
        "proxy.example.com",
        True,
    )
    assert user.exceptions.exempt("www.example.net", 443)
    assert (services.source, services.endpoint("http").kind, services.for_browsers) == (
        ProxySource.WINDOWS_SERVICES,
        ProxyKind.HTTP,
        False,
    )
    assert (environment.source, environment.for_browsers) == (ProxySource.ENVIRONMENT, False)
    assert system[1].freed == [ctypes.addressof(text) for text in system[0].kept]


@pytest.mark.parametrize(("value", "source"), [(0, ProxySource.WINDOWS_POLICY), (1, ProxySource.WINDOWS_USER)])
def test_settings_by_policy_are_called_so(make, value, source):
    with make({POLICY: value}) as module:
        assert asyncio.run(module.WindowsPlatform().proxy_settings())[0].source is source


def test_without_settings_nothing_is_said(make, system):
    system[0].user = system[0].services = None
    with make() as module:
        settings = asyncio.run(module.WindowsPlatform().proxy_settings())
    assert not any(each.says_something for each in settings[:2])


def test_services_without_a_proxy_go_directly(make, system):
    system[0].services = {"access_type": 1}
    with make() as module:
        assert not asyncio.run(module.WindowsPlatform().proxy_settings())[1].says_something


@pytest.mark.parametrize(
    ("told", "url"),
    [
        ("http://wpad.example.com/wpad.dat\n", "http://wpad.example.com/wpad.dat"),
        ("javascript:alert(1)", None),
        (None, None),
    ],
)
def test_what_dhcp_says_is_a_web_address_or_nothing(make, system, told, url):
    system[0].detected = told
    with make() as module:
        assert asyncio.run(module.WindowsPlatform().dhcp_pac_url()) == url
    assert len(system[1].freed) == (told is not None)


def test_structures_have_the_sizes_of_windows():
    assert (ctypes.sizeof(api.WinHttpProxyInfo), api.WinHttpProxyInfo.proxy.offset) == (24, 8)
