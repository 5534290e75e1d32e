"""A bundle from draft to verification, and every simple way to tamper with one."""

import hashlib
import io
import os
import random
import stat
import struct
import time
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_report import OWN_NAMES, STARTED_AT

from nexkit.facts.time import Agreement, ClockCheck
from report.codec import dumps, loads
from report.consent import CONSENT_PATH, Category, Decision, content_root
from report.container import ContainerError, Deviation, read_container, write_container
from report.document import REPORT_PATH
from report.draft import consent_to, make_draft
from report.load import InvalidBundleError, load_report
from report.plain import encode, encode_fact
from report.problems import Problem, ProblemKind, problem_text
from report.public_keys import public_key
from report.seal import (
    MANIFEST_PATH,
    NAMESPACE,
    SIGNATURE_PATH,
    TAG_MANIFEST_PATH,
    ConsentError,
    bag,
    manifest,
    seal,
    write_bundle,
)
from report.signers import SignersError, read_signers
from report.sshsig import SignatureError, check_signature, sign
from report.trust import Tier
from report.verify import verify

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


@pytest.fixture
def consent(draft, texts):
    return consent_to(draft, method="wizard", texts=texts, given_at=STARTED_AT, random=random.Random(2))


@pytest.fixture
def sealed(draft, consent):
    return seal(draft, consent, KEY)


@pytest.fixture
def files(sealed):
    return dict(read_container(sealed.data).files)


def resealed(report_id, payload, key=KEY, signer=None):
    """A bundle whose signer signed whatever this payload is."""
    files = bag(report_id, payload, signer or public_key(key).install_id)
    files[SIGNATURE_PATH] = sign(files[TAG_MANIFEST_PATH], key, NAMESPACE)
    return write_container(report_id, files)


def payload_of(files):
    return {path: data for path, data in files.items() if path.startswith("data/")}


def kinds(verification):
    return {problem.kind for problem in verification.problems}


def rejected(data, kind, place=None):
    verification = verify(data)
    assert verification.tier is Tier.INVALID
    assert not verification.accepted
    assert kinds(verification) == {kind}
    assert verification.content is None
    assert not verification.files
    if place is not None:
        assert place in {problem.place for problem in verification.problems}


# Good bundles


def test_a_sealed_report_is_intact(sealed):
    verification = verify(sealed.data)
    assert verification.tier is Tier.INTEGRITY_ONLY
    assert verification.accepted
    assert kinds(verification) == {ProblemKind.UNKNOWN_SIGNER}
    assert verification.report_id == sealed.report_id
    assert verification.signer.install_id == sealed.signer


def test_a_report_of_a_listed_key_is_of_a_known_device(sealed, tmp_path):
    signers = tmp_path / "signers"
    signers.write_text(
        "# our devices\n\n"
        f"*@example.com cert-authority {public_key(OTHER_KEY).line}\n"
        f'inst-* namespaces="profile" {public_key(OTHER_KEY).line}\n'
        f'{sealed.signer} namespaces="report,withdraw" {public_key(KEY).line} desk copy\n'
    )
    verification = verify(sealed.data, signers, Tier.KNOWN_DEVICE)
    assert (verification.tier, verification.accepted, verification.problems) == (Tier.KNOWN_DEVICE, True, ())


@pytest.mark.parametrize(
    "line",
    [
        "{id} {other}",
        "someone-else {key}",
        '{id} namespaces="profile" {key}',
        "{id} cert-authority {key}",
        '{id} valid-before="20200101" {key}',
        "*,!{id} {key}",
        "{id} ssh-rsa AAAA",
    ],
)
def test_a_line_that_is_not_about_this_signature_vouches_for_nothing(sealed, tmp_path, line):
    signers = tmp_path / "signers"
    signers.write_text(line.format(id=sealed.signer, key=public_key(KEY).line, other=public_key(OTHER_KEY).line) + "\n")
    verification = verify(sealed.data, signers, Tier.KNOWN_DEVICE)
    assert verification.tier is Tier.INTEGRITY_ONLY
    assert not verification.accepted


