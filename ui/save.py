"""From a finished run to a report on disk: what the window and the command line do alike."""

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom

from nexkit.profile import LoadedProfile
from nexkit.texts import Texts
from report.consent import Category
from report.draft import Draft, consent_to, make_draft
from report.keys import load_or_create_key
from report.seal import SealedReport, seal, write_bundle
from ui.bootstrap import Run


def draft_of(run: Run, loaded: LoadedProfile, categories: Collection[Category], texts: Texts) -> Draft:
    """The files of the report with these categories, for the preview; ResidueError where a private value survived."""
    return make_draft(run.record, run.diagnosis, loaded, categories, texts, SystemRandom())


def seal_draft(draft: Draft, texts: Texts, *, method: str) -> SealedReport:
    """The signed bundle of a draft that the user has just agreed to."""
    consent = consent_to(draft, method=method, texts=texts, given_at=datetime.now(UTC), random=SystemRandom())
    return seal(draft, consent, load_or_create_key())


def save_report(
    run: Run, loaded: LoadedProfile, categories: Collection[Category], texts: Texts, out: Path, *, method: str
) -> str:
    """Draft, seal and write in one go; the report id. OSError leaves nothing behind."""
    sealed = seal_draft(draft_of(run, loaded, categories, texts), texts, method=method)
    write_bundle(out, sealed)
    return sealed.report_id
