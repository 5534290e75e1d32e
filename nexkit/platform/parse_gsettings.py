"""Reads what `gsettings list-recursively org.gnome.system.proxy` prints: GVariant text, never localised."""

import ast

from nexkit.facts.network import Proxy, ProxySettings

_SCHEMA = "org.gnome.system.proxy"


def parse_gnome_proxy(output: str) -> ProxySettings:
    """The desktop's proxy settings; direct where the mode is `none` or the output is not of this schema."""
    values: dict[str, object] = {}
    for line in output.splitlines():
        schema, _, rest = line.partition(" ")
        key, _, value = rest.partition(" ")
        if schema == _SCHEMA or schema.startswith(_SCHEMA + "."):
            values[f"{schema.removeprefix(_SCHEMA)}.{key}".removeprefix(".")] = _value(value)
    match values.get("mode"):
        case "manual":
            return ProxySettings(http=_proxy(values, "http"), https=_proxy(values, "https"), auto_detect=False)
        case "auto":
            # Without an address GNOME looks for `wpad` by itself.
            url = str(values.get("autoconfig-url") or "") or None
            return ProxySettings(pac_url=url, auto_detect=url is None)
        case "none":
            return ProxySettings(auto_detect=False)
        case _:
            return ProxySettings()


def _value(text: str) -> object:
    """A string or number of GVariant text, which Python writes alike; None for other types."""
    try:
        value: object = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return None
    return value


def _proxy(values: dict[str, object], scheme: str) -> Proxy | None:
    host, port = values.get(f"{scheme}.host"), values.get(f"{scheme}.port")
    return Proxy(host=host, port=port) if isinstance(host, str) and host and isinstance(port, int) and port else None
