"""What the load test lets itself be asked for."""

import pytest

from nexkit.facts.load import LoadBackend
from nexkit.params import ParamError, build_params
from nexkit.profile import MAX_LOAD_BYTES
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
        ("connections", 17),
    ],
)
def test_what_the_kit_does_not_do_is_refused(name, value):
    with pytest.raises(ParamError):
        build_params(LoadParams, {"server": "https://speed.example.com/", name: value})


def test_the_public_back_end_needs_no_server():
    assert build_params(LoadParams, {"backend": "ookla"}).backend is LoadBackend.OOKLA


@pytest.mark.parametrize("limit", [0, 1, 7, 1000, 5_000_000, 100_000_000])
@pytest.mark.parametrize("connections", [1, 4, 16])
def test_the_budget_is_spent_to_the_end_and_not_beyond(limit, connections):
    budget = Budget(limit, connections)
    shares = []
    while share := budget.take():
        shares.append(share)
    assert sum(shares) == limit == budget.taken
    assert budget.exhausted
    assert shares == sorted(shares, reverse=True)
    assert len(shares) >= min(limit, connections)


def test_what_a_request_did_not_use_can_be_asked_for_again():
    budget = Budget(100, 1)
    budget.take()
    budget.give_back(20)
    assert budget.taken == 30


def test_the_most_that_a_run_may_move_covers_headers():
    assert LoadProbe.spec.max_bytes >= MAX_LOAD_BYTES * WIRE_RATIO
