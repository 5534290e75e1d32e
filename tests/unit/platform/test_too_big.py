"""What comes back for packets that nobody may cut up: error queues of Linux, messages of macOS, answers of Windows."""

import asyncio
import contextlib
import ctypes
import errno
import socket
import struct
import sys
from collections import deque

import pytest
from foreign_systems import imported
from hypothesis import given
from hypothesis import strategies as st

from nexkit.outcome import FailureKind
from nexkit.platform import parse_too_big, tcp_mtu, windows_mtu
from nexkit.platform.own_mtu import own_address, own_mtu_bytes
from nexkit.platform.size_session import NOTHING, SizeAnswer, SizeExchange
from nexkit.platform.windows_api import IcmpAnswer, IpOptions

ROUTER = {4: "192.0.2.1", 6: "2001:db8::1"}


def extended_error(version, *, number=90, origin, kind, code, info):
    head = struct.pack("=IBBBBII", number, origin, kind, code, 0, info, 0)
    if version == 4:
        return head + struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_aton(ROUTER[4]))
    packed = socket.inet_pton(socket.AF_INET6, ROUTER[6])
    return head + struct.pack("=HHI16sI", socket.AF_INET6, 0, 0, packed, 0)


@pytest.mark.parametrize(("version", "origin", "kind", "code"), [(4, 2, 3, 4), (6, 3, 2, 0)])
def test_linux_names_the_mtu_and_who_said_so(version, origin, kind, code):
    told = parse_too_big.parse_told(extended_error(version, origin=origin, kind=kind, code=code, info=1454), version)
    assert (told.local, told.mtu_bytes, told.reporter, told.error) == (False, 1454, ROUTER[version], None)
    assert told.answer(7) == SizeAnswer(
        key=7, arrived=False, too_big=True, mtu_bytes=1454, reporter=ROUTER[version], error=None
    )


def test_linux_s_own_refusal_names_the_interface_s_limit():
    told = parse_too_big.parse_told(extended_error(4, origin=1, kind=0, code=0, info=1500), 4)
    assert (told.local, told.mtu_bytes, told.reporter) == (True, 1500, None)


def test_another_icmp_error_is_none_about_the_size():
    told = parse_too_big.parse_told(extended_error(4, number=111, origin=2, kind=3, code=3, info=0), 4)
    assert (told.mtu_bytes, told.error) == (None, FailureKind.REFUSED)
    assert not told.answer(1).too_big


@given(st.binary(max_size=80), st.sampled_from([4, 6]))
def test_no_bytes_break_the_readers(data, version):
    parse_too_big.parse_told(data, version)
    parse_too_big.parse_icmp_answer(data, version, 77, "192.0.2.1")
    parse_too_big.parse_udp_answer(data, 40000, 33434, "2001:db8::1", "2001:db8::10")


def icmp(kind, code, word, low, rest=b""):
    return struct.pack("!BBHHH", kind, code, 0, word, low) + rest


IPV4 = bytes([0x45]) + bytes(19)
IPV4_WITH_OPTIONS = bytes([0x47]) + bytes(27)
QUOTE = {4: IPV4 + icmp(8, 0, 77, 5), 6: bytes(40) + icmp(128, 0, 77, 5)}


@pytest.mark.parametrize(
    ("message", "version", "expected"),
    [
        (IPV4 + icmp(0, 0, 77, 5), 4, (True, False, None, None)),
        (IPV4_WITH_OPTIONS + icmp(0, 0, 77, 5), 4, (True, False, None, None)),
        (icmp(129, 0, 77, 5), 6, (True, False, None, None)),
        (IPV4 + icmp(3, 4, 0, 1454, QUOTE[4]), 4, (False, True, 1454, None)),
        (IPV4 + icmp(3, 4, 0, 0, QUOTE[4]), 4, (False, True, 0, None)),
        (icmp(2, 0, 0, 1280, QUOTE[6]), 6, (False, True, 1280, None)),
        (icmp(2, 0, 1, 0, QUOTE[6]), 6, (False, True, 65_536, None)),
        (IPV4 + icmp(3, 1, 0, 0, QUOTE[4]), 4, (False, False, None, FailureKind.HOST_UNREACHABLE)),
    ],
)
def test_messages_of_macos_are_read(message, version, expected):
    answer = parse_too_big.parse_icmp_answer(message, version, 77, ROUTER[version])
    assert (answer.key, answer.arrived, answer.too_big, answer.mtu_bytes, answer.error) == (5, *expected)
    assert answer.reporter == (None if answer.arrived else ROUTER[version])


