"""How Windows is made to tell of a refusal at once; doubles of its sockets, since Wine has no such setting."""

import asyncio

import pytest

from nexkit.platform import windows_connect


class Sock:
    def __init__(self):
        self.closed = False

    def close(self):
        self.closed = True


class Network:
    """Hands out sockets, and answers each handshake with the next of its answers."""

    def __init__(self, *answers, knows_send_once=True):
        self.answers = list(answers)
        self.knows_send_once = knows_send_once
        self.sockets = []
        self.alone = []

    def new_socket(self):
        self.sockets.append(Sock())
        return self.sockets[-1]

    def send_once(self, sock):
        self.alone.append(sock)
        return self.knows_send_once

    async def shake_hands(self, sock):
        answer = self.answers.pop(0)
        if answer is asyncio.Event:
            await asyncio.Event().wait()
        elif answer is not None:
            raise answer

    async def connect(self):
        return await windows_connect.connect(self.new_socket, self.shake_hands, self.send_once)

    def left_open(self):
        return [sock for sock in self.sockets if not sock.closed]


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(windows_connect, "_FIRST_TRY_S", 0.01)


@pytest.mark.parametrize("knows_send_once", [True, False])
def test_what_answers_at_once_is_connected_by_the_first_socket(knows_send_once):
    network = Network(None, knows_send_once=knows_send_once)
    assert asyncio.run(network.connect()) is network.sockets[0]
    assert network.left_open() == network.sockets == network.alone


@pytest.mark.parametrize("knows_send_once", [True, False])
def test_a_refusal_is_told_and_nothing_tried_again(knows_send_once):
    network = Network(ConnectionRefusedError(), knows_send_once=knows_send_once)
    with pytest.raises(ConnectionRefusedError):
        asyncio.run(network.connect())
    assert (len(network.sockets), network.left_open()) == (1, [])


def counted_to_the_end():
    """ERROR_SEM_TIMEOUT, as an overlapped connect fails with it."""
    error = OSError(22, "timeout")
    error.winerror = 121
    return error


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("silence", [asyncio.Event, TimeoutError(), counted_to_the_end()], ids=repr)
def test_where_nothing_comes_back_a_second_socket_repeats(silence):
    network = Network(silence, None)
    assert asyncio.run(network.connect()) is network.sockets[1]
    assert network.left_open() == network.sockets[1:]
    assert network.alone == network.sockets[:1]


@pytest.mark.usefixtures("impatient")
def test_a_refusal_of_the_second_one_is_told():
    network = Network(asyncio.Event, ConnectionRefusedError())
    with pytest.raises(ConnectionRefusedError):
        asyncio.run(network.connect())
    assert network.left_open() == []


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("answers", [(asyncio.Event, asyncio.Event), (TimeoutError(), asyncio.Event)])
def test_whoever_gives_up_leaves_no_socket_behind(answers):
    network = Network(*answers)

    async def give_up():
        async with asyncio.timeout(0.1):
            await network.connect()

    with pytest.raises(TimeoutError):
        asyncio.run(give_up())
    assert network.left_open() == []
