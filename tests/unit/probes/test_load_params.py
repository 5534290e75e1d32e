"""What the load test lets itself be asked for."""

import pytest

from nexkit.facts.load import LoadBackend
from nexkit.kit_limits import MAX_LOAD_BYTES
from nexkit.params import ParamError, build_params
from probes.load import LoadProbe
from probes.load.direction import WIRE_RATIO, Budget
from probes.load.params import LoadParams


def test_words_of_the_command_line_become_parameters():
    params = build_params(LoadParams, {"server": "https://speed.example.com/", "max_bytes": "5000000"})
    assert params.backend is LoadBackend.HTTP
    assert params.max_bytes == 5_000_000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("server", ""),
        ("server", "speed.example.com"),
        ("server", "ftp://speed.example.com/"),
        ("server", "https://user@speed.example.com/"),
        ("server", "https://speed.example.com/?a=b"),
        ("server", "https://speed.example.com:99999/"),
        ("server", "https://速度.example.com/"),
        ("download", "a b"),
        ("download", "x\r\nHost: other.example.com"),
        ("upload", "\N{SNOWMAN}"),
        ("max_bytes", 0),
        ("max_bytes", MAX_LOAD_BYTES + 1),
        ("direction_s", 0.0),
        ("direction_s", 60.0),
        ("connections", 0),
        ("connections", 33),
        ("gateway_target", "router"),
        ("provider_target", "198.51.100.1/24"),
    ],
)
def test_what_the_kit_does_not_do_is_refused(name, value):
    with pytest.raises(ParamError):
        build_params(LoadParams, {"server": "https://speed.example.com/", name: value})


def test_the_public_back_end_needs_no_server():
    assert build_params(LoadParams, {"backend": "ookla"}).backend is LoadBackend.OOKLA


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, ("download?bytes={bytes}", "upload")),
        ({"backend": "librespeed"}, ("garbage.php", "empty.php")),
        ({"backend": "librespeed", "download": "backend/garbage.php"}, ("backend/garbage.php", "empty.php")),
    ],
)
def test_each_back_end_has_paths_of_its_own(values, expected):
    params = build_params(LoadParams, {"server": "https://speed.example.com/", **values})
    assert (params.download_path, params.upload_path) == expected


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        ("speed.example.com", ("speed.example.com", None)),
        ("speed.example.com:5202", ("speed.example.com", 5202)),
        ("[2001:db8::1]:5201", ("2001:db8::1", 5201)),
    ],
)
def test_an_iperf3_server_is_a_host_and_perhaps_a_port(server, expected):
    assert build_params(LoadParams, {"backend": "iperf3", "server": server}).host_port == expected


@pytest.mark.parametrize("server", ["", "-s", "--logfile=/tmp/x", "a b", "host:0", "host:99999", "https://host/"])
def test_nothing_else_is_handed_to_iperf3(server):
    with pytest.raises(ParamError):
        build_params(LoadParams, {"backend": "iperf3", "server": server})


def test_ndt7_without_a_server_asks_for_one():
    assert build_params(LoadParams, {"backend": "ndt7"}).locate.startswith("https://locate.measurementlab.net/")


@pytest.mark.parametrize(
    "values", [{"server": "speed.example.com"}, {"locate": "ftp://x/"}, {"locate": "https://a b/"}]
)
def test_ndt7_has_to_be_told_a_web_address(values):
    with pytest.raises(ParamError):
        build_params(LoadParams, {"backend": "ndt7", **values})


@pytest.mark.parametrize("limit", [0, 1, 7, 1000, 5_000_000])
def test_the_budget_is_spent_to_the_end_and_not_beyond(limit):
    budget = Budget(limit)
    shares = []
    while share := budget.take(max(1, budget.left // 8)):
        shares.append(share)
    assert sum(shares) == limit == budget.taken
    assert budget.exhausted


def test_a_budget_of_whole_units_leaves_the_rest():
    budget = Budget(2500, unit_bytes=1000)
    assert [budget.take(1), budget.take(1999), budget.take(1000)] == [1000, 1000, 0]
    assert budget.left == 500


def test_what_a_request_did_not_use_can_be_asked_for_again():
    budget = Budget(100)
    budget.take(50)
    budget.give_back(20)
    assert budget.taken == 30


def test_the_most_that_a_run_may_move_covers_headers():
    assert LoadProbe.spec.max_bytes >= MAX_LOAD_BYTES * WIRE_RATIO
