"""A profile in words: what it is worth and why it is in force, what it asks for, whom it names.

`nexkit profile show` and the window say the same.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nexkit.kit_limits import DEFAULT_LOAD_BYTES
from nexkit.profile import Encrypt, Licence, LoadedProfile, Profile, in_language, licence_in, recipient_of
from nexkit.profile_refusal import ProfileError
from nexkit.run_record import LicenceAccepter, ProfileTrust
from nexkit.targets import targets
from nexkit.texts import Texts
from nexkit.texts.moments import day
from nexkit.texts.numbers import byte_size
from nexkit.texts.profiles import profile_problem, recipient_lines, whose_text
from nexkit.texts.targets import target_lines
from report.plain import encode
from report.profile_in_force import Candidate, Place
from report.visible import visible

LONGEST_LICENCE = 60_000
_LONGEST_LINE = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Lines about one thing; all that is a stranger's in them is harmless to show."""

    title: str
    lines: tuple[str, ...]


def profile_sections(
    loaded: LoadedProfile, licence: Licence | None, places: Iterable[Candidate], texts: Texts
) -> tuple[Section, ...]:
    """Everything about a profile but the text of its licence. `licence` is what has still to be accepted."""
    _ = texts.gettext
    profile = loaded.profile
    sections = (
        Section(title=_("In force"), lines=tuple(_identity(loaded, texts))),
        Section(title=_("Where profiles come from"), lines=tuple(place_text(each, texts) for each in places)),
        Section(title=_("Reports"), lines=tuple(_reports(profile, texts))),
        Section(
            title=_("Services"),
            lines=tuple(
                _("Service: {name} ({id})").format(
                    name=visible(in_language(service.name, texts.language)), id=service.id
                )
                for service in profile.services
            ),
        ),
        Section(
            title=_("Whom the tests contact"),
            lines=tuple(visible(line, limit=_LONGEST_LINE) for line in target_lines(profile, texts)),
        ),
        Section(title=_("Limits"), lines=tuple(_limits(profile, texts))),
        Section(title=_("Licence"), lines=(_licence_line(loaded, licence, texts),)),
    )
    return tuple(section for section in sections if section.lines)


def profile_lines(loaded: LoadedProfile, licence: Licence | None, texts: Texts) -> tuple[str, ...]:
    """The same in short: whose it is, what vouches for it, who gets reports, whether its licence is accepted."""
    lines = (*_identity(loaded, texts), *_reports(loaded.profile, texts))
    return (*lines, _licence_line(loaded, licence, texts))


def _identity(loaded: LoadedProfile, texts: Texts) -> Iterator[str]:
    _ = texts.gettext
    profile = loaded.profile
    yield _("Profile: {name} ({id}), serial {serial}").format(
        name=visible(in_language(profile.name, texts.language)), id=profile.id, serial=profile.serial
    )
    yield _("Valid: {begins} to {ends}").format(
        begins=day(profile.not_before, texts), ends=day(profile.not_after, texts)
    )
    yield signature_text(loaded, texts)
    if loaded.reference.is_unknown_organisation:
        yield visible(whose_text(loaded, texts), limit=1000)


def _reports(profile: Profile, texts: Texts) -> Iterator[str]:
    recipient = one_line(recipient_lines(recipient_of(profile), texts))
    yield texts.gettext("Reports go to: {recipient}").format(recipient=recipient)


def _limits(profile: Profile, texts: Texts) -> Iterator[str]:
    _ = texts.gettext
    found = False
    for limit in _stricter_texts(profile, texts):
        found = True
        yield _("Stricter than the program alone: {limit}").format(limit=limit)
    if not found:
        yield _("Those of the program; the profile asks for nothing stricter.")


def _licence_line(loaded: LoadedProfile, licence: Licence | None, texts: Texts) -> str:
    _ = texts.gettext
    text = licence_in(loaded.profile, texts.language)
    if text is None:
        return _("Licence: none")
    return _("Licence: SHA-256 {digest}, {state}").format(
        digest=text.sha256, state=_licence_word(loaded, licence, texts)
    )


def licence_text(profile: Profile, texts: Texts) -> str:
    """The text of the licence as it can be shown; "" where there is none."""
    text = licence_in(profile, texts.language)
    return "" if text is None else visible(text.text.expandtabs(), limit=LONGEST_LICENCE, keep="\n")


