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
    from ui.bootstrap import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A report that is on the disk."""

    report_id: str
    path: Path
    size_bytes: int


def draft_report(run: "Run", profile: LoadedProfile, categories: "Collection[Category]", texts: Texts) -> "Draft":
    """What the report would contain; ResidueError where a private value would be in it."""
    from report.draft import make_draft

    return make_draft(run.record, run.diagnosis, profile, categories, texts, random.SystemRandom())


def save_report(
    draft: "Draft",
    agreed_at: datetime,
    texts: Texts,
    path: Path,
    *,
    method: str,
    encrypt_to: Sequence[str] = (),
) -> Saved:
    """Seal the draft that was agreed to and write it.

    OSError, KeyFileError or EncryptionError where that cannot be done.

    `method` says how the user agreed: `wizard` or `command_line`. With keys to encrypt to, nothing readable is written.
    """
    from report.draft import consent_to
    from report.keys import load_or_create_key
    from report.seal import seal, write_bundle

    consent = consent_to(draft, method=method, texts=texts, given_at=agreed_at, random=random.SystemRandom())
    sealed = seal(draft, consent, load_or_create_key())
    size = write_bundle(path, sealed, encrypt_to)
    return Saved(report_id=sealed.report_id, path=path, size_bytes=size)


def problem_text(error: object, texts: Texts) -> str:
    """What went wrong with a draft or a file, and the mend, in words for the user."""
    from report.draft import ResidueError
    from report.encryption import EncryptionError
    from report.keys import KeyFileError

    _ = texts.gettext
    match error:
        case ResidueError():
            return _(
                "The report is held back: a private name was found in it that should have been replaced. Leave out "
                "your own words, or tell the makers of this program."
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