def test_a_revoked_key_is_refused(sealed, tmp_path):
    revoked = tmp_path / "revoked"
    revoked.write_text(f"# lost laptops\n{public_key(OTHER_KEY).line}\n")
    assert verify(sealed.data, revoked=revoked).accepted
    revoked.write_text(f"{public_key(KEY).line} of the lost laptop\n")
    verification = verify(sealed.data, revoked=revoked)
    assert (verification.tier, kinds(verification)) == (Tier.INVALID, {ProblemKind.SIGNER_REVOKED})


@pytest.mark.parametrize("line", ["word", "ssh-ed25519", "ssh-rsa AAAA", "ssh-ed25519 ???"])
def test_a_broken_list_of_revoked_keys_names_its_line(sealed, tmp_path, line):
    revoked = tmp_path / "revoked"
    revoked.write_text(f"\n{line}\n")
    with pytest.raises(SignersError, match="line 2"):
        verify(sealed.data, revoked=revoked)


@pytest.mark.parametrize("line", ["word", "a b", "a ssh-ed25519", "a ssh-ed25519 ???", "ssh-ed25519 AAAA"])
def test_a_broken_list_of_signers_names_its_line(tmp_path, line):
    signers = tmp_path / "signers"
    signers.write_text(f"# list\n{line}\n")
    with pytest.raises(SignersError, match="line 2"):
        read_signers(signers)


def test_the_tiers_are_ordered():
    assert sorted(Tier) == [
        Tier.INVALID,
        Tier.REPACKED,
        Tier.INTEGRITY_ONLY,
        Tier.KNOWN_DEVICE,
        Tier.ORG_VOUCHED,
    ]


def test_the_same_draft_consent_and_key_give_the_same_bytes(draft, consent):
    assert seal(draft, consent, KEY).data == seal(draft, consent, KEY).data


def test_the_same_run_gives_the_same_draft(record, diagnosis, profile, texts):
    first, second = (
        make_draft(record, diagnosis, profile, set(Category), texts, random.Random(5), own_names=OWN_NAMES)
        for _ in range(2)
    )
    assert first.files == second.files


def test_a_bundle_reads_back_as_it_was_shared(sealed, draft, consent):
    loaded = load_report(sealed.data)
    assert loaded.record == draft.redacted.record
    assert loaded.diagnosis == draft.diagnosis
    assert loaded.consent == consent


def test_the_sealed_files_are_those_of_the_preview(files, draft):
    assert payload_of(files) == {**draft.files, CONSENT_PATH: files[CONSENT_PATH]}


def test_a_sealed_report_has_the_documented_layout(files, sealed):
    assert {path for path in files if not path.startswith("data/")} == {
        *("bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt", "tagmanifest-sha256.txt.sig"),
    }
    assert f"External-Identifier: {sealed.report_id}\n" in files["bag-info.txt"].decode()
    assert "data/profile/profile.toml" in files
    assert len(files["data/summary.txt"]) <= 4096


