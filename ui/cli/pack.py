"""`nexkit pack`, also called `nexkit-pack`: an installer with the organisation's profile inside."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from nexkit.profile import in_language
from nexkit.texts import Texts
from nexkit.texts.moments import day
from report.files import write_new, write_whole
from report.ssh_lists import SignersError
from ui.cli.errors import CommandError, ExitStatus
from ui.pack import ENDS_SOON, Organisation, PackError, organisation, pack, packed_name, suffix_of, the_installer


def pack_command(arguments: argparse.Namespace, texts: Texts) -> int:
    """Write the organisation's installer; CommandError, ProfileError and OSError before anything is written."""
    now = datetime.now(UTC)
    try:
        made_for = organisation(
            Path(arguments.profile),
            Path(arguments.signers),
            Path(arguments.licence_accepted) if arguments.licence_accepted else None,
            now,
            lambda profile: arguments.name or in_language(profile.name, texts.language),
        )
        installer = Path(arguments.installer) if arguments.installer else the_installer(Path.cwd())
        out = _place(Path(arguments.out), installer, made_for, texts, force=arguments.force)
        made = pack(installer, made_for)
    except PackError as error:
        raise CommandError(_words(error, texts)) from None
    except SignersError as error:
        raise CommandError(str(error)) from None
    _write(out, made, texts, force=arguments.force)
    _say(out, installer, made_for, now, texts)
    return ExitStatus.HEALTHY


def _place(out: Path, installer: Path, made_for: Organisation, texts: Texts, *, force: bool) -> Path:
    """Where the installer goes; CommandError where it must not."""
    _ = texts.gettext
    if out.is_dir():
        out /= packed_name(installer, made_for)
    suffix = suffix_of(installer.name)
    if suffix is not None and suffix_of(out.name) != suffix:
        raise CommandError(
            _(
                "{file}: the installer is made from {installer}: give a name that ends with {suffix}, or a folder"
            ).format(file=out, installer=installer, suffix=suffix)
        )
    if out.exists() and out.samefile(installer):
        raise CommandError(
            _("{file}: this is the installer that yours is made from: give another name").format(file=out)
        )
    if out.exists() and not force:
        raise CommandError(_there_already(out, texts))
    return out


def _write(out: Path, made: bytes, texts: Texts, *, force: bool) -> None:
    if force:
        write_whole(out, made)
        return
    try:
        write_new(out, made)
    except FileExistsError:
        raise CommandError(_there_already(out, texts)) from None


def _there_already(out: Path, texts: Texts) -> str:
    return texts.gettext("{file}: is there already: give another name, or --force to replace it").format(file=out)


def _say(out: Path, installer: Path, made_for: Organisation, now: datetime, texts: Texts) -> None:
    """What was made, and what has to be known of it."""
    _ = texts.gettext
    profile = made_for.profile
    print(
        _("{file} written: profile {id}, serial {serial}, valid until {until}").format(
            file=out, id=profile.id, serial=profile.serial, until=day(profile.not_after, texts)
        )
    )
    if profile.not_after - now < ENDS_SOON:
        _warn(
            _(
                "the profile is refused after {until}: computers need a later one before that; better pack that one"
            ).format(until=day(profile.not_after, texts))
        )
    suffix = suffix_of(installer.name)
    if suffix == ".msi":
        from ui.pack.msi import is_signed, product_code

        print(_("ProductCode, for rules of detection and to uninstall: {code}").format(code=product_code(out)))
        if is_signed(installer):
            _warn(
                _(
                    "the vendor's digital signature does not cover the changed installer and was taken away: sign it "
                    "with your own certificate (signtool sign /fd SHA256 ..., osslsigncode sign ...), or hand it out "
                    "by a tool that asks for no signature"
                )
            )
    elif suffix == ".pkg":
        _warn(
            _(
                "the package is not signed: sign it with your own certificate (productsign --sign ...), or hand it "
                "out by device management"
            )
        )


def _warn(line: str) -> None:
    print(line, file=sys.stderr)


def _words(error: PackError, texts: Texts) -> str:
    """The sentence for a refusal: place, reason, mend."""
    _ = texts.gettext
    sentences = {
        "none": _("{folder}: here is no installer of nexkit (.msi, .deb, .tar.xz, .pkg): name it with --installer"),
        "several": _("{folder}: here are several installers ({files}): name one with --installer"),
        "kind": _("{file}: is no installer of nexkit: give its .msi, .deb, .tar.xz or .pkg"),
        "not_ours": _(
            "{file}: is no installer of nexkit, or one of a version that cannot be packed: take the vendor's"
        ),
        "packed": _("{file}: an organisation's files are in it already: take the vendor's installer"),
        "damaged": _("{file}: is damaged: get it once more, and compare its SHA-256"),
        "parts": _(
            "{file}: has other parts than debian-binary, control.tar.xz and data.tar.xz ({parts}): take the vendor's"
        ),
        "msi": _("{file}: cannot be changed ({detail}): get it once more, and compare its SHA-256"),
        "msitools": _(
            "the program {tool} is missing, which MSI files are changed with outside Windows: install msitools "
            "(Debian and Ubuntu: apt-get install msitools; macOS: brew install msitools), or do this on Windows"
        ),
        "signers": _(
            "{file}: holds no signer: it needs a line such as "
            'profile@org.example namespaces="profile" ssh-ed25519 AAAA...'
        ),
        "licence": _(
            "{file}: holds the SHA-256 of no licence text of the profile: nexkit profile check tells what they are"
        ),
        "recipient": _("{file}: reports cannot be encrypted to its recipients: {detail}"),
        "macos": _(
            "{file}: packages of macOS can be made on macOS only. Device management can also place the files by "
            "itself: profile.toml, profile.toml.sig and org_signers to /Library/Application Support/nexkit, owner "
            "root, group wheel, the folder with mode 755 and the files with 644"
        ),
        "tool": "{tool}: {detail}",
    }
    return sentences[error.code].format(**error.values)
