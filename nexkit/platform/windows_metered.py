"""Whether Windows counts this connection's data: the Network List Manager's cost, by ctypes on COM.

Written from Microsoft's documentation of netlistmgr.h (INetworkCostManager) and combaseapi.h.
"""

import ctypes
import sys
from typing import TYPE_CHECKING

from nexkit.platform import windows_metered_api as api

assert sys.platform == "win32"  # noqa: S101  mypy reads what follows for Windows only

if TYPE_CHECKING:
    from collections.abc import Callable


def read_metered() -> bool | None:
    """None where the service is not there or does not know; to be called in a thread of its own."""
    ole32 = ctypes.WinDLL("ole32.dll", use_last_error=True)
    if ole32.CoInitializeEx(None, api.COINIT_MULTITHREADED) < 0:
        return None
    try:
        manager = ctypes.c_void_p()
        created = ole32.CoCreateInstance(
            ctypes.byref(api.CLSID_NETWORK_LIST_MANAGER),
            None,
            api.CLSCTX_ALL,
            ctypes.byref(api.IID_NETWORK_COST_MANAGER),
            ctypes.byref(manager),
        )
        if created < 0 or not manager.value:
            return None
        get_cost, release = _methods(manager)
        cost = ctypes.c_uint32()
        try:
            return api.is_metered(cost.value) if get_cost(manager, ctypes.byref(cost), None) >= 0 else None
        finally:
            release(manager)
    finally:
        ole32.CoUninitialize()


def _methods(manager: ctypes.c_void_p) -> "tuple[Callable[..., int], Callable[..., int]]":
    """GetCost and Release, by their places in the table of methods that every COM object begins with."""
    table = ctypes.cast(manager, ctypes.POINTER(ctypes.POINTER(ctypes.c_void_p))).contents
    get_cost = ctypes.WINFUNCTYPE(ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
    release = ctypes.WINFUNCTYPE(ctypes.c_ulong, ctypes.c_void_p)
    return get_cost(table[api.GET_COST_PLACE] or 0), release(table[api.RELEASE_PLACE] or 0)