def test_any_zip_program_reads_a_bundle(sealed):
    with zipfile.ZipFile(io.BytesIO(sealed.data)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == sorted(archive.namelist())


def test_a_report_with_one_category_says_so_in_the_consent(record, diagnosis, profile, texts):
    draft = make_draft(record, diagnosis, profile, {Category.PATH}, texts, random.Random(1), own_names=OWN_NAMES)
    consent = consent_to(draft, method="wizard", texts=texts, given_at=STARTED_AT, random=random.Random(2))
    assert consent.agreed == {Category.VERDICT, Category.PATH}
    assert consent.case_ref is None
    assert {entry.decision for entry in consent.decisions} == {Decision.GIVEN, Decision.REFUSED}
    assert verify(seal(draft, consent, KEY).data).accepted


# Consent


def test_a_consent_to_other_files_does_not_seal(draft, consent):
    changed = replace(draft, files={**draft.files, "data/summary.txt": b"healthy\n"})
    with pytest.raises(ConsentError):
        seal(changed, consent, KEY)


def test_a_consent_to_fewer_categories_does_not_seal(draft, consent):
    decisions = tuple(
        replace(entry, decision=Decision.REFUSED) if entry.category is Category.NOTE else entry
        for entry in consent.decisions
    )
    with pytest.raises(ConsentError):
        seal(draft, replace(consent, decisions=decisions), KEY)


def test_content_without_consent_is_rejected(files, sealed):
    payload = payload_of(files)
    del payload[CONSENT_PATH]
    rejected(resealed(sealed.report_id, payload), ProblemKind.FILE_MISSING, CONSENT_PATH)


def test_an_old_consent_on_new_content_is_rejected(files, sealed):
    payload = payload_of(files) | {"data/summary.txt": b"healthy\n"}
    rejected(resealed(sealed.report_id, payload), ProblemKind.CONSENT_MISMATCH, "content_root")


def test_a_declined_category_in_the_report_is_rejected(files, sealed, consent):
    decisions = tuple(
        replace(entry, decision=Decision.REFUSED) if entry.category is Category.LOAD else entry
        for entry in consent.decisions
    )
    payload = payload_of(files) | {CONSENT_PATH: dumps(encode(replace(consent, decisions=decisions)))}
    rejected(resealed(sealed.report_id, payload), ProblemKind.CONSENT_MISMATCH, "categories")


def test_a_report_number_that_differs_inside_is_rejected(files, sealed):
    other = "20260101T000000Z-00000000"
    rejected(resealed(other, payload_of(files)), ProblemKind.REPORT_ID_MISMATCH, REPORT_PATH)


# Altered bundles


def test_a_changed_byte_in_any_file_is_rejected(files, sealed):
    for path, data in files.items():
        changed = bytearray(data)
        changed[len(changed) // 2] ^= 1
        verification = verify(write_container(sealed.report_id, {**files, path: bytes(changed)}))
        assert verification.tier is Tier.INVALID, path


def unzipped(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [(member.filename, archive.read(member)) for member in archive.infolist()]


def test_a_changed_byte_anywhere_in_the_file_is_not_accepted_as_intact(sealed):
    source = random.Random(7)
    for place in source.sample(range(len(sealed.data)), 120):
        changed = bytearray(sealed.data)
        changed[place] ^= 1 << source.randrange(8)
        if verify(bytes(changed)).tier >= Tier.INTEGRITY_ONLY:
            # Deflate can say one content in several ways: bits to spare, a match at another distance (RFC 1951).
            assert unzipped(bytes(changed)) == unzipped(sealed.data), place


def test_an_added_file_is_rejected(files, sealed):
    data = write_container(sealed.report_id, {**files, "data/extra.txt": b"x"})
    rejected(data, ProblemKind.FILE_UNEXPECTED, "data/extra.txt")


def test_a_missing_file_is_rejected(files, sealed):
    del files["data/measurements/echo.jsonl"]
    rejected(write_container(sealed.report_id, files), ProblemKind.FILE_MISSING, "data/measurements/echo.jsonl")


@pytest.mark.parametrize("path", ["fetch.txt", "notes.txt", "tagmanifest-sha256.txt.sig.tsr"])
def test_an_added_tag_file_is_rejected(files, sealed, path):
    rejected(write_container(sealed.report_id, {**files, path: b"x"}), ProblemKind.FILE_UNEXPECTED, path)


def test_a_missing_signature_is_rejected(files, sealed):
    del files[SIGNATURE_PATH]
    rejected(write_container(sealed.report_id, files), ProblemKind.SIGNATURE_MISSING)


def test_a_missing_list_is_rejected(files, sealed):
    del files[TAG_MANIFEST_PATH]
    rejected(write_container(sealed.report_id, files), ProblemKind.FILE_MISSING, TAG_MANIFEST_PATH)


def test_new_hashes_without_a_new_signature_are_rejected(files, sealed):
    files["data/summary.txt"] = b"healthy\n"
    files[MANIFEST_PATH] = manifest(payload_of(files))
    tags = {path: files[path] for path in ("bagit.txt", "bag-info.txt", MANIFEST_PATH)}
    files[TAG_MANIFEST_PATH] = manifest(tags)
    rejected(write_container(sealed.report_id, files), ProblemKind.SIGNATURE_INVALID, "wrong")


def test_a_signature_of_another_namespace_is_rejected(files, sealed):
    files[SIGNATURE_PATH] = sign(files[TAG_MANIFEST_PATH], KEY, "profile")
    rejected(write_container(sealed.report_id, files), ProblemKind.SIGNATURE_INVALID, "namespace")


def test_somebody_else_s_name_under_an_own_signature_is_rejected(files, sealed):
    data = resealed(sealed.report_id, payload_of(files), OTHER_KEY, signer=sealed.signer)
    rejected(data, ProblemKind.SIGNER_MISMATCH)


@pytest.mark.parametrize(
    "armour",
    [
        b"",
        b"-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n",
        b"-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAQ==\n-----END SSH SIGNATURE-----\n",
        b"-----BEGIN SSH SIGNATURE-----\n!\n-----END SSH SIGNATURE-----\n",
    ],
)
def test_what_is_no_signature_is_rejected(files, sealed, armour):
    rejected(
        write_container(sealed.report_id, {**files, SIGNATURE_PATH: armour}), ProblemKind.SIGNATURE_INVALID, "format"
    )


@pytest.mark.parametrize(
    "change", [lambda sig: sig + b"x", lambda sig: b"\n" + sig, lambda sig: sig.replace(b"\n", b"\r\n")]
)
def test_bytes_around_the_signature_are_rejected(files, sealed, change):
    files[SIGNATURE_PATH] = change(files[SIGNATURE_PATH])
    rejected(write_container(sealed.report_id, files), ProblemKind.SIGNATURE_INVALID, "format")


def test_a_path_listed_twice_is_rejected(files, sealed):
    payload = payload_of(files)
    signed = bag(sealed.report_id, payload, sealed.signer)
    signed[MANIFEST_PATH] += signed[MANIFEST_PATH].splitlines(keepends=True)[0]
    signed[TAG_MANIFEST_PATH] = manifest({path: signed[path] for path in ("bagit.txt", "bag-info.txt", MANIFEST_PATH)})
    signed[SIGNATURE_PATH] = sign(signed[TAG_MANIFEST_PATH], KEY, NAMESPACE)
    rejected(write_container(sealed.report_id, signed), ProblemKind.MANIFEST_MALFORMED, MANIFEST_PATH)


def test_a_signed_list_without_the_payload_list_is_rejected(files, sealed):
    files[TAG_MANIFEST_PATH] = manifest({path: files[path] for path in ("bagit.txt", "bag-info.txt")})
    files[SIGNATURE_PATH] = sign(files[TAG_MANIFEST_PATH], KEY, NAMESPACE)
    rejected(write_container(sealed.report_id, files), ProblemKind.MANIFEST_MALFORMED, TAG_MANIFEST_PATH)


@pytest.mark.parametrize(
    "document",
    [b"[" * 50_000, b'{"a": 1, "a": 2}', b'{"schema": NaN}', b"{}", b"\xff", b'{"schema": "nexkit/report/x"}'],
)
def test_signed_nonsense_is_rejected_without_a_crash(files, sealed, consent, document):
    payload = payload_of(files) | {REPORT_PATH: document}
    payload[CONSENT_PATH] = dumps(encode(replace(consent, content_root=content_root(payload))))
    rejected(resealed(sealed.report_id, payload), ProblemKind.CONTENT_MALFORMED)


@pytest.mark.parametrize("hidden", ["\\u202e", "\\u0000", "\\u001b[31m", "\u2028"])
def test_signed_text_that_hides_something_is_rejected(files, sealed, consent, hidden):
    document = files[REPORT_PATH].replace(b"6.1.0-28-amd64", hidden.encode())
    payload = payload_of(files) | {REPORT_PATH: document}
    payload[CONSENT_PATH] = dumps(encode(replace(consent, content_root=content_root(payload))))
    rejected(resealed(sealed.report_id, payload), ProblemKind.CONTENT_MALFORMED)


# Times


def made_later(files, report_id, consent, ahead_s=None):
    """The report by a clock that is years ahead; `ahead_s` is what it says of that itself."""
    document = loads(files[REPORT_PATH])
    document["started_at"] = "2036-11-20T10:15:00Z"
    if ahead_s is not None:
        about = ClockCheck(
            checked_at=STARTED_AT,
            sources=(),
            agreement=Agreement.SINGLE,
            offset_s=-ahead_s,
            uncertainty_s=1.0,
            agreeing=1,
            disagreeing=0,
            zone=None,
            sync=None,
        )
        document["results"][0]["outcome"] = {"state": "completed", **encode_fact(about)}
    payload = payload_of(files) | {REPORT_PATH: dumps(document)}
    payload[CONSENT_PATH] = dumps(encode(replace(consent, content_root=content_root(payload))))
    return resealed(report_id, payload)


def test_a_report_from_the_future_is_refused_and_can_be_opened(files, sealed, consent):
    data = made_later(files, sealed.report_id, consent)
    rejected(data, ProblemKind.FROM_THE_FUTURE, "2036-11-20 10:15 UTC")
    assert verify(data, received_at=datetime(2036, 11, 19, 11, tzinfo=UTC)).accepted
    assert load_report(data).record.started_at.year == 2036


@pytest.mark.parametrize(
    ("ahead_s", "accepted"), [(11 * 365 * 86400, True), (3600, False), (1e300, True), (-1e300, False)]
)
def test_a_clock_whose_error_the_report_tells_is_no_future(files, sealed, consent, ahead_s, accepted):
    data = made_later(files, sealed.report_id, consent, ahead_s)
    assert verify(data, received_at=datetime(2026, 11, 21, tzinfo=UTC)).accepted is accepted


# Containers


def zipped(members, **options):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for member, data in members:
            entry = member if isinstance(member, zipfile.ZipInfo) else zipfile.ZipInfo(member)
            # On Windows the library would write other names than these, and not say that their attributes are modes.
            entry.filename, entry.create_system = entry.orig_filename, 3
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


TOP = "20261120T101500Z-554e9734"


@pytest.mark.parametrize(
    ("name", "word"),
    [
        (f"{TOP}/../evil", "bad_name"),
        ("/etc/passwd", "bad_name"),
        (f"{TOP}/a\\b", "bad_name"),
        (f"{TOP}/c:x", "bad_name"),
        (f"{TOP}/nul", "bad_name"),
        (f"{TOP}/com1.txt", "bad_name"),
        (f"{TOP}/Data", "bad_name"),
        (f"{TOP}/.hidden", "bad_name"),
        (f"{TOP}/a.", "bad_name"),
        (f"{TOP}/b\u202ec", "bad_name"),
        (f"{TOP}//a", "bad_name"),
        ("other/a", "bad_name"),
        (f"{TOP}/" + "a" * 300, "bad_name"),
        ("20261120T101500Z-00000000/a", "not_one_folder"),
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(name, word):
    with pytest.raises(ContainerError, match=word):
        read_container(zipped([(f"{TOP}/first", b"1"), (name, b"x")]))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_twice_is_refused():
    with pytest.raises(ContainerError, match="duplicate_name"):
        read_container(zipped([(f"{TOP}/a", b"1"), (f"{TOP}/a", b"2")]))


def test_a_file_that_is_a_folder_too_is_refused():
    with pytest.raises(ContainerError, match="not_one_folder"):
        read_container(zipped([(f"{TOP}/a", b"1"), (f"{TOP}/a/", b"")]))


def test_bytes_behind_and_before_are_refused(sealed):
    rejected(sealed.data + b"x", ProblemKind.CONTAINER, "trailing_data")
    rejected(b"x" + sealed.data, ProblemKind.CONTAINER, "unaccounted_bytes")
    rejected(b"MZ" * 4096 + sealed.data, ProblemKind.CONTAINER)


def test_a_comment_is_refused(sealed):
    data = sealed.data[:-2] + struct.pack("<H", 5) + b"hello"
    assert verify(data).tier is Tier.INVALID
    with pytest.raises(ContainerError, match="comment"):
        read_container(sealed.data[:-2] + struct.pack("<H", 5))


def test_a_link_is_refused():
    entry = zipfile.ZipInfo(f"{TOP}/link")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(ContainerError, match="not_a_file"):
        read_container(zipped([(entry, b"/etc/passwd")]))


def test_a_bomb_is_refused():
    with pytest.raises(ContainerError, match="ratio"):
        read_container(zipped([(f"{TOP}/a", bytes(10_000_000))]))
    with pytest.raises(ContainerError, match="too_large"):
        read_container(zipped([(f"{TOP}/a", bytes(17 * 1024 * 1024))]))


def test_too_many_members_are_refused():
    with pytest.raises(ContainerError, match="too_many_members"):
        read_container(zipped([(f"{TOP}/a{number}", b"") for number in range(513)]))


def _patched(data, offset_from_mark, mark, value, size="<H"):
    changed = bytearray(data)
    struct.pack_into(size, changed, data.index(mark) + offset_from_mark, value)
    return bytes(changed)


@pytest.mark.parametrize(
    ("offset", "mark", "value", "word"),
    [
        (8, b"PK\1\2", 1, "encrypted"),
        (10, b"PK\1\2", 12, "unknown_method"),
        (8, b"PK\1\2", 0x40, "unknown_method"),
        (34, b"PK\1\2", 1, "many_disks"),
        (32, b"PK\1\2", 9, "comment"),
        (8, b"PK\3\4", 1, "headers_differ"),
        (22, b"PK\3\4", 1, "headers_differ"),
        (24, b"PK\1\2", 1, "headers_differ"),
        (16, b"PK\1\2", 1, "headers_differ"),
        (30, b"PK\3\4", 0x4141, "headers_differ"),
        (4, b"PK\5\6", 1, "many_disks"),
        (8, b"PK\5\6", 0xFFFF, "many_disks"),
        (42, b"PK\1\2", 7, "unaccounted_bytes"),
    ],
)
def test_headers_that_lie_are_refused(offset, mark, value, word):
    data = write_container(TOP, {"a": b"hello"})
    with pytest.raises(ContainerError, match=word):
        read_container(_patched(data, offset, mark, value))


def test_a_record_that_no_directory_names_is_refused():
    hidden = write_container(TOP, {"b": b"hidden"})
    record = hidden[: hidden.index(b"PK\1\2")]
    data = write_container(TOP, {"a": b"hello"})
    at = data.index(b"PK\1\2")
    moved = bytearray(data[:at] + record + data[at:])
    struct.pack_into("<I", moved, len(moved) - 6, at + len(record))
    with pytest.raises(ContainerError, match="unaccounted_bytes"):
        read_container(bytes(moved))


def test_zip64_is_refused():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, archive.open(f"{TOP}/a", "w", force_zip64=True) as member:
        member.write(b"x")
    with pytest.raises(ContainerError):
        read_container(buffer.getvalue())


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_unpacked_and_rezipped_bundle_is_repacked(sealed, files, method):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.mkdir(sealed.report_id)
        for path, data in files.items():
            archive.writestr(f"{sealed.report_id}/{path}", data)
    verification = verify(buffer.getvalue())
    assert verification.tier is Tier.REPACKED
    assert not verification.accepted
    assert ProblemKind.REPACKED in kinds(verification)
    assert load_report(buffer.getvalue()).report_id == sealed.report_id


def test_a_streamed_zip_is_repacked(sealed, files):
    class Pipe(io.BytesIO):
        def seekable(self):
            return False

        def seek(self, *_):
            raise OSError

        def tell(self):
            raise OSError

    buffer = Pipe()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            archive.writestr(f"{sealed.report_id}/{path}", data)
    assert Deviation.DATA_DESCRIPTOR in read_container(buffer.getvalue()).deviations
    assert verify(buffer.getvalue()).tier is Tier.REPACKED


def test_a_repacked_bundle_with_a_changed_file_is_invalid(sealed, files):
    members = [(f"{sealed.report_id}/{path}", data) for path, data in files.items()]
    members[0] = (members[0][0], members[0][1] + b" ")
    assert verify(zipped(members)).tier is Tier.INVALID


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.binary(max_size=400))
def test_no_bytes_make_the_check_crash(data):
    assert verify(data).tier is Tier.INVALID


@pytest.mark.measures
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    changes=st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255)), min_size=1, max_size=6),
    cut=st.integers(0, 2**20),
)
def test_no_damage_makes_the_check_crash(sealed, changes, cut):
    data = bytearray(sealed.data)
    for place, value in changes:
        data[place % len(data)] = value
    began = time.process_time()
    assert verify(bytes(data[: cut % len(data)])).tier is Tier.INVALID
    verify(bytes(data))
    assert time.process_time() - began < 2


