"""Everything that is shipped with the program, with the text of its licence: found here, without a network.

Distributions bring their texts themselves. Those of Python, of Qt, whose wheels bring none, and of what freezing adds
stand in `licences/`; `installer/nexkit.spec` puts there what belongs to the Python that it freezes.
"""

import csv
import platform
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path, PurePosixPath

from nexkit import __version__

_OWN = "nexkit"
_LICENCES = Path(__file__).parent / "licences"
_QT_TEXTS = ("Qt.txt", "LGPL-3.0.txt", "GPL-3.0.txt")
_PYOBJC = ("pyobjc-core", "pyobjc-framework-corewlan", "pyobjc-framework-security")
_MORE_TEXTS = {
    "certifi": ("MPL-2.0.txt",),
    "pyside6-essentials": _QT_TEXTS,
    "shiboken6": _QT_TEXTS,
    **dict.fromkeys(_PYOBJC, ("PyObjC.txt",)),
}
"""What a distribution names without bringing it."""
_FREEZER = "PyInstaller.txt"
"""Put there when the program is frozen: its boot loader is a part of it then."""
_SYSTEM = "system"
"""The folder of texts for the libraries of the system that were frozen with the program: PACKAGE_VERSION.txt, the
licence in the first line."""
_TEXT_FILE = re.compile(r"(licen[cs]e|copying|notice|authors)[^/]*$", re.IGNORECASE)
_PROGRAMS = (".py", ".pyc", ".json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One work within the program."""

    name: str
    version: str
    licence: str
    """In a word or two."""
    text: str
    """In full; "" where it is missing, which may not be: whoever builds the program is stopped by that."""


def shipped_parts() -> tuple[Part, ...]:
    """The program itself first, then all others by name. Reads many small files: not for the window's own thread."""
    others = sorted((*_distributions(), *_runtime()), key=lambda part: part.name.lower())
    return (Part(name=_OWN, version=__version__, licence="MIT", text=_own_text()), *others)


def _own_text() -> str:
    for folder in (_LICENCES, Path(__file__).parents[1]):
        if (file := folder / "LICENSE").is_file():
            return file.read_text(encoding="utf-8")
    with_text = (text for dist in _found(_OWN) for text in _texts(dist))
    return next(with_text, "")


def _runtime() -> Iterator[Part]:
    """Python itself, and what freezing adds."""
    places = (Path(sys.base_prefix) / "LICENSE.txt", _LICENCES / "Python.txt")
    file = next((place for place in places if place.is_file()), None)
    text = file.read_text(encoding="utf-8", errors="replace") if file else ""
    yield Part(name="Python", version=platform.python_version(), licence="PSF-2.0", text=text)
    if (freezer := _LICENCES / _FREEZER).is_file():
        text = freezer.read_text(encoding="utf-8")
        yield Part(name="PyInstaller boot loader", version="", licence="GPL-2.0-or-later with exception", text=text)
    for library in sorted((_LICENCES / _SYSTEM).glob("*_*.txt")):
        name, _, version = library.stem.partition("_")
        licence, _, text = library.read_text(encoding="utf-8").partition("\n")
        yield Part(name=name, version=version, licence=licence, text=text.strip("\n"))


def _distributions() -> Iterator[Part]:
    """What the program needs, and what that needs, as far as it is installed here."""
    waiting, seen = [_OWN], {_OWN}
    if not _found(_OWN):
        # Started from a source folder, in an environment that holds nothing but what the program needs.
        waiting = [dist.name for dist in metadata.distributions()]
        seen |= {_normal(name) for name in waiting}
    while waiting:
        for dist in _found(waiting.pop()):
            if _normal(dist.name) != _OWN:
                yield _part(dist)
            for needed in _needs(dist):
                if _normal(needed) not in seen:
                    seen.add(_normal(needed))
                    waiting.append(needed)


def _found(name: str) -> list[metadata.Distribution]:
    try:
        return [metadata.distribution(name)]
    except metadata.PackageNotFoundError:
        return []  # needed on another system only


def _needs(dist: metadata.Distribution) -> Iterator[str]:
    for requirement in dist.requires or ():
        wanted, _, marker = requirement.partition(";")
        if "extra" not in marker and (name := re.match(r"[A-Za-z0-9._-]+", wanted.strip())):
            yield name.group()


def _normal(name: str) -> str:
    """As names are compared (packaging.python.org, Names and normalization)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _part(dist: metadata.Distribution) -> Part:
    texts = list(_texts(dist))
    texts += [(_LICENCES / file).read_text(encoding="utf-8") for file in _MORE_TEXTS.get(_normal(dist.name), ())]
    text = f"\n\n{'-' * 78}\n\n".join(text.strip("\n") for text in texts)
    return Part(name=dist.name, version=dist.version, licence=_licence(dist, text), text=text)


def _texts(dist: metadata.Distribution) -> Iterator[str]:
    # Not `dist.files`, which looks for every file of the distribution: 10 s for all under a slow file system.
    record = dist.read_text("RECORD") or ""
    for name in (row[0] for row in csv.reader(record.splitlines()) if row):
        file = PurePosixPath(name)
        if ".dist-info" in name and _TEXT_FILE.search(name) and file.suffix not in _PROGRAMS:
            path = Path(str(dist.locate_file(file)))
            if path.is_file():
                yield path.read_text(encoding="utf-8", errors="replace")


def _licence(dist: metadata.Distribution, text: str) -> str:
    """By its name, as the distribution says it; else as its text begins."""
    said = (dist.metadata.get_all("License-Expression") or dist.metadata.get_all("License") or [""])[0]
    if not said or "\n" in said:
        classes = dist.metadata.get_all("Classifier") or ()
        said = next((word.rpartition(" :: ")[2] for word in classes if word.startswith("License ::")), "")
    return said or next((line.strip() for line in text.splitlines() if line.strip()), "")
