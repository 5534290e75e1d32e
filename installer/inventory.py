"""What a frozen folder is made of: every work in it, with version, licence and files.

It is read from what lies there, not from the lock file: a part that nobody declared, or whose licence is not known or
obliges the whole program, stops the build.
"""

import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from functools import cache
from importlib import metadata
from pathlib import Path

from license_expression import ExpressionError, get_spdx_licensing

from installer.commands import run
from installer.msi import file_version
from nexkit import __version__

_OWN = frozenset({"nexkit", "probes", "report", "ui", "__main__", "shared_archive"})
_LICENCES = {
    "Apache Software License": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "MIT License": "MIT",
    "The MIT License (MIT)": "MIT",
    "GNU Lesser General Public License v3.0": "LGPL-3.0-or-later",
    "LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0": "LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only",
}
"""Words of older metadata (before PEP 639), as SPDX writes them."""
_LICENCE_OF = {
    "jinja2": "BSD-3-Clause",
    "pyrage": "MIT",
    "quickjs-ng": "MIT",
}
"""Distributions whose metadata does not say which: as their licence texts read."""
_QT_LICENCE = "LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only"
_EXCEPTIONS = frozenset({"Bootloader-exception", "GCC-exception-3.1", "Classpath-exception-2.0"})
"""Which let other works stand beside a GPL part under their own licence."""
_OWN_WORDS = frozenset({"LicenseRef-Microsoft-Visual-Cpp-Runtime", "LicenseRef-public-domain"})
"""What SPDX has no word for."""
_PERMITTED = frozenset(
    {
        *("0BSD", "AFL-2.1", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "blessing", "bzip2-1.0.6", "FTL", "HPND"),
        *("ICU", "IJG", "ISC", "libpng-2.0", "MIT", "MIT-0", "PSF-2.0", "X11", "Zlib"),
        # Of which changed files, or the library itself, have to stay free and replaceable: they lie in the folder.
        *("LGPL-2.0-or-later", "LGPL-2.1-only", "LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later", "MPL-2.0"),
    }
)
"""Licences that somebody has read for what they ask of who ships the part. Another one stops the build until then."""
_DEBIAN_LICENCES = {
    "brotli": "MIT",
    "bzip2": "bzip2-1.0.6",
    "dbus": "AFL-2.1 OR GPL-2.0-or-later",
    "e2fsprogs": "MIT",
    "expat": "MIT",
    "fontconfig": "HPND",
    "freetype": "FTL OR GPL-2.0-only",
    "gcc-12": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "gcc-13": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "gcc-14": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "glib2.0": "LGPL-2.1-or-later",
    "keyutils": "LGPL-2.0-or-later",
    "krb5": "MIT",
    "libbsd": "BSD-3-Clause",
    "libcap2": "BSD-3-Clause OR GPL-2.0-only",
    "libffi": "MIT",
    "libgcrypt20": "LGPL-2.1-or-later",
    "libgpg-error": "LGPL-2.1-or-later",
    "libjpeg-turbo": "IJG AND BSD-3-Clause AND Zlib",
    "libmd": "BSD-3-Clause",
    "libpng1.6": "libpng-2.0",
    "libselinux": "LicenseRef-public-domain",
    "libuuid1": "BSD-3-Clause",
    "libx11": "MIT",
    "libxau": "MIT",
    "libxcb": "X11",
    "libxdmcp": "MIT",
    "libxext": "MIT",
    "libxkbcommon": "MIT",
    "libzstd": "BSD-3-Clause OR GPL-2.0-only",
    "lz4": "BSD-2-Clause",
    "openssl": "Apache-2.0",
    "pcre2": "BSD-3-Clause",
    "sqlite3": "blessing",
    "systemd": "LGPL-2.1-or-later",
    "util-linux": "LGPL-2.1-or-later",
    "wayland": "MIT",
    "xcb-util": "X11",
    "xcb-util-cursor": "X11",
    "xcb-util-image": "X11",
    "xcb-util-keysyms": "X11",
    "xcb-util-renderutil": "X11",
    "xcb-util-wm": "X11",
    "xz-utils": "LicenseRef-public-domain",
    "zlib": "Zlib",
}
"""Licences of the libraries themselves (tools and tests beside may have others): by Debian source package, or by binary
package where one of them differs."""
_BINARY = re.compile(r"\.(so(\.[0-9.]+)?|dll|pyd|exe|dylib|zip)$|\.framework/", re.IGNORECASE)
_MODULE = re.compile(r"(?P<path>.+?)(/__init__)?(\.cpython-[^/]+|\.abi3|\.cp[0-9]+-[^/]+)?\.(py|so|pyd)$")
_BUILD_ID = re.compile(r"^File: (?P<file>.+?)$|^ +Build ID: (?P<id>[0-9a-f]+)$", re.MULTILINE)
_LIBRARY_FOLDERS = ("/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib", "/lib")
_STANDARD = sys.stdlib_module_names | {"_colorize", "_pyrepl", "_opcode_metadata", "_interpreters", "_pydatetime"}
"""Top-level modules of Python: of the one that runs this, and of 3.13, with which Windows programs are frozen."""
_FREEZER = re.compile(r"pyi_rth_|_pyi_rth_utils|pyimod|pyiboot|struct$|__main__$")
_RUNTIME = re.compile(r"(vcruntime140|msvcp140|concrt140|ucrtbase|api-ms-win-)[^/]*\.dll$", re.IGNORECASE)
_INNER = re.compile(r"^(_internal|Contents/(Frameworks|Resources))/")
"""Where the freezer puts what is imported: beside the program, or in the two halves of a Mac's app."""
_DOT = "__dot__"
"""What stands in an app for the dot in a folder's name, which signatures of macOS do not bear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One work in a frozen folder."""

    name: str
    version: str
    """ "" where it could not be read."""
    licence: str
    """An SPDX expression."""
    purl: str
    """Package URL; "" where there is no kind for it."""
    files: tuple[str, ...] = ()
    """Below the folder. What is frozen into the program itself has none of its own."""


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A work that is known by the names of its files, and its version by what stands in one of them."""

    name: str
    files: re.Pattern[str]
    licence: str
    version: re.Pattern[bytes] | None = None
    purl: str = "pkg:generic/{name}@{version}"


_WORKS = (
    _Pattern("Microsoft Visual C++ Runtime", _RUNTIME, "LicenseRef-Microsoft-Visual-Cpp-Runtime", purl=""),
    _Pattern(
        "ICU",
        re.compile(r"(^|/)(libicu(data|i18n|uc)\.so[.0-9]*|icu[a-z]*[0-9]*\.dll)$"),
        "ICU",
        re.compile(rb"icudt([0-9]+)l?[_.]"),
        "pkg:generic/icu@{version}",
    ),
    _Pattern(
        "Qt",
        re.compile(r"(^|/)PySide6/(Qt/|plugins/|translations/|Qt6[^/]*\.dll$)"),
        _QT_LICENCE,
        re.compile(rb"Qt (6\.[0-9]+\.[0-9]+) \("),
        "pkg:generic/qt@{version}",
    ),
)
_PYTHON = _Pattern(
    "Python",
    re.compile(
        r"(^|/)(libpython3[0-9.]*\.so[.0-9]*|python3[0-9]*\.dll|base_library\.zip|python3\.[0-9]+/.*"
        r"|Python\.framework/.*)$|^_?[a-z0-9]+\.pyd$"
    ),
    "PSF-2.0",
    re.compile(rb"(3\.(?:1[1-9]|[2-9][0-9])\.[0-9]+)(?:\+)?\x00"),
    "pkg:generic/python@{version}",
)
_WITH_PYTHON = (
    _Pattern(
        "OpenSSL",
        re.compile(r"(^|/)lib(crypto|ssl)[-.]3[^/]*\.(dll|dylib)$"),
        "Apache-2.0",
        re.compile(rb"OpenSSL (3\.[0-9]+\.[0-9]+)"),
        "pkg:generic/openssl@{version}",
    ),
    _Pattern("libffi", re.compile(r"(^|/)libffi-[^/]*\.dll$"), "MIT", purl="pkg:generic/libffi"),
    _Pattern(
        "SQLite",
        re.compile(r"(^|/)sqlite3\.dll$"),
        "blessing",
        re.compile(rb"\x00(3\.[0-9]+\.[0-9]+)\x00"),
        "pkg:generic/sqlite@{version}",
    ),
)
"""What Python's own distributions for Windows and macOS bring."""


