"""An HTTP/3 server: `http3.py CERTIFICATE ADDRESS PORT [ADDRESS PORT ...]` answers every request with status 200.

The certificate file holds chain and key. With `--retry` a client has to prove its address first (RFC 9000, 8.1).
"""

import asyncio
import sys

from aioquic.asyncio import QuicConnectionProtocol, serve
from aioquic.h3.connection import H3Connection
from aioquic.h3.events import HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ProtocolNegotiated

BODY = b"x" * 20_000
HEADERS = [(b":status", b"200"), (b"server", b"http3-lab"), (b"content-length", str(len(BODY)).encode())]


class Http3(QuicConnectionProtocol):
    """One connection."""

    http = None

    def quic_event_received(self, event):
        if isinstance(event, ProtocolNegotiated):
            self.http = H3Connection(self._quic)
        for each in self.http.handle_event(event) if self.http else ():
            if isinstance(each, HeadersReceived):
                self.http.send_headers(each.stream_id, HEADERS)
                self.http.send_data(each.stream_id, BODY, end_stream=True)
                self.transmit()


async def main(certificate, places, *, retry):
    configuration = QuicConfiguration(is_client=False, alpn_protocols=["h3"])
    configuration.load_cert_chain(certificate, certificate)
    for address, port in zip(places[::2], places[1::2], strict=True):
        await serve(address, int(port), configuration=configuration, create_protocol=Http3, retry=retry)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--retry"]
    asyncio.run(main(words[0], words[1:], retry="--retry" in sys.argv))
