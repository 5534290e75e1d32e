"""Reads a profile file: TOML to a checked `Profile`, or one clear line that names file, line and mend.

A profile is hostile until it is checked: every key is known or refused, every target is a plain name or address, and
nothing in it can widen the kit's own limits.
"""

import contextlib
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from ipaddress import ip_address, ip_network
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar
from urllib.parse import urlsplit

from nexkit.address import INNER, Scope, carried_ipv4, is_address, scope
from nexkit.facts.load import LoadBackend
from nexkit.host_name import is_host_name
from nexkit.kit_limits import DEFAULT_LOAD_BYTES, MAX_LOAD_BYTES, MAX_PORTS, MAX_SERVICES, MAX_TARGETS
from nexkit.profile import (
    USER_SERVICE_ID,
    Basis,
    Encrypt,
    ExpectedNetwork,
    HostPort,
    Internet,
    Load,
    LoadedProfile,
    Localised,
    PortalTarget,
    Profile,
    Service,
    SharingTerms,
    Support,
    Vpn,
)
from nexkit.profile_refusal import ProfileError, ProfileRefusedError, Refusal
from nexkit.run_record import ProfileReference, ProfileTrust
from nexkit.sensitivity import Tightening
from nexkit.targets import TargetKind, targets

BUILT_IN = Path(__file__).parent / "profiles" / "builtin.toml"
MAX_PROFILE_BYTES = 256_000
SIGNATURE_SUFFIX = ".sig"
_KEY_PART = r"""(?:[\w-]{1,100}+|"(?:[^"\\\n]|\\.){0,100}+"|'[^'\n]{0,100}+')"""
_DEEP_KEY = re.compile(rf"(?<![\w-]){_KEY_PART}(?:[ \t]{{0,100}}+\.[ \t]{{0,100}}+{_KEY_PART}){{32}}")
"""A key of more parts than any schema has. tomllib keeps every prefix of a key, so that one of 100,000 parts, which
fits into a profile, would take all memory."""
_ID = re.compile(r"[a-z0-9-]{1,64}")
_HEADER = re.compile(r"\[\[?([A-Za-z0-9_. \t-]++)\]")
_NO_NAME = re.compile(r"localhost\.?\Z|\.[0-9][^.]*\.?\Z")
"""This computer; and what ends like an address or a range of them (top-level names are letters, RFC 3696)."""
_HAS_PORT = re.compile(r":[0-9]+\Z")
_IPERF3_PORT = 5201
_AGE_KEY = re.compile("age1[ac-hj-np-z02-9]{58}")
"""An X25519 recipient: 32 bytes and a checksum in Bech32 (BIP 173)."""
_NEEDS = re.compile(r"clock:[0-9]{1,5}s|udp|vpn|large_packets")
_NEVER = frozenset({Scope.LOOPBACK, Scope.MULTICAST, Scope.UNSPECIFIED, Scope.LINK_LOCAL})
_WEB = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*")
"""RFC 3986 section 2."""
_EMAIL = re.compile(r"[A-Za-z0-9.!#$*+/=^_~-]{1,64}@(?P<host>.{1,253})")
"""Without what would mean something more in a `mailto` link (RFC 6068)."""
_SAYS_INNER = frozenset({TargetKind.CARRIER, TargetKind.VPN, TargetKind.LOOKUP})
_SECTION_OF = {TargetKind.SERVICE: "service", TargetKind.LOAD: "load"}
_LONGEST_ITEM = 500
_COUNTRY = re.compile("[A-Z]{2}")
_LONGEST_RETENTION_DAYS = 3650
_SHOWN_OF_KEY = 60
_T = TypeVar("_T")


def _line_of(text: str, path: tuple[str | int, ...]) -> int | None:
    """The line of a key path such as ("service", 1, "url"); None where only TOML knows."""
    table: list[str | int] = []
    counts: dict[str, int] = {}
    best: int | None = None
    wanted = list(path)
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line.lstrip()):
            name = header[1].strip()
            if line.lstrip().startswith("[["):
                counts[name] = counts.get(name, -1) + 1
                table = [name, counts[name]]
            else:
                table = list(name.split("."))
            if wanted[: len(table)] == table or table[: len(wanted)] == wanted:
                best = best or number if len(wanted) < len(table) else number
            continue
        key = line.partition("=")[0].strip()
        here = [*table, *_parts(key)] if key else table
        if key and wanted[: len(here)] == here:
            best = number
            if len(here) == len(wanted):
                return number
    return best


