"""From a run to a report on the disk: what the window and the command line do alike.

What it takes is imported when it is needed: the wizard's first page comes without.
"""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nexkit.profile import LoadedProfile
from nexkit.texts import Texts

if TYPE_CHECKING:
    from report.consent import Category
    from report.draft import Draft
    from report.unfinished import Keeper
    from ui.bootstrap import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A report that is on the disk."""

    report_id: str
    path: Path
    size_bytes: int


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

    key_storage = Keys().current(profile.profile.id).storage
    return make_draft(
        run.record,
        run.diagnosis,
        profile,
        categories,
        texts,
        random.SystemRandom(),
        key_storage=key_storage,
        released=released,
        left_out=left_out,
    )


def save_report(
    draft: "Draft",
    agreed_at: datetime,
    texts: Texts,
    path: Path,
    *,
    method: str,
    encrypt_to: Sequence[str] = (),
    kept: "Keeper | None" = None,
) -> Saved:
    """Seal the draft that was agreed to and write it, and keep what its pseudonyms stand for on this computer.

    OSError, KeyFileError or EncryptionError where that cannot be done.

    `method` says how the user agreed: `wizard` or `command_line`. With keys to encrypt to, nothing readable is written.
    The run that was `kept` until there is a report is deleted once it is on the disk.
    """
    from report.decoder import forget_decoder, keep_decoder
    from report.draft import consent_to
    from report.key_store import KeyFileError
    from report.keys import Keys
    from report.seal import seal, write_bundle

    consent = consent_to(draft, method=method, texts=texts, given_at=agreed_at, random=random.SystemRandom())
    key = Keys().signing_key(draft.redacted.record.profile.id)
    if key.kept.storage is not draft.key_storage:
        raise KeyFileError(texts.gettext("the key was replaced since the preview; look at the preview again"))
    sealed = seal(draft, consent, key.private, key.certificate)
    keep_decoder(draft, agreed_at)
    try:
        size = write_bundle(path, sealed, encrypt_to)
    except BaseException:
        forget_decoder(draft.report_id)
        raise
    if kept is not None:
        kept.discard()
    return Saved(report_id=sealed.report_id, path=path, size_bytes=size)


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

    _ = texts.gettext
    match error:
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
        case PermissionError():
            return _("No permission to write there. Choose another folder.")
        case FileNotFoundError() | NotADirectoryError() | IsADirectoryError():
            return _("This is not a file in a folder that exists. Choose another place.")
        case OSError():
            return _("The file could not be written ({reason}). Is the disk full?").format(
                reason=error.strerror or type(error).__name__
            )
        case _:
            return _("The program made a mistake ({reason}) and could not finish this step.").format(
                reason=type(error).__name__
            )