@pytest.mark.measures
def test_an_endless_list_is_answered_soon(files, sealed):
    files[TAG_MANIFEST_PATH] = b"a" * 15_000_000 + random.Random(1).randbytes(100_000)
    files[SIGNATURE_PATH] = sign(files[TAG_MANIFEST_PATH], KEY, NAMESPACE)
    began = time.process_time()
    rejected(write_container(sealed.report_id, files), ProblemKind.MANIFEST_MALFORMED, TAG_MANIFEST_PATH)
    assert time.process_time() - began < 3


@pytest.mark.measures
def test_the_largest_hostile_file_is_answered_soon():
    began = time.process_time()
    assert verify(b"PK\5\6" * (16 * 1024 * 1024)).tier is Tier.INVALID
    assert verify(bytes(64 * 1024 * 1024 + 1)).tier is Tier.INVALID
    assert time.process_time() - began < 5


def test_an_invalid_bundle_is_not_loaded():
    with pytest.raises(InvalidBundleError) as caught:
        load_report(b"nothing")
    assert kinds(caught.value.verification) == {ProblemKind.CONTAINER}


def test_a_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        verify(tmp_path / "none.zip")


def test_every_problem_has_a_sentence(texts):
    for kind in ProblemKind:
        assert problem_text(Problem(kind, "data/x"), texts)


# Signatures


def test_the_install_id_is_the_hash_of_the_public_line():
    line = public_key(KEY).line
    assert public_key(KEY).install_id == "inst-" + hashlib.sha256(line.encode()).hexdigest()[:16]


def test_a_signature_is_of_its_bytes_alone():
    signature = sign(b"data", KEY, NAMESPACE)
    assert check_signature(b"data", signature, NAMESPACE).key == public_key(KEY)
    with pytest.raises(SignatureError, match="wrong"):
        check_signature(b"date", signature, NAMESPACE)


def test_a_bundle_is_written_whole(tmp_path, sealed):
    path = tmp_path / f"{sealed.report_id}.nexkit.zip"
    write_bundle(path, sealed)
    assert path.read_bytes() == sealed.data
    assert verify(path).accepted
    assert list(tmp_path.iterdir()) == [path]


def test_an_older_file_survives_a_failed_writing(tmp_path, sealed, monkeypatch):
    path = tmp_path / "report.nexkit.zip"
    path.write_bytes(b"older")

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_bundle(path, sealed)
    assert path.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [path]
