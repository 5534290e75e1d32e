"""Somebody whose network is broken, with the real window on a screen and the keyboard alone: from start to report."""

import json
import sys
import zipfile
from pathlib import Path

import pytest
from judge import mistakes
from scenario import find, load
from world import run_in_lab

from nexkit.texts import Texts
from nexkit.texts.verdicts import verdict_sentence
from report.document import REPORT_PATH, SUMMARY_PATH, read_report

WALK = Path(__file__).with_name("walk_in_lab.py")
pytestmark = [pytest.mark.lab, pytest.mark.screen, pytest.mark.usefixtures("lab")]


@pytest.mark.timeout(480)
@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("healthy", "ja"),
        ("dns_resolver_unreachable", "ja"),
        ("access_line_down", "en"),
        ("access_loss", "ja"),
        ("lan_captive_portal_redirect", "en"),
        ("service_down_refused", "ja"),
    ],
)
def test_a_broken_network_is_taken_to_a_saved_report_by_the_keyboard_alone(tmp_path, name, language):
    scenario = load(find(name))
    profile = tmp_path / "profile.toml"
    text = scenario.profile_path.read_text()
    profile.write_text(text.replace("[support]", '[licence]\nen = "Use it."\n\n[support]', 1))
    assert not mistakes(scenario.expect, walked(name, language, profile, tmp_path / "home"))


def walked(name, language, profile, home):
    """The diagnosis of the report that a walk left, in which the desk reads the sentence that the user saw."""
    home.mkdir()
    walk = [sys.executable, str(WALK), str(home), str(profile), language, "keys"]
    run = run_in_lab(name, walk)
    assert run.exit_status == 0, run.stderr
    (bundle,) = home.glob("*.nexkit.zip")
    with zipfile.ZipFile(bundle) as archive:
        (folder,) = {entry.partition("/")[0] for entry in archive.namelist()}
        document = json.loads(archive.read(f"{folder}/{REPORT_PATH}"))
        summary = archive.read(f"{folder}/{SUMMARY_PATH}").decode()
    sentence = verdict_sentence(read_report(document).diagnosis, Texts(language))
    assert sentence in summary.replace("\n", " ")
    return document["diagnosis"]
