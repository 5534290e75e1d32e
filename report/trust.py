"""How far a good signature can be trusted, by what the desk knows: lists of signers, of known and of revoked keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import total_ordering
from pathlib import Path

from nexkit.platform.managed import ManagedPlace
from report.files import write_whole
from report.problems import Problem, ProblemKind
from report.public_keys import PublicKey
from report.revoked import NONE_REVOKED, Revoked, read_revoked
from report.signers import Signer, is_issued, is_known, read_signers, signers_in, signers_line
from report.ssh_lists import MAX_BYTES, SignersError, read_limited
from report.sshsig import Signature

KNOWN_DEVICES_FILE = "known_devices"
"""In the data folder of the desk: keys that it has met before."""
OUT_OF_DATE = frozenset({ProblemKind.CERTIFICATE_EXPIRED, ProblemKind.CERTIFICATE_NOT_YET_VALID})
SIGNERS_FILE = "org_signers"
"""In the managed place: whom the organisation trusts."""


@total_ordering
class Tier(Enum):
    """How far a bundle can be trusted; the words of `--require`, best first."""

    ORG_VOUCHED = "org-vouched"
    KNOWN_DEVICE = "known-device"
    INTEGRITY_ONLY = "integrity-only"
    REPACKED = "repacked"
    INVALID = "invalid"

    def __lt__(self, other: "Tier") -> bool:
        """Whether this tier is the lesser one."""
        order = list(Tier)
        return order.index(self) > order.index(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What the desk knows of signers, and the moment that counts."""

    at: datetime
    """When the report was received: certificates have to be valid then."""
    signers: tuple[Signer, ...] = ()
    known: tuple[Signer, ...] = ()
    """Keys that this desk has met before; authorities among them count for nothing."""
    revoked: Revoked = NONE_REVOKED


def pinned_signers(place: ManagedPlace) -> tuple[Signer, ...]:
    """The lines of the organisation's own list on this computer; () where there is none.

    OpenToOthersError where others than administrators may change it, OSError, SignersError.
    """
    data = place.read(SIGNERS_FILE, MAX_BYTES)
    if data is not None and len(data) > MAX_BYTES:
        raise SignersError(f"{place.path(SIGNERS_FILE)}: larger than {MAX_BYTES} bytes")
    return () if data is None else signers_in(data, place.path(SIGNERS_FILE))


def remember(path: Path, key: PublicKey, at: datetime) -> None:
    """Take the key for a known device from now on; OSError."""
    before = read_limited(path) if path.exists() else b""
    if any(signer.key == key for signer in signers_in(before, path)):
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    end = b"" if before.endswith(b"\n") or not before else b"\n"  # somebody has edited it
    write_whole(path, before + end + f"{signers_line(key)} first seen {at:%Y-%m-%d}\n".encode(), mode=0o600)


def read_trust(
    signers: Path | Sequence[Signer] | None,
    revoked: Path | None,
    *,
    known: Path | None = None,
    at: datetime | None = None,
) -> Trust:
    """What the lists say; OSError, or SignersError for one that cannot be read. `at` is now where it is None."""
    if isinstance(signers, Path):
        signers = read_signers(signers)
    return Trust(
        at=at or datetime.now(UTC),
        signers=tuple(signers or ()),
        known=read_signers(known) if known is not None and known.exists() else (),
        revoked=read_revoked(revoked) if revoked is not None else NONE_REVOKED,
    )


def judge(signature: Signature, namespace: str, trust: Trust) -> tuple[Tier, tuple[Problem, ...]]:
    """What the signature is worth, and what speaks against more.

    Never better than integrity without a list. A key is taken for known where a list has it by itself, whatever becomes
    of its certificate.
    """
    key, certificate = signature.key, signature.certificate
    if trust.revoked.holds_key(key):
        return Tier.INVALID, (Problem(ProblemKind.SIGNER_REVOKED, key.install_id),)
    problems = []
    if certificate is not None:
        if trust.revoked.holds_certificate(certificate):
            return Tier.INVALID, (Problem(ProblemKind.CERTIFICATE_REVOKED, certificate.principal),)
        if trust.revoked.holds_key(certificate.authority):
            problems.append(Problem(ProblemKind.AUTHORITY_REVOKED, certificate.authority.fingerprint))
        elif is_issued(certificate, namespace, trust.signers, trust.at):
            if certificate.is_valid(trust.at):
                return Tier.ORG_VOUCHED, ()
            late = certificate.is_late(trust.at)
            kind = ProblemKind.CERTIFICATE_EXPIRED if late else ProblemKind.CERTIFICATE_NOT_YET_VALID
            problems.append(Problem(kind, certificate.principal))
        else:
            problems.append(Problem(ProblemKind.UNKNOWN_AUTHORITY, certificate.authority.fingerprint))
    if is_known(key, namespace, (*trust.signers, *trust.known), trust.at):
        return Tier.KNOWN_DEVICE, tuple(problems)
    if any(problem.kind in OUT_OF_DATE for problem in problems):
        return Tier.INVALID, tuple(problems)
    return Tier.INTEGRITY_ONLY, tuple(problems) or (Problem(ProblemKind.UNKNOWN_SIGNER, key.install_id),)
