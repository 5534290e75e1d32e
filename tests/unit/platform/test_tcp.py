"""What the system says of one TCP connection; tried on loopback-free sockets and on recorded structures."""

import socket
import struct
import sys

import pytest

from nexkit.platform import tcp


class Socket:
    """Answers socket options from a table."""

    def __init__(self, options=None, refused=()):
        self.options = options or {}
        self.refused = refused
        self.asked = []

    def getsockopt(self, level, option, size):
        self.asked.append((level, option))
        return self.options[option][:size]

    def setsockopt(self, level, option, value):
        if value in self.refused:
            raise PermissionError
        self.options[option] = value


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads structures of Linux")


@linux_only
def test_acknowledged_bytes_stand_in_tcp_info():
    info = struct.pack("=8B24I3Q", *range(8), *range(24), 11, 22, 4_000_000_000_000)
    assert tcp.delivered_bytes(Socket({socket.TCP_INFO: info})) == 4_000_000_000_000


@linux_only
@pytest.mark.parametrize(("sending", "expected"), [(True, 0.015), (False, 0.021)])
def test_the_round_trip_is_the_senders_or_the_receivers(sending, expected):
    info = struct.pack("=8B24I3Q", *range(8), *range(24), 11, 22, 33)
    assert tcp.round_trip_ms(Socket({socket.TCP_INFO: info}), sending=sending) == pytest.approx(expected)


@linux_only
def test_a_round_trip_that_was_not_measured_yet_is_not_known():
    assert tcp.round_trip_ms(Socket({socket.TCP_INFO: bytes(200)}), sending=True) is None


@linux_only
def test_a_shorter_structure_of_an_older_system_tells_nothing():
    assert tcp.delivered_bytes(Socket({socket.TCP_INFO: b"\0" * 104})) is None


def test_a_closed_socket_tells_nothing():
    with socket.socket() as sock:
        pass
    assert tcp.delivered_bytes(sock) is None


def test_structures_of_other_systems_have_their_documented_sizes_and_places():
    windows = struct.pack("=IIQB3xIIIIIIIQQIIIIIB3x", *range(1, 20))
    assert tcp._WINDOWS_TCP_INFO.unpack(windows) == (5, 7, 12, 15)
    macos = struct.pack("=4B12I4xQQQ", *range(4), *range(12), 100, 101, 102)
    assert tcp._MACOS_BYTES_SENT.unpack(macos) == (101, 102)
    assert tcp._MACOS_SRTT.unpack(macos[: tcp._MACOS_SRTT.size]) == (10,)


@linux_only
@pytest.mark.parametrize(
    ("in_force", "refused", "expected"),
    [
        (b"cubic", (), "cubic"),
        (b"reno", (), "reno"),
        (b"bbr", (), "cubic"),
        (b"bbr", (b"cubic",), "reno"),
        (b"bbr", (b"cubic", b"reno"), "bbr"),
    ],
)
def test_the_sender_fills_queues_where_the_system_lets_it(in_force, refused, expected):
    sock = Socket({socket.TCP_CONGESTION: in_force.ljust(16, b"\0")}, refused)
    assert tcp.fill_queues(sock) == expected


def test_a_reset_on_close_lingers_for_no_time():
    with socket.socket() as sock:
        tcp.reset_on_close(sock)
        size = 4 if sys.platform == "win32" else 8
        linger = sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, size)
    assert struct.unpack("HH" if sys.platform == "win32" else "ii", linger) == (1, 0)