def _parts(key: str) -> list[str]:
    """The parts of a key; of a quoted one the text that it stands for."""
    if key.startswith('"'):
        with contextlib.suppress(ValueError):
            return list(tomllib.loads(f"{key} = 0"))
    return key.strip("\"'").split(".")


def _is_printable(text: str) -> bool:
    """Whether everything in the text shows: no control, bidi or other invisible character; spaces of any width."""
    return all(character.isprintable() or unicodedata.category(character) == "Zs" for character in text)


def _is_plain_address(text: str) -> bool:
    """Whether the text is an address that means the same on every computer: one without a zone."""
    return is_address(text) and "%" not in text


def _never_contacted(address: str) -> bool:
    """Whether nobody but this computer and its link is meant, or a host inside by way of IPv4 in IPv6."""
    carried = carried_ipv4(address)
    return scope(address) in _NEVER or (carried is not None and scope(carried) in _NEVER | INNER)


class _Reader:
    """One table of the file: takes keys out by type, and refuses what is left."""

    def __init__(self, values: Mapping[str, Any], path: tuple[str | int, ...], source: "_Source") -> None:
        self._values = dict(values)
        self._path = path
        self._source = source

    def fail(self, key: str, problem: str) -> ProfileError:
        """The error to raise for a key of this table."""
        return self._source.error((*self._path, key), problem)

    def _take(self, key: str, expected: type[_T] | tuple[type[_T], ...], what: str) -> _T | None:
        if key not in self._values:
            return None
        value = self._values.pop(key)
        if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
            raise self.fail(key, f"must be {what}")
        return value

    def text(self, key: str, *, longest: int = 200) -> str | None:
        value = self._take(key, str, "a text")
        if value is not None and (len(value) > longest or not _is_printable(value)):
            raise self.fail(key, f"must be one printable line of at most {longest} characters")
        return value

    def integer(self, key: str, low: int, high: int) -> int | None:
        value = self._take(key, int, "a whole number")
        if value is not None and not low <= value <= high:
            raise self.fail(key, f"must lie between {low} and {high}")
        return value

    def flag(self, key: str) -> bool | None:
        return self._take(key, bool, "true or false")

    def number(self, key: str) -> float | None:
        value = self._take(key, (int, float), "a number")
        if value is not None and not 0 < value < 1e6:  # noqa: PLR2004  Mbit/s nobody has
            raise self.fail(key, "must be a number above zero")
        return value

    def moment(self, key: str) -> datetime | None:
        value = self._take(key, datetime, "a date and time")
        if value is not None and value.tzinfo is None:
            raise self.fail(key, "needs a time zone: end it with Z")
        return value

    def localised(self, key: str, *, longest: int, one_line: bool = True) -> Localised | None:
        value = self._take(key, dict, 'a table by language such as {en = "...", ja = "..."}')
        if value is None:
            return None
        for language, text in value.items():
            if not re.fullmatch("[a-z]{2}", language) or not isinstance(text, str) or len(text) > longest:
                raise self.fail(key, f"must give a text of at most {longest} characters for a language such as en")
            if not all(_is_printable(line) for line in ([text] if one_line else text.expandtabs().splitlines())):
                raise self.fail(key, "must not contain control or invisible characters")
        if "en" not in value:
            raise self.fail(key, "needs the English text: en")
        return MappingProxyType(dict(value))

    def texts(self, key: str, *, most: int = MAX_TARGETS) -> tuple[str, ...]:
        value = self._take(key, list, "a list of texts")
        if value is None:
            return ()
        if len(value) > most or not all(
            isinstance(item, str) and len(item) <= _LONGEST_ITEM and _is_printable(item) for item in value
        ):
            raise self.fail(key, f"must be a list of at most {most} printable texts of {_LONGEST_ITEM} characters each")
        return tuple(value)

    def integers(self, key: str, low: int, high: int) -> tuple[int, ...]:
        value = self._take(key, list, "a list of whole numbers")
        if value is None:
            return ()
        if len(value) > MAX_TARGETS or not all(type(item) is int and low <= item <= high for item in value):
            raise self.fail(key, f"must be a list of at most {MAX_TARGETS} whole numbers between {low} and {high}")
        return tuple(value)

    def table(self, key: str) -> "_Reader | None":
        value = self._take(key, dict, "a table")
        return None if value is None else _Reader(value, (*self._path, key), self._source)

    def tables(self, key: str, *, most: int) -> tuple["_Reader", ...]:
        value = self._take(key, list, "an array of tables")
        if value is None:
            return ()
        if len(value) > most or not all(isinstance(item, dict) for item in value):
            raise self.fail(key, f"must be at most {most} tables [[{key}]]")
        return tuple(_Reader(item, (*self._path, key, index), self._source) for index, item in enumerate(value))

    def required(self, key: str, value: _T | None) -> _T:
        if value is None:
            raise self._source.error(self._path, f"the key {key!r} is missing")
        return value

    def hosts(self, key: str) -> tuple[str, ...]:
        return tuple(self.host(key, item) for item in self.texts(key))

    def addresses(self, key: str) -> tuple[str, ...]:
        items = self.texts(key)
        for item in items:
            if not _is_plain_address(item) or _never_contacted(item):
                raise self.fail(key, f"{item!r} must be an IPv4 or IPv6 address that other hosts can have")
        return items

    def prefixes(self, key: str) -> tuple[str, ...]:
        items = self.texts(key)
        for item in items:
            try:
                ip_network(item)
            except ValueError:
                raise self.fail(key, f"{item!r} must be a network such as 192.168.10.0/24") from None
        return items

    def inner_prefixes(self, key: str) -> tuple[str, ...]:
        items = self.prefixes(key)
        for item in items:
            if not all(scope(str(end)) in INNER for end in (ip_network(item)[0], ip_network(item)[-1])):
                raise self.fail(key, f"{item!r} must be a private network such as 10.20.0.0/16")
        return items

    def host(self, key: str, text: str) -> str:
        if _is_plain_address(text):
            if _never_contacted(text):
                raise self.fail(key, f"{text!r} is not an address of another host")
        elif not text.isascii() or not is_host_name(text) or _NO_NAME.search(text.lower()):
            raise self.fail(key, f"{text!r} is neither a host name nor an address")
        return text

    def host_port(self, key: str, text: str) -> HostPort:
        host, colon, port = text.rpartition(":")
        if not colon or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:  # noqa: PLR2004  16 bits
            raise self.fail(key, f"{text!r} must be HOST:PORT, such as imap.example.com:993")
        return HostPort(host=self.host(key, host.removeprefix("[").removesuffix("]")), port=int(port))

    def web(self, key: str, text: str, schemes: Iterable[str] = ("http", "https")) -> str:
        if not _WEB.fullmatch(text):
            # Nor are there templates: nothing that was measured gets into an address.
            raise self.fail(key, f"{text!r} has characters that no web address has: write them as %XX")
        try:
            parts = urlsplit(text)
            port_is_fine = parts.port is None or parts.port > 0
        except ValueError:
            parts, port_is_fine = urlsplit(""), False
        if parts.scheme not in schemes or not parts.hostname or parts.username is not None or not port_is_fine:
            raise self.fail(key, f"{text!r} must be a web address such as {next(iter(schemes))}://host/path")
        self.host(key, parts.hostname)
        return text

    def end(self) -> None:
        """Refuse the first key that nobody took."""
        for key in self._values:
            raise self.fail(key, f"unknown key '{_shown(key)}': remove it or correct its name")


