import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexkit.facts.network import Proxy, ProxySettings
from nexkit.facts.proxy import ProxyKind, ProxySource
from nexkit.platform.parse_proxy import parse_bypass_list, parse_proxy_list
from nexkit.platform.system_proxy import Endpoint, Exceptions, SystemProxy, endpoint_of, environment_settings, in_force

PROXY = Proxy(host="proxy.example.com", port=8080)


def summary(by_scheme):
    return SystemProxy(source=ProxySource.WINDOWS_USER, by_scheme=by_scheme).summary()


@pytest.mark.parametrize(
    ("text", "kind", "host", "port"),
    [
        ("proxy.example.com:8080", ProxyKind.HTTP, "proxy.example.com", 8080),
        ("http://proxy.example.com:8080/", ProxyKind.HTTP, "proxy.example.com", 8080),
        (" proxy.example.com:8080 ", ProxyKind.HTTP, "proxy.example.com", 8080),
        ("proxy.example.com", ProxyKind.HTTP, "proxy.example.com", 80),
        ("https://proxy.example.com", ProxyKind.HTTPS, "proxy.example.com", 443),
        ("socks5h://proxy.example.com", ProxyKind.SOCKS5, "proxy.example.com", 1080),
        ("[2001:db8::8]:3128", ProxyKind.HTTP, "2001:db8::8", 3128),
    ],
)
def test_one_proxy(text, kind, host, port):
    assert endpoint_of(text) == Endpoint(kind=kind, host=host, port=port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "proxy.example.com:0",
        "proxy.example.com:99999",
        "two words",
        "proxy.example.com:٣",
        "gopher://x.example.com",
    ],
)
def test_what_is_no_proxy(text):
    assert endpoint_of(text) is None


def test_name_and_password_are_read_and_not_shown():
    endpoint = endpoint_of("http://al%40ice:p%3Ass@proxy.example.com:3128")
    assert (endpoint.user, endpoint.password, endpoint.host) == ("al@ice", "p:ss", "proxy.example.com")
    assert "ice" not in repr(endpoint)
    assert "ss" not in repr(endpoint)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("proxy.example.com:8080", ProxySettings(http=PROXY, https=PROXY)),
        (
            "http=proxy.example.com:8080;https=secure.example.com:8443;ftp=proxy.example.com:21",
            ProxySettings(http=PROXY, https=Proxy(host="secure.example.com", port=8443)),
        ),
        ("http=http://proxy.example.com:8080", ProxySettings(http=PROXY)),
        (
            "other.example.com HTTP=proxy.example.com:8080",
            ProxySettings(http=PROXY, https=Proxy(host="other.example.com", port=80)),
        ),
        ("[2001:db8::8]", ProxySettings(**dict.fromkeys(("http", "https"), Proxy(host="2001:db8::8", port=80)))),
        ("", ProxySettings()),
    ],
)
def test_the_list_of_windows(text, expected):
    assert summary(parse_proxy_list(text)) == expected


def test_socks_takes_what_has_no_proxy_of_its_own():
    listed = parse_proxy_list("socks=socks.example.com;http=proxy.example.com:8080")
    assert listed == {
        "": Endpoint(kind=ProxyKind.SOCKS4, host="socks.example.com", port=1080),
        "http": Endpoint(kind=ProxyKind.HTTP, host="proxy.example.com", port=8080),
    }


@given(st.text())
def test_any_text_is_read_without_an_error(text):
    assert isinstance(summary(parse_proxy_list(text)), ProxySettings)
    parse_bypass_list(text).exempt("www.example.com", 443)


@given(st.text(), st.booleans())
def test_any_exception_is_read_without_an_error(text, suffixes):
    exceptions = Exceptions(entries=(text,), suffixes=suffixes)
    for host in ("www.example.com", "192.0.2.1", "2001:db8::1"):
        exceptions.exempt(host, 443)


@pytest.mark.parametrize(
    ("entry", "host", "suffixes", "exempt"),
    [
        ("*", "www.example.com", True, True),
        ("", "www.example.com", True, False),
        ("example.com", "www.example.com", True, True),
        ("example.com", "example.com", True, True),
        ("example.com", "notexample.com", True, False),
        (".example.com", "example.com", True, True),
        (".EXAMPLE.com", "WWW.example.com.", True, True),
        ("example.com", "www.example.com", False, False),
        ("*.example.com", "www.example.com", False, True),
        ("*.example.com", "www.example.net", False, False),
        ("10.*", "10.1.2.3", False, True),
        ("<local>", "intranet", False, True),
        ("<local>", "www.example.com", False, False),
        ("<local>", "2001:db8::1", False, False),
        ("169.254/16", "169.254.7.7", False, True),
        ("192.168.0.0/16", "192.168.3.4", True, True),
        ("192.168.0.0/16", "192.169.3.4", True, False),
        ("2001:db8::/32", "2001:db8::1", True, True),
        ("192.0.2.1", "192.0.2.1", True, True),
        ("2001:db8::1", "2001:db8::1", True, True),
        ("[2001:db8::1]:443", "2001:db8::1", True, True),
        ("example.com:443", "www.example.com", True, True),
        ("example.com:80", "www.example.com", True, False),
        ("http://www.example.com", "www.example.com", False, True),
        ("[", "www.example.com", False, False),
    ],
)
def test_exceptions(entry, host, suffixes, exempt):
    assert Exceptions(entries=(entry,), suffixes=suffixes).exempt(host, 443) is exempt


def test_an_inverted_list_names_what_goes_through_the_proxy():
    exceptions = Exceptions(entries=("example.com",), suffixes=True, inverted=True)
    assert exceptions.exempt("www.example.net", 443)
    assert not exceptions.exempt("www.example.com", 443)


def test_the_environment_has_one_proxy_for_all_and_exceptions():
    settings = environment_settings(
        {
            "all_proxy": "socks5://socks.example.com",
            "https_proxy": "proxy.example.com:3128",
            "no_proxy": "a.test, .b.test",
        }
    )
    assert settings.endpoint("https").host == "proxy.example.com"
    assert settings.endpoint("http") == Endpoint(kind=ProxyKind.SOCKS5, host="socks.example.com", port=1080)
    assert settings.exceptions.entries == ("a.test", ".b.test")


def test_what_browsers_obey_counts():
    services = SystemProxy(
        source=ProxySource.WINDOWS_SERVICES, by_scheme=parse_proxy_list("proxy.example.com"), for_browsers=False
    )
    user = SystemProxy(source=ProxySource.WINDOWS_USER, auto_detect=False)
    assert in_force((services, user)) is user


def test_the_first_that_says_more_than_direct_counts():
    nothing = environment_settings({})
    off = SystemProxy(source=ProxySource.GNOME, auto_detect=False)
    kde = SystemProxy(source=ProxySource.KDE, pac_url="http://pac.example.com/p.pac")
    assert in_force((nothing, off, kde)) is kde
    assert in_force((nothing, off)) is off
    assert in_force((nothing,)) is nothing
