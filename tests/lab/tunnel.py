"""One end of a VPN in user space: a network device whose packets travel in UDP, beside IKE on the same port (RFC 3948).

    tunnel.py '{"device": "tun0", "port": 4500}'                                        the server's end
    tunnel.py '{"device": "tun0", "port": 4501, "server": ["198.18.9.90", 4500]}'       the client's end

Nothing is encrypted: what counts is that packets go another way, wrapped in others. The client's end may lose, delay
and swallow them, see `Impairment`. The server's end answers IKE (RFC 7296) as a server does that likes no proposal.
"""

import fcntl
import heapq
import json
import os
import random
import select
import socket
import struct
import sys
import time
from itertools import count

from link import Direction, Impairment

_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 0x1, 0x1000
_MARK = b"\0\0\0\1"
"""In front of every packet, where ESP has its index; all zero stands in front of IKE."""
_NO_PROPOSAL_CHOSEN = struct.pack("!BBHBBH", 0, 0, 8, 0, 0, 14)
_NOTIFY = 41
_BUFFER_BYTES = 4_000_000


def open_device(name: str) -> int:
    """A new tun device of this network; gone when it is closed."""
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TUN | _IFF_NO_PI))
    return device


def ike_answer(message: bytes) -> bytes:
    """What an IKE server says to a stranger's first message; both with the marker in front."""
    head = struct.pack("!BBBBII", _NOTIFY, 0x20, message[22], 0x20, 0, 28 + len(_NO_PROPOSAL_CHOSEN))
    return bytes(4) + message[4:12] + os.urandom(8) + head + _NO_PROPOSAL_CHOSEN


def carry(settings: dict) -> None:  # noqa: C901  one loop between two ends
    """Carry packets between the device and the other end until ended."""
    peer = tuple(settings["server"]) if "server" in settings else None
    hole_bytes = settings.get("hole_bytes") or 65_536
    device = open_device(settings["device"])
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
    sock.bind(("0.0.0.0", settings["port"]))
    sock.setblocking(False)
    out = Direction(Impairment(**settings.get("out", {})), random.Random(1))
    back = Direction(Impairment(**settings.get("back", {})), random.Random(2))
    waiting = []
    order = count()
    while True:
        timeout_s = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        for end in select.select([device, sock], (), (), timeout_s)[0]:
            try:
                data, sender = (os.read(device, 65_536), None) if end == device else sock.recvfrom(65_536)
            except (BlockingIOError, ConnectionRefusedError):
                continue
            if sender is not None:
                if data.startswith(bytes(4)):
                    sock.sendto(ike_answer(data), sender)
                    continue
                if "server" not in settings:
                    peer = sender
                data = data.removeprefix(_MARK)
            if len(data) <= hole_bytes:
                for due_s in (back if sender else out).departures(time.monotonic()):
                    heapq.heappush(waiting, (due_s, next(order), sender is not None, data))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, inward, data = heapq.heappop(waiting)
            try:
                if inward:
                    os.write(device, data)
                elif peer is not None:
                    sock.sendto(_MARK + data, peer)
            except OSError:
                continue  # a device that is down, a way that is gone, a full queue: the packet is lost


if __name__ == "__main__":
    carry(json.loads(sys.argv[1]))
