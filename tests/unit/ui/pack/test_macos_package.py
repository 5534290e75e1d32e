"""The package for macOS: which commands are run, on what; Apple's programs are played by doubles."""

import stat
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from ui.pack import PackError, macos

DISTRIBUTION = """<?xml version="1.0" encoding="utf-8"?>
<installer-gui-script minSpecVersion="2">
  <title>nexkit</title>
  <choice id="default"/>
  <choice id="nexkit" title="nexkit" visible="false"><pkg-ref id="io.nexkit.pkg"/></choice>
  <pkg-ref id="io.nexkit.pkg" version="0.1.0">#component.pkg</pkg-ref>
</installer-gui-script>
"""


class Apple:
    """Plays pkgutil and pkgbuild."""

    def __init__(self, distribution=DISTRIBUTION):
        self.distribution = distribution
        self.commands = []
        self.modes = {}
        self.script = ""

    def __call__(self, command):
        self.commands.append(command)
        match command[:2]:
            case [macos.PKGUTIL, "--expand"]:
                Path(command[3]).mkdir()
                if self.distribution and not command[2].endswith("organisation.pkg"):
                    (Path(command[3]) / "Distribution").write_text(self.distribution, encoding="utf-8")
            case [macos.PKGUTIL, "--flatten"]:
                Path(command[3]).write_bytes((Path(command[2]) / "Distribution").read_bytes())
            case [macos.PKGBUILD, _]:
                root = Path(command[command.index("--root") + 1])
                self.modes = {
                    str(path.relative_to(root)): stat.S_IMODE(path.stat().st_mode) for path in root.rglob("*")
                }
                self.script = (Path(command[command.index("--scripts") + 1]) / "postinstall").read_text()


def test_a_part_for_the_managed_place_is_put_behind_the_program(made_for, tmp_path):
    apple = Apple()
    made = ET.fromstring(macos.packed(Path("/vendor/nexkit-0.1.0-arm64.pkg"), made_for, tmp_path, apple))
    choice = next(each for each in made.iter("choice") if each.get("id") == "nexkit")
    assert [each.get("id") for each in choice] == ["io.nexkit.pkg", "io.nexkit.pkg.example-corp"]
    part = made.findall("pkg-ref")[-1]
    assert (part.get("id"), part.get("version"), part.text) == ("io.nexkit.pkg.example-corp", "7", "#organisation.pkg")
    assert made.findtext("title") == "nexkit (エグザンプル株式会社)"
    assert [command[:2] for command in apple.commands] == [
        [macos.PKGUTIL, "--expand"],
        [macos.PKGBUILD, "--root"],
        [macos.PKGUTIL, "--expand"],
        [macos.PKGUTIL, "--flatten"],
    ]
    assert apple.commands[1][-3:-1] == ["--ownership", "recommended"]


@pytest.mark.posix(reason="modes of POSIX")
def test_its_files_are_for_all_to_read_and_checked_by_the_program(made_for, tmp_path):
    apple = Apple()
    macos.packed(Path("/vendor/nexkit.pkg"), made_for, tmp_path, apple)
    place = "Library/Application Support/nexkit"
    assert {apple.modes[f"{place}/{name}"] for name in made_for.files} == {0o644}
    assert {apple.modes[name] for name in ("Library", "Library/Application Support", place)} == {0o755}
    assert "nexkit profile install" in apple.script


@pytest.mark.parametrize(
    ("distribution", "code"),
    [
        ("<installer-gui-script", "damaged"),
        ("", "not_ours"),
        (DISTRIBUTION.replace("io.nexkit.pkg", "com.example.other"), "not_ours"),
        (
            DISTRIBUTION.replace("</installer", '<pkg-ref id="io.nexkit.pkg.other">#x.pkg</pkg-ref></installer'),
            "packed",
        ),
    ],
)
def test_what_cannot_be_packed_is_refused(distribution, code, made_for, tmp_path):
    with pytest.raises(PackError, match=code):
        macos.packed(Path("/vendor/nexkit.pkg"), made_for, tmp_path, Apple(distribution))


def test_elsewhere_the_way_without_a_package_is_told(made_for, tmp_path, monkeypatch):
    monkeypatch.setattr(macos, "PKGUTIL", str(tmp_path / "none"))
    with pytest.raises(PackError, match="macos"):
        macos.pack(tmp_path / "nexkit.pkg", made_for)
