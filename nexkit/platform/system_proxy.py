"""The proxy settings of a system as a program needs them, passwords included, and which host they exempt.

These values stay in memory; the facts that a report holds are made from them without the passwords.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.parse import unquote, urlsplit

from nexkit.address import is_address
from nexkit.facts.network import Proxy, ProxySettings
from nexkit.facts.proxy import ProxyKind, ProxySource

_KINDS = {
    "http": ProxyKind.HTTP,
    "https": ProxyKind.HTTPS,
    "socks": ProxyKind.SOCKS5,
    "socks4": ProxyKind.SOCKS4,
    "socks4a": ProxyKind.SOCKS4,
    "socks5": ProxyKind.SOCKS5,
    "socks5h": ProxyKind.SOCKS5,
}
"""By the scheme of a proxy's address, as curl reads it."""
DEFAULT_PORTS = {
    ProxyKind.HTTP: 80,
    ProxyKind.HTTPS: 443,
    ProxyKind.SOCKS4: 1080,
    ProxyKind.SOCKS5: 1080,
}
_LOCAL = "<local>"
"""WinINet's word for names without a dot."""
_OCTETS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A proxy and what it may want to know."""

    kind: ProxyKind
    host: str
    port: int
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exceptions:
    """Hosts that go without the proxy."""

    entries: tuple[str, ...] = ()
    """Names, `*` patterns, addresses, prefixes, `<local>`, each with or without a port."""
    suffixes: bool = False
    """A name stands for all names that end with it, as in `no_proxy` and in GNOME and KDE; else for itself alone."""
    inverted: bool = False
    """KDE: the proxy is for the entries only."""

    def exempt(self, host: str, port: int) -> bool:
        """Whether a host and port go without the proxy."""
        return any(_matches(entry.strip().lower(), host.lower().rstrip("."), port, self) for entry in self.entries) != (
            self.inverted and bool(self.entries)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemProxy:
    """What one source says."""

    source: ProxySource
    by_scheme: Mapping[str, Endpoint] = field(default_factory=dict)
    """`http`, `https`; `` for what has no proxy of its own."""
    pac_url: str | None = None
    auto_detect: bool | None = None
    exceptions: Exceptions = Exceptions()
    for_browsers: bool = True
    """Browsers obey it; False where services or command line programs alone do."""

    def endpoint(self, scheme: str) -> Endpoint | None:
        """The fixed proxy for a scheme."""
        return self.by_scheme.get(scheme, self.by_scheme.get(""))

    @property
    def says_something(self) -> bool:
        """It is more than "direct"."""
        return bool(self.by_scheme or self.pac_url or self.auto_detect)

    def summary(self) -> ProxySettings:
        """What the state of the network tells of it."""
        return ProxySettings(
            http=_proxy(self.endpoint("http")),
            https=_proxy(self.endpoint("https")),
            pac_url=without_user(self.pac_url),
            auto_detect=self.auto_detect,
        )


def in_force(settings: Sequence[SystemProxy]) -> SystemProxy:
    """Of all sources, the best first, the one that browsers obey: the first that is more than "direct"."""
    obeyed = [each for each in settings if each.for_browsers]
    said = [each for each in obeyed if each.says_something] + [each for each in obeyed if each.auto_detect is not None]
    return (said or obeyed)[0]


def _proxy(endpoint: Endpoint | None) -> Proxy | None:
    """Those that speak HTTP; the proxy probe tells of the others."""
    if endpoint is None or endpoint.kind not in {ProxyKind.HTTP, ProxyKind.HTTPS}:
        return None
    return Proxy(host=endpoint.host, port=endpoint.port)


def endpoint_of(text: str, *, user: str | None = None, password: str | None = None) -> Endpoint | None:
    """A proxy such as `http://user:word@proxy.example.com:8080` or `proxy.example.com:8080`; None where it is none."""
    text = text.strip()
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        port = parts.port
    except ValueError:
        return None
    kind = _KINDS.get(parts.scheme.lower())
    host = parts.hostname
    if kind is None or not host or port == 0 or any(character.isspace() for character in host):
        return None
    return Endpoint(
        kind=kind,
        host=host,
        port=DEFAULT_PORTS[kind] if port is None else port,
        user=user if parts.username is None else unquote(parts.username),
        password=password if parts.password is None else unquote(parts.password),
    )


def without_user(url: str | None) -> str | None:
    """A web address without name and password."""
    if url is None:
        return None
    before, separator, rest = url.partition("://")
    place, slash, path = rest.partition("/")
    return f"{before}{separator}{place.rpartition('@')[2]}{slash}{path}"


def environment_settings(
    environment: Mapping[str, str], source: ProxySource = ProxySource.ENVIRONMENT, *, for_browsers: bool = True
) -> SystemProxy:
    """The proxies that command line programs obey, as curl(1) reads them.

    `HTTP_PROXY` in capitals is not read: a web server would let its clients set it (CVE-2016-5385).
    """
    named = {
        "http": environment.get("http_proxy"),
        "https": environment.get("https_proxy") or environment.get("HTTPS_PROXY"),
        "": environment.get("all_proxy") or environment.get("ALL_PROXY"),
    }
    found = {scheme: endpoint_of(text) for scheme, text in named.items() if text}
    exempt = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    return SystemProxy(
        source=source,
        by_scheme={scheme: endpoint for scheme, endpoint in found.items() if endpoint is not None},
        exceptions=Exceptions(entries=tuple(exempt.replace(",", " ").split()), suffixes=True),
        for_browsers=for_browsers,
    )


def _matches(entry: str, host: str, port: int, exceptions: Exceptions) -> bool:
    if entry in {"", "*"}:
        return entry == "*"
    if entry == _LOCAL:
        return "." not in host and not is_address(host)
    entry = entry.partition("://")[2] or entry
    if is_address(host):
        network = _network(entry)
        if network is not None:
            return ip_address(host.partition("%")[0]) in network
    name, _, wanted = entry.rpartition(":")
    if name and wanted.isdecimal() and (":" not in name or name.startswith("[")):
        if int(wanted) != port:
            return False
        entry = name
    entry = entry.strip("[]").rstrip(".")
    if "*" in entry or "?" in entry:
        # A list of Windows or macOS says `*.corp.example`, which is meant for what stands before the dot as well.
        return fnmatchcase(host, entry.replace("[", "[[]"))
    if exceptions.suffixes:
        bare = entry.removeprefix(".")
        return host == bare or host.endswith("." + bare)
    return host.endswith(entry) if entry.startswith(".") else host == entry


def _network(entry: str) -> IPv4Network | IPv6Network | None:
    """A prefix; macOS writes `169.254/16`. None where the entry is none."""
    address, slash, length = entry.strip("[]").partition("/")
    if not slash:
        return None
    parts = address.split(".")
    if ":" not in address and len(parts) < _OCTETS:
        address = ".".join([*parts, *(["0"] * (_OCTETS - len(parts)))])
    try:
        return ip_network(f"{address}/{length}", strict=False)
    except ValueError:
        return None
