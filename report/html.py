"""The report as a page: one file without script and without any outside reference, for a phone, a screen or paper.

It holds the words of every language, one after the other, and shows those that are chosen at its head: by style alone.
"""

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from nexkit.diagnosis.verdict import Diagnosis
from nexkit.profile import Profile
from nexkit.run_record import RunRecord
from nexkit.texts import LANGUAGES, Texts
from report.redact import user_text
from report.view import MAX_RAW, report_view
from report.visible import MAX_CHARACTERS, visible

_TEMPLATES = Path(__file__).parent / "templates"
_LONGEST_UNBROKEN = 15
"""Characters of a line that stays in one piece in its cell."""


def shown(text: object, limit: int = MAX_CHARACTERS) -> Markup:
    """Text of unknown origin in a page: escaped, apart from the direction of what surrounds it, nothing invisible."""
    return Markup("<bdi>{}</bdi>").format(visible(str(text), limit=limit))


def typed(text: str) -> Markup:
    """Text of unknown origin that keeps its lines: what the user typed, a raw fact."""
    return Markup("<bdi>{}</bdi>").format(user_text(text))


def lines(text: str) -> str:
    """The lines of a cell, which is a block of its own and so apart from what surrounds it."""
    return "\n".join(visible(line) for line in text.split("\n"))


def is_short(text: str) -> bool:
    """Whether a cell is narrow enough not to be broken."""
    return all(len(line) <= _LONGEST_UNBROKEN for line in text.split("\n"))


def _harmless(value: object) -> object:
    """Every text that is put into the page, our own sentences among them: some of them quote a word of the report."""
    return visible(value, limit=MAX_RAW, keep="\n") if type(value) is str else value


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(shown=shown, typed=typed, lines=lines)
    environment.tests["short"] = is_short
    return environment


def report_html(
    record: RunRecord, diagnosis: Diagnosis, profile: Profile | None, texts: Texts, *, report_id: str
) -> str:
    """The page of a redacted run in every language, that of `texts` first and chosen.

    `profile` gives the organisation's name; without it the page shows the id alone.
    """
    languages = (texts, *(Texts(each) for each in LANGUAGES if each != texts.language))
    pages = [report_view(record, diagnosis, profile, each, report_id=report_id) for each in languages]
    environment = _environment()
    css = _style(tuple(each.language for each in languages))
    template = environment.get_template("page.html")
    return environment.get_template("report.html").render(
        css=Markup(css),  # noqa: S704  our own file
        css_hash=base64.b64encode(hashlib.sha256(css.encode()).digest()).decode(),
        first=pages[0],
        # What the template makes is escaped by it.
        pages=[(view.texts, Markup(template.render(view=view, _=view.texts.gettext))) for view in pages],  # noqa: S704
    )


@cache
def _style(languages: tuple[str, ...]) -> str:
    """The style of the page, with the rules by which one language is shown at a time."""
    chosen = "".join(f"#show-{each}:checked ~ .page:not(.in-{each}) {{ display: none; }}\n" for each in languages)
    return (_TEMPLATES / "report.css").read_text(encoding="utf-8") + (chosen if len(languages) > 1 else "")
