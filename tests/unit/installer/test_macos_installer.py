"""What would be run on a Mac to sign, pack and notarise, and the scripts that run there; here none of it met macOS."""

import plistlib
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from installer import macos

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the scripts are of a POSIX shell")

MACH_O = bytes.fromhex("cffaedfe") + bytes(28)
FAT = bytes.fromhex("cafebabe00000002") + bytes(24)
CLASS_FILE = bytes.fromhex("cafebabe00000041") + bytes(24)
NOTARY = {
    "NEXKIT_NOTARY_KEY": "/keys/AuthKey.p8",
    "NEXKIT_NOTARY_KEY_ID": "ABC123",
    "NEXKIT_NOTARY_ISSUER": "00000000-0000-0000-0000-000000000000",
}
SCRIPTS = [macos.HERE / "scripts" / "preinstall", macos.HERE / "scripts" / "postinstall", macos.HERE / "uninstall.sh"]


def words(command):
    return [str(word) for word in command]


@pytest.fixture
def app(tmp_path):
    """A bundle as the freezer lays it out."""
    contents = tmp_path / "nexkit.app" / "Contents"
    qt = contents / "Frameworks" / "PySide6" / "Qt" / "lib" / "QtCore.framework"
    for file, data in [
        (contents / "MacOS" / "nexkit", MACH_O),
        (contents / "MacOS" / "nexkit-pack", MACH_O),
        (contents / "Frameworks" / "libssl.3.dylib", FAT),
        (contents / "Frameworks" / "PySide6" / "QtCore.abi3.so", MACH_O),
        (contents / "Frameworks" / "Deep.class", CLASS_FILE),
        (qt / "Versions" / "A" / "QtCore", FAT),
        (qt / "Versions" / "A" / "Resources" / "Info.plist", b"<plist/>"),
        (contents / "Resources" / "nexkit" / "texts" / "nexkit.mo", b"mo"),
        (contents / "Resources" / "short", b"\xcf"),
    ]:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    (qt / "Versions" / "Current").symlink_to("A")
    (qt / "QtCore").symlink_to("Versions/Current/QtCore")
    (contents / "Resources" / "libssl.3.dylib").symlink_to("../Frameworks/libssl.3.dylib")
    return tmp_path / "nexkit.app"


def test_code_is_signed_inside_out_and_once(app):
    code = [str(each.relative_to(app / "Contents" / "Frameworks")) for each in macos.nested_code(app)]
    assert code == ["PySide6/Qt/lib/QtCore.framework/Versions/A", "PySide6/QtCore.abi3.so", "libssl.3.dylib"]


def test_programs_alone_get_the_entitlements_and_the_app_is_signed_last(app):
    commands = [words(each) for each in macos.sign_commands(app, macos.nested_code(app), "Developer ID")]
    *nested, pack, whole, verify = commands
    assert all("--entitlements" not in each for each in nested)
    assert pack[-1].endswith("Contents/MacOS/nexkit-pack")
    assert whole[-1] == verify[-1] == str(app)
    assert "--entitlements" in pack
    assert "--entitlements" in whole
    assert "--verify" in verify
    for each in commands[:-1]:
        assert each[:3] == ["/usr/bin/codesign", "--force", "--timestamp"]
        assert each[each.index("--options") + 1] == "runtime"
        assert each[each.index("--sign") + 1] == "Developer ID"
        assert "--deep" not in each


def test_entitlements_let_the_user_be_asked_for_the_location_and_nothing_more_is_opened():
    assert plistlib.loads(macos.ENTITLEMENTS.read_bytes()) == {
        "com.apple.security.cs.allow-unsigned-executable-memory": True,
        "com.apple.security.personal-information.location": True,
    }


def test_the_app_says_in_both_languages_why_it_asks():
    english, japanese = macos.usage_descriptions("en"), macos.usage_descriptions("ja")
    assert set(english) == set(japanese)
    assert {"NSLocationWhenInUseUsageDescription", "NSLocalNetworkUsageDescription"} <= set(english)
    assert all(any(ord(letter) > 0x3000 for letter in text) for text in japanese.values())
    for source, folder in macos.localisations():
        assert Path(source).name == "InfoPlist.strings"
        assert folder == f"{Path(source).parent.name}"


def test_the_apps_property_list_is_one_that_macos_reads():
    info = plistlib.loads(plistlib.dumps(macos.info_plist("1.2.3")))
    assert info["LSMinimumSystemVersion"] == "13.0"
    assert info["CFBundleShortVersionString"] == info["CFBundleVersion"] == "1.2.3"
    assert info["CFBundleLocalizations"] == ["en", "ja"]
    assert info["LSBackgroundOnly"] is False
    assert info["NSLocalNetworkUsageDescription"].startswith("nexkit tests")
    assert "NSBonjourServices" not in info