def _shown(key: str) -> str:
    """A key of a file of unknown origin, harmless to print."""
    return repr(key[:_SHOWN_OF_KEY])[1:-1]


class _Source:
    """The file, for messages."""

    def __init__(self, text: str, name: str) -> None:
        self._text = text
        self._name = name

    def error(self, path: tuple[str | int, ...], problem: str) -> ProfileError:
        line = _line_of(self._text, path) if path else None
        where = f"{self._name}, line {line}" if line else self._name
        key = ".".join(str(part + 1) if isinstance(part, int) else _shown(part) for part in path)
        return ProfileError(f"{where}: {key + ': ' if key else ''}{problem}")


def parse_profile(data: bytes, name: str) -> Profile:
    """The profile in the bytes of a file; ProfileError with one line for the user."""
    if len(data) > MAX_PROFILE_BYTES:
        raise ProfileError(f"{name}: larger than {MAX_PROFILE_BYTES} bytes: this is no profile")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ProfileError(f"{name}, line {line}: not UTF-8: save the file as UTF-8") from None
    if deep := _DEEP_KEY.search(text):
        line = text[: deep.start()].count("\n") + 1
        raise ProfileError(f"{name}, line {line}: a key of so many parts belongs to no profile: remove it")
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"{name}: not valid TOML: {error}") from None
    except (ValueError, RecursionError):  # int() refuses thousands of digits
        raise ProfileError(f"{name}: not valid TOML: a number is too long, or the nesting too deep") from None
    root = _Reader(values, (), _Source(text, name))
    if root.integer("schema", 0, 1_000_000) != 1:
        raise root.fail("schema", "must be 1, the only schema that this version reads")
    profile_id = root.required("id", root.text("id"))
    if not _ID.fullmatch(profile_id):
        raise root.fail("id", "must be 1 to 64 characters of a-z, 0-9 and -")
    not_before = root.required("not_before", root.moment("not_before"))
    not_after = root.required("not_after", root.moment("not_after"))
    if not_after <= not_before:
        raise root.fail("not_after", "must lie after not_before")
    profile = Profile(
        id=profile_id,
        name=root.required("name", root.localised("name", longest=100)),
        serial=root.required("serial", root.integer("serial", 0, 2**53)),
        not_before=not_before,
        not_after=not_after,
        licence=root.localised("licence", longest=50_000, one_line=False) or {},
        support=_support(root.table("support")),
        consent=_consent(root.table("consent")),
        internet=_internet(root.table("internet")),
        network=_network(root.table("network")),
        vpn=_vpn(root.table("vpn")),
        load=_load(root.table("load")),
        services=_services(root),
        masking=_masking(root.table("masking")),
    )
    root.end()
    _check_number(profile, root)
    _check_inner(profile, root)
    return profile


