"""Bytes <-> values; `report/plain.py` has the half from values to JSON values.

Strict both ways: `"1.5"` is no number, unknown and repeated keys are refused, and so are NaN, infinities, deep nesting
and oversize documents. A fact of a kind that this version does not know is kept raw.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

from cattrs import BaseConverter, Converter, transform_error
from cattrs.errors import BaseValidationError
from cattrs.gen import make_dict_structure_fn

from nexkit import __version__
from nexkit.diagnosis.verdict import DIAGNOSIS_SCHEMA, Diagnosis, Gap
from nexkit.facts import BUILTIN_FACTS
from nexkit.outcome import Completed, Failed, Failure, FailureKind, Outcome, Skipped, SkipReason
from nexkit.run_record import RunRecord
from report.plain import Json, UnknownFact, encode

MAX_JSON_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 32
MAX_TOKENS = 1_000_000
"""Texts, brackets and commas of one document: what bounds memory and time, whatever they say."""
MAX_LINES = 100_000
MAX_DIGITS = 20
"""Of one integer: more than any 64-bit counter has."""

ValueT = TypeVar("ValueT")

_FACTS = {fact.__name__: fact for fact in BUILTIN_FACTS}
_TOKENS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|([\[{])|([\]}])|,', re.DOTALL)
"""Texts whole, brackets and commas outside of them. Possessive, and without need of an end, so that no input takes it
long."""
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z")


class CodecError(ValueError):
    """A document that is not what it should be; the text names the place and what is wrong there."""


class UnknownVersionError(CodecError):
    """A document of a form that a newer kit may know."""


def check_schema(written: object, known: str) -> None:
    """Nothing where the document is of the known form (`nexkit/report/1`); CodecError, UnknownVersionError."""
    if written == known:
        return
    prefix = known.rpartition("/")[0]
    if isinstance(written, str) and re.fullmatch(rf"{prefix}/[0-9]{{1,9}}", written):
        raise UnknownVersionError(f"{written} where {known} is known")
    raise CodecError(f"schema: {known} expected")


# JSON text


def dumps(document: object) -> bytes:
    """The document as UTF-8 JSON, one value a line, the same bytes every time; CodecError for NaN and infinities.

    What is no Unicode character (half of a surrogate pair out of a system's file name) is written as its escape.
    """
    return (_text(document, indent=1) + "\n").encode("utf-8", "backslashreplace")


def dump_lines(documents: list[Json]) -> bytes:
    """The documents as JSON Lines: one of them a line."""
    return "".join(_text(document, indent=None) + "\n" for document in documents).encode("utf-8", "backslashreplace")


def _text(document: object, *, indent: int | None) -> str:
    try:
        return json.dumps(document, ensure_ascii=False, indent=indent, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise CodecError(f"cannot be written as JSON: {error}") from None


def loads(data: bytes, limit: int = MAX_JSON_BYTES) -> Any:  # noqa: ANN401  any JSON value
    """The JSON value of the bytes; CodecError unless it is strict JSON within the limits."""
    text = _checked_text(data, limit)
    try:
        value = _decoder().decode(text)
    except json.JSONDecodeError as error:
        raise CodecError(f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    _check_surrogates(text, value)
    return value


def load_lines(data: bytes) -> list[Any]:
    """The JSON values of JSON Lines; CodecError unless each line is strict JSON, all together within the limits."""
    text = _checked_text(data, MAX_JSON_BYTES)
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        raise CodecError(f"more than {MAX_LINES} lines")
    if lines.pop():
        raise CodecError("the last line has no end")
    decoder = _decoder()
    values = []
    for number, line in enumerate(lines, start=1):
        try:
            values.append(decoder.decode(line))
        except json.JSONDecodeError as error:
            raise CodecError(f"line {number}, column {error.colno}: {error.msg}") from None
    _check_surrogates(text, values)
    return values


def _checked_text(data: bytes, limit: int) -> str:
    """The text of JSON that takes no more memory and time to read than is good."""
    if len(data) > limit:
        raise CodecError(f"more than {limit} bytes of JSON")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CodecError(f"not UTF-8 at byte {error.start}") from None
    if text.startswith("\ufeff"):
        raise CodecError("a byte order mark")
    _check_size(text)
    return text


@cache
def _decoder() -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=_object, parse_int=_integer, parse_float=_number, parse_constant=_no_number
    )


def _check_surrogates(text: str, value: object) -> None:
    if "\\ud" in text.lower():
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise CodecError("half of a surrogate pair is no text") from None


def _check_size(text: str) -> None:
    depth = 0
    for number, token in enumerate(_TOKENS.finditer(text)):
        if number >= MAX_TOKENS:
            raise CodecError(f"more than {MAX_TOKENS} texts, brackets and commas")
        if token[1]:
            depth += 1
            if depth > MAX_DEPTH:
                raise CodecError(f"nested more than {MAX_DEPTH} deep")
        elif token[2]:
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> Json:
    built = dict(pairs)
    if len(built) != len(pairs):
        twice, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise CodecError(f"key {twice!r} stands twice in one object")
    return built


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise CodecError(f"a number of more than {MAX_DIGITS} digits")
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise CodecError(f"{digits[:MAX_DIGITS]} is no finite number")
    return value


def _no_number(word: str) -> float:
    raise CodecError(f"{word} is no number")


# Values


def _exactly(*types: type) -> Callable[[Any, Any], Any]:
    """A hook that takes a value of just these types and converts nothing."""

    def check(value: Any, _: Any) -> Any:  # noqa: ANN401  JSON
        if type(value) not in types:
            raise TypeError(f"{type(value).__name__} where {types[0].__name__} belongs")
        return value

    return check


def _float(value: Any, _: Any) -> float:  # noqa: ANN401  JSON
    if type(value) not in (int, float) or not math.isfinite(value):
        raise TypeError(f"{type(value).__name__} where a finite number belongs")
    return float(value)


def _moment(value: Any, _: Any) -> datetime:  # noqa: ANN401  JSON
    if type(value) is not str or not _MOMENT.fullmatch(value):
        raise TypeError("a moment is written as 2026-11-20T10:15:00Z")
    return datetime.fromisoformat(value)


def _is_union(hint: Any) -> bool:  # noqa: ANN401  type hints have no common type
    return get_origin(hint) in (Union, UnionType)


def _is_outcome(hint: Any) -> bool:  # noqa: ANN401
    return _is_union(hint) and Skipped in get_args(hint)


def _is_reason(hint: Any) -> bool:  # noqa: ANN401
    return _is_union(hint) and set(get_args(hint)) - {Gap} == {SkipReason, FailureKind}


def _is_finding_value(hint: Any) -> bool:  # noqa: ANN401
    return _is_union(hint) and {int, float} <= set(get_args(hint))


def _reason(value: Any, _: Any) -> SkipReason | FailureKind | Gap:  # noqa: ANN401  JSON
    for kind in (SkipReason, Gap):
        if value in {member.value for member in kind}:
            return kind(value)
    return FailureKind(value)


def _is_array(hint: Any) -> bool:  # noqa: ANN401
    return get_origin(hint) in (tuple, frozenset)


def _is_table(hint: Any) -> bool:  # noqa: ANN401
    return get_origin(hint) is Mapping


def _add_scalars(converter: Converter) -> None:
    """Plain values: taken as they are or refused."""
    for primitive in (str, int, bool):
        converter.register_structure_hook(primitive, _exactly(primitive))
    converter.register_structure_hook(float, _float)
    converter.register_structure_hook(datetime, _moment)
    converter.register_structure_hook_func(_is_reason, _reason)
    converter.register_structure_hook_func(_is_finding_value, _exactly(float, int, str, type(None)))


def _array(hint: Any, converter: BaseConverter) -> Callable[[Any, Any], Any]:  # noqa: ANN401  type hints
    container, item = get_origin(hint), get_args(hint)[0]

    def structure(value: Any, _: Any) -> Any:  # noqa: ANN401  JSON
        if type(value) is not list:
            raise TypeError(f"{type(value).__name__} where an array belongs")
        built = container(converter.structure(element, item) for element in value)
        if len(built) != len(value):
            raise ValueError("an element stands twice")
        return built

    return structure


def _table(hint: Any, converter: BaseConverter) -> Callable[[Any, Any], Any]:  # noqa: ANN401
    item = get_args(hint)[1]

    def structure(value: Any, _: Any) -> Any:  # noqa: ANN401  JSON
        return {key: converter.structure(element, item) for key, element in _an_object(value).items()}

    return structure


def _own_class(hint: Any, converter: Converter) -> Callable[[Any, Any], Any]:  # noqa: ANN401
    structure = make_dict_structure_fn(hint, converter, _cattrs_forbid_extra_keys=True)
    return lambda value, _: structure(_an_object(value), hint)


def _an_object(value: Any) -> Json:  # noqa: ANN401  JSON
    if type(value) is not dict:
        raise TypeError(f"{type(value).__name__} where an object belongs")
    return value


def _add_containers(converter: Converter) -> None:
    """Arrays and objects: nothing else is iterated over, no text and no object in an array's place."""
    converter.register_structure_hook_factory(_is_array, _array)
    converter.register_structure_hook_factory(_is_table, _table)
    converter.register_structure_hook_factory(is_dataclass, _own_class)


def _add_outcomes(converter: Converter, *, keep_misfits: bool) -> None:
    """Outcomes, tagged with their state; facts, tagged with their kind."""

    def read(value: Any, _: Any) -> Outcome[Any]:  # noqa: ANN401  JSON
        match value:
            case {"state": "completed", "kind": str(kind), "data": dict(data), **rest} if not rest:
                return Completed(_untagged(converter, kind, data, keep_misfits=keep_misfits))
            case {"state": "failed", "failure": failure, **rest} if not rest:
                return Failed(converter.structure(failure, Failure))
            case {"state": "skipped", "reason": reason, **rest} if not rest:
                return Skipped(SkipReason(reason))
            case _:
                raise TypeError("neither completed, failed nor skipped")

    converter.register_structure_hook_func(_is_outcome, read)


def _untagged(converter: Converter, kind: str, data: Json, *, keep_misfits: bool) -> object:
    if kind not in _FACTS:
        return UnknownFact(kind=kind, data=data)
    try:
        return converter.structure(data, _FACTS[kind])
    except BaseValidationError:
        if keep_misfits:
            return UnknownFact(kind=kind, data=data)
        raise


@cache
def _converter(*, keep_misfits: bool = False) -> Converter:
    """The converter; `keep_misfits` keeps a fact raw that has a known kind and does not fit it."""
    converter = Converter(forbid_extra_keys=True)
    _add_scalars(converter)
    _add_containers(converter)
    _add_outcomes(converter, keep_misfits=keep_misfits)
    return converter


def decode(document: object, value_type: type[ValueT], *, keep_misfits: bool = False) -> ValueT:
    """The value that a JSON value stands for; CodecError names what does not fit."""
    try:
        return _converter(keep_misfits=keep_misfits).structure(document, value_type)
    except BaseValidationError as error:
        raise CodecError("; ".join(transform_error(error)[:3]).replace("@ $.", "at ")) from None
    except (TypeError, ValueError, KeyError, OverflowError) as error:
        raise CodecError(str(error)) from None


def encode_record(record: RunRecord) -> Json:
    """A run record; facts are tagged with their class name."""
    document: Json = encode(record)
    return document


def decode_record(document: object) -> RunRecord:
    """The run record of a document; CodecError where it is none.

    A fact of an unknown kind becomes an UnknownFact, and so does one that a newer version of the kit has extended.
    """
    written_by = document.get("kit_version") if isinstance(document, dict) else None
    newer = isinstance(written_by, str) and version_of(written_by) > version_of(__version__)
    return decode(document, RunRecord, keep_misfits=newer)


def version_of(text: str) -> tuple[int, ...]:
    """The numbers of a version, to be compared."""
    return tuple(int(number) for number in re.findall(r"\d{1,6}", text)[:3])


def encode_diagnosis(diagnosis: Diagnosis) -> Json:
    """The diagnosis document."""
    document: Json = {"schema": DIAGNOSIS_SCHEMA} | encode(diagnosis)
    document["findings"] = [
        {"cause": written["cause"], "segment": finding.segment.value} | written
        for finding, written in zip(diagnosis.findings, document["findings"], strict=True)
    ]
    return document


def decode_diagnosis(document: object) -> Diagnosis:
    """The diagnosis of a document; CodecError where it is none."""
    if not isinstance(document, dict):
        raise CodecError("a diagnosis is an object")
    check_schema(document.get("schema"), DIAGNOSIS_SCHEMA)
    body = {key: value for key, value in document.items() if key != "schema"}
    if isinstance(findings := body.get("findings"), list):
        body["findings"] = [_without_segment(finding) for finding in findings]
    return decode(body, Diagnosis)


def _without_segment(finding: object) -> object:
    """A finding as the value holds it: its segment is derived from the cause, and must agree."""
    if not isinstance(finding, dict):
        return finding
    if finding.get("segment") != str(finding.get("cause")).partition(".")[0]:
        raise CodecError("findings: segment and cause do not agree")
    return {key: value for key, value in finding.items() if key != "segment"}
