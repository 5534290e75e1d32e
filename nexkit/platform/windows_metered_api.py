"""Constants of INetworkCostManager (netlistmgr.h) and what a cost means; no call is made here."""

import ctypes
import uuid

COINIT_MULTITHREADED = 0
CLSCTX_ALL = 0x17
RELEASE_PLACE = 2
"""QueryInterface, AddRef, Release of IUnknown come first."""
GET_COST_PLACE = 3

_COST_UNRESTRICTED = 0x1
_COST_COUNTED = 0x2 | 0x4 | 0x10000 | 0x40000
"""NLM_CONNECTION_COST_FIXED, ..._VARIABLE, ..._OVERDATALIMIT, ..._ROAMING."""


class Guid(ctypes.Structure):
    """GUID of guiddef.h."""

    _fields_ = (
        ("data1", ctypes.c_uint32),
        ("data2", ctypes.c_uint16),
        ("data3", ctypes.c_uint16),
        ("data4", ctypes.c_uint8 * 8),
    )


CLSID_NETWORK_LIST_MANAGER = Guid.from_buffer_copy(uuid.UUID("DCB00C01-570F-4A9B-8D69-199FDBA5723B").bytes_le)
IID_NETWORK_COST_MANAGER = Guid.from_buffer_copy(uuid.UUID("DCB00008-570F-4A9B-8D69-199FDBA5723B").bytes_le)


def is_metered(cost: int) -> bool | None:
    """What NLM_CONNECTION_COST says; None for "unknown"."""
    if cost & _COST_COUNTED:
        return True
    return False if cost & _COST_UNRESTRICTED else None
