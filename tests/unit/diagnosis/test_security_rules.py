"""Proxies, their script and sign-in, inspection, filters and blocked UDP: named by their signs alone."""

from dataclasses import replace

import pytest
from diagnosis_records import (
    CONTROLS,
    GATEWAY4,
    SERVICE,
    SERVICE_HOST,
    answers,
    attempt,
    echo,
    healthy,
    portal,
    reach,
    record,
    silent_echo,
    system_lookups,
    tcp,
    tls,
    without_internet,
)
from proxy_records import (
    CALLS_ADDRESS,
    DIRECT,
    OTHER,
    SQUID,
    asked,
    by_proxy,
    check,
    closed,
    host_alive,
    over_quic,
    script,
    settings,
    udp_path,
    wants_password,
)

from nexkit.diagnosis.engine import diagnose
from nexkit.diagnosis.verdict import RungState, Segment, Severity, VerdictState
from nexkit.facts.network import ProxySettings
from nexkit.facts.path import PathMethod, PathTrace
from nexkit.facts.proxy import ProxyScheme
from nexkit.facts.reach import BlockMark, ReachLayer, TrustProblem
from nexkit.outcome import FailureKind
from nexkit.request import Request, Symptom

T = FailureKind.TIMEOUT
REFUSED = FailureKind.REFUSED
CONTROL1, CONTROL2 = CONTROLS


def diagnosis(facts, symptom=Symptom.CHECK_UP):
    return diagnose(replace(record(facts), request=Request(symptom=symptom)))


def causes(facts):
    return [finding.cause for finding in diagnosis(facts).findings]


def found(facts, cause):
    """The finding of a cause; StopIteration where it is not named."""
    return next(finding for finding in diagnosis(facts).findings if finding.cause == cause)


def verdict(facts):
    own = diagnosis(facts).verdict
    return own.state.value, own.cause or (own.segment and own.segment.value)


def states(facts):
    return {rung.segment: rung.state for rung in diagnosis(facts).ladder}


def changed(**facts):
    return {**healthy(), **{step_id.replace("__", "."): fact for step_id, fact in facts.items()}}


# --- a mandatory proxy ---


def test_a_network_in_which_everything_works_through_the_proxy_is_healthy():
    facts = closed(healthy())
    assert verdict(facts) == ("healthy", None)
    assert causes(facts) == []
    for rung in diagnosis(facts).ladder:
        if rung.segment in {Segment.INTERNET, Segment.SERVICE}:
            assert all(step.startswith("reach.proxied") for step in rung.because)


def test_the_proxy_may_know_names_that_the_own_resolver_does_not():
    inner = {"dns.resolver1": answers(GATEWAY4, rcode="NXDOMAIN"), "lookup.system": system_lookups(without=CONTROLS)}
    assert verdict({**closed(healthy()), **inner}) == ("healthy", None)


def test_tunnels_opened_with_the_known_password_are_enough():
    facts = closed(
        healthy(),
        proxy__system=wants_password(password=200),
        reach__proxied__control1=by_proxy(CONTROL1, tunnel=407),
        reach__proxied__control2=by_proxy(CONTROL2, tunnel=407),
        reach__proxied__service__mail=by_proxy(SERVICE_HOST, tunnel=407),
    )
    assert verdict(facts) == ("healthy", None)


def test_pages_that_tell_to_use_the_proxy_are_no_portal():
    told = portal((False, False))
    assert verdict(closed(healthy(), portal__1=told, portal__2=told)) == ("healthy", None)
    gone = {f"reach.proxied.control{number}": by_proxy(name, kind=T) for number, name in enumerate(CONTROLS, start=1)}
    assert "lan.captive_portal" in causes(
        {**closed(healthy(), portal__1=told, portal__2=told), **gone, "proxy.system": check([asked(kind=T)])}
    )


def test_an_exception_is_judged_by_its_direct_way():
    direct = replace(check([asked()], each={SERVICE_HOST: ()}))
    decisions = tuple(replace(each, ways=(DIRECT,)) if SERVICE_HOST in each.url else each for each in direct.decisions)
    facts = closed(
        healthy(),
        proxy__system=replace(direct, decisions=decisions),
        reach__service__mail=reach(SERVICE_HOST, SERVICE, problem=TrustProblem.EXPIRED),
    )
    del facts["reach.proxied.service.mail"]
    assert verdict(facts) == ("fault", "service.cert_invalid")
    facts["reach.service.mail"] = reach(SERVICE_HOST, SERVICE)
    assert verdict(facts) == ("healthy", None)


