"""Who may put a window in front of the others."""

import sys


def hand_on_foreground() -> None:
    """Let the window that was open come to the front in place of this program, which the user has just started.

    Windows keeps a window behind the others that the user did not just use; whoever he did use may pass that on
    (AllowSetForegroundWindow with ASFW_ANY). Elsewhere nothing is needed.
    """
    if sys.platform == "win32":
        import ctypes

        allow = ctypes.WinDLL("user32").AllowSetForegroundWindow
        allow.argtypes = (ctypes.c_uint32,)
        allow.restype = ctypes.c_int32
        allow(0xFFFFFFFF)
