"""The counters of a macOS system's links and its own addresses; blocking, for a thread of its own."""

import socket
import sys

from nexkit.address import Family, family
from nexkit.facts.link import LinkCounters
from nexkit.units import Bytes

assert sys.platform == "darwin"  # noqa: S101  mypy reads what follows for macOS only

_DISCARD_PORT = 9


def read_counters() -> dict[str, LinkCounters]:
    """What every interface counted, by its name."""
    import psutil

    counted = psutil.net_io_counters(pernic=True, nowrap=False)  # type: ignore[no-untyped-call]  # ships no types
    return {
        name: LinkCounters(
            received_bytes=Bytes(each.bytes_recv),
            sent_bytes=Bytes(each.bytes_sent),
            received_packets=each.packets_recv,
            sent_packets=each.packets_sent,
            receive_errors=each.errin,
            send_errors=each.errout,
            receive_drops=each.dropin,
            # The system keeps no such counter; psutil fills in a zero.
            send_drops=None,
        )
        for name, each in counted.items()
    }


def own_address(target: str) -> str:
    """The address that packets to the target would carry; connecting a datagram socket sends nothing. OSError."""
    version = socket.AF_INET if family(target) is Family.IPV4 else socket.AF_INET6
    plain, _, zone = target.partition("%")
    with socket.socket(version, socket.SOCK_DGRAM) as sock:
        where = (plain, _DISCARD_PORT)
        sock.connect(where if version == socket.AF_INET else (*where, 0, socket.if_nametoindex(zone) if zone else 0))
        name: str = sock.getsockname()[0]
        return name.partition("%")[0]
