"""What to say to a UDP port of a protocol so that a server answers a stranger, and what its answer looks like."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random

from nexkit.facts.udp import UdpProtocol
from probes.exchange import ntp, stun

_QUIC_VERSION = 0x1A2A3A4A
"""Of the form that no version ever has (RFC 9000, section 15)."""
_QUIC_BYTES = 1200
"""The least that a server answers to (RFC 9000, section 14.1)."""
_QUIC_ID_BYTES = 8
_QUIC_TWO_BYTES = 0x4000
"""Marks a number of two bytes (RFC 9000, section 16)."""
_IKE_HEADER = struct.Struct("!8s8sBBBBII")
_IKE_PAYLOAD = struct.Struct("!BBH")
_IKE_SA, _IKE_KEY, _IKE_NONCE = 33, 34, 40
_IKE_SA_INIT = 34
_IKE_VERSION = 0x20
_IKE_INITIATOR, _IKE_RESPONSE = 0x08, 0x20
_IKE_GROUP_14 = 14
_IKE_GROUP_14_BYTES = 256
_IKE_NONCE_BYTES = 32
_NON_ESP_MARKER = bytes(4)
"""In front of IKE on the port that it shares with ESP (RFC 3948, section 2.2)."""
_OPENVPN_CLIENT_RESET = 7 << 3
_OPENVPN_SERVER_RESET = 8 << 3
_OPENVPN_ID_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """A datagram to send and how to know the answer to it."""

    payload: bytes
    is_answer: Callable[[bytes], bool]


def greeting(protocol: UdpProtocol, rng: Random) -> Greeting:
    """A greeting of its own: no two have the same identifier."""
    match protocol:
        case UdpProtocol.DNS:
            return _dns(rng)
        case UdpProtocol.NTP:
            asked = ntp.request(rng)
            return Greeting(payload=asked, is_answer=partial(ntp.is_answer, asked))
        case UdpProtocol.STUN:
            asked = stun.binding_request(rng)
            return Greeting(payload=asked, is_answer=partial(stun.is_answer, asked))
        case UdpProtocol.QUIC:
            return _quic(rng)
        case UdpProtocol.IKE:
            return _ike(rng, b"")
        case UdpProtocol.IKE_NAT:
            return _ike(rng, _NON_ESP_MARKER)
        case UdpProtocol.OPENVPN:
            return _openvpn(rng)
        case UdpProtocol.WIREGUARD | UdpProtocol.UNKNOWN:
            # Nothing that a server would answer is known: this makes a closed port show itself, no more.
            return Greeting(payload=bytes(8), is_answer=bool)


def _dns(rng: Random) -> Greeting:
    """Who serves the root? Every name server knows, or refuses (RFC 1035, section 4.1)."""
    number = rng.randbytes(2)
    question = b"\0" + struct.pack("!HH", 2, 1)
    payload = number + struct.pack("!HHHHH", 0x0100, 1, 0, 0, 0) + question
    return Greeting(
        payload=payload,
        is_answer=lambda data: len(data) >= 12 and data[:2] == number and data[2] & 0x80 != 0,  # noqa: PLR2004  header
    )


def _quic(rng: Random) -> Greeting:
    """An Initial packet of a version that nobody has: a server says which it has (RFC 9000, section 6; RFC 8999).

    Behind the identifiers it goes on as in version 1 (an empty token, the length of the rest), because some servers
    read so far before they look at the version.
    """
    theirs, ours = (bytes((_QUIC_ID_BYTES,)) + rng.randbytes(_QUIC_ID_BYTES) for _ in range(2))
    head = b"\xc0" + _QUIC_VERSION.to_bytes(4, "big") + theirs + ours + b"\0"
    rest = _QUIC_BYTES - len(head) - 2
    return Greeting(
        payload=head + (_QUIC_TWO_BYTES | rest).to_bytes(2, "big") + rng.randbytes(rest),
        is_answer=lambda data: data[:1] >= b"\x80" and data[1:].startswith(bytes(4) + ours + theirs),
    )


def _ike(rng: Random, marker: bytes) -> Greeting:
    """IKE_SA_INIT (RFC 7296, section 1.2) with one common proposal: a server accepts, or says what it does not like."""
    ours = rng.randbytes(8)
    transforms = (
        struct.pack("!BBHBBHHH", 3, 0, 12, 1, 0, 12, 0x800E, 256),  # ENCR_AES_CBC with 256 bits
        struct.pack("!BBHBBH", 3, 0, 8, 2, 0, 5),  # PRF_HMAC_SHA2_256
        struct.pack("!BBHBBH", 3, 0, 8, 3, 0, 12),  # AUTH_HMAC_SHA2_256_128
        struct.pack("!BBHBBH", 0, 0, 8, 4, 0, _IKE_GROUP_14),
    )
    proposal = struct.pack("!BBHBBBB", 0, 0, 8 + sum(map(len, transforms)), 1, 1, 0, len(transforms))
    # A public value is any number below the group's prime, whose highest bits are all set.
    key = b"\x7f" + rng.randbytes(_IKE_GROUP_14_BYTES - 1)
    bodies = (
        (_IKE_KEY, proposal + b"".join(transforms)),
        (_IKE_NONCE, struct.pack("!HH", _IKE_GROUP_14, 0) + key),
        (0, rng.randbytes(_IKE_NONCE_BYTES)),
    )
    payloads = b"".join(_IKE_PAYLOAD.pack(after, 0, _IKE_PAYLOAD.size + len(body)) + body for after, body in bodies)
    head = _IKE_HEADER.pack(
        ours, bytes(8), _IKE_SA, _IKE_VERSION, _IKE_SA_INIT, _IKE_INITIATOR, 0, _IKE_HEADER.size + len(payloads)
    )

    def is_answer(data: bytes) -> bool:
        message = data.removeprefix(marker) if marker else data
        if len(message) < _IKE_HEADER.size or message[:8] != ours:
            return False
        # A server of version 1 alone says so in a message of that version, which has no flag for responses.
        return message[17] >> 4 == 1 or (message[17] >> 4 == _IKE_VERSION >> 4 and message[19] & _IKE_RESPONSE != 0)

    return Greeting(payload=marker + head + payloads, is_answer=is_answer)


def _openvpn(rng: Random) -> Greeting:
    """A hard reset, the first packet of a client; a server that wants a key for it (tls-auth, tls-crypt) is silent."""
    ours = rng.randbytes(_OPENVPN_ID_BYTES)
    payload = bytes((_OPENVPN_CLIENT_RESET,)) + ours + b"\0" + bytes(4)
    return Greeting(
        payload=payload,
        is_answer=lambda data: data[:1] == bytes((_OPENVPN_SERVER_RESET,)) and ours in data[1 + _OPENVPN_ID_BYTES :],
    )
