"""Something put before a compressed archive, which stays compressed as it is."""

import lzma

import pytest

from ui.pack.xz import NotXzError, beginning, prepended

VENDOR = b"what the vendor has packed" * 1000


@pytest.mark.parametrize("check", [lzma.CHECK_CRC32, lzma.CHECK_CRC64, lzma.CHECK_SHA256])
def test_both_are_one_stream_with_the_checks_of_the_first(check):
    packed = lzma.compress(VENDOR, check=check)
    both = prepended(b"ours" * 5000, packed)
    reader = lzma.LZMADecompressor(lzma.FORMAT_XZ)
    assert reader.decompress(both) == b"ours" * 5000 + VENDOR
    assert reader.eof
    assert not reader.unused_data
    assert reader.check == check
    assert packed[12:-60] in both


def test_something_can_be_put_before_that_again():
    assert lzma.decompress(prepended(b"2", prepended(b"1", lzma.compress(VENDOR)))) == b"21" + VENDOR


def test_the_beginning_is_read_without_the_rest():
    assert beginning(lzma.compress(VENDOR), 26) == b"what the vendor has packed"


@pytest.mark.parametrize(
    "data", [b"", VENDOR, lzma.compress(VENDOR)[:-1], lzma.compress(VENDOR) * 2, lzma.compress(VENDOR)[:20] + bytes(30)]
)
def test_what_is_no_single_stream_is_refused(data):
    with pytest.raises(NotXzError):
        prepended(b"ours", data)


def test_a_changed_index_is_refused():
    packed = bytearray(lzma.compress(VENDOR))
    packed[-20] ^= 1
    with pytest.raises(NotXzError):
        prepended(b"ours", bytes(packed))
