"""Reads and changes the tables of an MSI: by Windows Installer itself, elsewhere by the programs of msitools."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from nexkit.platform.program_environment import program_environment

Row = Mapping[str, str]
"""A row of a table: value by column, "" for none."""
TOOLS = ("msiinfo", "msibuild")
UTF_8 = 65001
"""The code page that every name can be written in."""
CODE_PAGE_TABLE = f"\r\n\r\n{UTF_8}\t_ForceCodepage\r\n"
"""The text archive that sets the code page of a database (Windows Installer: Code Page Handling)."""
_LONGEST_S = 120.0
_CONTROLS = str.maketrans({"\x10": "\0", "\x11": "\r", "\x15": "\0", "\x18": "\t", "\x19": "\n"})
"""What stands for control characters in text archives (Windows Installer: Archive Files)."""
_KEYS = 3
"""Names, types, and keys: the lines of a text archive before its rows."""


class MsiError(Exception):
    """The file is no database of Windows Installer, or will not be changed so; the text is the tool's own."""


class MsiToolMissingError(MsiError):
    """The programs that read and change an MSI are not installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MsiChange:
    """What is done to a database at once; its code page becomes UTF-8."""

    statements: Sequence[str]
    """In SQL of Windows Installer; no value may hold a single quote, which that has no way to write."""
    streams: Mapping[str, bytes]
    """What is stored in it, by name."""
    subject: str
    """Name of the product, in ASCII, which summaries are always written in."""
    package_code: str
    """`{...}`, in capitals; unlike that of any other file."""


def read_tables(file: Path, names: Sequence[str]) -> dict[str, list[Row]]:
    """The rows of these tables, [] of one that is not there; MsiError, OSError."""
    if sys.platform == "win32":
        from nexkit.platform.windows_msi_database import tables

        return tables(file, names)
    place = str(file.absolute())  # never taken for an option
    there = set(_run("msiinfo", "tables", place).splitlines())
    return {name: rows_of(_run("msiinfo", "export", place, name)) if name in there else [] for name in names}


def change(file: Path, wanted: MsiChange) -> None:
    """Change the file in its place: give a copy of your own, as what fails may leave it changed by half; MsiError."""
    with TemporaryDirectory() as folder:
        archive = Path(folder) / "codepage.idt"
        archive.write_bytes(CODE_PAGE_TABLE.encode())
        streams = {}
        for number, (name, data) in enumerate(wanted.streams.items()):
            streams[name] = Path(folder) / f"stream{number}"
            streams[name].write_bytes(data)
        if sys.platform == "win32":
            from nexkit.platform.windows_msi_database import change_database

            change_database(file, wanted, archive, streams)
        else:
            _run("msibuild", str(file), *_words(file, wanted, archive, streams))


def rows_of(archive: str) -> list[Row]:
    """The rows of a text archive, as tables are exported to."""
    lines = [line.split("\t") for line in archive.replace("\r\n", "\n").split("\n")]
    return [
        dict(zip(lines[0], (value.translate(_CONTROLS) for value in line), strict=True))
        for line in lines[_KEYS:]
        if len(line) == len(lines[0]) and line != [""]
    ]


def _words(file: Path, wanted: MsiChange, archive: Path, streams: Mapping[str, Path]) -> list[str]:
    """What msibuild(1) is told; it wants the summary's author and template again before the package code."""
    summary = _run("msiinfo", "suminfo", str(file))
    fields = dict(line.split(": ", 1) for line in summary.splitlines() if ": " in line)
    words = ["-i", str(archive)]
    for statement in wanted.statements:
        words += "-q", statement
    for name, source in streams.items():
        words += "-a", name, str(source)
    return [*words, "-s", wanted.subject, fields.get("Author", ""), fields.get("Template", ""), wanted.package_code]


def _run(tool: str, *words: str) -> str:
    """What a program of msitools prints; MsiError."""
    program = which(tool)
    if program is None:
        raise MsiToolMissingError(tool)
    try:
        done = subprocess.run(  # noqa: S603  a program of the system, by its full path
            [program, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=program_environment() | {"LC_ALL": "C.UTF-8"},
            timeout=_LONGEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise MsiError(f"{tool}: no end after {_LONGEST_S:.0f} s") from None
    # It tells most of its troubles only in words, and ends with success.
    said = done.stderr.decode("utf-8", "replace").strip()
    if done.returncode or "failed" in said or "error" in said:
        raise MsiError(f"{tool}: {said.splitlines()[-1] if said else done.returncode}")
    return done.stdout.decode("utf-8", "replace")
