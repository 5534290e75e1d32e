import pytest

from nexkit.host_name import is_host_name, wire_name


@pytest.mark.parametrize(
    ("host", "on_the_wire"),
    [
        ("WWW.Example.COM", "www.example.com"),
        ("www.example.com.", "www.example.com."),
        ("例え.example.com", "xn--r8jz45g.example.com"),
        ("_dmarc.example.com", "_dmarc.example.com"),
        ("intranet", "intranet"),
    ],
)
def test_names_on_the_wire(host, on_the_wire):
    assert wire_name(host) == on_the_wire


@pytest.mark.parametrize(
    "host",
    [
        "",
        ".",
        "a..example.com",
        "-a.example.com",
        "a b.example.com",
        "a\r\nb",
        "a/b",
        "a@b",
        "x" * 64 + ".example.com",
        ".".join(["abcdefgh"] * 30),
        "127.1",
        "0x7f000001",
        "2130706433",
        "192.0.2.1#ip-kdv7mpzb",
    ],
)
def test_what_is_no_name(host):
    with pytest.raises(ValueError, match="host name"):
        wire_name(host)
    assert not is_host_name(host)
