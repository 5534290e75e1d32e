import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexkit.facts.network import Proxy, ProxySettings
from nexkit.platform.parse_proxy import parse_proxy, parse_proxy_list

PROXY = Proxy(host="proxy.example.com", port=8080)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("proxy.example.com:8080", PROXY),
        ("http://proxy.example.com:8080/", PROXY),
        (" proxy.example.com:8080 ", PROXY),
        ("proxy.example.com", Proxy(host="proxy.example.com", port=80)),
        ("[2001:db8::8]:3128", Proxy(host="2001:db8::8", port=3128)),
        ("", None),
        ("proxy.example.com:0", None),
        ("proxy.example.com:99999", None),
        ("two words", None),
        ("proxy.example.com:٣", None),
    ],
)
def test_one_proxy(text, expected):
    assert parse_proxy(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("proxy.example.com:8080", ProxySettings(http=PROXY, https=PROXY)),
        (
            "http=proxy.example.com:8080;https=secure.example.com:8443;ftp=proxy.example.com:21",
            ProxySettings(http=PROXY, https=Proxy(host="secure.example.com", port=8443)),
        ),
        ("http=http://proxy.example.com:8080", ProxySettings(http=PROXY)),
        ("socks=proxy.example.com:1080", ProxySettings()),
        (
            "other.example.com HTTP=proxy.example.com:8080",
            ProxySettings(http=PROXY, https=parse_proxy("other.example.com")),
        ),
        ("", ProxySettings()),
    ],
)
def test_the_list_of_windows(text, expected):
    assert parse_proxy_list(text) == expected


@given(st.text())
def test_any_text_is_read_without_an_error(text):
    assert isinstance(parse_proxy_list(text), ProxySettings)
