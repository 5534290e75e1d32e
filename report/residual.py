"""The net below the redaction: a search of the final bytes for private values, in every spelling they could take.

Redaction works by types; this check looks for its mistakes, and stops a report in which it finds one. The spellings are
not listed: the bytes are read in every way that they could be written in (escapes of JSON, HTML and web addresses,
hexadecimal, base64 from any place on), addresses are compared as numbers, and the rest without regard to case and to
the compatibility forms of Unicode.
"""

import html
import re
import unicodedata
from base64 import urlsafe_b64decode
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum
from functools import cache, lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, get_args, get_type_hints
from urllib.parse import unquote

from nexkit.address import Scope, is_address, scope
from nexkit.diagnosis.verdict import Diagnosis
from nexkit.facts import BUILTIN_FACTS
from nexkit.run_record import RunRecord
from report.consent import ConsentRecord
from report.visible import visible

_SHORTEST = 3
_SHORTEST_CODED = 5
"""Bytes: less than that turns up by chance where any text is taken for base64."""
_AROUND = 40
"""Characters on each side of a hit that are shown with it."""
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|\\([\\/\"'bfnrt])")
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_ESCAPED_TWICE = 3
_HEX_RUN = re.compile(r"(?:[0-9a-fA-F]{2}[:\-, ]?){3,}[0-9a-fA-F]{2}")
_BASE64_RUN = re.compile(r"[A-Za-z0-9+/_-]{7,}")
_HEX = re.compile(r"[0-9a-f]{2}")
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_MAC = (
    r"(?<![\w:-])(?:[0-9a-f]{2}(?P<mark>[:-])(?:[0-9a-f]{2}(?P=mark)){4}[0-9a-f]{2}|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4})"
    r"(?![\w]|[:-][0-9a-f])"
)
_ADDRESS = (
    rf"(?<![\w.])(?:{_OCTET}\.){{3}}{_OCTET}(?!\w|\.\w|/\d+\#)"
    rf"|(?<![\w:.])(?:[0-9a-f]{{0,4}}:){{2,7}}(?:(?:{_OCTET}\.){{3}}{_OCTET}|[0-9a-f]{{0,4}})(?![\w:]|/\d+\#)"
)


class PrivatePattern(Enum):
    """What looks private whoever wrote it; the values are kinds of pseudonyms."""

    HARDWARE_ADDRESS = "mac"
    LOGIN = "login"
    """A name and a password before the host of a web address."""
    MAIL = "mail"
    TOKEN = "token"  # noqa: S105  a kind of pseudonyms
    """A signed token (RFC 7519), as web services know their users by."""
    KEY = "key"
    """A key or certificate in PEM form (RFC 7468)."""
    HOME = "home"
    """The folder of a user."""
    ADDRESS = "ip"
    """In a finished report: one of the internet that nobody released."""


PRIVATE_PATTERNS: Mapping[PrivatePattern, re.Pattern[str]] = {
    PrivatePattern.KEY: re.compile(
        r"-----BEGIN [A-Z0-9 ]{1,40}-----(?:.{0,8192}?-----END [A-Z0-9 ]{1,40}-----)?", re.DOTALL | re.IGNORECASE
    ),
    PrivatePattern.TOKEN: re.compile(
        r"(?<![\w-])eyJ[\w-]{5,2048}\.eyJ[\w-]{2,4096}(?:\.[\w-]{0,2048})?", re.IGNORECASE
    ),
    PrivatePattern.LOGIN: re.compile(r"(?<=//)[^\s/@:\"'<>]{1,64}:[^\s/@\"'<>]{1,64}@"),
    PrivatePattern.MAIL: re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}@(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}", re.IGNORECASE),
    PrivatePattern.HOME: re.compile(r"(?:/(?:home|Users)/|(?i:[a-z]:[\\/]+Users[\\/]+))[^/\\\s:\"'<>,;]+"),
    PrivatePattern.HARDWARE_ADDRESS: re.compile(_MAC, re.IGNORECASE),
    PrivatePattern.ADDRESS: re.compile(_ADDRESS, re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class Residue:
    """A private value that is still there."""

    path: str
    value: str
    around: str = field(default="", compare=False)
    """The value and what stands before and after it, harmless to look at; "" where it is hidden in another coding."""
    pattern: PrivatePattern | None = field(default=None, compare=False)
    """What it looks like; None: it is known to be private."""


def residual_scan(files: Mapping[str, bytes], secrets: Collection[str]) -> tuple[Residue, ...]:
    """Where one of the values occurs in one of the files, in whatever spelling; empty is good.

    A value that is a plain word cannot be told from this program's own sentences: it is looked for in the data alone,
    from which summary and page are made, and not at all where it is one of the words that the data is written in.
    """
    readings = {path: _read(data) for path, data in files.items()}
    return tuple(
        Residue(path, secret, around)
        for secret in secrets
        for path, reading in readings.items()
        if not _is_word(secret) or path.endswith((".json", ".jsonl"))
        if (around := _occurs(reading, secret)) is not None
    )


def pattern_scan(files: Mapping[str, bytes], addresses: Collection[str] = ()) -> tuple[Residue, ...]:
    """What looks private in the files, whether anybody knew of it or not; `addresses` are those that may be there."""
    found: dict[tuple[str, str], Residue] = {}
    for path, data in files.items():
        text = data.decode("utf-8", "replace")
        for reading in dict.fromkeys((text, _unescaped(text))):
            for pattern, expression in PRIVATE_PATTERNS.items():
                for match in expression.finditer(reading):
                    value = match[0]
                    if pattern is PrivatePattern.ADDRESS and not _is_foreign(value, addresses):
                        continue
                    found.setdefault((path, value), Residue(path, value, _excerpt(reading, *match.span()), pattern))
    return tuple(found.values())


def holds(text: str, secrets: Collection[str]) -> bool:
    """Whether the text says one of the values, in whatever spelling."""
    reading = _read(text.encode("utf-8", "replace"))
    return any(_occurs(reading, secret) is not None for secret in secrets)


def loose(text: str) -> str:
    """The text without differences of case and of Unicode's compatibility forms."""
    return unicodedata.normalize("NFKC", text).casefold()


def whole_word(text: str) -> str:
    """A regular expression for the text as a word of its own.

    The first address of a prefix is also how the prefix is written: `203.0.113.0/24#ip-...` is no residue. Scripts
    without spaces have no words of their own.
    """
    if is_address(text):
        return rf"(?<![\w:.]){re.escape(text)}(?![\w:]|\.\w|/\d+#)"
    before = r"(?<![^\W_])" if text[:1].isascii() and text[:1].isalnum() else ""
    after = r"(?![^\W_])" if text[-1:].isascii() and text[-1:].isalnum() else ""
    return before + re.escape(text) + after


def _is_word(secret: str) -> bool:
    return secret.isascii() and secret.isalpha()


def _is_foreign(text: str, addresses: Collection[str]) -> bool:
    """Whether this is an address of the internet, and none of the given ones."""
    return (
        is_address(text) and scope(text) is Scope.INTERNET and str(ip_address(text.partition("%")[0])) not in addresses
    )


@cache
def _vocabulary() -> frozenset[str]:
    """Every word that the data itself is written in: names of fields, values of enumerations, parts of step ids."""
    words: set[str] = set()
    seen: set[object] = set()
    waiting: list[Any] = [RunRecord, Diagnosis, ConsentRecord, *BUILTIN_FACTS]
    while waiting:
        hint = waiting.pop()
        if not isinstance(hint, Hashable) or hint in seen:
            continue
        seen.add(hint)
        waiting += get_args(hint)
        if isinstance(hint, type) and issubclass(hint, Enum):
            words.update(str(member.value) for member in hint)
        elif isinstance(hint, type) and is_dataclass(hint):
            words.update((hint.__name__, *(field.name for field in fields(hint))))
            waiting += get_type_hints(hint).values()
    return frozenset(part for word in words for part in re.findall(r"[a-z]+", word.casefold()))


# What the bytes say


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """The bytes of a file, read in every way."""

    texts: tuple[str, ...]
    """As they stand, and with all escapes resolved; loose."""
    coded: bytes
    """What is written in hexadecimal or base64, or could be."""
    addresses: Mapping[str, str]
    """Every address that is written out, as it is usually written, and where it stands; also those that are embedded in
    it."""
    hardware: Mapping[str, str]


def _read(data: bytes) -> _Reading:
    text = data.decode("utf-8", "replace")
    if b"\0" in data:
        text += "\n" + data.decode("utf-16-le", "replace") + "\n" + data.decode("utf-16-be", "replace")
    unescaped = _unescaped(text)
    texts = tuple(dict.fromkeys((loose(text), loose(unescaped))))
    addresses: dict[str, str] = {}
    hardware: dict[str, str] = {}
    for reading in texts:
        for match in PRIVATE_PATTERNS[PrivatePattern.ADDRESS].finditer(reading):
            if is_address(match[0]):
                around = _excerpt(reading, *match.span())
                for address in _embedded(ip_address(match[0].partition("%")[0])):
                    addresses.setdefault(str(address), around)
                    if isinstance(address, IPv6Address) and (own := _made_of(address)) is not None:
                        hardware.setdefault(own, around)
        for match in PRIVATE_PATTERNS[PrivatePattern.HARDWARE_ADDRESS].finditer(reading):
            hardware.setdefault(_plain_mac(match[0]), _excerpt(reading, *match.span()))
    return _Reading(texts=texts, coded=_decoded(unescaped), addresses=addresses, hardware=hardware)


def _unescaped(text: str) -> str:
    """The text without the escapes of JSON, HTML and web addresses, also where one is in another."""
    for _ in range(_ESCAPED_TWICE):
        before = text
        if "\\" in text:
            text = _ESCAPED.sub(_character, text)
        if "&" in text:
            text = html.unescape(text)
        if "%" in text:
            text = unquote(text, errors="replace")
        if text == before:
            break
    return text


def _character(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    return chr(int(code, 16)) if code else _ESCAPES.get(match[3], match[3])


def _decoded(text: str) -> bytes:
    """All that could be hexadecimal or base64, decoded from every place where it could begin."""
    parts: list[bytes] = []
    for run in dict.fromkeys(_HEX_RUN.findall(text)):
        digits = re.sub(r"[^0-9a-fA-F]", "", run)
        parts += [bytes.fromhex(digits[start : len(digits) - (len(digits) - start) % 2]) for start in (0, 1)]
    for run in dict.fromkeys(_BASE64_RUN.findall(text)):
        letters = run.replace("+", "-").replace("/", "_")
        for start in range(4):
            piece = letters[start:]
            piece = piece[:-1] if len(piece) % 4 == 1 else piece
            parts.append(urlsafe_b64decode(piece + "=" * (-len(piece) % 4)))
    return b"\n\n".join(parts)


def _embedded(address: IPv4Address | IPv6Address) -> Iterator[IPv4Address | IPv6Address]:
    """An address and those that are written into it (RFC 4291, RFC 3056, RFC 6052 with its well-known prefix)."""
    yield address
    if isinstance(address, IPv6Address):
        yield from filter(None, (address.ipv4_mapped, address.sixtofour))
        if address.packed[:12] == b"\0\x64\xff\x9b" + bytes(8):
            yield IPv4Address(address.packed[12:])


def _made_of(address: IPv6Address) -> str | None:
    """The hardware address in an interface identifier (RFC 4291, appendix A); None where there is none."""
    octets = address.packed[8:]
    if octets[3:5] != b"\xff\xfe":
        return None
    return (bytes([octets[0] ^ 0x02]) + octets[1:3] + octets[5:]).hex(":")


def _plain_mac(text: str) -> str:
    return ":".join(_HEX.findall(re.sub(r"[^0-9a-f]", "", text.casefold())))


# What is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """One private value, made ready to be looked for."""

    address: str | None
    mac: str | None
    words: tuple[tuple[str, re.Pattern[str]], ...]
    """Spellings in text, loose, each with an expression for it as a word of its own."""
    coded: tuple[bytes, ...]
    """Spellings in bytes."""


@lru_cache(4096)
def _wanted(secret: str) -> _Wanted:
    plain = loose(secret)
    address = str(ip_address(plain.partition("%")[0])) if is_address(plain) else None
    mac = _plain_mac(plain) if PRIVATE_PATTERNS[PrivatePattern.HARDWARE_ADDRESS].fullmatch(plain) else None
    spelled: dict[str, None] = {plain: None}
    packed: list[bytes] = []
    if address is not None:
        spelled |= dict.fromkeys(_of_address(ip_address(address)))
        packed = [ip_address(address).packed]
    elif mac is not None:
        spelled[mac.replace(":", "")] = None
        packed = [bytes.fromhex(mac.replace(":", ""))]
    else:
        spelled |= dict.fromkeys(_of_name(plain))
    coded = {
        text.encode(encoding, "replace")
        for text in {secret, plain, secret.upper(), *spelled}
        for encoding in ("utf-8", "utf-16-le", "utf-16-be")
    }
    return _Wanted(
        address=address,
        mac=mac,
        words=tuple((text, re.compile(whole_word(text))) for text in spelled),
        coded=tuple(each for each in {*coded, *packed} if len(each) >= _SHORTEST_CODED),
    )


def _of_address(address: IPv4Address | IPv6Address) -> Iterator[str]:
    """How else an address is written besides its own notations: as a number, in names, in reverse zones."""
    yield address.packed.hex()
    yield str(int(address))
    yield address.reverse_pointer.removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa")
    yield str(address).replace(".", "-").replace(":", "-")
    if isinstance(address, IPv4Address):
        yield f"{int(address) >> 16:x}:{int(address) & 0xFFFF:x}"


def _of_name(name: str) -> Iterator[str]:
    """A name of non-ASCII letters as the DNS has it, and back (RFC 5891)."""
    codecs: tuple[Callable[[], str], ...] = (
        lambda: name.encode("idna").decode(),
        lambda: name.encode().decode("idna"),
    )
    for convert in codecs:
        try:
            yield loose(convert())
        except UnicodeError:
            continue


def _occurs(reading: _Reading, secret: str) -> str | None:
    """What stands around the value; None where it does not occur."""
    if len(secret) < _SHORTEST or (_is_word(secret) and secret.casefold() in _vocabulary()):
        return None
    wanted = _wanted(secret)
    if wanted.address in reading.addresses:
        return reading.addresses[wanted.address]  # type: ignore[index]  # None is no key
    if wanted.mac in reading.hardware:
        return reading.hardware[wanted.mac]  # type: ignore[index]  # None is no key
    for spelling, expression in wanted.words:
        for text in reading.texts:
            if spelling in text and (match := expression.search(text)):
                return _excerpt(text, *match.span())
    return "" if any(each in reading.coded for each in wanted.coded) else None


def _excerpt(text: str, start: int, end: int) -> str:
    return visible(text[max(0, start - _AROUND) : end + _AROUND].strip())
