"""From a run to a report on the disk: what the window and the command line do alike.

What it takes is imported when it is needed: the wizard's first page comes without.
"""

import errno
import os
import random
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nexkit.profile import LoadedProfile
from nexkit.texts import Texts

if TYPE_CHECKING:
    from report.consent import Category, ConsentRecord
    from report.contents import Item
    from report.decoder import Decoder
    from report.draft import Draft
    from report.masked import Masked
    from report.unfinished import Keeper
    from ui.bootstrap import Run


_LONGEST_PART = 40
"""Characters of an organisation or a ticket in a file's name."""
_SUFFIX_BEGINS = ".nexkit"
_MOST_OF_A_NAME = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A report that is on the disk."""

    report_id: str
    path: Path
    size_bytes: int
    consent: "ConsentRecord"
    """What the user agreed to."""
    receipt: Path | None
    """The same, for the user; None where it could not be written."""


def draft_report(
    run: "Run",
    profile: LoadedProfile,
    categories: "Collection[Category]",
    texts: Texts,
    *,
    released: Collection[str] = (),
    left_out: Collection[str] = (),
) -> "Draft":
    """What the report would contain; ResidueError where a private value would be in it.

    `released` are private values that the user lets through, `left_out` those that earlier drafts were held back for.
    KeyFileError or OSError where there is no key to sign it with.
    """
    from report.draft import make_draft
    from report.keys import Keys

    key = Keys().current(profile.profile.id)
    return make_draft(
        run.record,
        run.diagnosis,
        profile,
        categories,
        texts,
        random.SystemRandom(),
        key_storage=key.storage,
        principal=key.key.install_id,
        released=released,
        left_out=left_out,
    )


def consent_asked(draft: "Draft", texts: Texts, *, method: str) -> "ConsentRecord":
    """The record that the user is asked to agree to; `answered` makes it the one of an agreement.

    `method` says how the user answers: `wizard` or `command_line`.
    """
    from report.draft import consent_to

    return consent_to(draft, method=method, texts=texts, given_at=datetime.now(UTC), random=random.SystemRandom())


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What the user sees of a draft before agreeing to it."""

    draft: "Draft"
    asked: "ConsentRecord"
    files: "Mapping[str, bytes]"
    """The draft's, and the record of the consent that is not answered yet."""
    shown: "Mapping[str, str]"
    """The same as text, in which nothing acts that is not seen."""
    decoder: "Decoder"
    masked: "tuple[Masked, ...]"


def preview_of(draft: "Draft", texts: Texts) -> Preview:
    """The preview of a draft in the window."""
    from report.consent import CONSENT_PATH, unanswered_bytes
    from report.decoder import decoder_of
    from report.masked import masked_in
    from report.visible import shown_text

    asked = consent_asked(draft, texts, method="wizard")
    files = {**draft.files, CONSENT_PATH: unanswered_bytes(asked)}
    decoder = decoder_of(draft, datetime.now(UTC))
    return Preview(
        draft=draft,
        asked=asked,
        files=files,
        shown={path: shown_text(data) for path, data in files.items()},
        decoder=decoder,
        masked=masked_in(decoder, files),
    )


def report_name(draft: "Draft", organisation: str) -> str:
    """What the file of a report is called: number with date, organisation, ticket; in letters that every system takes.

    The ticket is the one that the report has, so that a name tells no more than the file.
    """
    from report.document import SUFFIX

    ticket = draft.redacted.record.request.ticket or ""
    words = [re.sub(r"[^\w.-]+", "-", unicodedata.normalize("NFC", word)) for word in (organisation, ticket)]
    return (
        "_".join([draft.report_id, *(short for word in words if (short := word[:_LONGEST_PART].strip(".-_")))]) + SUFFIX
    )


def suggested_file(folders: Iterable[Path], name: str) -> Path:
    """A file that is not there yet: beside the last report, else in the first folder that can be written to."""
    from report.saved import saved_reports

    with suppress(OSError):
        folders = [*(Path(report.note.path).parent for report in saved_reports()[:1]), *folders]
    folders = list(folders)
    folder = next((each for each in folders if _takes_files(each)), folders[-1])
    stem, dot, suffix = name.partition(_SUFFIX_BEGINS)
    for number in range(2, _MOST_OF_A_NAME):
        if not (folder / name).exists():
            break
        name = f"{stem}-{number}{dot}{suffix}"
    return folder / name


def _takes_files(folder: Path) -> bool:
    """Whether it is there for us; one on a share that is gone, or closed to us by now, is not."""
    with suppress(OSError):
        return folder.is_dir() and os.access(folder, os.W_OK)
    return False


