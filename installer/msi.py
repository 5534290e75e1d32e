"""The Windows installer (MSI) of a frozen Windows folder, built by wixl on Linux; for all users of a computer.

    python -m installer.msi FOLDER OUT.msi [VERSION]

What is the same in every version stands in `windows/nexkit.wxs`; this adds the files, and what wixl 0.101 cannot write:
the code page that holds Japanese, the environment, the rules for other versions. Everything that identifies a part is
made from its path or content, so that the same folder gives the same package.
"""

import os
import re
import shutil
import struct
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid5
from xml.sax.saxutils import quoteattr

from installer.commands import run
from installer.pictures import WINDOWS_ICON
from nexkit import __version__
from nexkit.platform.msi_database import MsiChange, change

SOURCES = Path(__file__).parent / "windows"
UPGRADE_CODE = UUID("8b0e6a52-6d0f-4f0c-9d51-3f6a1e5f7c29")
"""What all versions of the program have in common, those that organisations repack too; never to be changed."""
_UPGRADE_WORD = f"{{{UPGRADE_CODE}}}".upper()
NAMESPACE = UUID("c2b1e0a4-5a1e-4f0e-8a53-7b0d4f3a9e16")
"""Identifiers are made in it from names; never to be changed either."""
PROGRAMS = ("nexkit.exe", "nexkit-wizard.exe")
EPOCH_S = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp())
"""The time of every file and of the package itself, unless SOURCE_DATE_EPOCH gives another."""
_SUMMARY_FORMAT = bytes.fromhex("e0859ff2f94f6810ab9108002b27b3d9")
"""FMTID_SummaryInformation, as it lies in the file."""
_MOMENTS = (11, 12, 13)
"""PIDSI_LASTPRINTED, PIDSI_CREATE_DTM, PIDSI_LASTSAVE_DTM."""
_BEFORE_UNIX_S = 11_644_473_600
"""From 1601, where Windows begins to count, to 1970."""
_HIGHEST = (255, 255, 65535)
_SHORT = re.compile(r"[A-Za-z0-9_]{1,8}(\.[A-Za-z0-9_]{1,3})?")
_FIXED_FILE_INFO = struct.pack("<II", 0xFEEF04BD, 0x00010000)
"""Signature and structure version of VS_FIXEDFILEINFO."""
_SET_VERSION = "UPDATE `File` SET `Version` = '{}', `Language` = '0' WHERE `File` = '{}'"
_NO_HASH = "DELETE FROM `MsiFileHash` WHERE `File_` = '{}'"


def build_msi(folder: Path, out: Path, version: str) -> None:
    """Write the package of a frozen Windows folder; SystemExit where a tool fails, or folder or version is none."""
    if not is_version(version):
        raise SystemExit(f"{version}: Windows Installer compares three numbers, of at most 255, 255 and 65535")
    for program in PROGRAMS:
        if not (folder / program).is_file():
            raise SystemExit(f"{folder}: no frozen Windows program: {program} is missing")
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        _stage(folder, files, work / "files")
        (work / "files.wxs").write_text(_fragment(files), encoding="utf-8")
        shutil.copy(SOURCES / "nexkit.wxs", work)
        shutil.copy(WINDOWS_ICON, work)
        _build_action(work / "profile_action.dll")
        package = work / "nexkit.msi"
        variables = {
            "VERSION": version,
            "PRODUCT_CODE": identifier(f"product/{version}"),
            "UPGRADE_CODE": _UPGRADE_WORD,
            "SETTINGS_GUID": identifier("component/settings"),
            "LANGUAGE_GUID": identifier("component/language"),
            "STARTMENU_GUID": identifier("component/start-menu"),
        }
        defined = [word for key, value in variables.items() for word in ("-D", f"{key}={value}")]
        words = (*defined, "-D", "Win64=yes", "-o", package.name, "nexkit.wxs", "files.wxs")
        run("wixl", "-a", "x64", *words, folder=work, more={"LC_ALL": "C.UTF-8"})
        versions = {file_key(file): file_version((folder / file).read_bytes()) for file in files}
        _finish(package, version, _content(work, files), {key: found for key, found in versions.items() if found})
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(package, out)


def is_version(text: str) -> bool:
    """Whether Windows Installer can compare it ("ProductVersion Property")."""
    numbers = text.split(".")
    return len(numbers) == len(_HIGHEST) and all(
        number.isascii() and number.isdecimal() and int(number) <= highest
        for number, highest in zip(numbers, _HIGHEST, strict=True)
    )


def identifier(name: str) -> str:
    """The identifier of a part by its name, as Windows Installer wants it: in braces and capitals."""
    return f"{{{uuid5(NAMESPACE, name)}}}".upper()


def file_key(path: str) -> str:
    """The key of a file in the tables of the package; letters of its name show where a log names it."""
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in path.rpartition("/")[2])
    return f"f{sha256(path.encode()).hexdigest()[:16]}_{plain[:40]}"


