"""What leaves this computer, and what does not."""

import random
from base64 import b64encode
from dataclasses import dataclass, replace
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_report import OWN_NAMES, SECRETS, echo, home_record, network_state, reach, step

from nexkit.address import Family, Scope, family, in_prefix, scope
from nexkit.diagnosis.engine import diagnose
from nexkit.facts import BUILTIN_FACTS
from nexkit.facts.dns import DnsTransport, EncryptedAnswers
from nexkit.outcome import Completed, Skipped, SkipReason
from nexkit.request import Request
from nexkit.sensitivity import Open, RemoteText, Ssid
from nexkit.subject import Subject
from report.codec import dumps, encode_record
from report.consent import DEFAULT_CATEGORIES, Category
from report.draft import make_draft
from report.plain import UnknownFact
from report.redact import CATEGORY_OF, RedactedRecord, RedactionError, redact, telling_names

ALL = DEFAULT_CATEGORIES
KEY = bytes(range(32))


def redacted(record, profile, categories=ALL, key=KEY, own_names=OWN_NAMES):
    return redact(record, profile.profile, categories, key, own_names=own_names).record


def own_network(record, profile, **options):
    return redacted(record, profile, **options).results[0].outcome.fact


def addressed(profile, address, categories=ALL):
    record = home_record(results=(step("ping.x", "ping", Subject.ANCHOR, Completed(echo(address, 2))),))
    return redacted(record, profile, categories).results[0].outcome.fact.target


def test_every_builtin_fact_has_a_category():
    assert set(CATEGORY_OF) == set(BUILTIN_FACTS)


def test_a_redacted_record_is_made_by_redact_alone(record):
    with pytest.raises(TypeError, match="redact"):
        RedactedRecord(
            record=record,
            categories=ALL,
            diagnosis=None,
            replaced={},
            decoder={},
            addresses=frozenset(),
            proof=object(),
        )


def test_no_planted_value_is_left(record, profile):
    text = dumps(encode_record(redacted(record, profile))).decode().casefold()
    assert [secret for secret in SECRETS if secret.casefold() in text] == []


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    label=st.from_regex(r"[a-z]{2}[a-z0-9]{5,12}", fullmatch=True),
    user=st.from_regex(r"[a-z]{3}[a-z0-9]{4,8}[0-9]", fullmatch=True),
    mac=st.binary(min_size=6, max_size=6).filter(lambda pairs: any(pairs[3:])),
    host=st.integers(1, 254),
)
def test_no_planted_name_or_address_occurs_in_any_file_in_any_spelling(
    label, user, mac, host, diagnosis, profile, texts
):
    name, host_name = f"{label}.kaisha.example", f"{label}-pc"
    address = f"203.0.113.{host}"
    hardware = ":".join(f"{octet:02x}" for octet in mac)
    state = network_state()
    planted = replace(
        state,
        search_domains=(name,),
        interfaces=(
            replace(
                state.interfaces[0],
                mac=hardware,
                addresses=(replace(state.interfaces[0].addresses[0], address=address),),
            ),
        ),
    )
    record = home_record(
        results=(
            step("interfaces", "interfaces", Subject.COMPUTER, Completed(planted)),
            step(
                "reach.service.mail",
                "reach",
                Subject.SERVICE,
                Completed(reach(issuer=f"CN={host_name} {user} {hardware} {name} {address}")),
            ),
        )
    )
    draft = make_draft(record, diagnosis, profile, ALL, texts, random.Random(3), own_names=(host_name, user))
    for path, data in draft.files.items():
        text = data.decode().casefold()
        for secret in (name, host_name, user, hardware, f"{address}\n", f"{address} "):
            spellings = {secret, quote(secret), secret.encode().hex(), b64encode(secret.encode()).decode().casefold()}
            assert [spelling for spelling in spellings if spelling in text] == [], path
        for notation in (hardware.replace(":", ""), hardware.replace(":", "-")):
            assert notation not in text


