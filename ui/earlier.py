"""Reports that were made on this computer: listed, opened, compared, deleted. Window and command line alike."""

import contextlib
import stat
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path

from nexkit.diagnosis.verdict import Diagnosis
from nexkit.platform.managed import ManagedPlace, OpenToOthersError
from nexkit.platform.owner import data_folder
from nexkit.texts import Texts
from report.consent import ConsentRecord
from report.decoder import DecoderError, forget_decoder, has_decoder
from report.encryption import is_encrypted
from report.load import InvalidBundleError, LoadedReport, load_report
from report.notes import WITHDRAWAL_SUFFIX
from report.problems import problem_text
from report.receipts import kept_receipts, receipt_path
from report.saved import SavedNote, SavedReport, digest, forget_saved, is_unchanged, saved_bytes, saved_reports
from report.signers import Signer
from report.ssh_lists import SignersError
from report.trust import KNOWN_DEVICES_FILE, pinned_signers


class FileState(Enum):
    """What became of the file of a report."""

    THERE = "there"
    GONE = "gone"
    CHANGED = "changed"
    """Something else lies in its place."""
    UNKNOWN = "unknown"
    """Nobody remembers where it was written: it was saved by an earlier version."""


def state_text(state: FileState, texts: Texts) -> str:
    """It in words."""
    _ = texts.gettext
    words = {
        FileState.THERE: _("The file is there"),
        FileState.GONE: _("The file is not there any more"),
        FileState.CHANGED: _("The file was changed since"),
        FileState.UNKNOWN: _("Only the receipt of it is here"),
    }
    return words[state]


class EarlierError(Exception):
    """An earlier report that cannot be shown; the text is for its user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A report that was made on this computer."""

    report_id: str
    made_at: datetime
    diagnosis: Diagnosis | None
    """None where only the receipt of it is left."""
    note: SavedNote | None
    """None where only the receipt of it is left."""
    recipient: str
    """In the profile's words."""
    ticket: str | None
    file: FileState
    consent: ConsentRecord | None
    """What was agreed to; None: the receipt is not there (any more)."""
    withdrawn: bool
    """A note that takes the consent back lies beside the file."""
    can_look_up: bool
    """What its pseudonyms stand for is still kept."""


def earlier_reports() -> tuple[Earlier, ...]:
    """All of them, the latest first; OSError where there is no home."""
    receipts = {receipt.report_id: receipt for receipt in kept_receipts()}
    found = [_of_saved(report, receipts.pop(report.note.report_id, None)) for report in saved_reports()]
    found += [_of_receipt(receipt) for receipt in receipts.values()]
    return tuple(sorted(found, key=lambda each: each.made_at, reverse=True))


def _of_saved(report: SavedReport, consent: ConsentRecord | None) -> Earlier:
    note = report.note
    folder = Path(note.path).parent
    return Earlier(
        report_id=note.report_id,
        made_at=note.saved_at,
        diagnosis=report.diagnosis,
        note=note,
        recipient=note.recipient,
        ticket=note.ticket,
        file=_state(note),
        consent=consent,
        withdrawn=_has_withdrawal(folder, note.report_id),
        can_look_up=has_decoder(note.report_id),
    )


def _has_withdrawal(folder: Path, report_id: str) -> bool:
    """Whether the note lies there; a share that is gone keeps no other report from being listed."""
    with contextlib.suppress(OSError):
        return (folder / (report_id + WITHDRAWAL_SUFFIX)).is_file()
    return False


def _of_receipt(consent: ConsentRecord) -> Earlier:
    return Earlier(
        report_id=consent.report_id,
        made_at=consent.event.time,
        diagnosis=None,
        note=None,
        recipient=", ".join(each.name or each.contact or "" for each in consent.recipients),
        ticket=consent.case_ref,
        file=FileState.UNKNOWN,
        consent=consent,
        withdrawn=False,
        can_look_up=has_decoder(consent.report_id),
    )


def _state(note: SavedNote) -> FileState:
    """At a glance: the bytes are looked at when it is opened or deleted."""
    try:
        found = Path(note.path).stat()
    except OSError:
        return FileState.GONE
    same_size = stat.S_ISREG(found.st_mode) and found.st_size == note.size_bytes
    return FileState.THERE if same_size else FileState.CHANGED


def open_earlier(earlier: Earlier, texts: Texts) -> LoadedReport:
    """The report in its file, checked as if it came from a stranger; EarlierError where it is not that report.

    The file may have been exchanged since: another number, or a signature by another key than the one that agreed, is
    another report.
    """
    _ = texts.gettext
    if earlier.note is None:
        raise EarlierError(_("Where the file of this report was saved is not known."))
    path = Path(earlier.note.path)
    try:
        data = saved_bytes(earlier.note)
        if is_encrypted(data):
            raise EarlierError(_("The file is encrypted: only the support desk can open it."))
        report = load_report(data, _signers(), known=data_folder() / KNOWN_DEVICES_FILE)
    except InvalidBundleError as error:
        said = texts.joined(problem_text(problem, texts) for problem in error.verification.problems)
        raise EarlierError(_("The file is no valid report any more: {problems}").format(problems=said)) from None
    except FileNotFoundError:
        raise EarlierError(_("The file is not there any more. It was: {file}").format(file=path)) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise EarlierError(_("The file cannot be read ({reason}): {file}").format(reason=reason, file=path)) from None
    signer = report.verification.signer
    agreed_by = earlier.consent.pii_principal_id if earlier.consent else None
    same_key = agreed_by is not None and signer is not None and signer.install_id == agreed_by
    if report.report_id != earlier.report_id or not (same_key or digest(data) == earlier.note.sha256):
        raise EarlierError(
            _("The file was exchanged: it is report {id}, signed by {signer}.").format(
                id=report.report_id, signer=signer.install_id if signer else "–"
            )
        )
    return report


def _signers() -> tuple[Signer, ...]:
    """Whom the organisation trusts; to read one's own report needs no list."""
    try:
        return pinned_signers(ManagedPlace())
    except (OpenToOthersError, SignersError):
        return ()


def delete_earlier(earlier: Earlier, texts: Texts, *, with_receipt: bool) -> str:
    """Delete the report from this computer, a sentence on each part of it; OSError.

    The file goes only where it still is that report: something else in its place is not ours to delete.
    """
    _ = texts.gettext
    said = []
    note = earlier.note
    if note is not None:
        try:
            unchanged = is_unchanged(note)
        except FileNotFoundError:
            said.append(_("The file was not there any more."))
        else:
            if unchanged:
                Path(note.path).unlink()
                said.append(_("The file is deleted."))
            else:
                said.append(_("Another file lies in its place, which stays: {file}").format(file=note.path))
    with contextlib.suppress(DecoderError):
        if forget_decoder(earlier.report_id):
            said.append(_("The list of what was replaced is deleted."))
    if with_receipt:
        receipt_path(earlier.report_id).unlink(missing_ok=True)
        said.append(_("The receipt is deleted."))
    elif earlier.consent is not None:
        said.append(_("The receipt stays, so that you can still take back your consent."))
    forget_saved(earlier.report_id)  # a note that cannot be read, too
    return texts.joined(said)


def place_for_withdrawal(earlier: Earlier) -> Path:
    """Where the note is found again: beside the report, else in the user's own folder."""
    if earlier.note is not None:
        with contextlib.suppress(OSError):
            if (folder := Path(earlier.note.path).parent).is_dir():
                return folder
    return Path.home()
