"""What holds for all tests: which of them a system cannot run, and why.

A test that is of POSIX or Linux alone says so by a mark with its reason: `@pytest.mark.posix("what of it")`. What Wine,
on which the tests for Windows are tried, has not learned yet is marked `wine_lacks`; Windows itself runs it.
"""

import ctypes
import sys

import pytest

UNDER_WINE = sys.platform == "win32" and hasattr(ctypes.WinDLL("ntdll"), "wine_get_version")
LEFT_OUT = {
    "posix": sys.platform == "win32",
    "linux": sys.platform != "linux",
    "wine_lacks": UNDER_WINE,
}

if UNDER_WINE:
    import _winapi

    # Wine 8 ends a program that calls it; `shutil` copies by other means where it is missing.
    del _winapi.CopyFile2


def pytest_collection_modifyitems(items):
    for item in items:
        for mark in item.iter_markers():
            if LEFT_OUT.get(mark.name):
                (reason,) = mark.args
                item.add_marker(pytest.mark.skip(reason=f"{mark.name}: {reason}"))
