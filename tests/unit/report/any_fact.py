"""Facts of every kind, made from their type hints: any whatsoever, those that know nothing, those that know all."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from nexkit.sensitivity import Sensitivity

_TEXTS = {
    Sensitivity.IP_ADDRESS: "192.0.2.1",
    Sensitivity.MAC_ADDRESS: "00:00:5e:00:53:01",
    Sensitivity.HOST_NAME: "www.example.com",
    Sensitivity.URL: "https://www.example.com/",
    Sensitivity.INTERFACE: "eth0",
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a hinted type, for every hint that facts use."""
    hint = _plain(hint)
    origin = get_origin(hint)
    if origin is Annotated:
        return st.text(max_size=20).filter(lambda text: text.isprintable())
    if origin in (Union, UnionType):
        return st.one_of(*(values(option) for option in get_args(hint)))
    if origin is tuple:
        return st.lists(values(get_args(hint)[0]), max_size=3).map(tuple)
    if is_dataclass(hint):
        hints = get_type_hints(hint, include_extras=True)
        return st.builds(hint, **{item.name: values(hints[item.name]) for item in fields(hint)})
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    if hint is NoneType:
        return st.none()
    return {
        bool: st.booleans(),
        int: st.integers(-(2**63), 2**63),
        float: st.floats(allow_nan=False, allow_infinity=False),
    }.get(hint, st.datetimes(timezones=st.just(UTC)))


def knowing_nothing(hint: Any) -> Any:
    """A value with None wherever that is possible, and with nothing in it."""
    return _filled(hint, None, full=False)


def knowing_all(hint: Any, text: str | Mapping[Sensitivity, str] | None = None) -> Any:
    """A value with something everywhere, and `text` for every text, or for those of a class of privacy."""
    return _filled(hint, text, full=True)


def _filled(hint: Any, text: str | Mapping[Sensitivity, str] | None, *, full: bool) -> Any:
    hint = _plain(hint)
    origin = get_origin(hint)
    if origin is Annotated:
        kind = get_args(hint)[1]
        chosen = text.get(kind) if isinstance(text, Mapping) else text
        return chosen if chosen is not None else _TEXTS.get(kind, "words")
    if origin in (Union, UnionType):
        options = get_args(hint)
        if NoneType in options and not full:
            return None
        return _filled(next(option for option in options if option is not NoneType), text, full=full)
    if origin is tuple:
        return (_filled(get_args(hint)[0], text, full=full),) if full else ()
    if is_dataclass(hint):
        hints = get_type_hints(hint, include_extras=True)
        return hint(**{item.name: _filled(hints[item.name], text, full=full) for item in fields(hint)})
    if issubclass(hint, Enum):
        return next(iter(hint))
    return {bool: full, int: int(full), float: float(full), datetime: datetime(2026, 11, 20, tzinfo=UTC)}[hint]


def _plain(hint: Any) -> Any:
    while hasattr(hint, "__supertype__"):
        hint = hint.__supertype__
    return hint
