"""Blocking calls of the system beside an event loop, without a pool that the program would wait for at its end."""

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar, TypeVarTuple

ResultT = TypeVar("ResultT")
ArgumentTs = TypeVarTuple("ArgumentTs")


class _Used:
    """Processor time of blocking calls that are over."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.seconds = 0.0

    def add_this_thread(self) -> None:
        with self._lock:
            self.seconds += time.thread_time()


_used = _Used()


def cpu_with_calls_s() -> float:
    """Processor time of the calling thread, of all blocking calls that are over, and of programs that were waited for.

    What other threads of this program use, such as a window's, is not in it. Programs: where the system tells
    (times(2); not on Windows).
    """
    programs = os.times()
    return time.thread_time() + _used.seconds + programs.children_user + programs.children_system


async def in_daemon_thread(function: Callable[[*ArgumentTs], ResultT], *args: *ArgumentTs) -> ResultT:
    """What a blocking call returns or raises; the call runs in a daemon thread of its own.

    Cancellation takes effect at once and leaves the thread behind with its call, whose end is then ignored: a lookup
    of the system cannot be stopped and may last for half a minute. `asyncio.to_thread` is no substitute, because
    `asyncio.run` and the interpreter's end wait for its threads.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[ResultT] = loop.create_future()

    def settle(set_outcome: Callable[[], None]) -> None:
        if not future.done():
            set_outcome()

    def work() -> None:
        set_outcome: Callable[[], None]
        try:
            set_outcome = partial(future.set_result, function(*args))
        except BaseException as error:  # noqa: BLE001  handed over whole and raised again where the call is awaited
            set_outcome = partial(future.set_exception, error)
        _used.add_this_thread()
        # RuntimeError: the loop is closed, nobody waits any more.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, set_outcome)

    threading.Thread(target=work, daemon=True, name=getattr(function, "__name__", "blocking call")).start()
    return await future


def in_time(function: Callable[[], ResultT], limit_s: float) -> ResultT:
    """What a blocking call returns or raises; TimeoutError where that takes longer, and the call is left behind.

    For calls that may wait for a person who is not there, such as one for the password of a key store.
    """
    done = threading.Event()
    outcome: list[Callable[[], ResultT]] = []

    def fail(error: BaseException) -> ResultT:
        raise error

    def work() -> None:
        try:
            value = function()
            outcome.append(lambda: value)
        except BaseException as error:  # noqa: BLE001  handed over whole and raised again where the call is waited for
            outcome.append(partial(fail, error))
        done.set()

    threading.Thread(target=work, daemon=True, name=getattr(function, "__name__", "blocking call")).start()
    if not done.wait(limit_s):
        raise TimeoutError
    return outcome[0]()