@pytest.mark.parametrize(
    ("what", "cause"),
    [
        ({"tunnel": 503}, "service.down"),
        ({"tunnel": 504}, "service.down"),
        ({"kind": T}, "service.down"),
        ({"problem": TrustProblem.EXPIRED}, "service.cert_invalid"),
        ({"status": 503}, "service.http_error"),
        ({"tunnel": 403}, "security.web_filter"),
    ],
)
def test_a_fault_behind_the_proxy_is_named(what, cause):
    own = asked(kind=T) if what.get("kind") else asked(status=what.get("tunnel", 200))
    facts = closed(
        healthy(),
        proxy__system=check([asked()], each={SERVICE_HOST: [own]}),
        reach__proxied__service__mail=by_proxy(SERVICE_HOST, **what),
    )
    assert verdict(facts) == ("fault", cause)


def gets_nowhere(**what):
    kind = what.get("kind")
    facts = closed(
        healthy(),
        proxy__system=check([asked(kind=kind) if kind else asked(status=503, error=what.get("error"))]),
        reach__proxied__service__mail=by_proxy(SERVICE_HOST, **what),
    )
    for number, name in enumerate(CONTROLS, start=1):
        facts[f"reach.proxied.control{number}"] = by_proxy(name, **what)
    return facts


def test_a_proxy_that_gets_nowhere_has_no_internet():
    assert verdict(gets_nowhere(tunnel=503, error="ERR_CONNECT_FAIL 110")) == ("fault", "internet")


def test_a_proxy_that_cannot_look_names_up_has_no_names():
    assert verdict(gets_nowhere(tunnel=503, error="ERR_DNS_FAIL 0")) == ("fault", "dns")
    assert verdict(gets_nowhere(tunnel=502, error="dns_timeout")) == ("fault", "dns")


def test_a_proxy_that_gets_to_addresses_alone_has_no_names():
    facts = gets_nowhere(kind=T)
    facts["reach.proxy"] = reach(
        "192.168.10.9", [attempt("192.168.10.9", layer=ReachLayer.HTTP, status=400)], layer=ReachLayer.HTTP
    )
    assert verdict(facts) == ("fault", "internet")
    facts["reach.proxied.anchor1"] = replace(tcp("198.18.0.10", T), through_proxy=by_proxy(CONTROL1).through_proxy)
    assert verdict(facts) == ("fault", "dns")


def test_a_port_that_neither_the_network_nor_the_proxy_opens_is_blocked():
    own = {
        "reach.service.mail.tcp1": reach(SERVICE_HOST, ["198.18.3.10"], port=993, layer=ReachLayer.TCP, kind=T),
        "reach.proxied.service.mail.tcp1": replace(
            reach(SERVICE_HOST, ["198.18.3.10"], port=993, layer=ReachLayer.TCP, kind=T),
            through_proxy=by_proxy(SERVICE_HOST, tunnel=403).through_proxy,
        ),
    }
    assert verdict({**closed(healthy()), **own}) == ("fault", "security.port_blocked")
    opened = replace(own["reach.proxied.service.mail.tcp1"], through_proxy=by_proxy(SERVICE_HOST).through_proxy)
    assert verdict({**closed(healthy()), **own, "reach.proxied.service.mail.tcp1": opened}) == ("healthy", None)


def test_one_family_that_gets_no_further_than_the_proxy_is_not_broken():
    facts = closed(healthy())
    facts["dns.comparison1"] = answers("198.18.53.53")
    assert causes(facts) == []


# --- the proxy itself ---


def dead_proxy(kind, at="connect", facts=None, **more):
    """Every way to the proxy fails; nothing gets out without it unless `facts` say otherwise."""
    step = {"resolve": "proxy_resolve", "connect": "proxy_connect"}.get(at, at)
    changed_facts = closed(
        healthy(),
        proxy__system=check([asked(kind=kind, at=at)]),
        reach__proxied__service__mail=by_proxy(SERVICE_HOST, kind=kind, at=step),
    )
    for number, name in enumerate(CONTROLS, start=1):
        changed_facts[f"reach.proxied.control{number}"] = by_proxy(name, kind=kind, at=step)
    return {**changed_facts, **(facts or {}), **more}


