"""What stands behind the standard streams: which encoding a pipe's reader expects, what a terminal understands."""

import codecs
import os
import sys
from typing import TextIO

_STANDARD_ERROR = -12
_VIRTUAL_TERMINAL = 0x0004
"""ENABLE_VIRTUAL_TERMINAL_PROCESSING: Windows consoles obey escape sequences only where a program asked for it."""


def pipe_encoding() -> str | None:
    """The encoding that the reader of a pipe or file expects of this program; None: the one Python took.

    On Windows a console's programs read each other by its code page (PowerShell decodes what a program writes so),
    while Python writes that of the system for windows, which differs in most of Europe and America.
    """
    if sys.platform != "win32" or os.environ.get("PYTHONIOENCODING") or sys.flags.utf8_mode:
        return None
    import ctypes

    page = ctypes.WinDLL("kernel32").GetConsoleOutputCP()  # 0: there is no console
    return codec_of_page(page)


def codec_of_page(page: int) -> str | None:
    """Python's name of a Windows code page; None where it knows none, and for 0."""
    name = "utf-8" if page == 65001 else f"cp{page}"  # noqa: PLR2004  CP_UTF8
    try:
        return codecs.lookup(name).name
    except LookupError:
        return None


def obeys_escapes(stream: TextIO | None) -> bool:
    """Whether the stream is a terminal that obeys escape sequences; asks one of Windows to, once and for all."""
    if stream is None or not stream.isatty():
        return False
    if sys.platform != "win32":
        return True
    import ctypes

    kernel = ctypes.WinDLL("kernel32")
    kernel.GetStdHandle.restype = ctypes.c_void_p
    handle, mode = ctypes.c_void_p(kernel.GetStdHandle(_STANDARD_ERROR)), ctypes.c_uint32()
    if not kernel.GetConsoleMode(handle, ctypes.byref(mode)):
        return False
    return bool(kernel.SetConsoleMode(handle, mode.value | _VIRTUAL_TERMINAL))
