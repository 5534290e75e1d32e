"""A link with faults: a relay in user space between two network devices (AF_PACKET), for kernels without netem.

    link.py '{"devices": ["a", "b"], "forth": {"delay_ms": 20, "loss_ratio": 0.1}, "back": {"delay_ms": 20}}'

Each direction has its own faults. Rate and queue are not its business: the kernel's tbf does that on either device.
The devices beside the relay must not offload checksums or segmentation, see `without_offload`.
"""

import ctypes
import heapq
import json
import random
import select
import socket
import struct
import sys
import time
from dataclasses import dataclass
from itertools import count

_ETH_P_ALL = 3
_SOL_PACKET = 263
_PACKET_IGNORE_OUTGOING = 23
_SIOCETHTOOL = 0x8946
# linux/ethtool.h: transmit checksums, scatter-gather, TCP segmentation, generic segmentation, generic receive
_OFFLOADS = (0x17, 0x19, 0x1F, 0x24, 0x2C)
_BUFFER_BYTES = 8_000_000
_BATCH = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Impairment:
    """The faults of one direction of a link."""

    delay_ms: float = 0
    jitter_ms: float = 0
    """The delay varies evenly by so much in both directions; the order is kept."""
    loss_ratio: float = 0
    loss_burst: float = 1
    """Mean number of frames lost in a row; above 1 the losses follow the Gilbert model."""
    duplicate_ratio: float = 0
    reorder_ratio: float = 0
    """So many frames are held back by `reorder_ms`, so that later ones overtake them."""
    reorder_ms: float = 5

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if not (0 <= self.loss_ratio < 1 and 0 <= self.duplicate_ratio <= 1 and 0 <= self.reorder_ratio <= 1):
            raise ValueError("a ratio lies between 0 and 1, a loss ratio below 1")
        if self.loss_burst < 1 or not 0 <= self.jitter_ms <= self.delay_ms:
            raise ValueError("a burst has at least one frame; jitter is at most the delay")


class Direction:
    """Decides for every frame of one direction when it leaves, and how often."""

    def __init__(self, faults: Impairment, chance: random.Random) -> None:
        self._faults = faults
        self._chance = chance
        self._losing = False
        self._last_due_s = 0.0

    def departures(self, now_s: float) -> list[float]:
        """The moments at which copies of a frame that came now leave; empty when it is lost."""
        faults, chance = self._faults, self._chance.random
        if self._lost():
            return []
        due_s = now_s + faults.delay_ms / 1000
        if faults.jitter_ms:
            due_s += (2 * chance() - 1) * faults.jitter_ms / 1000
        if faults.reorder_ratio and chance() < faults.reorder_ratio:
            due_s += faults.reorder_ms / 1000
        else:
            due_s = self._last_due_s = max(due_s, self._last_due_s)
        return [due_s, due_s] if faults.duplicate_ratio and chance() < faults.duplicate_ratio else [due_s]

    def _lost(self) -> bool:
        faults = self._faults
        if not faults.loss_ratio:
            return False
        if faults.loss_burst == 1:
            return self._chance.random() < faults.loss_ratio
        # Gilbert (1960): the ratio and the mean length of a burst give both transition probabilities.
        leave = 1 / faults.loss_burst
        enter = faults.loss_ratio * leave / (1 - faults.loss_ratio)
        self._losing = self._chance.random() < (1 - leave if self._losing else enter)
        return self._losing


def without_offload(device: str) -> None:
    """Make the kernel put whole, checksummed frames on a device, as a real cable carries them."""
    import fcntl  # not on Windows, where scenarios are read too

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for command in _OFFLOADS:
            value = ctypes.create_string_buffer(struct.pack("II", command, 0))
            fcntl.ioctl(control, _SIOCETHTOOL, struct.pack("16sP", device.encode(), ctypes.addressof(value)))


def open_packets(device: str) -> socket.socket:
    """A socket that sends and takes whole frames of a device."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
    sock.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
    # The system gives at most its own limit (net.core.rmem_max), which is some hundred frames.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)
    sock.bind((device, 0))
    sock.setblocking(False)
    return sock


def relay(devices: tuple[str, str], forth: Impairment, back: Impairment, seed: int) -> None:
    """Carry frames between two devices until ended. The seed makes the sequence of losses repeatable."""
    ends = tuple(open_packets(device) for device in devices)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    ways = {
        ends[0]: (Direction(forth, random.Random(seed)), ends[1]),
        ends[1]: (Direction(back, random.Random(seed + 1)), ends[0]),
    }
    waiting: list[tuple[float, int, socket.socket, bytes]] = []
    order = count()
    while True:
        timeout_s = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        readable, _, _ = select.select(ends, (), (), timeout_s)
        for end in readable:
            direction, other = ways[end]
            for _ in range(_BATCH):
                try:
                    frame = end.recv(65_536)
                except BlockingIOError:
                    break
                for due_s in direction.departures(time.monotonic()):
                    heapq.heappush(waiting, (due_s, next(order), other, frame))
        now_s = time.monotonic()
        while waiting and waiting[0][0] <= now_s:
            _, _, other, frame = heapq.heappop(waiting)
            try:
                other.send(frame)
            except BlockingIOError:
                continue  # the device's queue is full: the frame is lost, as on any link


def main() -> None:
    """Run a relay with the settings of the command line."""
    settings = json.loads(sys.argv[1])
    relay(
        tuple(settings["devices"]),
        Impairment(**settings.get("forth", {})),
        Impairment(**settings.get("back", {})),
        settings.get("seed", 1),
    )


if __name__ == "__main__":
    main()
