"""From exceptions to failures: by type, then by number, never by message text."""

import errno
import socket
import ssl

from nexkit.outcome import Failure, FailureKind


class BudgetExceededError(Exception):
    """A probe asked for more traffic than its specification, or a whole run may use."""

    kind = FailureKind.BUDGET


class KitLimitError(OSError):
    """The limits of this program keep it from a destination. An OSError: whoever sends must reckon with it."""

    kind = FailureKind.KIT_LIMIT


class NotPermittedError(PermissionError):
    """The system wants the user's permission for a destination, and has it not: nothing that the network can help."""

    kind = FailureKind.PERMISSION


_BY_NAME = {
    "EACCES": FailureKind.FILTERED_LOCALLY,
    "EPERM": FailureKind.FILTERED_LOCALLY,
    "ECONNREFUSED": FailureKind.REFUSED,
    "ECONNRESET": FailureKind.RESET,
    "ECONNABORTED": FailureKind.RESET,
    "EPIPE": FailureKind.RESET,
    "ENETUNREACH": FailureKind.NET_UNREACHABLE,
    "ENETDOWN": FailureKind.NET_UNREACHABLE,
    "EHOSTUNREACH": FailureKind.HOST_UNREACHABLE,
    "EHOSTDOWN": FailureKind.HOST_UNREACHABLE,
    "ETIMEDOUT": FailureKind.TIMEOUT,
    "EADDRNOTAVAIL": FailureKind.NO_ADDRESS,
    "EAFNOSUPPORT": FailureKind.NO_ADDRESS,
    "EMSGSIZE": FailureKind.MESSAGE_TOO_BIG,
}
# On Windows a socket error carries the WSA number, which `errno` knows as WSAE...; both spellings are read.
_BY_NUMBER = {
    number: kind
    for name, kind in _BY_NAME.items()
    for number in (getattr(errno, name, None), getattr(errno, "WSA" + name, None))
    if number is not None
}
_BY_GAI_NAME = {
    "EAI_NONAME": FailureKind.NAME_NOT_FOUND,
    "EAI_NODATA": FailureKind.NAME_NO_DATA,
    "EAI_ADDRFAMILY": FailureKind.NAME_NO_DATA,
    "EAI_AGAIN": FailureKind.NAME_SERVER,
    "EAI_FAIL": FailureKind.NAME_SERVER,
}
_WSANO_DATA = 11004
"""What Windows' getaddrinfo gives for NAME_NO_DATA; its EAI_NODATA is a second name for EAI_NONAME."""
_BY_GAI_NUMBER = {_WSANO_DATA: FailureKind.NAME_NO_DATA} | {
    number: kind for name, kind in reversed(_BY_GAI_NAME.items()) if (number := getattr(socket, name, None)) is not None
}
# Overlapped socket calls, which asyncio makes on Windows, fail by Win32 numbers, most without an errno (winerror.h).
_BY_WIN32_NUMBER = {
    64: FailureKind.RESET,  # ERROR_NETNAME_DELETED
    121: FailureKind.TIMEOUT,  # ERROR_SEM_TIMEOUT
    1225: FailureKind.REFUSED,  # ERROR_CONNECTION_REFUSED
    1231: FailureKind.NET_UNREACHABLE,  # ERROR_NETWORK_UNREACHABLE
    1232: FailureKind.HOST_UNREACHABLE,  # ERROR_HOST_UNREACHABLE
    1234: FailureKind.REFUSED,  # ERROR_PORT_UNREACHABLE
    1236: FailureKind.RESET,  # ERROR_CONNECTION_ABORTED
}


def _first(error: BaseException) -> BaseException:
    """Of tasks that ran together the error that ended the others, else the error itself."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def classify(error: BaseException, *, step: str) -> Failure:
    """The failure that an exception stands for.

    Types come first, because `TimeoutError`, `socket.gaierror` and `ssl.SSLError` are `OSError`s too. A PermissionError
    is the local filter unless the caller knows that opening the measurement itself was refused
    (`Failure(kind=PERMISSION, ...)`).
    """
    error = _first(error)
    match error:
        case KitLimitError() | BudgetExceededError() | NotPermittedError():
            kind = error.kind
        case TimeoutError():
            kind = FailureKind.TIMEOUT
        case socket.gaierror():
            kind = _BY_GAI_NUMBER.get(error.errno or 0, FailureKind.NAME_SERVER)
        case ssl.SSLError():
            kind = FailureKind.TLS
        case OSError() if (win32 := getattr(error, "winerror", None)) in _BY_WIN32_NUMBER:
            kind = _BY_WIN32_NUMBER[win32]
        case OSError() if error.errno is not None:
            kind = _BY_NUMBER.get(error.errno, FailureKind.OTHER)
        case ConnectionRefusedError():
            kind = FailureKind.REFUSED
        case ConnectionError() | EOFError():
            kind = FailureKind.RESET
        case OSError():
            kind = FailureKind.OTHER
        case _:
            kind = FailureKind.INTERNAL
    code = error.errno if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) else None
    return Failure(kind=kind, step=step, os_code=code)
