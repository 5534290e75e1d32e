"""Ctrl-C that ends one thing after the other, as long as there is something to end."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator


@contextlib.contextmanager
def stopped_by_interrupts(*stops: asyncio.Event) -> Iterator[None]:
    """Within it the first Ctrl-C sets the first event, the next one the next; after the last it ends the command."""
    loop = asyncio.get_running_loop()
    left = list(stops)

    def interrupted(_number: int, _frame: object) -> None:
        loop.call_soon_threadsafe(left.pop(0).set)
        if not left:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGINT, interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
