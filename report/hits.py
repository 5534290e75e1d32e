"""Private values that the last check found in a report, in words for the user who decides about them."""

from nexkit.texts import Texts
from report.consent import Category, consent_text
from report.draft import Hit
from report.residual import PrivatePattern
from report.visible import visible

_MAX_VALUE = 80


def hit_title(hit: Hit, texts: Texts) -> str:
    """What was found."""
    return texts.gettext("{kind}: “{value}”").format(
        kind=_kind(hit.pattern, texts), value=visible(hit.value, limit=_MAX_VALUE)
    )


def hit_detail(hit: Hit, texts: Texts) -> str:
    """In which files, around what, and what can be left out so that it is gone."""
    _ = texts.gettext
    lines = [_("Found in {files}").format(files=", ".join(hit.paths))]
    if hit.steps:
        lines[0] += _(" (steps {steps})").format(steps=", ".join(visible(step) for step in hit.steps))
    if hit.around:
        lines.append("… " + hit.around + " …")
    else:
        lines.append(_("It is hidden there in another coding."))
    if hit.categories:
        lines.append(
            _("It is gone when you leave out: {categories}").format(
                categories=", ".join(
                    consent_text(category, texts).title for category in Category if category in hit.categories
                )
            )
        )
    return "\n".join(lines)


def warning_text(hits: tuple[Hit, ...], texts: Texts) -> str:
    """What the user should know of their own words before they share them; "" for nothing."""
    if not hits:
        return ""
    return texts.gettext("Your own words go into the report as you typed them. They contain: {values}").format(
        values="; ".join(hit_title(hit, texts) for hit in hits)
    )


def _kind(pattern: PrivatePattern | None, texts: Texts) -> str:
    _ = texts.gettext
    match pattern:
        case None:
            return _("A private value")
        case PrivatePattern.HARDWARE_ADDRESS:
            return _("A hardware address")
        case PrivatePattern.LOGIN:
            return _("A name with a password")
        case PrivatePattern.MAIL:
            return _("A mail address")
        case PrivatePattern.TOKEN:
            return _("A sign-in token")
        case PrivatePattern.KEY:
            return _("A key or certificate")
        case PrivatePattern.HOME:
            return _("A folder with a user's name")
        case PrivatePattern.ADDRESS:
            return _("A public address")
