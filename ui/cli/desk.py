"""`nexkit desk check-withdrawal|purge`: what a desk does when a consent is taken back or its time is over."""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from nexkit.texts import Texts
from report.consent import ConsentRecord
from report.document import ENCRYPTED_SUFFIX, SUFFIX
from report.encryption import EncryptionError
from report.load import InvalidBundleError, bundle_file, load_report, opened
from report.notes import (
    DELETION_SUFFIX,
    DeletedFile,
    NoteError,
    Reason,
    check_withdrawal,
    deletion,
    write_note,
)
from report.plain import encode, moment
from report.trust import Tier
from report.visible import visible
from ui.cli.bundle import read_report_of
from ui.cli.errors import CommandError, ExitStatus
from ui.cli.own_consent import trust_for
from ui.cli.signing_key import signing_key
from ui.cli.streams import is_terminal, write_json


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A file that is a report."""

    path: Path
    sha256: str
    consent: ConsentRecord


def check_withdrawal_command(arguments: argparse.Namespace, texts: Texts) -> int:
    """Say whether a withdrawal is good: by whoever agreed, where the report is given."""
    _ = texts.gettext
    try:
        checked = check_withdrawal(Path(arguments.note), trust_for(arguments, texts))
    except NoteError as error:
        raise CommandError(str(error), ExitStatus.FAULT) from None
    note, fits = checked.note, None
    if arguments.report:
        report = read_report_of(arguments.report, arguments, texts)
        fits = (note.report_id, note.content_root) == (report.report_id, report.consent.content_root) and (
            report.verification.signer == checked.key
        )
    if arguments.json:
        write_json({**encode(note), "tier": checked.tier.value, "fits_report": fits}, arguments.json)
    if arguments.json != "-":
        print(f"{arguments.note}: {checked.tier.value}")
        print(
            _("{signer} took back the consent to report {id} on {when}").format(
                signer=visible(note.signer), id=visible(note.report_id), when=moment(note.withdrawn_at)
            )
        )
        if fits is not None:
            print(
                _("It is about this report, and by whoever agreed to it.")
                if fits
                else _("It is not about this report, or not by whoever agreed to it.")
            )
    if fits is False or checked.tier is Tier.INVALID:
        return ExitStatus.FAULT
    return ExitStatus.HEALTHY if fits or checked.tier > Tier.INTEGRITY_ONLY else ExitStatus.BELOW_TIER


def purge_command(arguments: argparse.Namespace, texts: Texts) -> int:
    """Delete reports and write a signed certificate of each; what is no report stays."""
    _ = texts.gettext
    found, others = [], []
    for path in _files(arguments.reports, texts):
        try:
            found.append(_report(path, Path(arguments.identity) if arguments.identity else None))
        except (InvalidBundleError, EncryptionError) as error:
            others.append(path)
            print(f"nexkit: {_left(path, error, texts)}", file=sys.stderr)
    if not found:
        raise CommandError(_("desk purge: there is no report to delete"), ExitStatus.FAULT)
    by_report: dict[tuple[str, str], list[_Found]] = {}
    for each in found:
        by_report.setdefault((each.consent.report_id, each.consent.content_root), []).append(each)
    places = _places(Path(arguments.certificate), by_report, texts)
    key = signing_key(arguments.key, texts)
    if not arguments.yes and not _agreed(found, texts):
        raise CommandError(_("nothing was deleted"))
    for (report_id, root), files in by_report.items():
        certificate = deletion(
            files[0].consent,
            tuple(DeletedFile(name=each.path.name, sha256=each.sha256) for each in files),
            key,
            datetime.now(UTC),
            reason=Reason(arguments.reason),
            desk=arguments.name,
        )
        place = places[report_id, root]
        write_note(place, certificate, lambda files=files: _delete(files, texts))  # type: ignore[misc]  # the files of this round
        print(
            texts.ngettext(
                "Report {id}: {count} file deleted; certificate: {file}",
                "Report {id}: {count} files deleted; certificate: {file}",
                len(files),
            ).format(id=report_id, count=len(files), file=place)
        )
    print(_("Copies in backups and mailboxes are not deleted by this."), file=sys.stderr)
    return ExitStatus.FAULT if others else ExitStatus.HEALTHY


def _files(names: list[str], texts: Texts) -> Iterator[Path]:
    """The files that are named, and those in folders that are called like reports; no links."""
    for name in dict.fromkeys(names):
        path = Path(name)
        if path.is_symlink():
            raise CommandError(texts.gettext("{file}: this is a link: name the file itself").format(file=name))
        if not path.is_dir():
            yield path
            continue
        for each in sorted(path.iterdir()):
            is_named = each.name.removesuffix(ENCRYPTED_SUFFIX).endswith(SUFFIX)
            if is_named and each.is_file() and not each.is_symlink():
                yield each


def _report(path: Path, identities: Path | None) -> _Found:
    """InvalidBundleError, EncryptionError, OSError for what is no report."""
    data = bundle_file(path)
    consent = load_report(opened(path, data, identities)).consent
    return _Found(path=path, sha256=sha256(data).hexdigest(), consent=consent)


def _left(path: Path, error: Exception, texts: Texts) -> str:
    if isinstance(error, EncryptionError):
        return str(error)
    return texts.gettext("{file}: this is no valid report; it stays where it is").format(file=path)


def _places(out: Path, by_report: dict[tuple[str, str], list[_Found]], texts: Texts) -> dict[tuple[str, str], Path]:
    """Where each certificate goes; CommandError where two would get the same name."""
    if out.is_dir():
        places = {key: out / (key[0] + DELETION_SUFFIX) for key in by_report}
    elif len(by_report) == 1:
        places = dict.fromkeys(by_report, out)
    else:
        raise CommandError(
            texts.gettext("--certificate: {file}: name a folder: there are several reports").format(file=out)
        )
    if len(set(places.values())) < len(places) or any(place.exists() for place in places.values()):
        raise CommandError(
            texts.gettext("--certificate: {file}: a certificate would take the place of another").format(file=out)
        )
    return places


def _delete(files: list[_Found], texts: Texts) -> None:
    """Delete just what was looked at."""
    for each in files:
        if sha256(bundle_file(each.path)).hexdigest() != each.sha256:
            raise CommandError(texts.gettext("{file}: changed meanwhile; it stays where it is").format(file=each.path))
        each.path.unlink()


def _agreed(found: list[_Found], texts: Texts) -> bool:
    _ = texts.gettext
    if not is_terminal():
        raise CommandError(_("desk purge: nobody is there to ask: add --yes"))
    for each in found:
        print(f"{each.consent.report_id}  {visible(str(each.path))}", file=sys.stderr)
    question = texts.ngettext("Delete {count} file? [y/N]", "Delete {count} files? [y/N]", len(found))
    print(question.format(count=len(found)), end=" ", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().casefold() in {"y", "yes", _("y")}
