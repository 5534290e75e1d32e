"""Reads what `gsettings list-recursively org.gnome.system.proxy` prints: GVariant text, never localised."""

import ast

from nexkit.facts.proxy import ProxyKind, ProxySource
from nexkit.platform.system_proxy import Endpoint, Exceptions, SystemProxy

_SCHEMA = "org.gnome.system.proxy"


def parse_gnome_proxy(output: str) -> SystemProxy:
    """The desktop's proxy settings; direct where the mode is `none` or the output is not of this schema."""
    values: dict[str, object] = {}
    for line in output.splitlines():
        schema, _, rest = line.partition(" ")
        key, _, value = rest.partition(" ")
        if schema == _SCHEMA or schema.startswith(_SCHEMA + "."):
            values[f"{schema.removeprefix(_SCHEMA)}.{key}".removeprefix(".")] = _value(value)
    match values.get("mode"):
        case "manual":
            found = {
                "http": _endpoint(values, "http", ProxyKind.HTTP),
                "https": _endpoint(values, "https", ProxyKind.HTTP),
                "": _endpoint(values, "socks", ProxyKind.SOCKS5),
            }
            ignored = values.get("ignore-hosts")
            return SystemProxy(
                source=ProxySource.GNOME,
                by_scheme={scheme: endpoint for scheme, endpoint in found.items() if endpoint is not None},
                auto_detect=False,
                exceptions=Exceptions(
                    entries=tuple(str(entry) for entry in ignored) if isinstance(ignored, list) else (), suffixes=True
                ),
            )
        case "auto":
            # Without an address GNOME looks for `wpad` by itself.
            url = str(values.get("autoconfig-url") or "") or None
            return SystemProxy(source=ProxySource.GNOME, pac_url=url, auto_detect=url is None)
        case "none":
            return SystemProxy(source=ProxySource.GNOME, auto_detect=False)
        case _:
            return SystemProxy(source=ProxySource.GNOME)


def _value(text: str) -> object:
    """A text, number, yes/no value or list of GVariant text as Python has it; None for other types."""
    text = text.removeprefix("@as ")
    try:
        value: object = {"true": True, "false": False}[text] if text in {"true", "false"} else ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return value


def _endpoint(values: dict[str, object], scheme: str, kind: ProxyKind) -> Endpoint | None:
    host, port = values.get(f"{scheme}.host"), values.get(f"{scheme}.port")
    if not isinstance(host, str) or not host or not isinstance(port, int) or not port:
        return None
    # GNOME keeps one name and password, beside the proxy for http.
    known = values.get("http.use-authentication") is True
    return Endpoint(
        kind=kind,
        host=host,
        port=port,
        user=str(values.get("http.authentication-user") or "") if known else None,
        password=str(values.get("http.authentication-password") or "") if known else None,
    )
