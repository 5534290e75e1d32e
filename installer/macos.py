"""The installers for macOS, made on a Mac from the frozen program: a signed and notarised package and disk image.

    python -m installer.macos [pkg] [dmg]      from dist/macos/nexkit.app

Leaves `dist/nexkit-VERSION-ARCHITECTURE.pkg` and `.dmg`; the architecture is this Mac's, since not every library of the
lock file is there for both.

Signing and notarisation need a membership of Apple's developer programme; who has none gets unsigned files, and is
told so. The environment says what there is: `NEXKIT_MACOS_APPLICATION_IDENTITY` and
`NEXKIT_MACOS_INSTALLER_IDENTITY` name certificates of the keychain ("Developer ID Application: ...", "Developer ID
Installer: ..."); `NEXKIT_NOTARY_KEY` (a file), `NEXKIT_NOTARY_KEY_ID` and `NEXKIT_NOTARY_ISSUER` are a key of App
Store Connect. What is done are lists of arguments, made by functions that run nothing, so that they are checked on
every system.
"""

import os
import platform
import plistlib
import posixpath
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from string import Template

from installer.pictures import png
from nexkit import __version__
from nexkit.platform.managed_settings import BUNDLE_ID

ROOT = Path(__file__).resolve().parents[1]
HERE = Path(__file__).parent / "macos"
APP = ROOT / "dist" / "macos" / "nexkit.app"
PACKAGE_ID = "io.nexkit.pkg"
"""What `pkgutil --pkg-info` knows the installation by; an organisation's own package adds its id to it."""
MINIMUM_SYSTEM = "13.0"
"""What the Qt wheels of the lock file are built for (`macosx_13_0_universal2`)."""
ENTITLEMENTS = HERE / "entitlements.plist"
LANGUAGES = ("en", "ja")
_INSTALL_FOLDER = "Applications"
_MACH_O = {bytes.fromhex(magic) for magic in ("cffaedfe", "cefaedfe", "feedfacf", "feedface")}
_FAT, _FAT_ARCHITECTURES = bytes.fromhex("cafebabe"), 16
"""A universal binary; Java's class files begin the same way, with a version in place of the (small) count."""
_COMMAND_TIMEOUT_S = 600
_NOTARY_TIMEOUT_S = 3600
_ICNS_TYPES = (
    (b"icp4", 16),
    (b"icp5", 32),
    (b"ic11", 32),
    (b"ic12", 64),
    (b"ic07", 128),
    (b"ic08", 256),
    (b"ic13", 256),
    (b"ic09", 512),
    (b"ic14", 512),
    (b"ic10", 1024),
)
"""Kinds of picture in an icon file that hold PNG, and their pixels; ic11 to ic14 and ic10 are for dense screens."""

Command = Sequence[str | Path]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """What the environment has for signing; None: not there."""

    application: str | None = None
    """The certificate for programs and disk images."""
    installer: str | None = None
    """The certificate for packages."""
    notary: tuple[str, str, str] | None = None
    """Key file, key id and issuer."""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Signing":
        """As the environment says; ValueError where a notary's key is there in part only."""
        names = ("NEXKIT_NOTARY_KEY", "NEXKIT_NOTARY_KEY_ID", "NEXKIT_NOTARY_ISSUER")
        key, key_id, issuer = (environment.get(name) or None for name in names)
        if key and key_id and issuer:
            notary = key, key_id, issuer
        elif key or key_id or issuer:
            raise ValueError(f"{', '.join(names)} belong together")
        else:
            notary = None
        return cls(
            application=environment.get("NEXKIT_MACOS_APPLICATION_IDENTITY") or None,
            installer=environment.get("NEXKIT_MACOS_INSTALLER_IDENTITY") or None,
            notary=notary,
        )


