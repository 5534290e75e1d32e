"""Links and ways of Windows over doubles of its libraries; the bytes were laid out by a C compiler."""

import asyncio
import ctypes
from dataclasses import replace
from pathlib import Path

import foreign_systems
import pytest

from nexkit.address import Family
from nexkit.facts.link import LinkCounters
from nexkit.facts.network import Duplex, InterfaceKind
from nexkit.platform import windows_api as api
from nexkit.platform.api import RouteTo
from nexkit.platform.windows_link_facts import (
    NO_ANSWERS,
    DriverAnswers,
    device_path,
    link_states,
    read_driver_answers,
    rows_of_links,
)

DATA = Path(__file__).parents[2] / "data" / "windows"
INVALID_HANDLE = 2**64 - 1
PATH = "\\\\.\\{12345678-9ABC-DEF0-1122-334455667788}"


def recorded(name):
    return bytes.fromhex((DATA / f"{name}.hex").read_text())


(ROW,) = api.read_interface_rows(recorded("if_table2_counters"))


def test_counters_of_a_row_are_read():
    assert ROW.counters == LinkCounters(
        received_bytes=1001,
        received_packets=1002 + 1003,
        receive_drops=1004,
        receive_errors=1005,
        sent_bytes=2001,
        sent_packets=2002 + 2003,
        send_drops=2004,
        send_errors=2005,
    )


def test_the_driver_is_asked_by_the_interfaces_guid():
    assert device_path(ROW.guid) == PATH


def test_answers_of_a_driver():
    answers = read_driver_answers(recorded("ndis_link_state"), recorded("ndis_link_speed"), (17).to_bytes(4, "little"))
    assert answers == DriverAnswers(duplex=Duplex.HALF, auto_negotiation=True, port_max_bit_s=1e9, crc_errors=17)


@pytest.mark.parametrize("cut", [None, b"", b"\1\2\3"])
def test_answers_that_are_cut_off_tell_nothing(cut):
    assert read_driver_answers(cut, cut, cut) == NO_ANSWERS


def test_a_link_is_put_together_from_row_and_driver():
    driver = DriverAnswers(duplex=Duplex.HALF, auto_negotiation=True, port_max_bit_s=1e9, crc_errors=17)
    (link,) = link_states((ROW,), {ROW.luid: driver})
    assert (link.name, link.kind, link.admin_up, link.carrier) == ("Ethernet 2", InterfaceKind.ETHERNET, True, True)
    assert (link.speed_bit_s, link.port_max_bit_s, link.duplex) == (1e8, 1e9, Duplex.HALF)
    assert (link.counters.crc_errors, link.counters.receive_errors) == (17, 1005)
    assert link.counters.carrier_changes is None


def test_a_cable_that_is_out_has_no_speed():
    (link,) = link_states((replace(ROW, connected=False),), {})
    assert (link.carrier, link.speed_bit_s, link.duplex) == (False, None, None)


def test_layers_of_other_interfaces_are_left_out():
    layer = replace(ROW, luid=2, filter=True)
    software = replace(ROW, luid=3, hardware=False)
    assert rows_of_links((), (ROW, layer, software)) == (ROW,)


class IpHelper:
    """iphlpapi.dll: one row, one way."""

    IcmpCreateFile = Icmp6CreateFile = IcmpCloseHandle = FreeMibTable = IcmpSendEcho2 = Icmp6SendEcho2 = None
    route_status = 0
    alias_status = 0
    asked = None

    def GetBestRoute2(self, luid, index, source, target, options, row, own):  # noqa: N802  Windows' names
        self.asked = api.read_socket_address(target)
        if self.route_status == 0:
            ctypes.memmove(row, recorded("ip_forward_table2")[8:], 104)
            ctypes.memmove(own, api.write_socket_address("192.168.1.20", Family.IPV4), 28)
        return self.route_status

    def ConvertInterfaceLuidToAlias(self, luid, name, length):  # noqa: N802
        assert length == 257
        ctypes.memmove(name, "イーサネット".encode("utf-16-le"), 12)
        return self.alias_status


class Kernel:
    """kernel32.dll: a driver that answers."""

    GlobalFree = None

    def __init__(self):
        self.handle = 4711
        self.paths = []
        self.closed = []
        self.known = {
            0x00010206: recorded("ndis_link_speed"),
            0x00010207: recorded("ndis_link_state"),
            0x0002020D: (17).to_bytes(4, "little"),
        }

    def CreateFileW(self, path, access, share, security, disposition, flags, template):  # noqa: N802
        assert (access, share, disposition) == (0, 3, 3)
        self.paths.append(path.value)
        return self.handle

    def DeviceIoControl(self, handle, code, question, size, answer, length, returned, overlapped):  # noqa: N802
        assert (handle, code, size) == (4711, 0x00170002, 4)
        known = self.known.get(ctypes.c_uint32.from_address(question).value)
        if known is None:
            return 0
        assert len(known) <= length
        ctypes.memmove(answer, known, len(known))
        ctypes.c_uint32.from_address(returned).value = len(known)
        return 1

    def CloseHandle(self, handle):  # noqa: N802
        self.closed.append(handle)


@pytest.fixture
def kernel():
    return Kernel()


@pytest.fixture
def helper():
    return IpHelper()


@pytest.fixture
def platform(helper, kernel):
    with foreign_systems.windows(
        iphlpapi=helper, winhttp=foreign_systems.Library(()), kernel32=kernel, wlanapi=foreign_systems.Library(())
    ) as module:
        yield module.WindowsPlatform()


def test_the_driver_is_opened_asked_and_closed(platform, kernel):
    (link,) = platform._link_calls.read_links((), (ROW,))
    assert (link.duplex, link.port_max_bit_s, link.counters.crc_errors) == (Duplex.HALF, 1e9, 17)
    assert (kernel.paths, kernel.closed) == ([PATH], [4711])


def test_a_driver_that_may_not_be_opened_leaves_its_part_unknown(platform, kernel):
    kernel.handle = INVALID_HANDLE
    (link,) = platform._link_calls.read_links((), (ROW,))
    assert (link.speed_bit_s, link.duplex, link.port_max_bit_s) == (1e8, None, None)
    assert kernel.closed == []


def test_a_question_that_the_driver_does_not_know_is_not_known(platform, kernel):
    del kernel.known[0x0002020D]
    (link,) = platform._link_calls.read_links((), (ROW,))
    assert (link.counters.crc_errors, link.duplex) == (None, Duplex.HALF)


def test_software_has_no_driver_to_ask(platform, kernel):
    software = replace(ROW, hardware=False)
    adapter_rows = platform._link_calls.read_links((), (software,))
    assert (adapter_rows, kernel.paths) == ((), [])


def test_the_way_to_an_address_is_the_systems_own(platform, helper):
    assert asyncio.run(platform.route_to("198.51.100.1")) == RouteTo(
        interface="イーサネット", source="192.168.1.20", gateway="192.168.1.1"
    )
    assert helper.asked == "198.51.100.1"


def test_a_target_without_a_way_is_an_error(platform, helper):
    helper.route_status = 1231
    with pytest.raises(OSError, match="system error"):
        asyncio.run(platform.route_to("198.51.100.1"))


def test_an_interface_without_a_name_is_not_known(platform, helper):
    helper.alias_status = 87
    assert asyncio.run(platform.route_to("198.51.100.1")).interface is None