def _check_number(profile: Profile, root: _Reader) -> None:
    """Refuse a profile that would have the kit search hosts or ports."""
    ports: dict[str, set[int]] = {}
    for target in targets(profile):
        if target.kind is not TargetKind.LOOKUP:
            ports.setdefault(target.host.casefold(), set()).update(() if target.port is None else (target.port,))
    if len(ports) > MAX_TARGETS:
        raise root.fail("service", f"{len(ports)} hosts are to be contacted in all: name at most {MAX_TARGETS}")
    host = next((host for host, its in ports.items() if len(its) > MAX_PORTS), None)
    if host is not None:
        raise root.fail("service", f"{len(ports[host])} ports of {host!r}: name at most {MAX_PORTS}")


def _check_inner(profile: Profile, root: _Reader) -> None:
    """Refuse an address of a private network that the profile does not say to be one of its own.

    What a profile has tested there shows in a report: so it has to stand where everybody who reads the profile looks.
    """
    vpn = profile.vpn
    own = [*profile.network.prefixes, *profile.network.internal, *(vpn.routes if vpn else ())]
    # The routes of a tunnel may be everything.
    networks = [ip_network(prefix) for prefix in own if scope(prefix) in INNER and ip_network(prefix).prefixlen]
    elsewhere = {*profile.network.resolvers, *(vpn.resolvers if vpn else ())}
    for target in targets(profile):
        if target.kind in _SAYS_INNER or target.host in elsewhere or not is_address(target.host):
            continue
        if scope(target.host) in INNER and not any(ip_address(target.host) in network for network in networks):
            raise root.fail(
                _SECTION_OF.get(target.kind, "internet"),
                f"{target.shown!r} stands in a private network: name that network in [network] internal",
            )


def _support(table: _Reader | None) -> Support:
    if table is None:
        return Support()
    url = table.text("url")
    encrypt = table.text("encrypt") or Encrypt.OFFERED.value
    if encrypt not in {mode.value for mode in Encrypt}:
        raise table.fail("encrypt", "must be one of: " + ", ".join(mode.value for mode in Encrypt))
    support = Support(
        name=table.text("name") or "",
        email=_email(table) or "",
        url=table.web("url", url) if url else "",
        recipients=table.texts("recipients", most=3),
        encrypt=Encrypt(encrypt),
    )
    for recipient in support.recipients:
        if not _AGE_KEY.fullmatch(recipient):
            raise table.fail("recipients", f"{recipient!r} must be a public key of age, such as age1...")
    if support.encrypt is Encrypt.REQUIRED and not support.recipients:
        raise table.fail("encrypt", "needs recipients: the keys to encrypt to")
    table.end()
    return support


