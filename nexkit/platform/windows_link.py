"""The links of a Windows system and the ways it chooses: drivers and the IP Helper API by ctypes, without any right.

Written from Microsoft's documentation of ntddndis.h (IOCTL_NDIS_QUERY_GLOBAL_STATS) and netioapi.h (GetBestRoute2).
"""

import ctypes
import errno
import sys
from collections.abc import Sequence

from nexkit.address import family
from nexkit.facts.link import LinkState
from nexkit.platform import windows_api as api
from nexkit.platform import windows_link_facts as facts
from nexkit.platform.api import RouteTo

assert sys.platform == "win32"  # noqa: S101  mypy reads what follows for Windows only

_QUERY_GLOBAL_STATS = 0x00170002
"""IOCTL_NDIS_QUERY_GLOBAL_STATS; any access will do for it."""
_SHARE_READ_WRITE = 0x1 | 0x2
_OPEN_EXISTING = 3
_INVALID_HANDLE = ctypes.c_void_p(-1).value
_ALIAS_CHARACTERS = 257
"""IF_MAX_STRING_SIZE and the zero after it."""
_SOCKET_ADDRESS_BYTES = 28


class LinkCalls:
    """The system's functions, blocking; Win32 errors come as OSError."""

    def __init__(self) -> None:
        self._ip = ctypes.WinDLL("iphlpapi.dll", use_last_error=True)
        self._kernel = ctypes.WinDLL("kernel32.dll", use_last_error=True)

    def read_links(self, adapters: Sequence[api.Adapter], rows: Sequence[api.InterfaceRow]) -> tuple[LinkState, ...]:
        """Every interface now."""
        chosen = facts.rows_of_links(adapters, rows)
        return facts.link_states(chosen, {row.luid: self._ask_driver(row.guid) for row in chosen if row.hardware})

    def _ask_driver(self, guid: bytes) -> facts.DriverAnswers:
        """What the driver says; nothing where it is not to be asked."""
        kernel = self._kernel
        # Handles are pointers: without these the upper half of a handle would be lost.
        kernel.CreateFileW.restype = ctypes.c_void_p
        kernel.CloseHandle.argtypes = [ctypes.c_void_p]
        kernel.DeviceIoControl.argtypes = [
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_void_p,
            ctypes.c_void_p,
        ]
        path = ctypes.c_wchar_p(facts.device_path(guid))
        handle = kernel.CreateFileW(path, 0, _SHARE_READ_WRITE, None, _OPEN_EXISTING, 0, None)
        if handle is None or handle == _INVALID_HANDLE:
            return facts.NO_ANSWERS
        try:
            return facts.read_driver_answers(
                self._query(handle, facts.OID_LINK_STATE),
                self._query(handle, facts.OID_MAX_LINK_SPEED),
                self._query(handle, facts.OID_CRC_ERRORS),
            )
        finally:
            kernel.CloseHandle(handle)

    def _query(self, handle: int, number: int) -> bytes | None:
        """The answer to one question; None where the driver does not know it."""
        question, length = ctypes.c_uint32(number), ctypes.c_uint32()
        answer = ctypes.create_string_buffer(facts.ANSWER_BYTES)
        done = self._kernel.DeviceIoControl(
            handle,
            _QUERY_GLOBAL_STATS,
            ctypes.addressof(question),
            ctypes.sizeof(question),
            ctypes.addressof(answer),
            len(answer),
            ctypes.addressof(length),
            None,
        )
        return answer.raw[: length.value] if done else None

    def route_to(self, address: str) -> RouteTo:
        """GetBestRoute2; OSError where there is no way."""
        target = api.write_socket_address(address, family(address))
        row = ctypes.create_string_buffer(api.FORWARD_TABLE.size_bytes(1))
        row_offset = api.FORWARD_TABLE.size_bytes(0)
        source = ctypes.create_string_buffer(_SOCKET_ADDRESS_BYTES)
        status = self._ip.GetBestRoute2(None, 0, None, target, 0, ctypes.byref(row, row_offset), source)
        if status:
            raise ctypes.WinError(status)
        for best in api.read_forward_rows(row.raw):
            return RouteTo(
                interface=self._alias(best.luid), source=api.read_socket_address(source.raw), gateway=best.next_hop
            )
        raise OSError(errno.EIO, "a route of no family")

    def _alias(self, luid: int) -> str | None:
        """The name that the user knows an interface by."""
        name = (ctypes.c_uint16 * _ALIAS_CHARACTERS)()
        number = ctypes.c_uint64(luid)
        if self._ip.ConvertInterfaceLuidToAlias(ctypes.byref(number), name, _ALIAS_CHARACTERS):
            return None
        return api.wide_text(ctypes.cast(name, ctypes.POINTER(ctypes.c_uint16))) or None
