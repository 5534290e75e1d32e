"""`nexkit profile check|sign|show|install`."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nexkit.profile import Licence, LoadedProfile
from nexkit.profile_file import SIGNATURE_SUFFIX, loaded_profile, read_profile_file
from nexkit.run_record import ProfileTrust
from nexkit.texts import Texts
from report.files import write_whole
from report.profile_in_force import PROFILE_FILE, Sources, candidates, profile_in_force, read_named, signers_here
from report.profile_words import licence_hashes, licence_text, profile_document, profile_sections, signature_text
from ui.cli.errors import CommandError, ExitStatus
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
            "{file}: profile {id}, serial {serial}, valid until {until:%Y-%m-%d}; services: {services}, "
            "anchors: {anchors}, names: {names}"
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
    print(signature_text(loaded, texts))
    for language, digest in licence_hashes(profile).items():
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
        write_json(profile_document(loaded, licence), arguments.json)
    if arguments.json != "-":
        print("\n".join(_lines(loaded, licence, texts, sources)))
    return ExitStatus.HEALTHY


def install_profile_command(arguments: argparse.Namespace, texts: Texts) -> int:
    """Put a profile into the IT department's place, or check the one that is there."""
    from report.profile_install import PlaceNotWritableError, install_profile, installed_profile

    _ = texts.gettext
    place, now = Sources().managed, datetime.now(UTC)
    if not arguments.file:
        loaded = installed_profile(now, place)
        if loaded is None:
            print(_("{folder}: there is no organisation profile here").format(folder=place.folder))
            return ExitStatus.HEALTHY
    else:
        try:
            loaded = install_profile(Path(arguments.file), now, place)
        except PlaceNotWritableError as error:
            raise CommandError(
                _("{folder}: only administrators may write here: start this command as administrator (root)").format(
                    folder=error.filename
                )
            ) from None
    print(
        _("{file}: profile {id}, serial {serial}, is used on this computer until {until:%Y-%m-%d}").format(
            file=place.path(PROFILE_FILE),
            id=loaded.profile.id,
            serial=loaded.profile.serial,
            until=loaded.profile.not_after,
        )
    )
    print(signature_text(loaded, texts))
    return ExitStatus.HEALTHY


def _lines(loaded: LoadedProfile, licence: Licence | None, texts: Texts, sources: Sources) -> list[str]:
    places = candidates(loaded, datetime.now(UTC), sources)
    lines = []
    for section in profile_sections(loaded, licence, places, texts):
        lines += [section.title, *(f"  {line}" for line in section.lines)]
    text = licence_text(loaded.profile, texts)
    return [*lines, "", text] if text else lines
