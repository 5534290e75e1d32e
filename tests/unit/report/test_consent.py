"""The record of a consent: what it says, what it is bound to, and what a desk makes of it."""

import json
import os
import random
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sample_report import OWN_NAMES, STARTED_AT

from nexkit.profile import Basis, SharingTerms, Support
from nexkit.profile_file import parse_profile
from nexkit.profile_refusal import ProfileError
from nexkit.texts import Texts
from report.codec import dumps
from report.consent import (
    CONSENT_PATH,
    Category,
    ConsentState,
    Decision,
    answered,
    content_root,
    record_bytes,
    unanswered_bytes,
)
from report.consent_check import Expected, note_seen, read_seen
from report.container import read_container, write_container
from report.draft import consent_to, make_draft
from report.notices import known_notices, notice_hash, read_notices
from report.plain import encode
from report.problems import ProblemKind
from report.public_keys import public_key
from report.receipts import ReceiptError, keep_receipt, read_receipt, receipt_path, receipt_text
from report.seal import NAMESPACE, SIGNATURE_PATH, TAG_MANIFEST_PATH, ConsentError, bag, seal
from report.ssh_lists import SignersError
from report.sshsig import sign
from report.terms import key_fingerprint, terms_lines, terms_of
from report.trust import Tier
from report.verify import verify

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PRINCIPAL = public_key(KEY).install_id
DESK = "age1d5tq8jz0zllqd9c4axpeuagfyxzhcs08ezryey3zs0ku2pcdv4jqcm7qv3"
OTHER_DESK = "age1" + "q" * 58


@pytest.fixture
def profile(profile):
    support = Support(name="Example Helpdesk", email="help@example.com", recipients=(DESK,))
    terms = SharingTerms(
        controller="Example Ltd",
        address="1-2-3 Chiyoda, Tokyo",
        country="JP",
        third_party=True,
        purpose={"en": "To mend the line.", "ja": "回線を直すため。"},
        basis=Basis.CONTRACT,
        storage="Tokyo",
        retention_days=90,
        withdrawal="privacy@example.com",
        url="https://www.example.com/privacy",
    )
    return replace(profile, profile=replace(profile.profile, support=support, consent=terms))


@pytest.fixture
def draft(record, diagnosis, profile, texts):
    return make_draft(
        record,
        diagnosis,
        profile,
        set(Category) - {Category.LOAD},
        texts,
        random.Random(1),
        own_names=OWN_NAMES,
        principal=PRINCIPAL,
    )


@pytest.fixture
def consent(draft, texts):
    return consent_to(draft, method="wizard", texts=texts, given_at=STARTED_AT, random=random.Random(2))


def sealed_again(draft, consent, key=KEY):
    """A bundle that its signer has made with any record."""
    payload = {**draft.files, CONSENT_PATH: dumps(encode(consent))}
    files = bag(draft.report_id, payload, public_key(key).install_id)
    files[SIGNATURE_PATH] = sign(files[TAG_MANIFEST_PATH], key, NAMESPACE)
    return write_container(draft.report_id, files)


def problems(data, **options):
    result = verify(data, **options)
    return {(item.kind, item.place) for item in result.problems}


def test_the_record_says_who_for_what_how_long_and_what_if(draft, consent):
    document = json.loads(record_bytes(consent))
    assert document["schema_version"] == "nexkit/consent/2"
    assert document["report_id"] == draft.report_id
    assert document["case_ref"] == "INC-1042"
    assert document["pii_principal_id"] == PRINCIPAL
    assert document["event"]["state"] == "given"
    assert document["notice"]["profile_serial"] == 7
    assert document["notice"]["url"] == "https://www.example.com/privacy"
    assert document["controller"] == {
        "name": "Example Ltd",
        "address": "1-2-3 Chiyoda, Tokyo",
        "contact": "help@example.com",
    }
    assert document["recipients"] == [
        {
            "name": "Example Helpdesk",
            "contact": "help@example.com",
            "keys": [key_fingerprint(DESK)],
            "third_party": True,
            "country": "JP",
        }
    ]
    assert document["purpose"] == [{"id": "fault_isolation", "text": "To mend the line."}]
    assert document["basis"] == "contract"
    assert (document["jurisdiction"], document["storage_location"]) == ("JP", "Tokyo")
    assert document["retention"]["days"] == 90
    assert document["withdrawal"]["address"] == "privacy@example.com"
    assert document["rights"]
    assert document["validity"] == "until_withdrawn"
    assert document["derived_use"] == {"anonymised_statistics": False}
    assert document["remote_access"] == "not_covered"
    assert document["content_root"] == content_root(draft.files)


