"""nl80211 messages, laid out byte for byte as linux/nl80211.h has them; no kernel with a radio was asked."""

import sys

import pytest

if sys.platform != "linux":
    pytest.skip("reads Linux", allow_module_level=True)

import errno
import struct

from nexkit.facts.network import InterfaceKind
from nexkit.facts.wifi import WifiBand, WifiFrames, WifiSecurity, WifiStandard
from nexkit.platform import linux_wifi
from nexkit.platform.linux_wifi import _message_class, radio_on, read_wifi, wifi_links

NESTED = 0x8000
IFINDEX, IFNAME, IFTYPE, MAC, STA_INFO, WIPHY_FREQ, BSS, SSID, SURVEY_INFO, CHANNEL_WIDTH, CENTER_FREQ1 = (
    *(3, 4, 5, 6, 21, 38, 47, 52, 84, 159, 160),
)
OFFICE = b"Example-Office"
OWN, OTHER = bytes.fromhex("00005e005301"), bytes.fromhex("00005e005302")
RSN_SAE = bytes.fromhex("3014 0100 000fac04 0100 000fac04 0100 000fac08 c000")


def attribute(kind, data):
    padding = bytes(-len(data) % 4)
    return struct.pack("=HH", 4 + len(data), kind) + data + padding


def u8(kind, value):
    return attribute(kind, struct.pack("=B", value))


def u16(kind, value):
    return attribute(kind, struct.pack("=H", value))


def u32(kind, value):
    return attribute(kind, struct.pack("=I", value))


def s8(kind, value):
    return attribute(kind, struct.pack("=b", value))


def flag(kind):
    return attribute(kind, b"")


def nest(kind, *parts):
    return attribute(kind | NESTED, b"".join(parts))


def message(command, *attributes):
    body = struct.pack("=BBH", command, 1, 0) + b"".join(attributes)
    data = struct.pack("=IHHII", 16 + len(body), 27, 2, 1, 4711) + body
    decoded = _message_class()(data)
    decoded.decode()
    return decoded


def interface(index=3, *, kind=2, joined=True):
    parts = [u32(IFINDEX, index), attribute(IFNAME, b"wlan0\0"), u32(IFTYPE, kind), attribute(MAC, bytes(6))]
    if joined:
        parts += [attribute(SSID, OFFICE), u32(WIPHY_FREQ, 5180), u32(CHANNEL_WIDTH, 3), u32(CENTER_FREQ1, 5210)]
    return message(7, *parts)


def elements(ssid, *more):
    return bytes([0, len(ssid)]) + ssid + b"".join(more)


def heard(bssid, ssid, *, frequency_mhz=5180, rssi_dbm=-61, joined=False, age_ms=1500, more=(RSN_SAE,)):
    parts = [
        attribute(1, bssid),
        u32(2, frequency_mhz),
        u16(5, 0x0011),
        attribute(6, elements(ssid, *more)),
        attribute(7, struct.pack("=i", rssi_dbm * 100)),
        u32(10, age_ms),
    ]
    if joined:
        parts.append(u32(9, 1))
    return message(34, u32(IFINDEX, 3), nest(BSS, *parts))


def rate(*, mbit_s=866.7, mcs=(6, 9)):
    """VHT MCS 9, two streams, 80 MHz: 866.7 Mbit/s."""
    units = round(mbit_s * 10)
    return (u16(1, min(units, 65535)), u32(5, units), u8(mcs[0], mcs[1]), u8(7, 2), flag(8))


def station(*, signal=-60, average=-62, sent=1000, rates=True):
    parts = [s8(7, signal), s8(13, average), u32(10, sent), u32(11, 150), u32(12, 3), u32(16, 3600), u32(18, 2)]
    if rates:
        parts += [nest(8, *rate()), nest(14, *rate(mbit_s=780.0))]
    return message(19, u32(IFINDEX, 3), attribute(MAC, OWN), nest(STA_INFO, *parts))


def survey(frequency_mhz, noise_dbm):
    return message(51, u32(IFINDEX, 3), nest(SURVEY_INFO, u32(1, frequency_mhz), s8(2, noise_dbm), flag(3)))


class Kernel:
    """Answers by command, and keeps what it was asked."""

    def __init__(self, **answers):
        self.answers = {
            "GET_INTERFACE": [interface()],
            "GET_STATION": [station()],
            "GET_SCAN": [heard(OWN, OFFICE, joined=True), heard(OTHER, OFFICE, rssi_dbm=-48)],
            "GET_SURVEY": [survey(5200, -80), survey(5180, -95)],
        } | answers
        self.asked = []

    def ask(self, command, index):
        self.asked.append((command, index))
        return self.answers[command]


