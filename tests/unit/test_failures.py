import asyncio
import errno
import importlib.util
import socket
import ssl

import pytest

from nexkit import failures
from nexkit.failures import BudgetExceededError, classify
from nexkit.outcome import Failure, FailureKind


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (TimeoutError(), FailureKind.TIMEOUT, None),
        (TimeoutError(errno.ETIMEDOUT, "timed out"), FailureKind.TIMEOUT, errno.ETIMEDOUT),
        (socket.gaierror(socket.EAI_NONAME, "?"), FailureKind.NAME_NOT_FOUND, socket.EAI_NONAME),
        pytest.param(
            *(socket.gaierror(socket.EAI_NODATA, "?"), FailureKind.NAME_NO_DATA, socket.EAI_NODATA),
            marks=pytest.mark.posix("the number of Windows stands below"),
        ),
        (socket.gaierror(socket.EAI_AGAIN, "?"), FailureKind.NAME_SERVER, socket.EAI_AGAIN),
        (socket.gaierror(4711, "?"), FailureKind.NAME_SERVER, 4711),
        (socket.gaierror(11004, "?"), FailureKind.NAME_NO_DATA, 11004),
        (socket.gaierror(), FailureKind.NAME_SERVER, None),
        (ssl.SSLError(1, "handshake"), FailureKind.TLS, None),
        (ssl.SSLCertVerificationError(1, "untrusted"), FailureKind.TLS, None),
        (BudgetExceededError(), FailureKind.BUDGET, None),
        (ExceptionGroup("tasks", [BudgetExceededError(), OSError()]), FailureKind.BUDGET, None),
        (ConnectionRefusedError(errno.ECONNREFUSED, "?"), FailureKind.REFUSED, errno.ECONNREFUSED),
        (ConnectionResetError(errno.ECONNRESET, "?"), FailureKind.RESET, errno.ECONNRESET),
        (BrokenPipeError(errno.EPIPE, "?"), FailureKind.RESET, errno.EPIPE),
        (PermissionError(errno.EACCES, "?"), FailureKind.FILTERED_LOCALLY, errno.EACCES),
        (OSError(errno.ENETUNREACH, "?"), FailureKind.NET_UNREACHABLE, errno.ENETUNREACH),
        (OSError(errno.EHOSTUNREACH, "?"), FailureKind.HOST_UNREACHABLE, errno.EHOSTUNREACH),
        (OSError(errno.EADDRNOTAVAIL, "?"), FailureKind.NO_ADDRESS, errno.EADDRNOTAVAIL),
        (OSError(errno.EMSGSIZE, "?"), FailureKind.MESSAGE_TOO_BIG, errno.EMSGSIZE),
        (OSError(errno.ENOSPC, "?"), FailureKind.OTHER, errno.ENOSPC),
        (ConnectionRefusedError(), FailureKind.REFUSED, None),
        (ConnectionResetError(), FailureKind.RESET, None),
        (asyncio.IncompleteReadError(b"", 1), FailureKind.RESET, None),
        (OSError(), FailureKind.OTHER, None),
        (KeyError("x"), FailureKind.INTERNAL, None),
    ],
)
def test_exceptions_are_told_apart_by_type_and_number(error, kind, code):
    assert classify(error, step="connect") == Failure(kind=kind, step="connect", os_code=code)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (121, FailureKind.TIMEOUT),
        (1225, FailureKind.REFUSED),
        (1231, FailureKind.NET_UNREACHABLE),
        (1232, FailureKind.HOST_UNREACHABLE),
        (1236, FailureKind.RESET),
        (1450, FailureKind.OTHER),
    ],
)
def test_numbers_of_windows_that_have_no_errno_are_known(number, kind):
    error = OSError(errno.EINVAL, "?")
    error.winerror = number
    assert classify(error, step="connect").kind is kind


def test_a_message_is_never_kept():
    failure = classify(OSError(errno.EHOSTUNREACH, "no way to 192.0.2.1"), step="connect")
    assert "192.0.2.1" not in repr(failure)


def test_a_name_that_does_not_exist_is_not_mistaken_on_windows(monkeypatch):
    monkeypatch.setattr(socket, "EAI_NONAME", 11001)
    monkeypatch.setattr(socket, "EAI_NODATA", 11001)
    spec = importlib.util.spec_from_file_location("failures_on_windows", failures.__file__)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    kind = module.classify(socket.gaierror(11001, "?"), step="resolve").kind
    assert kind is FailureKind.NAME_NOT_FOUND


def test_sockets_of_windows_have_numbers_of_their_own(monkeypatch):
    monkeypatch.setattr(errno, "WSAECONNREFUSED", 10061, raising=False)
    spec = importlib.util.spec_from_file_location("failures_on_windows", failures.__file__)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.classify(OSError(10061, "?"), step="connect").kind is FailureKind.REFUSED
