"""A short time limit is kept by choice: the ladder and what the symptom is about still name the fault."""

import json

import pytest
from judge import mistakes
from scenario import find, load
from world import diagnose_command, run_in_lab

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("lab")]

LIMIT_S = 6.0
LATE_S = 1.0
"""Within which a stopped probe has ended."""


@pytest.mark.parametrize(
    ("name", "left_out"),
    [
        ("access_line_down", "udp.check"),
        ("service_down_refused", "host.start"),
        ("security_udp_dropped", "time.check"),
    ],
)
def test_the_fault_is_named_in_little_time(name, left_out):
    scenario = load(find(name))
    run = run_in_lab(name, diagnose_command(scenario, "--time-limit", str(LIMIT_S)))
    assert run.stdout, run.stderr
    document = json.loads(run.stdout)
    assert document["took_s"] < LIMIT_S + LATE_S
    late = {each["step"] for each in document["not_tested"] if each["reason"] == "time_limit"}
    assert left_out in late
    assert not {step for step in late if step.startswith(("lan.", "ping.gateway", "reach.control"))}, late
    assert not mistakes(scenario.expect, document, run.exit_status)
