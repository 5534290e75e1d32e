"""A question to a resolver, before it becomes a message."""

import random
from dataclasses import dataclass

from nexkit.facts.dns import DnsTransport, NameRole
from nexkit.units import Bytes

_LABEL_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LABEL_LENGTH = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, why, and how."""

    name: str
    role: NameRole
    rdtype: str = "A"
    transport: DnsTransport = DnsTransport.UDP
    edns_bytes: Bytes | None = None
    """The UDP answer size offered; None: no EDNS."""
    dnssec: bool = False
    """Ask for signatures (DO flag) and for the resolver's word on them (AD flag, RFC 6840 section 5.7)."""
    unchecked: bool = False
    """Ask for no validation (CD flag)."""


def random_label(rng: random.Random) -> str:
    """A label that nobody has used."""
    return "".join(rng.choices(_LABEL_LETTERS, k=_LABEL_LENGTH))
