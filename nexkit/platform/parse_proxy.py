"""The proxy list that Windows keeps, and its list of exceptions."""

import re

from nexkit.facts.proxy import ProxyKind
from nexkit.platform.system_proxy import DEFAULT_PORTS, Endpoint, Exceptions, endpoint_of

_SEPARATORS = re.compile(r"[;\s]+")
_SOCKS = "socks"


def parse_proxy_list(text: str) -> dict[str, Endpoint]:
    """By scheme: one proxy for all, or `http=...;https=...;socks=...`, separated by semicolons or blanks.

    Of SOCKS Windows speaks version 4, and takes it where a scheme has no proxy of its own.
    """
    by_scheme: dict[str, Endpoint] = {}
    for word in _SEPARATORS.split(text):
        scheme, separator, entry = word.rpartition("=")
        scheme = scheme.lower() if separator else ""
        kind = ProxyKind.SOCKS4 if scheme == _SOCKS else ProxyKind.HTTP
        plain = entry.rpartition("://")[2]
        # Whatever scheme is written before a proxy here: it is spoken to in HTTP without TLS.
        found = endpoint_of(plain)
        if found is not None:
            port = found.port if _has_port(plain) else DEFAULT_PORTS[kind]
            endpoint = Endpoint(kind=kind, host=found.host, port=port, user=found.user, password=found.password)
            by_scheme.setdefault("" if scheme == _SOCKS else scheme, endpoint)
    return {scheme: endpoint for scheme, endpoint in by_scheme.items() if scheme in {"", "http", "https"}}


def parse_bypass_list(text: str) -> Exceptions:
    """`*.corp.example;10.*;<local>`, separated as the proxies are."""
    return Exceptions(entries=tuple(word for word in _SEPARATORS.split(text) if word))


def _has_port(text: str) -> bool:
    return text.rstrip("/").rpartition("]")[2].rpartition("@")[2].rpartition(":")[2].isdecimal() and ":" in text
