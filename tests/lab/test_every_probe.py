"""What every built-in probe has promised: it stops at once, stays under its budget, and books what the wire carries."""

import json
import sys
from pathlib import Path

import pytest
from every_probe import STOP_AFTER_S, WHOLE
from world import run_in_lab

from probes import BUILTIN

LINES = Path(__file__).parent / "lines"
NEIGHBOURS_BYTES = 600
"""The system's own questions for hardware addresses (ARP, ND), which no program sends."""


def runs(mode, scenario="healthy", *, privileged=False):
    script = str(Path(__file__).with_name("every_probe.py"))
    command = ["env", f"PYTHONPATH={Path(__file__).parents[2]}", sys.executable, script, mode]
    done = run_in_lab(scenario, command, privileged=privileged)
    assert done.exit_status == 0, done.stderr
    return json.loads(done.stdout)


def test_no_probe_is_missing_here():
    assert {probe for probe, _params in WHOLE} == {probe.spec.id for probe in BUILTIN}


def test_what_is_booked_is_what_the_wire_carries():
    for run in runs("whole"):
        assert run["carried"] <= 1.1 * run["booked"] + NEIGHBOURS_BYTES, run
        assert run["booked"] <= run["budget"], run
        if run["probe"] not in {"wifi", "segment"}:  # no radio, no privilege
            assert run["completed"], run


def test_no_answer_is_larger_than_the_budget():
    for run in runs("endless"):
        # Beyond what is read, a fast server fills the receiving buffers.
        assert run["carried"] <= 1.1 * run["booked"] + 200_000, run
        assert run["booked"] <= run["budget"], run


@pytest.mark.parametrize("scenario", [str(LINES / "silent.toml"), "dns_resolver_unreachable", "access_bufferbloat"])
def test_every_probe_stops_within_a_second(scenario):
    found = runs("stopped", scenario)
    assert {run["probe"] for run in found} == {probe.spec.id for probe in BUILTIN}
    for run in found:
        assert run["took_s"] < STOP_AFTER_S + 1.0, run
    assert found[0]["carried"] <= 1.1 * sum(run["booked"] for run in found) + NEIGHBOURS_BYTES
    assert {"load", "udp"} <= {run["probe"] for run in found if not run["completed"]}
