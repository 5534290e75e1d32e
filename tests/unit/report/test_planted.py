"""Private values planted into every field of every fact: none of them is in a report, in whatever spelling."""

import json
import random
import re
import string
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass, replace
from html import escape
from ipaddress import ip_address
from urllib.parse import quote

import pytest
from any_fact import knowing_all
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sample_report import home_record, step

from nexkit.facts import BUILTIN_FACTS
from nexkit.outcome import Completed
from nexkit.run_record import ProfileTrust
from nexkit.sensitivity import Sensitivity, Tightening
from nexkit.subject import Subject
from report.consent import DEFAULT_CATEGORIES, Category
from report.document import read_report
from report.draft import ResidueError, make_draft
from report.plain import encode
from report.redact import CATEGORY_OF

LETTERS = string.ascii_lowercase


@dataclass(frozen=True, kw_only=True)
class Planted:
    host: str
    user: str
    domain: str
    ipv4: str
    mac: str
    ssid: str
    token: str

    @property
    def ipv6(self) -> str:
        octets = bytes.fromhex(self.mac.replace(":", ""))
        identifier = bytes([octets[0] ^ 2]) + octets[1:3] + b"\xff\xfe" + octets[3:]
        return str(ip_address(bytes.fromhex("20010db800010002") + identifier))

    def texts(self, spell) -> dict[Sensitivity, str]:
        remote = " ".join(
            [
                *(self.host.upper(), self.user, f"www.{self.domain}", f"admin@{self.domain}", self.ipv4, self.ipv6),
                *(self.mac, self.mac.replace(":", "-").upper(), self.ssid, self.token),
                *(f"/home/{self.user}/x", rf"C:\Users\{self.user}\x", f"https://{self.user}:geheim@{self.domain}/"),
            ]
        )
        return {
            Sensitivity.INTERFACE: "enx" + self.mac.replace(":", ""),
            Sensitivity.IP_ADDRESS: self.ipv4,
            Sensitivity.MAC_ADDRESS: self.mac,
            Sensitivity.HOST_NAME: f"{self.host}.{self.domain}",
            Sensitivity.URL: f"https://{self.user}:geheim@{self.host}.{self.domain}/{self.user}?t={self.token}",
            Sensitivity.SSID: self.ssid,
            Sensitivity.REMOTE_TEXT: spell(remote),
            Sensitivity.CERTIFICATE_SUBJECT: f"CN=new.{self.domain},O={self.user}",
            Sensitivity.SECRET: self.token,
        }

    def secrets(self) -> list[str]:
        dense = self.mac.replace(":", "")
        return [
            *(self.host, self.user, self.domain, self.ssid, self.token, self.ipv4, self.ipv6, self.mac, dense),
            *(self.mac.replace(":", "-"), f"{dense[:4]}.{dense[4:8]}.{dense[8:]}", ip_address(self.ipv6).exploded),
            ip_address(self.ipv4).packed.hex(),
        ]


