"""`nexkit report terms|receipt|withdraw|check-deletion`: what the user agrees to, has agreed to, and takes back."""

import argparse
from pathlib import Path

from nexkit.texts import Texts
from report.consent import ConsentRecord, notice_text
from report.encryption import is_encrypted
from report.key_store import KeyFileError
from report.load import InvalidBundleError, load_report
from report.notes import NoteError, check_deletion
from report.plain import encode, moment
from report.profile_in_force import Sources
from report.receipts import (
    REPORT_ID,
    SUFFIX,
    ReceiptError,
    read_receipt,
    receipt_path,
    receipt_text,
)
from report.ssh_lists import SignersError
from report.terms import terms_lines, terms_of
from report.trust import Tier, Trust, read_trust
from report.visible import visible
from ui.cli.bundle import signers_for
from ui.cli.errors import CommandError, ExitStatus
from ui.cli.profile_use import begin_with_profile
from ui.cli.streams import write_json
from ui.handover import withdrawn_text, write_withdrawal

_LONGEST = 20_000


def terms_command(arguments: argparse.Namespace, texts: Texts) -> int:
    """Print what is agreed to with `--agree`: the wording, and what the profile says."""
    profile = begin_with_profile(arguments.profile, texts, Sources()).profile
    print(notice_text(texts))
    print(_shown("\n".join(terms_lines(terms_of(profile, texts), texts))))
    return ExitStatus.HEALTHY


def receipt_command(arguments: argparse.Namespace, texts: Texts) -> int:
    """Print what was agreed to for a report."""
    consent, _install_id = _consent_of(arguments.report, texts)
    if arguments.json:
        write_json(encode(consent), arguments.json)
    if arguments.json != "-":
        print(_shown(receipt_text(consent, texts)))
    return ExitStatus.HEALTHY


def withdraw_command(arguments: argparse.Namespace, texts: Texts) -> int:
    """Write the signed note by which the user takes the consent to a report back."""
    consent, install_id = _consent_of(arguments.report, texts)
    try:
        note = write_withdrawal(consent, install_id, Path(arguments.out or "."))
    except KeyFileError as error:
        raise CommandError(str(error)) from None
    print(withdrawn_text(consent, note, texts))
    return ExitStatus.HEALTHY


def check_deletion_command(arguments: argparse.Namespace, texts: Texts) -> int:
    """Say whether a certificate of deletion is good, and whether it is about what was agreed to here."""
    _ = texts.gettext
    try:
        checked = check_deletion(Path(arguments.note), trust_for(arguments, texts))
    except NoteError as error:
        raise CommandError(str(error), ExitStatus.FAULT) from None
    note = checked.note
    mine = _receipt_of(note.report_id)
    fits = None if mine is None else mine.content_root == note.content_root
    if arguments.json:
        write_json({**encode(note), "tier": checked.tier.value, "fits_receipt": fits}, arguments.json)
    if arguments.json != "-":
        print(f"{arguments.note}: {checked.tier.value}")
        print(
            _("Report {id} was deleted on {when} ({reason}), says {desk}, key {key}").format(
                id=visible(note.report_id),
                when=moment(note.deleted_at),
                reason=note.reason.value,
                desk=visible(note.desk) or "-",
                key=checked.key.fingerprint,
            )
        )
        if checked.tier is Tier.INTEGRITY_ONLY:
            print(_("The key is in no list that was given: anybody can have written this."))
        if fits is None:
            print(_("There is no receipt of this report on this computer to compare with."))
        else:
            print(
                _("It is about what you agreed to.")
                if fits
                else _("It is about another content than the one you agreed to.")
            )
        print(_("This is what the desk says. That no copy is left elsewhere, nobody can prove."))
    if fits is False or checked.tier is Tier.INVALID:
        return ExitStatus.FAULT
    return ExitStatus.HEALTHY if checked.tier > Tier.INTEGRITY_ONLY else ExitStatus.BELOW_TIER


def trust_for(arguments: argparse.Namespace, texts: Texts) -> Trust:
    """What the lists of `--signers` and `--revoked` say; CommandError, OSError."""
    try:
        return read_trust(signers_for(arguments, texts), Path(arguments.revoked) if arguments.revoked else None)
    except SignersError as error:
        raise CommandError(str(error)) from None


def _receipt_of(report_id: str) -> ConsentRecord | None:
    try:
        return read_receipt(receipt_path(report_id))
    except ReceiptError:
        return None


def _consent_of(name: str, texts: Texts) -> tuple[ConsentRecord, str | None]:
    """The record of a report that is named by number, receipt or file, and the installation that agreed."""
    file = Path(name)
    try:
        if file.is_file() and not file.name.endswith(SUFFIX):
            with file.open("rb") as opened:
                encrypted = is_encrypted(opened.read(100))
            if not encrypted:
                report = load_report(file)
                signer = report.verification.signer
                return report.consent, report.consent.pii_principal_id or (signer.install_id if signer else None)
        if not file.is_file() or not file.name.endswith(SUFFIX):
            found = REPORT_ID.search(file.name)
            file = receipt_path(found[0] if found else name)
        consent = read_receipt(file)
    except ReceiptError as error:
        raise CommandError(str(error)) from None
    except InvalidBundleError:
        raise CommandError(texts.gettext("{file}: this is no valid report").format(file=name)) from None
    return consent, consent.pii_principal_id


def _shown(text: str) -> str:
    return visible(text, limit=_LONGEST, keep="\n")
