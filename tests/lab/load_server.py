"""A real load server: `GET .../download?bytes=N` sends N random bytes, `POST` swallows and answers how many came.

    python tests/lab/load_server.py --bind ADDRESS --port PORT [--tls CERT KEY]

It prints `listening on PORT` when it is ready (port 0: the system chooses). `GET .../moved` answers
`{"sent": bytes, "received": bytes}`, payload only, of all connections since the start. For tests of clients:
`&chunked=1` sends without a length, `&close=1` closes after each answer, `.../status/CODE` answers with a code,
`.../silent` never answers, `.../at-once` answers an upload before it has read it.
"""

import argparse
import ipaddress
import json
import os
import re
import socket
import socketserver
import ssl
import sys
import threading

BLOCK = memoryview(os.urandom(1 << 20))


class Moved:
    """Payload bytes of all connections, counted as the system took them or gave them."""

    def __init__(self):
        self._lock = threading.Lock()
        self.sent = self.received = 0

    def add(self, sent=0, received=0):
        with self._lock:
            self.sent += sent
            self.received += received


class ServerSocket(ssl.SSLSocket):
    """Closes itself where `wrap_socket` loses it: a client that resets while it is wrapped leaves one open."""

    def __del__(self):
        self.close()


class Handler(socketserver.BaseRequestHandler):
    """One connection: one request after the other (HTTP/1.1, Content-Length bodies)."""

    def setup(self):
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""
        self.buffer = memoryview(bytearray(1 << 18))

    def handle(self):
        try:
            if self.server.tls is not None:
                self.request = self.server.tls.wrap_socket(
                    self.request, server_side=True, do_handshake_on_connect=False
                )
                self.request.do_handshake()
            while (head := self.read_head()) is not None:
                method, target, length = head
                self.answer(method, target, length)
                if "close=1" in target:
                    return
        except OSError:
            return  # clients cut load tests off, or do not trust our certificate

    def finish(self):
        self.request.close()

    def read_head(self):
        while b"\r\n\r\n" not in self.rest:
            if not (more := self.request.recv(1 << 16)):
                return None
            self.rest += more
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        method, target, _ = head.decode("latin-1").split("\r\n")[0].split(" ")
        length = re.search(rb"(?im)^content-length: *(\d+)", head)
        return method, target, int(length[1]) if length else 0

    def answer(self, method, target, length):
        if wanted := re.search(r"/status/(\d+)$", target):
            self.send_text(int(wanted[1]), "as you wish")
        elif target.endswith("/silent"):
            self.request.recv(1)
        elif target.endswith("/at-once"):
            self.send_text(200, "thank you")
            self.swallow(length)
        elif method == "POST":
            self.send_text(200, str(self.swallow(length)))
        elif wanted := re.search(r"[?&]bytes=(\d+)", target):
            self.send_payload(int(wanted[1]), target)
        elif wanted := re.search(r"/random(\d+)x\d+\.jpg", target):
            self.send_payload(2 * int(wanted[1]) ** 2, target)  # as heavy as the images that speedtest-cli fetches
        elif target.endswith("/moved"):
            self.send_text(200, json.dumps({"sent": self.server.moved.sent, "received": self.server.moved.received}))
        else:
            self.send_text(404, "not here")

    def send_text(self, status, text):
        body = text.encode()
        head = f"HTTP/1.1 {status} Status\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
        self.request.sendall(head.encode() + body)

    def send_payload(self, count, target):
        chunked = "chunked=1" in target
        framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {count}"
        close = "Connection: close\r\n" if "close=1" in target else ""
        self.request.sendall(f"HTTP/1.1 200 OK\r\n{framing}\r\n{close}\r\n".encode())
        while count:
            block = BLOCK[:count]
            if chunked:
                self.request.sendall(b"%x\r\n" % len(block))
            sent = self.request.send(block) if not chunked else self.request.sendall(block) or len(block)
            if chunked:
                self.request.sendall(b"\r\n")
            self.server.moved.add(sent=sent)
            count -= sent
        if chunked:
            self.request.sendall(b"0\r\n\r\n")

    def swallow(self, length):
        count = min(length, len(self.rest))
        self.rest = self.rest[count:]
        self.server.moved.add(received=count)
        while count < length:
            got = self.request.recv_into(self.buffer[: length - count])
            if not got:
                raise ConnectionResetError
            self.server.moved.add(received=got)
            count += got
        return count


class LoadServer(socketserver.ThreadingTCPServer):
    """A thread for each connection: blocking calls on large blocks are the fastest way here."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address, port, tls=None, handler=Handler):
        if ipaddress.ip_address(address).version == 6:
            self.address_family = socket.AF_INET6
        self.tls = tls
        if tls is not None:
            tls.sslsocket_class = ServerSocket
        self.moved = Moved()
        super().__init__((address, port), handler)


def main(handler=Handler):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bind", default="127.0.0.1", metavar="ADDRESS")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
    arguments = parser.parse_args()
    tls = None
    if arguments.tls:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*arguments.tls)
    with LoadServer(arguments.bind, arguments.port, tls, handler) as server:
        sys.stdout.write(f"listening on {server.server_address[1]}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