def info_plist(version: str) -> dict[str, object]:
    """What the freezer puts into the app's Info.plist besides its own.

    The sentences for the user stand in `*.lproj/InfoPlist.strings`; those here count where a language has none.
    """
    return {
        **usage_descriptions("en"),
        "CFBundleDevelopmentRegion": "en",
        "CFBundleDisplayName": "nexkit",
        "CFBundleExecutable": "nexkit",
        "CFBundleLocalizations": list(LANGUAGES),
        "CFBundleShortVersionString": version,
        "CFBundleVersion": version,
        "LSApplicationCategoryType": "public.app-category.utilities",
        # The freezer takes a program with a console for one that is never seen; ours has both, and Qt shows it.
        "LSBackgroundOnly": False,
        "LSMinimumSystemVersion": MINIMUM_SYSTEM,
        "NSHighResolutionCapable": True,
        "NSPrincipalClass": "NSApplication",
    }


def usage_descriptions(language: str) -> dict[str, str]:
    """The sentences of a language with which macOS asks the user."""
    lines = (HERE / f"{language}.lproj" / "InfoPlist.strings").read_text("utf-8").splitlines()
    pairs = (line.rstrip(";").split(" = ", 1) for line in lines if line.startswith("NS"))
    return {key: value.strip('"') for key, value in pairs}


def localisations() -> list[tuple[str, str]]:
    """The files of `*.lproj` and where in the bundle's resources they go, as the freezer takes data."""
    return [(str(HERE / f"{language}.lproj" / "InfoPlist.strings"), f"{language}.lproj") for language in LANGUAGES]


def wanted_link(name: str, target: str, files: Collection[str]) -> bool:
    """Whether a link that the freezer makes leads to something: names of the files that are taken, from the top.

    The links of a framework (`Versions/Current` and those by way of it) are taken with the framework.
    """
    place = PurePosixPath(name)
    frameworks = [str(folder) for folder in place.parents if folder.suffix == ".framework"]
    if frameworks:
        return any(file.startswith(f"{frameworks[-1]}/") for file in files)
    return posixpath.normpath(place.parent / target) in files


def icns(pictures: Mapping[int, bytes]) -> bytes:
    """An icon file of PNG pictures by their size in pixels; sizes that are missing are left out."""
    parts = [
        kind + (len(pictures[size]) + 8).to_bytes(4, "big") + pictures[size]
        for kind, size in _ICNS_TYPES
        if size in pictures
    ]
    body = b"".join(parts)
    return b"icns" + (len(body) + 8).to_bytes(4, "big") + body


def bundle(build: Path) -> dict[str, object]:
    """What the freezer's BUNDLE is told; the icon is written into `build`."""
    icon = build / "nexkit.icns"
    icon.write_bytes(icns({size: png(size) for size in {pixels for _kind, pixels in _ICNS_TYPES}}))
    return {
        "name": "nexkit.app",
        "icon": str(icon),
        "bundle_identifier": BUNDLE_ID,
        "version": __version__,
        "info_plist": info_plist(__version__),
    }


def is_code(file: Path) -> bool:
    """Whether a file is a library or program (Mach-O), which has a signature of its own."""
    with file.open("rb") as stream:
        head = stream.read(8)
    if head[:4] == _FAT:
        return int.from_bytes(head[4:], "big") <= _FAT_ARCHITECTURES
    return head[:4] in _MACH_O


def nested_code(app: Path) -> list[Path]:
    """Everything in an app that is signed by itself, inside out: what is signed later seals what was signed before.

    Frameworks are signed as such and not by their library. The app's own programs are not among them.
    """
    found = set()
    for file in app.rglob("*"):
        if file.is_symlink() or not file.is_file() or file.parent == app / "Contents" / "MacOS" or not is_code(file):
            continue
        version = file.parent
        is_framework = version.parent.name == "Versions" and version.parents[1].name == f"{file.name}.framework"
        found.add(version if is_framework else file)
    return sorted(found, key=lambda each: (-len(each.parts), str(each)))


