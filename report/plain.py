"""Values of ours as JSON values; `report/codec.py` reads them back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from nexkit.outcome import Completed, Failed, Outcome, Skipped

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownFact:
    """A fact that this version cannot read, as it stood in the report."""

    kind: str
    data: Mapping[str, Any]


def encode(value: Any) -> Any:  # noqa: ANN401  JSON
    """Any value of ours as a JSON value; TypeError for a value that has no place in a document."""
    match value:
        case Enum():
            return value.value
        case None | bool() | str() | int() | float():
            return value
        case tuple() | list():
            return [encode(each) for each in value]
        case frozenset():
            return sorted(encode(each) for each in value)
        case Mapping():
            return {encode(key): encode(each) for key, each in value.items()}
        case datetime():
            return moment(value)
        case Completed() | Failed() | Skipped():
            return _outcome(value)
        case _ if is_dataclass(value):
            return {field.name: encode(getattr(value, field.name)) for field in fields(value)}
    raise TypeError(f"{type(value).__name__} has no place in a document")


def _outcome(outcome: Outcome[Any]) -> Json:
    match outcome:
        case Completed(fact=fact):
            return {"state": "completed", **encode_fact(fact)}
        case Failed(failure=failure):
            return {"state": "failed", "failure": encode(failure)}
        case Skipped(reason=reason):
            return {"state": "skipped", "reason": reason.value}


def encode_fact(fact: object) -> Json:
    """One fact with its kind."""
    if isinstance(fact, UnknownFact):
        return {"kind": fact.kind, "data": dict(fact.data)}
    return {"kind": type(fact).__name__, "data": encode(fact)}


def document_text(document: Any) -> str:  # noqa: ANN401  any JSON value
    """A JSON document as it is written into files."""
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def moment(value: datetime) -> str:
    """A moment in UTC as the documents write it; ValueError for one without a zone."""
    if value.utcoffset() is None:
        raise ValueError("a moment without a zone")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
