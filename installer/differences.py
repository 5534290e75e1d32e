"""What differs between two builds of the same sources, and why where that is known.

Frozen folders are compared as they are; .deb, .tar.xz and .msi are unpacked first; programs frozen by PyInstaller are
compared module by module.
"""

import io
import struct
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from installer.commands import run

_PE_CHECK_SUM = 0x58
"""Where the optional header's check sum lies, counted from "PE\\0\\0"; the time stamp lies at 8."""
_SUMMARY = "_SummaryInformation"
_LISTED = 8
"""So many modules of one program are named."""


def compare_builds(first: Path, second: Path) -> list[str]:
    """One line for each file that is not the same in both; none where the builds are equal, byte by byte for packages.

    ValueError for what is no kind of build.
    """
    if first.is_file() and second.is_file() and first.read_bytes() == second.read_bytes():
        return []
    with tempfile.TemporaryDirectory() as work:
        one, other = (_opened(path, Path(work) / name) for path, name in ((first, "first"), (second, "second")))
        lines = list(_differences(one, other))
    if not lines and first.is_file():
        lines = [f"{first.name}: same contents, packed differently (owners, times, order or compression)"]
    return lines


def _opened(path: Path, folder: Path) -> Path:
    """The folder itself, or what a package holds: files, and what its kind says about them."""
    if path.is_dir():
        return path
    folder.mkdir()
    if path.suffix == ".deb":
        run("dpkg-deb", "--raw-extract", str(path), str(folder))
    elif path.name.endswith(".tar.xz"):
        with tarfile.open(path) as tar:
            tar.extractall(folder, filter="tar")
    elif path.suffix == ".msi":
        run("msiextract", "-C", str(folder / "files"), str(path))
        tables = run("msiinfo", "tables", str(path)).decode().splitlines()
        exported = folder / "tables"
        exported.mkdir()
        for table in (*tables, _SUMMARY):
            # What a table holds as a stream, msiinfo writes below the folder that it works in.
            text = run("msiinfo", "export", str(path.resolve()), table, folder=exported)
            (exported / f"{table}.idt").write_bytes(text)
    else:
        raise ValueError(f"{path}: neither a folder nor a package of ours")
    return folder


def _differences(first: Path, second: Path) -> Iterator[str]:
    one, other = ({path.relative_to(top).as_posix(): path for path in top.rglob("*")} for top in (first, second))
    for name in sorted(one.keys() ^ other.keys()):
        yield f"{name}: only in the {'first' if name in one else 'second'}"
    for name in sorted(one.keys() & other.keys()):
        if _kind(one[name]) != _kind(other[name]):
            yield f"{name}: {_kind(one[name])} and {_kind(other[name])}"
        elif one[name].is_file() and not one[name].is_symlink():
            a, b = one[name].read_bytes(), other[name].read_bytes()
            if a != b:
                yield f"{name}: {_why(one[name], a, other[name], b)}"


def _kind(path: Path) -> str:
    if path.is_symlink():
        return f"a link to {path.readlink()}"
    return f"a {'folder' if path.is_dir() else 'file'} of mode {path.stat().st_mode & 0o777:o}"


def _why(first: Path, a: bytes, second: Path, b: bytes) -> str:
    if (mine := _without_times(a)) is not None and mine == _without_times(b):
        return "the time stamp of a Windows program"
    if a[:4] == b[:4] == b"PK\x03\x04":
        return _why_zip(a, b)
    if first.suffix == second.suffix == ".pyc" and a[16:] == b[16:]:
        return "the time in the head of a compiled module"
    if first.parent.name == "tables":
        return f"the table {first.name} of the installer's data base"
    one, other = _frozen(first), _frozen(second)
    if one or other:
        return _why_frozen(one, other)
    return f"contents ({len(a)} and {len(b)} bytes)"


def _without_times(data: bytes) -> bytes | None:
    """A Windows program without its time stamp and check sum; None for other files."""
    if data[:2] != b"MZ" or len(data) < 64:  # noqa: PLR2004  the old head
        return None
    head = struct.unpack_from("<I", data, 0x3C)[0]
    if data[head : head + 4] != b"PE\0\0":
        return None
    copy = bytearray(data)
    copy[head + 8 : head + 12] = bytes(4)
    copy[head + _PE_CHECK_SUM : head + _PE_CHECK_SUM + 4] = bytes(4)
    return bytes(copy)


def _why_zip(a: bytes, b: bytes) -> str:
    one, other = (zipfile.ZipFile(io.BytesIO(data)) for data in (a, b))
    with one, other:
        if one.namelist() != other.namelist():
            same = sorted(one.namelist()) == sorted(other.namelist())
            return "the order of an archive's files" if same else "an archive of other files"
        changed = [name for name in one.namelist() if one.read(name) != other.read(name)]
    return f"in an archive: {_listed(changed)}" if changed else "times in an archive"


def _frozen(path: Path) -> Mapping[str, bytes]:
    """The modules within a frozen program or an archive of them, in their order; empty for any other file."""
    from PyInstaller.archive.readers import ArchiveReadError, CArchiveReader, NotAnArchiveError, ZlibArchiveReader

    if path.suffix == ".pyz":
        shared = ZlibArchiveReader(str(path))
        return {module: shared.extract(module, raw=True) or b"" for module in shared.toc}
    try:
        program = CArchiveReader(str(path))
    except (ArchiveReadError, NotAnArchiveError):
        return {}
    found: dict[str, bytes] = {}
    for name, entry in program.toc.items():
        if entry[-1] == "z":
            modules = program.open_embedded_archive(name)
            found |= {module: modules.extract(module, raw=True) or b"" for module in modules.toc}
        else:
            found[name] = program.extract(name)
    return found


def _why_frozen(one: Mapping[str, bytes], other: Mapping[str, bytes]) -> str:
    if set(one) != set(other):
        return f"a frozen program of other modules: {_listed(sorted(set(one) ^ set(other)))}"
    changed = [name for name in one if one[name] != other[name]]
    if not changed:
        return "the order of the modules in a frozen program" if list(one) != list(other) else "the boot loader"
    return f"frozen modules: {_listed(changed)}"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
