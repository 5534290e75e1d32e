"""Host names and literal addresses as the protocols write them."""

from nexkit.address import Family, family, is_address
from nexkit.host_name import wire_name

MAX_PORT = 65_535


def wire_host(host: str) -> str:
    """A literal address without its zone, which is of this computer alone (RFC 6874), or a name; ValueError else."""
    return host.partition("%")[0] if is_address(host) else wire_name(host)


def authority(host: str, port: int, *, default_port: int) -> str:
    """Host and port as a `Host` header has them (RFC 3986, section 3.2)."""
    name = wire_host(host)
    if is_address(name) and family(name) is Family.IPV6:
        name = f"[{name}]"
    return name if port == default_port else f"{name}:{port}"


def check_port(port: int) -> None:
    """ValueError for a number that is no port."""
    if not 0 < port <= MAX_PORT:
        raise ValueError(f"port {port} is not in 1..{MAX_PORT}")


def host_and_port(text: str, default_port: int | None = None) -> tuple[str, int]:
    """`HOST:PORT`, `[ADDRESS]:PORT`, and without a port where there is a default; ValueError for anything else."""
    host, colon, port = text.rpartition(":")
    if is_address(text) or not colon:
        host, port = text, "" if default_port is None else str(default_port)
    host = host.removeprefix("[").removesuffix("]")
    if not port.isascii() or not port.isdigit():
        raise ValueError(f"{text!r} is not HOST:PORT")
    check_port(int(port))
    wire_host(host)
    return host, int(port)
