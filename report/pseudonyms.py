"""Pseudonyms: equal within one report, unlinkable between reports."""

import hashlib
import hmac
from base64 import b32encode
from dataclasses import dataclass, field

KEY_BYTES = 32
_TOKEN_CHARACTERS = 8


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Makes tokens with one report's key, which is thrown away with it: it could unmask every address by trying."""

    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) < KEY_BYTES:
            raise ValueError(f"a key has at least {KEY_BYTES} random bytes")

    def token(self, kind: str, value: str) -> str:
        """`kind-` and 8 characters of base32 over HMAC-SHA-256 (RFC 2104, RFC 4648); case makes no difference."""
        message = kind.encode() + b"\0" + value.casefold().encode("utf-8", "surrogatepass")
        digest = hmac.digest(self.key, message, hashlib.sha256)
        return f"{kind}-{b32encode(digest).decode().lower()[:_TOKEN_CHARACTERS]}"