@pytest.mark.parametrize(
    ("kind", "at", "answer"),
    [
        (REFUSED, "connect", "refused"),
        (T, "connect", "silent"),
        (FailureKind.HOST_UNREACHABLE, "connect", "silent"),
        (FailureKind.NAME_NOT_FOUND, "resolve", "unknown_name"),
        (FailureKind.PROTOCOL, "tunnel", "no_proxy"),
    ],
)
def test_a_proxy_that_is_not_there_is_named(kind, at, answer):
    facts = dead_proxy(kind, at)
    assert verdict(facts) == ("fault", "security.proxy_unreachable")
    assert found(facts, "security.proxy_unreachable").values["answer"] == answer


def test_a_dead_proxy_counts_where_direct_ways_are_open_too():
    facts = {**healthy(), "proxy.system": check([asked(kind=REFUSED, at="connect")])}
    facts["interfaces"] = replace(facts["interfaces"], proxy=settings())
    assert verdict(facts) == ("fault", "security.proxy_unreachable")


def test_a_proxy_that_takes_connections_and_says_nothing_hangs():
    silent = replace(
        attempt("192.168.10.9", layer=ReachLayer.HTTP),
        http=None,
        failure=by_proxy(CONTROL1, kind=T).through_proxy.failure,
    )
    facts = dead_proxy(T, "tunnel", **{"reach.proxy": reach("192.168.10.9", [silent], layer=ReachLayer.HTTP)})
    assert verdict(facts) == ("fault", "security.proxy_unreachable")
    assert found(facts, "security.proxy_unreachable").values["answer"] == "hangs"


def test_the_next_way_of_the_settings_takes_over():
    over = check([asked(kind=REFUSED, at="connect"), asked(way=OTHER)], ways=(SQUID, OTHER))
    assert verdict(closed(healthy(), proxy__system=over)) == ("healthy", None)
    waits = check([asked(kind=T, at="connect"), asked(way=OTHER)], ways=(SQUID, OTHER))
    facts = closed(healthy(), proxy__system=waits)
    assert found(facts, "security.proxy_unreachable").severity is Severity.DEGRADED


def test_direct_ways_that_are_allowed_and_open_take_over():
    falls_back = check([asked(kind=REFUSED, at="connect")], ways=(SQUID, DIRECT))
    assert verdict({**healthy(), "proxy.system": falls_back}) == ("healthy", None)
    assert verdict(closed(healthy(), proxy__system=falls_back))[1] == "security.proxy_unreachable"


def test_a_name_service_that_is_dead_is_no_fault_of_the_proxy():
    facts = dead_proxy(FailureKind.NAME_SERVER, "resolve")
    facts["lookup.system"] = system_lookups(kind=FailureKind.NAME_SERVER)
    facts["dns.resolver1"] = answers(GATEWAY4, kind=T)
    assert "security.proxy_unreachable" not in causes(facts)


def test_where_the_line_is_down_a_proxy_out_there_is_one_more_destination():
    far = replace(SQUID, host="198.18.9.9")
    facts = without_internet(healthy())
    facts["interfaces"] = replace(facts["interfaces"], proxy=settings())
    facts["proxy.system"] = check([asked(kind=T, at="connect", way=far)], ways=(far,))
    root = diagnosis(facts).findings[0]
    assert root.cause == "access.line_down"
    assert "security.proxy_unreachable" in root.explains


def test_without_a_look_at_the_proxies_nothing_is_said_of_them():
    facts = changed(interfaces=replace(healthy()["interfaces"], proxy=settings()))
    assert causes(facts) == []
    assert causes(changed(interfaces=replace(healthy()["interfaces"], proxy=ProxySettings(auto_detect=True)))) == []


# --- sign-in ---


def unknown_user(fact):
    facts = closed(healthy(), proxy__system=fact, reach__proxied__service__mail=by_proxy(SERVICE_HOST, tunnel=407))
    for number, name in enumerate(CONTROLS, start=1):
        facts[f"reach.proxied.control{number}"] = by_proxy(name, tunnel=407)
    return facts


@pytest.mark.parametrize(("password", "word"), [(None, "missing"), (407, "rejected")])
def test_a_proxy_that_lets_nobody_through_without_a_password(password, word):
    facts = unknown_user(wants_password(password=password))
    assert verdict(facts) == ("fault", "security.proxy_auth")
    assert found(facts, "security.proxy_auth").values == {"password": word, "scheme": "basic"}


