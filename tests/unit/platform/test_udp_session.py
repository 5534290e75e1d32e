"""The parts of the UDP session that differ by system, on whatever system this runs; loopback is not needed."""

import asyncio
import socket
import struct
import time
from types import SimpleNamespace

import pytest

from nexkit.platform import linux_datagram, macos_datagram, udp_session

SOURCE = ("198.18.8.80", 3478)


class Loop:
    """An event loop whose receiving follows a script."""

    def __init__(self, *script):
        self.script = list(script)

    async def sock_recvfrom(self, sock, size):
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        return step, SOURCE


def port_unreachable():
    error = OSError(22, "port unreachable")
    error.winerror = 1234
    return error


def receive_on_windows(monkeypatch, *script):
    loop = Loop(*script)
    monkeypatch.setattr(udp_session, "sys", SimpleNamespace(platform="win32"))
    monkeypatch.setattr(udp_session, "asyncio", SimpleNamespace(get_running_loop=lambda: loop, sleep=asyncio.sleep))
    return asyncio.run(udp_session.DatagramSocket(None).receive())


def test_an_icmp_error_of_another_datagram_is_passed_over_on_windows(monkeypatch):
    datagram = receive_on_windows(monkeypatch, ConnectionResetError(10054, "reset"), port_unreachable(), b"answer")
    assert (datagram.address, datagram.port, datagram.payload) == (*SOURCE, b"answer")
    assert 0 <= time.perf_counter() - datagram.at_s < 5


def test_other_errors_are_told(monkeypatch):
    with pytest.raises(OSError, match="closed"):
        receive_on_windows(monkeypatch, OSError(9, "closed"))


def test_the_stamp_of_macos_is_a_timeval():
    stamp = struct.pack("=qi4x", 1_795_000_000, 250_000)
    assert macos_datagram.stamp_ns([(socket.SOL_SOCKET, 0x02, stamp)]) == 1_795_000_000_250_000_000
    assert macos_datagram.stamp_ns([(socket.SOL_SOCKET, 0x02, stamp[:8]), (41, 0x02, stamp)]) is None


@pytest.mark.measures
@pytest.mark.parametrize("ago_s", [0.0, 0.25])
def test_a_stamp_of_the_wall_clock_is_a_moment_of_the_monotonic_one(ago_s):
    at_ns = time.time_ns() - round(ago_s * 1e9)
    stamp = struct.pack("@ll", *divmod(at_ns, 1_000_000_000))
    found_s = udp_session.arrived_s([(socket.SOL_SOCKET, linux_datagram._SO_TIMESTAMPNS, stamp)])
    assert time.perf_counter() - found_s == pytest.approx(ago_s, abs=0.1)


@pytest.mark.measures
def test_without_a_stamp_it_arrived_now():
    assert time.perf_counter() - udp_session.arrived_s([]) == pytest.approx(0, abs=0.1)


@pytest.mark.measures
def test_a_stamp_in_the_future_is_now():
    """Somebody set the wall clock back meanwhile."""
    stamp = struct.pack("@ll", *divmod(time.time_ns() + 10**12, 1_000_000_000))
    found_s = udp_session.arrived_s([(socket.SOL_SOCKET, linux_datagram._SO_TIMESTAMPNS, stamp)])
    assert time.perf_counter() - found_s == pytest.approx(0, abs=0.1)
