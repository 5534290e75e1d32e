import asyncio
import errno

import pytest
from scripted import context

from nexkit.facts.network import NetworkState, ProxySettings
from nexkit.facts.proxy import ProxyKind, ProxyReason, ProxySource
from nexkit.outcome import Failed, FailureKind
from nexkit.platform.fake import FakePlatform
from nexkit.platform.system_proxy import Exceptions, SystemProxy, endpoint_of
from probes.proxy import ProxyProbe
from probes.proxy.params import ProxyParams

URLS = ("https://www.example.com/", "http://intranet.example.net/")
DOMAINS = NetworkState(
    interfaces=(),
    default_routes=(),
    resolvers=(),
    search_domains=("corp.example.com", "two words", "example.net"),
    proxy=ProxySettings(),
)


def fact(platform, urls=URLS, **params):
    return asyncio.run(ProxyProbe().run(ProxyParams(urls=urls, **params), context(platform, max_bytes=3_000_000))).fact


def user_settings(**values):
    return SystemProxy(source=ProxySource.WINDOWS_USER, **values)


def test_without_settings_every_address_goes_directly_and_nothing_is_sent():
    platform = FakePlatform()
    done = fact(platform)
    assert [decision.reason for decision in done.decisions] == [ProxyReason.NOT_CONFIGURED] * 2
    assert all(decision.direct for decision in done.decisions)
    assert (done.wpad, done.pac, done.servers) == (None, (), ())
    assert {call[0] for call in platform.calls} == {"proxy_settings", "network_state"}


def test_an_exception_goes_directly_and_the_rest_to_the_proxy():
    settings = user_settings(
        by_scheme={"": endpoint_of("proxy.example.com:8080")}, exceptions=Exceptions(entries=("*.example.net",))
    )
    done = fact(FakePlatform(proxies=(settings,)))
    assert [decision.reason for decision in done.decisions] == [ProxyReason.SETTINGS, ProxyReason.EXCEPTION]
    (attempt,) = done.decisions[0].attempts
    assert (attempt.failure.step, attempt.failure.kind) == ("resolve", FailureKind.NAME_NOT_FOUND)
    assert (done.servers[0].failure.step, done.servers[0].connect_ms) == ("resolve", None)


def test_every_address_of_a_proxy_is_tried():
    settings = user_settings(by_scheme={"": endpoint_of("proxy.example.com:8080")})
    platform = FakePlatform(
        proxies=(settings,),
        names={"proxy.example.com": ("2001:db8::8", "192.0.2.8")},
        tcp={("2001:db8::8", 8080): ConnectionRefusedError(errno.ECONNREFUSED, "refused"), ("192.0.2.8", 8080): 12.0},
    )
    (server,) = fact(platform, urls=URLS[:1]).servers
    assert (server.addresses, server.connect_ms, server.failure) == (2, 12.0, None)
    assert len([call for call in platform.calls if call == ("resolve", "proxy.example.com")]) == 1


def test_wpad_asks_dhcp_first_and_then_the_own_domains():
    platform = FakePlatform(proxies=(user_settings(auto_detect=True),), state=DOMAINS)
    done = fact(platform)
    assert [name.name for name in done.wpad.names] == ["wpad.corp.example.com", "wpad.example.net"]
    assert not any(name.found for name in done.wpad.names)
    assert [call for call in platform.calls if call[0] == "resolve"] == [
        ("resolve", "wpad.corp.example.com."),
        ("resolve", "wpad.example.net."),
    ]


def test_what_dhcp_says_is_taken_without_asking_for_names():
    platform = FakePlatform(
        proxies=(user_settings(auto_detect=True),), state=DOMAINS, pac_url_by_dhcp="http://192.0.2.3/x.pac"
    )
    done = fact(platform)
    assert (done.wpad.dhcp_url, done.wpad.names) == ("http://192.0.2.3/x.pac", ())
    assert (done.pac[0].from_wpad, done.pac[0].failure.step) == (True, "pac_fetch")


def test_a_pac_file_that_cannot_be_had_gives_way_to_fixed_proxies():
    settings = user_settings(pac_url="file:///etc/proxy.pac", by_scheme={"": endpoint_of("socks5://192.0.2.8:1080")})
    done = fact(FakePlatform(proxies=(settings,)))
    assert (done.pac[0].failure.step, done.pac[0].failure.kind) == ("pac_fetch", FailureKind.PROTOCOL)
    assert done.decisions[0].ways[0].kind is ProxyKind.SOCKS5


def test_names_and_passwords_are_in_no_fact():
    settings = user_settings(
        pac_url="http://bob:hush@192.0.2.3/p.pac", by_scheme={"": endpoint_of("http://alice:word@192.0.2.8:3128")}
    )
    done = fact(FakePlatform(proxies=(settings,)))
    assert done.settings[0].password_known
    assert not any(secret in repr(done) for secret in ("alice", "word@", "bob", "hush"))
    assert done.pac[0].url == "http://192.0.2.3/p.pac"


def test_settings_that_cannot_be_read_are_a_failure():
    outcome = asyncio.run(
        ProxyProbe().run(ProxyParams(urls=URLS), context(FakePlatform(state=PermissionError(13, "no"))))
    )
    assert isinstance(outcome, Failed)
    assert outcome.failure.step == "settings"


@pytest.mark.parametrize(
    "params",
    [
        {"urls": ()},
        {"urls": ("https://www.example.com/",) * 17},
        {"urls": ("ftp://www.example.com/",)},
        {"urls": ("https://www.example.com:99999/",)},
        {"urls": URLS, "proxy": "two words"},
        {"urls": URLS, "pac_url": "file:///etc/proxy.pac"},
    ],
)
def test_impossible_parameters_are_refused(params):
    with pytest.raises(ValueError):  # noqa: PT011  its words are the parsers'
        ProxyParams(**params)