def sign_commands(app: Path, code: Sequence[Path], identity: str) -> list[Command]:
    """Signing an app with the hardened runtime, without which there is no notarisation; entitlements for programs only.

    Not by `--deep`, which Apple discourages: it would give libraries the entitlements too.
    """
    codesign: Command = ("/usr/bin/codesign", "--force", "--timestamp", "--options", "runtime", "--sign", identity)
    with_entitlements: Command = (*codesign, "--entitlements", ENTITLEMENTS)
    main = app / "Contents" / "MacOS" / "nexkit"
    others = sorted(file for file in main.parent.glob("*") if file != main and not file.is_symlink())
    return [
        *((*codesign, file) for file in code),
        *((*with_entitlements, file) for file in others),
        (*with_entitlements, app),
        ("/usr/bin/codesign", "--verify", "--strict", "--deep", "--verbose=2", app),
    ]


def component_plist() -> bytes:
    """How the installer treats the app: it stays where it was put, and replaces the one that is there."""
    return plistlib.dumps(
        [
            {
                "RootRelativeBundlePath": f"{_INSTALL_FOLDER}/nexkit.app",
                # Or it would be installed over a copy that lies anywhere else on the disk.
                "BundleIsRelocatable": False,
                # `preinstall` refuses older versions aloud; the installer would pass over them and report success.
                "BundleIsVersionChecked": False,
                "BundleHasStrictIdentifier": True,
                "BundleOverwriteAction": "upgrade",
            }
        ]
    )


def distribution(version: str, architecture: str, component: str) -> str:
    """The definition of the package that the user opens (Distribution XML)."""
    return Template((HERE / "Distribution.xml").read_text("utf-8")).substitute(
        architecture=architecture,
        bundle_id=BUNDLE_ID,
        component=component,
        minimum_system=MINIMUM_SYSTEM,
        package_id=PACKAGE_ID,
        version=version,
    )


def component_command(work: Path, version: str) -> Command:
    """The package of the files themselves; `write_inputs` makes what it reads."""
    return (
        "/usr/bin/pkgbuild",
        *("--root", work / "root", "--component-plist", work / "component.plist"),
        *("--identifier", PACKAGE_ID, "--version", version, "--install-location", "/"),
        *("--scripts", work / "scripts", "--ownership", "recommended", "--min-os-version", MINIMUM_SYSTEM),
        work / "packages" / "component.pkg",
    )


def product_command(work: Path, out: Path, signing: Signing) -> Command:
    """The package that is handed out, signed where there is a certificate."""
    sign: Command = ("--sign", signing.installer, "--timestamp") if signing.installer else ()
    return (
        "/usr/bin/productbuild",
        *("--distribution", work / "Distribution.xml", "--resources", work / "resources"),
        *("--package-path", work / "packages", *sign),
        out,
    )


def image_commands(work: Path, out: Path, signing: Signing) -> list[Command]:
    """The disk image, signed where there is a certificate."""
    made: list[Command] = [
        (
            *("/usr/bin/hdiutil", "create", "-ov", "-volname", "nexkit", "-fs", "HFS+", "-format", "UDZO"),
            *("-srcfolder", work / "image", out),
        )
    ]
    if signing.application:
        made.append(("/usr/bin/codesign", "--force", "--timestamp", "--sign", signing.application, out))
    return made


def notary_commands(file: Path, signing: Signing) -> list[Command]:
    """Have Apple look at a file, and put its ticket into it, so that it opens without the internet too."""
    if signing.notary is None:
        return []
    key, key_id, issuer = signing.notary
    minutes = f"{_NOTARY_TIMEOUT_S // 60 - 5}m"
    return [
        (
            *("/usr/bin/xcrun", "notarytool", "submit", file, "--wait", "--timeout", minutes),
            *("--key", key, "--key-id", key_id, "--issuer", issuer),
        ),
        ("/usr/bin/xcrun", "stapler", "staple", file),
        ("/usr/bin/xcrun", "stapler", "validate", file),
    ]


