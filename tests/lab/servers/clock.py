"""Clocks that are right or wrong by what one says: NTP, HTTP and HTTPS on chosen addresses. Started by the lab.

clock.py '{"ntp": {"198.18.2.21": 90.0}, "kiss": {"198.18.2.22": "RATE"}, "http": {"198.18.2.21": 3600}, "https": {},
           "pem": "/path/server.pem"}'
"""

import http.server
import json
import socket
import socketserver
import ssl
import struct
import sys
import threading
import time
from email.utils import formatdate

_PACKET = struct.Struct("!BBbb4s4s4sQ8sQQ")
_EPOCH_S = 2_208_988_800
_LEAP_UNKNOWN = 3


def _bound(address: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((address, port))
    return sock


def serve_ntp(sock: socket.socket, ahead_s: float, kiss: str | None) -> None:
    """Answer clients with a time that is ahead by so much, or with a kiss of death."""
    while True:
        asked, client = sock.recvfrom(512)
        stamp = round((time.time() + _EPOCH_S + ahead_s) * 2**32) & 0xFFFF_FFFF_FFFF_FFFF
        leap, stratum, reference = (_LEAP_UNKNOWN, 0, kiss.encode()) if kiss else (0, 2, b"\x7f\0\0\1")
        head = leap << 6 | 4 << 3 | 4
        # A root delay of 20 ms and a root dispersion of 5 ms.
        distances = struct.pack("!II", round(0.02 * 65_536), round(0.005 * 65_536))
        sock.sendto(
            _PACKET.pack(
                head, stratum, 6, -20, distances[:4], distances[4:], reference, stamp, asked[40:48], stamp, stamp
            ),
            client,
        )


def web_server(address: str, port: int, ahead_s: float, pem: str | None) -> socketserver.ThreadingTCPServer:
    """A web server whose Date is ahead by so much."""

    socketserver.ThreadingTCPServer.allow_reuse_address = True

    class Handler(http.server.BaseHTTPRequestHandler):
        def date_time_string(self, timestamp: float | None = None) -> str:
            del timestamp
            return formatdate(time.time() + ahead_s, usegmt=True)

        def do_HEAD(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    # Without the look-up of the host's own name that HTTPServer makes.
    server = socketserver.ThreadingTCPServer((address, port), Handler)
    if pem:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    return server


def main() -> None:
    """Serve until ended."""
    settings = json.loads(sys.argv[1])
    work = [
        threading.Thread(target=serve_ntp, args=(_bound(address, 123), ahead_s, settings.get("kiss", {}).get(address)))
        for address, ahead_s in (settings.get("ntp", {}) | dict.fromkeys(settings.get("kiss", {}), 0.0)).items()
    ]
    for kind, port, pem in (("http", 80, None), ("https", 443, settings.get("pem"))):
        for address, ahead_s in settings.get(kind, {}).items():
            work.append(threading.Thread(target=web_server(address, port, ahead_s, pem).serve_forever))
    for each in work:
        each.daemon = True
        each.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main()
