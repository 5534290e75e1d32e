from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated

import pytest

from nexkit.params import (
    PORT,
    POSITIVE,
    Between,
    ParamError,
    ParamProblem,
    build_params,
    check_limits,
    param_fields,
)
from nexkit.sensitivity import IpAddress
from nexkit.units import Seconds
from probes import BUILTIN


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Limited:
    host: str
    ports: tuple[Annotated[int, PORT], ...] = (53, 80)
    wait_s: Annotated[Seconds, POSITIVE] = Seconds(2.0)
    rounds: Annotated[int, Between(1, 9)] | None = None
    share: Annotated[float, Between(0, 12, above=True)] = 0.5
    colour: Colour | None = None
    wide: bool = False

    def __post_init__(self):
        check_limits(self)
        if self.host == "nowhere":
            raise ValueError("host, ports: lead nowhere")
        if self.host == "neither":
            raise ValueError("that is nothing")


@pytest.mark.parametrize(
    ("values", "problem", "names", "text"),
    [
        ({"ports": "53,0"}, ParamProblem.OUT_OF_LIMITS, ("ports",), "ports: must be in 1..65535"),
        ({"wait_s": "0"}, ParamProblem.OUT_OF_LIMITS, ("wait_s",), "wait_s: must be above 0"),
        ({"rounds": "10"}, ParamProblem.OUT_OF_LIMITS, ("rounds",), "rounds: must be in 1..9"),
        ({"share": "13"}, ParamProblem.OUT_OF_LIMITS, ("share",), "share: must be above 0 and at most 12"),
        ({"share": "much"}, ParamProblem.NOT_A_NUMBER, ("share",), "'much' is not a number"),
        ({"colour": "green"}, ParamProblem.NOT_A_CHOICE, ("colour",), "none of red, blue"),
        ({"host": "nowhere"}, ParamProblem.REFUSED, ("host", "ports"), "lead nowhere"),
        ({"host": "neither"}, ParamProblem.REFUSED, (), "that is nothing"),
        ({"speed": "1"}, ParamProblem.UNKNOWN, (), "unknown parameter 'speed'"),
    ],
)
def test_what_is_wrong_names_its_parameters(values, problem, names, text):
    with pytest.raises(ParamError, match=text) as refused:
        build_params(Limited, {"host": "www.example.com", **values})
    assert (refused.value.problem, refused.value.names) == (problem, names)


def test_what_is_missing_is_named():
    with pytest.raises(ParamError) as refused:
        build_params(Limited, {})
    assert (refused.value.problem, refused.value.names) == (ParamProblem.MISSING, ("host",))


def test_a_form_is_told_what_the_parameters_are():
    fields_by_name = {each.name: each for each in param_fields(Limited)}
    assert list(fields_by_name) == ["host", "ports", "wait_s", "rounds", "share", "colour", "wide"]
    assert fields_by_name["host"].required
    assert [name for name, each in fields_by_name.items() if each.many] == ["ports"]
    assert [each.kind.value for each in fields_by_name.values()] == [
        "text",
        "whole",
        "number",
        "whole",
        "number",
        "choice",
        "choice",
    ]
    assert [each.default for each in fields_by_name.values()] == ["", "53,80", "2", "", "0.5", "", "false"]
    assert fields_by_name["wait_s"].unit is Seconds
    assert fields_by_name["share"].unit is None
    assert fields_by_name["rounds"].limits == Between(1, 9)
    assert fields_by_name["colour"].choices == ("", "red", "blue")
    assert fields_by_name["wide"].choices == ("true", "false")


@pytest.mark.parametrize("spec", [probe.spec for probe in BUILTIN], ids=lambda spec: spec.id)
def test_the_words_of_the_defaults_give_the_defaults(spec):
    needed = {each.name: NEEDED[spec.id][each.name] for each in param_fields(spec.params) if each.required}
    plain = build_params(spec.params, {**needed, **NEEDED[spec.id]})
    words = {each.name: each.default for each in param_fields(spec.params)}
    assert build_params(spec.params, {**words, **NEEDED[spec.id]}) == plain


NEEDED = {
    **{probe.spec.id: {} for probe in BUILTIN},
    "lan": {"gateway": "192.168.10.1", "interface": "eth0"},
    "ping": {"target": "198.18.0.1"},
    "route": {"target": "198.18.0.1"},
    "mtu": {"target": "198.18.0.1"},
    "dns": {"resolver": "198.18.0.1"},
    "encrypted_dns": {"resolver": "tls://dns.example.com"},
    "portal": {"url": "http://connect.example.com/"},
    "proxy": {"urls": "https://www.example.com/"},
    "reach": {"host": "www.example.com", "port": "443", "layer": "https"},
    "udp": {"stun": "stun.example.com"},
    "udp_service": {"target": "vpn.example.com:1194"},
    "load": {"server": "https://speed.example.com/"},
}
