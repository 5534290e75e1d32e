"""The zip around a bundle: written one canonical way, read with every byte accounted for.

What this program writes has no freedom in it: members sorted, deflated, no directory entries, extra fields, comments,
data descriptors or zip64, fixed time and attributes. A copy that somebody unpacked and zipped again deviates in the
harmless ones of these, which is told; whatever could hide something is refused (APPNOTE 6.3.10 names the fields).
"""

import re
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

MAX_ZIP_BYTES = 16 * 1024 * 1024
"""More than mail carries. With what is in it, it is held in memory as a whole."""
MAX_MEMBER_BYTES = 16 * 1024 * 1024
MAX_TOTAL_BYTES = 32 * 1024 * 1024
MAX_MEMBERS = 512
MAX_RATIO = 200
MIN_RATIO_BYTES = 64 * 1024
"""Below this size a high ratio is no bomb."""

_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_LOCAL_MARK, _CENTRAL_MARK, _END_MARK, _DESCRIPTOR_MARK = b"PK\3\4", b"PK\1\2", b"PK\5\6", b"PK\7\x08"
_VERSION = 20
_MADE_BY = 3 << 8 | _VERSION
"""Unix, so that the attributes mean a mode."""
_MODE = 0o100644 << 16
_TIME, _DATE = 0, 0x21
"""1980-01-01 00:00, the earliest there is."""
_STORED, _DEFLATED = 0, 8
_FLAG_ENCRYPTED, _FLAG_DESCRIPTOR, _FLAGS_HARMLESS = 0x0001, 0x0008, 0x080E
"""Harmless: the effort of compression, a data descriptor, names in UTF-8."""
_ZIP64_EXTRA = 0x0001
_LIMIT_16, _LIMIT_32 = 0xFFFF, 0xFFFFFFFF
_TYPE_MASK, _TYPE_FILE, _TYPE_FOLDER = 0o170000, 0o100000, 0o040000
_FIRST_PART = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")
_PART = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?")
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
"""Names that Windows opens as devices."""
_OF_SYSTEMS = re.compile(r"(?i:\.ds_store|__macosx|\._.*|thumbs\.db|desktop\.ini)")
"""What macOS and Windows put into folders, and so into zips that are made of these."""
_LONGEST_NAME = 200


class Deviation(Enum):
    """How a container differs from what this program writes, with its content untouched."""

    EXTRA_FIELD = "extra_field"
    DIRECTORY_ENTRY = "directory_entry"
    DATA_DESCRIPTOR = "data_descriptor"
    NOT_CANONICAL = "not_canonical"
    """Another order, time, mode, compression method or writer."""


class ContainerError(ValueError):
    """A container that no honest program makes of a bundle; the text is a stable word."""


@dataclass(frozen=True, slots=True)
class Container:
    """What is in a container."""

    top: str
    """The one folder on top."""
    files: Mapping[str, bytes]
    """By path below that folder."""
    deviations: frozenset[Deviation]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    """One entry of the central directory."""

    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    header: bytes
    """The entry as it stands."""


def write_container(top: str, files: Mapping[str, bytes]) -> bytes:
    """The canonical zip of the files below one folder; the same bytes for the same files."""
    body, directory = bytearray(), bytearray()
    for path in sorted(files):
        data = files[path]
        name = f"{top}/{path}".encode("ascii")
        packed = _deflate(data)
        header = _headers(name, zlib.crc32(data), len(packed), len(data), len(body))
        body += header[0] + packed
        directory += header[1]
    end = _END.pack(_END_MARK, 0, 0, len(files), len(files), len(directory), len(body), 0)
    return bytes(body + directory + end)


def _deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def _headers(name: bytes, crc: int, packed: int, size: int, offset: int) -> tuple[bytes, bytes]:
    """The local and the central header of a member, as this program writes them."""
    common = (0, _DEFLATED, _TIME, _DATE, crc, packed, size, len(name))
    local = _LOCAL.pack(_LOCAL_MARK, _VERSION, *common, 0)
    central = _CENTRAL.pack(_CENTRAL_MARK, _MADE_BY, _VERSION, *common, 0, 0, 0, 0, _MODE, offset)
    return local + name, central + name


