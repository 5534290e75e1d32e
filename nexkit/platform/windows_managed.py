"""Windows: where programs stand, and who may change a file there."""

import ctypes
import sys
from pathlib import Path

from nexkit.platform.parse_security_descriptor import who_may_change

assert sys.platform == "win32"  # noqa: S101  mypy reads this file for Windows alone

_SE_FILE_OBJECT = 1
_OWNER_AND_DACL = 0x1 | 0x4
_PROGRAM_FILES = (ctypes.c_uint8 * 16).from_buffer_copy(bytes.fromhex("b6635e90bfc14e49b29c65b732d3d21a"))
"""FOLDERID_ProgramFiles {905e63b6-c1bf-494e-b29c-65b732d3d21a}, as it lies in memory."""


def program_files() -> Path:
    """The folder of installed programs. From the system, not from the environment, which every user can change."""
    shell = ctypes.WinDLL("shell32.dll", use_last_error=True)
    ask = shell.SHGetKnownFolderPath
    ask.argtypes = (ctypes.c_void_p, ctypes.c_uint32, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p))
    ask.restype = ctypes.c_int32
    found = ctypes.c_void_p()
    free = ctypes.WinDLL("ole32.dll", use_last_error=True).CoTaskMemFree
    free.argtypes = (ctypes.c_void_p,)
    free.restype = None
    try:
        if status := ask(ctypes.byref(_PROGRAM_FILES), 0, None, ctypes.byref(found)):
            raise OSError(f"SHGetKnownFolderPath: {status & 0xFFFFFFFF:#x}")
        return Path(ctypes.wstring_at(found.value or 0))
    finally:
        free(found)


def others_may_change(path: Path) -> bool:
    """Whether somebody besides system and administrators may change the file or folder; OSError."""
    try:
        return bool(who_may_change(_security_descriptor(path)))
    except ValueError:
        return True  # what cannot be judged is not trusted


def _security_descriptor(path: Path) -> bytes:
    """Owner and access list, self-relative (GetNamedSecurityInfoW)."""
    security = ctypes.WinDLL("advapi32.dll", use_last_error=True)
    ask = security.GetNamedSecurityInfoW
    ask.argtypes = (
        ctypes.c_wchar_p,
        ctypes.c_int32,
        ctypes.c_uint32,
        *(ctypes.c_void_p,) * 4,
        ctypes.POINTER(ctypes.c_void_p),
    )
    ask.restype = ctypes.c_uint32
    size_of = security.GetSecurityDescriptorLength
    size_of.argtypes = (ctypes.c_void_p,)
    size_of.restype = ctypes.c_uint32
    free = ctypes.WinDLL("kernel32.dll", use_last_error=True).LocalFree
    free.argtypes = (ctypes.c_void_p,)
    free.restype = ctypes.c_void_p
    found = ctypes.c_void_p()
    status = ask(str(path), _SE_FILE_OBJECT, _OWNER_AND_DACL, None, None, None, None, ctypes.byref(found))
    if status:
        error = ctypes.WinError(status)
        error.filename = str(path)
        raise error
    try:
        return ctypes.string_at(found.value or 0, size_of(found))
    finally:
        free(found)
