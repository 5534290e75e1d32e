"""A STAMP session reflector (RFC 8762, unauthenticated), stateful or stateless. Started by the lab.

reflector.py ADDRESS PORT [stateless]
"""

import socket
import struct
import sys
import time

_SENDER = struct.Struct("!IQH")
_ANSWER = struct.Struct("!IQHHQIQHHB3x")
_EPOCH_S = 2_208_988_800
"""From 1900 to 1970."""
_CLOCK_AHEAD_S = 5.0
"""Its clock need not agree with the sender's, so it does not."""


def _now() -> int:
    return round((time.time() + _EPOCH_S + _CLOCK_AHEAD_S) * 2**32) & 0xFFFF_FFFF_FFFF_FFFF


def main() -> None:
    """Reflect until ended."""
    address, port, *mode = sys.argv[1:]
    seen: dict[object, int] = {}
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((address, int(port)))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            packet, sender = sock.recvfrom(2048)
            received = _now()
            if len(packet) < _ANSWER.size:
                continue
            theirs, stamp, estimate = _SENDER.unpack_from(packet)
            seen[sender] = seen.get(sender, -1) + 1
            number = theirs if "stateless" in mode else seen[sender]
            head = _ANSWER.pack(number, _now(), 1, 0, received, theirs, stamp, estimate, 0, 64)
            sock.sendto(head + packet[_ANSWER.size :], sender)


if __name__ == "__main__":
    main()
