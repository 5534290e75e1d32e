"""Real servers on loopback for the contract tests, TCP, TLS and DNS, and a platform that finds them."""

import asyncio
import contextlib
import datetime as dt
import gc
import ipaddress
import random
import socket
import ssl
import struct
from dataclasses import dataclass, field
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from nexkit.clock import SystemClock
from nexkit.platform.fake import UNPLUGGED
from nexkit.platform.sockets import SocketPlatform
from nexkit.probe import ProbeContext


class LoopbackPlatform(SocketPlatform):
    """The real sockets, with names from a table and an authority of the test."""

    def __init__(self, names=None, authority=None):
        self.names = names or {}
        self.authority = authority

    async def resolve(self, host, family=None):
        if host not in self.names:
            raise socket.gaierror(socket.EAI_NONAME, "not in the table")
        return self.names[host]

    async def network_state(self):
        return UNPLUGGED

    def trust(self):
        context = super().trust()
        if self.authority is not None:
            context.load_verify_locations(cadata=self.authority.pem)
        return context


def context(probe, platform):
    """What the runner would give to a run, with the probe's own budget."""
    return ProbeContext(
        platform=platform,
        clock=SystemClock(),
        random=random.Random(1),
        max_bytes=probe.spec.max_bytes,
        on_progress=lambda ratio: None,
        on_sample=lambda rtt_ms: None,
    )


def open_sockets():
    """The numbers of the sockets that this process has open."""
    return {thing.fileno() for thing in gc.get_objects() if isinstance(thing, socket.socket)} - {-1}


def _name(common_name, organisation):
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


class Authority:
    """A certificate authority of the test."""

    def __init__(self, organisation="Example Trust"):
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Example Root", organisation)
        now = dt.datetime.now(dt.UTC)
        self._certificate = (
            x509.CertificateBuilder()
            .subject_name(self._name)
            .issuer_name(self._name)
            .public_key(self._key.public_key())
            .serial_number(1)
            .not_valid_before(now - dt.timedelta(days=800))
            .not_valid_after(now + dt.timedelta(days=800))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self.pem = self._certificate.public_bytes(serialization.Encoding.PEM).decode()

    def server(self, folder: Path, *names, starts_days=-1, ends_days=30, self_signed=False):
        """A server's TLS context with a certificate for these names and addresses."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = dt.datetime.now(dt.UTC)
        subject = _name(names[0], "Example Corp")
        alternatives = []
        for name in names:
            try:
                alternatives.append(x509.IPAddress(ipaddress.ip_address(name)))
            except ValueError:
                alternatives.append(x509.DNSName(name))
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if self_signed else self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + dt.timedelta(days=starts_days))
            .not_valid_after(now + dt.timedelta(days=ends_days))
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .sign(key if self_signed else self._key, hashes.SHA256())
        )
        path = folder / f"{x509.random_serial_number()}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(path)
        return server


@contextlib.asynccontextmanager
async def serve(handle, *, tls=None, address="127.0.0.1"):
    """A TCP server; gives its port. Whatever its handler still does at the end is ended."""
    tasks = set()
    writers = set()

    async def connected(reader, writer):
        tasks.add(asyncio.current_task())
        writers.add(writer)
        if tls is None:
            writer.transport.set_write_buffer_limits(0)  # drained is sent: Windows writes while the program goes on
        try:
            await handle(reader, writer)
        except (ConnectionError, ssl.SSLError, asyncio.CancelledError):
            pass
        finally:
            if tls is None:
                writer.transport.abort()
            else:
                writer.close()  # TLS has handed on what was drained, which may not be sent yet

    server = await asyncio.start_server(connected, address, 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for writer in writers:
            writer.transport.abort()
        await asyncio.sleep(0.01)  # transports close in the next rounds of the loop


def answering(*chunks, pause_s=0.0):
    """A handler that reads a request's head and sends these bytes; it keeps what it was asked in `.requests`."""

    async def handle(reader, writer):
        handle.requests.append(await reader.readuntil(b"\r\n\r\n"))
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(pause_s)

    handle.requests = []
    return handle


async def silent(reader, writer):
    """A handler that never says anything."""
    await asyncio.sleep(60)


@dataclass
class DnsZone:
    """What a test resolver knows, and how it misbehaves."""

    records: dict = field(default_factory=dict)
    """(name, type) -> addresses; a name that is nowhere here is NXDOMAIN."""
    rcode: int | None = None
    """Answered to everything."""
    drop_first: int = 0
    """So many datagrams are ignored."""
    silent_types: tuple = ()
    truncated: tuple = ()
    """Names whose answers over UDP are cut short."""
    asked: list = field(default_factory=list)
    """(transport, name, type, id, source port)."""

    def answer(self, wire, transport, port):
        """The reply to one message; None for silence."""
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        rdtype = dns.rdatatype.to_text(question.rdtype)
        self.asked.append((transport, name, rdtype, query.id, port))
        if transport == "udp" and self.drop_first:
            self.drop_first -= 1
            return None
        if rdtype in self.silent_types:
            return None
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if self.rcode is not None:
            reply.set_rcode(self.rcode)
        elif not any(known == name for known, _ in self.records):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        elif transport == "udp" and name in self.truncated:
            reply.flags |= dns.flags.TC
        elif addresses := self.records.get((name, rdtype)):
            reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", rdtype, *addresses))
        return reply.to_wire()


class _DnsDatagrams(asyncio.DatagramProtocol):
    def __init__(self, zone):
        self.zone = zone

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, source):
        reply = self.zone.answer(data, "udp", source[1])
        if reply is not None:
            self.transport.sendto(reply, source)


@contextlib.asynccontextmanager
async def serve_dns(zone, *, tcp=True, address="127.0.0.1"):
    """A resolver on UDP, and on TCP where wanted; gives its port."""

    async def handle(reader, writer):
        size = int.from_bytes(await reader.readexactly(2), "big")
        reply = zone.answer(await reader.readexactly(size), "tcp", writer.get_extra_info("peername")[1])
        if reply is not None:
            for byte in struct.pack("!H", len(reply)) + reply:  # in small pieces, as a stream may arrive
                writer.write(bytes([byte]))
            await writer.drain()

    loop = asyncio.get_running_loop()
    async with contextlib.AsyncExitStack() as stack:
        port = await stack.enter_async_context(serve(handle, address=address)) if tcp else 0
        transport, _ = await loop.create_datagram_endpoint(lambda: _DnsDatagrams(zone), local_addr=(address, port))
        try:
            yield transport.get_extra_info("sockname")[1]
        finally:
            transport.close()
            await asyncio.sleep(0)
