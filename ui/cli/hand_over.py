"""The report on the command line: what was agreed to, where it goes, and what stays when it cannot be written."""

import argparse
import contextlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nexkit.consent import Consent
from nexkit.profile import Encrypt, LoadedProfile, Support
from nexkit.texts import Texts
from report.consent import DEFAULT_CATEGORIES, Category
from report.profile_state import ProfileMemory
from report.unfinished import KEPT_DAYS, Keeper
from ui.bootstrap import Run
from ui.cli.errors import CommandError
from ui.cli.profile_use import recipient_confirmed
from ui.handover import consent_asked, draft_report, not_kept_text, problem_text, receipt_text, save_report


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedReport:
    """A report that the user has agreed to on the command line."""

    file: Path
    categories: frozenset[Category]
    encrypt_to: tuple[str, ...]
    """Keys of the desk; () where it is not encrypted."""
    released: Sequence[str]
    """Private values that are let through."""


def agreement(words: str, texts: Texts) -> tuple[frozenset[Consent], frozenset[Category]]:
    """What may be measured besides the small test packets, and what may be written to a report."""
    measuring = {consent.value: consent for consent in (Consent.BULK_TRAFFIC, Consent.PUBLIC_BACKEND)}
    sharing = {category.value: category for category in Category}
    chosen = [word.strip() for word in words.split(",") if word.strip()]
    if "all" in chosen:
        # What is more than the default has to be asked for by its own name.
        default = [category.value for category in Category if category in DEFAULT_CATEGORIES]
        chosen = [*(word for word in chosen if word != "all"), *measuring, *default]
    for word in chosen:
        if word not in measuring and word not in sharing:
            raise CommandError(
                texts.gettext("--agree: {word!r} is no category; there are: all, {words}").format(
                    word=word, words=", ".join([*measuring, *sharing])
                )
            )
    return (
        frozenset({Consent.SYSTEM, Consent.ACTIVE_TRAFFIC, *(measuring[word] for word in chosen if word in measuring)}),
        frozenset(sharing[word] for word in chosen if word in sharing),
    )


def wanted_report(arguments: argparse.Namespace, support: Support, texts: Texts) -> WantedReport | None:
    """The report that `--out` names, refused now rather than after the measuring; None: none is wanted."""
    if arguments.out is None:
        return None
    _, categories = agreement(arguments.agree, texts)
    file, encrypt_to = _encryption(_file(arguments.out, categories, texts), support, texts, wanted=arguments.encrypt)
    return WantedReport(file=file, categories=categories, encrypt_to=encrypt_to, released=arguments.release)


def _file(name: str, categories: frozenset[Category], texts: Texts) -> Path:
    if not categories:
        raise CommandError(texts.gettext("--out: nothing is written without consent: add --agree all, or categories"))
    out = Path(name)
    if out.is_dir() or not out.parent.is_dir():
        raise CommandError(texts.gettext("--out: {file}: name a file in a folder that exists").format(file=out))
    return out


def _encryption(out: Path, support: Support, texts: Texts, *, wanted: bool) -> tuple[Path, tuple[str, ...]]:
    """The report's file with the suffix that it takes, and the keys that it is encrypted to; none where it is not."""
    from report.document import ENCRYPTED_SUFFIX

    wanted = wanted or out.suffix == ENCRYPTED_SUFFIX
    if wanted and not support.recipients:
        raise CommandError(texts.gettext("--encrypt: the profile names no key (recipients in [support])"))
    if not wanted and support.encrypt is not Encrypt.REQUIRED:
        return out, ()
    return out.with_name(out.name.removesuffix(ENCRYPTED_SUFFIX) + ENCRYPTED_SUFFIX), support.recipients


def write_report(
    run: Run, loaded: LoadedProfile, wanted: WantedReport, texts: Texts, memory: ProfileMemory, kept: Keeper | None
) -> None:
    """Write what the user agreed to and say where it is; the run that was kept for it is deleted.

    CommandError or OSError where that cannot be done.
    """
    from report.draft import ResidueError
    from report.encryption import EncryptionError
    from report.hits import warning_text
    from report.key_store import KeyFileError

    try:
        draft = draft_report(run, loaded, wanted.categories, texts, released=wanted.released)
        if warning := warning_text(draft.warnings, texts):
            print(f"nexkit: {warning}", file=sys.stderr)
        consent = consent_asked(draft, texts, method="command_line")
        saved = save_report(draft, consent, texts, wanted.file, encrypt_to=wanted.encrypt_to, kept=kept)
    except ResidueError as error:
        mend = texts.gettext(
            "To leave it out, agree to fewer categories (--agree). To let it through as it is: --release VALUE"
        )
        raise CommandError(f"{problem_text(error, texts)}\n{mend}") from None
    except (KeyFileError, EncryptionError) as error:
        raise CommandError(problem_text(error, texts)) from None
    recipient_confirmed(loaded, texts, memory)
    print(
        texts.gettext("Report {report_id} written: {file}").format(report_id=saved.report_id, file=wanted.file),
        file=sys.stderr,
    )
    print(receipt_text(saved, texts), file=sys.stderr)


def keep(kept: Keeper | None, run: Run, texts: Texts) -> None:
    """Keep the run as it is now; where that fails, that it cannot be taken up again is said in one line."""
    if kept is None:
        return
    kept.keep(lambda: run.record)
    if kept.problem is not None:
        print(f"nexkit: {not_kept_text(kept.problem, texts)}", file=sys.stderr)


@contextlib.contextmanager
def told_how_to_go_on(kept: Keeper | None, texts: Texts) -> Iterator[None]:
    """Where what is within goes wrong, say how the run is taken up again."""
    try:
        yield
    except (CommandError, OSError, KeyboardInterrupt):
        tell_kept(kept, texts)
        raise


def tell_kept(kept: Keeper | None, texts: Texts) -> None:
    """Say that the run is kept, and how it is taken up again or thrown away."""
    if kept is None or kept.kept_id is None:
        return
    words = texts.gettext(
        "The result is kept on this computer for {days} days. To make its report: nexkit report resume {id} "
        "--agree LIST --out FILE. To delete it: nexkit report discard {id}"
    )
    print(f"nexkit: {words.format(days=KEPT_DAYS, id=kept.kept_id)}", file=sys.stderr)
