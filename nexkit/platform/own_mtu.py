"""The largest packet that the interface on the way to an address takes, from the system's list of interfaces."""

import socket

_PORT = 33_434


def own_mtu_bytes(target: str) -> int | None:
    """MTU of the interface that packets to the target leave by; None where it cannot be told. Sends nothing."""
    import psutil

    family, _, _, _, address = socket.getaddrinfo(
        target, _PORT, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    )[0]
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(address)
        except OSError:
            return None
        own = str(sock.getsockname()[0]).partition("%")[0]
    stats = psutil.net_if_stats()  # type: ignore[no-untyped-call]  # psutil ships no types
    for name, addresses in psutil.net_if_addrs().items():  # type: ignore[no-untyped-call]
        if name in stats and any(each.address.partition("%")[0] == own for each in addresses):
            return int(stats[name].mtu) or None
    return None
