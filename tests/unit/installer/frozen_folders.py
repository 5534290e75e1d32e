"""Small folders as the freezer leaves them: a program with modules in it, libraries and metadata beside it."""

import shutil
from pathlib import Path

from PyInstaller.archive.writers import CArchiveWriter, ZlibArchiveWriter


def freeze(folder: Path, modules: dict[str, str], *, shared: bool = False) -> Path:
    """A folder with a program that holds these modules (name: source) and metadata of `nexkit`.

    `shared`: the modules are in an archive beside the program, as on Windows, where two programs have the same.
    """
    inner = folder / "_internal"
    inner.mkdir(parents=True)
    code = {name: compile(text, name, "exec") for name, text in modules.items()}
    archive = folder / "PYZ.pyz"
    ZlibArchiveWriter(str(archive), [(name, f"{name}.py", "PYMODULE") for name in modules], code)
    if shared:
        shutil.copy(archive, inner / "nexkit.pyz")
        ZlibArchiveWriter(str(archive), [], {})
    CArchiveWriter(str(folder / "nexkit"), [("PYZ.pyz", str(archive), False, "z")], "libpython3.11.so.1.0")
    archive.unlink()
    distribution(folder, "nexkit", "0.1.0", "License-Expression: MIT", {})
    return folder


def distribution(folder: Path, name: str, version: str, licence: str, files: dict[str, bytes]) -> None:
    """Metadata, and the files that are there besides the program's modules; names without bytes are recorded alone."""
    info = folder / "_internal" / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n{licence}\n\nText\n")
    (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))
    for file, data in files.items():
        if data:
            path = folder / "_internal" / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
