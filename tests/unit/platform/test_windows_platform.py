"""The Windows side over doubles of its libraries; it says nothing about a real Windows."""

import asyncio
import ctypes
import errno
import struct
from ipaddress import IPv4Address
from pathlib import Path

import foreign_systems
import pytest

from nexkit.address import Family
from nexkit.facts.network import NeighbourState, ProxySettings
from nexkit.facts.path import PathMethod
from nexkit.outcome import FailureKind
from nexkit.platform import windows_api as api
from nexkit.platform.api import CapabilityState

DATA = Path(__file__).parents[2] / "data" / "windows"
ETHERNET_LUID = 0x6008001000000
INVALID_HANDLE = 2**64 - 1


def recorded(name):
    return bytes.fromhex((DATA / f"{name}.hex").read_text())


def wide(text):
    units = (text + "\0").encode("utf-16-le")
    return (ctypes.c_uint16 * (len(units) // 2)).from_buffer_copy(units)


class IpHelper:
    """iphlpapi.dll: one Ethernet adapter, the recorded tables, and echo replies by a function."""

    def __init__(self):
        self.freed = []
        self.open_handles = 0
        self.echoes = []
        self.echo_reply = lambda target, ttl: (target, 0, 1)
        self.handle = 4711
        self.adapter_status = [api.ERROR_BUFFER_OVERFLOW, 0]
        self.table_status = 0
        self.neighbour_status = 0
        self.alias_status = 0
        self.name = wide("イーサネット")
        self.tables = {}

    def GetAdaptersAddresses(self, family, flags, reserved, buffer, size):  # noqa: N802  Windows' names
        status = self.adapter_status.pop(0)
        if status == api.ERROR_BUFFER_OVERFLOW:
            size._obj.value = 30_000
        elif status == 0:
            assert len(buffer) == 30_000
            entry = api.AdapterAddresses(
                if_index=12,
                friendly_name=ctypes.cast(self.name, ctypes.POINTER(ctypes.c_uint16)),
                if_type=6,
                oper_status=1,
                luid=ETHERNET_LUID,
                ipv4_metric=25,
            )
            ctypes.memmove(buffer, ctypes.byref(entry), ctypes.sizeof(entry))
        return status

    def _give(self, name, table):
        if self.table_status == 0:
            self.tables[name] = ctypes.create_string_buffer(recorded(name))
            table._obj.value = ctypes.addressof(self.tables[name])
        return self.table_status

    def GetIfTable2(self, table):  # noqa: N802
        return self._give("if_table2_ja", table)

    def GetIpForwardTable2(self, family, table):  # noqa: N802
        return self._give("ip_forward_table2", table)

    def FreeMibTable(self, table):  # noqa: N802
        self.freed.append(table.value)

    def ConvertInterfaceAliasToLuid(self, alias, luid):  # noqa: N802
        luid._obj.value = ETHERNET_LUID if alias.value == "イーサネット" else 0
        return self.alias_status

    def GetIpNetTable2(self, family, table):  # noqa: N802
        assert family == api.AF_INET
        if self.neighbour_status == 0:
            row = recorded("ip_net_row2")
            self.tables["neighbours"] = ctypes.create_string_buffer(struct.pack("<Q", 1) + row, 8 + len(row))
            table._obj.value = ctypes.addressof(self.tables["neighbours"])
        return self.neighbour_status

    def IcmpCreateFile(self):  # noqa: N802
        self.open_handles += 1
        return self.handle

    Icmp6CreateFile = IcmpCreateFile

    def IcmpCloseHandle(self, handle):  # noqa: N802
        self.open_handles -= 1

    def IcmpSendEcho2(self, handle, event, routine, context, number, data, size, options, buffer, length, timeout):  # noqa: N802, PLR0917  as Windows has it
        target = str(IPv4Address(number.to_bytes(4, "little")))
        address, status, rtt_ms = self._answer(target, data, size, options, length, timeout)
        if address is None:
            return 0
        ctypes.memmove(buffer, struct.pack("<4sII", IPv4Address(address).packed, status, rtt_ms), 12)
        return 1

    def Icmp6SendEcho2(  # noqa: N802, PLR0917
        self, handle, event, routine, context, source, target, data, size, options, buffer, length, timeout
    ):
        assert api.read_socket_address(source) == "::"
        address, status, rtt_ms = self._answer(api.read_socket_address(target), data, size, options, length, timeout)
        if address is None:
            return 0
        packed = api.write_socket_address(address, Family.IPV6)[8:24]
        ctypes.memmove(buffer, struct.pack("<6x16sI2xII", packed, 0, status, rtt_ms), 36)
        return 1

    def _answer(self, target, data, size, options, length, timeout):
        assert len(data) == size
        assert length >= 40 + size + 24
        ttl = api.IpOptions.from_address(options).ttl
        self.echoes.append((target, ttl, size, timeout))
        return self.echo_reply(target, ttl)


class WinHttp:
    """winhttp.dll."""

    def __init__(self):
        self.texts = {"auto_config_url": wide("http://wpad.example.com/p.pac"), "proxy": wide("proxy.example.com:8080")}
        self.found = 1

    def WinHttpGetIEProxyConfigForCurrentUser(self, config):  # noqa: N802
        config._obj.auto_detect = 1
        for name, text in self.texts.items():
            setattr(config._obj, name, ctypes.cast(text, ctypes.POINTER(ctypes.c_uint16)))
        return self.found


class Kernel:
    """kernel32.dll."""

    def __init__(self):
        self.freed = []

    def GlobalFree(self, pointer):  # noqa: N802
        self.freed.append(pointer.value)


class System:
    """All of it."""

    def __init__(self):
        self.ip = IpHelper()
        self.http = WinHttp()
        self.kernel = Kernel()
        self.last_error = 0


@pytest.fixture
def system():
    return System()


@pytest.fixture
def platform(system):
    with foreign_systems.windows(
        iphlpapi=system.ip, winhttp=system.http, kernel32=system.kernel, last_error=lambda: system.last_error
    ) as module:
        yield module.WindowsPlatform()


def test_the_network_state_is_put_together_and_the_memory_given_back(platform, system):
    state = asyncio.run(platform.network_state())
    assert [(each.name, each.admin_up) for each in state.interfaces] == [("イーサネット", True), ("Wi-Fi", False)]
    assert [(route.gateway, route.metric) for route in state.default_routes] == [
        ("192.168.1.1", 25),
        ("fe80::1%12", 256),
    ]
    assert (state.proxy.http.host, state.proxy.pac_url) == ("proxy.example.com", "http://wpad.example.com/p.pac")
    assert state.proxy.auto_detect is True
    assert system.ip.freed == [ctypes.addressof(table) for table in system.ip.tables.values()]
    assert system.kernel.freed == [ctypes.addressof(system.http.texts[name]) for name in ("auto_config_url", "proxy")]


def test_a_user_without_proxy_settings_has_unknown_ones(platform, system):
    system.http.found = 0
    assert asyncio.run(platform.network_state()).proxy == ProxySettings()


def test_a_computer_without_adapters_has_none(platform, system):
    system.ip.adapter_status = [api.ERROR_NO_DATA]
    assert [each.admin_up for each in asyncio.run(platform.network_state()).interfaces] == [False]


@pytest.mark.parametrize("statuses", [[87], [api.ERROR_BUFFER_OVERFLOW] * 4])
def test_adapters_that_cannot_be_read_are_an_error(platform, system, statuses):
    system.ip.adapter_status = statuses
    with pytest.raises(OSError, match="system error"):
        asyncio.run(platform.network_state())


def test_a_table_that_is_refused_is_a_permission_error(platform, system):
    system.ip.table_status = 5
    with pytest.raises(PermissionError):
        asyncio.run(platform.network_state())


def test_a_route_table_without_rows_has_no_routes(platform, system):
    system.ip.table_status = api.ERROR_NOT_FOUND
    assert platform._calls.forward_rows() == ()
    system.ip.table_status = 5
    with pytest.raises(PermissionError):
        platform._calls.forward_rows()


def test_a_neighbour_is_looked_up_by_the_interfaces_name(platform, system):
    found = asyncio.run(platform.neighbour("192.168.1.1", "イーサネット"))
    assert (found.state, found.mac) == (NeighbourState.REACHABLE, "00:00:5e:00:53:01")
    assert system.ip.freed == [ctypes.addressof(system.ip.tables["neighbours"])]


@pytest.mark.parametrize(("alias", "entry"), [(87, 0), (0, api.ERROR_NOT_FOUND), (0, api.ERROR_FILE_NOT_FOUND)])
def test_a_neighbour_that_windows_does_not_know_is_absent(platform, system, alias, entry):
    system.ip.alias_status, system.ip.neighbour_status = alias, entry
    assert asyncio.run(platform.neighbour("192.168.1.1", "イーサネット")).state is NeighbourState.ABSENT


def test_a_neighbour_table_that_is_refused_is_a_permission_error(platform, system):
    system.ip.neighbour_status = 5
    with pytest.raises(PermissionError):
        asyncio.run(platform.neighbour("192.168.1.1", "イーサネット"))


async def echo(platform, family, address, count=1):
    async with platform.open_echo(family) as session:
        return await asyncio.gather(*(session.echo(address, timeout_s=0.5, payload_bytes=56) for _ in range(count)))


@pytest.mark.parametrize(("family", "address"), [(Family.IPV4, "192.0.2.1"), (Family.IPV6, "2001:db8::1")])
def test_echo_requests_of_both_families(platform, system, family, address):
    (reply,) = asyncio.run(echo(platform, family, address))
    assert 1 <= reply.rtt_ms <= 2
    assert system.ip.echoes == [(address, 64, 56, 500)]
    assert system.ip.open_handles == 0


def test_sizes_over_ipv6_are_measured_without_icmp(platform, system):
    async def method(target):
        async with platform.open_sizes(target) as session:
            return session.method

    assert asyncio.run(method("192.0.2.1")) is PathMethod.ICMP
    system.ip.handle, system.last_error = INVALID_HANDLE, 120
    assert asyncio.run(method("2001:db8::1")) is PathMethod.UDP
    with pytest.raises(OSError, match="system error"):
        asyncio.run(method("192.0.2.1"))


@pytest.mark.parametrize("code", [5, 65, 10013])
def test_what_the_own_system_refuses_is_not_the_networks_fault(platform, system, code):
    system.ip.echo_reply = lambda target, ttl: (None, 0, 0)
    system.last_error = code
    (reply,) = asyncio.run(echo(platform, Family.IPV4, "192.0.2.1"))
    assert (reply.rtt_ms, reply.error) == (None, FailureKind.FILTERED_LOCALLY)


def test_many_echo_requests_at_once(platform, system):
    assert len(asyncio.run(echo(platform, Family.IPV4, "192.0.2.1", count=40))) == 40
    assert system.ip.open_handles == 0


def test_a_request_without_a_reply_is_lost(platform, system):
    system.ip.echo_reply = lambda target, ttl: (None, 0, 0)
    system.last_error = api.IP_REQ_TIMED_OUT
    (reply,) = asyncio.run(echo(platform, Family.IPV4, "192.0.2.1"))
    assert (reply.rtt_ms, reply.error) == (None, None)


def test_a_request_that_windows_cannot_send_is_an_error(platform, system):
    system.ip.echo_reply = lambda target, ttl: (None, 0, 0)
    system.last_error = 1231
    (reply,) = asyncio.run(echo(platform, Family.IPV6, "2001:db8::1"))
    assert (reply.rtt_ms, reply.error) == (None, FailureKind.NET_UNREACHABLE)


def test_a_trace_limits_the_ttl(platform, system):
    system.ip.echo_reply = lambda target, ttl: (target, 0, 3) if ttl == 2 else ("192.168.1.1", 11013, 1)

    async def trace():
        async with platform.open_trace("198.51.100.1") as session:
            assert session.method is PathMethod.ICMP
            return [await session.probe(ttl, timeout_s=0.5) for ttl in (1, 2)]

    first, second = asyncio.run(trace())
    assert (first.address, first.reached) == ("192.168.1.1", False)
    assert (second.address, second.reached) == ("198.51.100.1", True)
    assert [ttl for _, ttl, _, _ in system.ip.echoes] == [1, 2]


@pytest.mark.parametrize("method", [PathMethod.UDP, PathMethod.TCP])
def test_a_trace_by_another_protocol_than_icmp_is_not_supported(platform, method):
    async def trace():
        async with platform.open_trace("198.51.100.1", method, 443):
            pass

    with pytest.raises(OSError, match="ICMP only") as refused:
        asyncio.run(trace())
    assert refused.value.errno == errno.EOPNOTSUPP


@pytest.mark.parametrize("handle", [INVALID_HANDLE, None])
def test_a_service_that_is_refused_is_a_permission_error(platform, system, handle):
    system.ip.handle, system.last_error = handle, 5
    with pytest.raises(PermissionError):
        asyncio.run(echo(platform, Family.IPV4, "192.0.2.1"))


def test_a_service_that_goes_away_meanwhile_is_an_error_of_that_request(platform, system):
    async def work():
        async with platform.open_echo(Family.IPV4) as session:
            system.ip.handle, system.last_error = INVALID_HANDLE, 5
            return await session.echo("192.0.2.1", timeout_s=0.5)

    assert asyncio.run(work()).error is FailureKind.FILTERED_LOCALLY


def test_everything_can_be_measured_where_nothing_is_refused(platform):
    assert {each.id: each.state for each in asyncio.run(platform.capabilities())} == dict.fromkeys(
        ("icmp4", "icmp6", "trace4", "trace6", "neighbours", "resolvers"), CapabilityState.AVAILABLE
    ) | dict.fromkeys(("wifi", "segment"), CapabilityState.MISSING)


def test_a_loopback_that_does_not_answer_is_told(platform, system):
    system.ip.echo_reply = lambda target, ttl: (None, 0, 0)
    system.last_error = api.IP_REQ_TIMED_OUT
    found = {each.id: (each.state, each.reason) for each in asyncio.run(platform.capabilities())}
    assert found["icmp4"] == found["trace6"] == (CapabilityState.REFUSED, "no_answer")


def test_the_name_service_is_that_of_the_adapters(platform):
    service = asyncio.run(platform.name_service(["www.example.com"]))
    assert (service.servers, service.scopes, service.hosts) == ((), (), None)
