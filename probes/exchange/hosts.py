"""Host names and literal addresses as the protocols write them."""

import re

from nexkit.address import Family, family, is_address

MAX_PORT = 65_535
_NAME = re.compile(
    r"(?=.{1,253}\.?$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.?"
)


def wire_name(host: str) -> str:
    """A host name in ASCII and lower case (IDNA, RFC 3490); ValueError for what is no host name.

    Letters, digits, hyphen and underscore alone: nothing that could break out of a header line.
    """
    try:
        name = host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        name = ""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{host!r} is no host name")
    return name


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
