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
_IKE_HEADER = struct.Struct("!8s8sBBBBII")
_IKE_PAYLOAD = struct.Struct("!BBH")
_IKE_SA, _IKE_KEY, _IKE_NONCE = 33, 34, 40
_IKE_SA_INIT = 34
_IKE_VERSIONS = (0x10, 0x20)
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
    """A long header of a version that nobody has: a server says which it has (RFC 9000, section 6; RFC 8999)."""
    theirs, ours = rng.randbytes(_QUIC_ID_BYTES), rng.randbytes(_QUIC_ID_BYTES)
    head = b"".join(
        (
            b"\xc0",
            _QUIC_VERSION.to_bytes(4, "big"),
            bytes((_QUIC_ID_BYTES,)),
            theirs,
            bytes((_QUIC_ID_BYTES,)),
            ours,
        )
    )
    answer_begins = bytes(4) + bytes((_QUIC_ID_BYTES,)) + ours + bytes((_QUIC_ID_BYTES,)) + theirs
    return Greeting(
        payload=head + rng.randbytes(_QUIC_BYTES - len(head)),
        is_answer=lambda data: data[:1] >= b"\x80" and data[1 : 1 + len(answer_begins)] == answer_begins,
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
    initiator_flag = 0x08
    head = _IKE_HEADER.pack(
        ours, bytes(8), _IKE_SA, _IKE_VERSIONS[1], _IKE_SA_INIT, initiator_flag, 0, _IKE_HEADER.size + len(payloads)
    )

    def is_answer(data: bytes) -> bool:
        message = data.removeprefix(marker) if marker else data
        return len(message) >= _IKE_HEADER.size and message[:8] == ours and message[17] & 0xF0 in _IKE_VERSIONS

    return Greeting(payload=marker + head + payloads, is_answer=is_answer)


def _openvpn(rng: Random) -> Greeting:
    """A hard reset, the first packet of a client; a server that wants a key for it (tls-auth, tls-crypt) is silent."""
    ours = rng.randbytes(_OPENVPN_ID_BYTES)
    payload = bytes((_OPENVPN_CLIENT_RESET,)) + ours + b"\0" + bytes(4)
    return Greeting(
        payload=payload,
        is_answer=lambda data: data[:1] == bytes((_OPENVPN_SERVER_RESET,)) and ours in data[1 + _OPENVPN_ID_BYTES :],
    )
