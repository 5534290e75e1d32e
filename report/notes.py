"""Signed notes about a report: that its user takes the consent back, and that a desk has deleted it.

A note is a small JSON file; its signature stands beside it (`FILE.sig`), made as `ssh-keygen -Y sign` makes it, over
the exact bytes and in a namespace of its own. So it can be checked without this program, and none stands for the other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Generic, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nexkit import __version__
from nexkit.sensitivity import Open
from report.certificates import Certificate, CertificateError
from report.codec import CodecError, decode, dumps, loads
from report.consent import ConsentRecord
from report.files import move_over, write_whole
from report.keys import SigningKey
from report.plain import encode
from report.problems import Problem
from report.public_keys import PublicKey, public_key
from report.signers import names_of
from report.sshsig import Signature, SignatureError, check_signature, sign
from report.trust import Tier, Trust, judge

WITHDRAWAL_SCHEMA, WITHDRAWAL_NAMESPACE, WITHDRAWAL_SUFFIX = "nexkit/withdrawal/1", "withdraw", ".withdrawal.json"
DELETION_SCHEMA, DELETION_NAMESPACE, DELETION_SUFFIX = "nexkit/deletion/1", "deletion", ".deletion.json"
SIGNATURE_SUFFIX = ".sig"
_MAX_BYTES = 64 * 1024
NoteT = TypeVar("NoteT")


class NoteError(ValueError):
    """No note, or none with a good signature; the text is one line for people."""


class Reason(Enum):
    """Why a desk has deleted a report."""

    WITHDRAWAL = "withdrawal"
    RETENTION = "retention"
    """Its time was over."""
    REQUEST = "request"


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalNote:
    """The user takes back the consent to this report."""

    schema: Open = WITHDRAWAL_SCHEMA
    report_id: Open
    content_root: Open
    record_id: Open
    """Of the consent that is taken back."""
    withdrawn_at: datetime
    signer: Open
    """The installation that agreed and takes back; with a certificate, its principal."""
    kit_version: Open


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedFile:
    """A file that was deleted."""

    name: Open
    sha256: Open


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionNote:
    """A desk has deleted this report."""

    schema: Open = DELETION_SCHEMA
    report_id: Open
    content_root: Open
    record_id: Open
    """Of the consent under which the desk had it."""
    deleted_at: datetime
    reason: Reason
    desk: Open
    """Who deleted it, in the desk's own words; "" where it does not say."""
    key: Open
    """Fingerprint of the desk's key."""
    files: tuple[DeletedFile, ...]
    kit_version: Open


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedNote:
    """A note and its signature, ready to be written."""

    data: bytes
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked(Generic[NoteT]):
    """A note with a good signature, and what that is worth."""

    note: NoteT
    signature: Signature
    tier: Tier
    doubts: tuple[Problem, ...]

    @property
    def key(self) -> PublicKey:
        """Whose signature it is."""
        return self.signature.key


def withdrawal(consent: ConsentRecord, key: SigningKey, at: datetime) -> SignedNote:
    """The note by which the user of this key takes back the consent."""
    certificate = key.certificate
    note = WithdrawalNote(
        report_id=consent.report_id,
        content_root=consent.content_root,
        record_id=consent.record_id,
        withdrawn_at=at,
        signer=key.public.install_id if certificate is None else certificate.principal,
        kit_version=__version__,
    )
    return _signed(note, key.private, WITHDRAWAL_NAMESPACE, certificate)


def deletion(
    consent: ConsentRecord,
    files: tuple[DeletedFile, ...],
    key: Ed25519PrivateKey,
    at: datetime,
    *,
    reason: Reason,
    desk: str,
) -> SignedNote:
    """The certificate by which a desk says that it has deleted these files of the report."""
    note = DeletionNote(
        report_id=consent.report_id,
        content_root=consent.content_root,
        record_id=consent.record_id,
        deleted_at=at,
        reason=reason,
        desk=desk,
        key=public_key(key).fingerprint,
        files=files,
        kit_version=__version__,
    )
    return _signed(note, key, DELETION_NAMESPACE, None)


def _signed(
    note: WithdrawalNote | DeletionNote, key: Ed25519PrivateKey, namespace: str, certificate: Certificate | None
) -> SignedNote:
    data = dumps(encode(note))
    return SignedNote(data=data, signature=sign(data, key, namespace, certificate))


def write_note(path: Path, note: SignedNote, act: Callable[[], None] = lambda: None) -> None:
    """Write note and signature; OSError passes and leaves no note.

    `act` is what the note is about. It is done when both files are on the disk, and before the note has its name: there
    is no note of what was not done, and none is lost after it was.
    """
    beside, waiting = path.with_name(path.name + SIGNATURE_SUFFIX), path.with_name(path.name + ".part")
    try:
        write_whole(waiting, note.data)
        write_whole(beside, note.signature)
        act()
    except BaseException:
        waiting.unlink(missing_ok=True)
        beside.unlink(missing_ok=True)
        raise
    move_over(waiting, path)


def check_withdrawal(path: Path, trust: Trust) -> Checked[WithdrawalNote]:
    """A withdrawal that its signer signed; NoteError, OSError."""
    data, signature = _read(path, WITHDRAWAL_NAMESPACE)
    note = _decoded(path, data, WithdrawalNote)
    if note.schema != WITHDRAWAL_SCHEMA or note.signer != signature.signer:
        raise NoteError(f"{path}: not a withdrawal by the one who signed it")
    tier, doubts = judge(signature, WITHDRAWAL_NAMESPACE, trust)
    return Checked(note=note, signature=signature, tier=tier, doubts=doubts)


def check_deletion(path: Path, trust: Trust) -> Checked[DeletionNote]:
    """A certificate of deletion that its desk signed; NoteError, OSError.

    A desk is no installation: the list of signers has its key under any name, for the namespace `deletion`.
    """
    data, signature = _read(path, DELETION_NAMESPACE)
    note = _decoded(path, data, DeletionNote)
    if note.schema != DELETION_SCHEMA or note.key != signature.key.fingerprint or signature.certificate is not None:
        raise NoteError(f"{path}: not a certificate of deletion by the one who signed it")
    if trust.revoked.holds_key(signature.key):
        return Checked(note=note, signature=signature, tier=Tier.INVALID, doubts=())
    for_deletions = [signer for signer in trust.signers if DELETION_NAMESPACE in signer.namespaces]
    listed = bool(names_of(signature.key, DELETION_NAMESPACE, for_deletions, trust.at))
    tier = Tier.ORG_VOUCHED if listed else Tier.INTEGRITY_ONLY
    return Checked(note=note, signature=signature, tier=tier, doubts=())


def _read(path: Path, namespace: str) -> tuple[bytes, Signature]:
    beside = path.with_name(path.name + SIGNATURE_SUFFIX)
    parts = []
    for file in (path, beside):
        with file.open("rb") as opened:
            parts.append(opened.read(_MAX_BYTES + 1))
    if len(parts[0]) > _MAX_BYTES:
        raise NoteError(f"{path}: larger than any note")
    try:
        return parts[0], check_signature(parts[0], parts[1], namespace)
    except (SignatureError, CertificateError) as error:
        raise NoteError(f"{beside}: not a signature of this note ({error})") from None


def _decoded(path: Path, data: bytes, kind: type[NoteT]) -> NoteT:
    try:
        return decode(loads(data), kind)
    except CodecError as error:
        raise NoteError(f"{path}: not in the documented form ({error})") from None
