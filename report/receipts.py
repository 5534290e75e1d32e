"""Receipts: what the user agreed to, kept for the user, word for word as it stands in the report.

They lie in the user's own data folder until the user deletes them. A withdrawal is made of one, and a certificate of
deletion is held against one.
"""

import contextlib
import re
from pathlib import Path

from nexkit.platform.owner import data_folder
from nexkit.texts import Texts
from report.codec import CodecError, loads
from report.consent import ConsentRecord, Decision, consent_text, record_bytes
from report.consent_check import read_consent
from report.files import write_whole
from report.plain import moment
from report.terms import Terms, Withdrawal, terms_lines

SUFFIX = ".consent.json"
MAX_BYTES = 256 * 1024
REPORT_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")


class ReceiptError(Exception):
    """A receipt that is not there or cannot be read; the text names the place."""


def keep_receipt(consent: ConsentRecord, folder: Path | None = None) -> Path:
    """Write the receipt of a report that was saved, in the place of an earlier one for the same report; OSError."""
    path = receipt_path(consent.report_id, folder)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(path, record_bytes(consent), mode=0o600)
    return path


def receipt_path(report_id: str, folder: Path | None = None) -> Path:
    """Where the receipt of a report lies; ReceiptError for what is no report number."""
    if not REPORT_ID.fullmatch(report_id):
        raise ReceiptError(f"{report_id!r} is no report number such as 20261120T101500Z-554e9734")
    return (folder or data_folder() / "receipts") / (report_id + SUFFIX)


def read_receipt(path: Path) -> ConsentRecord:
    """The record in a receipt; ReceiptError where there is none, OSError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return read_consent(loads(file.read(MAX_BYTES)))
    except FileNotFoundError:
        raise ReceiptError(f"{path}: there is no receipt for this report (any more)") from None
    except CodecError as error:
        raise ReceiptError(f"{path}: not a receipt of this program ({error})") from None


def kept_receipts(folder: Path | None = None) -> tuple[ConsentRecord, ...]:
    """All that are kept and can be read; OSError where there is no home."""
    found = []
    folder = folder or data_folder() / "receipts"
    paths = sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []
    for path in paths:
        with contextlib.suppress(ReceiptError, OSError):
            receipt = read_receipt(path)
            if path == receipt_path(receipt.report_id, folder):
                found.append(receipt)
    return tuple(found)


def receipt_text(consent: ConsentRecord, texts: Texts) -> str:
    """A receipt for people; what the profile says is in its own words, to be made visible."""
    _ = texts.gettext
    lines = [
        _("Report {id}").format(id=consent.report_id),
        _("Agreed on {when}, record {record}").format(when=moment(consent.event.time), record=consent.record_id),
    ]
    if consent.case_ref:
        lines.append(_("Ticket: {ticket}").format(ticket=consent.case_ref))
    if terms := terms_said(consent):
        lines += terms_lines(terms, texts)
    for decision, heading in ((Decision.GIVEN, _("In the report:")), (Decision.REFUSED, _("Not in the report:"))):
        titles = [
            consent_text(entry.category, texts).title for entry in consent.decisions if entry.decision is decision
        ]
        if titles:
            lines += [heading, *(f"- {title}" for title in titles)]
    lines.append(_("SHA-256 of the content: {digest}").format(digest=consent.content_root))
    return "\n".join(lines)


def terms_said(consent: ConsentRecord) -> Terms | None:
    """The terms that the user was told; None: reports of before do not say them."""
    notice = consent.notice
    if consent.basis is None or consent.retention is None or consent.rights is None or not consent.purpose:
        return None
    return Terms(
        profile_id=notice.profile_id or "",
        profile_serial=notice.profile_serial or 0,
        url=notice.url,
        controller=consent.controller,
        recipients=consent.recipients,
        purpose=consent.purpose[0],
        basis=consent.basis,
        jurisdiction=consent.jurisdiction,
        storage_location=consent.storage_location,
        retention=consent.retention,
        withdrawal=consent.withdrawal or Withdrawal(how="", address=None),
        rights=consent.rights,
    )
