"""Packages for Linux of a frozen program: a .deb, and a tar.xz for all other distributions.

    python -m installer.linux [FOLDER [OUT]]    default: dist/linux/nexkit to dist/

Both put the program to /opt/nexkit: what comes from beside a distribution belongs there (Filesystem Hierarchy Standard
3.0, 3.13), /usr/lib is the distribution's own. Built twice from the same folder they are equal byte by byte: owners,
modes, times and the order of files are fixed here, and none of this computer's is taken over.
"""

import gzip
import os
import re
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import md5
from pathlib import Path

from installer.commands import run
from installer.inventory import Component, components
from installer.provenance import source_epoch
from nexkit import __version__
from nexkit.platform.managed_settings import BUNDLE_ID

ROOT = Path(__file__).resolve().parents[1]
_SOURCES = Path(__file__).parent / "linux"
_ICON = Path(__file__).parent / "nexkit.svg"
_HOME = Path("opt/nexkit")
_PACK = "nexkit-pack"
_MAINTAINER = "The nexkit authors <nexkit@packages.invalid>"
"""Debian wants an address; there is none that is read."""
_SHARED = {
    "nexkit.desktop": Path("applications/nexkit.desktop"),
    "nexkit.svg": Path("icons/hicolor/scalable/apps/nexkit.svg"),
    f"{BUNDLE_ID}.metainfo.xml": Path("metainfo") / f"{BUNDLE_ID}.metainfo.xml",
    "nexkit.1": Path("man/man1/nexkit.1"),
}
"""For desktops and `man`: names in the archive, places under a system's share/."""
_PROVIDERS = {
    "ld-linux-x86-64.so.2": "libc6",
    "libc.so.6": "libc6",
    "libdl.so.2": "libc6",
    "libm.so.6": "libc6",
    "libpthread.so.0": "libc6",
    "libresolv.so.2": "libc6",
    "librt.so.1": "libc6",
    "libutil.so.1": "libc6",
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libdrm.so.2": "libdrm2",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libgcc_s.so.1": "libgcc-s1",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libglib-2.0.so.0": "libglib2.0-0t64 | libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0t64 | libglib2.0-0",
    "libstdc++.so.6": "libstdc++6",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
    "libxcb.so.1": "libxcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libz.so.1": "zlib1g",
}
"""Debian's package of what a program loads and does not carry; two where Debian 13 has renamed it."""
_DATA = {
    "libfontconfig.so.1": "fontconfig-config",
    "libxkbcommon.so.0": "xkb-data",
    "libX11.so.6": "libx11-data",
}
"""What a library looks for on the system, also where the program carries the library: fonts, keyboards, dead keys."""
_GLIBC = re.compile(rb"\bGLIBC_([0-9]+)\.([0-9]+)\b")
_RUN_PATH = re.compile(rb"^ +R(?:UN)?PATH +(?!\$ORIGIN)(\S+)$", re.MULTILINE)
_NEEDED = re.compile(rb"^ +NEEDED +(\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """What a frozen program needs of the system that it runs on."""

    glibc: str
    """The oldest version of the GNU C library that has all that is asked for, such as "2.36"."""
    libraries: frozenset[str]
    """Names that the loader looks for and that the folder does not have."""
    packages: tuple[str, ...]
    """Debian's packages with these libraries and their data."""


def requirements(folder: Path) -> Requirements:
    """Read from the dynamic sections of everything in the folder; SystemExit as `understood`."""
    carried = {path.name for path in folder.rglob("*")}
    binaries = [path for path in sorted(folder.rglob("*")) if is_elf(path)]
    return understood(run("objdump", "-p", *binaries), carried)


def understood(told: bytes, carried: Collection[str]) -> Requirements:
    """What `objdump -p` tells of all libraries, of which some are carried along.

    SystemExit for a library that no known package has, and for one that is looked for where the builder had it.
    """
    if run_paths := {path.decode() for path in _RUN_PATH.findall(told)}:
        raise SystemExit(f"libraries would be loaded from the builder's {', '.join(sorted(run_paths))}")
    libraries = {name.decode() for name in _NEEDED.findall(told)}
    if unknown := libraries.difference(carried) - _PROVIDERS.keys():
        raise SystemExit(f"installer/linux.py knows no Debian package of {', '.join(sorted(unknown))}")
    major, minor = max((int(major), int(minor)) for major, minor in _GLIBC.findall(told))
    packages = {_PROVIDERS[name] for name in libraries.difference(carried)} | {
        _DATA[name] for name in libraries & _DATA.keys()
    }
    packages = {f"libc6 (>= {major}.{minor})" if package == "libc6" else package for package in packages}
    return Requirements(
        glibc=f"{major}.{minor}", libraries=frozenset(libraries.difference(carried)), packages=tuple(sorted(packages))
    )


def is_elf(path: Path) -> bool:
    """Whether this is a program or library of Linux, and not a link to one."""
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(4) == b"\x7fELF"


def programs(folder: Path) -> list[str]:
    """What is started by name: the programs at the top of a frozen folder."""
    return sorted(path.name for path in folder.iterdir() if is_elf(path))


def _copy(folder: Path, place: Path) -> None:
    """The frozen folder, and its program under the name that makes it `nexkit pack`."""
    shutil.copytree(folder, place, symlinks=True)
    (place / _PACK).symlink_to("nexkit")


def build_deb(folder: Path, out: Path, version: str) -> None:
    """The Debian package of a frozen folder."""
    needs = requirements(folder)
    with tempfile.TemporaryDirectory() as work:
        tree = Path(work) / "nexkit"
        _copy(folder, tree / _HOME)
        for name in (*programs(folder), _PACK):
            link = tree / "usr" / "bin" / name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(f"/{_HOME}/{name}")
        share = tree / "usr" / "share"
        for name, data in _shared(version, program="/usr/bin/nexkit").items():
            place = share / _SHARED[name]
            if name.endswith(".1"):
                _write(place.with_name(f"{place.name}.gz"), _gzip(data))
                place.with_name(f"{_PACK}.1.gz").symlink_to(f"{place.name}.gz")
            else:
                _write(place, data)
        _write(share / "doc" / "nexkit" / "copyright", _copyright(components(folder)).encode())
        _write(share / "doc" / "nexkit" / "changelog.gz", _gzip(_changelog(version).encode()))
        _write(share / "lintian" / "overrides" / "nexkit", (_SOURCES / "lintian-overrides").read_bytes())
        _fix(tree)
        _write_control(tree, needs, version)
        _fix(tree / "DEBIAN")
        out.parent.mkdir(parents=True, exist_ok=True)
        # Owner root, files in order, times no later than SOURCE_DATE_EPOCH: deb(5), dpkg-deb(1).
        epoch = {"SOURCE_DATE_EPOCH": str(source_epoch())}
        run("dpkg-deb", "--root-owner-group", "-Zxz", "--build", tree, out, more=epoch)


def build_tar(folder: Path, out: Path, version: str) -> None:
    """An archive that runs as it is unpacked, with install.sh for all users of a computer."""
    needs = requirements(folder)
    with tempfile.TemporaryDirectory() as work:
        top = Path(work) / f"nexkit-{version}"
        _copy(folder, top)
        for name, data in _shared(version, program="/usr/local/bin/nexkit").items():
            _write(top / "share" / name, data)
        _write(top / "install.sh", _filled("install.sh", glibc=needs.glibc, id=BUNDLE_ID), executable=True)
        _fix(top)
        archive = Path(work) / "nexkit.tar"
        with tarfile.open(archive, "w", format=tarfile.GNU_FORMAT) as tar:
            for path in (top, *sorted(top.rglob("*"))):
                tar.add(path, arcname=str(path.relative_to(work)), recursive=False, filter=_as_root)
        # Two threads or more split into the same blocks; one would not, and other bytes come out.
        run("xz", "--threads=2", archive)
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(f"{archive}.xz", out)


def _as_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    return entry


def debian_version(version: str) -> str:
    """A version as Debian orders it: what comes before a release is older than it (deb-version(7))."""
    return re.sub(r"\.?(a|b|rc|dev)(?=[0-9])", r"~\1", version)


def _write_control(tree: Path, needs: Requirements, version: str) -> None:
    files = sorted(path for path in tree.rglob("*") if path.is_file() and not path.is_symlink())
    sums = "".join(f"{md5(path.read_bytes()).hexdigest()}  {path.relative_to(tree)}\n" for path in files)  # noqa: S324  dpkg's format
    control = tree / "DEBIAN"
    size = sum(-(-path.stat().st_size // 1024) for path in files) + sum(1 for path in tree.rglob("*") if path.is_dir())
    filled = _filled(
        "control",
        version=debian_version(version),
        maintainer=_MAINTAINER,
        installed_kib=str(size),
        depends=", ".join(needs.packages),
    )
    _write(control / "control", filled)
    _write(control / "md5sums", sums.encode())
    for script in ("preinst", "postinst", "postrm"):
        _write(control / script, (_SOURCES / script).read_bytes(), executable=True)


def _shared(version: str, *, program: str) -> dict[str, bytes]:
    """The files for desktops and `man` by their names."""
    day = datetime.fromtimestamp(source_epoch(), UTC).date().isoformat()
    return {
        "nexkit.desktop": _filled("nexkit.desktop", program=program),
        "nexkit.svg": _ICON.read_bytes(),
        f"{BUNDLE_ID}.metainfo.xml": _filled("metainfo.xml", id=BUNDLE_ID, version=version, date=day),
        "nexkit.1": _filled("nexkit.1", version=version, date=day),
    }


def _copyright(parts: Iterable[Component]) -> str:
    """Debian's machine-readable form, version 1.0; the full texts of all parts are in the program."""
    lines = [
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/",
        "Upstream-Name: nexkit",
        "Comment: The program is frozen: it carries these works of others, and shows their licences under About.",
        " Qt and PySide6 stand in /opt/nexkit as separate libraries, which you may replace.",
    ]
    lines += [f" {part.name} {part.version}: {part.licence}" for part in parts if part.name != "nexkit"]
    lines += ["", "Files: *", "Copyright: 2026 The nexkit authors", "License: Expat"]
    text = (ROOT / "LICENSE").read_text(encoding="utf-8").partition("\n\n")[2].partition("\n\n")[2]
    lines += [f" {line}" if line else " ." for line in text.strip().splitlines()]
    return "\n".join(lines) + "\n"


def _changelog(version: str) -> str:
    moment = format_datetime(datetime.fromtimestamp(source_epoch(), UTC))
    return (
        f"nexkit ({debian_version(version)}) stable; urgency=medium\n\n"
        f"  * Version {version}; see CHANGELOG.md of the sources.\n\n"
        f" -- {_MAINTAINER}  {moment}\n"
    )


def _filled(name: str, **values: str) -> bytes:
    """A file of `installer/linux/` with `{word}` replaced; other braces are a shell's own."""
    text = (_SOURCES / name).read_text(encoding="utf-8")
    for word, value in values.items():
        text = text.replace(f"{{{word}}}", value)
    return text.encode()


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, 9, mtime=0)


def _write(path: Path, data: bytes, *, executable: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(0o755 if executable else 0o644)


def _fix(top: Path) -> None:
    """Modes and times as on every other computer: programs and scripts can be started, libraries need not be."""
    epoch = source_epoch()
    for path in (*top.rglob("*"), top):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
        elif not path.is_symlink():
            started = path.stat().st_mode & 0o100 and ".so" not in path.suffixes
            path.chmod(0o755 if started else 0o644)
        os.utime(path, (epoch, epoch), follow_symlinks=False)


def main(words: list[str]) -> int:
    """Build both."""
    folder = Path(words[0]) if words else ROOT / "dist" / "linux" / "nexkit"
    out = Path(words[1]) if words[1:] else ROOT / "dist"
    build_deb(folder, out / f"nexkit_{__version__}_amd64.deb", __version__)
    build_tar(folder, out / f"nexkit-{__version__}-linux-x86_64.tar.xz", __version__)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
