"""From a run record to what may be shared: typed, by allow-list, with pseudonyms.

The walk follows the type hints of the record and its facts. A text without a class of privacy, or a value of a type
that the walk does not know, raises: nothing passes because nobody thought of it.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import datetime
from enum import Enum
from functools import cache, cached_property
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from types import NoneType, UnionType
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

from nexkit.address import Family, Scope, family, is_address, scope
from nexkit.diagnosis.verdict import Diagnosis
from nexkit.facts.access import AccessLine
from nexkit.facts.dns import EncryptedAnswers, ResolverAnswers, SystemLookups
from nexkit.facts.echo import EchoStats
from nexkit.facts.host import HostState
from nexkit.facts.link import LinkReading
from nexkit.facts.load import LoadTest
from nexkit.facts.mtu import PathMtu
from nexkit.facts.network import GatewayReach, NetworkState
from nexkit.facts.path import PathTrace
from nexkit.facts.portal import PortalCheck
from nexkit.facts.proxy import ProxyCheck
from nexkit.facts.reach import Reach
from nexkit.facts.segment import SegmentSurvey
from nexkit.facts.system import SystemInfo
from nexkit.facts.time import ClockCheck
from nexkit.facts.udp import UdpPath, UdpService
from nexkit.facts.wifi import WifiReading
from nexkit.outcome import Completed, Outcome, Skipped, SkipReason
from nexkit.profile import Profile
from nexkit.request import Request
from nexkit.run_record import ProfileTrust, RunRecord, StepResult
from nexkit.sensitivity import LEVEL_OF, Level, Sensitivity, Tightening
from nexkit.subject import Subject
from nexkit.trial import TrialDone
from nexkit.watch.record import WatchLog
from report.consent import Category
from report.pseudonyms import Pseudonyms
from report.residual import PRIVATE_PATTERNS, PrivatePattern, holds, loose, whole_word
from report.visible import IN_SENTENCES, visible

CATEGORY_OF: Mapping[type, Category] = {
    NetworkState: Category.DEVICE,
    HostState: Category.DEVICE,
    LinkReading: Category.DEVICE,
    ClockCheck: Category.DEVICE,
    WifiReading: Category.DEVICE,
    GatewayReach: Category.PATH,
    SegmentSurvey: Category.PATH,
    EchoStats: Category.PATH,
    PathTrace: Category.PATH,
    PathMtu: Category.PATH,
    UdpPath: Category.PATH,
    AccessLine: Category.PATH,
    ResolverAnswers: Category.NAMES,
    SystemLookups: Category.NAMES,
    EncryptedAnswers: Category.NAMES,
    Reach: Category.SERVICES,
    PortalCheck: Category.SERVICES,
    ProxyCheck: Category.SERVICES,
    UdpService: Category.SERVICES,
    LoadTest: Category.LOAD,
}
"""What the user must have agreed to for a fact to be shared. A fact that is not here never leaves this computer."""

WITHHELD = "withheld"
"""Stands where a text would, had the user agreed to share it, and were the profile's organisation a known one."""
_ANY_ADDRESS = {Family.IPV4: f"0.0.0.0/0#{WITHHELD}", Family.IPV6: f"::/0#{WITHHELD}"}

WELL_KNOWN_RESOLVERS = frozenset(
    {
        # developers.google.com/speed/public-dns
        *("8.8.8.8", "8.8.4.4", "2001:4860:4860::8888", "2001:4860:4860::8844"),
        # developers.cloudflare.com/1.1.1.1
        *("1.1.1.1", "1.0.0.1", "2606:4700:4700::1111", "2606:4700:4700::1001"),
        # quad9.net/service/service-addresses-and-features
        *("9.9.9.9", "149.112.112.112", "2620:fe::fe", "2620:fe::9"),
        # opendns.com/setupguide
        *("208.67.222.222", "208.67.220.220", "2620:119:35::35", "2620:119:53::53"),
    }
)
"""Addresses that millions of people use: they tell nothing about one of them."""