@pytest.mark.parametrize(
    "message",
    [
        IPV4 + icmp(0, 0, 78, 5),
        IPV4 + icmp(8, 0, 77, 5),
        IPV4 + icmp(3, 4, 0, 1454, IPV4 + icmp(8, 0, 78, 5)),
        IPV4 + icmp(3, 4, 0, 1454, IPV4),
        b"",
        b"\xff",
    ],
)
def test_what_is_not_for_this_socket_is_left_out(message):
    assert parse_too_big.parse_icmp_answer(message, 4, 77, ROUTER[4]) is None


class Socket:
    """Sends into a list; what comes back is written into it, and a byte into a pipe wakes the loop."""

    method = None

    def __init__(self):
        self.reading, self.waking = socket.socketpair()
        self.reading.setblocking(False)
        self.answers = deque()
        self.sent = []
        self.refusal = None

    def fileno(self):
        return self.reading.fileno()

    def own_mtu_bytes(self):
        return 1500

    def send(self, key, size_bytes):
        if self.refusal:
            raise self.refusal
        self.sent.append((key, size_bytes))

    def come(self, answer):
        self.answers.append(answer)
        self.waking.send(b".")

    def receive(self):
        self.reading.recv(100)
        while self.answers:
            yield self.answers.popleft()

    def close(self):
        self.reading.close()
        self.waking.close()


def answer(key, **more):
    fields = {"arrived": False, "too_big": False, "mtu_bytes": None, "reporter": None, "error": None, **more}
    return SizeAnswer(key=key, **fields)


watched = pytest.mark.posix("the event loop of Windows watches no sockets; sizes are asked for in another way there")


def session(scene):
    async def run():
        sock = Socket()
        async with SizeExchange.over(sock) as exchange:
            return await scene(exchange, sock)

    return asyncio.run(run())


@watched
def test_answers_find_their_requests():
    async def scene(exchange, sock):
        assert await exchange.own_mtu_bytes() == 1500
        tasks = [asyncio.create_task(exchange.probe(size, timeout_s=5)) for size in (1500, 1400)]
        await asyncio.sleep(0.01)
        (big, _), (small, _) = sock.sent
        sock.come(answer(small, arrived=True))
        sock.come(answer(big, too_big=True, mtu_bytes=1454, reporter="192.0.2.1"))
        sock.come(answer((small + 9) % 4096, arrived=True))
        return await asyncio.gather(*tasks)

    big, small = session(scene)
    assert (big.too_big, big.mtu_bytes, big.reporter) == (True, 1454, "192.0.2.1")
    assert small.arrived
    assert 0 < small.rtt_ms < 5000


@watched
def test_a_named_mtu_of_zero_is_none():
    async def scene(exchange, sock):
        task = asyncio.create_task(exchange.probe(1500, timeout_s=5))
        await asyncio.sleep(0.01)
        sock.come(answer(sock.sent[0][0], too_big=True, mtu_bytes=0))
        return await task

    assert session(scene).mtu_bytes is None


@watched
def test_silence_ends_with_the_time():
    async def scene(exchange, sock):
        return await exchange.probe(1500, timeout_s=0.01)

    assert session(scene) == NOTHING


@watched
@pytest.mark.parametrize(
    ("number", "too_big", "error"),
    [(errno.EMSGSIZE, True, None), (errno.ENETUNREACH, False, FailureKind.NET_UNREACHABLE)],
)
def test_what_the_system_refuses_to_send(number, too_big, error):
    async def scene(exchange, sock):
        sock.refusal = OSError(number, "no")
        return await exchange.probe(9000, timeout_s=1)

    found = session(scene)
    assert (found.too_big, found.error, found.arrived) == (too_big, error, False)


