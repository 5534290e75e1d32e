"""Whether macOS holds this connection for dear: "expensive" (a phone's hotspot) or in Low Data Mode, by nw_path.

Written from Apple's documentation of Network.framework (path_monitor.h, path.h).
"""

import ctypes
import queue
import sys

from nexkit.platform import macos_blocks

assert sys.platform == "darwin"  # noqa: S101  mypy reads what follows for macOS only

_FRAMEWORK = "/System/Library/Frameworks/Network.framework/Network"
_SYSTEM = "/usr/lib/libSystem.B.dylib"
_TIMEOUT_S = 1.0
_PATH_SATISFIED = 1
"""nw_path_status_satisfied."""


def read_metered() -> bool | None:
    """None without a path, before macOS 10.15, or where no answer comes; to be called in a thread of its own."""
    try:
        network, system = ctypes.CDLL(_FRAMEWORK), ctypes.CDLL(_SYSTEM)
        network.nw_path_monitor_create.restype = ctypes.c_void_p
        system.dispatch_get_global_queue.restype = ctypes.c_void_p
        system.dispatch_get_global_queue.argtypes = (ctypes.c_long, ctypes.c_ulong)
        for name in ("nw_path_get_status", "nw_path_is_expensive", "nw_path_is_constrained"):
            getattr(network, name).argtypes = (ctypes.c_void_p,)
        network.nw_path_is_expensive.restype = network.nw_path_is_constrained.restype = ctypes.c_bool
        isa = macos_blocks.class_of_global_blocks(system)
    except (OSError, AttributeError, ValueError):
        return None
    answers: queue.SimpleQueue[bool | None] = queue.SimpleQueue()

    def update(path: int | None) -> None:
        if network.nw_path_get_status(path) == _PATH_SATISFIED:
            answers.put(network.nw_path_is_expensive(path) or network.nw_path_is_constrained(path))
        else:
            answers.put(None)

    block = macos_blocks.make_block(isa, update, ctypes.c_void_p)
    monitor = ctypes.c_void_p(network.nw_path_monitor_create())
    network.nw_path_monitor_set_queue(monitor, ctypes.c_void_p(system.dispatch_get_global_queue(0, 0)))
    network.nw_path_monitor_set_update_handler(monitor, ctypes.byref(block))
    network.nw_path_monitor_start(monitor)
    try:
        return answers.get(timeout=_TIMEOUT_S)
    except queue.Empty:
        return None
    finally:
        network.nw_path_monitor_cancel(monitor)
        network.nw_release(monitor)