def _email(table: _Reader) -> str | None:
    text = table.text("email")
    parts = None if text is None else _EMAIL.fullmatch(text)
    if text is not None and (parts is None or not is_host_name(parts["host"])):
        raise table.fail("email", f"{text!r} must be a mail address such as help@example.com")
    return text


def _consent(table: _Reader | None) -> SharingTerms:
    if table is None:
        return SharingTerms()
    country = table.text("country") or ""
    if country and not _COUNTRY.fullmatch(country):
        raise table.fail("country", "must be two capital letters such as JP (ISO 3166-1 alpha-2)")
    basis = table.text("basis") or Basis.CONSENT.value
    if basis not in {each.value for each in Basis}:
        raise table.fail("basis", "must be one of: " + ", ".join(each.value for each in Basis))
    url = table.text("url")
    terms = SharingTerms(
        controller=table.text("controller") or "",
        address=table.text("address") or "",
        country=country,
        third_party=table.flag("third_party"),
        purpose=table.localised("purpose", longest=_LONGEST_ITEM) or {},
        basis=Basis(basis),
        storage=table.text("storage") or "",
        retention_days=table.integer("retention_days", 1, _LONGEST_RETENTION_DAYS),
        retention=table.localised("retention", longest=_LONGEST_ITEM) or {},
        withdrawal=table.text("withdrawal") or "",
        rights=table.localised("rights", longest=_LONGEST_ITEM) or {},
        url=table.web("url", url) if url else "",
    )
    table.end()
    return terms


def _internet(table: _Reader | None) -> Internet:
    if table is None:
        return Internet()
    checks = []
    for item in table.texts("portal_checks", most=8):
        url, bar, body = item.partition("|")
        checks.append(PortalTarget(url=table.web("portal_checks", url, schemes=("http",)), body=body if bar else None))
    internet = Internet(
        portal_checks=tuple(checks),
        anchors=table.addresses("anchors"),
        names=table.hosts("names"),
        resolvers=table.addresses("resolvers"),
        time=table.hosts("time"),
        carrier_internal=table.hosts("carrier_internal"),
        stun=tuple(table.host_port("stun", item) for item in table.texts("stun", most=4)),
        reflectors=tuple(table.host_port("reflectors", item) for item in table.texts("reflectors", most=2)),
        resolver_names=table.hosts("resolver_names"),
        signed_names=table.hosts("signed_names"),
        bogus_names=table.hosts("bogus_names"),
        encrypted_resolvers=tuple(
            table.web("encrypted_resolvers", item, schemes=("https", "tls"))
            for item in table.texts("encrypted_resolvers", most=4)
        ),
    )
    table.end()
    return internet


def _network(table: _Reader | None) -> ExpectedNetwork:
    if table is None:
        return ExpectedNetwork()
    network = ExpectedNetwork(
        ssids=table.texts("ssids"),
        resolvers=table.addresses("resolvers"),
        prefixes=table.prefixes("prefixes"),
        internal=table.inner_prefixes("internal"),
    )
    table.end()
    return network


def _masking(table: _Reader | None) -> frozenset[str]:
    if table is None:
        return frozenset()
    known = [word.value for word in Tightening]
    words = table.texts("tighten")
    for word in words:
        if word not in known:
            raise table.fail("tighten", f"{word!r} is not one of: {', '.join(known)}")
    table.end()
    return frozenset(words)


def _vpn(table: _Reader | None) -> Vpn | None:
    if table is None:
        return None
    server = table.text("server")
    if server is not None:
        table.host_port("server", server.removesuffix("/udp").removesuffix("/tcp"))
    vpn = Vpn(
        name=table.required("name", table.text("name")),
        server=server,
        routes=table.prefixes("routes"),
        resolvers=table.addresses("resolvers"),
        names=table.hosts("names"),
    )
    table.end()
    return vpn


