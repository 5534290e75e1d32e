"""Doubles for probes without a network: a clock that moves when asked, and platforms that follow a script."""

import asyncio
import datetime as dt
import errno
import random
import socket

from nexkit.platform.api import UdpReply
from nexkit.probe import ProbeContext


class ManualClock:
    """Goes forward by sleeping, and by a millisecond whenever it is read."""

    def __init__(self):
        self.time_s = 100.0

    def monotonic(self):
        self.time_s += 0.001
        return self.time_s

    def now(self):
        return dt.datetime(2026, 11, 20, tzinfo=dt.UTC)

    async def sleep(self, seconds):
        self.time_s += seconds
        await asyncio.sleep(0)


class NamesPlatform:
    """Looks names up in a table: addresses, or the error to raise; None never ends."""

    def __init__(self, names):
        self.names = names
        self.looked_up = []

    async def resolve(self, host, family=None):
        self.looked_up.append(host)
        found = self.names.get(host, socket.gaierror(socket.EAI_NONAME, "not in the table"))
        if found is None:
            await asyncio.Event().wait()
        if isinstance(found, Exception):
            raise found
        return found


class ResolverPlatform:
    """Answers datagrams by a function of question and attempt; TCP raises what it is given."""

    def __init__(self, answer, tcp=None):
        self.answer = answer
        self.tcp = tcp or ConnectionRefusedError(errno.ECONNREFUSED, "refused")
        self.sent = []

    async def exchange_udp(self, address, port, payload, *, timeout_s, accept):
        self.sent.append((address, port, payload))
        for reply in self.answer(payload):
            if isinstance(reply, Exception):
                raise reply
            if accept(reply):
                return UdpReply(payload=reply, rtt_ms=12.5)
        raise TimeoutError

    async def connect_tcp(self, address, port, *, timeout_s, interface=None):
        raise self.tcp


def context(platform, *, max_bytes=1_000_000, progress=None):
    """What a run is given."""
    return ProbeContext(
        platform=platform,
        clock=ManualClock(),
        random=random.Random(1),
        max_bytes=max_bytes,
        on_progress=(progress if progress is not None else []).append,
        on_sample=lambda rtt_ms: None,
    )


def measure(probe, params, ctx):
    """The fact of one run."""
    return asyncio.run(probe.run(params, ctx)).fact