@pytest.mark.parametrize(
    ("name", "target", "expected"),
    [
        ("QtCore", "PySide6/Qt/lib/QtCore.framework/Versions/A/QtCore", True),
        ("QtQml", "PySide6/Qt/lib/QtQml.framework/Versions/A/QtQml", False),
        ("PySide6/Qt/lib/QtCore.framework/Versions/Current", "A", True),
        ("PySide6/Qt/lib/QtCore.framework/QtCore", "Versions/Current/QtCore", True),
        ("PySide6/Qt/lib/QtCore.framework/Resources", "Versions/Current/Resources", True),
        ("PySide6/Qt/lib/QtQml.framework/Resources", "Versions/Current/Resources", False),
        ("PySide6/libpyside6.abi3.dylib", "libpyside6.abi3.6.11.dylib", True),
        ("libz.dylib", "libz.1.dylib", False),
    ],
)
def test_links_go_along_with_what_they_lead_to(name, target, expected):
    files = {"PySide6/Qt/lib/QtCore.framework/Versions/A/QtCore", "PySide6/libpyside6.abi3.6.11.dylib"}
    assert macos.wanted_link(name, target, files) is expected


def test_the_icon_holds_each_picture_under_its_own_type():
    data = macos.icns({16: b"small", 32: b"thirty-two", 1024: b"largest"})
    assert data[:4] == b"icns"
    assert int.from_bytes(data[4:8], "big") == len(data)
    found, at = {}, 8
    while at < len(data):
        length = int.from_bytes(data[at + 4 : at + 8], "big")
        found[data[at : at + 4]] = data[at + 8 : at + length]
        at += length
    assert found == {b"icp4": b"small", b"icp5": b"thirty-two", b"ic11": b"thirty-two", b"ic10": b"largest"}


def test_the_bundle_has_the_programs_own_picture(tmp_path, monkeypatch):
    monkeypatch.setattr(macos, "png", lambda size: b"png of %d" % size)
    told = macos.bundle(tmp_path)
    icon = (tmp_path / "nexkit.icns").read_bytes()
    assert told["icon"] == str(tmp_path / "nexkit.icns")
    assert b"ic10" in icon
    assert b"png of 1024" in icon
    assert told["bundle_identifier"] == "io.nexkit.nexkit"
    assert told["info_plist"]["CFBundleShortVersionString"] == told["version"]


def test_the_component_stays_where_it_is_put():
    (bundle,) = plistlib.loads(macos.component_plist())
    assert bundle["RootRelativeBundlePath"] == "Applications/nexkit.app"
    assert bundle["BundleIsRelocatable"] is False


def test_the_definition_of_the_package_is_as_apple_documents_it():
    root = ET.fromstring(macos.distribution("1.2.3", "arm64", "component.pkg"))
    # Each of these is documented to stand at most once, under the root.
    assert [each.tag for each in root if each.tag not in {"choice", "pkg-ref"}] == [
        *("title", "options", "domains", "volume-check", "license", "choices-outline"),
    ]
    options = root.find("options")
    assert (options.get("hostArchitectures"), options.get("rootVolumeOnly")) == ("arm64", "true")
    assert root.find("volume-check/allowed-os-versions/os-version").get("min") == macos.MINIMUM_SYSTEM
    choices = {each.get("id") for each in root.findall("choice")}
    assert {each.get("choice") for each in root.iter("line")} == choices
    references = root.findall("pkg-ref")
    assert {each.get("id") for each in references} == {macos.PACKAGE_ID}
    assert [(each.text.strip(), each.get("version")) for each in references] == [("component.pkg", "1.2.3"), ("", None)]
    assert root.find("choice/pkg-ref").get("id") == macos.PACKAGE_ID
    assert root.find("pkg-ref/must-close/app").get("id") == macos.BUNDLE_ID
    assert "$" not in macos.distribution("1.2.3", "arm64", "component.pkg")


def test_the_tools_are_given_what_was_written_for_them(tmp_path):
    macos.write_inputs(tmp_path, "1.2.3", "x86_64")
    component = words(macos.component_command(tmp_path, "1.2.3"))
    product = words(macos.product_command(tmp_path, tmp_path / "out.pkg", macos.Signing()))
    for option in ("--root", "--component-plist", "--scripts"):
        assert Path(component[component.index(option) + 1]).exists()
    for option in ("--distribution", "--resources", "--package-path"):
        assert Path(product[product.index(option) + 1]).exists()
    assert component[component.index("--identifier") + 1] == "io.nexkit.pkg"
    assert Path(component[-1]).parent == Path(product[product.index("--package-path") + 1])
    assert Path(component[-1]).name in (tmp_path / "Distribution.xml").read_text("utf-8")
    licence = ET.parse(tmp_path / "Distribution.xml").find("license").get("file")
    assert "MIT" in (tmp_path / "resources" / licence).read_text("utf-8")
    assert "--sign" not in product
    for script in (tmp_path / "scripts").iterdir():
        assert script.stat().st_mode & 0o777 == 0o755
    assert "'1.2.3'" in (tmp_path / "scripts" / "preinstall").read_text("utf-8")