def test_a_proxy_that_takes_the_computer_s_account_is_not_tested_rather_than_at_fault():
    facts = unknown_user(wants_password(ProxyScheme.NEGOTIATE, ProxyScheme.NTLM))
    assert verdict(facts)[0] == "inconclusive"
    assert found(facts, "security.proxy_auth").severity is Severity.CONTEXT
    complained = diagnosis(facts, Symptom.NO_INTERNET)
    assert complained.verdict.cause == "security.proxy_auth"


# --- the script ---


def scripted(pac, **more):
    facts = {**healthy(), "proxy.system": check(ways=(DIRECT,), pac=[pac]), **more}
    facts["interfaces"] = replace(facts["interfaces"], proxy=ProxySettings(pac_url="http://192.168.10.9/proxy.pac"))
    return facts


@pytest.mark.parametrize(
    ("pac", "kind"),
    [
        (script(kind=REFUSED), "fetch"),
        (script(kind=T, fetch_ms=4000.0), "fetch"),
        (script(kind=FailureKind.PROTOCOL), "fetch"),
        (script(kind=FailureKind.NAME_NOT_FOUND), "fetch"),
        (script(kind=FailureKind.PROTOCOL, at="pac_evaluate"), "evaluate"),
        (script(kind=FailureKind.BUDGET, at="pac_evaluate"), "evaluate"),
        (script(fetch_ms=2100.0), "slow"),
        (script(lookups_ms=(20.0, 5000.0)), "lookups"),
        (script(kind=T, fetch_ms=4000.0, from_wpad=True), "fetch"),
    ],
)
def test_a_script_that_does_not_work_is_named(pac, kind):
    facts = scripted(pac)
    assert verdict(facts) == ("fault", "security.pac_failed")
    assert found(facts, "security.pac_failed").values["kind"] == kind


@pytest.mark.parametrize(
    "pac",
    [
        script(),
        script(fetch_ms=900.0),
        script(kind=FailureKind.PROTOCOL, from_wpad=True),
        script(kind=REFUSED, from_wpad=True),
        script(kind=FailureKind.NOT_INSTALLED, at="pac_evaluate"),
        script(kind=FailureKind.FILTERED_LOCALLY),
    ],
)
def test_a_script_that_works_or_that_nobody_promised_is_not(pac):
    assert causes(scripted(pac)) == []


def test_a_long_way_explains_a_script_that_comes_late():
    far = {step: echo(fact.target, rtt_ms=620.0) for step, fact in healthy().items() if step.startswith("ping.anchor")}
    assert "security.pac_failed" not in causes(scripted(script(fetch_ms=2100.0), **far))
    assert "security.pac_failed" in causes(scripted(script(fetch_ms=4500.0), **far))


def test_lost_packets_explain_a_script_that_comes_late():
    lossy = {
        step: echo(fact.target, sent=100, lost=5) for step, fact in healthy().items() if step.startswith("ping.anchor")
    }
    assert "security.pac_failed" not in causes(scripted(script(fetch_ms=2100.0), **lossy))


def test_what_a_missing_script_holds_up_is_folded_under_it():
    facts = closed(healthy())
    facts |= {"proxy.system": check(ways=(DIRECT,), pac=[script(kind=REFUSED)])}
    facts = {step: fact for step, fact in facts.items() if not step.startswith("reach.proxied")}
    facts["reach.service.mail.tcp1"] = reach(SERVICE_HOST, ["198.18.3.10"], port=993, layer=ReachLayer.TCP)
    assert causes(facts) == ["security.pac_failed"]
    assert verdict(facts) == ("fault", "security.pac_failed")


# --- inspection ---


def signed_by(host, addresses, issuer, *, public=False, **more):
    """A site whose certificate this system trusts, signed by an authority that is public or not."""
    own = replace(
        tls(issuer=issuer),
        publicly_trusted=public,
        public_problem=None if public else TrustProblem.UNKNOWN_ISSUER,
    )
    return reach(host, [replace(attempt(each, **more), tls=own) for each in addresses])


FILTER = "CN=Example Filter CA,O=Example Filters"
OWN = "CN=Example Corp CA"


def inspected(*hosts, issuer=FILTER):
    steps = {
        "reach.control1": (CONTROL1, CONTROLS[CONTROL1]),
        "reach.control2": (CONTROL2, CONTROLS[CONTROL2]),
        "reach.service.mail": (SERVICE_HOST, SERVICE),
    }
    return {
        **healthy(),
        **{
            step: signed_by(
                host, addresses, issuer if step in hosts else "CN=Example Public CA", public=step not in hosts
            )
            for step, (host, addresses) in steps.items()
        },
    }


