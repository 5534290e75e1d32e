"""Lists of known devices, in the format of OpenSSH's allowed_signers (ssh-keygen(1), ALLOWED SIGNERS)."""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from report.sshsig import KEY_TYPE, PublicKey

_OWN_OPTION = 'namespaces="'
MAX_BYTES = 4 * 1024 * 1024


class SignersError(ValueError):
    """A list that cannot be read; the text names file and line."""


@dataclass(frozen=True, slots=True)
class Signer:
    """One line: whom the key stands for, and for which kinds of signature."""

    principals: tuple[str, ...]
    namespaces: tuple[str, ...]
    """Empty: all."""
    key: PublicKey

    def vouches_for(self, key: PublicKey, namespace: str) -> bool:
        """Whether the line is about this key, its install id and signatures of this namespace."""
        denied = [pattern[1:] for pattern in self.principals if pattern.startswith("!")]
        name = key.install_id
        return (
            key == self.key
            and any(fnmatchcase(name, pattern) for pattern in self.principals)
            and not any(fnmatchcase(name, pattern) for pattern in denied)
            and (not self.namespaces or any(fnmatchcase(namespace, pattern) for pattern in self.namespaces))
        )


def read_signers(path: Path) -> tuple[Signer, ...]:
    """The Ed25519 keys of a list; OSError, or SignersError with the line.

    Lines with restrictions that this version cannot check (certificate authorities, validity) vouch for nothing.
    """
    signers = []
    for number, words in _lines(path):
        try:
            signer = _signer(words)
        except ValueError:
            raise SignersError(
                f"{path}, line {number}: expected NAMES [OPTIONS] {KEY_TYPE} KEY (ssh-keygen(1), ALLOWED SIGNERS)"
            ) from None
        if signer is not None:
            signers.append(signer)
    return tuple(signers)


def read_keys(path: Path) -> tuple[PublicKey, ...]:
    """The Ed25519 keys of a list of public keys, as `.pub` files have them; OSError, or SignersError with the line."""
    keys = []
    for number, words in _lines(path):
        try:
            blob = b64decode(words[1], validate=True) if words[0] == KEY_TYPE else b""
        except (Base64Error, IndexError):
            blob = b""
        if not blob:
            raise SignersError(f"{path}, line {number}: expected {KEY_TYPE} KEY [COMMENT]")
        keys.append(PublicKey(blob))
    return tuple(keys)


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Number and words of every line that says something."""
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise SignersError(f"{path}: larger than {MAX_BYTES} bytes")
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), start=1):
        words = line.split()
        if words and not words[0].startswith("#"):
            yield number, words


def _signer(words: list[str]) -> Signer | None:
    """The signer of a line; None for a line of another kind; ValueError for one of none."""
    at = next((place for place, word in enumerate(words[1:3], start=1) if _is_key_type(word)), None)
    if at is None or len(words) < at + 2:
        raise ValueError
    options = words[1] if at > 1 else ""
    try:
        blob = b64decode(words[at + 1], validate=True)
    except Base64Error:
        raise ValueError from None
    if words[at] != KEY_TYPE:
        return None
    namespaces: tuple[str, ...] = ()
    if options:
        if not options.startswith(_OWN_OPTION) or not options.endswith('"') or options.count('"') > 2:  # noqa: PLR2004
            return None
        namespaces = tuple(options.removeprefix(_OWN_OPTION).removesuffix('"').split(","))
    return Signer(tuple(words[0].split(",")), namespaces, PublicKey(blob))


def _is_key_type(word: str) -> bool:
    return word.startswith(("ssh-", "ecdsa-", "sk-"))


def is_known(key: PublicKey, namespace: str, signers: Collection[Signer]) -> bool:
    """Whether one of the lines vouches for the key."""
    return any(signer.vouches_for(key, namespace) for signer in signers)
