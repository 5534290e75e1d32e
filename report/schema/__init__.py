"""The schema of `report.json` (JSON Schema, draft 2020-12), made from the type hints that the redaction follows too.

Every leaf says in which category the user shares it (`x-category`) and how much of it by default (`x-level`: share,
reduce, mask or drop); a text also its class of privacy (`x-class`). A leaf for which that is not decided is an error.
`python3 dev.py schema` writes the file beside this one, which others can check reports with.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin, get_type_hints

from nexkit.diagnosis.verdict import DIAGNOSIS_SCHEMA, Diagnosis, Finding, Segment
from nexkit.facts import BUILTIN_FACTS
from nexkit.facts.system import SystemInfo
from nexkit.outcome import Failure, Skipped, SkipReason
from nexkit.request import Request
from nexkit.run_record import Expectations, RunRecord
from nexkit.sensitivity import LEVEL_OF, Level, Sensitivity
from nexkit.watch.record import MomentMark
from report.codec import dumps
from report.consent import Category
from report.document import REPORT_SCHEMA
from report.key_store import KeyStorage
from report.plain import Json
from report.redact import CATEGORY_OF

SCHEMA_PATH = Path(__file__).parent / "report-1.json"
SCHEMA_ID = "urn:nexkit:report:1"

_OF_RECORD: Mapping[tuple[type, str], Category] = {
    (Request, "url"): Category.SERVICES,
    (Request, "ticket"): Category.NOTE,
    (Request, "note"): Category.NOTE,
    (MomentMark, "words"): Category.NOTE,
}
"""Fields of the record that are of another category than what they stand in."""
_OF_TYPE: Mapping[type, Category] = {SystemInfo: Category.DEVICE, Expectations: Category.DEVICE, **CATEGORY_OF}
_ADDRESSED = frozenset({Sensitivity.IP_ADDRESS, Sensitivity.MAC_ADDRESS})
_INTEGER_DIGITS = 10**20

Hint: TypeAlias = Any
"""A type hint; they have no common type."""


class SchemaError(Exception):
    """A field of which nobody said who may see it."""


def report_schema() -> Json:
    """The whole schema; SchemaError for a leaf without category or level."""
    maker = _Maker()
    diagnosis = maker.of_class(Diagnosis, Category.VERDICT)
    record = maker.properties(RunRecord, Category.VERDICT)
    own: Json = {
        "schema": {"const": REPORT_SCHEMA, **_leaf(Category.VERDICT)},
        "report_id": {"type": "string", **_leaf(Category.VERDICT)},
        "categories": {"type": "array", "uniqueItems": True, "items": maker.of(Category, Category.VERDICT)},
        "hits_resolved": {"type": "integer", "minimum": 0, **_leaf(Category.VERDICT)},
        "key_storage": {"anyOf": [maker.of(KeyStorage, Category.VERDICT), {"type": "null"}]},
        "diagnosis": diagnosis,
    }
    maker.definitions["verdict.Diagnosis"]["properties"] |= {
        "schema": {"const": DIAGNOSIS_SCHEMA, **_leaf(Category.VERDICT)}
    }
    finding = maker.definitions[f"verdict.{Finding.__name__}"]
    finding["properties"]["segment"] = maker.of(Segment, Category.VERDICT)
    finding["required"].append("segment")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "The data of a nexkit report (data/report.json)",
        "type": "object",
        "properties": own | record,
        "required": ["schema", "report_id", "categories", "diagnosis", *_required(RunRecord)],
        "additionalProperties": False,
        "$defs": dict(sorted(maker.definitions.items())),
    }


def write_schema() -> None:
    """Renew the file in the repository."""
    SCHEMA_PATH.write_bytes(dumps(report_schema()))


def _leaf(category: Category, level: Level = Level.SHARE) -> Json:
    return {"x-category": category.value, "x-level": level.value}


class _Maker:
    """Collects a definition for each class in each category that it is part of."""

    def __init__(self) -> None:
        self.definitions: dict[str, Json] = {}

    def of(self, hint: Hint, category: Category) -> Json:
        """The schema of a value of this type."""
        while hasattr(hint, "__supertype__"):
            hint = hint.__supertype__
        origin: object = get_origin(hint)
        if origin is Annotated:
            return _text(hint, category)
        if origin in (Union, UnionType):
            return self._union(hint, category)
        if origin in (tuple, frozenset):
            many: Json = {"type": "array", "items": self.of(get_args(hint)[0], category)}
            return many | ({"uniqueItems": True} if origin is frozenset else {})
        if origin is Mapping:
            return {"type": "object", "additionalProperties": self.of(get_args(hint)[1], category)}
        if isinstance(hint, type) and is_dataclass(hint):
            return self.of_class(hint, category)
        return _plain(hint, category)

    def of_class(self, of_type: type, category: Category) -> Json:
        """A reference to the definition of a class."""
        category = _OF_TYPE.get(of_type, category) if category is Category.VERDICT else category
        name = f"{category.value}.{of_type.__name__}"
        if name not in self.definitions:
            self.definitions[name] = {}  # a class may hold itself
            self.definitions[name] |= {
                "type": "object",
                "properties": self.properties(of_type, category),
                "required": _required(of_type),
                "additionalProperties": False,
            }
        return {"$ref": f"#/$defs/{name}"}

    def properties(self, of_type: type, category: Category) -> Json:
        """The fields of a class."""
        hints = get_type_hints(of_type, include_extras=True)
        return {
            item.name: self.of(hints[item.name], _OF_RECORD.get((of_type, item.name), category))
            for item in fields(of_type)
        }

    def _union(self, hint: Hint, category: Category) -> Json:
        options = get_args(hint)
        if Skipped in options:
            return {"anyOf": self._outcomes(category)}
        return {"anyOf": [{"type": "null"} if each is NoneType else self.of(each, category) for each in options]}

    def _outcomes(self, category: Category) -> list[Json]:
        """Completed with one of the facts, failed, or skipped."""
        completed = [
            {"kind": {"const": fact.__name__, **_leaf(category)}, "data": self.of_class(fact, category)}
            for fact in BUILTIN_FACTS
        ]
        failed = {"failure": self.of_class(Failure, category)}
        skipped = {"reason": self.of(SkipReason, category)}
        tagged = [*(("completed", each) for each in completed), ("failed", failed), ("skipped", skipped)]
        return [
            {
                "type": "object",
                "properties": {"state": {"const": state, **_leaf(category)}, **own},
                "required": ["state", *own],
                "additionalProperties": False,
            }
            for state, own in tagged
        ]


def _required(of_type: type) -> list[str]:
    """Fields that every report has: those with a default came later."""
    return [item.name for item in fields(of_type) if item.default is MISSING and item.default_factory is MISSING]


def _text(hint: Hint, category: Category) -> Json:
    kinds = [mark for mark in get_args(hint)[1:] if isinstance(mark, Sensitivity)]
    if len(kinds) != 1:
        raise SchemaError(f"a text needs one class of privacy: {hint}")
    found: Json = {"type": "string", **_leaf(category, LEVEL_OF[kinds[0]]), "x-class": kinds[0].value}
    return found | ({"x-detail-category": Category.ADDRESSES.value} if kinds[0] in _ADDRESSED else {})


def _plain(hint: Hint, category: Category) -> Json:
    """A value without a class of privacy: shared as it is."""
    if not isinstance(hint, type):
        raise SchemaError(f"no rule for {hint}")
    if issubclass(hint, Enum):
        return {"enum": [member.value for member in hint], **_leaf(category)}
    kinds: Mapping[type, Json] = {
        bool: {"type": "boolean"},
        int: {"type": "integer", "exclusiveMinimum": -_INTEGER_DIGITS, "exclusiveMaximum": _INTEGER_DIGITS},
        float: {"type": "number"},
        datetime: {"type": "string", "format": "date-time"},
    }
    if hint not in kinds:
        raise SchemaError(f"no rule for {hint}")
    return {**kinds[hint], **_leaf(category)}