def _load(table: _Reader | None) -> Load:
    if table is None:
        return Load()
    word = table.text("backend") or "http"
    backends = {backend.value: backend for backend in LoadBackend}
    if word != "none" and word not in backends:
        raise table.fail("backend", f"{word!r} is not built into this version: use none, {', '.join(backends)}")
    backend = backends.get(word)
    server = table.text("server") or ""
    if backend in {LoadBackend.HTTP, LoadBackend.LIBRESPEED} or (backend is LoadBackend.NDT7 and server):
        table.web("server", server)
        if urlsplit(server).query or urlsplit(server).fragment:
            raise table.fail("server", "must end with its path: what comes behind it stands in download and upload")
    elif backend is LoadBackend.IPERF3:
        table.host_port("server", server if _HAS_PORT.search(server) else f"{server}:{_IPERF3_PORT}")
    elif server and backend is not None:
        raise table.fail("server", f"{word} chooses its servers itself")
    paths = {"download": table.text("download"), "upload": table.text("upload")}
    for key, path in paths.items():
        plain = (path or "").replace("{bytes}", "")
        if re.search(r"[{}]", plain):
            raise table.fail(key, "{bytes} is the only placeholder that exists")
        if not _WEB.fullmatch(plain) or ".." in plain.split("?")[0].split("/") or "//" in plain:
            raise table.fail(key, f"{path!r} must be a place below the server's address")
    load = Load(
        backend=backend,
        server=server,
        download=paths["download"] or "",
        upload=paths["upload"] or "",
        expect_down_mbit_s=table.number("expect_down_mbit_s"),
        expect_up_mbit_s=table.number("expect_up_mbit_s"),
        max_bytes=table.integer("max_bytes", 100_000, MAX_LOAD_BYTES) or DEFAULT_LOAD_BYTES,
    )
    table.end()
    return load


def _services(root: _Reader) -> tuple[Service, ...]:
    services: list[Service] = []
    for table in root.tables("service", most=MAX_SERVICES):
        url = table.text("url")
        service = Service(
            id=table.required("id", table.text("id")),
            name=table.required("name", table.localised("name", longest=100)),
            url=table.web("url", url) if url else None,
            tcp=tuple(table.host_port("tcp", item) for item in table.texts("tcp", most=8)),
            udp=tuple(table.host_port("udp", item) for item in table.texts("udp", most=8)),
            expect_status=table.integers("expect_status", 100, 599),
            needs=table.texts("needs", most=4),
        )
        if not _ID.fullmatch(service.id) or any(service.id == other.id for other in services):
            raise table.fail("id", "must be 1 to 64 characters of a-z, 0-9 and -, and unlike any other service's")
        if service.id == USER_SERVICE_ID:
            raise table.fail("id", f"{USER_SERVICE_ID!r} stands for the web address that a user types: choose another")
        if not (service.url or service.tcp or service.udp):
            raise table.fail("id", f"service {service.id!r} needs one of url, tcp, udp")
        for need in service.needs:
            if not _NEEDS.fullmatch(need):
                raise table.fail("needs", f"{need!r} is none of clock:SECONDSs, udp, vpn, large_packets")
        table.end()
        services.append(service)
    return tuple(services)


def read_profile_file(path: Path) -> bytes:
    """The bytes of a file, of which no more are read than a profile can have and one; OSError."""
    with path.open("rb") as file:
        return file.read(MAX_PROFILE_BYTES + 1)


def built_in_profile(now: datetime) -> LoadedProfile:
    """The profile that comes with the program."""
    return loaded_profile(BUILT_IN.read_bytes(), "built-in profile", now, ProfileTrust.BUILT_IN)


def loaded_profile(
    toml: bytes,
    name: str,
    now: datetime,
    trust: ProfileTrust,
    *,
    signature: bytes | None = None,
    signer: str | None = None,
) -> LoadedProfile:
    """The profile in the bytes of a file; ProfileError, outside its validity a ProfileRefusedError."""
    profile = parse_profile(toml, name)
    if not profile.not_before <= now <= profile.not_after:
        raise ProfileRefusedError(
            Refusal.EXPIRED if now > profile.not_after else Refusal.NOT_YET,
            name,
            contact=contact_of(profile),
            moments=(profile.not_before, profile.not_after, now),
        )
    reference = ProfileReference(
        id=profile.id, serial=profile.serial, trust=trust, sha256=sha256(toml).hexdigest(), signer=signer
    )
    file = "" if trust is ProfileTrust.BUILT_IN else name
    return LoadedProfile(profile=profile, reference=reference, toml=toml, signature=signature, file=file)


def contact_of(profile: Profile) -> str:
    """Whom to ask about the profile; "" where it names nobody."""
    return profile.support.email or profile.support.url or profile.support.name