_INTERFACE_NAMES = re.compile(
    r"(lo|eth|wlan|wwan|usb|ppp|tun|tap|wg|utun|en|em|bond|br|docker|virbr|awdl|llw|ap|bridge|gif|stf|anpi|ipsec)\d{0,4}"
    r"|(en|wl|ww)(o\d{1,4}|s\d{1,4}|p\d{1,4}s\d{1,4}(f\d{1,2})?)(d\d{1,2}|u\d{1,2}|i\d{1,2}|n\d{1,2})*"
    r"|(Ethernet|Wi-Fi|Local Area Connection\*?|Bluetooth Network Connection|Cellular"
    r"|Loopback Pseudo-Interface|イーサネット|ローカル エリア接続\*?|Bluetooth ネットワーク接続|携帯電話)( \d{1,3})?"
    r"|vEthernet \((WSL|Default Switch)\)"
)
"""Names that systems give by themselves. An `enx...` name holds the hardware address, so it is not among them."""

_REGISTRY_LABEL = 3
"""Letters of a second label that stands for a kind of organisations."""
_TOP_LABEL = re.compile(r"[a-z]{2,24}|xn--[a-z0-9-]{1,59}", re.IGNORECASE)
_HEX_PAIRS = re.compile(r"[0-9a-f]{2}", re.IGNORECASE)
_HOST_IN_SUBJECT = re.compile(
    r"(?<![\w.@-])(?:[a-z0-9_](?:[\w-]{0,61}[a-z0-9_])?\.)+(?:[a-z]{2,24}|xn--[a-z0-9-]{1,59})(?![\w-])", re.IGNORECASE
)
_LOCALLY_ADMINISTERED = 0x02
"""IEEE 802: the second-lowest bit of the first octet."""
_MAC_PAIRS = 6
_EUI64_MARK = b"\xff\xfe"
"""In the middle of an interface identifier that was made of a hardware address (RFC 4291, appendix A)."""
_SITE_BITS, _SUBNET_BITS = 48, 64
_SIX_TO_FOUR = IPv6Network("2002::/16")
_TEREDO = IPv6Network("2001::/32")

_NOBODYS = frozenset({Scope.LOOPBACK, Scope.MULTICAST, Scope.UNSPECIFIED})
"""Scopes of addresses that are the same everywhere."""

_SHORTEST_NAME = 3
_ORDINARY_NAMES = frozenset(
    {
        *("admin", "administrator", "computer", "debian", "default", "desktop", "device", "fedora", "gateway", "guest"),
        *("home", "host", "internet", "laptop", "linux", "local", "localhost", "mac", "macbook", "network", "notebook"),
        *("office", "owner", "pc", "root", "router", "server", "service", "system", "test", "tester", "ubuntu"),
        *("user", "users", "windows", "work"),
    }
)
"""Host and user names that identify nobody, and that a report is full of."""
_COMMON_DOMAINS = frozenset({"corp", "home", "home.arpa", "internal", "intranet", "lan", "local", "localdomain"})
"""Search domains that routers hand out by themselves."""
MAX_USER_TEXT = 4096

Hint: TypeAlias = Any
"""A type hint; they have no common type."""


