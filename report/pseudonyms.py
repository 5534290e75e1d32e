"""Pseudonyms: equal within one report, unlinkable between reports."""

import hashlib
import hmac
from base64 import b32encode
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address

KEY_BYTES = 32
_TOKEN_CHARACTERS = 8


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Makes tokens with one report's key, which is thrown away with it: it could unmask every address by trying."""

    key: bytes = field(repr=False)
    issued: dict[str, str] = field(default_factory=dict, repr=False)
    """Every pseudonym that was made, and what it stands for: the decoder list, which stays on this computer."""

    def __post_init__(self) -> None:
        if len(self.key) < KEY_BYTES:
            raise ValueError(f"a key has at least {KEY_BYTES} random bytes")

    def token(self, kind: str, value: str) -> str:
        """`kind-` and 8 characters of base32 over HMAC-SHA-256 (RFC 2104, RFC 4648); case makes no difference."""
        token = f"{kind}-{b32encode(self._digest(kind, value)).decode().lower()[:_TOKEN_CHARACTERS]}"
        self.issued[token] = value
        return token

    def moved(self, address: IPv4Address | IPv6Address, kept_bits: int) -> str:
        """Another address with the same first bits: `kept_bits` of them as they are.

        Two addresses have as many leading bits in common as the true ones (J. Xu and others, "Prefix-preserving IP
        address anonymization", 2002): each bit is turned or not by a keyed function of the bits before it.
        """
        bits = f"{int(address):0{address.max_prefixlen}b}"
        turned = bits[:kept_bits] + "".join(
            str(int(bits[place]) ^ (self._digest("prefix", bits[:place])[0] & 1))
            for place in range(kept_bits, address.max_prefixlen)
        )
        shown = str(type(address)(int(turned, 2)))
        self.issued[shown] = str(address)
        return shown

    def _digest(self, kind: str, value: str) -> bytes:
        message = kind.encode() + b"\0" + value.casefold().encode("utf-8", "surrogatepass")
        return hmac.digest(self.key, message, hashlib.sha256)
