"""An organisation's Debian package: the vendor's with the organisation's files under /etc/xdg/nexkit.

They are no conffiles: each version brings its own, and nobody is asked about them. The vendor's `postinst` checks them.
"""

import hashlib
import io
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nexkit.profile import Profile
from ui.pack import Organisation, PackError
from ui.pack.archive import entries
from ui.pack.xz import NotXzError, prepended, whole

_MAGIC = b"!<arch>\n"
_HEADER = 60
_END = b"`\n"
_PLACE = ("./etc", "./etc/xdg", "./etc/xdg/nexkit")
_KIB = 1024
_LARGEST_CONTROL = 16 * _KIB * _KIB
"""What a control archive may hold, unpacked: a few small files, and a line for each file of the package."""


class _DamagedError(ValueError):
    """No package of Debian's."""


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    data: bytes


def version_mark(profile: Profile) -> str:
    """What is added to the version: later than the vendor's, rising with the serial, sooner than the vendor's next one.

    A hyphen would begin a revision of Debian's (deb-version(7)).
    """
    return f"+{profile.id.replace('-', '.')}.{profile.serial}"


def pack(installer: Path, made_for: Organisation) -> bytes:
    """The bytes of the organisation's package (deb(5)); PackError, OSError."""
    try:
        members = list(_members(installer.read_bytes()))
        names = [member.name for member in members]
        if names != ["debian-binary", "control.tar.xz", "data.tar.xz"]:
            raise PackError("parts", file=str(installer), parts=", ".join(names) or "-")
        control = _control(members[1].data, made_for, installer)
        data = prepended(entries(_PLACE, made_for.files, made_for.moment), members[2].data)
    except (_DamagedError, NotXzError, tarfile.TarError, UnicodeDecodeError):
        raise PackError("damaged", file=str(installer)) from None
    made = [members[0], _Member("control.tar.xz", control), _Member("data.tar.xz", data)]
    return _MAGIC + b"".join(_written(member, int(made_for.moment.timestamp())) for member in made)


def _members(data: bytes) -> Iterator[_Member]:
    if not data.startswith(_MAGIC):
        raise _DamagedError
    at = len(_MAGIC)
    while at < len(data):
        header = data[at : at + _HEADER]
        size = header[48:58].strip()
        if len(header) < _HEADER or not header.endswith(_END) or not size.isdigit():
            raise _DamagedError
        at += _HEADER
        content = data[at : at + int(size)]
        if len(content) < int(size):
            raise _DamagedError
        yield _Member(header[:16].decode("ascii", "replace").strip().rstrip("/"), content)
        at += int(size) + int(size) % 2


def _written(member: _Member, moment: int) -> bytes:
    size = len(member.data)
    header = f"{member.name:<16}{moment:<12}{0:<6}{0:<6}{'100644':<8}{size:<10}".encode() + _END
    return header + member.data + b"\n" * (size % 2)


def _control(packed: bytes, made_for: Organisation, installer: Path) -> bytes:
    """The control archive with the new version, size and check sums."""
    out = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(whole(packed, _LARGEST_CONTROL)), mode="r:") as before,
        tarfile.open(fileobj=out, mode="w:xz", format=tarfile.GNU_FORMAT) as after,
    ):
        for entry in before:
            stream = before.extractfile(entry) if entry.isfile() else None
            data = stream.read() if stream else b""
            name = entry.name.removeprefix("./")
            if name == "control":
                data = _fields(data.decode(), made_for, installer).encode()
            elif name == "md5sums":
                data += _sums(made_for)
            entry.size = len(data)
            entry.mtime = int(made_for.moment.timestamp())
            after.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def _fields(control: str, made_for: Organisation, installer: Path) -> str:
    version = re.search(r"^Version: (.+)$", control, re.MULTILINE)
    if version is None or not re.search(r"^Package: nexkit$", control, re.MULTILINE):
        raise PackError("not_ours", file=str(installer))
    if "+" in version[1]:
        raise PackError("packed", file=str(installer))
    control = control.replace(version[0], version[0] + version_mark(made_for.profile), 1)
    added = sum(-(-len(data) // _KIB) for data in made_for.files.values()) + len(_PLACE)
    return re.sub(
        r"^Installed-Size: ([0-9]+)$",
        lambda size: f"Installed-Size: {int(size[1]) + added}",
        control,
        flags=re.MULTILINE,
    )


def _sums(made_for: Organisation) -> bytes:
    folder = _PLACE[-1].removeprefix("./")
    return b"".join(
        f"{hashlib.md5(data, usedforsecurity=False).hexdigest()}  {folder}/{name}\n".encode()
        for name, data in made_for.files.items()
    )