class RedactionError(Exception):
    """A value that the redactor has no rule for: a mistake in a fact, never to be passed over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RedactedRecord:
    """A run record out of which everything private was taken; `redact()` alone makes one."""

    record: RunRecord
    categories: frozenset[Category]
    diagnosis: Diagnosis | None
    """The diagnosis without what is private; None where none was given."""
    replaced: Mapping[str, str] = field(repr=False)
    """What was taken out, and the pseudonym in its place; for the check of the final bytes."""
    decoder: Mapping[str, str] = field(repr=False)
    """Every pseudonym, and what it stands for. Like `replaced` it never goes into a report."""
    addresses: frozenset[str] = field(repr=False)
    """Those that are shared whole."""
    proof: object = field(repr=False)

    def __post_init__(self) -> None:
        if self.proof is not _PROOF:
            raise TypeError("a RedactedRecord is made by redact() alone")


_PROOF = object()


def redact(
    record: RunRecord,
    profile: Profile,
    categories: Collection[Category],
    key: bytes,
    *,
    own_names: Collection[str] = (),
    diagnosis: Diagnosis | None = None,
) -> RedactedRecord:
    """The record with every private value replaced, and every category left out that is not agreed.

    `key` is random and of this report alone. `own_names` are this computer's host and user names: where a remote party
    repeats them (a certificate made on this computer), they are replaced as well. RedactionError for a value without a
    rule. Under a profile of an unknown organisation only fields of the level `share` are left.
    """
    rules = _rules(record, profile, frozenset(categories))
    agreed = rules.agreed
    chosen = replace(
        record,
        system=record.system
        if Category.DEVICE in agreed
        else SystemInfo(system=WITHHELD, release=WITHHELD, architecture=WITHHELD),
        request=_request(record.request, agreed),
        results=tuple(_withhold(result, agreed) for result in record.results),
        expectations=record.expectations if Category.DEVICE in agreed else None,
        trials=tuple(_trial(done, agreed) for done in record.trials),
        watch=None if record.watch is None else _watch(record.watch, agreed),
    )
    # What is left out is private in the rest too.
    everything = replace(record, results=tuple(_withhold(result, frozenset(Category)) for result in record.results))
    while True:
        collector = _Redactor(rules=rules, pseudonyms=Pseudonyms(key))
        collector.walk(everything, RunRecord)
        if not collector.moved & collector.replaced.keys():
            break
        key = sha256(key).digest()  # an address was moved to where another one truly is
    for name in telling_names(own_names):
        collector.replaced.setdefault(name, collector.pseudonyms.token("own", name))
    # The second walk knows every private value, and so finds it in the texts of remote parties too.
    final = _Redactor(
        rules=rules, pseudonyms=collector.pseudonyms, known=_Known(collector.domains | collector.replaced)
    )
    return RedactedRecord(
        record=final.walk(chosen, RunRecord),
        categories=agreed,
        diagnosis=None if diagnosis is None else final.walk(diagnosis, Diagnosis),
        replaced=collector.replaced | final.replaced,
        decoder=final.pseudonyms.issued,
        addresses=frozenset(final.shown),
        proof=_PROOF,
    )


def telling_names(own_names: Collection[str]) -> frozenset[str]:
    """Those of the names that point to somebody: not `root`, not `localhost`, not a letter or two."""
    return frozenset(
        name for name in own_names if len(name) >= _SHORTEST_NAME and name.casefold() not in _ORDINARY_NAMES
    )


def _request(request: Request, agreed: Collection[Category]) -> Request:
    """The order without what the user does not share."""
    note_agreed = Category.NOTE in agreed
    return replace(
        request,
        url=request.url if Category.SERVICES in agreed else None,
        ticket=request.ticket if note_agreed else None,
        note=request.note if note_agreed else None,
    )


_CATEGORY_OF_VALUES: Mapping[Subject, Category] = {
    Subject.COMPUTER: Category.DEVICE,
    Subject.GATEWAY: Category.PATH,
    Subject.ANCHOR: Category.PATH,
    Subject.RESOLVER: Category.NAMES,
    Subject.SERVICE: Category.SERVICES,
    Subject.LOAD_SERVER: Category.LOAD,
}
"""What must be agreed to for values of a second run to be shared: what their measurements would need."""


def _trial(done: TrialDone, agreed: Collection[Category]) -> TrialDone:
    """What was tried and what came of it, with the values whose category is agreed."""
    return replace(
        done, values=tuple(value for value in done.values if _CATEGORY_OF_VALUES.get(value.subject) in agreed)
    )


def _watch(log: WatchLog, agreed: Collection[Category]) -> WatchLog:
    """What happened when, with the round trips whose category is agreed; the user's words are a note."""
    return replace(
        log,
        minutes=tuple(
            replace(
                minute,
                subjects=tuple(each for each in minute.subjects if _CATEGORY_OF_VALUES.get(each.subject) in agreed),
            )
            for minute in log.minutes
        ),
        marks=tuple(replace(mark, words=mark.words if Category.NOTE in agreed else None) for mark in log.marks),
    )


def _withhold(result: StepResult, agreed: Collection[Category]) -> StepResult:
    """The result, without its outcome where its category is not agreed."""
    outcome: Outcome[Any] = result.outcome
    if isinstance(outcome, Completed) and CATEGORY_OF.get(type(outcome.fact)) not in agreed:
        return replace(result, outcome=Skipped(SkipReason.WITHHELD))
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class _Public:
    """What the profile names, or the user typed as a target: no secret."""

    hosts: frozenset[str]
    addresses: frozenset[str]
    urls: frozenset[str]
    """Without query and fragment."""
    ssids: frozenset[str]