@pytest.mark.parametrize(
    ("status", "address", "expected"),
    [
        (0, "198.18.0.10", (True, False, None, None)),
        (11009, "192.0.2.1", (False, True, "192.0.2.1", None)),
        (11010, None, (False, False, None, None)),
        (11003, "192.0.2.1", (False, False, None, FailureKind.HOST_UNREACHABLE)),
        (1231, None, (False, False, None, FailureKind.NET_UNREACHABLE)),
    ],
)
def test_answers_of_windows_are_read(status, address, expected):
    found = windows_mtu.size_reply(IcmpAnswer(address=address, status=status, rtt_ms=3), 3.5)
    assert (found.arrived, found.too_big, found.reporter, found.error) == expected
    assert found.mtu_bytes is None


def test_windows_sends_the_payload_that_makes_the_size():
    asked = []

    def send_echo(address, payload_bytes, timeout_s):
        asked.append((address, payload_bytes, timeout_s))
        return IcmpAnswer(address=address, status=0, rtt_ms=1)

    async def scene():
        sizes = windows_mtu.EchoSizes(send_echo, "198.18.0.10", lambda target: 1492)
        return await sizes.own_mtu_bytes(), await sizes.probe(1492, timeout_s=1.0)

    own, found = asyncio.run(scene())
    assert (own, found.arrived, asked) == (1492, True, [("198.18.0.10", 1464, 1.0)])


def test_the_windows_flag_stands_where_the_header_puts_it():
    assert bytes(IpOptions(ttl=64, flags=windows_mtu.IP_FLAG_DF))[:3] == bytes([64, 0, 2])
    assert ctypes.sizeof(IpOptions) == 16


class DatagramDouble:
    """A UDP socket of Windows."""

    def __init__(self, outcome, mtu=None):
        self.outcome = outcome
        self.mtu = mtu
        self.options = {}
        self.sent = []

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        pass

    def settimeout(self, timeout_s):
        pass

    def setsockopt(self, level, option, value):
        self.options[option] = value

    def getsockopt(self, level, option):
        if self.mtu is None:
            raise OSError(10042, "no such option")
        return self.mtu

    def connect(self, address):
        pass

    def send(self, data):
        self.sent.append(len(data))

    def recv(self, size):
        raise self.outcome


@pytest.mark.parametrize(
    ("outcome", "mtu", "expected"),
    [
        (ConnectionResetError(10054, "port unreachable"), 1500, (True, False, None, None)),
        (TimeoutError(), 1500, (False, False, None, None)),
        (TimeoutError(), 1454, (False, True, 1454, None)),
        (TimeoutError(), None, (False, False, None, None)),
        (OSError(errno.EMSGSIZE, "too big"), None, (False, True, None, None)),
        (OSError(errno.ENETUNREACH, "no"), 1500, (False, False, None, FailureKind.NET_UNREACHABLE)),
    ],
)
def test_windows_asks_ipv6_by_udp(monkeypatch, outcome, mtu, expected):
    double = DatagramDouble(outcome, mtu)
    monkeypatch.setattr(windows_mtu.socket, "socket", lambda *_: double)
    sizes = windows_mtu.UdpSizes("2001:db8::10", lambda target: 1500)
    found = sizes._exchange(1500, 0.1)
    assert (found.arrived, found.too_big, found.mtu_bytes, found.error) == expected
    assert double.sent == [1452]
    assert double.options[14] == 1


def test_macos_sends_whole_echo_requests_and_reads_what_comes():
    with imported("darwin", "nexkit.platform.macos_mtu") as module:
        sock = module._EchoSocket.__new__(module._EchoSocket)
        sock._target, sock._family, sock._identifier = "198.18.0.10", module.Family.IPV4, 77
        incoming = deque([(IPV4 + icmp(0, 0, 77, 5), ("198.18.0.10", 0)), (b"junk", ("198.18.0.10", 0))])
        sent = []

        class Kernel:
            def sendto(self, data, address):
                sent.append((data, address[0]))

            def recvfrom(self, size):
                if not incoming:
                    raise BlockingIOError
                return incoming.popleft()

        sock._sock = Kernel()
        sock.send(5, 1500)
        found = list(sock.receive())
    data, address = sent[0]
    assert (len(data), address, data[:1]) == (1480, "198.18.0.10", b"\x08")
    words = struct.unpack("!740H", data)
    total = sum(words)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    assert total == 0xFFFF, "the checksum is right"
    assert [each.key for each in found] == [5]


