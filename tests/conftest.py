"""What holds for all tests: which of them a system cannot run, and why.

A test that is of POSIX or Linux alone says so by a mark with its reason: `@pytest.mark.posix("what of it")`. What Wine,
on which the tests for Windows are tried, has not learned yet is marked `wine_lacks`; Windows itself runs it.

What judges real packets and real time is marked `measures`, as is all of the lab: see `chance.py`.
"""

import ctypes
import os
import sys

import chance
import pytest

UNDER_WINE = sys.platform == "win32" and hasattr(ctypes.WinDLL("ntdll"), "wine_get_version")
LEFT_OUT = {
    "posix": sys.platform == "win32",
    "linux": sys.platform != "linux",
    "wine_lacks": UNDER_WINE,
}

MEASURING = ("lab", "screen", "measures")

if sys.platform != "linux":
    # What must not be missing in CI (namespaces, programs of Debian) is asked of Linux alone.
    os.environ.pop("CI", None)

if UNDER_WINE:
    import _winapi

    # Wine 8 ends a program that calls it; `shutil` copies by other means where it is missing.
    del _winapi.CopyFile2

FILES_LEFT_OUT = {
    "lab": (sys.platform != "linux", "network namespaces are of Linux"),
    "unit/installer": (sys.platform == "win32", "installers are built on Linux and macOS"),
    "unit/probes/test_segment.py": (UNDER_WINE, "scapy wants a function that Wine lacks"),
}
collect_ignore = [file for file, (here, _reason) in FILES_LEFT_OUT.items() if here]


def pytest_report_header():
    return [f"left out: tests/{file}: {FILES_LEFT_OUT[file][1]}" for file in collect_ignore]


def pytest_collection_modifyitems(items):
    for item in items:
        for mark in item.iter_markers():
            if LEFT_OUT.get(mark.name):
                reason = _reason(*mark.args, **mark.kwargs)
                item.add_marker(pytest.mark.skip(reason=f"{mark.name}: {reason}"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    if any(item.get_closest_marker(name) for name in MEASURING):
        chance.run(item, nextitem)
        return True
    return None


def pytest_terminal_summary(terminalreporter):
    chance.summarise(terminalreporter)


def _reason(reason):
    return reason
