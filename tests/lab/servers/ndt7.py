"""A real NDT7 server (github.com/m-lab/ndt-server, spec/ndt7-protocol.md), and M-Lab's locate service naming itself.

    python tests/lab/servers/ndt7.py --bind ADDRESS --port PORT [--tls CERT KEY] [--name HOST] [--congestion bbr]

It prints `listening on PORT` when it is ready. The frames of RFC 6455 are read and written here, not by the library
that the client uses. `GET /v2/nearest/ndt/ndt7` answers with this server, after one that takes no connection;
`GET /v2/full` is out of capacity. For tests of clients: `/wrong-protocol/ndt/v7/...` does not agree to the subprotocol,
`/hostile/ndt/v7/...` sends text without end.
"""

import argparse
import base64
import contextlib
import hashlib
import json
import os
import re
import socket
import socketserver
import ssl
import struct
import sys
import time

PAYLOAD = os.urandom(1 << 17)
TEST_S = 10.0
MEASUREMENT_S = 0.25
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
ACCEPT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
SUBPROTOCOL = "net.measurementlab.ndt.v7"
TCP_INFO = struct.Struct("=68xI48xQQ")
"""tcpi_rtt, tcpi_bytes_acked, tcpi_bytes_received."""


def frame(opcode, payload):
    """A final frame of a server: not masked."""
    length = len(payload)
    if length < 126:
        head = struct.pack("!BB", 0x80 | opcode, length)
    elif length < 1 << 16:
        head = struct.pack("!BBH", 0x80 | opcode, 126, length)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 127, length)
    return head + payload


class Handler(socketserver.BaseRequestHandler):
    """One connection: one test, or one question to the locate service."""

    def handle(self):
        self.sock = self.request
        self.tcp = self.request
        with contextlib.suppress(OSError):
            if self.server.congestion:
                self.tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, self.server.congestion.encode())
            if self.server.tls is not None:
                self.tcp = self.request.dup()  # TCP_INFO is asked of the socket below TLS
                self.sock = self.request = self.server.tls.wrap_socket(self.request, server_side=True)
            self.answer()

    def finish(self):
        self.request.close()
        self.tcp.close()

    def answer(self):
        self.rest = b""
        while b"\r\n\r\n" not in self.rest:
            if not (more := self.sock.recv(1 << 16)):
                return
            self.rest += more
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        target = lines[0].split(" ")[1]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        if target.startswith("/v2/nearest/ndt/ndt7"):
            self.plain(200, json.dumps(self.located()))
        elif target.startswith("/v2/full"):
            self.plain(200, "{}")
        elif not (wanted := re.search(r"/ndt/v7/(download|upload)", target)) or SUBPROTOCOL not in headers.get(
            "sec-websocket-protocol", ""
        ):
            self.plain(400, "no test")
        else:
            key = headers["sec-websocket-key"]
            accept = base64.b64encode(hashlib.sha1((key + ACCEPT).encode()).digest()).decode()
            protocol = "" if target.startswith("/wrong-protocol") else f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n"
            self.sock.sendall(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Accept: {accept}\r\n{protocol}\r\n".encode()
            )
            self.began_s = time.monotonic()
            if target.startswith("/hostile"):
                while True:
                    self.sock.sendall(b"\x01\x7e\xff\xff" + b"[" * 0xFFFF)
            elif wanted[1] == "download":
                self.download()
            else:
                self.upload()

    def plain(self, status, text):
        body = text.encode()
        head = f"HTTP/1.1 {status} Status\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self.sock.sendall(head.encode() + body)

    def located(self):
        def target(host):
            urls = {f"wss:///ndt/v7/{test}": f"wss://{host}/ndt/v7/{test}?access_token=t0ken" for test in TESTS}
            return {"machine": host, "location": {"city": "Tokyo", "country": "JP"}, "urls": urls}

        port = self.server.server_address[1]
        return {"results": [target(f"{self.server.name}:{port + 1}"), target(f"{self.server.name}:{port}")]}

    def measurement(self, test, count):
        round_trip_us, acked, received = TCP_INFO.unpack(self.tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 136))
        elapsed_us = int((time.monotonic() - self.began_s) * 1e6)
        name = self.tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16).rstrip(b"\0").decode()
        measured = {
            "AppInfo": {"NumBytes": count, "ElapsedTime": elapsed_us},
            "Origin": "server",
            "Test": test,
            "TCPInfo": {
                "RTT": round_trip_us,
                "BytesAcked": acked,
                "BytesReceived": received,
                "ElapsedTime": elapsed_us,
            },
        }
        if name == "bbr":
            measured["BBRInfo"] = {"BW": 1, "MinRTT": 1, "ElapsedTime": elapsed_us}
        return frame(TEXT, json.dumps(measured).encode())

    def download(self):
        message, sent, told_s = frame(BINARY, PAYLOAD[: 1 << 13]), 0, 0.0
        while (now_s := time.monotonic() - self.began_s) < TEST_S:
            if now_s - told_s >= MEASUREMENT_S:
                told_s = now_s
                self.sock.sendall(self.measurement("download", sent))
            self.sock.sendall(message)
            sent += len(message)
            self.server.moved["sent"] += len(message)
            if len(message) < len(PAYLOAD) and sent > 16 * len(message):
                message = frame(BINARY, PAYLOAD[: 2 * len(message)])
        self.sock.sendall(frame(CLOSE, b"\x03\xe8"))
        self.sock.recv(1 << 10)

    def upload(self):
        count, told_s = 0, 0.0
        while time.monotonic() - self.began_s < TEST_S:
            opcode, length = self.skip_frame()
            if opcode == CLOSE:
                return
            count += length
            self.server.moved["received"] += length
            now_s = time.monotonic() - self.began_s
            if now_s - told_s >= MEASUREMENT_S:
                told_s = now_s
                self.sock.sendall(self.measurement("upload", count) + frame(PING, b"are you there"))
        self.sock.sendall(frame(CLOSE, b"\x03\xe8"))

    def skip_frame(self):
        """(opcode, length) of one frame of the client, which has to be masked."""
        first, second = self.read(2)
        length = second & 0x7F
        if not second & 0x80:
            raise ConnectionResetError("a client has to mask")
        if length >= 126:
            length = int.from_bytes(self.read(2 if length == 126 else 8), "big")
        self.read(4)
        left = length
        while left:
            left -= len(self.read(min(left, 1 << 16)))
        return first & 0x0F, length

    def read(self, count):
        while len(self.rest) < count:
            if not (more := self.sock.recv(1 << 18)):
                raise ConnectionResetError
            self.rest += more
        data, self.rest = self.rest[:count], self.rest[count:]
        return data


TESTS = ("download", "upload")


class Ndt7Server(socketserver.ThreadingTCPServer):
    """A thread for each connection."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address, port, tls=None, name="localhost", congestion=None):
        self.tls = tls
        self.name = name
        self.congestion = congestion
        self.moved = {"sent": 0, "received": 0}
        super().__init__((address, port), Handler)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bind", default="127.0.0.1", metavar="ADDRESS")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
    parser.add_argument("--name", default="localhost")
    parser.add_argument("--congestion")
    arguments = parser.parse_args()
    tls = None
    if arguments.tls:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*arguments.tls)
    with Ndt7Server(arguments.bind, arguments.port, tls, arguments.name, arguments.congestion) as server:
        sys.stdout.write(f"listening on {server.server_address[1]}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