def test_what_the_environment_lacks_is_not_signed():
    assert macos.Signing.of({}) == macos.Signing()
    assert macos.Signing.of({"NEXKIT_MACOS_INSTALLER_IDENTITY": ""}) == macos.Signing()
    with pytest.raises(ValueError, match="belong together"):
        macos.Signing.of({"NEXKIT_NOTARY_KEY": "/keys/AuthKey.p8"})


def test_certificates_of_the_environment_sign_package_image_and_ticket(tmp_path):
    signing = macos.Signing.of(
        {"NEXKIT_MACOS_APPLICATION_IDENTITY": "A", "NEXKIT_MACOS_INSTALLER_IDENTITY": "I"} | NOTARY
    )
    product = words(macos.product_command(tmp_path, tmp_path / "out.pkg", signing))
    assert product[product.index("--sign") + 1] == "I"
    _create, sign = (words(each) for each in macos.image_commands(tmp_path, tmp_path / "out.dmg", signing))
    assert sign[sign.index("--sign") + 1] == "A"
    submit, staple, validate = (words(each) for each in macos.notary_commands(tmp_path / "out.pkg", signing))
    assert submit[1:3] == ["notarytool", "submit"]
    assert {"--wait", "/keys/AuthKey.p8", "ABC123"} <= set(submit)
    assert (staple[1:3], validate[1:3]) == (["stapler", "staple"], ["stapler", "validate"])


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "is not signed"),
        ({"NEXKIT_MACOS_INSTALLER_IDENTITY": "I"}, "not notarised"),
        ({"NEXKIT_MACOS_INSTALLER_IDENTITY": "I"} | NOTARY, ""),
    ],
)
def test_a_package_is_built_in_order_and_what_it_lacks_is_said(tmp_path, app, environment, said, monkeypatch, capsys):
    run = []

    def note(command, *, check, timeout):
        assert check
        assert timeout
        run.append(Path(command[0]).name)
        if command[0].endswith("productbuild"):
            Path(command[-1]).write_bytes(b"xar!")

    monkeypatch.setattr(macos.subprocess, "run", note)
    out = tmp_path / "dist" / "nexkit.pkg"
    macos.build_pkg(app, out, "1.2.3", macos.Signing.of(environment))
    assert out.read_bytes() == b"xar!"
    notarised = ["xcrun", "xcrun", "xcrun"] if "NEXKIT_NOTARY_KEY" in environment else []
    assert run == ["ditto", "pkgbuild", "productbuild", *notarised]
    assert said in capsys.readouterr().err


def test_a_disk_image_shows_where_the_app_belongs(tmp_path, app, monkeypatch):
    seen = []

    def note(command, **_limits):
        if "hdiutil" in command[0]:
            folder = command[command.index("-srcfolder") + 1]
            seen.append((folder / "Applications").readlink())
            command[-1].write_bytes(b"koly")

    monkeypatch.setattr(macos.subprocess, "run", note)
    macos.build_dmg(app, tmp_path / "nexkit.dmg")
    assert seen == [Path("/Applications")]
    assert (tmp_path / "nexkit.dmg").read_bytes() == b"koly"


def run_script(script, *arguments):
    return subprocess.run(["/bin/sh", script, *arguments], capture_output=True, text=True, check=False, timeout=20)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_the_scripts_are_sound(script):
    assert subprocess.run(["/bin/sh", "-n", script], check=False, timeout=20).returncode == 0
    assert script.stat().st_mode & 0o111


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_shellcheck_finds_nothing_in_the_scripts(script):
    found = subprocess.run(["shellcheck", script], capture_output=True, text=True, check=False, timeout=60)
    assert found.stdout == ""


@pytest.fixture
def volume(tmp_path):
    """A volume onto which the app was just put; its program notes what it is asked."""
    root = tmp_path / "Macintosh HD"
    programs = root / "Applications" / "nexkit.app" / "Contents" / "MacOS"
    programs.mkdir(parents=True)
    (programs / "nexkit").write_text('#!/bin/sh\necho "$@" >> "$0.asked"\n', encoding="utf-8")
    (programs / "nexkit").chmod(0o755)
    return root


