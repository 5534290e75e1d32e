"""Whether macOS keeps this program from the own network: a permission of the user's since macOS 15 (Apple TN3179).

Sockets tell a denial by EHOSTUNREACH, the number that a router which is not there gives as well; Network.framework
alone says which it is, in the path of a connection that waits. A connection by UDP sends nothing by itself. Written
from Apple's documentation of Network.framework (connection.h, parameters.h, path.h).
"""

import ctypes
import queue
import sys

from nexkit.platform import macos_blocks

assert sys.platform == "darwin"  # noqa: S101  mypy reads what follows for macOS only

_FRAMEWORK = "/System/Library/Frameworks/Network.framework/Network"
_SYSTEM = "/usr/lib/libSystem.B.dylib"
_TIMEOUT_S = 1.0
_DISCARD_PORT = b"9"
_WAITING, _READY, _FAILED = 1, 3, 4
"""nw_connection_state_*."""
_LOCAL_NETWORK_DENIED = 3
"""nw_path_unsatisfied_reason_local_network_denied."""
_OBJECTS = ("nw_endpoint_create_host", "nw_parameters_create_secure_udp", "nw_connection_create")
_NO_DTLS = "_nw_parameters_configure_protocol_disable"
_DEFAULT_UDP = "_nw_parameters_configure_protocol_default_configuration"


def is_denied(address: str) -> bool | None:
    """Whether packets to an address are kept back for want of the permission; None where the system does not say.

    Where the user was not asked yet, this asks, as any packet would. To be called in a thread of its own.
    """
    try:
        network, system = ctypes.CDLL(_FRAMEWORK), ctypes.CDLL(_SYSTEM)
        for name in _OBJECTS:
            getattr(network, name).restype = ctypes.c_void_p
        network.nw_connection_copy_current_path.restype = ctypes.c_void_p
        network.nw_connection_copy_current_path.argtypes = (ctypes.c_void_p,)
        network.nw_path_get_unsatisfied_reason.argtypes = (ctypes.c_void_p,)  # since macOS 11
        network.nw_release.argtypes = (ctypes.c_void_p,)
        system.dispatch_get_global_queue.restype = ctypes.c_void_p
        system.dispatch_get_global_queue.argtypes = (ctypes.c_long, ctypes.c_ulong)
        isa = macos_blocks.class_of_global_blocks(system)
        no_dtls, default_udp = (
            ctypes.c_void_p(macos_blocks.pointer_of(network, name)) for name in (_NO_DTLS, _DEFAULT_UDP)
        )
    except (OSError, AttributeError, ValueError):
        return None
    answers: queue.SimpleQueue[bool] = queue.SimpleQueue()
    endpoint = ctypes.c_void_p(network.nw_endpoint_create_host(address.encode(), _DISCARD_PORT))
    parameters = ctypes.c_void_p(network.nw_parameters_create_secure_udp(no_dtls, default_udp))
    connection = ctypes.c_void_p(network.nw_connection_create(endpoint, parameters))

    def changed(state: int, _error: int | None) -> None:
        if state == _READY:
            answers.put(False)
        elif state in {_WAITING, _FAILED}:
            path = network.nw_connection_copy_current_path(connection)
            answers.put(bool(path) and network.nw_path_get_unsatisfied_reason(path) == _LOCAL_NETWORK_DENIED)
            if path:
                network.nw_release(path)

    block = macos_blocks.make_block(isa, changed, ctypes.c_int, ctypes.c_void_p)
    network.nw_connection_set_queue(connection, ctypes.c_void_p(system.dispatch_get_global_queue(0, 0)))
    network.nw_connection_set_state_changed_handler(connection, ctypes.byref(block))
    network.nw_connection_start(connection)
    try:
        return answers.get(timeout=_TIMEOUT_S)
    except queue.Empty:
        return None
    finally:
        # The system holds the connection itself until it has told that it is cancelled.
        network.nw_connection_cancel(connection)
        for made in (connection, parameters, endpoint):
            network.nw_release(made)
