"""A file marked in the Explorer of Windows, by SHOpenFolderAndSelectItems (shlobj_core.h): no command line is made."""

import ctypes
import sys
from pathlib import Path

assert sys.platform == "win32"  # noqa: S101  tells the type checker which system this file is for

_APARTMENT_THREADED = 0x2
"""COINIT_APARTMENTTHREADED (objbase.h): what the shell wants of a thread."""


def select_in_explorer(path: Path) -> bool:
    """Whether the Explorer shows the file."""
    shell, ole = ctypes.WinDLL("shell32"), ctypes.WinDLL("ole32")
    shell.ILCreateFromPathW.argtypes = [ctypes.c_wchar_p]
    shell.ILCreateFromPathW.restype = ctypes.c_void_p
    shell.ILFree.argtypes = [ctypes.c_void_p]
    shell.ILFree.restype = None
    select = shell.SHOpenFolderAndSelectItems
    select.argtypes = [ctypes.c_void_p, ctypes.c_uint, ctypes.c_void_p, ctypes.c_ulong]
    select.restype = ctypes.c_long
    began = ole.CoInitializeEx(None, _APARTMENT_THREADED) >= 0
    try:
        item = shell.ILCreateFromPathW(str(path))
        if not item:
            return False
        try:
            # Without further items the folder of the one that is named is opened, and it is marked.
            return int(select(item, 0, None, 0)) >= 0
        finally:
            shell.ILFree(item)
    finally:
        if began:
            ole.CoUninitialize()
