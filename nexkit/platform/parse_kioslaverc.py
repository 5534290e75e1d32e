"""Reads the proxy settings of KDE: the group `Proxy Settings` of the file `kioslaverc`."""

from collections.abc import Mapping

from nexkit.facts.proxy import ProxyKind, ProxySource
from nexkit.platform.system_proxy import Endpoint, Exceptions, SystemProxy, endpoint_of, environment_settings

_GROUP = "[Proxy Settings]"


def parse_kioslaverc(text: str, environment: Mapping[str, str]) -> SystemProxy:
    """The desktop's proxy settings; direct where the file has none.

    `ProxyType` is 1 for fixed proxies, 2 for a PAC file, 3 for WPAD, 4 for variables of the environment
    (KProtocolManager::ProxyType); 0 and whatever else is direct.
    """
    values = _group(text)
    match values.get("ProxyType"):
        case "1":
            found = {
                "http": _endpoint(values.get("httpProxy")),
                "https": _endpoint(values.get("httpsProxy")),
                "": _endpoint(values.get("socksProxy"), ProxyKind.SOCKS5),
            }
            return SystemProxy(
                source=ProxySource.KDE,
                by_scheme={scheme: endpoint for scheme, endpoint in found.items() if endpoint is not None},
                auto_detect=False,
                exceptions=_exceptions(values),
            )
        case "2":
            return SystemProxy(source=ProxySource.KDE, pac_url=values.get("Proxy Config Script"), auto_detect=False)
        case "3":
            return SystemProxy(source=ProxySource.KDE, auto_detect=True)
        case "4":
            # The values are names of variables there, `http_proxy` and its kin as KDE sets them up.
            named = {
                plain: environment.get(values.get(key) or plain, "")
                for key, plain in (
                    ("httpProxy", "http_proxy"),
                    ("httpsProxy", "https_proxy"),
                    ("NoProxyFor", "no_proxy"),
                )
            }
            return environment_settings(named, ProxySource.KDE)
        case _:
            return SystemProxy(source=ProxySource.KDE, auto_detect=False)


def _group(text: str) -> dict[str, str]:
    """The keys of the group; a suffix such as `[$e]` or `[$i]` marks how KDE treats a key."""
    values: dict[str, str] = {}
    inside = False
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            inside = line.partition("][")[0].rstrip("]") + "]" == _GROUP
        elif inside and "=" in line:
            key, _, value = line.partition("=")
            values[key.partition("[$")[0].strip()] = value.strip()
    return {key: value for key, value in values.items() if value}


def _endpoint(text: str | None, kind: ProxyKind | None = None) -> Endpoint | None:
    """`http://proxy.example.com 8080`: KDE writes a blank before the port."""
    if not text:
        return None
    words = text.split()
    endpoint = endpoint_of(":".join(words) if len(words) == 2 and words[1].isdecimal() else words[0])  # noqa: PLR2004
    if endpoint is None or kind is None:
        return endpoint
    return Endpoint(kind=kind, host=endpoint.host, port=endpoint.port, user=endpoint.user, password=endpoint.password)


def _exceptions(values: Mapping[str, str]) -> Exceptions:
    return Exceptions(
        entries=tuple(values.get("NoProxyFor", "").replace(",", " ").split()),
        suffixes=True,
        inverted=values.get("ReversedException") == "true",
    )
