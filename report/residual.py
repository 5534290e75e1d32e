"""The net below the redaction: a search of the final bytes for private values, in every spelling they could take.

Redaction works by types; this check looks for its mistakes, and stops a report in which it finds one.
"""

import html
import json
import re
from base64 import b64encode
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import quote

from nexkit.address import is_address

_SHORTEST = 3
_HEX = re.compile(r"[0-9a-fA-F]{2}")
_MAC = re.compile(r"(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}")


@dataclass(frozen=True, slots=True)
class Residue:
    """A private value that is still there."""

    path: str
    value: str


def residual_scan(files: Mapping[str, bytes], secrets: Collection[str]) -> tuple[Residue, ...]:
    """Where one of the values occurs in one of the files, in whatever spelling; empty is good."""
    found = []
    for path, data in files.items():
        text = data.decode("utf-8", "replace").casefold()
        for secret in secrets:
            if len(secret) < _SHORTEST:
                continue
            for spelling in set(_spellings(secret)):
                if spelling in text and _whole(spelling).search(text):
                    found.append(Residue(path, secret))
                    break
    return tuple(found)


def _whole(spelling: str) -> re.Pattern[str]:
    """The spelling as a word of its own.

    The first address of a prefix is also how the prefix is written: `203.0.113.0/24#ip-...` is no residue.
    """
    return re.compile(rf"(?<![\w:.-]){re.escape(spelling)}(?![\w:-]|\.\w|/\d+#)")


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