def test_unrelated_sites_of_one_private_issuer_are_inspected():
    facts = inspected("reach.control1", "reach.control2", "reach.service.mail")
    assert verdict(facts) == ("healthy", None)
    finding = found(facts, "security.tls_inspection")
    assert (finding.severity, finding.values) == (Severity.CONTEXT, {"issuer": FILTER, "hosts": 3})


def test_lists_of_sites_that_are_passed_over_do_not_hide_an_inspection():
    assert causes(inspected("reach.control2", "reach.service.mail")) == ["security.tls_inspection"]


@pytest.mark.parametrize("steps", [("reach.service.mail",), ("reach.control1",), ()])
def test_an_authority_of_the_organisation_s_own_is_no_inspection(steps):
    assert causes(inspected(*steps, issuer=OWN)) == []


def test_sites_of_one_public_issuer_are_not_inspected():
    assert causes(inspected()) == []


def test_private_issuers_that_differ_are_no_inspection():
    facts = inspected()
    facts["reach.control1"] = signed_by(CONTROL1, CONTROLS[CONTROL1], "CN=One")
    facts["reach.control2"] = signed_by(CONTROL2, CONTROLS[CONTROL2], "CN=Two")
    assert causes(facts) == []


def test_a_report_of_before_says_nothing_of_public_trust():
    assert "security.tls_inspection" not in causes(healthy())


def test_an_inspection_that_is_not_trusted_is_another_cause():
    problem = TrustProblem.UNKNOWN_ISSUER
    facts = changed(
        reach__control1=reach(CONTROL1, CONTROLS[CONTROL1], problem=problem, issuer=FILTER),
        reach__control2=reach(CONTROL2, CONTROLS[CONTROL2], problem=problem, issuer=FILTER),
        reach__service__mail=reach(SERVICE_HOST, SERVICE, problem=problem, issuer=FILTER),
    )
    assert causes(facts) == ["security.inspection_root_missing"]


def test_an_inspection_behind_the_proxy_is_seen_through_it():
    copies = {
        f"reach.proxied.control{number}": by_proxy(name, public=False) for number, name in enumerate(CONTROLS, start=1)
    }
    for step, fact in copies.items():
        way = fact.through_proxy
        copies[step] = replace(
            fact, through_proxy=replace(way, tls=replace(way.tls, public_problem=TrustProblem.UNKNOWN_ISSUER))
        )
    assert causes({**closed(healthy()), **copies}) == ["security.tls_inspection"]


# --- block pages ---


def blocked_page(*marks, status=200, layer=ReachLayer.HTTPS, public=False, addresses=SERVICE):
    page = signed_by(SERVICE_HOST, addresses, FILTER, public=public, status=status)
    shown = [
        replace(
            each,
            tls=each.tls if layer is ReachLayer.HTTPS else None,
            http=replace(each.http, block_marks=marks),
        )
        for each in page.attempts
    ]
    return changed(reach__service__mail=replace(page, layer=layer, attempts=tuple(shown)))


@pytest.mark.parametrize("status", [200, 302, 403])
def test_a_page_that_speaks_of_blocking_under_a_copied_certificate_is_a_filter_s(status):
    assert verdict(blocked_page(BlockMark.TITLE, status=status)) == ("fault", "security.web_filter")


def test_a_page_over_plain_http_may_be_a_filter_s_too():
    facts = blocked_page(BlockMark.REDIRECT, layer=ReachLayer.HTTP, status=302)
    assert verdict(facts) == ("fault", "security.web_filter")


def test_whatever_comes_under_the_service_s_public_certificate_is_its_own_word():
    assert causes(blocked_page(BlockMark.TITLE, BlockMark.TEXT, public=True, status=403)) == ["service.sign_in"]


def test_a_page_without_marks_is_the_service_s_own():
    assert causes(blocked_page(status=403)) == ["service.sign_in"]


def test_a_filter_is_named_only_where_other_sites_are_fine():
    facts = blocked_page(BlockMark.TITLE)
    facts["reach.control1"] = reach(CONTROL1, CONTROLS[CONTROL1], kind=T)
    facts["reach.control2"] = reach(CONTROL2, CONTROLS[CONTROL2], kind=T)
    facts |= {step: replace(fact, attempts=()) for step, fact in facts.items() if step.startswith("reach.anchor")}
    assert "security.web_filter" not in causes(facts)


