"""The interface on the way to an address: its own address, and the largest packet that it takes."""

import socket

_PORT = 33_434


def own_address(target: str) -> str:
    """The address that packets to the target leave from; OSError without a route. Sends nothing."""
    family, _, _, _, address = socket.getaddrinfo(
        target, _PORT, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    )[0]
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.connect(address)
        return str(sock.getsockname()[0]).partition("%")[0]


def own_mtu_bytes(target: str) -> int | None:
    """MTU of the interface that packets to the target leave by; None where it cannot be told. Sends nothing."""
    import psutil

    try:
        own = own_address(target)
    except OSError:
        return None
    stats = psutil.net_if_stats()  # type: ignore[no-untyped-call]  # psutil ships no types
    for name, addresses in psutil.net_if_addrs().items():  # type: ignore[no-untyped-call]
        if name in stats and any(each.address.partition("%")[0] == own for each in addresses):
            return int(stats[name].mtu) or None
    return None