def read_container(data: bytes) -> Container:
    """The files of a container; ContainerError unless every byte of it is accounted for."""
    if len(data) > MAX_ZIP_BYTES:
        raise ContainerError("too_large")
    directory_at, count = _read_end(data)
    deviations: set[Deviation] = set()
    members = _read_directory(data[directory_at : len(data) - _END.size], count, deviations)
    if sum(member.size for member in members) > MAX_TOTAL_BYTES:
        raise ContainerError("too_large")
    files: dict[str, bytes] = {}
    folders: set[str] = set()
    tops: set[str] = set()
    expected_at = 0
    in_place = sorted(members, key=lambda member: member.offset)
    if in_place != members or [member.name for member in members] != sorted(member.name for member in members):
        deviations.add(Deviation.NOT_CANONICAL)
    for member, following in zip(in_place, [*in_place[1:], None], strict=True):
        if member.offset != expected_at:
            raise ContainerError("unaccounted_bytes")
        expected_at = directory_at if following is None else following.offset
        top, path = _checked_name(member.name)
        tops.add(top)
        content = _read_member(data, member, expected_at, deviations)
        if member.name.endswith(b"/"):
            folders.add(path)
        elif path in files:
            raise ContainerError("duplicate_name")
        else:
            files[path] = content
    if expected_at != directory_at:
        raise ContainerError("unaccounted_bytes")
    if len(tops) != 1 or "" in files or folders & files.keys():
        raise ContainerError("not_one_folder")
    return Container(top=tops.pop(), files=files, deviations=frozenset(deviations))


def _read_end(data: bytes) -> tuple[int, int]:
    """Where the central directory begins, and how many entries it has."""
    if len(data) < _END.size or data[-_END.size :][:4] != _END_MARK:
        raise ContainerError("trailing_data" if _END_MARK in data else "not_a_zip")
    _, disk, first_disk, here, count, size, offset, comment = _END.unpack(data[-_END.size :])
    if comment:
        raise ContainerError("comment")
    if disk or first_disk or here != count:
        raise ContainerError("many_disks")
    if count == _LIMIT_16 or _LIMIT_32 in (size, offset):
        raise ContainerError("zip64")
    if not 0 < count <= MAX_MEMBERS:
        raise ContainerError("too_many_members")
    if offset + size + _END.size != len(data):
        raise ContainerError("unaccounted_bytes")
    return offset, count


def _read_directory(directory: bytes, count: int, deviations: set[Deviation]) -> list[_Member]:
    members = []
    at = 0
    for _ in range(count):
        if directory[at : at + 4] != _CENTRAL_MARK or len(directory) - at < _CENTRAL.size:
            raise ContainerError("bad_directory")
        fields = _CENTRAL.unpack_from(directory, at)
        _, made_by, _, flags, method, _, _, crc, packed, size, name_size, extra_size, comment, disk, _, mode, offset = (
            fields
        )
        end = at + _CENTRAL.size + name_size + extra_size
        name = directory[at + _CENTRAL.size : at + _CENTRAL.size + name_size]
        if comment:
            raise ContainerError("comment")
        if disk:
            raise ContainerError("many_disks")
        if flags & _FLAG_ENCRYPTED:
            raise ContainerError("encrypted")
        if flags & ~_FLAGS_HARMLESS or method not in (_STORED, _DEFLATED):
            raise ContainerError("unknown_method")
        _check_sizes(packed, size, offset)
        _check_mode(made_by, mode, is_folder=name.endswith(b"/"))
        _check_extra(directory[at + _CENTRAL.size + name_size : end], deviations)
        members.append(
            _Member(
                name=name,
                flags=flags,
                method=method,
                crc=crc,
                packed=packed,
                size=size,
                offset=offset,
                header=directory[at:end],
            )
        )
        at = end
    if at != len(directory):
        raise ContainerError("unaccounted_bytes")
    return members


def _check_sizes(packed: int, size: int, offset: int) -> None:
    if _LIMIT_32 in (packed, size, offset):
        raise ContainerError("zip64")
    if size > MAX_MEMBER_BYTES:
        raise ContainerError("too_large")
    if size > MIN_RATIO_BYTES and size > packed * MAX_RATIO:
        raise ContainerError("ratio")