@cache
def components(folder: Path) -> tuple[Component, ...]:
    """Everything in a frozen folder, the program itself first. SystemExit for what has no known origin or licence."""
    found = _Inventory(folder).components()
    for part in found:
        if (why := licence_problem(part.licence)) is not None:
            raise SystemExit(f"{folder}: {part.name}: {why}")
    return found


def licence_problem(expression: str) -> str | None:
    """Why a part of this licence cannot be shipped; None where it can be."""
    if not expression:
        return "no licence is known"
    if expression in _OWN_WORDS:
        return None
    try:
        tree = get_spdx_licensing().parse(expression, validate=True, strict=True)
    except ExpressionError as error:
        return f"{expression!r} is no SPDX expression: {error}"
    return None if _permits(tree) else f"{expression} is not among the licences that oblige nobody but their own part"


def _permits(tree: object) -> bool:
    """Whether one of the choices is a licence that other parts need not be under."""
    operator = type(tree).__name__
    if operator in ("OR", "AND"):
        return (any if operator == "OR" else all)(_permits(each) for each in getattr(tree, "args", ()))
    if operator == "LicenseWithExceptionSymbol":
        return str(getattr(tree, "exception_symbol", "")) in _EXCEPTIONS
    return str(tree) in _PERMITTED


class _Inventory:
    """The files of a frozen folder, each with the work that it is of."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()]
        self._distributions = {
            path.parent: HeaderParser().parsestr(path.read_text(encoding="utf-8"))
            for path in sorted(folder.rglob("*.dist-info/METADATA"))
        }
        self._recorded: dict[str, Path] = {}
        self._modules: dict[str, Path] = {}
        for info in self._distributions:
            record = info / "RECORD"  # the program's own may have none
            for line in record.read_text(encoding="utf-8").splitlines() if record.is_file() else ():
                name = line.rsplit(",", 2)[0].strip('"')
                self._recorded[name] = info
                if module := _MODULE.match(name):
                    self._modules[module["path"].replace("/", ".")] = info

    def components(self) -> tuple[Component, ...]:
        frozen = self._frozen_distributions()
        of_distribution: dict[Path, list[str]] = defaultdict(list)
        of_work: dict[_Pattern, list[Path]] = defaultdict(list)
        own: list[str] = []
        unknown: list[Path] = []
        for path in self._files:
            name = path.relative_to(self._folder).as_posix()
            inner = _INNER.sub("", name).replace(_DOT, ".")
            info = next((info for info in self._distributions if info in path.parents), self._recorded.get(inner))
            if work := next((work for work in _WORKS if work.files.search(inner)), None):
                of_work[work].append(path)
            elif info is not None:
                of_distribution[info].append(name)
            elif work := next((work for work in (*_WITH_PYTHON, _PYTHON) if work.files.search(inner)), None):
                of_work[work].append(path)
            elif _BINARY.search(name) and path.parent != self._folder:
                unknown.append(path)
            else:
                own.append(name)
        parts = []
        for info, said in self._distributions.items():
            files = of_distribution[info]
            has_code = info in frozen or any(_BINARY.search(name) for name in files)
            if said["Name"] == "nexkit" or not has_code:
                own += files  # metadata alone: of what is needed elsewhere
            else:
                parts.append(_distribution(said, files))
        parts += [self._work(work, files) for work, files in of_work.items()]
        parts += _of_debian(unknown, self._folder)
        parts.append(
            Component(
                name="PyInstaller boot loader",
                version=metadata.version("pyinstaller"),
                licence="GPL-2.0-or-later WITH Bootloader-exception",
                purl=f"pkg:pypi/pyinstaller@{metadata.version('pyinstaller')}",
            )
        )
        parts.sort(key=lambda part: part.name.lower())
        program = Component(
            name="nexkit",
            version=__version__,
            licence="MIT",
            purl=f"pkg:generic/nexkit@{__version__}",
            files=tuple(sorted(own)),
        )
        return (program, *parts)

    def _frozen_distributions(self) -> set[Path]:
        """Those with modules in the archive within the programs. SystemExit where a module is nobody's."""
        found, strangers = set(), set()
        for module in _frozen_modules(self._folder):
            top = module.partition(".")[0]
            if info := self._modules.get(module):
                found.add(info)
            elif top not in _STANDARD | _OWN and not _FREEZER.match(top) and not top.startswith("_sysconfigdata"):
                strangers.add(module)
        # A package without a file of its own, which only holds others.
        known = set(self._modules)
        strangers -= {name for name in strangers if any(other.startswith(f"{name}.") for other in known)}
        if strangers:
            named = ", ".join(sorted({name.partition(".")[0] for name in strangers}))
            raise SystemExit(f"{self._folder}: frozen, but no distribution in the folder is known to bring it: {named}")
        return found

    def _work(self, work: _Pattern, files: Iterable[Path]) -> Component:
        listed = list(files)
        version = ""
        for path in listed:
            data = path.read_bytes() if _BINARY.search(path.as_posix()) else b""
            if work.version is not None and (told := work.version.search(data)):
                version = told[1].decode()
            elif work.version is None:
                version = file_version(data) or ""
            if version:
                break
        return Component(
            name=work.name,
            version=version,
            licence=work.licence,
            purl=work.purl.format(name=work.name, version=version).removesuffix("@"),
            files=tuple(path.relative_to(self._folder).as_posix() for path in listed),
        )