def save_report(
    draft: "Draft",
    consent: "ConsentRecord",
    texts: Texts,
    path: Path,
    *,
    encrypt_to: Sequence[str] = (),
    kept: "Keeper | None" = None,
    replace: bool = True,
) -> Saved:
    """Seal the draft that was agreed to and write it; keep here what its pseudonyms stand for, and a receipt.

    OSError, KeyFileError, ConsentError or EncryptionError where that cannot be done; FileExistsError where something is
    there that is not to be replaced.

    With keys to encrypt to, nothing readable is written.
    The run that was `kept` until there is a report is deleted once it is on the disk.
    """
    from report.decoder import forget_decoder, keep_decoder
    from report.key_store import KeyFileError
    from report.keys import Keys
    from report.receipts import keep_receipt
    from report.seal import seal, write_bundle

    if not replace and path.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    key = Keys().signing_key(draft.redacted.record.profile.id)
    if (key.kept.storage, key.public.install_id) != (draft.key_storage, draft.principal):
        raise KeyFileError(texts.gettext("the key was replaced since the preview; look at the preview again"))
    sealed = seal(draft, consent, key.private, key.certificate, encrypt_to=encrypt_to)
    keep_decoder(draft, consent.event.time)
    try:
        size = write_bundle(path, sealed, encrypt_to)
    except BaseException:
        forget_decoder(draft.report_id)
        raise
    receipt: Path | None = None
    with suppress(OSError):
        receipt = keep_receipt(consent)
        _remember(draft, consent, path, encrypted=bool(encrypt_to))
    if kept is not None:
        kept.discard()
    return Saved(report_id=sealed.report_id, path=path, size_bytes=size, consent=consent, receipt=receipt)


def _remember(draft: "Draft", consent: "ConsentRecord", path: Path, *, encrypted: bool) -> None:
    """Have the report stand among the earlier ones; OSError. What went into a pipe is nowhere to be found again."""
    from report.saved import SavedNote, SavedReport, digest, keep_saved

    if not path.is_file():
        return
    data = path.read_bytes()
    note = SavedNote(
        report_id=draft.report_id,
        saved_at=consent.event.time,
        path=str(path.absolute()),
        sha256=digest(data),
        size_bytes=len(data),
        encrypted=encrypted,
        recipient=", ".join(each.name or each.contact or "" for each in consent.recipients),
        ticket=consent.case_ref,
    )
    keep_saved(SavedReport(note=note, diagnosis=draft.diagnosis))


def share_contents(run: "Run", profile: LoadedProfile, texts: Texts) -> "Mapping[Category, tuple[Item, ...]]":
    """What a report of this run would have of each category, item by item."""
    from nexkit.platform.owner import own_names
    from report.consent import DEFAULT_CATEGORIES
    from report.contents import contents_of
    from report.pseudonyms import KEY_BYTES
    from report.redact import redact, telling_names

    key = random.SystemRandom().randbytes(KEY_BYTES)
    names = telling_names(own_names())
    redacted = redact(run.record, profile.profile, DEFAULT_CATEGORIES, key, own_names=names, diagnosis=run.diagnosis)
    return contents_of(run.record, run.diagnosis, redacted, texts)


def receipt_text(saved: Saved, texts: Texts, *, in_window: bool = False) -> str:
    """Where the receipt is, and what it is good for, in one line."""
    _ = texts.gettext
    if saved.receipt is None:
        return _("The receipt of what you agreed to could not be kept on this computer; the report has it as well.")
    if in_window:
        return _(
            "Receipt of what you agreed to: {file}. You can take it back at any time, here or under “Earlier reports” "
            "in the menu."
        ).format(file=saved.receipt)
    return _("Receipt of what you agreed to: {file}. To take it back: nexkit report withdraw {id}").format(
        file=saved.receipt, id=saved.report_id
    )


def write_withdrawal(consent: "ConsentRecord", install_id: str | None, path: Path) -> Path:
    """Write the signed note by which the user takes a consent back: into a folder under its usual name, or to a file.

    KeyFileError where the key that agreed is not on this computer, OSError.
    """
    from report.key_store import KeyFileError
    from report.keys import Keys
    from report.notes import WITHDRAWAL_SUFFIX, withdrawal, write_note

    key = None if install_id is None else Keys().find(install_id)
    if key is None:
        raise KeyFileError(f"{install_id}: the key that agreed to report {consent.report_id} is not on this computer")
    if path.is_dir():
        path /= consent.report_id + WITHDRAWAL_SUFFIX
    write_note(path, withdrawal(consent, key, datetime.now(UTC)))
    return path


