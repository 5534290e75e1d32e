"""A bundle read back: what `show` and the support desk work with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nexkit.diagnosis.verdict import Diagnosis
from nexkit.run_record import RunRecord
from report.consent import ConsentRecord
from report.encryption import MAX_ENCRYPTED_BYTES, EncryptionError, decrypt, is_encrypted
from report.key_store import KeyStorage
from report.signers import Signer
from report.trust import Tier
from report.verify import Verification, verify


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
    key_storage: KeyStorage | None
    """Where the installation says that it keeps its key; None: it does not say."""


def read_bundle(path: Path, identities: Path | None = None) -> bytes:
    """The bytes of a bundle, decrypted where they are encrypted.

    `identities` is a file of secret keys as `age-keygen` writes it. OSError, or EncryptionError where they do not fit.
    """
    return opened(path, bundle_file(path), identities)


def bundle_file(path: Path) -> bytes:
    """The bytes of a file, of which no more are read than a report can have and one; OSError."""
    with path.open("rb") as file:
        return file.read(MAX_ENCRYPTED_BYTES + 1)


def opened(path: Path, data: bytes, identities: Path | None) -> bytes:
    """What is in the bytes of a bundle's file; EncryptionError, OSError."""
    if not is_encrypted(data):
        return data
    if identities is None:
        raise EncryptionError(f"{path}: encrypted: name the file with your secret key (--identity FILE)")
    try:
        return decrypt(data, identities)
    except EncryptionError as error:
        raise EncryptionError(f"{path}: {error}") from None


def load_report(
    source: Path | bytes, signers: Path | Sequence[Signer] | None = None, *, known: Path | None = None
) -> LoadedReport:
    """The report of a bundle; InvalidBundleError, OSError or SignersError where there is none to read.

    A repacked bundle is read: its signed content is intact. So is one whose certificate has ended since; the
    organisation then vouches for it no more. And so is one that was made by a clock which was ahead.
    """
    verification = verify(source, signers, Tier.REPACKED, known=known)
    if verification.is_out_of_date:
        verification = verify(source, None, Tier.REPACKED, known=known, received_at=datetime.max.replace(tzinfo=UTC))
    if verification.content is None or verification.report_id is None:
        raise InvalidBundleError(verification)
    return LoadedReport(
        verification=verification,
        report_id=verification.report_id,
        record=verification.content.record,
        diagnosis=verification.content.diagnosis,
        consent=verification.content.consent,
        key_storage=verification.content.key_storage,
    )