def link_of(**answers):
    (link,) = wifi_links({3: "wlan0"}, Kernel(**answers).ask, lambda name: True)
    return link


def test_the_joined_cell_is_read():
    link = link_of()
    assert (link.interface, link.radio_on, link.joined, link.names_permitted) == ("wlan0", True, True, True)
    assert (link.ssid, link.bssid) == ("Example-Office", "00:00:5e:00:53:01")
    assert (link.rssi_dbm, link.noise_dbm, link.snr_db) == (-62, -95, 33)
    assert (link.band, link.channel, link.frequency_mhz, link.width_mhz) == (WifiBand.GHZ_5, 36, 5180, 80)
    assert (link.send_rate_bit_s, link.receive_rate_bit_s) == (pytest.approx(866.7e6), pytest.approx(780e6))
    assert (link.standard, link.security) == (WifiStandard.AC, WifiSecurity.WPA3_PERSONAL)
    assert link.joined_for_s == 3600
    assert link.frames == WifiFrames(sent=1000, retried=150, failed=3, beacons_missed=2)


def test_cells_beside_it_are_counted():
    cells = link_of().cells
    assert (cells.heard, cells.same_channel, cells.own_network_stronger, cells.own_network_best_dbm) == (1, 1, 1, -48)
    assert cells.newest_age_s == 1.5


@pytest.mark.parametrize(
    ("number", "standard"), [(19, WifiStandard.BE), (13, WifiStandard.AX), (6, WifiStandard.AC), (2, WifiStandard.N)]
)
def test_the_standard_is_that_of_the_rate_in_use(number, standard):
    parts = (u16(1, 1000), u8(number, 5))
    only = message(19, u32(IFINDEX, 3), nest(STA_INFO, s8(7, -60), nest(8, *parts)))
    assert link_of(GET_STATION=[only]).standard is standard


def test_an_old_rate_is_of_no_new_standard():
    only = message(19, u32(IFINDEX, 3), nest(STA_INFO, s8(7, -60), nest(8, u16(1, 540))))
    link = link_of(GET_STATION=[only])
    assert (link.standard, link.send_rate_bit_s) == (WifiStandard.LEGACY, 54e6)


def test_a_driver_without_averages_gives_the_last_signal():
    assert link_of(GET_STATION=[station(average=0)]).rssi_dbm == -60


def test_what_the_driver_does_not_tell_comes_from_the_cell_or_is_not_known():
    bare = message(7, u32(IFINDEX, 3), u32(IFTYPE, 2))
    link = link_of(GET_INTERFACE=[bare], GET_STATION=[], GET_SURVEY=[])
    assert (link.ssid, link.channel, link.rssi_dbm, link.width_mhz) == ("Example-Office", 36, -61, 20)
    assert (link.noise_dbm, link.send_rate_bit_s, link.frames, link.joined_for_s) == (None, None, None, None)


def test_a_radio_that_joined_nothing():
    link = link_of(GET_INTERFACE=[interface(joined=False)], GET_STATION=[], GET_SCAN=[heard(OTHER, b"Cafe")])
    assert (link.joined, link.ssid, link.rssi_dbm, link.cells) == (False, None, None, None)


@pytest.mark.parametrize("kind", [3, 6, 10])
def test_access_points_monitors_and_helpers_are_no_links(kind):
    kernel = Kernel(GET_INTERFACE=[interface(kind=kind)])
    assert wifi_links({3: "wlan0"}, kernel.ask, lambda name: None) == ()
    assert kernel.asked == [("GET_INTERFACE", 3)]


def test_of_the_interfaces_that_the_kernel_lists_the_asked_one_counts():
    kernel = Kernel(GET_INTERFACE=[interface(9, kind=3), interface()])
    (link,) = wifi_links({3: "wlan0"}, kernel.ask, lambda name: None)
    assert link.joined


def test_of_a_link_over_several_bands_the_best_cell_counts():
    mlo = message(7, u32(IFINDEX, 3), u32(IFTYPE, 2))
    cells = [
        heard(OWN, OFFICE, joined=True, rssi_dbm=-70),
        heard(OTHER, OFFICE, joined=True, rssi_dbm=-52, frequency_mhz=5975),
    ]
    link = link_of(GET_INTERFACE=[mlo], GET_SCAN=cells, GET_STATION=[station(rates=False)])
    assert (link.bssid, link.band, link.channel) == ("00:00:5e:00:53:02", WifiBand.GHZ_6, 5)
    assert link.cells.heard == 0