def _public_names(profile: Profile, request: Request | None) -> _Public:
    """All that may be shared by name."""
    urls = [target.url for target in profile.internet.portal_checks]
    urls += [service.url for service in profile.services if service.url]
    urls += profile.internet.encrypted_resolvers
    texts = [*profile.internet.names, *profile.internet.anchors, *profile.internet.resolvers, *profile.internet.time]
    texts += [*profile.internet.carrier_internal, *profile.internet.resolver_names, *profile.network.resolvers]
    texts += [*profile.internet.signed_names, *profile.internet.bogus_names]
    texts += [target.host for target in (*profile.internet.stun, *profile.internet.reflectors)]
    texts += [target.host for service in profile.services for target in (*service.tcp, *service.udp)]
    if profile.vpn is not None:
        texts += [*profile.vpn.names, *profile.vpn.resolvers]
        if profile.vpn.server:
            texts.append(profile.vpn.server.rpartition(":")[0] or profile.vpn.server)
    typed = [request.url] if request is not None and request.url else []
    texts += [*(_host(url) for url in (*urls, *typed)), profile.load.host]
    return _Public(
        hosts=frozenset(text.casefold().rstrip(".") for text in texts if text and not is_address(text)),
        addresses=frozenset(str(ip_address(text)) for text in texts if is_address(text)),
        urls=frozenset(url.partition("?")[0].partition("#")[0] for url in urls),
        ssids=frozenset(profile.network.ssids),
    )


