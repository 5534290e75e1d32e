"""Every fault of the scenario files is injected for real, seen by plain tools, and named by `nexkit diagnose`."""

import json

import pytest
from scenario import all_paths, load
from world import run_in_lab

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("lab")]

SCENARIOS = [load(path) for path in all_paths()]
EXIT_STATUS = {"healthy": 0, "fault": 1, "inconclusive": 3}


def name(scenario):
    return scenario.name


def causes(document, *, context):
    return [f["cause"] for f in document["findings"] if (f["severity"] == "context") is context]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=name)
def test_plain_tools_see_what_the_story_tells(scenario):
    run = run_in_lab(scenario.name, ["sh", "-c", scenario.expect.visible])
    assert run.exit_status == 0, run.stdout + run.stderr


@pytest.mark.parametrize("scenario", SCENARIOS, ids=name)
def test_the_diagnosis_names_the_fault(scenario):
    run = run_in_lab(scenario.name)
    assert run.stdout, run.stderr
    document = json.loads(run.stdout)
    found = causes(document, context=False)
    expected = scenario.expect
    assert document["verdict"]["state"] == expected.verdict, (document["verdict"], found)
    assert document["verdict"]["cause"] == expected.cause, (document["verdict"], found)
    assert document["verdict"]["segment"] == expected.where, document["verdict"]
    named = {*expected.also, *([expected.cause] if expected.cause else [])}
    assert named <= set(found), found
    assert set(found) - named <= set(expected.allowed), found
    assert len(found) == len(set(found)), f"one fault was told twice: {found}"
    assert set(expected.context) <= set(causes(document, context=True)), document["findings"]
    assert not {finding["cause"] for finding in document["findings"]} & set(expected.forbidden)
    assert run.exit_status == EXIT_STATUS[expected.verdict], run.stderr
