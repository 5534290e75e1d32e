"""The system-independent platform with real sockets on loopback and real programs."""

import asyncio
import contextlib
import socket
import sys
import threading
import time

import psutil
import pytest
from loopback import DnsZone, open_sockets, serve, serve_dns, silent

from nexkit.address import Family
from nexkit.platform.sockets import SocketPlatform
from nexkit.platform.threads import in_daemon_thread

pytestmark = pytest.mark.measures

PLATFORM = SocketPlatform()


@contextlib.contextmanager
def udp_server(address, *replies, delay_s=0.0):
    """Answers the first datagram from a thread of its own, whatever the event loop does."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.bind((address, 0))
        sock.settimeout(5)

        def answer():
            with contextlib.suppress(OSError):
                _, source = sock.recvfrom(1000)
                time.sleep(delay_s)
                for reply in replies:
                    sock.sendto(reply, source)

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield sock.getsockname()[1]
        finally:
            thread.join()


def exchange(address, port, *, accept=lambda _: True, timeout_s=0.3):
    return PLATFORM.exchange_udp(address, port, b"question", timeout_s=timeout_s, accept=accept)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_the_first_accepted_datagram_is_the_reply(address):
    with udp_server(address, b"noise", b"", b"answer", b"late") as port:
        began_s = time.perf_counter()
        reply = asyncio.run(exchange(address, port, accept=lambda data: data == b"answer"))
    assert reply.payload == b"answer"
    assert 0 < reply.rtt_ms < 100
    assert began_s < reply.sent_s < time.perf_counter() - reply.rtt_ms / 1000


def test_without_an_accepted_datagram_the_time_is_up():
    with udp_server("127.0.0.1", b"noise") as port, pytest.raises(TimeoutError):
        asyncio.run(exchange("127.0.0.1", port, accept=lambda _: False, timeout_s=0.1))


def test_a_datagram_of_somebody_else_is_not_seen():
    async def scene():
        loop = asyncio.get_running_loop()
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server,
            socket.socket(type=socket.SOCK_DGRAM) as spoofer,
        ):
            server.bind(("127.0.0.1", 0))
            server.setblocking(False)
            task = asyncio.create_task(exchange("127.0.0.1", server.getsockname()[1], timeout_s=0.2))
            _, source = await loop.sock_recvfrom(server, 1000)
            spoofer.sendto(b"spoofed", source)
            with pytest.raises(TimeoutError):
                await task

    asyncio.run(scene())


@pytest.mark.wine_lacks("an overlapped receive does not hear of a closed UDP port")
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_closed_port_refuses_at_once(address):
    async def scene():
        async with serve_dns(DnsZone(), tcp=False, address=address) as port:
            pass
        with pytest.raises(ConnectionRefusedError):
            await exchange(address, port, timeout_s=5)
        with pytest.raises(ConnectionRefusedError):
            await PLATFORM.connect_tcp(address, port, timeout_s=5)

    began = time.monotonic()
    asyncio.run(scene())
    assert time.monotonic() - began < 1


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not stamp datagrams for us")
def test_a_busy_event_loop_does_not_lengthen_the_round_trip():
    async def scene(port):
        task = asyncio.create_task(exchange("127.0.0.1", port, timeout_s=2))
        await asyncio.sleep(0)  # the question is on its way
        time.sleep(0.15)  # noqa: ASYNC251  the very thing
        return await task

    with udp_server("127.0.0.1", b"answer", delay_s=0.02) as port:
        reply = asyncio.run(scene(port))
    assert 20 <= reply.rtt_ms < 100


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not time the handshake for us")
def test_a_busy_event_loop_does_not_lengthen_the_handshake():
    async def scene():
        async with serve(silent) as port:
            task = asyncio.create_task(PLATFORM.connect_tcp("127.0.0.1", port, timeout_s=2))
            await asyncio.sleep(0)  # the SYN is on its way
            time.sleep(0.15)  # noqa: ASYNC251  the very thing
            connected = await task
            connected.sock.close()
            return connected.connect_ms

    assert 0 < asyncio.run(scene()) < 50


def test_a_zone_that_is_gone_is_no_missing_name():
    for call in (PLATFORM.connect_tcp("fe80::1%gone0", 53, timeout_s=1), exchange("fe80::1%gone0", 53)):
        with pytest.raises(OSError, match="no such address") as caught:
            asyncio.run(call)
        assert not isinstance(caught.value, socket.gaierror)


@pytest.mark.skipif(sys.platform != "linux", reason="the loopback interface has another name")
def test_a_connection_leaves_by_the_interface_that_is_asked_for():
    async def scene():
        async with serve(silent) as port:
            connected = await PLATFORM.connect_tcp("127.0.0.1", port, timeout_s=1, interface="lo")
            with connected.sock as sock:
                assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16).startswith(b"lo\0")
            with pytest.raises(OSError, match="No such device"):
                await PLATFORM.connect_tcp("127.0.0.1", port, timeout_s=1, interface="gone0")

    asyncio.run(scene())


def test_a_connection_is_open_and_without_nagles_delay():
    async def scene():
        async with serve(silent) as port:
            connected = await PLATFORM.connect_tcp("127.0.0.1", port, timeout_s=1)
            with connected.sock as sock:
                assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
                assert not sock.getblocking()
                assert 0 < connected.connect_ms < 100

    asyncio.run(scene())


def test_cancelled_calls_leave_no_socket():
    async def scene():
        with socket.socket(type=socket.SOCK_DGRAM) as deaf, socket.socket() as full:
            for sock in (deaf, full):
                sock.bind(("127.0.0.1", 0))
            full.listen(0)
            with socket.create_connection(full.getsockname()):
                before = open_sockets()
                tasks = [
                    asyncio.create_task(exchange(*deaf.getsockname(), timeout_s=30)),
                    asyncio.create_task(PLATFORM.connect_tcp(*full.getsockname(), timeout_s=30)),
                ]
                await asyncio.sleep(0.05)
                assert len(open_sockets()) == len(before) + 2
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)
                assert open_sockets() == before

    asyncio.run(scene())


def test_the_systems_lookup_keeps_each_address_once():
    async def scene():
        assert await PLATFORM.resolve("127.0.0.1") == ("127.0.0.1",)
        assert await PLATFORM.resolve("::1", Family.IPV6) == ("::1",)
        assert "127.0.0.1" in await PLATFORM.resolve("localhost", Family.IPV4)

    asyncio.run(scene())


@pytest.mark.skipif(sys.platform != "linux", reason="zones are named by interface here")
def test_a_zone_stays_with_its_address():
    assert asyncio.run(PLATFORM.resolve("fe80::1%lo")) == ("fe80::1%lo",)


def test_a_text_that_is_no_name_is_not_found():
    for text in ("a..example.com", "x" * 70 + ".example.com", "a\0b.example.com"):
        with pytest.raises(socket.gaierror):
            asyncio.run(PLATFORM.resolve(text))


def test_cancelling_does_not_wait_for_a_blocking_call():
    ended = threading.Event()

    async def scene():
        task = asyncio.create_task(in_daemon_thread(ended.wait, 10))
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    began = time.monotonic()
    asyncio.run(scene())
    assert time.monotonic() - began < 1
    ended.set()  # the call ends with the loop closed, and nothing happens


def test_what_a_blocking_call_raises_is_raised_here():
    with pytest.raises(ZeroDivisionError):
        asyncio.run(in_daemon_thread(divmod, 1, 0))


def run_program(*arguments, timeout_s=5.0, max_output_bytes=1000):
    return asyncio.run(PLATFORM.run_program(arguments, timeout_s=timeout_s, max_output_bytes=max_output_bytes))


def test_a_program_gives_status_and_both_outputs():
    result = run_program(sys.executable, "-c", "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")
    assert (result.exit_status, result.stdout.strip(), result.stderr.strip()) == (3, b"out", b"err")


def test_output_is_cut_off_and_the_program_still_ends():
    result = run_program(sys.executable, "-c", "print('x' * 1_000_000)", max_output_bytes=10)
    assert (result.exit_status, result.stdout) == (0, b"x" * 10)


def test_a_program_that_is_not_there():
    with pytest.raises(FileNotFoundError):
        run_program("/nonexistent/program")


@pytest.mark.skipif(sys.platform == "win32", reason="a shell that starts a child is of Unix")
def test_a_program_that_hangs_is_ended_with_its_children(tmp_path):
    pid_file = tmp_path / "pid"
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        run_program("/bin/sh", "-c", f"sleep 60 & echo $! > {pid_file}; wait", timeout_s=0.3)
    assert time.monotonic() - began < 1.3
    child = int(pid_file.read_text())
    with contextlib.suppress(psutil.NoSuchProcess):  # or still waiting for init to take note of its end
        assert psutil.Process(child).status() == psutil.STATUS_ZOMBIE


@pytest.mark.posix("programs of Windows read no LC_ALL")
def test_messages_are_asked_for_in_english(monkeypatch):
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    assert run_program(sys.executable, "-c", "import os; print(os.environ['LC_ALL'])").stdout.strip() == b"C"


def test_the_system_says_which_it_is():
    info = asyncio.run(PLATFORM.system_info())
    assert info.system in {"linux", "windows", "macos"}
    assert info.release
    assert info.architecture
