"""Typed parameters of a probe from plain values: the plan's mapping, or `key=value` words of the command line."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin, get_type_hints

ParamValue: TypeAlias = int | float | str | bool | Enum | tuple[Any, ...] | None


class ParamError(ValueError):
    """A parameter that the probe does not have, or a value that is not of its type; the text is for the user."""


def _plain_type(hint: Any) -> Any:  # noqa: ANN401  type hints have no common type
    """Without Annotated and NewType."""
    while True:
        if get_origin(hint) is Annotated:
            hint = get_args(hint)[0]
        elif hasattr(hint, "__supertype__"):
            hint = hint.__supertype__
        else:
            return hint


def _read(text: str, hint: Any, name: str) -> ParamValue:  # noqa: ANN401
    """One word of the command line as a value of the hinted type."""
    hint = _plain_type(hint)
    if get_origin(hint) in (Union, UnionType):
        options = [option for option in get_args(hint) if option is not NoneType]
        return None if text == "" else _read(text, options[0], name)
    if get_origin(hint) is tuple:
        return tuple(_read(part, get_args(hint)[0], name) for part in text.split(",") if part)
    if hint is bool:
        if text not in {"true", "false"}:
            raise ParamError(f"{name}: {text!r} is neither true nor false")
        return text == "true"
    if isinstance(hint, type) and issubclass(hint, Enum):
        try:
            return hint(text)
        except ValueError:
            words = ", ".join(str(member.value) for member in hint)
            raise ParamError(f"{name}: {text!r} is none of {words}") from None
    if hint in (int, float):
        try:
            value: int | float = hint(text)
        except ValueError:
            raise ParamError(f"{name}: {text!r} is not a number") from None
        if value != value or value in (float("inf"), float("-inf")) or value < 0:  # noqa: PLR0124  NaN
            raise ParamError(f"{name}: {text!r} must be a finite number, zero or more")
        return value
    return text


def build_params(params_type: type, values: Mapping[str, ParamValue]) -> Any:  # noqa: ANN401  typed by the probe
    """The probe's parameter dataclass; ParamError for a missing or unknown name.

    Text values are read as the field's type; other values are taken as they are.
    """
    assert is_dataclass(params_type)  # noqa: S101  a probe without parameters has an empty dataclass
    hints = get_type_hints(params_type, include_extras=True)
    known = {field.name: field for field in fields(params_type)}
    for name in values:
        if name not in known:
            raise ParamError(f"unknown parameter {name!r}; there are: {', '.join(known) or 'none'}")
    for name, field in known.items():
        if name not in values and field.default is MISSING and field.default_factory is MISSING:
            raise ParamError(f"parameter {name!r} is missing")
    built = {
        name: _read(value, hints[name], name) if isinstance(value, str) else value for name, value in values.items()
    }
    try:
        return params_type(**built)
    except ValueError as error:
        raise ParamError(str(error)) from error
