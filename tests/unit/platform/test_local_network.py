"""The permission for the own network on macOS 15, told from a router that is not there; the system is a double."""

import asyncio
import ctypes
import errno
import os
import sys

import foreign_systems
import pytest
from test_macos_platform import EchoingSocket, answer_tools, fail

from nexkit.address import Family
from nexkit.failures import NotPermittedError, classify
from nexkit.outcome import FailureKind
from nexkit.platform.api import CapabilityState
from nexkit.platform.local_network import LocalNetwork
from nexkit.platform.settings import SystemSetting, before_opening

GATEWAY = "192.168.1.1"
DENIED = OSError(errno.EHOSTUNREACH, os.strerror(errno.EHOSTUNREACH))


class Network:
    """Network.framework and libSystem; a connection goes through the given states, or through none."""

    def __init__(self, *, states=(1,), reason=3, path=99):
        self.states, self.reason, self.path = states, reason, path
        self.released = []
        self.cancelled = []
        self.connected_to = None
        self.functions = {
            name: foreign_systems.Function(getattr(self, name))
            for name in dir(type(self))
            if name.startswith(("nw_", "dispatch_"))
        }

    def __getattribute__(self, name):
        if name.startswith(("nw_", "dispatch_")) and "functions" in vars(self):
            if name not in self.functions:
                raise AttributeError(name)
            return self.functions[name]
        return super().__getattribute__(name)

    def nw_endpoint_create_host(self, host, port):
        self.connected_to = host, port
        return 1

    def nw_parameters_create_secure_udp(self, dtls, udp):
        assert (dtls.value, udp.value) == (71, 72)
        return 2

    def nw_connection_create(self, endpoint, parameters):
        assert (endpoint.value, parameters.value) == (1, 2)
        return 3

    def nw_connection_set_queue(self, connection, queue):
        assert (connection.value, queue.value) == (3, 17)

    def nw_connection_set_state_changed_handler(self, _connection, block):
        self.block = block._obj

    def nw_connection_start(self, _connection):
        call = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)(self.block.invoke)
        for state in self.states:
            call(ctypes.addressof(self.block), state, None)

    def nw_connection_copy_current_path(self, connection):
        assert connection.value == 3
        return self.path

    def nw_path_get_unsatisfied_reason(self, path):
        assert path == self.path
        return self.reason

    def nw_connection_cancel(self, connection):
        self.cancelled.append(connection.value)

    def nw_release(self, made):
        self.released.append(getattr(made, "value", made))

    def dispatch_get_global_queue(self, _priority, _flags):
        return 17


def ask(network, monkeypatch):
    pointers = {"_nw_parameters_configure_protocol_disable": 71}
    with foreign_systems.imported("darwin", "nexkit.platform.macos_local_network") as module:
        monkeypatch.setattr(module.ctypes, "CDLL", lambda name: network)
        monkeypatch.setattr(module.macos_blocks, "class_of_global_blocks", lambda system: 0x1234)
        monkeypatch.setattr(module.macos_blocks, "pointer_of", lambda library, name: pointers.get(name, 72))
        monkeypatch.setattr(module, "_TIMEOUT_S", 0.05)
        return module.is_denied(GATEWAY)


@pytest.mark.parametrize(
    ("values", "expected", "paths"),
    [
        ({"states": (2, 1)}, True, 1),
        ({"states": (4,)}, True, 1),
        ({"states": (2, 3)}, False, 0),
        ({"reason": 0}, False, 1),
        ({"path": None}, False, 0),
        ({"states": (2,)}, None, 0),
        ({"states": ()}, None, 0),
    ],
)
def test_the_path_of_a_waiting_connection_says_it(values, expected, paths, monkeypatch):
    network = Network(**values)
    assert ask(network, monkeypatch) is expected
    assert network.connected_to == (GATEWAY.encode(), b"9")
    assert network.cancelled == [3]
    assert network.released == [99] * paths + [3, 2, 1]


def test_an_older_macos_does_not_say(monkeypatch):
    network = Network()
    del network.functions["nw_path_get_unsatisfied_reason"]
    assert ask(network, monkeypatch) is None


def local_network(said, there=False):
    asked = []

    def is_denied(address):
        asked.append(address)
        return said

    async def is_there(address):
        return there

    return LocalNetwork(is_denied, is_there), asked


@pytest.mark.parametrize(
    ("said", "there", "expected"),
    [(True, False, True), (False, True, False), (None, True, True), (None, False, False)],
)
def test_the_neighbour_table_decides_only_where_the_system_does_not_say(said, there, expected):
    network, _ = local_network(said, there)
    assert asyncio.run(network.keeps_from(GATEWAY)) is expected


def test_a_router_that_fails_many_times_is_asked_about_once():
    network, asked = local_network(said=True)

    async def often():
        for _ in range(5):
            assert await network.keeps_from(GATEWAY)
        await network.keeps_from("192.168.1.9")

    asyncio.run(often())
    assert asked == [GATEWAY, "192.168.1.9"]


def test_only_the_error_of_a_denial_is_asked_about():
    network, asked = local_network(said=True)
    for number in (errno.ECONNREFUSED, errno.EHOSTDOWN, errno.ENETUNREACH):
        asyncio.run(network.raise_if_denied(OSError(number, "no"), GATEWAY))
    assert asked == []
    with pytest.raises(NotPermittedError) as refused:
        asyncio.run(network.raise_if_denied(DENIED, GATEWAY))
    assert classify(refused.value, step="connect").kind is FailureKind.PERMISSION