def scripts_of(tmp_path, version):
    work = tmp_path / f"work-{version}"
    work.mkdir()
    macos.write_inputs(work, version, "arm64")
    return work / "scripts"


def install(script, volume):
    return run_script(script, "nexkit.pkg", f"{volume}/", f"{volume}/")


def test_an_installation_links_the_commands(volume, tmp_path):
    postinstall = scripts_of(tmp_path, "1.0.0") / "postinstall"
    for _ in range(2):  # the second is a repair
        assert install(postinstall, volume).returncode == 0
    commands = volume / "usr" / "local" / "bin"
    assert sorted(each.name for each in commands.iterdir()) == ["nexkit", "nexkit-pack"]
    assert str((commands / "nexkit").readlink()) == "/Applications/nexkit.app/Contents/MacOS/nexkit"
    pack = (commands / "nexkit-pack").read_text(encoding="utf-8")
    assert pack == '#!/bin/sh\nexec /Applications/nexkit.app/Contents/MacOS/nexkit pack "$@"\n'
    assert (commands / "nexkit-pack").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("name", ["nexkit", "nexkit-pack"])
def test_an_installation_leaves_others_programs_alone(volume, tmp_path, name):
    other = volume / "usr" / "local" / "bin" / name
    other.parent.mkdir(parents=True)
    other.write_text("another", encoding="utf-8")
    done = install(scripts_of(tmp_path, "1.0.0") / "postinstall", volume)
    assert done.returncode == 0
    assert "somebody else's" in done.stderr
    assert other.read_text(encoding="utf-8") == "another"


def test_an_installation_leaves_others_links_alone(volume, tmp_path):
    commands = volume / "usr" / "local" / "bin"
    commands.mkdir(parents=True)
    (commands / "nexkit").symlink_to("/opt/another/nexkit")
    assert install(scripts_of(tmp_path, "1.0.0") / "postinstall", volume).returncode == 0
    assert str((commands / "nexkit").readlink()) == "/opt/another/nexkit"


def test_an_organisations_profile_is_looked_at_and_its_fault_stops_nothing(volume, tmp_path):
    managed = volume / "Library" / "Application Support" / "nexkit"
    managed.mkdir(parents=True)
    (managed / "profile.toml").touch()
    program = volume / "Applications" / "nexkit.app" / "Contents" / "MacOS" / "nexkit"
    postinstall = scripts_of(tmp_path, "1.0.0") / "postinstall"
    assert install(postinstall, volume).returncode == 0
    assert program.with_name("nexkit.asked").read_text(encoding="utf-8") == "profile install\n"
    program.write_text("#!/bin/sh\nexit 2\n", encoding="utf-8")
    done = install(postinstall, volume)
    assert done.returncode == 0
    assert "not taken" in done.stderr


@pytest.mark.parametrize(
    ("installed", "status"),
    [(None, 0), ("1.0.0", 0), ("1.2.3", 0), ("1.10.0", 1), ("1.2.3.1", 1), ("2.0", 1), ("0.9", 0)],
)
def test_an_older_version_does_not_replace_a_newer_one(volume, tmp_path, installed, status):
    if installed is not None:
        info = volume / "Applications" / "nexkit.app" / "Contents" / "Info.plist"
        info.write_bytes(plistlib.dumps(macos.info_plist(installed)))
    done = install(scripts_of(tmp_path, "1.2.3") / "preinstall", volume)
    assert done.returncode == status
    assert ("newer" in done.stderr) == bool(status)


@pytest.mark.parametrize("managed_too", [False, True])
def test_an_uninstallation_leaves_nothing_of_ours(volume, tmp_path, managed_too):
    install(scripts_of(tmp_path, "1.0.0") / "postinstall", volume)
    commands = volume / "usr" / "local" / "bin"
    assert len(list(commands.iterdir())) == 2
    managed = volume / "Library" / "Application Support" / "nexkit"
    managed.mkdir(parents=True)
    for _ in range(2):  # the second finds nothing, and is no error
        done = run_script(macos.HERE / "uninstall.sh", *(["--managed"] if managed_too else []), volume)
        assert (done.returncode, done.stderr) == (0, "")
    assert not (volume / "Applications" / "nexkit.app").exists()
    assert list(commands.iterdir()) == []
    assert managed.exists() is not managed_too


def test_an_uninstallation_leaves_others_programs_alone(volume):
    commands = volume / "usr" / "local" / "bin"
    commands.mkdir(parents=True)
    (commands / "nexkit").symlink_to("/opt/another/nexkit")
    (commands / "nexkit-pack").write_text("#!/bin/sh\nexec another\n", encoding="utf-8")
    assert run_script(macos.HERE / "uninstall.sh", volume).returncode == 0
    assert len(list(commands.iterdir())) == 2
