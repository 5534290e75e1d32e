"""Cabinets, byte for byte as [MS-CAB] has them; that others read them is tried with real installers (tests/package)."""

import struct
from datetime import UTC, datetime

from ui.pack.cabinet import cabinet

MOMENT = datetime(2026, 11, 21, 10, 30, 7, tzinfo=UTC)


def checksum(data: bytes) -> int:
    """Word by word, as the specification's own listing (CSUMCompute)."""
    total, at = 0, 0
    while len(data) - at >= 4:
        total ^= data[at] | data[at + 1] << 8 | data[at + 2] << 16 | data[at + 3] << 24
        at += 4
    rest = data[at:]
    tail = 0
    if len(rest) == 3:
        tail = rest[0] << 16 | rest[1] << 8 | rest[2]
    elif len(rest) == 2:
        tail = rest[0] << 8 | rest[1]
    elif rest:
        tail = rest[0]
    return total ^ tail


def read(data: bytes) -> dict[str, bytes]:
    """The files of an uncompressed cabinet of one folder; all lengths and check sums have to be right."""
    assert data[:4] == b"MSCF"
    size, files_at = struct.unpack_from("<I4xI", data, 8)
    assert size == len(data)
    folders, count = struct.unpack_from("<2H", data, 26)
    assert folders == 1
    at, blocks, compression = struct.unpack_from("<I2H", data, 36)
    assert compression == 0
    content = b""
    for _ in range(blocks):
        told, stored, whole = struct.unpack_from("<I2H", data, at)
        block = data[at + 8 : at + 8 + stored]
        assert stored == whole <= 32768
        assert told == checksum(block) ^ checksum(data[at + 4 : at + 8])
        content += block
        at += 8 + stored
    assert at == len(data)
    found = {}
    at = files_at
    for _ in range(count):
        length, offset, _folder, day, time, attributes = struct.unpack_from("<2I4H", data, at)
        name, _, _ = data[at + 16 :].partition(b"\0")
        assert (day, time) == (46 << 9 | 11 << 5 | 21, 10 << 11 | 30 << 5 | 3)
        assert attributes & 0x80
        found[name.decode()] = content[offset : offset + length]
        at += 16 + len(name) + 1
    return found


def test_what_goes_in_comes_out_whatever_its_size():
    files = {f"file{size}": bytes(at * 7 % 251 for at in range(size)) for size in (0, 1, 2, 3, 4, 5, 32768, 70001)}
    assert read(cabinet(files, MOMENT)) == files


def test_the_same_files_make_the_same_bytes():
    assert cabinet({"a": b"x"}, MOMENT) == cabinet({"a": b"x"}, MOMENT)
    assert cabinet({"a": b"x"}, MOMENT) != cabinet({"a": b"y"}, MOMENT)
