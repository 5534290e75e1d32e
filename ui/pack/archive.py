"""An organisation's tar.xz: the vendor's with `managed/` in it, which its `install.sh` checks and puts in place."""

import tarfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from ui.pack import Organisation, PackError
from ui.pack.xz import NotXzError, beginning, prepended

_FOLDER_MODE = 0o755
_FILE_MODE = 0o644


def pack(installer: Path, made_for: Organisation) -> bytes:
    """The bytes of the organisation's archive; PackError, OSError."""
    data = installer.read_bytes()
    try:
        first = tarfile.TarInfo.frombuf(beginning(data, tarfile.BLOCKSIZE), tarfile.ENCODING, "strict").name
        top = first.partition("/")[0]
        if first != top:
            raise PackError("packed" if first.startswith(f"{top}/managed") else "not_ours", file=str(installer))
        return prepended(entries((f"{top}/managed",), made_for.files, made_for.moment), data)
    except (NotXzError, tarfile.HeaderError):
        raise PackError("damaged", file=str(installer)) from None


def entries(folders: tuple[str, ...], files: Mapping[str, bytes], moment: datetime) -> bytes:
    """The beginning of a tar archive: these folders and, in the last one, the files; all of them root's."""
    parts: list[bytes] = []
    for name, data in [*((folder, None) for folder in folders), *((f"{folders[-1]}/{n}", d) for n, d in files.items())]:
        entry = tarfile.TarInfo(name)
        entry.mtime = int(moment.timestamp())
        entry.uname = entry.gname = "root"
        if data is None:
            entry.type, entry.mode = tarfile.DIRTYPE, _FOLDER_MODE
        else:
            entry.mode, entry.size = _FILE_MODE, len(data)
        parts += entry.tobuf(tarfile.GNU_FORMAT), data or b"", bytes(-entry.size % tarfile.BLOCKSIZE)
    return b"".join(parts)
