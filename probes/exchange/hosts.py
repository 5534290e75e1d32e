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
