"""Loads the files of the other systems, with doubles for what those systems provide.

The doubles stand in for Windows' libraries and for icmplib; nothing here shows how a real Windows or macOS behaves.
"""

import asyncio  # noqa: F401  must have been imported for the system this really runs on
import contextlib
import ctypes
import importlib
import socket
import sys
import types
from unittest.mock import patch

import psutil  # noqa: F401  as asyncio

import nexkit.platform.sockets  # noqa: F401  as asyncio


@contextlib.contextmanager
def imported(system, module, **doubles):
    """The module of another system; `doubles` are modules that it imports. It is forgotten again, and what it loads."""
    known = set(sys.modules)
    with patch.dict(sys.modules, doubles):
        sys.modules.pop(module, None)
        with patch.object(sys, "platform", system):
            loaded = importlib.import_module(module)
        try:
            yield loaded
        finally:
            # A package keeps its modules as attributes too, which `from package import module` takes.
            for name in set(sys.modules) - known:
                package, _, last = name.rpartition(".")
                if package in sys.modules and hasattr(sys.modules[package], last):
                    delattr(sys.modules[package], last)


class Function:
    """A function of a library: ctypes lets its types be set."""

    def __init__(self, function):
        self.function = function
        self.argtypes = None
        self.restype = None

    def __call__(self, *arguments):
        return self.function(*arguments)


class Library:
    """A library whose functions are the methods of another object."""

    def __init__(self, functions):
        for name in dir(functions):
            if name[0].isupper():
                setattr(self, name, Function(getattr(functions, name)))


class Registry:
    """The module `winreg`, with values by key path and name under HKEY_LOCAL_MACHINE."""

    HKEY_LOCAL_MACHINE = "HKLM"
    HKEYType = object

    def __init__(self, values):
        self.values = values

    @contextlib.contextmanager
    def OpenKey(self, root, path):  # noqa: N802  Windows' names
        assert root == self.HKEY_LOCAL_MACHINE
        if not any(key == path for key, _ in self.values):
            raise FileNotFoundError(path)
        yield path

    def QueryValueEx(self, key, name):  # noqa: N802
        if (key, name) not in self.values:
            raise FileNotFoundError(name)
        return self.values[key, name], 4

    def ExpandEnvironmentStrings(self, text):  # noqa: N802
        return text


class WindowsError(OSError):
    """What ctypes.WinError gives on Windows."""

    def __init__(self, code):
        super().__init__(13 if code == 5 else 22, "system error")
        self.winerror = code


def windows_error(code):
    if code == 5:
        error = PermissionError(13, "access denied")
        error.winerror = code
        return error
    return WindowsError(code)


class WithoutWifi:
    """wlanapi.dll of a computer on which its service does not run."""

    def WlanOpenHandle(self, version, reserved, negotiated, handle):  # noqa: N802  Windows' name
        return 1062


@contextlib.contextmanager
def windows(*, iphlpapi, winhttp=None, kernel32=None, wlanapi=None, winreg=None, last_error=lambda: 0):
    """`nexkit.platform.windows` over doubles of its libraries."""
    libraries = {
        "iphlpapi.dll": iphlpapi,
        "winhttp.dll": winhttp,
        "kernel32.dll": kernel32,
        "wlanapi.dll": wlanapi or WithoutWifi(),
    }

    def load(name, use_last_error):
        assert use_last_error
        return Library(libraries[name])

    with (
        patch.object(ctypes, "WinDLL", load, create=True),
        patch.object(ctypes, "WinError", windows_error, create=True),
        patch.object(ctypes, "get_last_error", last_error, create=True),
        imported("win32", "nexkit.platform.windows", winreg=winreg or Registry({})) as module,
    ):
        yield module


class ICMPSocketError(Exception):
    """As in icmplib."""


class TimeoutExceeded(ICMPSocketError):  # noqa: N818  icmplib names it so
    """As in icmplib."""


class ICMPRequest:
    """As in icmplib."""

    def __init__(self, *, destination, id, sequence, payload, payload_size, ttl):  # noqa: A002  icmplib's name
        self.destination = destination
        self.id = id
        self.sequence = sequence
        self.payload = payload
        self.ttl = ttl


@contextlib.contextmanager
def macos(make_socket, *, radios=(), location_status=3, location_services=True):
    """`nexkit.platform.macos` over doubles of the frameworks and of icmplib; `make_socket(version)` makes its sockets.

    `location_status` is a CLAuthorizationStatus.
    """

    def module(name, **names):
        made = types.ModuleType(f"icmplib.{name}")
        vars(made).update(names)
        return made

    def refused_privilege(version):
        def make(*, privileged):
            assert not privileged
            return make_socket(version)

        return make

    doubles = {
        "icmplib": types.ModuleType("icmplib"),
        "icmplib.exceptions": module("exceptions", ICMPSocketError=ICMPSocketError, TimeoutExceeded=TimeoutExceeded),
        "icmplib.models": module("models", ICMPRequest=ICMPRequest),
        "icmplib.sockets": module("sockets", ICMPv4Socket=refused_privilege(4), ICMPv6Socket=refused_privilege(6)),
        "icmplib.utils": module("utils", unique_identifier=lambda: 77),
        "objc": types.SimpleNamespace(autorelease_pool=contextlib.nullcontext),
        "Security": types.SimpleNamespace(SecTrustSettingsCopyCertificates=lambda domain, out: (-25263, None)),
        "CoreLocation": types.SimpleNamespace(
            CLLocationManager=types.SimpleNamespace(
                locationServicesEnabled=lambda: location_services, authorizationStatus=lambda: location_status
            )
        ),
        "CoreWLAN": types.SimpleNamespace(
            CWWiFiClient=types.SimpleNamespace(
                sharedWiFiClient=lambda: types.SimpleNamespace(interfaces=lambda: radios)
            )
        ),
    }
    with imported("darwin", "nexkit.platform.macos", **doubles) as loaded:
        yield loaded


HOP_LIMIT = (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS)
