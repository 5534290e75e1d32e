"""A socket whose packets leave by one interface, whichever way the routing would choose; no privilege is needed."""

import socket
import struct
import sys

_MACOS_BOUND_IF = {socket.AF_INET: (socket.IPPROTO_IP, 25), socket.AF_INET6: (socket.IPPROTO_IPV6, 125)}
"""IP_BOUND_IF and IPV6_BOUND_IF (netinet/in.h)."""
_WINDOWS_UNICAST_IF = 31
"""IP_UNICAST_IF and IPV6_UNICAST_IF (ws2ipdef.h)."""


def leave_by(sock: socket.socket, interface: str) -> None:
    """Bind a new socket; OSError where there is no such interface, or the system has no such thing."""
    if sys.platform == "linux":
        # Permitted to everybody since Linux 5.7, as long as the socket is bound to none yet.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0")
    elif sys.platform == "darwin":
        level, option = _MACOS_BOUND_IF[socket.AddressFamily(sock.family)]
        sock.setsockopt(level, option, struct.pack("@I", socket.if_nametoindex(interface)))
    elif sys.platform == "win32":
        index = _windows_index(interface)
        if sock.family == socket.AF_INET:  # in network byte order there, and in the computer's own for IPv6
            sock.setsockopt(socket.IPPROTO_IP, _WINDOWS_UNICAST_IF, struct.pack("!I", index))
        else:
            sock.setsockopt(socket.IPPROTO_IPV6, _WINDOWS_UNICAST_IF, struct.pack("@I", index))


if sys.platform == "win32":

    def _windows_index(interface: str) -> int:
        """By the name that people see, such as `Wi-Fi` (ConvertInterfaceAliasToLuid, netioapi.h)."""
        import ctypes

        helper = ctypes.WinDLL("iphlpapi")
        luid, index = ctypes.c_uint64(), ctypes.c_uint32()
        for status in (
            helper.ConvertInterfaceAliasToLuid(ctypes.c_wchar_p(interface), ctypes.byref(luid)),
            helper.ConvertInterfaceLuidToIndex(ctypes.byref(luid), ctypes.byref(index)),
        ):
            if status:
                raise ctypes.WinError(status)
        return index.value
