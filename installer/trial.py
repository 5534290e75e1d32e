"""An installer tried on the system it is for: installed, walked through, and taken away without leaving anything.

    python -m installer.trial FILE|FOLDER ...     .msi, .deb, .tar.xz, .pkg or .dmg; as administrator

For the machines of the release workflow and other computers of which nothing is wanted: what was installed of nexkit
before is not told from what this leaves. Exit status 0: all of it worked.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from installer.smoke import SmokeError, smoke

ROOT = Path(__file__).resolve().parents[1]
PLACES = {
    ".msi": (
        "C:/Program Files",
        "C:/ProgramData",
        "C:/ProgramData/Microsoft/Windows/Start Menu/Programs",
        "C:/Users/Public/Desktop",
    ),
    ".deb": (
        "/opt",
        "/usr/bin",
        "/usr/share/applications",
        "/usr/share/doc",
        "/usr/share/metainfo",
        "/usr/share/man/man1",
        "/usr/share/icons/hicolor/scalable/apps",
        "/etc/xdg",
        "/var/lib/dpkg/info",
    ),
    ".tar.xz": ("/opt", "/usr/local/bin", "/usr/local/share/applications", "/etc/xdg"),
    ".pkg": ("/Applications", "/usr/local/bin", "/Library/Application Support", "/private/var/db/receipts"),
    ".dmg": ("/Applications", "/Volumes"),
}
"""Where an installer puts something, by its kind."""
_KEYS = (
    (r"HKLM\SOFTWARE",),
    (r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall", "/s"),
    (r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Installer", "/s"),
)
"""The registry's keys in which an installer of Windows leaves something, and how deep that is looked for. In others
Windows itself notes which programs were started."""
_NAME = "nexkit"
_TIMEOUT_S = 900


def traces(kind: str) -> frozenset[str]:
    """What of nexkit there is on this system, in the places of this kind of installer."""
    found = {
        entry.path
        for place in PLACES[kind]
        if Path(place).is_dir()
        for entry in os.scandir(place)
        if _NAME in entry.name.lower()
    }
    if kind == ".msi":
        for words in _KEYS:
            listed = _do("reg", "query", *words, timeout_s=120).splitlines()
            found |= {line.strip() for line in listed if _NAME in line.lower()}
    return frozenset(found)


@contextmanager
def _msi(file: Path, work: Path) -> Iterator[Sequence[str]]:
    def msiexec(option: str) -> None:
        log = work / f"msiexec{option[1:]}.log"
        try:
            _do("msiexec", option, str(file), "/qn", "/norestart", "/l*v", str(log))
        except SmokeError as error:
            text = log.read_text("utf-16", "replace") if log.is_file() else ""
            raise SmokeError(f"{error}\n{text[-4000:]}") from None

    msiexec("/i")
    try:
        yield ["C:/Program Files/nexkit/nexkit.exe"]
    finally:
        msiexec("/x")


@contextmanager
def _deb(file: Path, _work: Path) -> Iterator[Sequence[str]]:
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    _do("apt-get", "install", "-y", "--no-install-recommends", str(file), more=quiet)
    try:
        yield ["/usr/bin/nexkit"]
    finally:
        _do("apt-get", "purge", "-y", "nexkit", more=quiet)


@contextmanager
def _tar(file: Path, work: Path) -> Iterator[Sequence[str]]:
    _do("tar", "-xJf", str(file), "-C", str(work))
    (script,) = work.glob("*/install.sh")
    _do(str(script))
    try:
        yield ["/usr/local/bin/nexkit"]
    finally:
        _do(str(script), "--uninstall")


@contextmanager
def _pkg(file: Path, _work: Path) -> Iterator[Sequence[str]]:
    _do("installer", "-pkg", str(file), "-target", "/")
    try:
        yield ["/usr/local/bin/nexkit"]
    finally:
        _do("/bin/sh", str(ROOT / "installer" / "macos" / "uninstall.sh"))


@contextmanager
def _dmg(file: Path, work: Path) -> Iterator[Sequence[str]]:
    volume, app = work / "volume", Path("/Applications/nexkit.app")
    _do("hdiutil", "attach", "-nobrowse", "-readonly", "-mountpoint", str(volume), str(file))
    try:
        _do("ditto", str(volume / app.name), str(app))
    finally:
        _do("hdiutil", "detach", str(volume))
    try:
        yield [str(app / "Contents" / "MacOS" / "nexkit")]
    finally:
        shutil.rmtree(app)


_WAYS: Mapping[str, Callable[[Path, Path], AbstractContextManager[Sequence[str]]]] = {
    ".msi": _msi,
    ".deb": _deb,
    ".tar.xz": _tar,
    ".pkg": _pkg,
    ".dmg": _dmg,
}


def kind_of(file: Path) -> str:
    """The kind of installer; SmokeError for none."""
    for kind in _WAYS:
        if file.name.endswith(kind):
            return kind
    raise SmokeError(f"{file}: no installer that is known")


def installers(places: Sequence[str]) -> list[Path]:
    """The files, and the installers in the folders, of which each has some; SmokeError."""
    found = []
    for place in map(Path, places):
        inside = (
            [file for file in sorted(place.iterdir()) if file.name.endswith(tuple(_WAYS))]
            if place.is_dir()
            else [place]
        )
        if not inside:
            raise SmokeError(f"{place}: no installer in it")
        found += inside
    return found


def trial(file: Path) -> list[str]:
    """Install, walk through, uninstall; what was seen. SmokeError."""
    kind = kind_of(file)
    before = traces(kind)
    with tempfile.TemporaryDirectory(prefix="nexkit-trial-", ignore_cleanup_errors=True) as work:
        with _WAYS[kind](file.resolve(), Path(work)) as command:
            installed = traces(kind) - before
            if not installed:
                raise SmokeError(f"{file.name}: nothing is installed where it should be: {', '.join(PLACES[kind])}")
            seen = smoke(command)
        if left := traces(kind) - before:
            raise SmokeError(f"{file.name}: left behind: {', '.join(sorted(left))}")
    return [f"{file.name}: {len(installed)} places, nothing left behind", *seen]


def _do(*command: str, more: Mapping[str, str] | None = None, timeout_s: float = _TIMEOUT_S) -> str:
    done = subprocess.run(  # noqa: S603  the system's own installers
        command,
        env=os.environ | dict(more or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        timeout=timeout_s,
        check=False,
    )
    if done.returncode:
        raise SmokeError(f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout}")
    return done.stdout


def main(files: Sequence[str]) -> int:
    """Exit status of all trials."""
    if not files:
        sys.stderr.write((__doc__ or "").partition("\n\n")[2])
        return 2
    try:
        for file in installers(files):
            sys.stdout.writelines(f"{line}\n" for line in trial(Path(file)))
            sys.stdout.flush()
    except (SmokeError, OSError, subprocess.TimeoutExpired) as error:
        sys.stderr.write(f"installer.trial: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
