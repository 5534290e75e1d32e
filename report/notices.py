"""Which wordings of the question are this program's own: a consent to other words is not one to these."""

import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from nexkit.texts import LANGUAGES, Texts
from report.consent import notice_text
from report.ssh_lists import SignersError, lines_of, read_limited

_FORMER: Mapping[str, tuple[int, str]] = {
    "267dd7ed8acc2c23b2d62595d2c331b8f0064679e023dbe76471c6ec7e543dc0": (1, "en"),
    "d107a0f7aca08f892182e6ad81cddf3427d19ab5dbfa5345589607036aa6c0f4": (1, "ja"),
    "051336d4d200ed3e58868209bdcebdadd2a24cc137bb6304b27b2ccac1abb3b3": (2, "en"),
    "d0156c101cb1c729b175925f7ce9b1a308d3414a2dce6c6c474f44b67d4b1fc1": (2, "ja"),
    "82ec18815f7eff3e3dc88ad9afa1c2bd95a83d739428f62efff5985487caa5c3": (3, "en"),
    "9a41728c94c8299100b35af62cecd570ba577ca7294ad5cb39458ab42ac0991a": (3, "ja"),
    "808634ef7c255a53ecdecbeacbfdf7aeacd4ef0b03233b18c8e91be80326755b": (4, "en"),
    "83d4fa2b458b5993e2331e49fde79ae1020eeb97f04b2e6fd82c3613d5941a09": (4, "ja"),
}
"""(version, language) by SHA-256, of earlier wordings; whoever changes the wording puts the one of before here."""
_HASH = re.compile(r"([0-9a-f]{64})(?:\s.*)?")


def notice_hash(texts: Texts) -> str:
    """SHA-256 of today's wording in the language."""
    return sha256(notice_text(texts).encode()).hexdigest()


def known_notices() -> frozenset[str]:
    """SHA-256 of every wording that this program has ever asked with."""
    return frozenset(_FORMER) | {notice_hash(Texts(language)) for language in LANGUAGES}


def read_notices(path: Path) -> frozenset[str]:
    """The hashes of a list, one at the start of each line; OSError, or SignersError with the line."""
    found = set()
    for number, line in lines_of(read_limited(path)):
        entry = _HASH.fullmatch(line)
        if entry is None:
            raise SignersError(f"{path}, line {number}: expected the SHA-256 of a consent text, 64 digits")
        found.add(entry[1])
    return frozenset(found)
