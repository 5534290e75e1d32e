"""Beacon elements, made by hand from IEEE 802.11-2020 and 802.11be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexkit.facts.wifi import WifiSecurity, WifiStandard
from nexkit.platform.parse_wifi_elements import read_cell_elements

PRIVACY = 0x0011
CCMP = "000fac04"


def element(number, text):
    body = bytes.fromhex(text)
    return bytes([number, len(body)]) + body


def rsn(*suites, flags="0000"):
    count = len(suites).to_bytes(2, "little").hex()
    return element(48, f"0100{CCMP}0100{CCMP}{count}{''.join(suites)}{flags}")


def read(*elements, capability=PRIVACY):
    return read_cell_elements(b"".join(elements), capability)


DOT1X, PSK, DOT1X_SHA256, PSK_SHA256, SAE, SUITE_B_192, OWE = (
    f"000fac{number:02x}" for number in (1, 2, 5, 6, 8, 12, 18)
)


@pytest.mark.parametrize(
    ("elements", "capability", "security"),
    [
        ((), 0x0001, WifiSecurity.OPEN),
        ((), PRIVACY, WifiSecurity.WEP),
        ((), None, WifiSecurity.OTHER),
        ((rsn(PSK),), PRIVACY, WifiSecurity.WPA2_PERSONAL),
        ((rsn(PSK, PSK_SHA256),), PRIVACY, WifiSecurity.WPA2_PERSONAL),
        ((rsn(SAE, flags="c000"),), PRIVACY, WifiSecurity.WPA3_PERSONAL),
        ((rsn(PSK, SAE, flags="8000"),), PRIVACY, WifiSecurity.WPA3_TRANSITION),
        ((rsn(DOT1X),), PRIVACY, WifiSecurity.WPA2_ENTERPRISE),
        ((rsn(DOT1X, DOT1X_SHA256, flags="8000"),), PRIVACY, WifiSecurity.WPA2_ENTERPRISE),
        ((rsn(DOT1X_SHA256, flags="c000"),), PRIVACY, WifiSecurity.WPA3_ENTERPRISE),
        ((rsn(SUITE_B_192, flags="c000"),), PRIVACY, WifiSecurity.WPA3_ENTERPRISE),
        ((rsn(OWE, flags="c000"),), PRIVACY, WifiSecurity.OWE),
        ((rsn("000fac63"),), PRIVACY, WifiSecurity.OTHER),
        ((rsn("aabbcc02"),), PRIVACY, WifiSecurity.OTHER),
        (
            (element(221, f"0050f2010100{'0050f202'}0100{'0050f202'}0100{'0050f202'}"),),
            PRIVACY,
            WifiSecurity.WPA_PERSONAL,
        ),
        (
            (element(221, f"0050f2010100{'0050f202'}0100{'0050f202'}0100{'0050f201'}"),),
            PRIVACY,
            WifiSecurity.WPA_ENTERPRISE,
        ),
        ((rsn(PSK), element(221, "0050f2010100")), PRIVACY, WifiSecurity.WPA2_PERSONAL),
        # What is left out from the end on has a default: 802.1X.
        ((element(48, "0100"),), PRIVACY, WifiSecurity.WPA2_ENTERPRISE),
        ((element(48, f"0100{CCMP}0100{CCMP}"),), PRIVACY, WifiSecurity.WPA2_ENTERPRISE),
        ((element(221, "0050f2040100"),), PRIVACY, WifiSecurity.WEP),
    ],
)
def test_security_is_what_the_cell_offers(elements, capability, security):
    assert read(*elements, capability=capability).security is security


HT, VHT = element(45, "ef19"), element(191, "0000")
HE, EHT = element(255, "230000"), element(255, "6c0000")


@pytest.mark.parametrize(
    ("elements", "standard"),
    [
        ((), WifiStandard.LEGACY),
        ((HT,), WifiStandard.N),
        ((HT, VHT), WifiStandard.AC),
        ((HT, VHT, HE), WifiStandard.AX),
        ((HE, EHT), WifiStandard.BE),
    ],
)
def test_the_newest_standard_counts(elements, standard):
    assert read(*elements).standard is standard


HT_20, HT_40_ABOVE, HT_40_BELOW = element(61, "240000"), element(61, "240500"), element(61, "280700")


@pytest.mark.parametrize(
    ("elements", "width_mhz"),
    [
        ((), 20),
        ((HT_20,), 20),
        ((HT_40_ABOVE,), 40),
        ((HT_40_BELOW,), 40),
        ((HT_40_ABOVE, element(192, "0000000000")), 40),
        ((HT_40_ABOVE, element(192, "012a000000")), 80),
        ((HT_40_ABOVE, element(192, "012a320000")), 160),
        ((HT_40_ABOVE, element(192, "022a000000")), 160),
        # HE operation with its part on 6 GHz: primary channel 37, 160 MHz.
        ((element(255, "24000002" + "00" + "fcff" + "2503272f00"),), 160),
        ((element(255, "24004002" + "00" + "fcff" + "aabbcc" + "2502272f00"),), 80),
        ((element(255, "24000000" + "00" + "fcff"),), 20),
        # EHT operation with its own width: 320 MHz.
        ((element(255, "6a01" + "00000000" + "042f1f"),), 320),
        ((element(255, "6a00" + "00000000"),), 20),
    ],
)
def test_the_widest_channel_counts(elements, width_mhz):
    assert read(*elements).width_mhz == width_mhz


@pytest.mark.parametrize(
    ("name", "ssid"),
    [
        (b"Example-Office", b"Example-Office"),
        ("会議室".encode(), "会議室".encode()),
        (b"", None),
        (bytes(8), None),
        (b"x" * 33, None),
    ],
)
def test_a_name_is_its_bytes_and_a_hidden_one_is_none(name, ssid):
    assert read(bytes([0, len(name)]) + name).ssid == ssid


def test_what_is_cut_off_ends_the_reading():
    found = read(element(0, "41"), HT, b"\x30\xff\x01")
    assert (found.ssid, found.standard, found.security) == (b"A", WifiStandard.N, WifiSecurity.WEP)


def test_of_two_elements_of_a_kind_the_first_counts():
    assert read(element(0, "41"), element(0, "42")).ssid == b"A"


@given(st.binary(max_size=400))
def test_any_bytes_are_read_without_an_error(data):
    found = read_cell_elements(data, None)
    assert found.width_mhz in {20, 40, 80, 160, 320}
    read_cell_elements(bytes([48, min(len(data), 255)]) + data, PRIVACY)
    read_cell_elements(bytes([255, min(len(data) + 1, 255), 36]) + data, PRIVACY)
    read_cell_elements(bytes([221, min(len(data) + 4, 255)]) + b"\x00\x50\xf2\x01" + data, PRIVACY)
