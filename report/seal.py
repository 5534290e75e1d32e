"""From a draft and the consent to it to the signed bundle (BagIt, RFC 8493)."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nexkit import __version__
from report.certificates import Certificate
from report.consent import CONSENT_PATH, ConsentRecord, content_root, record_bytes
from report.container import write_container
from report.draft import Draft
from report.encryption import encrypt
from report.files import write_whole
from report.public_keys import public_key
from report.sshsig import sign
from report.terms import key_fingerprint

NAMESPACE = "report"
BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
BAGIT_PATH, INFO_PATH = "bagit.txt", "bag-info.txt"
MANIFEST_PATH, TAG_MANIFEST_PATH = "manifest-sha256.txt", "tagmanifest-sha256.txt"
SIGNATURE_PATH = TAG_MANIFEST_PATH + ".sig"


class ConsentError(ValueError):
    """A consent that was not given to this draft: something changed after the preview."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedReport:
    """A finished bundle; it is never rewritten."""

    report_id: str
    signer: str
    """The install id; with a certificate, its principal."""
    data: bytes = field(repr=False)


def seal(
    draft: Draft,
    consent: ConsentRecord,
    key: Ed25519PrivateKey,
    certificate: Certificate | None = None,
    *,
    encrypt_to: Sequence[str] = (),
) -> SealedReport:
    """The signed bundle, with the certificate of the key where there is one.

    ConsentError unless the consent is to exactly these files, by the owner of the key, and names every recipient that
    the bundle is to be encrypted to: who gets it stands in it, under the signature.
    """
    named = {known for recipient in consent.recipients for known in recipient.keys}
    if (
        consent.report_id != draft.report_id
        or consent.agreed != draft.categories
        or consent.content_root != content_root(draft.files)
        or consent.pii_principal_id not in {None, public_key(key).install_id}
        or not named.issuperset(map(key_fingerprint, encrypt_to))
    ):
        raise ConsentError("the consent is not to this report: show it again and ask again")
    signer = public_key(key).install_id if certificate is None else certificate.principal
    payload = {**draft.files, CONSENT_PATH: record_bytes(consent)}
    files = bag(draft.report_id, payload, signer)
    files[SIGNATURE_PATH] = sign(files[TAG_MANIFEST_PATH], key, NAMESPACE, certificate)
    return SealedReport(report_id=draft.report_id, signer=signer, data=write_container(draft.report_id, files))


def bag(report_id: str, payload: Mapping[str, bytes], signer: str) -> dict[str, bytes]:
    """The payload with its tag files, unsigned."""
    size = sum(len(data) for data in payload.values())
    info = (
        f"External-Identifier: {report_id}\nPayload-Oxum: {size}.{len(payload)}\n"
        f"Signer: {signer}\nKit-Version: {__version__}\n"
    )
    tags = {BAGIT_PATH: BAGIT, INFO_PATH: info.encode(), MANIFEST_PATH: manifest(payload)}
    return {**payload, **tags, TAG_MANIFEST_PATH: manifest(tags)}


def manifest(files: Mapping[str, bytes]) -> bytes:
    """Lines as `sha256sum` writes and checks them, sorted by path."""
    return "".join(f"{hashlib.sha256(data).hexdigest()}  {path}\n" for path, data in sorted(files.items())).encode()


def write_bundle(path: Path, sealed: SealedReport, encrypt_to: Sequence[str] = ()) -> int:
    """Write the file whole or not at all, and give its size in bytes.

    With keys to encrypt to, nothing that others could read is ever written. EncryptionError or OSError (disk full,
    read-only) pass and leave nothing behind.
    """
    data = encrypt(sealed.data, encrypt_to) if encrypt_to else sealed.data
    write_whole(path, data)
    return len(data)
