"""STUN binding requests and their answers (RFC 8489), with the second address of RFC 5780. Answers are hostile."""

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from random import Random

STUN_PORT = 3478
_HEADER = struct.Struct("!HHI12s")
_ATTRIBUTE = struct.Struct("!HH")
_ADDRESS = struct.Struct("!xBH")
_COOKIE = 0x2112A442
_COOKIE_BYTES = _COOKIE.to_bytes(4, "big")
_BINDING_REQUEST = 0x0001
_BINDING_SUCCESS = 0x0101
_BINDING_ERROR = 0x0111
_MAPPED_ADDRESS = 0x0001
_XOR_MAPPED_ADDRESS = 0x0020
_OTHER_ADDRESS = 0x802C
_ADDRESS_TYPES = {1: (IPv4Address, 4), 2: (IPv6Address, 16)}
_ID_BYTES = 12
REQUEST_BYTES = _HEADER.size


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An address and a port."""

    address: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingAnswer:
    """What a server answered to a binding request."""

    mapped: Endpoint | None
    """Where it saw the request come from; None in an error response."""
    other: Endpoint | None
    """Its second address and port, where it offers the tests of RFC 5780."""


def binding_request(rng: Random) -> bytes:
    """A request with a transaction id of its own, so that every answer is of one request."""
    return _HEADER.pack(_BINDING_REQUEST, 0, _COOKIE, rng.randbytes(_ID_BYTES))


def is_answer(request: bytes, payload: bytes) -> bool:
    """Whether a datagram answers the request: a binding response with its cookie and transaction id."""
    return (
        len(payload) >= _HEADER.size
        and int.from_bytes(payload[:2], "big") in (_BINDING_SUCCESS, _BINDING_ERROR)
        and payload[4 : _HEADER.size] == request[4 : _HEADER.size]
    )


def transaction_of(payload: bytes) -> bytes:
    """The transaction id of a message; shorter than one where the message is none."""
    return payload[8 : _HEADER.size]


def read_answer(payload: bytes) -> BindingAnswer | None:
    """What is in a binding response; None where it cannot be read."""
    try:
        kind, length, _, transaction = _HEADER.unpack_from(payload)
        found: dict[int, bytes] = {}
        at, end = _HEADER.size, _HEADER.size + length
        if end > len(payload):
            return None
        while at < end:
            attribute, size = _ATTRIBUTE.unpack_from(payload, at)
            at += _ATTRIBUTE.size
            if at + size > end:
                return None
            found.setdefault(attribute, payload[at : at + size])
            at += size + -size % 4
        if kind == _BINDING_ERROR:
            return BindingAnswer(mapped=None, other=None)
        mapped = None
        if (value := found.get(_XOR_MAPPED_ADDRESS)) is not None:
            mapped = _endpoint(value, _COOKIE_BYTES + transaction)
        elif (value := found.get(_MAPPED_ADDRESS)) is not None:
            mapped = _endpoint(value, bytes(16))
        other = _endpoint(found[_OTHER_ADDRESS], bytes(16)) if _OTHER_ADDRESS in found else None
    except (struct.error, KeyError):
        return None
    return None if mapped is None else BindingAnswer(mapped=mapped, other=other)


def _endpoint(value: bytes, mask: bytes) -> Endpoint:
    """The address in an attribute; KeyError for an unknown family, struct.error where it is cut off."""
    family, port = _ADDRESS.unpack_from(value)
    make, size = _ADDRESS_TYPES[family]
    packed = value[_ADDRESS.size : _ADDRESS.size + size]
    if len(packed) != size:
        raise struct.error
    plain = bytes(byte ^ other for byte, other in zip(packed, mask, strict=False))
    return Endpoint(address=str(make(plain)), port=port ^ int.from_bytes(mask[:2], "big"))
