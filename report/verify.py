"""Whether a bundle is what its signer wrote: container, then signature, then hashes, and only then its content."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from nexkit.diagnosis.verdict import Diagnosis
from nexkit.facts.time import ClockCheck
from nexkit.outcome import Completed
from nexkit.profile_file import SIGNATURE_SUFFIX
from nexkit.run_record import ProfileReference, RunRecord
from report.certificates import Certificate, CertificateError
from report.codec import CodecError, UnknownVersionError, load_lines, loads
from report.consent import CONSENT_PATH, ConsentRecord
from report.consent_check import (
    NOT_FOR_THIS_DESK,
    Expected,
    consent_problems,
    desk_problems,
    notice_problem,
    read_consent,
)
from report.container import MAX_ZIP_BYTES, ContainerError, read_container
from report.document import HTML_PATH, PROFILE_PATH, REPORT_PATH, SUMMARY_PATH, read_report
from report.key_store import KeyStorage
from report.measurements import MEASUREMENTS
from report.problems import Problem, ProblemKind
from report.profile_signature import check_profile
from report.public_keys import PublicKey
from report.seal import (
    BAGIT,
    BAGIT_PATH,
    INFO_PATH,
    MANIFEST_PATH,
    NAMESPACE,
    SIGNATURE_PATH,
    TAG_MANIFEST_PATH,
)
from report.signers import Signer
from report.sshsig import Signature, SignatureError, check_signature
from report.trust import OUT_OF_DATE, Tier, Trust, judge, read_trust
from report.visible import hides_something, visible

_LINE = re.compile(r"([0-9a-f]{64})  ([a-z0-9._/-]{1,200})\n")
_INFO = re.compile(
    r"External-Identifier: (?P<report_id>\S+)\nPayload-Oxum: (?P<size>\d{1,12})\.(?P<count>\d{1,6})\n"
    r"Signer: (?P<signer>inst-[0-9a-f]{16}(?:@[a-z0-9.-]{1,253})?)\nKit-Version: \S{1,32}\n"
)
_TAGS = frozenset({BAGIT_PATH, INFO_PATH, MANIFEST_PATH})
_MAX_CONSENT_BYTES = 256 * 1024
_MAX_TAG_BYTES = 256 * 1024
"""Of a list or description: more than as many names as a container may hold need."""
_OUTSIDE_MANIFESTS = frozenset({TAG_MANIFEST_PATH, SIGNATURE_PATH})
_CONTAINER_PROBLEMS = {"too_large": ProblemKind.TOO_LARGE, "system_files": ProblemKind.SYSTEM_FILES}
"""Words of the container check that have a sentence of their own."""
_CLOCK_TOLERANCE_S = 24 * 3600
"""Clocks that show local time for UTC are up to 14 hours off."""
_PAYLOAD = frozenset({SUMMARY_PATH, REPORT_PATH, HTML_PATH, CONSENT_PATH})


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a valid bundle says, parsed from the signed bytes."""

    record: RunRecord
    diagnosis: Diagnosis
    consent: ConsentRecord
    key_storage: KeyStorage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What the checks came to.

    A signature says that these bytes are what this installation wrote and its user released; it does not say that the
    computer told the truth.
    """

    tier: Tier
    required: Tier
    problems: tuple[Problem, ...]
    report_id: str | None
    signature: Signature | None = None
    """Who made the signature; None without a good one."""
    files: Mapping[str, bytes] = field(repr=False, default_factory=dict)
    """The signed bytes by path; empty where the bundle is invalid."""
    content: Content | None = field(repr=False, default=None)
    """None where the bundle is invalid."""

    @property
    def signer(self) -> PublicKey | None:
        """The key that made the signature; None without a good one."""
        return self.signature.key if self.signature else None

    @property
    def certificate(self) -> Certificate | None:
        """What the signature carries to vouch for the key; None: nothing."""
        return self.signature.certificate if self.signature else None

    @property
    def is_out_of_date(self) -> bool:
        """Whether nothing but the time of receipt makes it invalid: a certificate has ended, or a clock was wrong."""
        dates = OUT_OF_DATE | {ProblemKind.FROM_THE_FUTURE}
        return self.tier is Tier.INVALID and {problem.kind for problem in self.problems} <= dates

    @property
    def accepted(self) -> bool:
        """Whether the required tier is reached, and nothing shows that the report is meant for somebody else."""
        return self.tier >= self.required and not any(item.kind in NOT_FOR_THIS_DESK for item in self.problems)


class _RejectedError(Exception):
    """The bundle is invalid."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(problems)
        self.problems = problems


