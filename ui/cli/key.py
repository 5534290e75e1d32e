"""`nexkit key show|enrol|rotate`: the keys that sign this installation's reports."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from nexkit.profile_file import parse_profile, read_profile_file
from nexkit.texts import Texts
from report.certificates import FILE_SUFFIX, Certificate, CertificateError
from report.files import write_whole
from report.key_store import KeyFileError, key_storage_text
from report.keys import KeptKey, Keys
from report.plain import moment
from report.profile_in_force import Sources, profile_in_force
from report.public_keys import PublicKey
from report.signers import signers_line
from report.visible import visible
from ui.cli.errors import CommandError, ExitStatus
from ui.cli.streams import write_json


def show_key(arguments: argparse.Namespace, texts: Texts) -> int:
    """Print the installation's name, the line for a desk's list of signers, where the key is and who vouches for it."""
    keys, profile_id = Keys(), _profile_id(arguments)
    try:
        kept, earlier = keys.current(profile_id), keys.earlier(profile_id)
    except KeyFileError as error:
        raise CommandError(str(error)) from None
    certificates = list(keys.certificates(kept))
    if arguments.json:
        write_json(_document(profile_id, kept, certificates, earlier), arguments.json)
    if arguments.json == "-":
        return ExitStatus.HEALTHY
    _ = texts.gettext
    print(kept.key.install_id)
    print(signers_line(kept.key))
    place = keys.place(kept)
    print(_("Kept in {file}").format(file=place) if place else key_storage_text(kept.storage, texts), file=sys.stderr)
    now = datetime.now(UTC)
    for certificate in certificates:
        print(_certificate_text(certificate, now, texts), file=sys.stderr)
    if not certificates:
        print(_("No certificate: the reports are of a key that your IT department has not signed."), file=sys.stderr)
    for old in earlier:
        print(_earlier_text(old, texts), file=sys.stderr)
    return ExitStatus.HEALTHY


def enrol_key(arguments: argparse.Namespace, texts: Texts) -> int:
    """Write the public key for the IT department to sign, or take the certificate that it made."""
    _ = texts.gettext
    keys, profile_id = Keys(), _profile_id(arguments)
    try:
        if arguments.certificate:
            certificate = keys.take_certificate(profile_id, Path(arguments.certificate), datetime.now(UTC))
            print(_certificate_text(certificate, datetime.now(UTC), texts))
            return ExitStatus.HEALTHY
        key = keys.current(profile_id).key
    except KeyFileError as error:
        raise CommandError(str(error)) from None
    except CertificateError as error:
        raise CommandError(f"{arguments.certificate}: {_certificate_problem(str(error), texts)}") from None
    out = Path(arguments.out or ".")
    file = out / f"{key.install_id}.pub" if out.is_dir() else out
    write_whole(file, f"{key.line} {key.install_id}\n".encode())
    print(file)
    print(
        _("Give this file to your IT department. It holds no secret. What comes back: {name}").format(
            name=key.install_id + FILE_SUFFIX
        ),
        file=sys.stderr,
    )
    return ExitStatus.HEALTHY


def rotate_key(arguments: argparse.Namespace, texts: Texts) -> int:
    """Make a new key, after a question on a terminal or with `--yes`."""
    _ = texts.gettext
    keys, profile_id = Keys(), _profile_id(arguments)
    try:
        if not arguments.yes and not _agreed(keys.current(profile_id).key, texts):
            return ExitStatus.STOPPED
        made = keys.rotate(profile_id)
        print(made.key.install_id)
        print(signers_line(made.key))
        print(_earlier_text(keys.earlier(profile_id)[0], texts), file=sys.stderr)
    except KeyFileError as error:
        raise CommandError(str(error)) from None
    return ExitStatus.HEALTHY


def _agreed(key: PublicKey, texts: Texts) -> bool:
    _ = texts.gettext
    if not sys.stdin.isatty():
        raise CommandError(_("key rotate: nobody is there to ask: add --yes"))
    print(
        _(
            "From now on reports are signed by a new key. Desks that know {name} do not know it, and a certificate has "
            "to be made anew. Earlier reports stay valid."
        ).format(name=key.install_id),
        file=sys.stderr,
    )
    sys.stderr.write(_("Make a new key? [y/N] "))
    sys.stderr.flush()
    return sys.stdin.readline().strip().casefold() in {"y", "yes", _("y")}


def _profile_id(arguments: argparse.Namespace) -> str:
    """Whose key is meant: that for the profile in force where none is named. ProfileError, OSError.

    A profile that is named need not be valid: one that is out of date has a key too.
    """
    if not arguments.profile:
        return profile_in_force(None, datetime.now(UTC), Sources()).profile.id
    path = Path(arguments.profile)
    return parse_profile(read_profile_file(path), str(path)).id


def _certificate_text(certificate: Certificate, now: datetime, texts: Texts) -> str:
    _ = texts.gettext
    if certificate.is_late(now):
        sentence = _("Certificate {name}, expired on {end}; issued by {authority}, serial {serial}")
    elif certificate.is_early(now):
        sentence = _("Certificate {name}, not valid yet, until {end}; issued by {authority}, serial {serial}")
    else:
        sentence = _("Certificate {name}, valid until {end}; issued by {authority}, serial {serial}")
    return sentence.format(
        name=certificate.principal,
        end=_("{when:%Y-%m-%d %H:%M} UTC").format(when=certificate.ends_at) if certificate.ends_at else _("ever"),
        authority=certificate.authority.fingerprint,
        serial=certificate.serial,
    )


def _earlier_text(kept: KeptKey, texts: Texts) -> str:
    _ = texts.gettext
    return _("Earlier key: {line} (from {start} until {end})").format(
        line=signers_line(kept.key),
        start=f"{kept.made_at:%Y-%m-%d}" if kept.made_at else "?",
        end=f"{kept.retired_at:%Y-%m-%d}" if kept.retired_at else "?",
    )


def _certificate_problem(word: str, texts: Texts) -> str:
    """What is wrong with a certificate, and the mend."""
    _ = texts.gettext
    sentences = {
        "other_key": _("this certificate is for another key: enrol again, and send the new file"),
        "expired": _("this certificate has expired: ask for a new one"),
        "host_certificate": _("this is a certificate for a host: sign the key without -h"),
        "critical_option": _("this certificate has critical options: sign the key with -O clear"),
        "principals": _(
            "a certificate has to name just this installation: sign the key with -n INSTALLATION@ORGANISATION"
        ),
        "principal": _("this certificate names somebody else: sign the key with -n INSTALLATION@ORGANISATION"),
        "authority_signature": _("the signature in this certificate is not good"),
        "authority_type": _("this certificate was signed by a key of another type than Ed25519 or ECDSA"),
        "key_type": _("this certificate is for a key of a type that signs no reports"),
    }
    return sentences.get(
        word, _("this is no certificate such as ssh-keygen -s writes ({word})").format(word=visible(word))
    )


def _document(
    profile_id: str, kept: KeptKey, certificates: list[Certificate], earlier: tuple[KeptKey, ...]
) -> dict[str, object]:
    return {
        "profile": profile_id,
        "install_id": kept.key.install_id,
        "public_key": kept.key.line,
        "signers_line": signers_line(kept.key),
        "key_storage": kept.storage.value,
        "made_at": None if kept.made_at is None else moment(kept.made_at),
        "certificates": [
            {
                "principal": certificate.principal,
                "authority": certificate.authority.fingerprint,
                "serial": certificate.serial,
                "ends_at": None if certificate.ends_at is None else moment(certificate.ends_at),
            }
            for certificate in certificates
        ],
        "earlier": [
            {
                "install_id": old.key.install_id,
                "public_key": old.key.line,
                "made_at": None if old.made_at is None else moment(old.made_at),
                "retired_at": None if old.retired_at is None else moment(old.retired_at),
            }
            for old in earlier
        ],
    }