def withdrawn_text(consent: "ConsentRecord", note: Path, texts: Texts) -> str:
    """Where the note is and whom it is for, a sentence a line."""
    from report.notes import SIGNATURE_SUFFIX
    from report.visible import visible

    _ = texts.gettext
    said = _("Written: {file} and {signature}. Hand both to whoever has the report.").format(
        file=note, signature=note.name + SIGNATURE_SUFFIX
    )
    if consent.withdrawal is None or consent.withdrawal.address is None:
        return said
    return f"{said}\n" + _("Address for that: {address}").format(address=visible(consent.withdrawal.address))


def save_own_page(run: "Run", profile: LoadedProfile, texts: Texts, path: Path) -> Path:
    """Write the result for the user alone, as a page or, where the name ends so, as a PDF; OSError.

    Nothing is signed, agreed to or numbered. Names and addresses are replaced as in a report: files go astray, too.
    """
    from nexkit.platform.owner import own_names
    from report.consent import DEFAULT_CATEGORIES
    from report.files import write_whole
    from report.html import report_html
    from report.pseudonyms import KEY_BYTES
    from report.redact import redact, telling_names

    key = random.SystemRandom().randbytes(KEY_BYTES)
    names = telling_names(own_names())
    redacted = redact(run.record, profile.profile, DEFAULT_CATEGORIES, key, own_names=names, diagnosis=run.diagnosis)
    diagnosis = redacted.diagnosis or run.diagnosis
    title = texts.gettext("not a report")
    if path.suffix.lower() == ".pdf":
        from ui.gui.pdf import write_pdf

        write_pdf(path, redacted.record, diagnosis, profile.profile, texts, report_id=title)
    else:
        page = report_html(redacted.record, diagnosis, profile.profile, texts, report_id=title)
        write_whole(path, page.encode(), mode=0o600)
    return path


def summary_alone(run: "Run", profile: LoadedProfile, texts: Texts) -> str:
    """The summary of the verdict, to be pasted by the user; no report is made. ResidueError where it holds a secret."""
    from report.consent import Category
    from report.document import SUMMARY_PATH
    from report.draft import make_draft

    categories = {Category.VERDICT}
    draft = make_draft(run.record, run.diagnosis, profile, categories, texts, random.SystemRandom())
    text = draft.files[SUMMARY_PATH].decode()
    return text.replace(draft.report_id, texts.gettext("none was made"))


def not_kept_text(error: OSError, texts: Texts) -> str:
    """That a run is lost when the program ends before its report is saved, in one line."""
    return texts.gettext(
        "This result cannot be taken up again if the program ends before the report is saved: {reason}"
    ).format(reason=error.strerror or type(error).__name__)


def problem_text(error: object, texts: Texts) -> str:
    """What went wrong with a draft or a file, and the mend, in words for the user."""
    from report.draft import ResidueError
    from report.encryption import EncryptionError
    from report.hits import hit_detail, hit_title
    from report.key_store import KeyFileError, KeyStoreClosedError
    from report.seal import ConsentError

    _ = texts.gettext
    match error:
        case ConsentError():
            return _("What you agreed to has changed since. Look at the preview again and agree to it.")
        case ResidueError(hits=hits):
            held_back = texts.ngettext(
                "The report is held back: {count} private value was found in it that should have been replaced.",
                "The report is held back: {count} private values were found in it that should have been replaced.",
                len(hits),
            ).format(count=len(hits))
            return "\n".join([held_back, *(f"{hit_title(hit, texts)}\n{hit_detail(hit, texts)}" for hit in hits)])
        case KeyStoreClosedError():
            return _(
                "The signing key is in the key store of this computer, which does not hand it out. Sign in to the "
                "desktop and unlock the store, or make a new key with: nexkit key rotate"
            )
        case KeyFileError():
            return _("The signing key cannot be used: {reason}").format(reason=str(error))
        case EncryptionError():
            return _("The report cannot be encrypted, and was not written: {reason}").format(reason=str(error))
        case OSError():
            return _file_problem(error, texts)
        case _:
            return _("The program made a mistake ({reason}) and could not finish this step.").format(
                reason=type(error).__name__
            )


def _file_problem(error: OSError, texts: Texts) -> str:
    """Why a file could not be written, and what helps."""
    _ = texts.gettext
    match error:
        case PermissionError():
            return _("No permission to write there. Choose another folder.")
        case FileExistsError():
            return _("There is a file of this name already. Press Save once more to replace it, or change the name.")
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            return _("There is no room left in this place. Delete something there, or choose another place.")
        case OSError(errno=errno.EROFS):
            return _("Nothing can be written to this place. Choose another folder.")
        case OSError(errno=errno.ENAMETOOLONG):
            return _("The name of the file is too long. Make it shorter, or choose another folder.")
        case FileNotFoundError() | NotADirectoryError() | IsADirectoryError():
            return _("This is not a file in a folder that exists. Choose another place.")
        case _:
            return _("The file could not be written ({reason}). Is the disk full?").format(
                reason=error.strerror or type(error).__name__
            )
