"""A web server with one page for every request: `page.py JSON` with address, port, status, headers, body, delay_s.

With `certificate`, a PEM file of chain and key, it speaks TLS.
"""

import http.server
import json
import socket
import ssl
import sys
import time

SETTINGS = json.loads(sys.argv[1])


class Page(http.server.BaseHTTPRequestHandler):
    """Always the same."""

    server_version = "page"
    sys_version = ""

    def do_GET(self):
        time.sleep(SETTINGS["delay_s"])
        body = SETTINGS["body"].encode()
        self.send_response(SETTINGS["status"])
        for name, value in SETTINGS["headers"].items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if SETTINGS["stalls"]:
            self.wfile.write(body[: len(body) // 2])
            time.sleep(60)
        else:
            self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    """Of either family; on `::` of both."""

    address_family = socket.AF_INET6 if ":" in SETTINGS["address"] else socket.AF_INET


def main():
    server = Server((SETTINGS["address"], SETTINGS["port"]), Page)
    if SETTINGS["certificate"]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(SETTINGS["certificate"])
        # The handshake is done in the thread of the request, where it holds up nobody.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()


if __name__ == "__main__":
    main()
