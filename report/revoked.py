"""Keys and certificates that count no more: a list of public keys, or a binary list of OpenSSH (PROTOCOL.krl)."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from report.certificates import Certificate, is_certificate
from report.public_keys import PublicKey
from report.ssh_lists import SignersError, key_of, lines_of, read_limited
from report.ssh_wire import Reader, WireError

_MAGIC = b"SSHKRL\n\0"
_VERSION = 1
_SHA1_BYTES, _SHA256_BYTES = 20, 32
_SERIALS = 1 << 64


class _Section(IntEnum):
    """What a section holds."""

    CERTIFICATES = 1
    KEYS = 2
    SHA1 = 3
    SHA256 = 5
    EXTENSION = 255


class _Part(IntEnum):
    """What a part of a section about certificates holds."""

    SERIALS = 0x20
    RANGE = 0x21
    BITMAP = 0x22
    KEY_IDS = 0x23
    EXTENSION = 0x39


class _UnreadableError(Exception):
    """What of a list cannot be followed; a list that is followed in part would let pass what it revokes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokedCertificates:
    """Certificates of one authority."""

    authority: bytes
    """Its key; empty: any."""
    serials: frozenset[int]
    ranges: tuple[tuple[int, int], ...]
    """First and last."""
    bitmaps: tuple[tuple[int, int], ...]
    """Bit n of the second stands for the serial n above the first."""
    key_ids: frozenset[bytes]

    def holds(self, certificate: Certificate) -> bool:
        """Whether the certificate is one of them."""
        if self.authority not in {b"", certificate.authority.blob}:
            return False
        serial = certificate.serial
        return (
            certificate.key_id in self.key_ids
            or serial in self.serials
            or any(first <= serial <= last for first, last in self.ranges)
            or any(_has_bit(bits, serial - first) for first, bits in self.bitmaps)
        )


def _has_bit(bits: int, place: int) -> bool:
    return 0 <= place < bits.bit_length() and bits >> place & 1 == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """What a list holds."""

    keys: frozenset[bytes] = frozenset()
    sha1: frozenset[bytes] = frozenset()
    sha256: frozenset[bytes] = frozenset()
    certificates: tuple[RevokedCertificates, ...] = ()

    def holds_key(self, key: PublicKey) -> bool:
        """Whether the key is revoked, be it a device's or an authority's."""
        return (
            key.blob in self.keys
            or hashlib.sha256(key.blob).digest() in self.sha256
            or hashlib.sha1(key.blob, usedforsecurity=False).digest() in self.sha1
        )

    def holds_certificate(self, certificate: Certificate) -> bool:
        """Whether the certificate itself is revoked; its keys are asked for with `holds_key`."""
        return any(group.holds(certificate) for group in self.certificates)


NONE_REVOKED = Revoked()


def read_revoked(path: Path) -> Revoked:
    """What the list holds; OSError, or SignersError for one that cannot be followed as a whole."""
    data = read_limited(path)
    if not data.startswith(_MAGIC):
        return Revoked(keys=frozenset(_listed(path, data)))
    try:
        return _binary(Reader(data[len(_MAGIC) :]))
    except WireError:
        raise SignersError(f"{path}: this revocation list is damaged; make it again with ssh-keygen -k") from None
    except _UnreadableError as error:
        raise SignersError(f"{path}: {error} in this revocation list cannot be followed, so it is refused") from None


def _listed(path: Path, data: bytes) -> Iterator[bytes]:
    """The keys of a text, as `.pub` files have them."""
    for number, line in lines_of(data):
        words = line.split()
        try:
            key = key_of(words[0], words[1])
        except (ValueError, IndexError):
            key = None
        if key is None or is_certificate(key.blob):
            raise SignersError(f"{path}, line {number}: expected KEY-TYPE KEY [COMMENT], or a file of ssh-keygen -k")
        yield key.blob


def _binary(reader: Reader) -> Revoked:
    version = reader.uint32()
    if version != _VERSION:
        raise _UnreadableError(f"format version {version}")
    reader.take(3 * 8)  # number of the list, when it was made, flags without a meaning yet
    reader.string()
    reader.string()  # its comment
    keys: set[bytes] = set()
    sha1: set[bytes] = set()
    sha256: set[bytes] = set()
    certificates = []
    while reader:
        kind, section = reader.byte(), Reader(reader.string())
        match kind:
            case _Section.CERTIFICATES:
                certificates.append(_certificates(section))
            case _Section.KEYS:
                keys |= _blobs(section)
            case _Section.SHA1:
                sha1 |= _blobs(section, _SHA1_BYTES)
            case _Section.SHA256:
                sha256 |= _blobs(section, _SHA256_BYTES)
            case _Section.EXTENSION:
                _extension(section)
            case _:
                raise _UnreadableError(f"section {kind}")
        section.end()
    return Revoked(
        keys=frozenset(keys), sha1=frozenset(sha1), sha256=frozenset(sha256), certificates=tuple(certificates)
    )


def _blobs(section: Reader, length: int | None = None) -> set[bytes]:
    blobs = set()
    while section:
        blob = section.string()
        if length is not None and len(blob) != length:
            raise WireError("length")
        blobs.add(blob)
    return blobs


def _extension(section: Reader) -> None:
    name, critical = section.string(), section.byte()
    section.string()
    if critical:
        raise _UnreadableError(f"extension {name[:40]!r}")


def _serial(serial: int) -> int:
    """The serial; 0 stands for none (OpenSSH refuses it here too)."""
    if serial == 0:
        raise WireError("serial")
    return serial


def _range(part: Reader) -> tuple[int, int]:
    first, last = _serial(part.uint64()), _serial(part.uint64())
    if first > last:
        raise WireError("range")
    return first, last


def _bitmap(part: Reader) -> tuple[int, int]:
    first, bits = part.uint64(), part.natural()
    if (first == 0 and bits & 1) or first + bits.bit_length() > _SERIALS:
        raise WireError("bitmap")
    return first, bits


def _certificates(section: Reader) -> RevokedCertificates:
    authority = section.string()
    section.string()
    serials: set[int] = set()
    ranges, bitmaps = [], []
    key_ids: set[bytes] = set()
    while section:
        kind, part = section.byte(), Reader(section.string())
        match kind:
            case _Part.SERIALS:
                while part:
                    serials.add(_serial(part.uint64()))
            case _Part.RANGE:
                ranges.append(_range(part))
            case _Part.BITMAP:
                bitmaps.append(_bitmap(part))
            case _Part.KEY_IDS:
                while part:
                    key_ids.add(part.string())
            case _Part.EXTENSION:
                _extension(part)
            case _:
                raise _UnreadableError(f"certificate section {kind}")
        part.end()
    return RevokedCertificates(
        authority=authority,
        serials=frozenset(serials),
        ranges=tuple(ranges),
        bitmaps=tuple(bitmaps),
        key_ids=frozenset(key_ids),
    )
