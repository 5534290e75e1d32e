"""Runs a command beside a sniffer: `watched.py -- COMMAND ...`, with the right to open packet sockets.

The command is an ordinary user's, without any privilege. Prints a JSON object: exit status, output, and every packet
that left by any link or went over loopback: `[at, link, protocol, address, port, payload in hex]`, `at` being the wall
clock in seconds; ARP and neighbour discovery have no port and stand for the address that they ask for.
"""

import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from ipaddress import IPv4Address, IPv6Address

ETH_P_ALL, ETH_P_IP, ETH_P_ARP, ETH_P_IPV6 = 0x0003, 0x0800, 0x0806, 0x86DD
OUTGOING = 4
PROTOCOLS = {1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 58: "icmp6"}
AFTER_S = 0.5
"""For what is sent in the last moment."""


def read(frame, kind):
    """(protocol, address, port, payload) of an Ethernet frame's payload."""
    if kind == ETH_P_ARP:
        return "arp", str(IPv4Address(frame[24:28])), None, b""
    if kind == ETH_P_IP:
        header = (frame[0] & 15) * 4
        address, number, rest = str(IPv4Address(frame[16:20])), frame[9], frame[header:]
    elif kind == ETH_P_IPV6:
        address, number, rest = str(IPv6Address(frame[24:40])), frame[6], frame[40:]
        if number == 0:  # hop-by-hop options, as MLD has them
            number, rest = rest[0], rest[(rest[1] + 1) * 8 :]
    else:
        return f"ethernet {kind:#06x}", "", None, b""
    protocol = PROTOCOLS.get(number, str(number))
    if protocol == "icmp6" and rest[:1] in {b"\x85", b"\x86", b"\x87", b"\x88", b"\x8f"}:
        return "nd", address, rest[0], b""
    if protocol in {"tcp", "udp"}:
        start = (rest[12] >> 4) * 4 if protocol == "tcp" else 8
        return protocol, address, struct.unpack("!H", rest[2:4])[0], rest[start:]
    return protocol, address, None, rest[8:]


def main(command):
    seen = []
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
    tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)

    def listen():
        while True:
            frame, (link, kind, direction, *_) = tap.recvfrom(65_535)
            if direction == OUTGOING:
                seen.append((time.time(), link, *read(frame, kind)))

    threading.Thread(target=listen, daemon=True).start()
    user = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"]
    done = subprocess.run([*user, *command], capture_output=True, text=True, check=False)
    time.sleep(AFTER_S)
    packets = [
        [at, link, protocol, address, port, data.hex()] for at, link, protocol, address, port, data in list(seen)
    ]
    lost = struct.unpack("II", tap.getsockopt(263, 6, 8))[1]  # SOL_PACKET, PACKET_STATISTICS
    told = {"exit_status": done.returncode, "stdout": done.stdout, "stderr": done.stderr}
    json.dump({**told, "lost": lost, "packets": packets}, sys.stdout)
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[sys.argv.index("--") + 1 :])
