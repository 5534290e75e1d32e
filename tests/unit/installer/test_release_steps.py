"""What is done with an installed program and with installers: the steps, with doubles of the systems they are for."""

import base64
import hashlib
import json
import sys
import zipfile
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from frozen_folders import freeze

from installer import release, sign, smoke, trial
from installer.bill import sbom
from nexkit import __version__

REPORT = {"results": [{"outcome": {"state": "failed", "failure": {"kind": "timeout", "step": "dns"}}}]}
PROGRAM = """
import json, os, sys, zipfile
said = sys.argv[1:]
settings = json.loads({settings!r})
assert os.environ["NEXKIT_HOME"] == "home"
if said == ["--version"]:
    print(settings["version"])
elif said[0] == "diagnose":
    with open("result.json", "w") as file:
        json.dump(settings["result"], file)
    with zipfile.ZipFile("report.nexkit.zip", "w") as archive:
        archive.writestr("r-1/data/report.json", json.dumps(settings["report"]))
        archive.writestr("r-1/tagmanifest-sha256.txt", "signed")
    print(settings["says"])
    sys.exit(settings["status"])
else:
    print("fine")
"""
GOOD = {
    "version": f"nexkit {__version__}",
    "result": {"verdict": {"state": "healthy", "cause": None}},
    "report": REPORT,
    "says": "",
    "status": 0,
}


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Words that start a program which behaves as it is told; its signature is taken for good, others are not."""

    def made(**more):
        file = tmp_path / "program.py"
        file.write_text(PROGRAM.format(settings=json.dumps(GOOD | more)), encoding="utf-8")
        return [sys.executable, str(file)]

    run = smoke._run

    def with_signature(command, folder, statuses=(0,), given=b""):
        if command[0] != "ssh-keygen":
            return run(command, folder, statuses, given)
        if given != b"signed":
            raise smoke.SmokeError("bad signature")
        return "Good\n"

    monkeypatch.setattr(smoke, "_run", with_signature)
    return made


def test_a_program_that_works_is_walked_through(program):
    seen = smoke.smoke(program())
    assert seen[0] == f"nexkit {__version__}"
    assert "diagnose: healthy" in seen
    assert seen[-1] == "ssh-keygen: Good"


@pytest.mark.parametrize("status", [1, 3])
def test_a_fault_of_the_network_is_none_of_the_program(program, status):
    verdict = {"verdict": {"state": "fault", "cause": "lan.loss"}}
    assert "diagnose: fault lan.loss" in smoke.smoke(program(status=status, result=verdict))


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"version": "nexkit 0.0.1"}, "not nexkit"),
        ({"status": 2}, "exit status 2"),
        ({"says": "Traceback (most recent call last):"}, "exit status 0"),
        ({"result": {"verdict": {}}}, "no diagnosis"),
        ({"result": "?"}, "no diagnosis"),
        ({"report": {"results": [{"failure": {"kind": "internal", "step": "ping.anchor4"}}]}}, "ping.anchor4"),
    ],
)
def test_what_is_wrong_with_the_program_is_said(program, more, word):
    with pytest.raises(smoke.SmokeError, match=word):
        smoke.smoke(program(**more))


def test_a_signature_that_holds_for_anything_is_none(program, monkeypatch):
    run = smoke._run
    monkeypatch.setattr(
        smoke,
        "_run",
        lambda command, *rest, **more: "Good" if command[0] == "ssh-keygen" else run(command, *rest, **more),
    )
    with pytest.raises(smoke.SmokeError, match="what was changed"):
        smoke.smoke(program())


def test_a_program_that_is_not_there_is_said(tmp_path, capsys):
    assert smoke.main([str(tmp_path / "none")]) == 1
    assert "installer.smoke: " in capsys.readouterr().err


@pytest.fixture
def system(tmp_path, monkeypatch):
    """A system with one place for programs, on which what is started leaves its words."""
    place = tmp_path / "opt"
    place.mkdir()
    done = []

    def do(*command, **_more):
        done.append(command)
        if "install" in command or "-i" in command:
            (place / "nexkit").mkdir()
        if "purge" in command:
            (place / "nexkit").rmdir()
        return ""

    monkeypatch.setattr(trial, "PLACES", {kind: (str(place), str(tmp_path / "none")) for kind in trial.PLACES})
    monkeypatch.setattr(trial, "_do", do)
    monkeypatch.setattr(trial, "smoke", lambda command: [f"started {command[0]}"])
    return place, done


def test_an_installer_is_tried_and_leaves_nothing(system, tmp_path):
    _place, done = system
    file = tmp_path / "nexkit_1_amd64.deb"
    file.touch()
    assert trial.trial(file) == [f"{file.name}: 1 places, nothing left behind", "started /usr/bin/nexkit"]
    assert [command[1] for command in done] == ["install", "purge"]


def test_what_is_left_behind_is_named(system, tmp_path, monkeypatch, capsys):
    place, _done = system
    file = tmp_path / "nexkit_1_amd64.deb"
    file.touch()
    (place / "other").mkdir()

    def smoked(_command):
        (place / "Nexkit.log").touch()
        return []

    monkeypatch.setattr(trial, "smoke", smoked)
    assert trial.main([str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "left behind" in said
    assert "Nexkit.log" in said
    assert "other" not in said


def test_what_windows_has_registered_is_a_trace(monkeypatch, tmp_path):
    told = {
        r"HKLM\SOFTWARE": "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Nexkit\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Other\r\n",
        r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall": "    DisplayName    REG_SZ    nexkit\r\n",
    }
    monkeypatch.setattr(trial, "PLACES", {".msi": (str(tmp_path),)})
    monkeypatch.setattr(trial, "_do", lambda _reg, _query, key, *_rest, **_more: told.get(key, ""))
    assert trial.traces(".msi") == {r"HKEY_LOCAL_MACHINE\SOFTWARE\Nexkit", "DisplayName    REG_SZ    nexkit"}


def test_an_installer_that_installs_nothing_is_found_out(system, tmp_path, monkeypatch):
    monkeypatch.setattr(trial, "_do", lambda *_command, **_more: "")
    file = tmp_path / "nexkit_1_amd64.deb"
    with pytest.raises(smoke.SmokeError, match="nothing is installed"):
        trial.trial(file)


def test_what_was_installed_is_taken_away_also_when_the_program_does_not_work(system, tmp_path, monkeypatch):
    place, _done = system

    def broken(_command):
        raise smoke.SmokeError("broken")

    monkeypatch.setattr(trial, "smoke", broken)
    with pytest.raises(smoke.SmokeError, match="broken"):
        trial.trial(tmp_path / "nexkit_1_amd64.deb")
    assert list(place.iterdir()) == []


def test_installers_of_a_folder_are_found_and_an_empty_one_is_a_mistake(tmp_path):
    with pytest.raises(smoke.SmokeError, match="no installer in it"):
        trial.installers([str(tmp_path)])
    names = ["a.msi", "b.tar.xz", "c.cdx.json", "SHA256SUMS"]
    for name in names:
        (tmp_path / name).touch()
    assert [file.name for file in trial.installers([str(tmp_path)])] == ["a.msi", "b.tar.xz"]
    with pytest.raises(smoke.SmokeError, match="no installer that is known"):
        trial.kind_of(tmp_path / "c.cdx.json")


def test_every_file_that_is_released_has_its_sum(tmp_path, monkeypatch):
    monkeypatch.setattr(release, "OUT", tmp_path)
    for name in ("b.msi", "a.deb"):
        (tmp_path / name).write_bytes(name.encode())
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    assert release.main(["sums"]) == release.main(["sums"]) == 0
    expected = [f"{hashlib.sha256(name.encode()).hexdigest()}  {name}" for name in ("a.deb", "b.msi")]
    assert (tmp_path / "SHA256SUMS").read_text().splitlines() == expected


@pytest.mark.parametrize("keys", [{}, {"NEXKIT_SIGN_CERTIFICATES_PEM": "certificate", "NEXKIT_SIGN_KEY_PEM": "key"}])
def test_programs_are_signed_before_the_installer_is_made_of_them(monkeypatch, tmp_path, keys):
    done = []

    def signed(names, environment):
        files = [environment.get(name) for name in ("NEXKIT_SIGN_CERTIFICATES", "NEXKIT_SIGN_KEY")]
        contents = [Path(file).read_text() for file in files if file]
        done.append((names[0].rpartition("/")[2].rpartition("\\")[2], contents))

    monkeypatch.setattr(release, "OUT", tmp_path)
    monkeypatch.setattr(release, "renew_sums", lambda bill, _folder: done.append((bill.name, "renewed")))
    monkeypatch.setattr(sign, "main", signed)
    monkeypatch.setattr("installer.msi.build_msi", lambda _folder, out, _version: done.append((out.name, "built")))
    release.windows(keys)
    contents = list({"NEXKIT_SIGN_CERTIFICATES_PEM": "", **keys}.values())[: len(keys)]
    package = f"nexkit-{__version__}-x64.msi"
    bill = f"nexkit-{__version__}-windows.cdx.json"
    assert done == [("nexkit", contents), (bill, "renewed"), (package, "built"), (package, contents)]


def test_a_bill_has_the_sums_of_what_was_signed_after_it_was_made(monkeypatch, tmp_path):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    folder, bill = freeze(tmp_path / "nexkit", {"ui.cli": ""}), tmp_path / "bill.json"
    sbom(folder, bill)
    before = bill.read_bytes()
    release.renew_sums(bill, folder)
    assert bill.read_bytes() == before
    with (folder / "nexkit").open("ab") as program:
        program.write(b"signature")
    release.renew_sums(bill, folder)
    text = bill.read_text(encoding="utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert hashlib.sha256((folder / "nexkit").read_bytes()).hexdigest() in text
    assert json.loads(text)["serialNumber"] != json.loads(before)["serialNumber"]


def test_certificates_of_macos_live_in_a_keychain_of_their_own_that_goes_again(monkeypatch):
    done = []
    monkeypatch.setattr(release, "run", lambda *command: done.append(command))
    words = {"NEXKIT_NOTARY_KEY_BASE64": base64.b64encode(b"key").decode(), "NEXKIT_MACOS_P12": "cGtjczEy"}
    with release._certificates(words | {"NEXKIT_MACOS_PASSWORD": "word"}) as more:
        assert Path(more["NEXKIT_NOTARY_KEY"]).read_bytes() == b"key"
        assert [command[1] for command in done] == [
            "create-keychain",
            "set-keychain-settings",
            "unlock-keychain",
            "import",
            "set-key-partition-list",
            "list-keychains",
        ]
    assert done[-1][1] == "delete-keychain"
    with release._certificates({}) as more:
        assert more == {}
    assert done[-1][1] == "delete-keychain"


def test_a_wrong_step_is_wrong_use(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(release, "OUT", tmp_path / "out")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    assert release.main(["dance"]) == 2
    assert "linux | bill" in capsys.readouterr().err
    assert trial.main([]) == smoke.main([]) == 2


def test_the_walk_wants_a_report_that_is_one(tmp_path):
    broken = tmp_path / "report.nexkit.zip"
    broken.write_bytes(b"PK")
    with pytest.raises(smoke.SmokeError, match="no report"):
        smoke._unpack(broken, tmp_path)
    with zipfile.ZipFile(broken, "w"):
        pass
    with pytest.raises(smoke.SmokeError, match="no report"):
        smoke._unpack(broken, tmp_path)
