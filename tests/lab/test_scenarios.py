"""Every fault of the scenario files is injected for real, seen by plain tools, and named by `nexkit diagnose`."""

import json

import pytest
from judge import mistakes
from scenario import all_paths, load
from world import run_in_lab

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("lab")]

SCENARIOS = [load(path) for path in all_paths()]
A_THIRD = SCENARIOS[::3]
"""`dev.py lab score` runs all, before a release; what it recorded holds the rules to the rest with every change."""


def name(scenario):
    return scenario.name


@pytest.mark.parametrize("scenario", A_THIRD, ids=name)
def test_plain_tools_see_what_the_story_tells(scenario):
    run = run_in_lab(scenario.name, ["sh", "-c", scenario.expect.visible])
    assert run.exit_status == 0, run.stdout + run.stderr


@pytest.mark.timeout(360)
@pytest.mark.parametrize("scenario", A_THIRD, ids=name)
def test_the_diagnosis_names_the_fault(scenario):
    run = run_in_lab(scenario.name)
    assert run.stdout, run.stderr
    assert not mistakes(scenario.expect, json.loads(run.stdout), run.exit_status)