def place_text(candidate: Candidate, texts: Texts) -> str:
    """One place of profiles: what it is, and why it is or is not the one in force."""
    _ = texts.gettext
    names = {
        Place.NAMED: _("File named with --profile ({file})"),
        Place.MANAGED: _("Put in place by the IT department ({file})"),
        Place.BUILT_IN: _("Part of this program"),
    }
    words = _("{place}: {state}").format(
        place=names[candidate.place].format(file=candidate.file), state=_place_state(candidate, texts)
    )
    return visible(words, limit=_LONGEST_LINE)


def _place_state(candidate: Candidate, texts: Texts) -> str:
    _ = texts.gettext
    if candidate.refused is not None:
        words = (
            profile_problem(candidate.refused, texts)
            if isinstance(candidate.refused, ProfileError)
            else candidate.refused.strerror or type(candidate.refused).__name__
        )
        if candidate.in_force:
            return _("in force since the program was started, but refused now: {reason}").format(reason=words)
        return _("refused: {reason}").format(reason=words)
    if candidate.in_force:
        return _("in force")
    if candidate.loaded is None:
        return _("nothing there")
    return _("not used, because a place above comes first")


def signature_text(loaded: LoadedProfile, texts: Texts) -> str:
    """What vouches for the profile, and what that is worth here."""
    _ = texts.gettext
    reference = loaded.reference
    if reference.trust is ProfileTrust.BUILT_IN:
        return _("Part of this program")
    if reference.signer is None:
        return _("Not signed: used only where it is named with --profile, as an unknown organisation's")
    if reference.trust is ProfileTrust.SIGNED:
        return _("Signed by {names}, key {fingerprint}, which is a listed signer of profiles").format(
            names=visible(", ".join(loaded.signer_names)), fingerprint=reference.signer
        )
    return _("Signed by the key {fingerprint}, which is no listed signer of profiles: an unknown organisation").format(
        fingerprint=reference.signer
    )


def _licence_word(loaded: LoadedProfile, licence: Licence | None, texts: Texts) -> str:
    _ = texts.gettext
    if licence is not None:
        return _("not accepted yet")
    if loaded.reference.licence_accepted_by is LicenceAccepter.ORGANISATION:
        return _("accepted by your IT department")
    return _("accepted by you")


def _hosts(profile: Profile) -> list[str]:
    return list(dict.fromkeys(target.host for target in targets(profile)))


def _stricter(profile: Profile) -> dict[str, object]:
    """In which points the profile allows less than the program would, in words for programs."""
    found: dict[str, object] = {}
    if profile.load.backend is None:
        found["load_bytes"] = 0
    elif profile.load.max_bytes < DEFAULT_LOAD_BYTES:
        found["load_bytes"] = profile.load.max_bytes
    if profile.support.encrypt is Encrypt.REQUIRED:
        found["encrypt"] = profile.support.encrypt.value
    if profile.masking:
        found["masking"] = sorted(profile.masking)
    return found


def _stricter_texts(profile: Profile, texts: Texts) -> list[str]:
    _ = texts.gettext
    found = _stricter(profile)
    lines = []
    if found.get("load_bytes") == 0:
        lines.append(_("no load test"))
    elif "load_bytes" in found:
        lines.append(_("at most {size} in a load test").format(size=byte_size(profile.load.max_bytes)))
    if "encrypt" in found:
        lines.append(_("reports are written encrypted only"))
    if profile.masking:
        lines.append(_("more is masked in reports: {words}").format(words=", ".join(sorted(profile.masking))))
    return lines


def licence_hashes(profile: Profile) -> dict[str, str]:
    """SHA-256 of the licence texts by language."""
    found = {language: licence_in(profile, language) for language in profile.licence}
    return {language: licence.sha256 for language, licence in found.items() if licence is not None}


def profile_document(loaded: LoadedProfile, licence: Licence | None) -> dict[str, object]:
    """The profile for programs; `licence` is what has still to be accepted."""
    profile, reference = loaded.profile, loaded.reference
    return {
        "schema": "nexkit/profile/1",
        **encode(reference),
        "name": dict(profile.name),
        "not_before": encode(profile.not_before),
        "not_after": encode(profile.not_after),
        "unknown_organisation": reference.is_unknown_organisation,
        "signer_names": list(loaded.signer_names),
        "licence": licence_hashes(profile),
        "licence_accepted": None if not profile.licence else licence is None,
        "support": encode(profile.support),
        "services": [{"id": service.id, "name": dict(service.name)} for service in profile.services],
        "contacted": _hosts(profile),
        "stricter": _stricter(profile),
    }


def one_line(lines: tuple[str, ...]) -> str:
    """Lines of a profile's own words in one, harmless to print."""
    return visible("; ".join(lines), limit=600)