TARGET6 = "2001:db8::10"


def udp_quote(from_port=40000, to_port=33439, protocol=17):
    return bytes(6) + bytes([protocol]) + bytes(33) + struct.pack("!HHHH", from_port, to_port, 8, 0)


@pytest.mark.parametrize(
    ("message", "source", "expected"),
    [
        (icmp(1, 4, 0, 0, udp_quote()), TARGET6, (5, True, False, None, None)),
        (icmp(1, 4, 0, 0, udp_quote()), ROUTER[6], (5, False, False, None, FailureKind.REFUSED)),
        (icmp(2, 0, 0, 1454, udp_quote()), ROUTER[6], (5, False, True, 1454, None)),
        (icmp(2, 0, 1, 0, udp_quote()), ROUTER[6], (5, False, True, 65536, None)),
        (icmp(1, 0, 0, 0, udp_quote()), ROUTER[6], (5, False, False, None, FailureKind.NET_UNREACHABLE)),
        (icmp(1, 4, 0, 0, udp_quote(from_port=1)), TARGET6, None),
        (icmp(1, 4, 0, 0, udp_quote(protocol=58)), TARGET6, None),
        (icmp(129, 0, 0, 0, udp_quote()), TARGET6, None),
        (icmp(1, 4, 0, 0, udp_quote()[:42]), TARGET6, None),
    ],
)
def test_macos_reads_what_comes_for_udp_over_ipv6(message, source, expected):
    found = parse_too_big.parse_udp_answer(message, 40000, 33434, source, TARGET6)
    assert (
        None if found is None else (found.key, found.arrived, found.too_big, found.mtu_bytes, found.error)
    ) == expected


class KernelOfMacos:
    """Sockets as XNU gives them to ordinary users: over IPv6 no "don't fragment" for those of ICMP."""

    def __init__(self):
        self.made = []

    def socket(self, family, kind, protocol=0):
        self.made.append(SocketOfMacos(family, protocol))
        return self.made[-1]


class SocketOfMacos:
    def __init__(self, family, protocol):
        self.family, self.protocol = family, protocol
        self.options, self.sent = {}, []
        self.incoming = deque()
        self.closed = False

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        self.closed = True

    def setblocking(self, flag):
        assert not flag

    def setsockopt(self, level, option, value):
        if self.protocol == socket.IPPROTO_ICMPV6 and option == 62:
            raise PermissionError(errno.EPERM, "not for users")
        self.options[option] = value

    def bind(self, address):
        pass

    def getsockname(self):
        return ("::", 40000, 0, 0)

    def sendto(self, data, address):
        self.sent.append((len(data), address[1]))

    def recvfrom(self, size):
        if not self.incoming:
            raise BlockingIOError
        answer = self.incoming.popleft()
        if isinstance(answer, OSError):
            raise answer
        return answer

    def fileno(self):
        return 5


def test_macos_asks_ipv6_by_udp(monkeypatch):
    kernel = KernelOfMacos()
    with imported("darwin", "nexkit.platform.macos_mtu") as module:
        monkeypatch.setattr(module.socket, "socket", kernel.socket)
        with pytest.raises(PermissionError):
            module._EchoSocket(TARGET6)
        assert kernel.made.pop().closed
        sock = module._UdpSocket(TARGET6)
        icmp_socket, udp_socket = kernel.made
        sock.send(5, 1500)
        icmp_socket.incoming += [
            OSError(errno.ECONNREFUSED, "kept"),
            (icmp(129, 0, 0, 0), (TARGET6, 0)),
            (icmp(1, 4, 0, 0, udp_quote()), (f"{TARGET6}%en0", 0)),
        ]
        found = list(sock.receive())
        sock.close()
    assert udp_socket.options[62] == 1
    assert udp_socket.sent == [(1452, 33439)]
    assert [(each.key, each.arrived) for each in found] == [(5, True)]
    assert icmp_socket.closed
    assert udp_socket.closed


