"""The causes that the rules can name: severity, and which other causes each accounts for (`causes.toml`)."""

import pkgutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from nexkit.diagnosis.verdict import Finding, FindingValue, Segment, Severity, segment_of
from nexkit.units import Ratio

PROVED = Ratio(0.96)
"""The confidence of a finding whose signs prove it by themselves."""
STRONG = Ratio(0.9)
"""Independent signs, and the look-alikes are excluded."""
LIKELY = Ratio(0.8)
"""Independent signs; a rare look-alike is left."""
FAIR = Ratio(0.7)
"""As LIKELY, and a sign that would have confirmed it was not to be had."""
POSSIBLE = Ratio(0.6)
"""The likeliest of few causes that give the same signs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAlike:
    """What gives the same signs, and what tells it apart."""

    other: str
    """A cause, or a segment where no one cause of it is meant."""
    by: tuple[str, ...]
    """Kinds of measurement (nexkit/diagnosis/left_open.py), any of which is enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One cause as declared."""

    code: str
    severity: Severity
    explains: frozenset[str]
    """Codes of the causes that are mere consequences of this one, consequences of consequences included.

    Without those that are apart from it: their own rule says them only where this one cannot be why.
    """
    explains_shared: frozenset[str]
    """Codes of those that are consequences where both rest on a common measurement."""
    look_alikes: tuple[LookAlike, ...]

    @property
    def segment(self) -> Segment:
        """Where the fault is."""
        return segment_of(self.code)


def _matching(pattern: str, codes: tuple[str, ...]) -> frozenset[str]:
    """The codes a declared word stands for: `segment.*` or one code."""
    if pattern.endswith(".*"):
        return frozenset(code for code in codes if code.startswith(pattern.removesuffix("*")))
    if pattern not in codes:
        raise ValueError(f"causes.toml explains {pattern!r}, which is no cause")
    return frozenset({pattern})


def _closed(direct: Mapping[str, frozenset[str]], code: str) -> frozenset[str]:
    """Everything that follows from a cause over any number of steps."""
    found: set[str] = set()
    open_codes = set(direct[code])
    while open_codes:
        found |= open_codes
        open_codes = {follower for known in open_codes for follower in direct[known]} - found
    return frozenset(found)


@cache
def _declared() -> Mapping[str, Any]:
    source = pkgutil.get_data("nexkit.diagnosis", "causes.toml") or b""
    return tomllib.loads(source.decode())


@cache
def borders() -> tuple[LookAlike, ...]:
    """What tells whether a place on the way works: its own measurements, and those that part it from the one before."""
    return tuple(LookAlike(other=entry["segment"], by=tuple(entry["by"])) for entry in _declared()["border"])


@cache
def causes() -> Mapping[str, Cause]:
    """All declared causes by code, in the order of the file."""
    declared = _declared()["cause"]
    codes = tuple(entry["code"] for entry in declared)
    direct, shared = (
        {
            entry["code"]: frozenset().union(*(_matching(pattern, codes) for pattern in entry.get(key, ())))
            for entry in declared
        }
        for key in ("explains", "explains_shared")
    )
    apart = {
        entry["code"]: frozenset().union(*(_matching(pattern, codes) for pattern in entry.get("apart_from", ())))
        for entry in declared
    }
    return {
        entry["code"]: Cause(
            code=entry["code"],
            severity=Severity(entry["severity"]),
            explains=frozenset(each for each in _closed(direct, entry["code"]) if entry["code"] not in apart[each]),
            explains_shared=shared[entry["code"]],
            look_alikes=tuple(
                LookAlike(other=other, by=tuple(by)) for other, by in entry.get("look_alikes", {}).items()
            ),
        )
        for entry in declared
    }


def finding(
    code: str,
    *,
    confidence: float,
    evidence: tuple[str, ...],
    against: tuple[str, ...] = (),
    values: Mapping[str, FindingValue] | None = None,
    severity: Severity | None = None,
) -> Finding:
    """A finding with the declared severity, or a milder one that the rule has reason for; each outcome id once."""
    return Finding(
        cause=code,
        severity=severity or causes()[code].severity,
        confidence=Ratio(confidence),
        evidence=tuple(dict.fromkeys(evidence)),
        against=tuple(dict.fromkeys(against)),
        values=dict(values or {}),
    )
