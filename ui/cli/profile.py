"""`nexkit profile check|sign|show`."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nexkit.kit_limits import DEFAULT_LOAD_BYTES
from nexkit.profile import Encrypt, Licence, LoadedProfile, Profile, in_language, licence_in, recipient_of
from nexkit.profile_file import SIGNATURE_SUFFIX, loaded_profile, read_profile_file
from nexkit.run_record import LicenceAccepter, ProfileTrust
from nexkit.targets import targets
from nexkit.texts import Texts
from nexkit.texts.numbers import byte_size
from nexkit.texts.profiles import recipient_lines, whose_text
from report.files import write_whole
from report.profile_in_force import Sources, profile_in_force, read_named, signers_here
from report.visible import visible
from ui.cli.errors import CommandError, ExitStatus
from ui.cli.profile_use import LONGEST_LICENCE, one_line
from ui.cli.streams import write_json

if TYPE_CHECKING:
    from report.signers import Signer


def check_profile(arguments: argparse.Namespace, texts: Texts) -> int:
    """Say whether a profile can be used today, what it holds, and what its signature is worth."""
    _ = texts.gettext
    loaded = read_named(Path(arguments.file), datetime.now(UTC), lambda: _signers(arguments.signers))
    profile = loaded.profile
    print(
        _(
            "{file}: profile {id}, serial {serial}, valid until {until:%Y-%m-%d}: {services} services, "
            "{anchors} anchors, {names} names"
        ).format(
            file=arguments.file,
            id=profile.id,
            serial=profile.serial,
            until=profile.not_after,
            services=len(profile.services),
            anchors=len(profile.internet.anchors),
            names=len(profile.internet.names),
        )
    )
    print(_signature_text(loaded, texts))
    for language, digest in _licence_hashes(profile).items():
        print(_("Licence ({language}): SHA-256 {digest}").format(language=language, digest=digest))
    if arguments.signers and loaded.reference.trust is not ProfileTrust.SIGNED:
        return ExitStatus.BELOW_TIER
    return ExitStatus.HEALTHY


def _signers(name: str | None) -> "tuple[Signer, ...]":
    """Those of the list that the user names, else those that the IT department has pinned here."""
    if name is None:
        return signers_here(Sources().managed)
    from report.signers import read_signers
    from report.ssh_lists import SignersError

    try:
        return read_signers(Path(name))
    except SignersError as error:
        raise CommandError(str(error)) from None


def _signature_text(loaded: LoadedProfile, texts: Texts) -> str:
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


def sign_profile_command(arguments: argparse.Namespace, texts: Texts) -> int:
    """Sign a profile that can be used; the signature is written beside it."""
    from report.profile_signature import sign_profile
    from report.public_keys import public_key
    from ui.cli.signing_key import signing_key

    _ = texts.gettext
    file = Path(arguments.file)
    toml = read_profile_file(file)
    loaded_profile(toml, str(file), datetime.now(UTC), ProfileTrust.NAMED)

    key = signing_key(arguments.key, texts)
    beside = file.with_name(file.name + SIGNATURE_SUFFIX)
    write_whole(beside, sign_profile(toml, key))
    print(
        _("{file} written; signed with the key {fingerprint}").format(
            file=beside, fingerprint=public_key(key).fingerprint
        )
    )
    return ExitStatus.HEALTHY


def show_profile(arguments: argparse.Namespace, texts: Texts) -> int:
    """Print the profile in force, or that of a file: whose it is, what it is worth, what it asks for."""
    sources = Sources()
    loaded = profile_in_force(Path(arguments.file) if arguments.file else None, datetime.now(UTC), sources)
    loaded, licence = sources.memory.with_licence(loaded, texts.language)
    if arguments.json:
        write_json(_document(loaded, licence), arguments.json)
    if arguments.json != "-":
        print("\n".join(_lines(loaded, licence, texts)))
    return ExitStatus.HEALTHY


def _lines(loaded: LoadedProfile, licence: Licence | None, texts: Texts) -> list[str]:
    _ = texts.gettext
    profile = loaded.profile
    lines = [
        _("Profile: {name} ({id}), serial {serial}").format(
            name=visible(in_language(profile.name, texts.language)), id=profile.id, serial=profile.serial
        ),
        _("Valid: {begins:%Y-%m-%d} to {ends:%Y-%m-%d}").format(begins=profile.not_before, ends=profile.not_after),
        _signature_text(loaded, texts),
    ]
    if loaded.reference.is_unknown_organisation:
        lines.append(visible(whose_text(loaded, texts), limit=1000))
    lines += [
        _("Reports go to: {recipient}").format(recipient=one_line(recipient_lines(recipient_of(profile), texts))),
        *(
            _("Service: {name} ({id})").format(name=visible(in_language(service.name, texts.language)), id=service.id)
            for service in profile.services
        ),
        _("Contacted: {hosts}").format(hosts=visible(", ".join(_hosts(profile)) or _("nobody"), limit=4000)),
        *(
            _("Stricter than the program alone: {limit}").format(limit=limit)
            for limit in _stricter_texts(profile, texts)
        ),
    ]
    text = licence_in(profile, texts.language)
    if text is None:
        return [*lines, _("Licence: none")]
    return [
        *lines,
        _("Licence: SHA-256 {digest}, {state}").format(digest=text.sha256, state=_licence_word(loaded, licence, texts)),
        "",
        visible(text.text.expandtabs(), limit=LONGEST_LICENCE, keep="\n"),
    ]


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


def _licence_hashes(profile: Profile) -> dict[str, str]:
    found = {language: licence_in(profile, language) for language in profile.licence}
    return {language: licence.sha256 for language, licence in found.items() if licence is not None}


def _document(loaded: LoadedProfile, licence: Licence | None) -> dict[str, object]:
    from report.plain import encode

    profile, reference = loaded.profile, loaded.reference
    return {
        "schema": "nexkit/profile/1",
        **encode(reference),
        "name": dict(profile.name),
        "not_before": encode(profile.not_before),
        "not_after": encode(profile.not_after),
        "unknown_organisation": reference.is_unknown_organisation,
        "signer_names": list(loaded.signer_names),
        "licence": _licence_hashes(profile),
        "licence_accepted": None if not profile.licence else licence is None,
        "support": encode(profile.support),
        "services": [{"id": service.id, "name": dict(service.name)} for service in profile.services],
        "contacted": _hosts(profile),
        "stricter": _stricter(profile),
    }