@pytest.mark.parametrize("more", [(b"\x30\x00",), (b"\x30\xff\x01",), (b"\xff",), (b"\x3d\x01\x24",), (b"\xc0\x00",)])
def test_a_hostile_beacon_is_survived(more, caplog):
    cells = [heard(OWN, OFFICE, joined=True), heard(OTHER, b"\xff" * 32, more=more)]
    assert link_of(GET_SCAN=cells).cells.heard == 1
    assert caplog.text == ""


def test_a_name_that_is_no_text_is_shown_with_replacements():
    described = message(7, u32(IFINDEX, 3), u32(IFTYPE, 2), attribute(SSID, b"Caf\xe9"), u32(WIPHY_FREQ, 2437))
    assert link_of(GET_INTERFACE=[described]).ssid == "Caf�"


def test_a_computer_without_a_radio_does_not_load_the_library(monkeypatch):
    monkeypatch.setattr(linux_wifi.linux_network, "interface_kinds", lambda *told: dict.fromkeys(range(1, 9999)))
    monkeypatch.setattr(linux_wifi, "_by_nl80211", None)
    assert read_wifi() == ()


def test_a_kernel_that_knows_no_wifi_is_an_error(monkeypatch):
    """A radio is there, says sysfs, and the family is not: what this test's kernel answers if it has no Wi-Fi."""
    kinds = {link.index: InterfaceKind.WIFI for link in linux_wifi.linux_netlink.links()}
    monkeypatch.setattr(linux_wifi.linux_network, "interface_kinds", lambda *told: kinds)
    monkeypatch.setattr(linux_wifi, "_FAMILY", "no-such-family")
    with pytest.raises(FileNotFoundError):
        read_wifi()


class Socket:
    """The library's socket; keeps requests and answers none."""

    prid = 27
    bound = None
    requests = ()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def bind(self, family, message_class):
        Socket.bound = family

    def nlm_request(self, request, *, msg_type, msg_flags):
        request["header"]["type"] = msg_type
        request["header"]["flags"] = msg_flags
        request.encode()
        Socket.requests += (bytes(request.data),)
        answer = Socket.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return iter(answer)


def test_requests_are_dumps_that_name_the_interface(monkeypatch):
    Socket.requests = ()
    (link,) = answer_with(
        monkeypatch, [interface()], [heard(OWN, OFFICE, joined=True)], [station()], [survey(5180, -95)]
    )
    assert (Socket.bound, link.bssid, link.noise_dbm) == ("nl80211", "00:00:5e:00:53:01", -95)
    assert [(struct.unpack_from("=IHH", sent), sent[16], sent[20:]) for sent in Socket.requests] == [
        ((28, 27, 0x301), command, u32(IFINDEX, 3)) for command in (5, 32, 17, 50)
    ]


def answer_with(monkeypatch, *answers):
    import pyroute2.netlink.generic

    monkeypatch.setattr(pyroute2.netlink.generic, "GenericNetlinkSocket", Socket)
    Socket.answers = list(answers)
    return linux_wifi._by_nl80211({3: "no-such-interface"})


def test_a_command_that_the_driver_does_not_know_tells_nothing(monkeypatch):
    from pyroute2.netlink.exceptions import NetlinkError

    unknown = NetlinkError(errno.EOPNOTSUPP)
    (link,) = answer_with(monkeypatch, [interface()], [heard(OWN, OFFICE, joined=True)], unknown, unknown)
    assert (link.joined, link.rssi_dbm, link.noise_dbm, link.frames) == (True, -61, None, None)


def test_a_kernel_that_refuses_is_a_permission_error(monkeypatch):
    from pyroute2.netlink.exceptions import NetlinkError

    with pytest.raises(PermissionError):
        answer_with(monkeypatch, NetlinkError(errno.EPERM))


@pytest.mark.parametrize(
    ("switches", "on"), [({}, None), ({"soft": "0", "hard": "0"}, True), ({"soft": "1", "hard": "0"}, False)]
)
def test_a_switch_keeps_the_radio_off(tmp_path, monkeypatch, switches, on):
    folder = tmp_path / "wlan0" / "phy80211" / "rfkill0"
    if switches:
        folder.mkdir(parents=True)
    for name, value in switches.items():
        (folder / name).write_text(f"{value}\n")
    monkeypatch.setattr(linux_wifi, "_SYSFS_NET", tmp_path)
    assert radio_on("wlan0") is on