def test_each_decision_says_what_of_it_is_in_which_files(draft, consent):
    by_category = {entry.category: entry for entry in consent.decisions}
    assert by_category.keys() == set(Category)
    path = by_category[Category.PATH]
    assert {"EchoStats", "PathTrace", "GatewayReach"} <= set(path.items)
    assert path.level.value == "reduce"
    assert "data/measurements/hops.jsonl" in path.paths
    assert "data/measurements/dns.jsonl" not in path.paths
    assert by_category[Category.NOTE].items == ("note", "ticket")
    load = by_category[Category.LOAD]
    assert (load.decision, load.items, load.paths, load.level.value) == (Decision.REFUSED, (), (), "drop")
    assert {place for entry in consent.decisions for place in entry.paths} == draft.files.keys()


def test_without_a_word_of_the_profile_the_defaults_are_told(profile):
    bare = replace(profile.profile, support=Support(), consent=SharingTerms())
    terms = terms_of(bare, Texts("en"))
    assert (terms.controller, terms.recipients, terms.retention.days) == (None, (), None)
    assert terms_lines(terms, Texts("en"))[0] == "For: the support desk that you choose"


def test_the_record_before_the_answer_is_open_about_it_alone(consent):
    asked, given = json.loads(unanswered_bytes(consent)), json.loads(record_bytes(answered(consent, STARTED_AT)))
    assert (asked["event"].pop("state"), asked["event"].pop("time")) == (None, None)
    del given["event"]["state"], given["event"]["time"]
    assert asked == given


# Seal


def test_nothing_is_sealed_for_a_key_that_was_not_agreed_to(draft, consent):
    assert seal(draft, consent, KEY, encrypt_to=(DESK,)).report_id == draft.report_id
    with pytest.raises(ConsentError):
        seal(draft, consent, KEY, encrypt_to=(DESK, OTHER_DESK))


def test_nobody_seals_in_the_name_of_another(draft, consent):
    with pytest.raises(ConsentError):
        seal(draft, consent, Ed25519PrivateKey.from_private_bytes(bytes(32)))


# verify


def test_a_good_record_is_accepted_by_the_desk_that_it_names(draft, consent):
    data = seal(draft, consent, KEY).data
    assert read_container(data).files[CONSENT_PATH] == record_bytes(consent)
    expected = Expected(keys=[key_fingerprint(OTHER_DESK), key_fingerprint(DESK)], ticket="INC-1042")
    result = verify(data, expected=expected)
    assert result.accepted
    assert {item.kind for item in result.problems} == {ProblemKind.UNKNOWN_SIGNER}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"pii_principal_id": "inst-0123456789abcdef"}, "pii_principal_id"),
        ({"content_root": "00" * 32}, "content_root"),
    ],
)
def test_a_record_of_something_else_is_rejected(draft, consent, change, place):
    data = sealed_again(draft, replace(consent, **change))
    assert problems(data) == {(ProblemKind.CONSENT_MISMATCH, place)}


@pytest.mark.parametrize("state", [ConsentState.REFUSED, ConsentState.WITHDRAWN])
def test_a_record_of_no_consent_is_rejected(draft, consent, state):
    data = sealed_again(draft, replace(consent, event=replace(consent.event, state=state)))
    assert problems(data) == {(ProblemKind.CONSENT_MISMATCH, "state")}


@pytest.mark.parametrize(
    ("category", "paths"), [(Category.LOAD, ("data/report.json",)), (Category.PATH, ("data/elsewhere.json",))]
)
def test_a_file_that_was_refused_or_is_not_there_is_rejected(draft, consent, category, paths):
    decisions = tuple(
        replace(entry, paths=paths) if entry.category is category else entry for entry in consent.decisions
    )
    data = sealed_again(draft, replace(consent, decisions=decisions))
    assert problems(data) == {(ProblemKind.CONSENT_MISMATCH, "paths")}


def test_words_that_nobody_knows_are_rejected_and_those_of_a_newer_program_told(draft, consent):
    words = replace(consent, notice=replace(consent.notice, sha256="ab" * 32))
    data = sealed_again(draft, words)
    assert verify(data).tier is Tier.INVALID
    assert problems(data) == {(ProblemKind.UNKNOWN_NOTICE, "ab" * 32)}
    assert verify(data, expected=Expected(notices={"ab" * 32})).tier is Tier.INTEGRITY_ONLY
    newer = sealed_again(draft, replace(words, event=replace(words.event, kit_version="99.0.0")))
    assert verify(newer).tier is Tier.INTEGRITY_ONLY
    assert (ProblemKind.NEWER_NOTICE, "ab" * 32) in problems(newer)