def named(name: str) -> str:
    """A name as the tables hold it: with a short one (8.3) before it, unless it is one itself."""
    if _SHORT.fullmatch(name):
        return name
    suffix = name.rpartition(".")[2] if "." in name[1:] else ""
    ending = f".{suffix[:3].upper()}" if suffix.isascii() and suffix.isalnum() else ""
    return f"{sha256(name.encode()).hexdigest()[:8].upper()}{ending}|{name}"


def file_version(data: bytes) -> str | None:
    """The version that the resources of a program or library give (VS_FIXEDFILEINFO); None where they give none."""
    at = data.find(_FIXED_FILE_INFO)
    if at < 0 or len(data) < at + 16:
        return None
    high, low = struct.unpack_from("<II", data, at + 8)
    return f"{high >> 16}.{high & 0xFFFF}.{low >> 16}.{low & 0xFFFF}"


def _stage(folder: Path, files: Sequence[str], target: Path) -> None:
    """A copy of the files with one time for all: the cabinet keeps it."""
    moment = int(os.environ.get("SOURCE_DATE_EPOCH", EPOCH_S))
    for file in files:
        copy = target / file
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / file, copy)
        os.utime(copy, (moment, moment))


def _fragment(files: Sequence[str]) -> str:
    """Folders and components, one for each file, whose path in the folder is its key path."""
    lines = ['<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi"><Fragment>', '<DirectoryRef Id="INSTALLDIR">']
    lines += _folder_lines(files, "")
    lines += ["</DirectoryRef>", '<ComponentGroup Id="Files">']
    lines += [f'<ComponentRef Id="c{file_key(file)}"/>' for file in files]
    lines += ["</ComponentGroup>", "</Fragment></Wix>"]
    return "\n".join(lines) + "\n"


def _folder_lines(files: Sequence[str], folder: str) -> Iterator[str]:
    """What stands in a folder (its path with a stroke at the end), and then the folders in it."""
    inside = [file for file in files if file.startswith(folder)]
    for file in inside:
        if "/" not in (name := file[len(folder) :]):
            yield (
                f'<Component Id="c{file_key(file)}" Guid="{identifier("component/" + file)}" Win64="yes">'
                f'<File Id="{file_key(file)}" Name={quoteattr(named(name))} Source={quoteattr("files/" + file)} '
                'KeyPath="yes"/></Component>'
            )
    for name in sorted({rest.partition("/")[0] for file in inside if "/" in (rest := file[len(folder) :])}):
        yield f'<Directory Id="d{file_key(folder + name + "/")}" Name={quoteattr(named(name))}>'
        yield from _folder_lines(inside, f"{folder}{name}/")
        yield "</Directory>"


def _build_action(library: Path) -> None:
    """The library of the custom action; without a time in it."""
    run(
        *("x86_64-w64-mingw32-gcc", "-shared", "-O2", "-Wall", "-Wextra", "-Werror", "-s", "-Wl,--no-insert-timestamp"),
        "-Wl,--image-base,0x180000000",  # else it is made from the name of the file
        *("-o", str(library), str(SOURCES / "profile_action.c"), "-lmsi"),
    )


def _content(work: Path, files: Sequence[str]) -> str:
    """What the package is made of, as one word: the same word, the same package."""
    whole = sha256()
    for file in (*(f"files/{file}" for file in files), "nexkit.wxs", "nexkit.ico", "profile_action.dll"):
        whole.update(file.encode() + b"\0" + sha256((work / file).read_bytes()).digest())
    return whole.hexdigest()


def _finish(package: Path, version: str, content: str, versions: Mapping[str, str]) -> None:
    """Change in a package what wixl leaves out, and what it would make another each time."""
    sql = (SOURCES / "finish.sql").read_text(encoding="utf-8")
    lines = [line for line in sql.format(version=version, upgrade_code=_UPGRADE_WORD).splitlines() if line[:2] != "--"]
    statements = [statement.strip() for statement in "\n".join([*lines, ""]).split(";\n") if statement.strip()]
    for key, value in versions.items():
        # A file with a version is compared by it; hashes are for those without.
        statements.append(_SET_VERSION.format(value, key))
        statements.append(_NO_HASH.format(key))
    change(
        package,
        MsiChange(statements=statements, streams={}, subject="nexkit", package_code=identifier(f"package/{content}")),
    )
    data = bytearray(package.read_bytes())
    _set_moments(data, int(os.environ.get("SOURCE_DATE_EPOCH", EPOCH_S)))
    package.write_bytes(data)


def _set_moments(data: bytearray, moment_s: int) -> None:
    """Put one time into the summary of a package, in place of those of its making ([MS-OLEPS] 2.21)."""
    at = data.find(_SUMMARY_FORMAT)
    section = at - 28 + struct.unpack_from("<I", data, at + 16)[0]
    _size, count = struct.unpack_from("<II", data, section)
    for number in range(count):
        key, offset = struct.unpack_from("<II", data, section + 8 + 8 * number)
        if key in _MOMENTS:
            struct.pack_into("<Q", data, section + offset + 4, (moment_s + _BEFORE_UNIX_S) * 10_000_000)


if __name__ == "__main__":
    build_msi(Path(sys.argv[1]), Path(sys.argv[2]), (*sys.argv[3:], __version__)[0])