def _host(url: str) -> str:
    """The host of a web address; "" where it cannot be read."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


@cache
def _hints(of_type: type[object]) -> Mapping[str, Hint]:
    return get_type_hints(of_type, include_extras=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    """What may be shared of this record."""

    agreed: frozenset[Category]
    public: _Public
    masking: frozenset[str]
    """Words of `Tightening`, from the profile."""
    share_only: bool
    """Nobody vouches for the profile: fields of the level `share` alone."""

    @property
    def coarse(self) -> bool:
        """Of an address, only the kind is agreed."""
        return Category.ADDRESSES not in self.agreed

    def tightened(self, what: Tightening) -> bool:
        """Whether the profile wants this masked."""
        return what.value in self.masking


def _rules(record: RunRecord, profile: Profile, categories: frozenset[Category]) -> _Rules:
    share_only = record.profile.trust is ProfileTrust.NAMED
    agreed = categories | {Category.VERDICT}
    if share_only or Tightening.PUBLIC_ADDRESSES.value in profile.masking:
        agreed -= {Category.WHOLE_ADDRESSES}
    return _Rules(
        agreed=agreed,
        public=_public_names(profile, record.request if Category.SERVICES in agreed else None),
        masking=profile.masking,
        share_only=share_only,
    )


class _Known:
    """Private values that an earlier walk found, to be found again in texts of others."""

    def __init__(self, replaced: Mapping[str, str]) -> None:
        self.replaced = {loose(value): shown for value, shown in replaced.items()}

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """Any of the values, the longest first; of a domain also the names in it. None where there are none."""
        parts = [
            (r"(?:[\w-]{1,63}\.)*" if "." in value and not is_address(value) else "") + whole_word(value)
            for value in sorted(self.replaced, key=len, reverse=True)
            if value
        ]
        return re.compile("|".join(parts), re.IGNORECASE) if parts else None


@dataclass(slots=True, kw_only=True)
class _Redactor:
    """One walk over one record."""

    rules: _Rules
    pseudonyms: Pseudonyms
    known: _Known = field(default_factory=lambda: _Known({}))
    replaced: dict[str, str] = field(default_factory=dict)
    shown: set[str] = field(default_factory=set)
    """Addresses that are shared whole."""
    domains: dict[str, str] = field(default_factory=dict)
    """Domains of masked names: private where others write them, and too common to hold a report back."""
    moved: set[str] = field(default_factory=set)
    """Addresses that stand for others."""

    def walk(self, value: Any, hint: Hint) -> Any:  # noqa: ANN401  as the hint says
        """The value with every private text in it replaced."""
        while hasattr(hint, "__supertype__"):
            hint = hint.__supertype__
        origin: object = get_origin(hint)
        if value is None:
            return None
        if is_dataclass(value) and not isinstance(value, type):
            return self._dataclass(value)
        if origin is Annotated:
            return self._annotated(value, hint)
        if origin in (Union, UnionType):
            return self._union(value, hint)
        if origin in (tuple, frozenset) and isinstance(value, (tuple, frozenset)):
            return type(value)(self.walk(item, get_args(hint)[0]) for item in value)
        if origin is Mapping and isinstance(value, Mapping):
            return {name: self.walk(item, get_args(hint)[1]) for name, item in value.items()}
        if isinstance(hint, type) and issubclass(hint, (bool, int, float, Enum, datetime)) and _fits(value, hint):
            return value
        raise RedactionError(f"no rule for {type(value).__name__} in a field of type {hint}")

    def _dataclass(self, value: Any) -> Any:  # noqa: ANN401
        hints = _hints(type(value))  # type: ignore[arg-type]  # mypy asks the instance's hash where the class's counts
        changed = {item.name: self.walk(getattr(value, item.name), hints[item.name]) for item in fields(value)}
        return type(value)(**changed)

    def _annotated(self, value: Any, hint: Hint) -> Any:  # noqa: ANN401
        kinds = [mark for mark in get_args(hint)[1:] if isinstance(mark, Sensitivity)]
        if len(kinds) != 1 or type(value) is not str:
            raise RedactionError(f"a text needs one class of privacy: {hint}")
        return self.text(value, kinds[0])

    def _union(self, value: Any, hint: Hint) -> Any:  # noqa: ANN401
        options = [option for option in get_args(hint) if option is not NoneType]
        if type(value) is str:
            options = [option for option in options if get_origin(option) is Annotated]
        elif len(options) > 1:
            options = [option for option in options if _fits(value, option)][:1]  # a whole number is a float too
        if len(options) != 1:
            raise RedactionError(f"no rule for {type(value).__name__} in a field of type {hint}")
        return self.walk(value, options[0])

    def text(self, text: str, kind: Sensitivity) -> str:
        """What is shared of a text of this class."""
        rules: Mapping[Sensitivity, Callable[[str], str]] = {
            Sensitivity.OPEN: visible,
            Sensitivity.INTERFACE: self._interface,
            Sensitivity.IP_ADDRESS: self._address,
            Sensitivity.MAC_ADDRESS: self._mac,
            Sensitivity.HOST_NAME: self._host_name,
            Sensitivity.URL: self._url,
            Sensitivity.SSID: self._ssid,
            Sensitivity.REMOTE_TEXT: self._remote_text,
            Sensitivity.CERTIFICATE_SUBJECT: self._subject,
            Sensitivity.USER_TEXT: user_text,
            Sensitivity.SECRET: self._withheld,
        }
        shown = rules[kind](text)
        if self.rules.share_only and LEVEL_OF[kind] is not Level.SHARE:
            return self._withheld(text)
        return shown

    def _withheld(self, text: str) -> str:
        """Nothing but that there was something; of an address its family, which rules and tables read."""
        plain = text.partition("%")[0]
        if not is_address(plain):
            self.replaced[text] = WITHHELD
            return WITHHELD
        shown = _ANY_ADDRESS[family(plain)]
        if scope(plain) not in _NOBODYS and plain not in WELL_KNOWN_RESOLVERS:
            self.replaced[plain] = shown
        return shown

    def _interface(self, text: str) -> str:
        return text if _INTERFACE_NAMES.fullmatch(text) else self._mask("if", text)

    def _ssid(self, text: str) -> str:
        """A pseudonym with what makes names of networks hard to join: their length and characters outside ASCII."""
        if text in self.rules.public.ssids:
            return visible(text)
        octets = len(text.encode("utf-8", "surrogatepass"))
        shown = f"{self._mask('ssid', text)}/{octets}-{'ascii' if text.isascii() else 'unicode'}"
        self.replaced[text] = shown
        return shown

    def _mask(self, kind: str, text: str) -> str:
        token = self.pseudonyms.token(kind, text)
        self.replaced[text] = token
        return token

    def _address(self, text: str) -> str:
        plain, _, zone = text.partition("%")
        try:
            address = ip_address(plain)
        except ValueError:
            return self._mask("ip", text)
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        bits = self._shared_bits(address)
        if bits is None:
            self.shown.add(str(address))
            return str(address) if not zone else f"{address}%{self._interface(zone)}"
        if self._is_moved(address):
            shown = self.pseudonyms.moved(address, bits)
            self.moved.add(shown)
            self.shown.add(shown)
        else:
            shown = f"{ip_network((int(address), bits), strict=False)}#{self._address_token(address)}"
        self.replaced[str(address)] = shown
        return shown

    def _is_moved(self, address: IPv4Address | IPv6Address) -> bool:
        """Whether it becomes another address of the same network."""
        return (
            scope(str(address)) in {Scope.PRIVATE, Scope.SHARED}
            and self.rules.tightened(Tightening.PRIVATE_ADDRESSES)
            and not self.rules.coarse
        )

    def _address_token(self, address: IPv4Address | IPv6Address) -> str:
        """A pseudonym of the address; of IPv6 one of the subnet and one of the interface, where it has these."""
        if isinstance(address, IPv4Address) or self.rules.coarse or address in _SIX_TO_FOUR or address in _TEREDO:
            return self.pseudonyms.token("ip", str(address))
        identifier = address.packed[8:]
        if identifier[3:5] == _EUI64_MARK:
            own = bytes([identifier[0] ^ _LOCALLY_ADMINISTERED]) + identifier[1:3] + identifier[5:]
            of_interface = "eui64-" + self.pseudonyms.token("mac", own.hex(":"))
            # The hardware address is private wherever it stands.
            self.replaced.setdefault(own.hex(":"), of_interface)
        else:
            of_interface = self.pseudonyms.token("iid", identifier.hex(":", 2))
        if scope(str(address)) is Scope.LINK_LOCAL or self._shared_bits(address) == _SUBNET_BITS:
            return of_interface
        subnet = ip_network((int(address), _SUBNET_BITS), strict=False)
        return f"{self.pseudonyms.token('net', str(subnet))}#{of_interface}"

    def _shared_bits(self, address: IPv4Address | IPv6Address) -> int | None:
        """How many bits of an address are shared; None: all of it."""
        its_scope = scope(str(address))
        if its_scope in _NOBODYS or str(address) in WELL_KNOWN_RESOLVERS:
            return None
        if str(address) in self.rules.public.addresses:
            return None
        four, coarse = isinstance(address, IPv4Address), self.rules.coarse
        match its_scope:
            case Scope.PRIVATE:
                if not coarse and not self.rules.tightened(Tightening.PRIVATE_ADDRESSES):
                    return None
                return {10: 8, 172: 12, 192: 16}[int(address) >> 24]
            case Scope.SHARED:
                return 10 if coarse or self.rules.tightened(Tightening.PRIVATE_ADDRESSES) else 24
            case Scope.LINK_LOCAL:
                return 16 if four else 10
            case Scope.UNIQUE_LOCAL:
                return 7
            case _:
                if coarse or self.rules.tightened(Tightening.PUBLIC_ADDRESSES):
                    return 8 if four else 16
                whole = Category.WHOLE_ADDRESSES in self.rules.agreed
                if four:
                    return None if whole else 24
                return _site_bits(address, whole=whole)

    def _mac(self, text: str) -> str:
        pairs = [pair.lower() for pair in _HEX_PAIRS.findall(text)]
        self.replaced[text] = token = self.pseudonyms.token("mac", ":".join(pairs) or text)
        alone = self.rules.coarse or self.rules.tightened(Tightening.HARDWARE_ADDRESSES)
        if alone or len(pairs) != _MAC_PAIRS:
            return token
        own_choice = int(pairs[0], 16) & _LOCALLY_ADMINISTERED
        shown = "local/" + token if own_choice else ":".join(pairs[:3]) + "/" + token
        self.replaced[text] = shown
        return shown

    def _host_name(self, text: str) -> str:
        if is_address(text):
            return self._address(text)
        name = text.casefold().rstrip(".")
        if name in self.rules.public.hosts:
            return name
        labels = name.split(".")
        if not name:
            return text
        if name in _COMMON_DOMAINS:
            return name
        kept = next((i for i in range(1, len(labels)) if ".".join(labels[i:]) in self.rules.public.hosts), None)
        if kept is None:
            kept = len(labels) - 1 if len(labels) > 1 and _TOP_LABEL.fullmatch(labels[-1]) else len(labels)
        # The token of a label covers what follows it: two names in one domain share the tokens of that domain.
        tokens = [self.pseudonyms.token("host", ".".join(labels[i:])) for i in range(kept)]
        masked = ".".join([*tokens, *labels[kept:]])
        self.replaced[text] = masked
        for first in range(1, kept):
            if len(labels) - first > 1 and not _is_registry(labels[first:]):
                self.domains.setdefault(".".join(labels[first:]), ".".join([*tokens[first:], *labels[kept:]]))
        return masked

    def _url(self, text: str) -> str:
        try:
            parts = urlsplit(text)
            host, port = parts.hostname, parts.port
        except ValueError:
            return self._mask("url", text)
        if not host or parts.scheme not in {"http", "https", "tls"}:
            return self._mask("url", text)
        shown = self._host_name(host)
        origin = f"{parts.scheme}://{f'[{shown}]' if ':' in shown else shown}" + (f":{port}" if port else "")
        if origin + parts.path in self.rules.public.urls:
            return origin + parts.path
        for private in (parts.username, parts.password):
            if private:
                self.replaced[private] = self.pseudonyms.token("user", private)
        if parts.path not in {"", "/"} or parts.query:
            self.replaced[text] = origin + "/"
        return origin + "/"

    def _subject(self, text: str) -> str:
        """Whom a certificate is for: host names are treated as such wherever they stand in it."""
        return self._remote_text(text, _HOST_IN_SUBJECT)

    def _remote_text(self, text: str, host_names: re.Pattern[str] | None = None) -> str:
        """A remote party's text without private values: those of the record, and what has the form of one."""
        if self.rules.tightened(Tightening.REMOTE_TEXT):
            return self._withheld(text)
        pieces = [text]
        for kind, pattern in PRIVATE_PATTERNS.items():
            pieces = _replace(pieces, pattern, lambda found, kind=kind: self._of_form(found, kind))  # type: ignore[misc]
        if self.known.pattern is not None:
            pieces = _replace(pieces, self.known.pattern, self._known_value)
        if host_names is not None:
            pieces = _replace(pieces, host_names, lambda found: self.text(found, Sensitivity.HOST_NAME))
        shown = "".join(pieces)
        # A server knows the address that asks it, and could repeat it in a spelling that no pattern foresees.
        if holds(shown, self.known.replaced):
            shown = self._mask("text", text)
        return visible(shown)

    def _known_value(self, found: str) -> str:
        """The pseudonym of a private value, or of a name in a private domain."""
        if self.rules.share_only:
            return WITHHELD
        return self.known.replaced.get(loose(found)) or self.text(found, Sensitivity.HOST_NAME)

    def _of_form(self, found: str, kind: PrivatePattern) -> str:
        """What is shared of something that looks private."""
        match kind:
            case PrivatePattern.ADDRESS:
                # A time of day has the form of one too.
                return self.text(found, Sensitivity.IP_ADDRESS) if is_address(found) else found
            case PrivatePattern.HARDWARE_ADDRESS:
                return self.text(found, Sensitivity.MAC_ADDRESS)
            case PrivatePattern.HOME:
                return "~"
            case _:
                return self._mask(kind.value, found)


