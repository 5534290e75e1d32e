"""Authenticode signatures of the Windows programs and of the MSI, by osslsigncode (Debian package of that name).

    python -m installer.sign FILE|FOLDER ...     the programs and libraries of a frozen folder first, then the MSI

The environment says whose: `NEXKIT_SIGN_CERTIFICATES` (a PEM file, one's own certificate first), `NEXKIT_SIGN_KEY` (a
PEM file, or the PKCS#11 URI of a key in a token or a cloud's store, with `NEXKIT_SIGN_MODULE`, the library that reaches
it), and `NEXKIT_SIGN_TIMESTAMP`, the address of a time-stamping authority (RFC 3161), without which signatures end with
the certificate. Without certificates nothing is signed, and that is said.
"""

import os
import shutil
import struct
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from installer.commands import run

PROGRAM = "osslsigncode"
_CODE = frozenset({".exe", ".dll", ".pyd"})
_LONGEST_S = 300.0
"""A time-stamping authority is asked for each file."""
_PE32_PLUS = 0x20B
_CERTIFICATE_TABLE = 4
"""The number of its entry among the data directories (PE Format)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who signs."""

    certificates: Path
    key: str
    module: str | None = None
    timestamp: str | None = None

    @property
    def words(self) -> list[str]:
        """How osslsigncode is told."""
        words = ["-certs", str(self.certificates), "-key", self.key]
        words += ["-pkcs11module", self.module] if self.module else []
        return [*words, *(["-ts", self.timestamp] if self.timestamp else [])]


def identity_in(environment: Mapping[str, str]) -> Identity | None:
    """Who signs, by the environment; None for nobody. SystemExit where half of it is missing."""
    certificates, key = environment.get("NEXKIT_SIGN_CERTIFICATES"), environment.get("NEXKIT_SIGN_KEY")
    if not certificates and not key:
        return None
    if not certificates or not key:
        raise SystemExit("NEXKIT_SIGN_CERTIFICATES and NEXKIT_SIGN_KEY are wanted together")
    return Identity(
        certificates=Path(certificates),
        key=key,
        module=environment.get("NEXKIT_SIGN_MODULE") or None,
        timestamp=environment.get("NEXKIT_SIGN_TIMESTAMP") or None,
    )


def sign(file: Path, identity: Identity) -> None:
    """Sign the file in its place; where that fails it stays as it was, and SystemExit says why in the tool's words."""
    signed = file.with_name(f".{file.name}.signed")
    words = ["sign", *identity.words, "-h", "sha256", "-n", "nexkit", "-in", str(file), "-out", str(signed)]
    try:
        run(PROGRAM, *words, timeout_s=_LONGEST_S)
        shutil.copymode(file, signed)
        signed.replace(file)
    finally:
        signed.unlink(missing_ok=True)


def unsigned_code(folder: Path) -> Iterator[Path]:
    """The programs and libraries of a folder that nobody has signed; what others signed keeps its own signature."""
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() in _CODE and file.is_file() and not is_signed(file.read_bytes()):
            yield file


def is_signed(program: bytes) -> bool:
    """Whether a program or library (PE) has a table of certificates; ValueError where it is none."""
    try:
        if program[:2] != b"MZ":
            raise ValueError("not a program of Windows")
        header = struct.unpack_from("<I", program, 0x3C)[0] + 24
        directories = header + (112 if struct.unpack_from("<H", program, header)[0] == _PE32_PLUS else 96)
        _at, size = struct.unpack_from("<II", program, directories + 8 * _CERTIFICATE_TABLE)
    except struct.error:
        raise ValueError("not a whole program of Windows") from None
    return bool(size)


def main(names: Iterable[str], environment: Mapping[str, str]) -> None:
    """Sign these files, and what is unsigned in these folders."""
    identity = identity_in(environment)
    if identity is None:
        sys.stdout.write("not signed: NEXKIT_SIGN_CERTIFICATES and NEXKIT_SIGN_KEY are not set\n")
        return
    for name in names:
        place = Path(name)
        for file in unsigned_code(place) if place.is_dir() else [place]:
            sign(file, identity)
            sys.stdout.write(f"signed: {file}\n")


if __name__ == "__main__":
    main(sys.argv[1:], os.environ)
