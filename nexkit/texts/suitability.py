"""Words for what the connection is good for."""

from collections.abc import Sequence

from nexkit.diagnosis.verdict import Diagnosis, Grade, GradedValue, Suitability, Use
from nexkit.texts import Texts
from nexkit.texts.words import spoken_time, value_name, value_text


def use_name(use: Use, texts: Texts) -> str:
    """What people do with a connection."""
    _ = texts.gettext
    words = {
        Use.CALLS: _("Calls and video meetings"),
        Use.REMOTE_DESKTOP: _("Remote desktop"),
        Use.WEB: _("Web"),
    }
    return words[use]


def grade_word(grade: Grade, texts: Texts) -> str:
    """How good it is."""
    _ = texts.gettext
    words = {Grade.GOOD: _("good"), Grade.FAIR: _("with limits"), Grade.POOR: _("poor")}
    return words[grade]


def graded_value_text(value: GradedValue, texts: Texts) -> str:
    """One value; what is asked for stands beside it where it is missed."""
    _ = texts.gettext
    name = _("download") if value.name == "goodput_bit_s" else value_name(value.name, texts)
    tiny = value.name.endswith("_ms") and value.value < 1
    shown = spoken_time(value.value, texts) if tiny else value_text(value.name, value.value)
    words = f"{name} {shown}"
    if value.grade is Grade.GOOD:
        return words
    more_is_better = value.poor is not None and value.poor < value.good
    wanted = _("good from {limit}") if more_is_better else _("good up to {limit}")
    return f"{words} ({wanted.format(limit=value_text(value.name, value.good))})"


def graded(diagnosis: Diagnosis) -> Sequence[Suitability]:
    """The uses of which something can be said."""
    return [each for each in diagnosis.suitability if each.grade is not None]


def suitability_text(use: Suitability, texts: Texts) -> str:
    """A use in one line, the numbers beside the class."""
    _ = texts.gettext
    grade = "–" if use.grade is None else grade_word(use.grade, texts)
    values = "; ".join(graded_value_text(value, texts) for value in use.values)
    return _("{use}: {grade} – {values}").format(use=use_name(use.use, texts), grade=grade, values=values)