def _frozen_modules(folder: Path) -> set[str]:
    """Names of all modules in the archives of the programs, at the top or where an app has them, and in one shared."""
    from PyInstaller.archive.readers import ArchiveReadError, CArchiveReader, NotAnArchiveError, ZlibArchiveReader

    found: set[str] = set()
    for shared in (folder / "_internal").glob("*.pyz"):
        found |= set(ZlibArchiveReader(str(shared)).toc)
    for path in sorted((*folder.glob("*"), *folder.glob("Contents/MacOS/*"))):
        if not path.is_file():
            continue
        try:
            program = CArchiveReader(str(path))
        except (ArchiveReadError, NotAnArchiveError):
            continue
        for name, entry in program.toc.items():
            if entry[-1] == "z":
                found |= set(program.open_embedded_archive(name).toc)
            elif entry[-1] in "ms":
                found.add(name)
    if not found:
        raise SystemExit(f"{folder}: there is no frozen program in it")
    return found


def _distribution(said: Message, files: Iterable[str]) -> Component:
    name = said["Name"]
    normal = re.sub(r"[-_.]+", "-", name).lower()
    return Component(
        name=name,
        version=said["Version"],
        licence=_LICENCE_OF.get(normal) or _licence(said),
        purl=f"pkg:pypi/{normal}@{said['Version']}",
        files=tuple(sorted(files)),
    )


