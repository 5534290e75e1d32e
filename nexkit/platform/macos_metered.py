"""Whether macOS holds this connection for dear: "expensive" (a phone's hotspot) or in Low Data Mode, by nw_path.

Written from Apple's documentation of Network.framework (path_monitor.h, path.h) and of the ABI of blocks
(clang.llvm.org/docs/Block-ABI-Apple.html): the monitor wants a block, which is a structure with a function in it.
"""

import ctypes
import queue
import sys
from typing import Any

assert sys.platform == "darwin"  # noqa: S101  mypy reads what follows for macOS only

_FRAMEWORK = "/System/Library/Frameworks/Network.framework/Network"
_SYSTEM = "/usr/lib/libSystem.B.dylib"
_BLOCK_IS_GLOBAL = 1 << 28
_TIMEOUT_S = 1.0
_PATH_SATISFIED = 1
"""nw_path_status_satisfied."""


class _Descriptor(ctypes.Structure):
    _fields_ = (("reserved", ctypes.c_ulong), ("size", ctypes.c_ulong))


class _Block(ctypes.Structure):
    _fields_ = (
        ("isa", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("reserved", ctypes.c_int),
        ("invoke", ctypes.c_void_p),
        ("descriptor", ctypes.POINTER(_Descriptor)),
    )


_Invoke = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)
_kept: list[Any] = []
"""What the system may still call after the answer came too late; a cancelled monitor calls nothing more."""


def _class_of_global_blocks(system: ctypes.CDLL) -> int:
    """The address of the class; ValueError where the library has none."""
    return ctypes.addressof(ctypes.c_void_p.in_dll(system, "_NSConcreteGlobalBlock"))


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
        isa = _class_of_global_blocks(system)
    except (OSError, AttributeError, ValueError):
        return None
    answers: queue.SimpleQueue[bool | None] = queue.SimpleQueue()

    def update(_block: int | None, path: int | None) -> None:
        if network.nw_path_get_status(path) == _PATH_SATISFIED:
            answers.put(network.nw_path_is_expensive(path) or network.nw_path_is_constrained(path))
        else:
            answers.put(None)

    invoke = _Invoke(update)
    descriptor = _Descriptor(0, ctypes.sizeof(_Block))
    block = _Block(isa, _BLOCK_IS_GLOBAL, 0, ctypes.cast(invoke, ctypes.c_void_p), ctypes.pointer(descriptor))
    _kept.append((invoke, descriptor, block))
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
