"""What holds for all tests: which of them a system cannot run, and why."""

import ctypes
import sys

UNDER_WINE = sys.platform == "win32" and hasattr(ctypes.WinDLL("ntdll"), "wine_get_version")

if UNDER_WINE:
    import _winapi

    # Wine 8 ends a program that calls it; `shutil` copies by other means where it is missing.
    del _winapi.CopyFile2