@pytest.fixture
def sockets():
    return []


@pytest.fixture
def module(sockets):
    def make(version):
        sockets.append(EchoingSocket(version))
        return sockets[-1]

    with foreign_systems.macos(make) as loaded:
        yield loaded


def system_that_says(module, said):
    module.macos_local_network.is_denied = lambda address: said
    system = module.MacosPlatform()
    answer_tools(system)
    return system


@pytest.mark.parametrize(("said", "kind"), [(True, NotPermittedError), (False, OSError)])
@pytest.mark.parametrize("way", ["connect_tcp", "exchange_udp"])
def test_a_denied_connection_is_no_fault_of_the_network(module, monkeypatch, said, kind, way):
    async def refuse(*_arguments, **_options):
        raise DENIED

    monkeypatch.setattr(module.SocketPlatform, way, refuse)
    system = system_that_says(module, said)
    more = {"connect_tcp": ((), {}), "exchange_udp": ((b"",), {"accept": bool})}[way]
    with pytest.raises(OSError) as refused:  # noqa: PT011  its type is what is tested
        asyncio.run(getattr(system, way)(GATEWAY, 53, *more[0], timeout_s=1.0, **more[1]))
    assert type(refused.value) is kind


@pytest.mark.parametrize("said", [True, False])
def test_a_denied_echo_request_is_not_lost(module, sockets, said):
    system = system_that_says(module, said)

    async def echo():
        async with system.open_echo(Family.IPV4) as session:
            sockets[0].send = lambda request: fail(DENIED)
            return await session.echo(GATEWAY, timeout_s=5.0)

    if said:
        with pytest.raises(NotPermittedError):
            asyncio.run(echo())
    else:
        assert asyncio.run(echo()).error is FailureKind.HOST_UNREACHABLE


@pytest.mark.parametrize(
    ("version", "address", "expected"),
    [
        ("15.1", GATEWAY, True),
        ("26.0", GATEWAY, True),
        ("14.7", GATEWAY, False),
        ("15.1", "192.168.1.77", False),  # no entry
        ("15.1", "203.0.113.10", False),  # behind the router
        ("15.1", "198.51.100.1", False),  # no route
    ],
)
def test_whose_hardware_address_is_known_is_there(module, monkeypatch, version, address, expected):
    from nexkit.platform.api import RouteTo

    async def route_to(target):
        if target == "198.51.100.1":
            raise OSError(errno.ENETUNREACH, "no route")
        near = target.startswith("192.168.1.")
        return RouteTo(interface="en0", source="192.168.1.20", gateway=None if near else GATEWAY)

    monkeypatch.setattr(module.platform, "mac_ver", lambda: (version, ("", "", ""), "arm64"))
    system = system_that_says(module, None)
    system.route_to = route_to
    assert asyncio.run(system._is_there(address)) is expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (True, (CapabilityState.REFUSED, "local_network_macos")),
        (False, (CapabilityState.AVAILABLE, None)),
        (None, None),
    ],
)
def test_the_check_lists_the_permission(module, said, expected):
    module.open_whole_trace = None
    system = system_that_says(module, said)
    found = {each.id: (each.state, each.reason) for each in asyncio.run(system._local_network_capability())}
    assert found.get("local_network") == expected


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"location_status": 0}, "location_macos"),
        ({"location_status": 1}, "restricted"),
        ({"location_status": 2}, "location_macos"),
        ({"location_status": 77}, "location_macos"),
        ({"location_services": False}, "location_macos_off"),
    ],
)
def test_the_check_says_why_the_names_of_wifi_networks_are_missing(values, reason):
    from nexkit.facts.wifi import WifiLink

    async def nameless():
        return (WifiLink(interface="en0", radio_on=True, joined=True, names_permitted=False),)

    with foreign_systems.macos(EchoingSocket, **values) as loaded:
        system = loaded.MacosPlatform()
        system.wifi_links = nameless
        found = asyncio.run(system._wifi_capability())
    assert (found.state, found.reason) == (CapabilityState.LIMITED, reason)


@pytest.mark.parametrize(
    ("setting", "asked"), [(SystemSetting.LOCATION, [1]), (SystemSetting.LOCAL_NETWORK, []), (SystemSetting.WIFI, [])]
)
def test_before_its_settings_are_opened_macos_is_asked_for_the_location(monkeypatch, setting, asked):
    asks = []
    with foreign_systems.macos(EchoingSocket) as loaded:
        loaded.macos_location.ask_for_location = lambda: asks.append(1)
        monkeypatch.setattr(sys, "platform", "darwin")
        before_opening(setting)
    assert asks == asked


@pytest.mark.parametrize(("status", "asked"), [(0, 1), (2, 0), (3, 0)])
def test_the_user_is_asked_for_the_location_once_at_most(status, asked):
    from types import SimpleNamespace

    requests = []
    manager = SimpleNamespace(requestWhenInUseAuthorization=lambda: requests.append(1))
    with foreign_systems.macos(EchoingSocket, location_status=status) as loaded:
        import CoreLocation  # the double

        CoreLocation.CLLocationManager.alloc = lambda: SimpleNamespace(init=lambda: manager)
        loaded.macos_location.ask_for_location()
        assert len(loaded.macos_location._asking) == asked
    assert len(requests) == asked
