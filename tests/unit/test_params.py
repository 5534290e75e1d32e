from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated

import pytest

from nexkit.params import ParamError, build_params
from nexkit.sensitivity import IpAddress
from nexkit.units import Seconds


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    target: IpAddress
    count: int = 20
    interval_s: Seconds = Seconds(0.2)
    wide: bool = False
    colour: Colour = Colour.RED
    ports: tuple[int, ...] = (53,)
    body: str | None = None
    limit: int | None = None
    note: Annotated[str, "anything"] = ""
    names: tuple[str, ...] = field(default_factory=tuple)

    def __post_init__(self):
        if self.count == 0:
            raise ValueError("count: must be at least 1")


@dataclass(frozen=True)
class Nothing:
    pass


def build(**values):
    return build_params(Params, {"target": "192.0.2.1", **values})


@pytest.mark.parametrize(
    ("name", "word", "value"),
    [
        ("target", "198.51.100.1", "198.51.100.1"),
        ("count", "5", 5),
        ("interval_s", "0.5", 0.5),
        ("wide", "true", True),
        ("wide", "false", False),
        ("colour", "blue", Colour.BLUE),
        ("ports", "53,443", (53, 443)),
        ("ports", "", ()),
        ("body", "", None),
        ("body", "success", "success"),
        ("limit", "9", 9),
        ("limit", "", None),
        ("note", "x", "x"),
        ("names", "a.example.com,b.example.com", ("a.example.com", "b.example.com")),
    ],
)
def test_words_are_read_as_the_fields_type(name, word, value):
    assert getattr(build(**{name: word}), name) == value


def test_values_of_the_plan_are_taken_as_they_are():
    params = build(count=3, colour=Colour.BLUE, ports=(1, 2), body=None, wide=True)
    assert (params.count, params.colour, params.ports, params.body, params.wide) == (3, Colour.BLUE, (1, 2), None, True)


def test_defaults_fill_what_is_not_given():
    assert build() == Params(target="192.0.2.1")
    assert build_params(Nothing, {}) == Nothing()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"speed": 1}, "unknown parameter 'speed'; there are: target, count"),
        ({"count": "many"}, "count: 'many' is not a number"),
        ({"count": "1.5"}, "count: '1.5' is not a number"),
        ({"count": "-1"}, "count: '-1' must be a finite number"),
        ({"interval_s": "nan"}, "interval_s: 'nan' must be a finite number"),
        ({"interval_s": "inf"}, "interval_s: 'inf' must be a finite number"),
        ({"wide": "yes"}, "wide: 'yes' is neither true nor false"),
        ({"colour": "green"}, "colour: 'green' is none of red, blue"),
        ({"ports": "53,x"}, "ports: 'x' is not a number"),
        ({"limit": "x"}, "limit: 'x' is not a number"),
        ({"count": 0}, "count: must be at least 1"),
    ],
)
def test_a_wrong_parameter_is_named(values, message):
    with pytest.raises(ParamError) as raised:
        build(**values)
    assert str(raised.value).startswith(message)


def test_a_missing_parameter_is_named():
    with pytest.raises(ParamError, match="parameter 'target' is missing"):
        build_params(Params, {})


def test_a_probe_without_parameters_takes_none():
    with pytest.raises(ParamError, match="there are: none"):
        build_params(Nothing, {"target": "192.0.2.1"})
