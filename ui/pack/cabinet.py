"""Writes cabinets (*.cab), in which Windows Installer looks for files: one folder, nothing compressed.

[MS-CAB]: Cabinet File Format. What an organisation adds are a few small files, so compressing them would gain nothing.
"""

import struct
from collections.abc import Mapping
from datetime import datetime

_HEADER = struct.Struct("<4s5I2B5H")
_FOLDER = struct.Struct("<I2H")
_FILE = struct.Struct("<2I4H")
_DATA = struct.Struct("<I2H")
_LARGEST_BLOCK = 32_768
_NAME_IS_UTF8 = 0x80
_ARCHIVE = 0x20
_NOT_COMPRESSED = 0
_VERSION = (3, 1)
"""Minor and major."""


def cabinet(files: Mapping[str, bytes], moment: datetime) -> bytes:
    """A cabinet of the files in their order, all of the same date; ValueError before 1980, where DOS dates begin."""
    day, time = _dos(moment)
    content = b"".join(files.values())
    blocks = [content[at : at + _LARGEST_BLOCK] for at in range(0, len(content), _LARGEST_BLOCK)]
    names = [name.encode() + b"\0" for name in files]
    files_at = _HEADER.size + _FOLDER.size
    data_at = files_at + sum(_FILE.size + len(name) for name in names)
    size = data_at + sum(_DATA.size + len(block) for block in blocks)
    parts = [
        _HEADER.pack(b"MSCF", 0, size, 0, files_at, 0, *_VERSION, 1, len(files), 0, 0, 0),
        _FOLDER.pack(data_at, len(blocks), _NOT_COMPRESSED),
    ]
    offset = 0
    for name, data in zip(names, files.values(), strict=True):
        parts += _FILE.pack(len(data), offset, 0, day, time, _ARCHIVE | _NAME_IS_UTF8), name
        offset += len(data)
    for block in blocks:
        lengths = struct.pack("<2H", len(block), len(block))
        parts += _DATA.pack(_checksum(lengths, _checksum(block)), len(block), len(block)), block
    return b"".join(parts)


def _checksum(data: bytes, seed: int = 0) -> int:
    """The exclusive or of all words of 32 bits; the one to three bytes left over count from the highest down."""
    whole = len(data) // 4
    for word in struct.unpack_from(f"<{whole}I", data):
        seed ^= word
    return seed ^ int.from_bytes(data[whole * 4 :])


def _dos(moment: datetime) -> tuple[int, int]:
    """Day and time as MS-DOS has them, in steps of two seconds."""
    return (
        (moment.year - 1980) << 9 | moment.month << 5 | moment.day,
        moment.hour << 11 | moment.minute << 5 | moment.second // 2,
    )
