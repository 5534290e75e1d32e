"""Takes streams out of compound files, of which an MSI is one ([MS-CFB]: Compound File Binary File Format).

Needed for the vendor's digital signature, which no longer fits a changed MSI and which neither of the programs that
change one takes away.
"""

import struct
from collections.abc import Collection, Iterator

_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
_ENTRY = 128
_NONE = 0xFFFFFFFF
_END = 0xFFFFFFFE
_FREE = 0xFFFFFFFF
_HIGHEST_SECTOR = 0xFFFFFFFA
_SECTOR_SHIFTS = (9, 12)
"""Sectors of 512 bytes, or of 4096 (section 2.2)."""
_SMALL_SECTOR = 64
_IN_HEADER = 109
"""So many sectors of the table of sectors stand in the header."""
_BLACK = 1
_NAME, _LENGTH, _COLOUR, _LEFT, _RIGHT, _CHILD, _TIMES, _START, _SIZE = 0, 64, 67, 68, 72, 76, 100, 116, 120


class NotACompoundFileError(ValueError):
    """The bytes are no compound file, or a broken one."""


def without_streams(data: bytes, names: Collection[str]) -> bytes:
    """The file without these streams of its root, and without the times of its entries; NotACompoundFileError."""
    try:
        return _Compound(data).without(names)
    except (struct.error, IndexError):
        raise NotACompoundFileError from None


def stream_names(data: bytes) -> frozenset[str]:
    """Names of the streams of the root; NotACompoundFileError."""
    try:
        compound = _Compound(data)
        return frozenset(compound.name(entry) for entry in compound.children())
    except (struct.error, IndexError):
        raise NotACompoundFileError from None


class _Compound:
    """A compound file whose directory is changed in place."""

    def __init__(self, data: bytes) -> None:
        if not data.startswith(_MAGIC):
            raise NotACompoundFileError
        self.data = bytearray(data)
        if (shift := self._short(30)) not in _SECTOR_SHIFTS:
            raise NotACompoundFileError
        self.sector_bytes = 1 << shift
        self.cutoff = self._long(56)
        """Streams below this size stand in the small sectors."""
        places = [self._long(76 + 4 * number) for number in range(_IN_HEADER)]
        more = self._long(68)
        for _ in range(min(self._long(72), len(data) // self.sector_bytes)):
            at = self._at(more)
            count = self.sector_bytes // 4 - 1
            places += [self._long(at + 4 * number) for number in range(count)]
            more = self._long(at + 4 * count)
        self.fat = [self._at(sector) for sector in places if sector <= _HIGHEST_SECTOR]
        """Where the sectors of the table stand."""
        self.small_fat = [self._at(sector) for sector in self._chain(self._long(60), self.fat)]
        per_sector = self.sector_bytes // _ENTRY
        self.entries = [
            self._at(sector) + _ENTRY * number
            for sector in self._chain(self._long(48), self.fat)
            for number in range(per_sector)
        ]

    def without(self, names: Collection[str]) -> bytes:
        kept = []
        for entry in list(self.children()):
            if self.name(entry) in names:
                self._free(entry)
            else:
                kept.append(entry)
        kept.sort(key=self._order)
        numbers = {at: number for number, at in enumerate(self.entries)}
        self._set(self.entries[0] + _CHILD, self._tree([numbers[entry] for entry in kept]))
        for entry in self.entries:
            self.data[entry + _TIMES : entry + _START] = bytes(_START - _TIMES)
        return bytes(self.data)

    def children(self) -> Iterator[int]:
        """Where the entries of what is in the root stand."""
        waiting = [self._long(self.entries[0] + _CHILD)]
        seen: set[int] = set()
        while waiting:
            number = waiting.pop()
            if number == _NONE:
                continue
            if number in seen:
                raise NotACompoundFileError
            seen.add(number)
            entry = self.entries[number]
            yield entry
            waiting += self._long(entry + _LEFT), self._long(entry + _RIGHT)

    def name(self, entry: int) -> str:
        """The name of what an entry is about."""
        length = max(self._short(entry + _LENGTH) - 2, 0)
        return self.data[entry : entry + length].decode("utf-16-le", "surrogatepass")

    def _order(self, entry: int) -> tuple[int, bytes]:
        """Names are ordered by length, and then by their letters (section 2.6.4)."""
        name = self.name(entry)
        return self._short(entry + _LENGTH), name.upper().encode("utf-16-be", "surrogatepass")

    def _tree(self, numbers: list[int]) -> int:
        """Make a balanced tree of the entries, all of them black; the number of its root."""
        if not numbers:
            return _NONE
        middle = len(numbers) // 2
        entry = self.entries[numbers[middle]]
        self.data[entry + _COLOUR] = _BLACK
        self._set(entry + _LEFT, self._tree(numbers[:middle]))
        self._set(entry + _RIGHT, self._tree(numbers[middle + 1 :]))
        return numbers[middle]

    def _free(self, entry: int) -> None:
        """Give back the sectors of a stream, and empty its entry (section 2.6.3)."""
        table = self.fat if self._long(entry + _SIZE) >= self.cutoff else self.small_fat
        if self._long(entry + _SIZE):
            for sector in list(self._chain(self._long(entry + _START), table)):
                self._set(self._place(sector, table), _FREE)
        self.data[entry : entry + _ENTRY] = bytes(_ENTRY)
        for link in (_LEFT, _RIGHT, _CHILD):
            self._set(entry + link, _NONE)

    def _chain(self, sector: int, table: list[int]) -> Iterator[int]:
        left = len(self.data) // _SMALL_SECTOR + 1
        while sector != _END:
            left -= 1
            if sector > _HIGHEST_SECTOR or not left:
                raise NotACompoundFileError
            yield sector
            sector = self._long(self._place(sector, table))

    def _place(self, sector: int, table: list[int]) -> int:
        """Where the table says which sector comes next."""
        per_sector = self.sector_bytes // 4
        return table[sector // per_sector] + 4 * (sector % per_sector)

    def _at(self, sector: int) -> int:
        return (sector + 1) * self.sector_bytes

    def _short(self, at: int) -> int:
        return int(struct.unpack_from("<H", self.data, at)[0])

    def _long(self, at: int) -> int:
        return int(struct.unpack_from("<I", self.data, at)[0])

    def _set(self, at: int, value: int) -> None:
        struct.pack_into("<I", self.data, at, value)
