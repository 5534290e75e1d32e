"""Wi-Fi of a Windows system by its native Wi-Fi API and ctypes; makes no scan and sends nothing.

Written from Microsoft's documentation of wlanapi.h. Since Windows 11 24H2 the calls that tell names and addresses of
cells fail with ERROR_ACCESS_DENIED without location consent; signal, channel and the quality of the connection remain
("Changes to API behavior for Wi-Fi access and location"). Tried with doubles of the library alone: Wine has no radio.
"""

import contextlib
import ctypes
import sys
from collections.abc import Iterator

from nexkit.facts.wifi import WifiLink
from nexkit.platform import windows_api as api
from nexkit.platform import windows_wifi_facts as facts

assert sys.platform == "win32"  # noqa: S101  mypy reads what follows for Windows only

_CLIENT_VERSION = 2
_BSS_TYPE_ANY = 3
_SERVICE_MISSING = frozenset({1060, 1062})
"""ERROR_SERVICE_DOES_NOT_EXIST, ..._NOT_ACTIVE: a computer without Wi-Fi need not run the service."""
_ALIAS_CHARACTERS = 257


def read_wifi() -> tuple[WifiLink, ...]:
    """Every radio; PermissionError where the system tells not even their list, other OSErrors as they come."""
    try:
        wlan = ctypes.WinDLL("wlanapi.dll", use_last_error=True)
    except FileNotFoundError:
        return ()  # servers without the wireless feature
    handle, version = ctypes.c_void_p(), ctypes.c_uint32()
    status = wlan.WlanOpenHandle(_CLIENT_VERSION, None, ctypes.byref(version), ctypes.byref(handle))
    if status in _SERVICE_MISSING:
        return ()
    if status:
        raise ctypes.WinError(status)
    try:
        return tuple(_Radios(wlan, handle).links())
    finally:
        wlan.WlanCloseHandle(handle, None)


class _Radios:
    """The radios behind an open handle."""

    def __init__(self, wlan: ctypes.WinDLL, handle: ctypes.c_void_p) -> None:
        self._wlan = wlan
        self._handle = handle
        self._ip = ctypes.WinDLL("iphlpapi.dll", use_last_error=True)

    def links(self) -> Iterator[WifiLink]:
        """Each radio."""
        for radio in facts.read_radios(self._list()):
            yield facts.wifi_link(self._name(radio.guid), radio, self._answers(radio))

    def _list(self) -> bytes:
        found = ctypes.c_void_p()
        if status := self._wlan.WlanEnumInterfaces(self._handle, None, ctypes.byref(found)):
            raise ctypes.WinError(status)
        with self._given(found) as address:
            return ctypes.string_at(address, facts.list_bytes(ctypes.c_uint32.from_address(address).value))

    def _answers(self, radio: facts.Radio) -> facts.RadioAnswers:
        guid = ctypes.create_string_buffer(radio.guid, len(radio.guid))
        permitted, connection, cells = True, None, None
        try:
            connection = facts.read_connection(self._query(guid, facts.OPCODE_CURRENT_CONNECTION) or b"")
            cells = facts.read_cells(self._cells(guid))
        except PermissionError:
            permitted = False
        return facts.RadioAnswers(
            radio_on=facts.read_radio_on(self._query_if_any(guid, facts.OPCODE_RADIO_STATE) or b""),
            names_permitted=permitted,
            connection=connection,
            rssi_dbm=facts.read_dbm(self._query_if_any(guid, facts.OPCODE_RSSI)),
            frames=facts.read_frames(self._query_if_any(guid, facts.OPCODE_STATISTICS)),
            channel=facts.read_number(self._query_if_any(guid, facts.OPCODE_CHANNEL)),
            quality=facts.read_quality(self._query_if_any(guid, facts.OPCODE_QUALITY)),
            cells=cells,
        )

    def _query_if_any(self, guid: "ctypes.Array[ctypes.c_char]", opcode: int) -> bytes | None:
        """None also where the system refuses."""
        with contextlib.suppress(PermissionError):
            return self._query(guid, opcode)
        return None

    def _query(self, guid: "ctypes.Array[ctypes.c_char]", opcode: int) -> bytes | None:
        """What the system says of one thing; None where there is nothing to say (no cell joined, unknown to it)."""
        size, found = ctypes.c_uint32(), ctypes.c_void_p()
        status = self._wlan.WlanQueryInterface(
            self._handle, guid, opcode, None, ctypes.byref(size), ctypes.byref(found), None
        )
        if status == api.ERROR_ACCESS_DENIED:
            raise ctypes.WinError(status)
        if status:
            return None
        with self._given(found) as address:
            return ctypes.string_at(address, size.value)

    def _cells(self, guid: "ctypes.Array[ctypes.c_char]") -> bytes:
        """The list of cells that the system has heard; empty where it has none."""
        found = ctypes.c_void_p()
        status = self._wlan.WlanGetNetworkBssList(self._handle, guid, None, _BSS_TYPE_ANY, 0, None, ctypes.byref(found))
        if status == api.ERROR_ACCESS_DENIED:
            raise ctypes.WinError(status)
        if status:
            return b""
        with self._given(found) as address:
            return ctypes.string_at(address, ctypes.c_uint32.from_address(address).value)

    @contextlib.contextmanager
    def _given(self, found: ctypes.c_void_p) -> Iterator[int]:
        """The address of what the system allocated; it is freed afterwards."""
        try:
            yield found.value or 0
        finally:
            self._wlan.WlanFreeMemory(found)

    def _name(self, guid: bytes) -> str:
        """The name that the user knows an interface by."""
        luid, name = ctypes.c_uint64(), (ctypes.c_uint16 * _ALIAS_CHARACTERS)()
        memory = ctypes.create_string_buffer(guid, len(guid))
        if self._ip.ConvertInterfaceGuidToLuid(memory, ctypes.byref(luid)) == 0:
            self._ip.ConvertInterfaceLuidToAlias(ctypes.byref(luid), name, _ALIAS_CHARACTERS)
        return api.wide_text(ctypes.cast(name, ctypes.POINTER(ctypes.c_uint16))) or "Wi-Fi"