def _check_mode(made_by: int, mode: int, *, is_folder: bool) -> None:
    """Regular files and folders only: no link, no device."""
    if made_by >> 8 == _MADE_BY >> 8:
        kind = mode >> 16 & _TYPE_MASK
        if kind not in (0, _TYPE_FOLDER if is_folder else _TYPE_FILE):
            raise ContainerError("not_a_file")


def _check_extra(extra: bytes, deviations: set[Deviation]) -> None:
    if not extra:
        return
    deviations.add(Deviation.EXTRA_FIELD)
    at = 0
    while at < len(extra):
        if len(extra) - at < 4:  # noqa: PLR2004  a header of two 16-bit numbers
            raise ContainerError("bad_extra_field")
        kind, size = struct.unpack_from("<HH", extra, at)
        if kind == _ZIP64_EXTRA:
            raise ContainerError("zip64")
        at += 4 + size
    if at != len(extra):
        raise ContainerError("bad_extra_field")


def _checked_name(raw: bytes) -> tuple[str, str]:
    """Top folder and path below it; ContainerError for every name that this program would not give."""
    try:
        name = raw.decode("ascii")
    except UnicodeDecodeError:
        raise ContainerError("bad_name") from None
    top, _, path = name.partition("/")
    path = path.removesuffix("/")
    parts = path.split("/") if path else []
    fits = all(_PART.fullmatch(part) and not _DEVICES.fullmatch(part) for part in parts)
    if any(_OF_SYSTEMS.fullmatch(part) for part in (top, *parts)):
        raise ContainerError("system_files")
    if len(name) > _LONGEST_NAME or not _FIRST_PART.fullmatch(top) or not fits:
        raise ContainerError("bad_name")
    return top, path


def _read_member(data: bytes, member: _Member, until: int, deviations: set[Deviation]) -> bytes:
    """The content of a member, whose record ends exactly at `until`."""
    begin = member.offset + _LOCAL.size
    if begin > until or data[member.offset : member.offset + 4] != _LOCAL_MARK:
        raise ContainerError("bad_record")
    fields = _LOCAL.unpack_from(data, member.offset)
    _, _, flags, method, _, _, crc, packed, size, name_size, extra_size = fields
    described = bool(flags & _FLAG_DESCRIPTOR)
    if flags != member.flags or method != member.method or data[begin : begin + name_size] != member.name:
        raise ContainerError("headers_differ")
    if (crc, packed, size) != ((0, 0, 0) if described else (member.crc, member.packed, member.size)) and (
        (crc, packed, size) != (member.crc, member.packed, member.size)
    ):
        raise ContainerError("headers_differ")
    content_at = begin + name_size + extra_size
    content_end = content_at + member.packed
    _check_extra(data[begin + name_size : content_at], deviations)
    if described:
        deviations.add(Deviation.DATA_DESCRIPTOR)
        trailer = data[content_end:until]
        wanted = struct.pack("<III", member.crc, member.packed, member.size)
        if trailer not in (wanted, _DESCRIPTOR_MARK + wanted):
            raise ContainerError("unaccounted_bytes")
    elif content_end != until:
        raise ContainerError("unaccounted_bytes")
    if member.name.endswith(b"/"):
        deviations.add(Deviation.DIRECTORY_ENTRY)
        if member.size:
            raise ContainerError("bad_record")
    canonical = _headers(member.name, member.crc, member.packed, member.size, member.offset)
    if (data[member.offset : content_at], member.header) != canonical:
        deviations.add(Deviation.NOT_CANONICAL)
    return _unpack(data[content_at:content_end], member)


def _unpack(packed: bytes, member: _Member) -> bytes:
    if member.method == _STORED:
        content = packed
    else:
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            content = unpacker.decompress(packed, member.size + 1)
        except zlib.error:
            raise ContainerError("bad_record") from None
        if not unpacker.eof or unpacker.unused_data or unpacker.unconsumed_tail:
            raise ContainerError("headers_differ")
    if len(content) != member.size or zlib.crc32(content) != member.crc:
        raise ContainerError("headers_differ")
    return content
