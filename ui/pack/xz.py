"""Puts something in front of a compressed archive (.xz) without compressing the rest of it again.

A stream of the .xz format 1.2.1 is a row of blocks, each compressed by itself, and an index of them.
"""

import lzma
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

_MAGIC = b"\xfd7zXZ\0"
_HEADER = 12
_FOOTER = 12
_FOOTER_MAGIC = b"YZ"
_MOST_MEMORY = 1 << 28
"""For a dictionary four times as large as that of `xz -9`: the stream itself says how much it wants."""


class NotXzError(ValueError):
    """The bytes are no single .xz stream."""


@dataclass(frozen=True, slots=True)
class _Stream:
    flags: bytes
    blocks: bytes
    records: Sequence[tuple[int, int]]
    """Of each block the size without padding, and the size of what it holds."""


def prepended(data: bytes, stream: bytes) -> bytes:
    """A stream of the data and of what the given stream holds; NotXzError."""
    rest = _read(stream)
    try:
        first = _read(lzma.compress(data, lzma.FORMAT_XZ, check=rest.flags[1]))
    except (lzma.LZMAError, ValueError):
        raise NotXzError from None  # no kind of check that there is
    records = [*first.records, *rest.records]
    index = b"\0" + _number(len(records)) + b"".join(_number(size) for record in records for size in record)
    index += bytes(-len(index) % 4)
    index += struct.pack("<I", crc32(index))
    tail = struct.pack("<I", len(index) // 4 - 1) + rest.flags
    header = _MAGIC + rest.flags + struct.pack("<I", crc32(rest.flags))
    return b"".join((header, first.blocks, rest.blocks, index, struct.pack("<I", crc32(tail)), tail, _FOOTER_MAGIC))


def beginning(stream: bytes, size: int) -> bytes:
    """The first bytes of what a stream holds, at most `size`; NotXzError."""
    return _decompressed(stream, size)[0]


def whole(stream: bytes, most: int) -> bytes:
    """All that a stream holds; NotXzError where that is `most` or more, or the stream does not end."""
    data, has_ended = _decompressed(stream, most)
    if not has_ended:
        raise NotXzError
    return data


def _decompressed(stream: bytes, size: int) -> tuple[bytes, bool]:
    """At most so many bytes of what it holds, and whether that is all."""
    decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MOST_MEMORY)
    try:
        return decompressor.decompress(stream, max_length=size), decompressor.eof
    except lzma.LZMAError:
        raise NotXzError from None


def _read(stream: bytes) -> _Stream:
    if len(stream) < _HEADER + _FOOTER or not stream.startswith(_MAGIC) or not stream.endswith(_FOOTER_MAGIC):
        raise NotXzError
    flags = stream[6:8]
    (backward,) = struct.unpack_from("<I", stream, len(stream) - 8)
    index_at = len(stream) - _FOOTER - 4 * (backward + 1)
    index = stream[index_at:-_FOOTER]
    if index_at < _HEADER or index[:1] != b"\0" or struct.pack("<I", crc32(index[:-4])) != index[-4:]:
        raise NotXzError
    count, at = _read_number(index, 1)
    records = []
    for _ in range(count):
        unpadded, at = _read_number(index, at)
        content, at = _read_number(index, at)
        records.append((unpadded, content))
    blocks = stream[_HEADER:index_at]
    if sum((unpadded + 3) // 4 * 4 for unpadded, _ in records) != len(blocks):
        raise NotXzError  # several streams in a row
    return _Stream(flags, blocks, records)


def _number(value: int) -> bytes:
    """A number as the format writes them: seven bits in each byte, the lowest first."""
    written = bytearray()
    while value > 0x7F:  # noqa: PLR2004  seven bits
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*written, value))


def _read_number(data: bytes, at: int) -> tuple[int, int]:
    """A number, and where what follows it begins; NotXzError."""
    value = shift = 0
    while at < len(data) and shift < 63:  # noqa: PLR2004  no longer than nine bytes
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, at
        shift += 7
    raise NotXzError
