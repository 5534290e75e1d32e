"""Dates and times as people read them: in the language's own form and in the time of this computer."""

from datetime import datetime

from nexkit.texts import Texts


def day(when: datetime, texts: Texts) -> str:
    """`20 Nov 2026`, `2026年11月20日`, where this computer's clock stood then."""
    return _day(when.astimezone(), texts)


def moment(when: datetime, texts: Texts) -> str:
    """`20 Nov 2026, 19:15`, `2026年11月20日 19:15`."""
    local = when.astimezone()
    return texts.gettext("{day}, {time}").format(day=_day(local, texts), time=_time(local))


def time_of_day(when: datetime, *, seconds: bool = False) -> str:
    """`19:15` or `19:15:08`, for what happened within a day."""
    return _time(when.astimezone(), seconds=seconds)


def span(begin: datetime, end: datetime, texts: Texts) -> str:
    """From one moment to another: the day is said once where it is the same."""
    begins, ends = begin.astimezone(), end.astimezone()
    last = _time(ends) if begins.date() == ends.date() else moment(end, texts)
    return texts.gettext("{begin} – {end}").format(begin=moment(begin, texts), end=last)


def _day(local: datetime, texts: Texts) -> str:
    _ = texts.gettext
    months = (
        _("Jan"),
        _("Feb"),
        _("Mar"),
        _("Apr"),
        _("May"),
        _("Jun"),
        _("Jul"),
        _("Aug"),
        _("Sep"),
        _("Oct"),
        _("Nov"),
        _("Dec"),
    )
    return _("{day} {month} {year}").format(day=local.day, month=months[local.month - 1], year=local.year)


def _time(local: datetime, *, seconds: bool = False) -> str:
    return f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