def write_inputs(work: Path, version: str, architecture: str) -> None:
    """What `pkgbuild` and `productbuild` read besides the app: definitions, scripts, licence."""
    for folder in ("scripts", "resources", "packages", "root"):
        (work / folder).mkdir()
    (work / "component.plist").write_bytes(component_plist())
    (work / "Distribution.xml").write_text(distribution(version, architecture, "component.pkg"), "utf-8")
    shutil.copyfile(ROOT / "LICENSE", work / "resources" / "LICENSE.txt")
    for name in ("preinstall", "postinstall"):
        script = work / "scripts" / name
        script.write_text((HERE / "scripts" / name).read_text("utf-8").replace("@VERSION@", version), "utf-8")
        script.chmod(0o755)


def sign_app(app: Path, signing: Signing) -> None:
    """Sign a frozen app where there is a certificate; without one it keeps the freezer's signature without a name."""
    if signing.application is None:
        _say(f"{app.name} is not signed: NEXKIT_MACOS_APPLICATION_IDENTITY is not set")
        return
    _run(sign_commands(app, nested_code(app), signing.application))


def build_pkg(app: Path, out: Path, version: str, signing: Signing | None = None) -> None:
    """The installer package of a (signed) app, for computers like this one."""
    signing = signing or Signing()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        write_inputs(work, version, platform.machine())
        # ditto keeps links, rights and the places where libraries keep their signatures.
        _run([("/usr/bin/ditto", app, work / "root" / _INSTALL_FOLDER / app.name)])
        part = work / out.name
        _run([component_command(work, version), product_command(work, part, signing)])
        _finish(part, out, signing, signed=signing.installer is not None)


def build_dmg(app: Path, out: Path, signing: Signing | None = None) -> None:
    """The disk image of a (signed) app, to be dragged to the other programs; it brings no commands."""
    signing = signing or Signing()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        (work / "image").mkdir()
        _run([("/usr/bin/ditto", app, work / "image" / app.name)])
        (work / "image" / _INSTALL_FOLDER).symlink_to(f"/{_INSTALL_FOLDER}")
        part = work / out.name
        _run(image_commands(work, part, signing))
        _finish(part, out, signing, signed=signing.application is not None)


def _finish(part: Path, out: Path, signing: Signing, *, signed: bool) -> None:
    """Notarise what is signed, and put it in place whole."""
    if not signed:
        _say(f"{out.name} is not signed: macOS opens it only after the user's explicit consent in the settings")
    elif signing.notary is None:
        _say(f"{out.name} is signed but not notarised: NEXKIT_NOTARY_KEY is not set")
    else:
        _run(notary_commands(part, signing))
    out.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(part, out)


def _run(commands: Iterable[Command]) -> None:
    """Run them in turn; CalledProcessError, TimeoutExpired."""
    for command in commands:
        limit_s = _NOTARY_TIMEOUT_S if "notarytool" in command else _COMMAND_TIMEOUT_S
        subprocess.run(command, check=True, timeout=limit_s)  # noqa: S603  lists of our own, by full path


def _say(words: str) -> None:
    sys.stderr.write(f"installer.macos: {words}\n")


def main(kinds: Sequence[str]) -> None:
    """Both installers, or those that are named."""
    signing = Signing.of(os.environ)
    sign_app(APP, signing)
    base = ROOT / "dist" / f"nexkit-{__version__}-{platform.machine()}"
    if not kinds or "pkg" in kinds:
        build_pkg(APP, base.with_name(f"{base.name}.pkg"), __version__, signing)
    if not kinds or "dmg" in kinds:
        build_dmg(APP, base.with_name(f"{base.name}.dmg"), signing)


if __name__ == "__main__":
    main(sys.argv[1:])
