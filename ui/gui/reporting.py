"""From a result to a report: preview, consent, file, withdrawal, and the ways not to share.

Holds the two pages about it. It knows no other page: what a step means for the wizard it says as a function of `flow`.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication

from nexkit.profile import LoadedProfile
from nexkit.run_record import ProfileTrust
from nexkit.texts import Texts
from report.profile_state import ProfileMemory
from report.visible import without_formulas
from ui.gui import flow
from ui.gui.links import FileShower
from ui.gui.run_thread import Threads
from ui.handover import (
    Saved,
    draft_report,
    preview_of,
    problem_text,
    receipt_text,
    report_name,
    save_own_page,
    save_report,
    share_contents,
    suggested_file,
    summary_alone,
    withdrawn_text,
    write_withdrawal,
)

if TYPE_CHECKING:
    from report.consent import Category, ConsentRecord
    from report.contents import Item
    from report.draft import Draft
    from report.unfinished import Keeper
    from ui.bootstrap import Run
    from ui.gui.pages.save import SavePage
    from ui.gui.pages.share import SharePage
    from ui.handover import Preview


def _suggested(name: str) -> Path:
    """Where a report of this name could be saved."""
    from ui.gui.pages.save import save_folders

    return suggested_file(save_folders(), name)


class Reporting(QObject):
    """One report at a time, about one run."""

    moved = Signal(object)
    """What happened, as a function from the wizard's state to the next."""
    wipe_wanted = Signal()
    """Nothing of the run is to stay."""

    _share: "SharePage"
    _save: "SavePage"

    def __init__(
        self, texts: Texts, profile: LoadedProfile, memory: ProfileMemory, threads: Threads, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._texts = texts
        self._profile = profile
        self._memory = memory
        self._threads = threads
        self._shower = FileShower(threads, self)
        self._run: Run | None = None
        self._keeper: Keeper | None = None
        self._saving_as = ""
        self.forget()

    @property
    def draft(self) -> "Draft | None":
        """The report that the preview shows."""
        return self._draft

    def about(self, run: "Run", profile: LoadedProfile, keeper: "Keeper | None") -> None:
        """The run that the report is about, as it is now; it was kept until there is a report."""
        self._run, self._profile, self._keeper = run, profile, keeper

    def forget(self) -> None:
        """There is nothing to report (any more)."""
        self._run = self._keeper = None
        self._saved: Saved | None = None
        self._is_saving = False
        self._forget_draft()

    def speak(self, texts: Texts) -> None:
        """The pages that are made from now on speak another language; what was shown and agreed to is void."""
        self._texts = texts
        self._forget_draft()

    def _forget_draft(self) -> None:
        self._draft: Draft | None = None
        self._asked: ConsentRecord | None = None
        self._consent: ConsentRecord | None = None
        """What the user has agreed to; None: not (any more)."""

    def share_page(self) -> "SharePage":
        """A new page that asks what may be shared."""
        from ui.gui.pages.share import SharePage

        share = SharePage(self._texts, self._profile.profile, self._memory.other_recipient(self._profile))
        share.choice_changed.connect(self._choice_changed)
        share.preview_wanted.connect(self._make_draft)
        share.agreed.connect(self._sharing_agreed)
        share.own_wanted.connect(self._save_own)
        share.summary_wanted.connect(self._copy_summary)
        share.wipe_wanted.connect(self.wipe_wanted)
        self._share = share
        return share

    def save_page(self) -> "SavePage":
        """A new page that writes the file."""
        from ui.gui.pages.save import SavePage

        vouched = not self._profile.reference.is_unknown_organisation
        save = SavePage(self._texts, self._profile.profile.support, vouched=vouched)
        save.show_wanted.connect(self._shower.show)
        save.save_wanted.connect(self._write)
        save.withdraw_wanted.connect(self._withdraw)
        self._save = save
        return save

    @Slot(bool)
    def _sharing_agreed(self, agreed: bool) -> None:
        from report.consent import answered, record_bytes, unanswered_bytes

        asked = self._asked
        self._consent = answered(asked, datetime.now(UTC)) if agreed and asked is not None else None
        if asked is not None:
            self._share.show_answer(record_bytes(self._consent) if self._consent else unanswered_bytes(asked))
        self.moved.emit(partial(flow.agree_to_sharing, agreed=agreed))

    @Slot()
    def _choice_changed(self) -> None:
        self._forget_draft()
        self.moved.emit(flow.draft_outdated)

    @Slot()
    def _make_draft(self) -> None:
        run, profile, categories = self._run, self._profile, self._share.categories()
        released, left_out = self._share.released(), self._share.left_out()
        if run is None:
            return

        def draft() -> "tuple[frozenset[Category], frozenset[str], Preview]":
            made = draft_report(run, profile, categories, self._texts, released=released, left_out=left_out)
            return categories, released, preview_of(made, self._texts)

        self._threads.start(draft, self._draft_made, self._draft_failed)

    @Slot(object)
    def _draft_made(self, answer: "tuple[frozenset[Category], frozenset[str], Preview]") -> None:
        categories, released, preview = answer
        if (categories, released) != (self._share.categories(), self._share.released()):
            return  # The ticks have changed meanwhile: another draft is on its way.
        self._draft, self._consent, self._asked = preview.draft, None, preview.asked
        self._share.show_draft(preview.files, preview.shown, preview.decoder, preview.masked)
        self._share.show_warnings(preview.draft.warnings)
        self.moved.emit(flow.draft_made)

    def begin(self) -> None:
        """Ask anew what may be shared of the run; what it has of each category is counted beside the window."""
        self._share.reset()
        run, profile = self._run, self._profile
        if run is not None:
            self._threads.start(
                lambda: (run, share_contents(run, profile, self._texts)), self._contents_counted, self._draft_failed
            )

    @Slot(object)
    def _contents_counted(self, answer: "tuple[Run, Mapping[Category, tuple[Item, ...]]]") -> None:
        run, contents = answer
        if run is self._run:
            self._share.show_contents(contents)

    @Slot(object)
    def _draft_failed(self, error: object) -> None:
        from report.draft import ResidueError

        if isinstance(error, ResidueError):
            self._share.show_hits(error.hits)
        else:
            self._share.show_problem(problem_text(error, self._texts))

    def offer(self) -> None:
        """The report that was agreed to is ready to be written: suggest a name and a place."""
        from report.document import SUMMARY_PATH

        if self._draft is None:
            return
        profile = self._profile
        organisation = "" if profile.reference.trust is ProfileTrust.BUILT_IN else profile.profile.id
        self._save.offer(report_name(self._draft, organisation), self._draft.files[SUMMARY_PATH].decode())
        name = self._save.name
        self._threads.start(lambda: _suggested(name), self._suggested, self._not_suggested)

    @Slot(object)
    def _suggested(self, file: Path) -> None:
        if file.name.startswith(self._save.name.partition(".")[0]):
            self._save.suggest(file)

    @Slot(object)
    def _not_suggested(self, error: object) -> None:
        self._save.failed(problem_text(error, self._texts))

    @Slot(str)
    def _write(self, name: str) -> None:
        draft, consent = self._draft, self._consent
        if draft is None or consent is None or self._is_saving:
            return
        encrypt_to = self._profile.profile.support.recipients if self._save.encrypted else ()
        kept, replace, self._saving_as = self._keeper, self._save.may_replace(name), name
        self._save.saving()
        self._is_saving = True
        self.moved.emit(flow.saving_began)
        self._threads.start(
            lambda: save_report(
                draft, consent, self._texts, Path(name), encrypt_to=encrypt_to, kept=kept, replace=replace
            ),
            self._was_saved,
            self._not_saved,
        )

    @Slot(object)
    def _was_saved(self, saved: Saved) -> None:
        with suppress(OSError):
            self._memory.confirm_recipient(self._profile)
        self._saved = saved
        self._save.saved(saved.path, saved.size_bytes, receipt_text(saved, self._texts, in_window=True))
        self._saving_ended(saved=True)

    @Slot(object)
    def _not_saved(self, error: object) -> None:
        if isinstance(error, FileExistsError):
            self._save.taken(self._saving_as, problem_text(error, self._texts))
        else:
            self._save.failed(problem_text(error, self._texts))
        self._saving_ended(saved=False)

    def _saving_ended(self, *, saved: bool) -> None:
        self._is_saving = False
        self.moved.emit(partial(flow.saving_ended, saved=saved))

    @Slot()
    def _withdraw(self) -> None:
        """Beside the report the note is found again; where the report was not handed over yet, deleting it does."""
        saved = self._saved
        if saved is not None:
            consent, folder = saved.consent, saved.path.parent
            self._threads.start(
                lambda: write_withdrawal(consent, consent.pii_principal_id, folder),
                self._withdrawn,
                self._not_withdrawn,
            )

    @Slot(object)
    def _withdrawn(self, note: Path) -> None:
        if self._saved is not None:
            self._save.show_withdrawal(withdrawn_text(self._saved.consent, note, self._texts))

    @Slot(object)
    def _not_withdrawn(self, error: object) -> None:
        self._save.show_withdrawal(problem_text(error, self._texts))

    @Slot(str)
    def _save_own(self, name: str) -> None:
        run, profile = self._run, self._profile
        if run is not None:
            self._threads.start(
                lambda: save_own_page(run, profile, self._texts, Path(name)), self._own_saved, self._refusal_failed
            )

    @Slot(object)
    def _own_saved(self, path: Path) -> None:
        words = self._texts.gettext("Saved for you: {file}. It is not signed, and nobody else has it.")
        self._share.show_refusal(words.format(file=path))

    @Slot()
    def _copy_summary(self) -> None:
        run, profile = self._run, self._profile
        if run is not None:
            self._threads.start(
                lambda: summary_alone(run, profile, self._texts), self._summary_made, self._refusal_failed
            )

    @Slot(object)
    def _summary_made(self, summary: str) -> None:
        QGuiApplication.clipboard().setText(without_formulas(summary))
        self._share.show_refusal(self._texts.gettext("Copied. Nothing else was written or shared."))

    @Slot(object)
    def _refusal_failed(self, error: object) -> None:
        self._share.show_refusal(problem_text(error, self._texts))
