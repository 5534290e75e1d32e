"""Every platform offers the whole seam, whatever system the test runs on."""

import inspect
import sys
from pathlib import Path

import pytest

from nexkit.platform.api import Platform
from nexkit.platform.fake import FakePlatform

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "platform"))

import foreign_systems

SEAM = {name: method for name, method in vars(Platform).items() if inspect.isfunction(method) and name[0] != "_"}


class AnyLibrary:
    """A library that is never called."""

    IcmpCreateFile = Icmp6CreateFile = IcmpCloseHandle = FreeMibTable = None
    IcmpSendEcho2 = Icmp6SendEcho2 = GlobalFree = None


def windows():
    library = AnyLibrary()
    with foreign_systems.windows(iphlpapi=library, winhttp=library, kernel32=library) as module:
        return module.WindowsPlatform()


def macos():
    with foreign_systems.macos(lambda version: None) as module:
        return module.MacosPlatform()


def linux():
    with foreign_systems.imported("linux", "nexkit.platform.linux") as module:
        return module.LinuxPlatform()


@pytest.mark.parametrize("make", [windows, macos, linux, FakePlatform])
@pytest.mark.parametrize("name", SEAM)
def test_a_platform_has_every_call_of_the_seam(make, name):
    expected = inspect.signature(SEAM[name]).parameters
    offered = inspect.signature(getattr(type(make()), name)).parameters
    assert [(each.name, each.kind) for each in offered.values()] == [
        (each.name, each.kind) for each in expected.values()
    ]


@pytest.mark.parametrize("make", [windows, macos, linux, FakePlatform])
@pytest.mark.parametrize("name", [name for name, method in SEAM.items() if inspect.iscoroutinefunction(method)])
def test_what_takes_time_is_a_coroutine(make, name):
    assert inspect.iscoroutinefunction(getattr(make(), name))


def test_the_seam_is_not_empty():
    assert len(SEAM) >= 10