def verify(
    source: Path | bytes,
    signers: Path | Sequence[Signer] | None = None,
    required_tier: Tier = Tier.INTEGRITY_ONLY,
    *,
    revoked: Path | None = None,
    known: Path | None = None,
    received_at: datetime | None = None,
    least_profile_serial: int = 0,
    expected: Expected | None = None,
) -> Verification:
    """Check a bundle, given as file or bytes.

    `signers` is a list in the format of OpenSSH's allowed_signers, `revoked` one of what counts no more, `known` the
    keys that this desk has met before (it need not exist). Certificates are checked for the time of receipt; None: now.
    A report that was made with a profile of a lesser serial than the least one is invalid. One that is not what this
    desk has `expected` is valid, and not accepted.
    Whatever the bytes are, this comes to an answer; OSError where a file cannot be read, SignersError where a list
    cannot.
    """
    trust = read_trust(signers, revoked, known=known, at=received_at)
    data = source if isinstance(source, bytes) else _read(source)
    report_id: str | None = None
    signature: Signature | None = None
    try:
        try:
            container = read_container(data)
        except ContainerError as error:
            kind = _CONTAINER_PROBLEMS.get(str(error), ProblemKind.CONTAINER)
            raise _RejectedError(Problem(kind, str(error))) from None
        report_id = container.top
        signature = _check_signature(container.files)
        tier, doubts = _judged(signature, trust)
        _check_bag(container.files, report_id, signature.signer)
        profile = _check_profile(container.files)
        content = _read_content(container.files, report_id, signature.key)
        notices = _check_notice(content.consent, expected.notices if expected else ())
        _check_moments(content, trust.at)
        _check_reference(content.record.profile, container.files, profile, least_profile_serial)
    except _RejectedError as rejected:
        return Verification(
            tier=Tier.INVALID,
            required=required_tier,
            problems=rejected.problems,
            report_id=report_id,
            signature=signature,
        )
    problems = [*doubts, *notices, *desk_problems(content.consent, expected or Expected())]
    if container.deviations:
        problems += [
            Problem(ProblemKind.REPACKED, word) for word in sorted(entry.value for entry in container.deviations)
        ]
        tier = Tier.REPACKED
    return Verification(
        tier=tier,
        required=required_tier,
        problems=tuple(problems),
        report_id=report_id,
        signature=signature,
        files=container.files,
        content=content,
    )


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_ZIP_BYTES + 1)


def _check_signature(files: Mapping[str, bytes]) -> Signature:
    if TAG_MANIFEST_PATH not in files:
        raise _RejectedError(Problem(ProblemKind.FILE_MISSING, TAG_MANIFEST_PATH))
    if SIGNATURE_PATH not in files:
        raise _RejectedError(Problem(ProblemKind.SIGNATURE_MISSING, SIGNATURE_PATH))
    try:
        return check_signature(files[TAG_MANIFEST_PATH], files[SIGNATURE_PATH], NAMESPACE)
    except SignatureError as error:
        raise _RejectedError(Problem(ProblemKind.SIGNATURE_INVALID, str(error))) from None
    except CertificateError as error:
        raise _RejectedError(Problem(ProblemKind.CERTIFICATE_INVALID, str(error))) from None


def _judged(signature: Signature, trust: Trust) -> tuple[Tier, tuple[Problem, ...]]:
    tier, doubts = judge(signature, NAMESPACE, trust)
    if tier is Tier.INVALID:
        raise _RejectedError(*doubts)
    return tier, doubts


def _check_bag(files: Mapping[str, bytes], report_id: str, signer: str) -> None:
    """Tag files by the signed list, payload by the list in it; nothing missing, nothing besides."""
    payload = _payload(files)
    tags = {path: data for path, data in files.items() if path not in payload and path not in _OUTSIDE_MANIFESTS}
    listed_tags = _manifest(files[TAG_MANIFEST_PATH], TAG_MANIFEST_PATH)
    if listed_tags.keys() != _TAGS:
        raise _RejectedError(Problem(ProblemKind.MANIFEST_MALFORMED, TAG_MANIFEST_PATH))
    problems = list(_differences(listed_tags, tags))
    if not problems:
        problems += _differences(_manifest(files[MANIFEST_PATH], MANIFEST_PATH), payload)
        problems += [Problem(ProblemKind.FILE_MISSING, path) for path in sorted(_PAYLOAD - payload.keys())]
    if problems:
        raise _RejectedError(*dict.fromkeys(problems))
    info = _INFO.fullmatch(files[INFO_PATH][:_MAX_TAG_BYTES].decode("utf-8", "replace"))
    if files[BAGIT_PATH] != BAGIT:
        raise _RejectedError(Problem(ProblemKind.BAG_MALFORMED, BAGIT_PATH))
    size = sum(len(data) for data in payload.values())
    if info is None or (int(info["size"]), int(info["count"])) != (size, len(payload)):
        raise _RejectedError(Problem(ProblemKind.BAG_MALFORMED, INFO_PATH))
    if info["report_id"] != report_id:
        raise _RejectedError(Problem(ProblemKind.REPORT_ID_MISMATCH, INFO_PATH))
    if info["signer"] != signer:
        raise _RejectedError(Problem(ProblemKind.SIGNER_MISMATCH, INFO_PATH))


