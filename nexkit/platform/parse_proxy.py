"""Proxy words: `host:port`, with or without a scheme, and the list that Windows keeps."""

import re

from nexkit.facts.network import Proxy, ProxySettings

_DEFAULT_PORT = 80
"""What WinHTTP and CFNetwork take where a proxy has no port."""
_MAX_PORT = 65_535
_ENTRY = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9+.-]*://)?(?P<host>\[[0-9A-Fa-f:.%]+\]|[^\s:/\[\]]+)(?::(?P<port>[0-9]{1,5}))?/?", re.ASCII
)


def parse_proxy(text: str) -> Proxy | None:
    """One proxy such as `proxy.example.com:8080`; None where the text is none."""
    if (match := _ENTRY.fullmatch(text.strip())) is None:
        return None
    port = int(match["port"] or _DEFAULT_PORT)
    return Proxy(host=match["host"].strip("[]"), port=port) if 0 < port <= _MAX_PORT else None


def parse_proxy_list(text: str) -> ProxySettings:
    """The proxy list of Windows: one proxy for all, or `http=...;https=...`, separated by semicolons or blanks."""
    by_scheme: dict[str, Proxy] = {}
    for word in re.split(r"[;\s]+", text):
        scheme, separator, entry = word.rpartition("=")
        if (proxy := parse_proxy(entry)) is not None:
            by_scheme.setdefault(scheme.lower() if separator else "", proxy)
    every = by_scheme.get("")
    return ProxySettings(http=by_scheme.get("http", every), https=by_scheme.get("https", every))
