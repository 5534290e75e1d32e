"""The truth that pings are compared with: echo requests and replies on the client's cable, by the kernel's stamps.

wire.py DEVICE        captures until its standard input ends, then prints JSON: destination -> round trips in ms
"""

import json
import select
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address

_ETH_P_ALL = 3
_SO_TIMESTAMPNS = 35
_OUTGOING = 4
_REQUESTS, _REPLIES = (8, 128), (0, 129)
_BUFFER_BYTES = 8_000_000


@contextmanager
def captured(device: str = "eth0") -> Iterator[dict[str, list[float]]]:
    """What passes on a device while the block runs, there after its end: round trips in ms by destination, in order."""
    found: dict[str, list[float]] = {}
    running = subprocess.Popen(
        [sys.executable, "-S", __file__, device], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with running:
        assert running.stdout.readline() == "ready\n"
        yield found
        found |= json.loads(running.communicate()[0])


def main(device: str) -> None:
    """Capture and print."""
    sent: dict[tuple[str, int, int], int] = {}
    round_trips: dict[str, list[float]] = {}
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_P_ALL)) as sock:
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        sock.bind((device, _ETH_P_ALL))
        print("ready", flush=True)
        while True:
            readable, _, _ = select.select([sock, sys.stdin], [], [])
            if sock not in readable:
                break
            packet, ancillary, _flags, where = sock.recvmsg(128, 128)
            seconds, nanoseconds = struct.unpack("@ll", ancillary[0][2][:16])
            at_ns = seconds * 1_000_000_000 + nanoseconds
            echo = _echo(packet)
            if echo is None:
                continue
            kind, peer_out, peer_in, identifier, sequence = echo
            if kind in _REQUESTS and where[2] == _OUTGOING:
                sent[peer_out, identifier, sequence] = at_ns
            elif kind in _REPLIES and (began_ns := sent.pop((peer_in, identifier, sequence), None)) is not None:
                round_trips.setdefault(peer_in, []).append((at_ns - began_ns) / 1e6)
    print(json.dumps(round_trips))


def _echo(packet: bytes) -> tuple[int, str, str, int, int] | None:
    """Type, destination, source, identifier and sequence of an echo; None for other packets."""
    if packet[0] >> 4 == 4 and packet[9] == socket.IPPROTO_ICMP:
        source, destination, message = packet[12:16], packet[16:20], packet[(packet[0] & 15) * 4 :]
    elif packet[0] >> 4 == 6 and packet[6] == socket.IPPROTO_ICMPV6:
        source, destination, message = packet[8:24], packet[24:40], packet[40:]
    else:
        return None
    kind, _code, _checksum, identifier, sequence = struct.unpack_from("!BBHHH", message)
    return kind, str(ip_address(destination)), str(ip_address(source)), identifier, sequence


if __name__ == "__main__":
    main(sys.argv[1])
