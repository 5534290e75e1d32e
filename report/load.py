"""A bundle read back: what `show` and the support desk work with."""

from dataclasses import dataclass
from pathlib import Path

from nexkit.diagnosis.verdict import Diagnosis
from nexkit.run_record import RunRecord
from report.consent import ConsentRecord
from report.verify import Tier, Verification, verify


class InvalidBundleError(ValueError):
    """A bundle that is not to be read; `verification` says why."""

    def __init__(self, verification: Verification) -> None:
        super().__init__("not a valid report")
        self.verification = verification


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedReport:
    """A verified report, redacted as it was sealed."""

    verification: Verification
    report_id: str
    record: RunRecord
    diagnosis: Diagnosis
    consent: ConsentRecord


def load_report(source: Path | bytes, signers: Path | None = None) -> LoadedReport:
    """The report of a bundle; InvalidBundleError, OSError or SignersError where there is none to read.

    A repacked bundle is read: its signed content is intact.
    """
    verification = verify(source, signers, Tier.REPACKED)
    if verification.content is None or verification.report_id is None:
        raise InvalidBundleError(verification)
    return LoadedReport(
        verification=verification,
        report_id=verification.report_id,
        record=verification.content.record,
        diagnosis=verification.content.diagnosis,
        consent=verification.content.consent,
    )
