"""What traffic costs, all headers from IP upward included.

Counted for IPv6 (RFC 8200), whose header is the larger one, and with an acknowledgement for every segment: nearly
always a little more than what really goes over the line.
"""

from nexkit.units import Bytes

_IP_HEADER_BYTES = 40
_UDP_HEADER_BYTES = 8
_TCP_HEADER_BYTES = 32
"""With time stamps (RFC 7323)."""
_SEGMENT_BYTES = 1500 - _IP_HEADER_BYTES - _TCP_HEADER_BYTES

TCP_CONNECTION_BYTES = Bytes(8 * (_IP_HEADER_BYTES + _TCP_HEADER_BYTES))
"""Opening (a SYN is repeated once) and closing."""
_ICMP_ERROR_BYTES = 1280
"""The largest (RFC 4443, section 2.4)."""
LOOKUP_BYTES = Bytes(4 * (_IP_HEADER_BYTES + _UDP_HEADER_BYTES + 150))
"""One lookup by the system: A and AAAA, asked and answered. The system does not tell what it really sent."""


def udp_bytes(payload_bytes: int) -> Bytes:
    """One datagram."""
    return Bytes(payload_bytes + _IP_HEADER_BYTES + _UDP_HEADER_BYTES)


def icmp_error_bytes(payload_bytes: int) -> Bytes:
    """What says that a datagram did not arrive, with as much of it as fits."""
    return Bytes(min(_ICMP_ERROR_BYTES, _IP_HEADER_BYTES + _UDP_HEADER_BYTES + udp_bytes(payload_bytes)))


def tcp_bytes(payload_bytes: int) -> Bytes:
    """A piece of a TCP stream and its acknowledgements."""
    segments = -(-payload_bytes // _SEGMENT_BYTES)
    return Bytes(payload_bytes + 2 * segments * (_IP_HEADER_BYTES + _TCP_HEADER_BYTES))