def _replace(pieces: list[str], pattern: re.Pattern[str], rule: Callable[[str], str]) -> list[str]:
    """The pieces of a text with what the pattern finds replaced; every second piece is such a replacement already."""
    result: list[str] = []
    for number, piece in enumerate(pieces):
        if number % 2:
            result.append(piece)
            continue
        end = 0
        for found in pattern.finditer(piece):
            result += [piece[end : found.start()], rule(found[0])]
            end = found.end()
        result.append(piece[end:])
    return result


def user_text(text: str) -> str:
    """What the user typed, as it is shared: whole, with nothing invisible in it but line ends."""
    return visible(text, limit=MAX_USER_TEXT, keep=IN_SENTENCES)


def _is_registry(labels: Sequence[str]) -> bool:
    """Whether this looks like a domain below which anybody gets a name: `co.jp`, `ne.jp`, `com.au`."""
    return len(labels) == 2 and len(labels[0]) <= _REGISTRY_LABEL and len(labels[1]) == 2  # noqa: PLR2004  a country


def _site_bits(address: IPv4Address | IPv6Address, *, whole: bool) -> int:
    """Bits of a public IPv6 address that name a site, or with `whole` its subnet; the rest names the computer.

    Transition prefixes embed an IPv4 address.
    """
    if address in _SIX_TO_FOUR:
        return _SIX_TO_FOUR.prefixlen
    if address in _TEREDO:
        return _TEREDO.prefixlen
    return _SUBNET_BITS if whole else _SITE_BITS


def _fits(value: object, hint: Hint) -> bool:
    """Whether a value is of the hinted type, without conversion; every number is a float."""
    while hasattr(hint, "__supertype__"):
        hint = hint.__supertype__
    if not isinstance(hint, type):
        return False
    if hint is float:
        return type(value) in (int, float)
    return type(value) is hint if hint in (bool, int) else isinstance(value, hint)