def in_base64(text: str) -> list[str]:
    """How a text stands in a longer base64 text: from each of the three places, without what its neighbours change."""
    data, codes = text.encode(), []
    for before in range(3):
        whole = b64encode(b"\0" * before + data).decode().rstrip("=")
        codes.append(whole[(before * 8 + 5) // 6 : len(whole) - 1])
    return codes


def spellings(text: str) -> set[str]:
    return {
        *(text, json.dumps(text)[1:-1], escape(text), quote(text, safe=""), text.encode().hex()),
        text.encode("utf-16-le").hex(),
    }


def words(shortest: int) -> st.SearchStrategy[str]:
    """Letters and a digit: no word of ours, and long enough not to turn up by chance."""
    return st.text(LETTERS, min_size=shortest, max_size=shortest + 4).map(lambda text: f"q{text}7")


SPELL = st.sampled_from(
    [
        lambda text: text,
        lambda text: text.encode().hex(),
        lambda text: b64encode(text.encode()).decode(),
        lambda text: "x" + urlsafe_b64encode(b"--" + text.encode()).decode(),
        lambda text: quote(text, safe=""),
        lambda text: json.dumps(json.dumps(text)),
        lambda text: escape(text).replace(".", "&#46;"),
        lambda text: text.encode("utf-16-le").hex(":"),
        str.upper,
    ]
)
PLANTED = st.builds(
    Planted,
    host=words(6),
    user=words(6),
    domain=words(6).map(lambda text: f"{text}.example"),
    ipv4=st.integers(1, 254).map(lambda host: f"203.0.113.{host}"),
    mac=st.binary(min_size=6, max_size=6)
    .filter(lambda octets: min(octets) > 0)
    .map(lambda octets: (bytes([octets[0] & 0xFC]) + octets[1:]).hex(":")),
    ssid=st.tuples(words(4), st.sampled_from(["", " 無線", "<b>", "&'\""])).map("".join),
    token=st.binary(min_size=12, max_size=20).map(
        lambda data: f"eyJ{urlsafe_b64encode(data).decode().rstrip('=')}.eyJ{data.hex()}.{data.hex()}"
    ),
)


def record_of(texts: dict[Sensitivity, str], trust: ProfileTrust = ProfileTrust.SIGNED):
    record = home_record(
        results=tuple(
            step(f"s{number}", "p", Subject.COMPUTER, Completed(knowing_all(fact, texts)))
            for number, fact in enumerate(BUILTIN_FACTS)
        )
    )
    return replace(record, profile=replace(record.profile, trust=trust))


@settings(
    max_examples=25, deadline=None, phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck)
)
@given(
    planted=PLANTED,
    spell=SPELL,
    categories=st.sets(st.sampled_from(sorted(DEFAULT_CATEGORIES, key=lambda each: each.value))),
    trust=st.sampled_from([ProfileTrust.SIGNED, ProfileTrust.BUILT_IN, ProfileTrust.NAMED]),
    masking=st.sets(st.sampled_from([each.value for each in Tightening])),
)
def test_nothing_planted_is_in_any_file_in_any_spelling(
    planted, spell, categories, trust, masking, diagnosis, profile, texts
):
    masked = replace(profile, profile=replace(profile.profile, masking=frozenset(masking)))
    draft = make_draft(
        record_of(planted.texts(spell), trust),
        diagnosis,
        masked,
        categories,
        texts,
        random.Random(7),
        own_names=(planted.host, planted.user),
    )
    for path, data in draft.files.items():
        plain = data.decode()
        text = plain.casefold()
        for secret in planted.secrets():
            found = [
                each
                for each in spellings(secret.casefold())
                if each in text and re.search(rf"{re.escape(each)}(?![\d/])", text)
            ]
            assert found == [], path
            coded = [each for way in (secret, secret.upper()) for each in in_base64(way) if each in plain]
            assert coded == [], path


@pytest.mark.parametrize("fact", BUILTIN_FACTS, ids=lambda fact: fact.__name__)
def test_a_name_in_a_field_that_is_never_masked_holds_the_report_back(fact, diagnosis, profile, texts):
    """Fields of this program's own words are shared as they are: what gets into them by mistake is found."""
    value = knowing_all(fact, {Sensitivity.OPEN: "told by qlantern-7"})
    record = home_record(results=(step("a.step", "p", Subject.COMPUTER, Completed(value)),))

    def draft(categories, **resolved):
        return make_draft(
            record,
            diagnosis,
            profile,
            categories,
            texts,
            random.Random(7),
            own_names=("qlantern-7",),
            **resolved,
        )

    if "qlantern" not in json.dumps(encode(value)):
        return  # it has no such field
    with pytest.raises(ResidueError) as caught:
        draft(DEFAULT_CATEGORIES)
    (hit,) = caught.value.hits
    assert (hit.value, hit.steps, hit.categories) == ("qlantern-7", ("a.step",), {CATEGORY_OF[fact]})
    assert "told by qlantern-7" in hit.around
    without = draft(DEFAULT_CATEGORIES - hit.categories, left_out=("qlantern-7",))
    released = draft(DEFAULT_CATEGORIES, released=("qlantern-7",))
    for resolved in (without, released):
        assert read_report(json.loads(resolved.files["data/report.json"])).hits_resolved == 1
    assert b"qlantern" not in b"".join(without.files.values())
    assert b"qlantern" in released.files["data/report.json"]


def test_the_whole_public_address_is_shared_where_it_is_agreed_to_by_its_own_name(diagnosis, profile, texts):
    planted = {
        Sensitivity.IP_ADDRESS: "203.0.113.77",
        Sensitivity.SSID: "lantern-net",
        Sensitivity.CERTIFICATE_SUBJECT: "CN=lantern",
    }
    record = record_of(planted)
    draft = make_draft(record, diagnosis, profile, set(Category), texts, random.Random(7), own_names=())
    assert b'"203.0.113.77"' in draft.files["data/report.json"]
    tightened = replace(profile, profile=replace(profile.profile, masking=frozenset({"public_addresses"})))
    for trust, its_profile in ((ProfileTrust.NAMED, profile), (ProfileTrust.SIGNED, tightened)):
        held = make_draft(
            record_of(planted, trust), diagnosis, its_profile, set(Category), texts, random.Random(7), own_names=()
        )
        assert Category.WHOLE_ADDRESSES not in held.categories
        assert b"203.0.113.77" not in b"".join(held.files.values())


def test_what_the_user_typed_is_shared_with_a_warning(record, diagnosis, profile, texts):
    note = "taros-pc is at 203.0.113.77, write to taro@kaisha.example"
    typed = replace(record, request=replace(record.request, note=note))
    draft = make_draft(typed, diagnosis, profile, DEFAULT_CATEGORIES, texts, random.Random(1), own_names=("taros-pc",))
    warned = {hit.value: hit for hit in draft.warnings}
    assert {"taros-pc", "taro@kaisha.example"} <= set(warned)
    assert warned["taros-pc"].categories == {Category.NOTE}
    assert note in draft.files["data/report.json"].decode()