# --- UDP ---


def with_udp(path, **more):
    """A run whose paths were traced by echo requests."""
    facts = changed(udp__check=path, **more)
    return {
        step: replace(fact, method=PathMethod.ICMP) if isinstance(fact, PathTrace) else fact
        for step, fact in facts.items()
    }


def test_udp_that_works_is_healthy():
    assert verdict(with_udp(udp_path())) == ("healthy", None)
    assert verdict(with_udp(udp_path(stun=T), ping__udp1=echo(CALLS_ADDRESS))) == ("healthy", None)


def test_two_silent_ports_of_a_living_host_are_blocked():
    facts = with_udp(udp_path(T, T), ping__udp1=echo(CALLS_ADDRESS), reach__udp1=host_alive())
    assert verdict(facts) == ("fault", "security.udp_blocked")
    assert found(facts, "security.udp_blocked").severity is Severity.DEGRADED


def test_paths_traced_over_udp_speak_against_it():
    facts = changed(udp__check=udp_path(T, T), ping__udp1=echo(CALLS_ADDRESS), reach__udp1=host_alive())
    assert causes(facts) == []


def test_a_host_that_is_gone_says_nothing_of_udp():
    gone = {"ping__udp1": silent_echo(CALLS_ADDRESS), "reach__udp1": tcp(CALLS_ADDRESS, T)}
    assert causes(with_udp(udp_path(T, T), **gone)) == []


def test_servers_that_have_ended_refuse_and_block_nothing():
    assert causes(with_udp(udp_path(REFUSED, REFUSED), ping__udp1=echo(CALLS_ADDRESS))) == []


def test_plain_udp_that_is_lost_as_well_confirms_it():
    more = {"ping__udp1": echo(CALLS_ADDRESS), "dns__comparison1": answers("198.18.53.53", kind=REFUSED)}
    facts = with_udp(udp_path(REFUSED, REFUSED), **more)
    assert "security.udp_blocked" in causes(facts)


@pytest.mark.parametrize("kind", [T, REFUSED])
def test_quic_that_no_server_answers_that_offers_it_is_blocked(kind):
    quic = {
        "reach__control1": over_quic(CONTROL1, CONTROLS[CONTROL1], kind),
        "reach__control2": over_quic(CONTROL2, CONTROLS[CONTROL2], kind),
    }
    facts = with_udp(udp_path(), **quic)
    assert verdict(facts) == ("fault", "security.udp_blocked")
    assert found(facts, "security.udp_blocked").values["udp"] == "quic"
    assert found(with_udp(udp_path(T, T), **quic), "security.udp_blocked").values["udp"] == "all"


def test_quic_that_nobody_offers_or_that_one_server_fails_at_is_not():
    unused = {
        "reach__control1": over_quic(CONTROL1, CONTROLS[CONTROL1], T, offered=False),
        "reach__control2": over_quic(CONTROL2, CONTROLS[CONTROL2], T, offered=False),
    }
    assert causes(with_udp(udp_path(), **unused)) == []
    one = {
        "reach__control1": over_quic(CONTROL1, CONTROLS[CONTROL1], T),
        "reach__control2": over_quic(CONTROL2, CONTROLS[CONTROL2]),
    }
    assert causes(with_udp(udp_path(), **one)) == []


def test_lost_packets_alone_may_be_why_nothing_came_back():
    lossy = {
        step.replace(".", "__"): echo(fact.target, sent=100, lost=40)
        for step, fact in healthy().items()
        if step.startswith("ping.anchor")
    }
    facts = with_udp(udp_path(T, T), ping__udp1=echo(CALLS_ADDRESS), reach__udp1=host_alive(), **lossy)
    assert "security.udp_blocked" not in causes(facts)


def test_behind_a_closed_network_hosts_that_nothing_reaches_say_nothing_of_udp():
    facts = closed(healthy(), udp__check=udp_path(T, T), ping__udp1=silent_echo(CALLS_ADDRESS))
    assert verdict(facts) == ("healthy", None)


def test_a_run_without_any_of_it_says_nothing():
    rungs = states({})
    assert rungs[Segment.SECURITY] is RungState.NOT_RUN
    assert diagnosis({}).verdict.state is VerdictState.INCONCLUSIVE
