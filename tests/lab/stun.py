"""One STUN request (RFC 8489): `stun.py ADDRESS [PORT]` prints `answered` (status 0), `refused` or `silent`."""

import os
import socket
import sys

address, port = sys.argv[1], int(sys.argv[2]) if sys.argv[2:] else 3478
with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as sock:
    sock.settimeout(1.5)
    sock.connect((address, port))
    try:
        sock.send(b"\x00\x01\x00\x00\x21\x12\xa4\x42" + os.urandom(12))
        sock.recv(1500)
    except TimeoutError:
        sys.exit("silent")
    except OSError:
        sys.exit("refused")
sys.stdout.write("answered\n")