def test_a_report_for_another_desk_or_ticket_or_one_that_came_before_is_not_accepted(draft, consent, tmp_path):
    data = seal(draft, consent, KEY).data
    seen = tmp_path / "seen"
    assert read_seen(seen) == {}
    note_seen(seen, consent)
    for expected, kind, place in (
        (Expected(keys=[key_fingerprint(OTHER_DESK)]), ProblemKind.OTHER_RECIPIENT, "Example Helpdesk"),
        (Expected(ticket="INC-1043"), ProblemKind.OTHER_TICKET, "INC-1042"),
        (Expected(seen=read_seen(seen)), ProblemKind.SEEN_BEFORE, "same"),
        (Expected(seen={draft.report_id: "00"}), ProblemKind.SEEN_BEFORE, "other_content"),
    ):
        result = verify(data, expected=expected)
        assert result.tier is Tier.INTEGRITY_ONLY
        assert not result.accepted
        assert (kind, place) in problems(data, expected=expected)


# Wording


def test_a_change_of_the_wording_raises_its_version():
    """Put the hash of before into `report/notices.py`, raise NOTICE_VERSION, then change this."""
    assert notice_hash(Texts("en")) == "7c5d900de99104e9ec200ba97ea43ffde017520f300db092522c1cc7d6679829"
    assert {notice_hash(Texts(language)) for language in ("en", "ja")} < known_notices()
    assert len(known_notices()) == 10


def test_a_list_of_wordings_is_read_and_a_bad_line_is_named(tmp_path):
    path = tmp_path / "texts"
    path.write_text(f"# ours\n{'ab' * 32} version 2, en\n\n{'cd' * 32}\n")
    assert read_notices(path) == {"ab" * 32, "cd" * 32}
    path.write_text("ab\n")
    with pytest.raises(SignersError, match="line 1"):
        read_notices(path)
    path.write_text("20261120T101500Z-00000000\n")
    with pytest.raises(SignersError, match="line 1"):
        read_seen(path)


# Receipts


def test_a_receipt_is_the_record_for_its_owner_alone(consent, tmp_path):
    path = keep_receipt(consent, tmp_path / "receipts")
    assert path.read_bytes() == record_bytes(consent)
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600
    assert read_receipt(path) == consent
    later = answered(consent, STARTED_AT.replace(hour=11))
    assert read_receipt(keep_receipt(later, tmp_path / "receipts")) == later
    text = receipt_text(consent, Texts("en"))
    for word in ("Example Ltd", "At most 90 days.", "privacy@example.com", consent.content_root, "- Load test"):
        assert word in text


def test_what_is_no_receipt_is_one_line(tmp_path):
    with pytest.raises(ReceiptError, match="no receipt"):
        read_receipt(receipt_path("20261120T101500Z-00000000", tmp_path))
    with pytest.raises(ReceiptError, match="no report number"):
        receipt_path("../../etc/passwd")
    (tmp_path / "bad").write_text("{}")
    with pytest.raises(ReceiptError, match="bad"):
        read_receipt(tmp_path / "bad")


# The profile's part

HEAD = """\
schema = 1
id = "example-corp"
name = {en = "Example"}
serial = 1
not_before = 2026-01-01T00:00:00Z
not_after = 2027-01-01T00:00:00Z
[consent]
"""


def test_a_profile_says_what_the_consent_is_to():
    terms = parse_profile(
        (
            HEAD + 'controller = "Example Ltd"\ncountry = "JP"\nthird_party = false\nbasis = "legitimate_interest"\n'
            'retention_days = 30\nrights = {en = "All of them."}\nurl = "https://www.example.com/privacy"\n'
        ).encode(),
        "p.toml",
    ).consent
    assert terms.controller == "Example Ltd"
    assert terms.third_party is False
    assert terms.basis is Basis.LEGITIMATE_INTEREST
    assert terms.retention_days == 30


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('country = "Japan"', "two capital letters"),
        ('basis = "because"', "must be one of"),
        ("retention_days = 0", "between 1 and 3650"),
        ('third_party = "no"', "true or false"),
        ('agreed = ["all"]', "unknown key"),
        ('purpose = "x"', "by language"),
        ('url = "javascript:alert(1)"', "web address"),
    ],
)
def test_a_mistake_in_it_is_named_with_its_line(line, words):
    with pytest.raises(ProfileError, match=rf"p\.toml, line 8: consent\..*{words}"):
        parse_profile((HEAD + line + "\n").encode(), "p.toml")
