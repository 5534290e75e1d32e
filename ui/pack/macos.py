"""An organisation's package for macOS: the vendor's with a part for /Library/Application Support/nexkit beside its own.

Made by Apple's own programs, which there are on macOS alone; they date what they make, so the same does not make the
same bytes there. A signature of the vendor's package is lost with the change.
"""

import os
import shlex
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree as ET

from ui.pack import Organisation, PackError

PKGUTIL = "/usr/sbin/pkgutil"
PKGBUILD = "/usr/bin/pkgbuild"
VENDOR_PACKAGE = "io.nexkit.pkg"
"""What `pkgutil --pkg-info` knows the program by; an organisation's part adds its id."""
_FOLDER = "Library/Application Support/nexkit"
_PART = "organisation.pkg"
_LONGEST_S = 600.0
_POSTINSTALL = """\
#!/bin/sh
# The installed program has the last word on the organisation's files. $3: the target volume's root.
set -eu
root="${3%/}"
case "$root" in
"") exec /Applications/nexkit.app/Contents/MacOS/nexkit profile install ;;
*) exit 0 ;; # another volume: this system's rules say nothing of it, and the program looks at the files at each start
esac
"""

Run = Callable[[Sequence[str]], None]


def pack(installer: Path, made_for: Organisation) -> bytes:
    """The bytes of the organisation's package; PackError, OSError."""
    if not (Path(PKGUTIL).exists() and Path(PKGBUILD).exists()):
        raise PackError("macos", file=str(installer))
    with TemporaryDirectory() as folder:
        return packed(installer, made_for, Path(folder), _run)


def packed(installer: Path, made_for: Organisation, work: Path, run: Run) -> bytes:
    """As `pack`, in a folder of one's own and by what runs the commands."""
    whole, part, out = work / "whole", work / _PART, work / "out.pkg"
    run([PKGUTIL, "--expand", str(installer), str(whole)])
    _write_inputs(work, made_for)
    identifier = f"{VENDOR_PACKAGE}.{made_for.profile.id}"
    version = str(made_for.profile.serial)
    run(
        [
            PKGBUILD,
            *("--root", str(work / "root"), "--scripts", str(work / "scripts"), "--install-location", "/"),
            *("--identifier", identifier, "--version", version, "--ownership", "recommended", str(part)),
        ]
    )
    run([PKGUTIL, "--expand", str(part), str(whole / _PART)])
    definition = whole / "Distribution"
    if not definition.is_file():
        raise PackError("not_ours", file=str(installer))
    definition.write_bytes(_with_part(definition.read_bytes(), identifier, version, made_for.name, installer))
    run([PKGUTIL, "--flatten", str(whole), str(out)])
    return out.read_bytes()


def _write_inputs(work: Path, made_for: Organisation) -> None:
    """What `pkgbuild` takes: the files with their modes and dates, and the script that checks them."""
    folder = work / "root" / _FOLDER
    folder.mkdir(parents=True)
    moment = made_for.moment.timestamp()
    for name, data in made_for.files.items():
        file = folder / name
        file.write_bytes(data)
        file.chmod(0o644)
        os.utime(file, (moment, moment))
    for place in (folder, folder.parent, folder.parent.parent):
        place.chmod(0o755)
    script = work / "scripts" / "postinstall"
    script.parent.mkdir()
    script.write_text(_POSTINSTALL, encoding="utf-8")
    script.chmod(0o755)


def _with_part(definition: bytes, identifier: str, version: str, name: str, installer: Path) -> bytes:
    """The definition (Distribution XML) with our part behind the program's own."""
    try:
        root = ET.fromstring(definition)  # noqa: S314  the vendor's, and expat expands no outside entities
    except ET.ParseError:
        raise PackError("damaged", file=str(installer)) from None
    choice = next((each for each in root.iter("choice") if each.find("pkg-ref") is not None), None)
    title = root.find("title")
    if choice is None or title is None or not any(each.get("id") == VENDOR_PACKAGE for each in choice):
        raise PackError("not_ours", file=str(installer))
    if any(str(each.get("id")).startswith(f"{VENDOR_PACKAGE}.") for each in root.iter("pkg-ref")):
        raise PackError("packed", file=str(installer))
    title.text = f"{title.text} ({name})"
    ET.SubElement(choice, "pkg-ref", id=identifier)
    ET.SubElement(root, "pkg-ref", id=identifier, version=version, onConclusion="none").text = f"#{_PART}"
    made: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return made


def _run(command: Sequence[str]) -> None:
    """PackError with what the program says."""
    try:
        subprocess.run(  # noqa: S603  programs of the system, by their full paths
            command, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=_LONGEST_S
        )
    except subprocess.TimeoutExpired:
        raise PackError("tool", tool=shlex.join(command[:2]), detail="timeout") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip().splitlines() or [str(error.returncode)]
        raise PackError("tool", tool=shlex.join(command[:2]), detail=said[-1]) from None
