"""Typed parameters of a probe from plain values: the plan's mapping, or `key=value` words of the command line.

`param_fields` says of what they are made, for a form that gives the same words.
"""

import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin, get_type_hints

ParamValue: TypeAlias = int | float | str | bool | Enum | tuple[Any, ...] | None


class ParamProblem(Enum):
    """What is wrong with a parameter; words for a form are in `nexkit/texts/params.py`."""

    UNKNOWN = "unknown"
    MISSING = "missing"
    NOT_A_NUMBER = "not_a_number"
    NOT_A_CHOICE = "not_a_choice"
    OUT_OF_LIMITS = "out_of_limits"
    REFUSED = "refused"
    """The probe's own check; it says why."""


class ParamError(ValueError):
    """A parameter that the probe does not have, or a value that is not of its type; the text is for the user."""

    def __init__(self, text: str, problem: ParamProblem, names: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self.problem = problem
        self.names = names
        """The parameters that it is about; (): the probe did not say which."""


@dataclass(frozen=True, slots=True)
class Between:
    """What a number may be, as metadata of its type: `count: Annotated[int, Between(1)]`."""

    least: float
    most: float | None = None
    above: bool = False
    """The least itself is too little."""

    def holds(self, value: float) -> bool:
        """Whether the number is one of those."""
        return (value > self.least if self.above else value >= self.least) and (self.most is None or value <= self.most)

    def __str__(self) -> str:
        """For a sentence that begins with "must be"."""
        if self.most is not None and not self.above:
            return f"in {self.least:.15g}..{self.most:.15g}"
        least = f"above {self.least:.15g}" if self.above else f"at least {self.least:.15g}"
        return least if self.most is None else f"{least} and at most {self.most:.15g}"


PORT = Between(1, 65_535)
POSITIVE = Between(0, above=True)


class LimitError(ValueError):
    """A number beyond what is declared."""


def check_limits(params: Any) -> None:  # noqa: ANN401  the dataclass of any probe
    """LimitError for the first number that is not as its type declares; for `__post_init__` of parameters."""
    for name, limits in _limits(type(params)).items():
        value = getattr(params, name)
        for each in value if isinstance(value, tuple) else (value,):
            if each is not None and not limits.holds(each):
                raise LimitError(f"{name}: must be {limits}")


def _limits(params_type: type) -> Mapping[str, Between]:
    hints = get_type_hints(params_type, include_extras=True)
    return {name: limits for name, hint in hints.items() if (limits := _declared(hint)) is not None}


def _declared(hint: Any) -> Between | None:  # noqa: ANN401
    """The limits in a type or in one that it is made of."""
    if get_origin(hint) is Annotated:
        for each in hint.__metadata__:
            if isinstance(each, Between):
                return each
    return next((found for part in get_args(hint) if (found := _declared(part)) is not None), None)


class ParamKind(Enum):
    """How one value is written."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParamField:
    """One parameter, for a form."""

    name: str
    kind: ParamKind
    unit: Any
    """The unit's type of `nexkit.units`, such as Seconds; None: it has none."""
    many: bool
    """Several values, with commas between them."""
    required: bool
    choices: tuple[str, ...]
    """The words of a CHOICE; an empty one stands for "not set"."""
    limits: Between | None
    default: str
    """The word that gives the default; "" where there is none."""


def param_fields(params_type: type) -> tuple[ParamField, ...]:
    """What the parameters of a probe are, in the order in which the probe has them; the first one is the target."""
    assert is_dataclass(params_type)  # noqa: S101  a probe without parameters has an empty dataclass
    hints = get_type_hints(params_type, include_extras=True)
    return tuple(_param_field(field, hints[field.name]) for field in fields(params_type))


def _param_field(field: Field[Any], hint: Any) -> ParamField:  # noqa: ANN401
    inner, optional = _option(hint)
    many = get_origin(_plain_type(inner)) is tuple
    if many:
        inner = get_args(_plain_type(inner))[0]
    kind, choices = _kind(_plain_type(inner))
    return ParamField(
        name=field.name,
        kind=kind,
        unit=_unit(inner),
        many=many,
        required=is_required(field),
        choices=("", *choices) if choices and optional else choices,
        limits=_declared(hint),
        default="" if field.default is MISSING else word_of(field.default),
    )


def is_required(field: Field[Any]) -> bool:
    """Whether the probe cannot do without the parameter."""
    return field.default is MISSING and field.default_factory is MISSING


def _kind(plain: Any) -> tuple[ParamKind, tuple[str, ...]]:  # noqa: ANN401
    if plain is bool:
        return ParamKind.CHOICE, ("true", "false")
    if isinstance(plain, type) and issubclass(plain, Enum):
        return ParamKind.CHOICE, tuple(str(member.value) for member in plain)
    return {int: ParamKind.WHOLE, float: ParamKind.NUMBER}.get(plain, ParamKind.TEXT), ()


def _unit(hint: Any) -> Any:  # noqa: ANN401
    while get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    return hint if hasattr(hint, "__supertype__") and hint.__supertype__ in (int, float) else None


def word_of(value: ParamValue) -> str:
    """The word that `build_params` reads as the value."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Enum():
            return str(value.value)
        case tuple():
            return ",".join(word_of(each) for each in value)
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value)


def _option(hint: Any) -> tuple[Any, bool]:  # noqa: ANN401
    """The type without its None, and whether it had one."""
    plain = _plain_type(hint)
    if get_origin(plain) not in (Union, UnionType):
        return hint, False
    options = [option for option in get_args(plain) if option is not NoneType]
    return options[0], True


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
    inner, optional = _option(hint)
    if optional:
        return None if text == "" else _read(text, inner, name)
    if get_origin(hint) is tuple:
        return tuple(_read(part, get_args(hint)[0], name) for part in text.split(",") if part)
    if hint is bool:
        if text not in {"true", "false"}:
            raise ParamError(f"{name}: {text!r} is neither true nor false", ParamProblem.NOT_A_CHOICE, (name,))
        return text == "true"
    if isinstance(hint, type) and issubclass(hint, Enum):
        try:
            return hint(text)
        except ValueError:
            words = ", ".join(str(member.value) for member in hint)
            raise ParamError(f"{name}: {text!r} is none of {words}", ParamProblem.NOT_A_CHOICE, (name,)) from None
    if hint in (int, float):
        try:
            value: int | float = hint(text)
        except ValueError:
            raise ParamError(f"{name}: {text!r} is not a number", ParamProblem.NOT_A_NUMBER, (name,)) from None
        if value != value or value in (float("inf"), float("-inf")) or value < 0:  # noqa: PLR0124  NaN
            text = f"{name}: {text!r} must be a finite number, zero or more"
            raise ParamError(text, ParamProblem.NOT_A_NUMBER, (name,))
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
            text = f"unknown parameter {name!r}; there are: {', '.join(known) or 'none'}"
            raise ParamError(text, ParamProblem.UNKNOWN)
    for name, field in known.items():
        if name not in values and is_required(field):
            raise ParamError(f"parameter {name!r} is missing", ParamProblem.MISSING, (name,))
    built = {
        name: _read(value, hints[name], name) if isinstance(value, str) else value for name, value in values.items()
    }
    try:
        return params_type(**built)
    except ValueError as error:
        problem = ParamProblem.OUT_OF_LIMITS if isinstance(error, LimitError) else ParamProblem.REFUSED
        raise ParamError(str(error), problem, _blamed(str(error), known)) from error


def _blamed(text: str, known: Mapping[str, object]) -> tuple[str, ...]:
    """The parameters that a check names before it says what is wrong: `count: must be ...`, `ntp, https: at most ...`.

    Names are those that stand at the beginning, whatever a probe of another author writes after them.
    """
    head = re.match(r"(\w+)((, | and )\w+)*", text)
    return tuple(name for name in re.findall(r"\w+", head[0]) if name in known) if head else ()