@pytest.mark.parametrize(("target", "method"), [(TARGET6, "udp"), ("192.0.2.10", "icmp")])
def test_macos_takes_what_it_is_permitted(monkeypatch, target, method):
    kernel = KernelOfMacos()
    with imported("darwin", "nexkit.platform.macos_mtu") as module:
        monkeypatch.setattr(module, "own_address", lambda target: target)
        monkeypatch.setattr(module, "SizeExchange", Exchange)

        async def work():
            monkeypatch.setattr(module.socket, "socket", kernel.socket)  # the event loop has its own by now
            try:
                async with module.open_sizes(target) as session:
                    return session.sock.method.value
            finally:
                monkeypatch.undo()

        assert asyncio.run(work()) == method


class Exchange:
    """Holds the socket that was chosen."""

    def __init__(self, sock):
        self.sock = sock

    @classmethod
    @contextlib.asynccontextmanager
    async def over(cls, sock):
        yield cls(sock)
        sock.close()


def test_the_own_address_and_limit_of_loopback():
    assert own_address("127.0.0.1") == "127.0.0.1"
    if sys.platform == "linux":
        assert own_mtu_bytes("127.0.0.1") == 65_536


class Options:
    """A socket with options of a table."""

    family = socket.AF_INET

    def __init__(self, values=None, refused=False):
        self.values = values or {}
        self.refused = refused
        self.asked = []

    def getsockopt(self, level, option, size=0):
        if self.refused:
            raise OSError
        return self.values[option][:size] if size else self.values[option]

    def setsockopt(self, level, option, value):
        self.asked.append((level, option, value))


@pytest.mark.skipif(sys.platform != "linux", reason="reads structures of Linux")
def test_sizes_stand_in_tcp_info():
    info = bytearray(256)
    for offset, value in ((16, 1448), (20, 1428), (60, 1500), (100, 3), (224, 4)):
        struct.pack_into("=I", info, offset, value)
    found = tcp_mtu.segment_sizes(Options({socket.TCP_INFO: bytes(info)}))
    assert (found.sent_bytes, found.received_bytes, found.path_mtu_bytes) == (1448, 1428, 1500)
    assert (found.repeated, found.out_of_order) == (3, 4)
    old = tcp_mtu.segment_sizes(Options({socket.TCP_INFO: bytes(info[:192])}))
    assert (old.sent_bytes, old.repeated, old.out_of_order) == (1448, 3, None)
    assert tcp_mtu.segment_sizes(Options({socket.TCP_INFO: bytes(50)})) == tcp_mtu.SegmentSizes()


def test_sizes_that_are_not_told_are_not_known(monkeypatch):
    assert tcp_mtu.segment_sizes(Options(refused=True)) == tcp_mtu.SegmentSizes()
    monkeypatch.setattr(tcp_mtu.sys, "platform", "win32")
    found = tcp_mtu.segment_sizes(Options({4: 1414, 73: 1454}))
    assert (found.sent_bytes, found.path_mtu_bytes, found.received_bytes) == (1414, 1454, None)
    monkeypatch.setattr(tcp_mtu.sys, "platform", "darwin")
    found = tcp_mtu.segment_sizes(Options({0x106: bytes(16) + struct.pack("=I", 1448)}))
    assert (found.sent_bytes, found.path_mtu_bytes) == (1448, None)


def test_small_segments_are_asked_for_in_each_system_s_words(monkeypatch):
    asked = Options()
    monkeypatch.setattr(tcp_mtu.sys, "platform", "linux")
    tcp_mtu.limit_segments(asked, 536)
    monkeypatch.setattr(tcp_mtu.sys, "platform", "win32")
    tcp_mtu.limit_segments(asked, 536)
    assert asked.asked == [(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536), (socket.IPPROTO_IP, 76, 576)]
