"""Streams taken out of compound files, large and small ones; damaged files end in one error."""

import struct

import pytest

from ui.pack.compound import NotACompoundFileError, stream_names, without_streams

SECTOR = 512
END, FREE, TABLE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
LARGE, SMALL = b"L" * 5000, b"s" * 100


def entry(name: str, kind: int, *, right: int = FREE, child: int = FREE, start: int = END, size: int = 0) -> bytes:
    raw = name.encode("utf-16-le") + b"\0\0"
    head = raw.ljust(64, b"\0") + struct.pack("<H2B3I", len(raw), kind, 1, FREE, right, child)
    return head + bytes(20) + b"\1" * 16 + struct.pack("<IQ", start, size)


def compound() -> bytes:
    """Sectors: 0 table, 1 and 2 directory, 3 table of small sectors, 4 these, then two large streams."""
    large = 10
    fat = [TABLE, 2, END, END, END, *range(6, 5 + large), END, *range(6 + large, 5 + 2 * large), END]
    small_fat = [1, END, 3, END]
    streams = [
        entry("Root Entry", 5, child=1, start=4, size=256),
        entry("aa", 2, right=2, start=5, size=len(LARGE)),
        entry("\x05DigitalSignature", 2, right=3, start=5 + large, size=len(LARGE)),
        entry("bbb", 2, right=4, start=0, size=len(SMALL)),
        entry("\x05MsiDigitalSignatureEx", 2, start=2, size=len(SMALL)),
    ]
    streams += [entry("", 0)] * (8 - len(streams))
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16)
    header += struct.pack("<5H6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<9I", 0, 1, 1, 0, 4096, 3, 1, END, 0) + struct.pack("<I", 0) + struct.pack("<I", FREE) * 108
    body = struct.pack("<128I", *fat, *[FREE] * (128 - len(fat)))
    body += b"".join(streams) + struct.pack("<128I", *small_fat, *[FREE] * 124)
    body += (SMALL + bytes(28)) * 2 + bytes(256)
    return header + body + 2 * LARGE.ljust(large * SECTOR, b"\0")


SIGNATURES = {"\x05DigitalSignature", "\x05MsiDigitalSignatureEx"}


def tables(data: bytes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return struct.unpack_from("<25I", data, SECTOR), struct.unpack_from("<4I", data, 4 * SECTOR)


def test_signatures_go_and_the_rest_stays_where_it_is():
    before = compound()
    after = without_streams(before, SIGNATURES)
    assert stream_names(before) == SIGNATURES | {"aa", "bbb"}
    assert stream_names(after) == {"aa", "bbb"}
    assert len(after) == len(before)
    assert after[5 * SECTOR :] == before[5 * SECTOR :]


def test_the_sectors_of_what_went_are_free_and_those_of_what_stayed_are_not():
    large, small = tables(without_streams(compound(), SIGNATURES))
    assert large[:15] == tables(compound())[0][:15]
    assert set(large[15:]) == {FREE}
    assert small == (1, END, FREE, FREE)


def test_no_time_of_any_entry_is_left():
    assert b"\1" * 16 not in without_streams(compound(), ())


def test_where_nothing_is_to_go_all_streams_stay():
    assert stream_names(without_streams(compound(), ())) == stream_names(compound())


@pytest.mark.parametrize("data", [b"", b"MZ", compound()[:600], compound()[: 3 * SECTOR]])
def test_what_is_no_compound_file_is_one_error(data):
    with pytest.raises(NotACompoundFileError):
        without_streams(data, SIGNATURES)


def test_a_directory_that_runs_in_a_ring_ends():
    data = bytearray(compound())
    struct.pack_into("<I", data, SECTOR + 4 * 2, 1)
    with pytest.raises(NotACompoundFileError):
        without_streams(bytes(data), SIGNATURES)


@pytest.mark.parametrize("shift", [0, 1, 6, 31, 200, 65535])
def test_sectors_of_other_sizes_are_refused(shift):
    data = bytearray(compound())
    struct.pack_into("<H", data, 30, shift)
    with pytest.raises(NotACompoundFileError):
        without_streams(bytes(data), SIGNATURES)


def test_a_table_that_names_itself_as_the_next_one_ends():
    data = bytearray(compound())
    struct.pack_into("<2I", data, 68, 0, 0xFFFFFFFF)
    struct.pack_into("<I", data, SECTOR + 4 * 127, 0)
    assert stream_names(bytes(data)) == stream_names(compound())