@pytest.mark.parametrize(
    ("address", "shared"),
    [
        ("192.168.1.1", "192.168.1.1"),
        ("10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("8.8.8.8", "8.8.8.8"),
        ("198.18.0.10", "198.18.0.10"),
        ("203.0.113.77", "203.0.113.0/24#ip-"),
        ("100.64.3.1", "100.64.3.0/24#ip-"),
        ("169.254.7.8", "169.254.0.0/16#ip-"),
        ("2001:db8:1:2::7", "2001:db8:1::/48#net-"),
        ("fe80::1%wlan0", "fe80::/10#iid-"),
        ("fd12:3456::1", "fc00::/7#net-"),
        ("2002:cb00:714d::1", "2002::/16#ip-"),
        ("::ffff:203.0.113.77", "203.0.113.0/24#ip-"),
    ],
)
def test_an_address_is_shared_reduced_or_masked_by_its_scope(profile, address, shared):
    found = addressed(profile, address)
    assert found == shared or found.startswith(shared) == shared.endswith("-")
    assert found.startswith(shared)


@pytest.mark.parametrize(
    "address",
    [
        "192.168.1.1",
        "172.20.0.1",
        "10.0.0.1",
        "100.64.3.1",
        "169.254.7.8",
        "203.0.113.77",
        "2001:db8::1",
        "fe80::1",
        "fd00::1",
    ],
)
@pytest.mark.parametrize("categories", [ALL, ALL - {Category.ADDRESSES}], ids=["agreed", "kind only"])
def test_family_and_scope_survive(profile, address, categories):
    found = addressed(profile, address, categories)
    assert (family(found), scope(found)) == (family(address), scope(address))


def test_without_consent_to_addresses_only_their_kind_is_left(record, profile):
    text = dumps(encode_record(redacted(record, profile, ALL - {Category.ADDRESSES}))).decode()
    assert "192.168.1." not in text
    assert "203.0.113" not in text
    assert "3c:22:fb" not in text
    assert "192.168.0.0/16#ip-" in text


def test_hardware_addresses_keep_their_maker_or_say_that_they_are_made_up(record, profile):
    first, second = own_network(record, profile).interfaces
    assert first.mac.startswith("3c:22:fb/mac-")
    assert second.mac.startswith("local/mac-")


def test_host_names_keep_profile_names_domains_and_top_label(record, profile):
    state = own_network(record, profile)
    answers = redacted(record, profile).results[4].outcome.fact
    names = [query.name for query in answers.queries]
    assert names[0] == "www.example.com"
    assert names[2].startswith("host-")
    assert names[2].endswith(".www.example.com")
    assert names[4] == "mail.example.com"
    domain = state.search_domains[0]
    assert domain.endswith(".example")
    assert names[3].endswith(f".{domain}")
    assert state.proxy.http.host.endswith(f".{domain}")
    assert state.search_domains[1] == "lan"


def test_a_web_address_loses_user_query_and_path(record, profile):
    state = own_network(record, profile)
    assert state.proxy.pac_url == f"http://{state.proxy.http.host}/"


@pytest.mark.parametrize("own", ["tls://dns.example.com", "https://dns.example.com/dns-query"])
def test_an_encrypted_resolver_is_shown_where_the_profile_names_it(profile, own):
    def shown(resolver):
        fact = EncryptedAnswers(
            resolver=resolver, transport=DnsTransport.TLS, resolve_ms=1.0, resolve_failure=None, attempts=()
        )
        record = home_record(results=(step("dns.x", "encrypted_dns", Subject.COMPARISON_RESOLVER, Completed(fact)),))
        internet = replace(profile.profile.internet, encrypted_resolvers=(own,))
        named = replace(profile.profile, internet=internet)
        return redact(record, named, ALL, KEY).record.results[0].outcome.fact.resolver

    assert shown(own) == own
    masked = shown("tls://secret-resolver.kaisha.example:8853")
    assert masked.startswith("tls://")
    assert masked.endswith(":8853/")
    assert "secret" not in masked


def test_a_typed_target_is_shown_by_its_host(profile):
    record = home_record(results=(), request=Request(url="https://me:pw@app.other.test:8443/a?q=1#f"))
    assert redacted(record, profile).request.url == "https://app.other.test:8443/"
    assert redacted(record, profile, {Category.DEVICE}).request.url is None


def test_interface_names_of_the_system_stay(record, profile):
    first, second = own_network(record, profile).interfaces
    assert first.name == "wlan0"
    assert second.name.startswith("if-")


@pytest.mark.parametrize("name", ["enp3s0", "wlp2s0", "eth0", "en0", "Wi-Fi 2", "イーサネット", "lo", "docker0", "wg0"])
def test_common_interface_names_are_known(profile, name):
    state = network_state()
    record = home_record(
        results=(
            step(
                "interfaces",
                "interfaces",
                Subject.COMPUTER,
                Completed(replace(state, interfaces=(replace(state.interfaces[0], name=name),))),
            ),
        )
    )
    assert own_network(record, profile).interfaces[0].name == name


def test_a_remote_text_cannot_repeat_private_values_or_hide_characters(profile):
    record = home_record(
        results=(
            step("interfaces", "interfaces", Subject.COMPUTER, Completed(network_state())),
            step(
                "reach.service.mail",
                "reach",
                Subject.SERVICE,
                Completed(reach(issuer="CN=TAROS-PC, O=yamada.taro\u202e" + "x" * 400)),
            ),
        )
    )
    issuer = redacted(record, profile).results[1].outcome.fact.attempts[0].tls.certificate.issuer
    assert "taros-pc" not in issuer.casefold()
    assert "yamada" not in issuer
    assert "\\u202e" in issuer
    assert len(issuer) <= 256


def test_the_user_s_own_words_are_kept_as_typed(record, profile):
    request = redacted(record, profile).request
    assert (request.ticket, request.note) == (record.request.ticket, record.request.note)


def test_pseudonyms_are_equal_within_a_report_and_unlinkable_between_reports(record, profile):
    one, same, other = (own_network(record, profile, key=key) for key in (KEY, KEY, bytes(32)))
    assert one == same
    assert one.interfaces[0].mac != other.interfaces[0].mac


@pytest.mark.parametrize(
    ("category", "steps"),
    [
        (Category.DEVICE, {"interfaces"}),
        (Category.NAMES, {"dns.resolver1", "lookup.system"}),
        (Category.PATH, {"lan.gateway4", "ping.gateway4", "ping.anchor1", "route.anchor4"}),
        (Category.SERVICES, {"reach.service.mail", "portal.1"}),
        (Category.LOAD, {"load.test"}),
    ],
)
def test_a_category_that_is_not_agreed_is_left_out(record, profile, category, steps):
    left = redacted(record, profile, ALL - {category})
    withheld = {result.id for result in left.results if result.outcome == Skipped(SkipReason.WITHHELD)}
    assert withheld == steps
    assert [result.id for result in left.results] == [result.id for result in record.results]


def test_what_of_the_profile_was_met_is_of_the_device(record, profile):
    assert redacted(record, profile, ALL).expectations == record.expectations
    assert redacted(record, profile, ALL - {Category.DEVICE}).expectations is None


def test_with_no_category_only_the_frame_is_left(record, profile):
    left = redacted(record, profile, ())
    assert left.system.system == "withheld"
    assert left.request.note is left.request.ticket is None
    assert not [result for result in left.results if isinstance(result.outcome, Completed)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unmarked:
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marked:
    ssid: Ssid
    remote: RemoteText
    word: Open
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Odd:
    value: complex


def _walk_with(monkeypatch, profile, fact):
    monkeypatch.setitem(CATEGORY_OF, type(fact), Category.DEVICE)
    return redacted(home_record(results=(step("x", "x", Subject.COMPUTER, Completed(fact)),)), profile)


def test_a_text_without_a_class_raises(monkeypatch, profile):
    with pytest.raises(RedactionError):
        _walk_with(monkeypatch, profile, _Unmarked(text="x"))


def test_a_value_of_an_unknown_type_raises(monkeypatch, profile):
    with pytest.raises(RedactionError):
        _walk_with(monkeypatch, profile, _Odd(value=1j))


def test_a_value_that_is_not_of_its_hint_raises(monkeypatch, profile):
    with pytest.raises(RedactionError):
        _walk_with(monkeypatch, profile, _Marked(ssid="a", remote="b", word="c", number="203.0.113.77"))


def test_a_network_name_is_masked(monkeypatch, profile):
    left = _walk_with(monkeypatch, profile, _Marked(ssid="yt-home", remote="near yt-home", word="c", number=1))
    fact = left.results[0].outcome.fact
    assert fact.ssid.startswith("ssid-")
    assert fact.remote == f"near {fact.ssid}"


@pytest.mark.parametrize("fact", [_Unmarked(text="x"), UnknownFact(kind="X", data={"a": 1})])
def test_a_fact_without_a_category_never_leaves(profile, fact):
    record = home_record(results=(step("x", "x", Subject.COMPUTER, Completed(fact)),))
    assert redacted(record, profile).results[0].outcome == Skipped(SkipReason.WITHHELD)


def test_names_that_identify_nobody_are_no_secret():
    assert telling_names(["root", "ab", "localhost", "taros-pc"]) == {"taros-pc"}


def test_a_short_key_is_refused(record, profile):
    with pytest.raises(ValueError, match="key"):
        redact(record, profile.profile, ALL, b"short")


def test_reduced_prefixes_are_told_apart_from_private_ones():
    assert scope("203.0.113.0/24#ip-aaaaaaaa") is Scope.INTERNET
    assert family("2001:db8:1::/48#ip-aaaaaaaa") is Family.IPV6


def test_a_reduced_prefix_still_says_what_may_be_on_link():
    assert in_prefix("2001:db8:1::/48#ip-aaaaaaaa", "2001:db8:1::/48#ip-bbbbbbbb", 64)
    assert not in_prefix("2001:db8:2::/48#ip-aaaaaaaa", "2001:db8:1::/48#ip-bbbbbbbb", 64)
    assert in_prefix("192.168.1.1", "192.168.1.23", 24)


@pytest.mark.parametrize("categories", [ALL, ALL - {Category.ADDRESSES}], ids=["agreed", "kind only"])
def test_a_report_is_diagnosed_like_the_run_it_was_made_from(record, profile, categories):
    assert diagnose(redacted(record, profile, categories)) == diagnose(record)
