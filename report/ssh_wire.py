"""The data types that OpenSSH's formats are made of (RFC 4251 section 5)."""

import struct


class WireError(ValueError):
    """Bytes that end too early, or go on where they should end."""


def string(value: bytes) -> bytes:
    """The bytes with their length in front."""
    return struct.pack(">I", len(value)) + value


class Reader:
    """Takes values off the front of bytes of unknown origin; WireError where there are none."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __bool__(self) -> bool:
        """Whether anything is left."""
        return self._at < len(self._data)

    def take(self, count: int) -> bytes:
        """Just so many bytes."""
        taken = self._data[self._at : self._at + count]
        if len(taken) != count:
            raise WireError("too short")
        self._at += count
        return taken

    def byte(self) -> int:
        """One byte."""
        return self.take(1)[0]

    def uint32(self) -> int:
        """Four bytes, the highest first."""
        return int.from_bytes(self.take(4))

    def uint64(self) -> int:
        """Eight bytes, the highest first."""
        return int.from_bytes(self.take(8))

    def string(self) -> bytes:
        """Bytes with their length in front."""
        return self.take(self.uint32())

    def natural(self) -> int:
        """An mpint that is not negative and written as short as it can be."""
        data = self.string()
        if data and (data[0] >= 0x80 or (data[0] == 0 and (len(data) == 1 or data[1] < 0x80))):  # noqa: PLR2004  sign bit
            raise WireError("mpint")
        return int.from_bytes(data)

    def end(self) -> None:
        """Nothing is left."""
        if self:
            raise WireError("too long")


def strings(data: bytes, count: int) -> list[bytes]:
    """Exactly so many strings, and nothing behind them."""
    reader = Reader(data)
    found = [reader.string() for _ in range(count)]
    reader.end()
    return found
