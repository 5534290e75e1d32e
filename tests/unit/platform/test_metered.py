"""Whether a connection is metered, as each system says it; the others' libraries are doubles."""

import asyncio
import ctypes
import sys

import foreign_systems
import pytest

from nexkit.platform import windows_metered_api as api
from nexkit.platform.api import ProcessResult
from nexkit.platform.parse_busctl import parse_metered


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("u 1\n", True),
        ("u 2\n", False),
        ("u 3\n", True),
        ("u 4\n", False),
        ("u 0\n", None),
        ("u 9\n", None),
        ("s yes\n", None),
        ("", None),
    ],
)
def test_networkmanager_says_it_by_a_number(output, expected):
    assert parse_metered(output) is expected


@pytest.mark.skipif(sys.platform != "linux", reason="is Linux's side")
@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (ProcessResult(exit_status=0, stdout=b"u 1\n", stderr=b""), True),
        (ProcessResult(exit_status=1, stdout=b"", stderr=b"The name is not activatable"), None),
        (FileNotFoundError(), None),
        (TimeoutError(), None),
    ],
)
def test_without_networkmanager_it_is_not_known(result, expected):
    from nexkit.platform.linux_metered import read_metered

    class Platform:
        async def run_program(self, arguments, *, timeout_s, max_output_bytes):
            assert arguments[0] == "/usr/bin/busctl"
            if isinstance(result, Exception):
                raise result
            return result

    assert asyncio.run(read_metered(Platform())) is expected


@pytest.mark.parametrize(
    ("cost", "expected"),
    [(0, None), (0x1, False), (0x2, True), (0x4, True), (0x40002, True), (0x10001, True), (0x80001, False)],
)
def test_windows_says_it_by_the_cost(cost, expected):
    assert api.is_metered(cost) is expected


class Com:
    """ole32.dll with a Network List Manager whose methods are C functions, as COM lays them out."""

    def __init__(self, *, cost=0x2, status=0, created=0, initialised=0):
        self.initialised, self.created = initialised, created
        self.open = 0
        self.released = 0
        get_cost_type = ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
        release_type = ctypes.CFUNCTYPE(ctypes.c_ulong, ctypes.c_void_p)

        def get_cost(_this, value, _address):
            ctypes.c_uint32.from_address(value).value = cost
            return status

        def release(_this):
            self.released += 1
            return 0

        self.functions = get_cost_type(get_cost), release_type(release)
        self.table = (ctypes.c_void_p * 6)()
        self.table[api.GET_COST_PLACE] = ctypes.cast(self.functions[0], ctypes.c_void_p).value
        self.table[api.RELEASE_PLACE] = ctypes.cast(self.functions[1], ctypes.c_void_p).value
        self.manager = ctypes.c_void_p(ctypes.addressof(self.table))

    def CoInitializeEx(self, _reserved, model):  # noqa: N802  Windows' names
        assert model == api.COINIT_MULTITHREADED
        self.open += 1
        return self.initialised

    def CoUninitialize(self):  # noqa: N802
        self.open -= 1

    def CoCreateInstance(self, clsid, _outer, _context, iid, manager):  # noqa: N802
        assert bytes(clsid._obj).hex() == "010cb0dc0f579b4a8d69199fdba5723b"
        assert bytes(iid._obj).hex() == "0800b0dc0f579b4a8d69199fdba5723b"
        manager._obj.value = ctypes.addressof(self.manager)
        return self.created


def on_windows(com, monkeypatch):
    monkeypatch.setattr(ctypes, "WINFUNCTYPE", ctypes.CFUNCTYPE, raising=False)
    monkeypatch.setattr(ctypes, "WinDLL", lambda name, use_last_error: foreign_systems.Library(com), raising=False)
    with foreign_systems.imported("win32", "nexkit.platform.windows_metered") as module:
        return module.read_metered()


@pytest.mark.parametrize(
    ("values", "expected"), [({}, True), ({"cost": 1}, False), ({"status": -1}, None), ({"created": -1}, None)]
)
def test_windows_asks_the_network_list_manager_and_lets_go_of_it(values, expected, monkeypatch):
    com = Com(**values)
    assert on_windows(com, monkeypatch) is expected
    assert com.open == 0
    assert com.released == (0 if values.get("created") else 1)


def test_where_com_does_not_start_it_is_not_known(monkeypatch):
    com = Com(initialised=-1)
    assert on_windows(com, monkeypatch) is None


class Network:
    """Network.framework and libSystem; the monitor tells one path at once, or never."""

    def __init__(self, *, status=1, expensive=False, constrained=False, answers=True):
        self.says = {
            "nw_path_get_status": lambda path: status,
            "nw_path_is_expensive": lambda path: expensive,
            "nw_path_is_constrained": lambda path: constrained,
            "nw_path_monitor_create": lambda: 4711,
            "nw_path_monitor_set_queue": lambda monitor, queue: None,
            "nw_path_monitor_set_update_handler": self.set_handler,
            "nw_path_monitor_start": self.start,
            "nw_path_monitor_cancel": lambda monitor: self.ended.append("cancel"),
            "nw_release": lambda monitor: self.ended.append("release"),
            "dispatch_get_global_queue": lambda priority, flags: 17,
        }
        self.functions = {name: foreign_systems.Function(function) for name, function in self.says.items()}
        self.answers = answers
        self.ended = []

    def __getattr__(self, name):
        if name not in self.functions:
            raise AttributeError(name)
        return self.functions[name]

    def set_handler(self, _monitor, block):
        self.block = block._obj

    def start(self, _monitor):
        assert self.block.descriptor.contents.size == ctypes.sizeof(self.block)
        if self.answers:
            call = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(self.block.invoke)
            call(ctypes.addressof(self.block), 99)


def on_macos(network, monkeypatch):
    with foreign_systems.imported("darwin", "nexkit.platform.macos_metered") as module:
        monkeypatch.setattr(module.ctypes, "CDLL", lambda name: network)
        monkeypatch.setattr(module.macos_blocks, "class_of_global_blocks", lambda system: 0x1234)
        monkeypatch.setattr(module, "_TIMEOUT_S", 0.05)
        return module.read_metered()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, False),
        ({"expensive": True}, True),
        ({"constrained": True}, True),
        ({"status": 2, "expensive": True}, None),
        ({"answers": False}, None),
    ],
)
def test_macos_tells_the_path_to_a_block(values, expected, monkeypatch):
    network = Network(**values)
    assert on_macos(network, monkeypatch) is expected
    assert network.ended == ["cancel", "release"]


def test_an_older_macos_does_not_say(monkeypatch):
    network = Network()
    del network.functions["nw_path_is_constrained"]
    assert on_macos(network, monkeypatch) is None
