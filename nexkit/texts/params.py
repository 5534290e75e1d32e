"""Words about the parameters of a probe, for a form: what a value is, and what is wrong with one."""

from collections.abc import Mapping
from typing import Any

from nexkit.params import Between, ParamError, ParamField, ParamKind, ParamProblem
from nexkit.texts import Texts
from nexkit.units import BitPerSecond, Bytes, Ms, Ratio, Rpm, Seconds


def param_hint(field: ParamField, texts: Texts) -> str:
    """What may be typed: kind, unit, limits, default."""
    _ = texts.gettext
    parts = [_kind_word(field, texts)]
    if field.many:
        parts.append(_("several with commas between them"))
    if field.limits is not None:
        parts.append(limits_text(field.limits, texts))
    if field.required:
        parts.append(_("needed"))
    elif field.default:
        parts.append(_("otherwise {value}").format(value=choice_word(field.default, texts)))
    return " · ".join(part for part in parts if part)


def choice_word(word: str, texts: Texts) -> str:
    """A word that can be chosen; those of enumerations are the same in every language."""
    _ = texts.gettext
    return {"": _("not set"), "true": _("yes"), "false": _("no")}.get(word, word)


def _kind_word(field: ParamField, texts: Texts) -> str:
    _ = texts.gettext
    if unit := _units(texts).get(field.unit):
        return unit
    return {
        ParamKind.TEXT: _("text"),
        ParamKind.WHOLE: _("whole number"),
        ParamKind.NUMBER: _("number"),
        ParamKind.CHOICE: "",
    }[field.kind]


def _units(texts: Texts) -> Mapping[Any, str]:
    _ = texts.gettext
    return {
        Seconds: _("seconds"),
        Ms: _("milliseconds"),
        Bytes: _("bytes"),
        BitPerSecond: _("bit/s"),
        Ratio: _("share, 0 to 1"),
        Rpm: _("round trips per minute"),
    }


def limits_text(limits: Between, texts: Texts) -> str:
    """What a number may be."""
    _ = texts.gettext
    least, most = f"{limits.least:.15g}", "" if limits.most is None else f"{limits.most:.15g}"
    if limits.above:
        words = _("more than {least}, at most {most}") if most else _("more than {least}")
    else:
        words = _("{least} to {most}") if most else _("at least {least}")
    return words.format(least=least, most=most)


def param_problem_text(error: ParamError, field: ParamField | None, texts: Texts) -> str:
    """What to say beside the field that is wrong; the probe's own checks speak English, to engineers."""
    _ = texts.gettext
    match error.problem:
        case ParamProblem.MISSING:
            return _("Something has to be entered here.")
        case ParamProblem.NOT_A_NUMBER if field is not None and field.kind is ParamKind.WHOLE:
            return _("This has to be a whole number, 0 or more.")
        case ParamProblem.NOT_A_NUMBER:
            return _("This has to be a number, 0 or more.")
        case ParamProblem.OUT_OF_LIMITS if field is not None and field.limits is not None:
            return _("This is outside what is possible: {limits}.").format(limits=limits_text(field.limits, texts))
        case _:
            return _("This does not work: {reason}").format(reason=str(error))