def _licence(said: Message) -> str:
    """The SPDX expression of a distribution's metadata; "" where it has none that is known."""
    if expression := said.get("License-Expression"):
        return expression
    words = [(said.get("License") or "").partition("\n")[0].strip()]
    classes = said.get_all("Classifier") or ()
    words += [each.rpartition(" :: ")[2] for each in classes if each.startswith("License ::")]
    for word in filter(None, words):
        expression = _LICENCES.get(re.sub(r"\s{2,}.*", "", word), word)
        if get_spdx_licensing().validate(expression).errors == []:
            return expression
    return ""


def _of_debian(files: Iterable[Path], folder: Path) -> Iterator[Component]:
    """The system's libraries, by the build number that the linker gave them: the file itself may have been stripped."""
    system = {file: place for file in files if (place := _in_system(file.name)) is not None}
    if missing := [file.name for file in files if file not in system]:
        raise SystemExit(f"{folder}: of unknown origin: {', '.join(missing)}")
    if not system:
        return
    numbers = _build_ids((*system, *system.values()))
    if other := [file.name for file, place in system.items() if numbers.get(file) != numbers.get(place)]:
        raise SystemExit(f"{folder}: not what is installed here: {', '.join(other)}")
    packages = _packages_of(system.values())
    by_package: dict[str, list[str]] = defaultdict(list)
    for file, place in system.items():
        by_package[packages[place]].append(file.relative_to(folder).as_posix())
    form = "${Package}\t${Version}\t${source:Package}\t${Architecture}\n"
    told = run("dpkg-query", "-W", "-f", form, *sorted(by_package)).decode()
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    vendor, distribution = (release[key].strip('"') for key in ("ID", "VERSION_ID"))
    for line in told.splitlines():
        name, version, source, architecture = line.split("\t")
        yield Component(
            name=name,
            version=version,
            licence=_DEBIAN_LICENCES.get(name) or _DEBIAN_LICENCES.get(source, ""),
            purl=f"pkg:deb/{vendor}/{name}@{version.replace(':', '%3A').replace('+', '%2B')}"
            f"?arch={architecture}&distro={vendor}-{distribution}",
            files=tuple(sorted(by_package[name])),
        )


def _in_system(name: str) -> Path | None:
    return next((path.resolve() for place in _LIBRARY_FOLDERS if (path := Path(place, name)).is_file()), None)


def _build_ids(files: Iterable[Path]) -> dict[Path, str]:
    found: dict[Path, str] = {}
    file = ""
    for match in _BUILD_ID.finditer(run("readelf", "-n", *files).decode()):
        file = match["file"] or file
        if match["id"]:
            found[Path(file)] = match["id"]
    return found


def _packages_of(files: Iterable[Path]) -> dict[Path, str]:
    """Debian's packages of these; /lib is /usr/lib, but dpkg knows each file by one of the names only."""
    listed = list(files)
    names = [name for file in listed for name in (str(file), str(file).removeprefix("/usr"))]
    done = subprocess.run(  # noqa: S603  names of files alone
        ["dpkg-query", "-S", *names],  # noqa: S607  the one on the path
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    owners = {}
    for line in done.stdout.splitlines():
        package, _, name = line.partition(": ")
        owners[name.removeprefix("/usr")] = package.partition(":")[0]
    found = {file: owner for file in listed if (owner := owners.get(str(file).removeprefix("/usr")))}
    if strangers := [str(file) for file in listed if file not in found]:
        raise SystemExit(f"of no Debian package: {', '.join(strangers)}")
    return found