def _manifest(data: bytes, path: str) -> dict[str, str]:
    """Hash by path; rejected unless every byte belongs to a line and no path stands twice."""
    text = data[: _MAX_TAG_BYTES + 1].decode("utf-8", "replace")
    lines = list(_LINE.finditer(text))
    listed = {line[2]: line[1] for line in lines}
    if len(data) > _MAX_TAG_BYTES or sum(len(line[0]) for line in lines) != len(text) or len(listed) != len(lines):
        raise _RejectedError(Problem(ProblemKind.MANIFEST_MALFORMED, path))
    return listed


def _differences(listed: Mapping[str, str], files: Mapping[str, bytes]) -> Iterator[Problem]:
    for path in sorted(listed.keys() | files.keys()):
        if path not in files:
            yield Problem(ProblemKind.FILE_MISSING, path)
        elif path not in listed:
            yield Problem(ProblemKind.FILE_UNEXPECTED, path)
        elif sha256(files[path]).hexdigest() != listed[path]:
            yield Problem(ProblemKind.HASH_MISMATCH, path)


def _read_content(files: Mapping[str, bytes], report_id: str, signer: PublicKey) -> Content:
    """The parsed documents; rejected where they are malformed or do not belong together."""
    path = CONSENT_PATH
    try:
        consent = read_consent(_shown(loads(files[CONSENT_PATH], _MAX_CONSENT_BYTES)))
        path = MEASUREMENTS
        _shown(load_lines(b"".join(data for name, data in sorted(files.items()) if name.startswith(MEASUREMENTS))))
        path = REPORT_PATH
        report = read_report(_shown(loads(files[REPORT_PATH])))
    except UnknownVersionError as error:
        raise _RejectedError(Problem(ProblemKind.UNKNOWN_VERSION, f"{path}: {visible(str(error))}")) from None
    except CodecError as error:
        raise _RejectedError(Problem(ProblemKind.CONTENT_MALFORMED, f"{path}: {visible(str(error))}")) from None
    for path, its_id in ((REPORT_PATH, report.report_id), (CONSENT_PATH, consent.report_id)):
        if its_id != report_id:
            raise _RejectedError(Problem(ProblemKind.REPORT_ID_MISMATCH, path))
    if problems := tuple(consent_problems(consent, report.categories, _payload(files), signer)):
        raise _RejectedError(*problems)
    return Content(record=report.record, diagnosis=report.diagnosis, consent=consent, key_storage=report.key_storage)


def _check_notice(consent: ConsentRecord, others: Collection[str]) -> tuple[Problem, ...]:
    """What is to be said of the wording; rejected where it is not one of this program."""
    problem = notice_problem(consent, others)
    if problem is not None and problem.kind is ProblemKind.UNKNOWN_NOTICE:
        raise _RejectedError(problem)
    return () if problem is None else (problem,)


def _check_profile(files: Mapping[str, bytes]) -> PublicKey | None:
    """The key that signed the profile in the report; None where it bears no signature, rejected where that is bad."""
    signed = files.get(PROFILE_PATH + SIGNATURE_SUFFIX)
    if signed is None:
        return None
    try:
        # Whom the key stands for is not asked: the desk's list need not be the one of that computer.
        return check_profile(files.get(PROFILE_PATH, b""), signed, (), datetime.now(UTC)).key
    except SignatureError as error:
        raise _RejectedError(Problem(ProblemKind.PROFILE_SIGNATURE_INVALID, str(error))) from None


def _check_reference(
    said: ProfileReference, files: Mapping[str, bytes], signer: PublicKey | None, least_serial: int
) -> None:
    """The profile in the report is the one that was in force; reports that name no signer are older than that rule."""
    if said.signer is not None:
        if signer is None or signer.fingerprint != said.signer:
            raise _RejectedError(Problem(ProblemKind.PROFILE_MISMATCH, "signer"))
        if sha256(files.get(PROFILE_PATH, b"")).hexdigest() != said.sha256:
            raise _RejectedError(Problem(ProblemKind.PROFILE_MISMATCH, "sha256"))
    if said.serial < least_serial:
        raise _RejectedError(Problem(ProblemKind.PROFILE_TOO_OLD, str(said.serial)))


def _check_moments(content: Content, received_at: datetime) -> None:
    """Nothing in the report happened after it was received.

    A wrong clock is a fault that reports are made of, so what the clocks of others said of it counts.
    """
    checks = [
        result.outcome.fact
        for result in content.record.results
        if isinstance(result.outcome, Completed) and isinstance(result.outcome.fact, ClockCheck)
    ]
    ahead_s = max((-check.offset_s for check in checks if check.offset_s is not None), default=0.0)
    latest = received_at.timestamp() + _CLOCK_TOLERANCE_S + max(0.0, ahead_s)
    for moment in (content.record.started_at, content.consent.event.time):
        if moment.timestamp() > latest:
            raise _RejectedError(Problem(ProblemKind.FROM_THE_FUTURE, f"{moment:%Y-%m-%d %H:%M} UTC"))


def _shown(document: object) -> object:
    """The JSON value, in which no text hides anything: what is shown of it later is what is there."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str) and hides_something(value):
            raise CodecError(f"hidden characters in {visible(value, limit=40)!r}")
    return document


def _payload(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {path: data for path, data in files.items() if path.startswith("data/")}
