"""The net below the redaction: a search of the final bytes for private values, in every spelling they could take.

Redaction works by types; this check looks for its mistakes, and stops a report in which it finds one.
"""

import html
import json
import re
from base64 import b64encode
from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from ipaddress import ip_address
from typing import Any, get_args, get_type_hints
from urllib.parse import quote

from nexkit.address import is_address
from nexkit.diagnosis.verdict import Diagnosis
from nexkit.facts import BUILTIN_FACTS
from nexkit.run_record import RunRecord
from report.consent import ConsentRecord

_SHORTEST = 3
_HEX = re.compile(r"[0-9a-fA-F]{2}")
_MAC = re.compile(r"(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}")


@dataclass(frozen=True, slots=True)
class Residue:
    """A private value that is still there."""

    path: str
    value: str


def residual_scan(files: Mapping[str, bytes], secrets: Collection[str]) -> tuple[Residue, ...]:
    """Where one of the values occurs in one of the files, in whatever spelling; empty is good.

    A value that is a plain word cannot be told from this program's own sentences: it is looked for in the data alone,
    from which summary and page are made, and not at all where it is one of the words that the data is written in.
    """
    found = []
    texts = {path: data.decode("utf-8", "replace").casefold() for path, data in files.items()}
    for secret in secrets:
        is_word = secret.isascii() and secret.isalpha()
        if len(secret) < _SHORTEST or (is_word and secret.casefold() in _vocabulary()):
            continue
        spellings = set(_spellings(secret))
        for path, text in texts.items():
            if is_word and not path.endswith((".json", ".jsonl")):
                continue
            if any(spelling in text and _whole(spelling).search(text) for spelling in spellings):
                found.append(Residue(path, secret))
    return tuple(found)


def _whole(spelling: str) -> re.Pattern[str]:
    """The spelling as a word of its own.

    The first address of a prefix is also how the prefix is written: `203.0.113.0/24#ip-...` is no residue.
    """
    if is_address(spelling):
        return re.compile(rf"(?<![\w:.]){re.escape(spelling)}(?![\w:]|\.\w|/\d+#)")
    return re.compile(rf"(?<!\w){re.escape(spelling)}(?!\w)")


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


def _spellings(secret: str) -> Iterator[str]:
    """How the value could be written, casefolded as the text that is searched."""
    for plain in {secret, *_notations(secret)}:
        yield plain.casefold()
        yield json.dumps(plain)[1:-1].casefold()
        yield html.escape(plain).casefold()
        yield quote(plain, safe="").casefold()
        yield plain.encode("utf-8", "replace").hex()
        yield b64encode(plain.encode("utf-8", "replace")).decode().rstrip("=").casefold()


def _notations(secret: str) -> Iterator[str]:
    """Other notations of an address or hardware address."""
    if is_address(secret):
        address = ip_address(secret.partition("%")[0])
        yield from (str(address), address.exploded, address.packed.hex())
    elif _MAC.fullmatch(secret):
        pairs = [pair.lower() for pair in _HEX.findall(secret)]
        dense = "".join(pairs)
        yield from (dense, ":".join(pairs), "-".join(pairs), f"{dense[:4]}.{dense[4:8]}.{dense[8:]}")
        # The interface identifier that IPv6 makes of it (RFC 4291 appendix A), as it stands in an address.
        first = f"{int(pairs[0], 16) ^ 0x02:02x}"
        yield f"{first}{pairs[1]}:{pairs[2]}ff:fe{pairs[3]}:{pairs[4]}{pairs[5]}"
