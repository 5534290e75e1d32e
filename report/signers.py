"""Lists of who may sign, in the format of OpenSSH's allowed_signers (ssh-keygen(1), ALLOWED SIGNERS)."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from report.certificates import Certificate
from report.public_keys import AUTHORITY_TYPES, SIGNER_TYPES, PublicKey
from report.ssh_lists import SignersError, key_of, lines_of, read_limited

DEVICE_NAMESPACES = ("report", "withdraw")
"""What the key of an installation signs."""
_WORD = re.compile(r'"([^"]*)"|([^\s"]\S*)')
_OPTION = re.compile(r'([A-Za-z-]+)(?:="((?:[^"\\]|\\.)*)")?(?:,|\Z)')
_OPTIONS = re.compile(r'(?:[^\s"\\]|"(?:[^"\\]|\\.)*"|\\.)+')
_TIME = re.compile(r"(\d{8})(\d{4})?(\d{2})?(Z|UTC)?")
_KEY_TYPE = re.compile(r"(?:sk-)?(?:ssh|ecdsa)-[a-z0-9@.-]+")


class _UncheckedError(Exception):
    """A line with what cannot be checked here: it vouches for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """One line: whom the key stands for, for which kinds of signature, and when."""

    principals: tuple[str, ...]
    key: PublicKey
    authority: bool
    """The key signs certificates; it is not itself a signer of reports."""
    namespaces: tuple[str, ...] = ()
    """Empty: all."""
    valid_after: datetime | None = None
    valid_before: datetime | None = None

    def allows(self, namespace: str, at: datetime) -> bool:
        """Whether the line is about signatures of this namespace, checked at this moment."""
        return (
            (not self.namespaces or matches(namespace, self.namespaces))
            and (self.valid_after is None or at >= self.valid_after)
            and (self.valid_before is None or at <= self.valid_before)
        )

    def vouches_for(self, key: PublicKey, namespace: str, at: datetime) -> bool:
        """Whether the line lists this key under its install id."""
        return (
            not self.authority
            and key == self.key
            and matches(key.install_id, self.principals)
            and self.allows(namespace, at)
        )

    def issued(self, certificate: Certificate, namespace: str, at: datetime) -> bool:
        """Whether the line's authority issued the certificate and may, for its principal; not its dates."""
        return (
            self.authority
            and certificate.authority == self.key
            and matches(certificate.principal, self.principals)
            and self.allows(namespace, at)
        )


def signers_line(key: PublicKey) -> str:
    """The line by which a list knows an installation by its key."""
    return f'{key.install_id} namespaces="{",".join(DEVICE_NAMESPACES)}" {key.line}'


def is_known(key: PublicKey, namespace: str, signers: Iterable[Signer], at: datetime) -> bool:
    """Whether one of the lines lists the key under its install id."""
    return any(signer.vouches_for(key, namespace, at) for signer in signers)


def is_issued(certificate: Certificate, namespace: str, signers: Iterable[Signer], at: datetime) -> bool:
    """Whether an authority of the list issued the certificate."""
    return any(signer.issued(certificate, namespace, at) for signer in signers)


def names_of(key: PublicKey, namespace: str, signers: Iterable[Signer], at: datetime) -> tuple[str, ...]:
    """Whom the first line that lists the key says it stands for, as `-Y find-principals` does; () where none does."""
    for signer in signers:
        if not signer.authority and signer.key == key and signer.allows(namespace, at):
            return signer.principals
    return ()


def read_signers(path: Path) -> tuple[Signer, ...]:
    """The lines of a list that can be checked here; OSError, or SignersError with the line.

    Lines with options or types of keys that cannot be checked here vouch for nothing.
    """
    return signers_in(read_limited(path), path)


def signers_in(data: bytes, path: Path) -> tuple[Signer, ...]:
    """As `read_signers`, of bytes that were read from the path."""
    signers = []
    for number, line in lines_of(data):
        try:
            signers.append(_signer(line))
        except _UncheckedError:
            continue
        except ValueError:
            raise SignersError(
                f"{path}, line {number}: expected NAMES [OPTIONS] KEY-TYPE KEY (ssh-keygen(1), ALLOWED SIGNERS)"
            ) from None
    return tuple(signers)


def _signer(line: str) -> Signer:
    """The signer of a line; ValueError for a line of another form."""
    names = _WORD.match(line)
    if names is None:
        raise ValueError
    rest = line[names.end() :].strip()
    written = None if _KEY_TYPE.match(rest) else _OPTIONS.match(rest)
    words = rest[written.end() if written else 0 :].split()
    if len(words) < 2 or not _KEY_TYPE.fullmatch(words[0]):  # noqa: PLR2004  type and key
        raise ValueError
    options = _options(written[0]) if written else {}
    authority = "cert-authority" in options
    if words[0] not in (AUTHORITY_TYPES if authority else SIGNER_TYPES):
        raise _UncheckedError
    key = key_of(words[0], words[1])
    return Signer(
        principals=_list(names[1] or names[2] or ""),
        key=key,
        authority=authority,
        namespaces=_list(options.get("namespaces") or ""),
        valid_after=_time(options.get("valid-after")),
        valid_before=_time(options.get("valid-before")),
    )


def _options(text: str) -> dict[str, str | None]:
    """Value by name; None for a name without one."""
    options: dict[str, str | None] = {}
    at = 0
    while at < len(text):
        option = _OPTION.match(text, at)
        if option is None:
            raise _UncheckedError
        name, value = option[1].lower(), option[2]
        with_value = name in {"namespaces", "valid-after", "valid-before"}
        if name in options or (value is not None) != with_value or not (with_value or name == "cert-authority"):
            raise _UncheckedError
        if value == "":
            # An empty list means nothing to OpenSSH, and everything to a careless reader.
            raise _UncheckedError
        options[name] = None if value is None else re.sub(r"\\(.)", r"\1", value)
        at = option.end()
    return options


def _time(text: str | None) -> datetime | None:
    """A moment as ssh-keygen(1) writes them; local time where it does not end with Z."""
    if text is None:
        return None
    parts = _TIME.fullmatch(text)
    if parts is None:
        raise _UncheckedError
    try:
        moment = datetime.strptime(f"{parts[1]}{parts[2] or '0000'}{parts[3] or '00'}", "%Y%m%d%H%M%S")  # noqa: DTZ007  below
        return moment.replace(tzinfo=UTC) if parts[4] else moment.astimezone()
    except (ValueError, OverflowError, OSError):
        raise _UncheckedError from None


def _list(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


def matches(text: str, patterns: Collection[str]) -> bool:
    """Whether the text matches a list of patterns (ssh_config(5), PATTERNS): one of them, none of those with `!`."""
    denied = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
    allowed = [pattern for pattern in patterns if not pattern.startswith("!")]
    return any(_glob(pattern, text) for pattern in allowed) and not any(_glob(pattern, text) for pattern in denied)


def _glob(pattern: str, text: str) -> bool:
    """Whether the text matches a pattern of `*` and `?`, in time that grows with their lengths alone."""
    at = place = 0
    star = mark = -1
    while at < len(text):
        if place < len(pattern) and pattern[place] == "*":
            star, mark = place, at
            place += 1
        elif place < len(pattern) and pattern[place] in {"?", text[at]}:
            at += 1
            place += 1
        elif star >= 0:
            mark += 1
            at, place = mark, star + 1
        else:
            return False
    return not pattern[place:].strip("*")
