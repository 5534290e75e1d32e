"""TLS on a byte stream, without transports: what was sent and received is known, and closing is the stream's."""

import _ssl
import ssl
import sys
from collections.abc import Callable
from typing import TypeVar

from probes.exchange.stream import ByteStream

_ResultT = TypeVar("_ResultT")
_READ_BYTES = 16_384
_ALERT, _HANDSHAKE = 21, 22
"""The record types that can answer a ClientHello; a record begins with its type (RFC 8446, section 5.1)."""


class NotTlsError(Exception):
    """The other side does not speak TLS."""


class TlsStream:
    """A TLS client on top of a stream; `handshake` comes first."""

    def __init__(self, stream: ByteStream, context: ssl.SSLContext, server_name: str) -> None:
        self._stream = stream
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        self._greeted = False

    async def handshake(self) -> None:
        """Agree on keys and check the certificate.

        ssl.SSLCertVerificationError for an untrusted certificate, other ssl.SSLErrors for a handshake that failed,
        NotTlsError for an answer of another protocol, EOFError where the other side hangs up.
        """
        try:
            await self._drive(self._tls.do_handshake)
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):  # the second with Python 3.11.2 (Debian 12)
            raise EOFError from None

    async def send(self, data: bytes) -> None:
        """Send all of it."""
        self._tls.write(data)
        await self._flush()

    async def receive(self) -> bytes:
        """The next bytes; empty at the end, with or without the close that TLS wants (RFC 8446, section 6.1)."""
        try:
            return await self._drive(lambda: self._tls.read(_READ_BYTES))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    @property
    def version(self) -> str:
        """The agreed version, such as `TLSv1.3`; after the handshake."""
        return self._tls.version() or "unknown"

    @property
    def cipher(self) -> str:
        """The agreed cipher suite; after the handshake."""
        cipher = self._tls.cipher()
        return cipher[0] if cipher else "unknown"

    @property
    def certificate(self) -> bytes | None:
        """The server's certificate in DER, checked or not; after the handshake."""
        return self._tls.getpeercert(binary_form=True)

    @property
    def chain(self) -> tuple[bytes, ...]:
        """All certificates in DER as the server sent them, its own first; after the handshake."""
        if sys.version_info >= (3, 13):
            return tuple(self._tls.get_unverified_chain())
        # Public since Python 3.13 only; the object underneath has it since 3.10.
        sent = self._tls._sslobj.get_unverified_chain()  # type: ignore[attr-defined]  # noqa: SLF001
        return tuple(bytes(each.public_bytes(_ssl.ENCODING_DER)) for each in sent or ())

    @property
    def alpn(self) -> str | None:
        """The protocol that the server chose of those offered (RFC 7301); None: nothing, or no text."""
        try:
            return self._tls.selected_alpn_protocol()
        except UnicodeDecodeError:
            return None

    async def _flush(self) -> None:
        if data := self._outgoing.read():
            await self._stream.send(data)

    async def _drive(self, step: Callable[[], _ResultT]) -> _ResultT:
        """Repeat a step of the TLS engine, carrying bytes for it, until it is done."""
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._feed()
            except ssl.SSLError:
                await self._flush()  # the alert that tells the other side why
                raise
            else:
                await self._flush()
                return result

    async def _feed(self) -> None:
        data = await self._stream.receive()
        if not data:
            self._incoming.write_eof()
            return
        if not self._greeted and data[0] not in (_ALERT, _HANDSHAKE):
            raise NotTlsError
        self._greeted = True
        self._incoming.write(data)
