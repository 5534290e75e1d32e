"""A tunnel through a SOCKS proxy: version 5 (RFC 1928, RFC 1929) and 4 with names (SOCKS 4A)."""

import struct
from ipaddress import ip_address

from nexkit.address import Family, family, is_address
from probes.exchange.hosts import check_port, wire_host
from probes.exchange.stream import ByteStream
from probes.exchange.tunnel import Credentials

SUCCEEDED = 0
_VERSION4, _VERSION5, _PASSWORD_VERSION = 4, 5, 1
_CONNECT = 1
_NO_PASSWORD, _PASSWORD, _NONE_ACCEPTABLE = 0, 2, 0xFF
_IPV4, _NAME, _IPV6 = 1, 3, 4
_GRANTED4 = 90
_MAX_FIELD_BYTES = 255


class SocksError(Exception):
    """The other side does not speak the version."""


class SocksRefusedError(Exception):
    """The proxy wants another way to be told who asks, or does not take the password."""


async def open_socks5(stream: ByteStream, *, host: str, port: int, credentials: Credentials | None = None) -> int:
    """The proxy's reply to CONNECT: 0 for an open tunnel (RFC 1928, section 6). The proxy looks the name up.

    SocksError, SocksRefusedError, EOFError (hung up before the answer), and whatever the stream raises.
    """
    check_port(port)
    target = _target(wire_host(host))
    reader = _Reader(stream)
    methods = bytes([_NO_PASSWORD] if credentials is None else [_NO_PASSWORD, _PASSWORD])
    await stream.send(bytes([_VERSION5, len(methods)]) + methods)
    version, method = await reader.exactly(2)
    if version != _VERSION5:
        raise SocksError
    if method == _PASSWORD and credentials is not None:
        await _tell_password(stream, reader, credentials)
    elif method == _NONE_ACCEPTABLE or method not in methods:
        raise SocksRefusedError
    await stream.send(bytes([_VERSION5, _CONNECT, 0]) + target + struct.pack("!H", port))
    version, reply, _, kind = await reader.exactly(4)
    if version != _VERSION5:
        raise SocksError
    if reply == SUCCEEDED:
        # The address at which the proxy goes out stands before what the other end says.
        sizes = {_IPV4: 4, _IPV6: 16}
        length = sizes[kind] if kind in sizes else (await reader.exactly(1))[0]
        await reader.exactly(length + 2)
    return reply


async def _tell_password(stream: ByteStream, reader: "_Reader", credentials: Credentials) -> None:
    user, password = credentials.user.encode(), credentials.password.encode()
    if max(len(user), len(password)) > _MAX_FIELD_BYTES:
        raise SocksRefusedError
    await stream.send(bytes([_PASSWORD_VERSION, len(user)]) + user + bytes([len(password)]) + password)
    if (await reader.exactly(2))[1] != 0:
        raise SocksRefusedError


def _target(name: str) -> bytes:
    if not is_address(name):
        return bytes([_NAME, len(name)]) + name.encode("ascii")
    return bytes([_IPV4 if family(name) is Family.IPV4 else _IPV6]) + ip_address(name).packed


async def open_socks4(stream: ByteStream, *, host: str, port: int) -> int:
    """The proxy's reply to CONNECT, 90 (granted) told as 0 like in version 5; raises as `open_socks5` does.

    ValueError for an IPv6 address, which version 4 cannot write.
    """
    check_port(port)
    name = wire_host(host)
    if not is_address(name):
        address, after = bytes([0, 0, 0, 1]), name.encode("ascii") + b"\0"
    elif family(name) is Family.IPV4:
        address, after = ip_address(name).packed, b""
    else:
        raise ValueError("SOCKS 4 has no IPv6")
    await stream.send(struct.pack("!BBH", _VERSION4, _CONNECT, port) + address + b"\0" + after)
    version, reply, *_ = await _Reader(stream).exactly(8)
    if version != 0:
        raise SocksError
    return SUCCEEDED if reply == _GRANTED4 else reply


class _Reader:
    """So many bytes of a stream at a time."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._held = b""

    async def exactly(self, count: int) -> bytes:
        """The next bytes; EOFError where there are fewer."""
        while len(self._held) < count:
            data = await self._stream.receive()
            if not data:
                raise EOFError
            self._held += data
        taken, self._held = self._held[:count], self._held[count:]
        return taken
