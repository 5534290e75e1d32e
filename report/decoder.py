"""The decoder list of a report: what its pseudonyms stand for. It stays on this computer, for its owner alone.

A desk that asks "which host is host-hvy2abcd?" is answered by the user, who can look it up here. A list is deleted by
itself after some months, and at once when the user has it forgotten.
"""

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nexkit.platform.owner import data_folder
from report.codec import CodecError, decode, dumps, loads
from report.draft import Draft
from report.files import write_new
from report.plain import encode
from report.residual import loose

KEPT_DAYS = 180
"""As long as a ticket may take; longer than that nobody asks."""
_SCHEMA = "nexkit/decoder/1"
_SUFFIX = ".json"
_REPORT_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")
_TOKEN = re.compile(r"[a-z]{2,6}-[a-z2-7]{8}(?![a-z2-7])")


class DecoderError(Exception):
    """A list that is not there or cannot be read; the text names the place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoder:
    """What the pseudonyms of one report stand for."""

    report_id: str
    made_at: datetime
    tokens: Mapping[str, str] = field(repr=False)
    """By pseudonym."""
    shown: Mapping[str, str] = field(repr=False)
    """How each private value stands in the report, by value."""

    def look_up(self, text: str) -> tuple[tuple[str, str], ...]:
        """(as it stands in the report, what it is) for a pseudonym, a text that holds some, or a private value."""
        found = {token: self.tokens[token] for token in _TOKEN.findall(text) if token in self.tokens}
        wanted = loose(text.strip())
        found |= {shown: value for shown, value in self.tokens.items() if wanted in {loose(value), loose(shown)}}
        found |= {shown: value for value, shown in self.shown.items() if wanted in {loose(value), loose(shown)}}
        return tuple(found.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    schema: str
    report_id: str
    made_at: datetime
    tokens: Mapping[str, str]
    shown: Mapping[str, str]


def decoder_of(draft: Draft, now: datetime) -> Decoder:
    """The list of a report that is not saved (yet); it is in memory alone."""
    return Decoder(report_id=draft.report_id, made_at=now, tokens=draft.redacted.decoder, shown=draft.redacted.replaced)


def keep_decoder(draft: Draft, now: datetime, folder: Path | None = None) -> Path:
    """Write the list of a report that was saved, and delete lists that are too old; OSError where that fails."""
    folder = folder or _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    delete_old_decoders(now, folder)
    path = _path(draft.report_id, folder)
    decoder = decoder_of(draft, now)
    document = _Document(
        schema=_SCHEMA,
        report_id=decoder.report_id,
        made_at=decoder.made_at,
        tokens=decoder.tokens,
        shown=decoder.shown,
    )
    with contextlib.suppress(FileExistsError):  # the same report, saved a second time
        write_new(path, dumps(encode(document)), mode=0o600)
    return path


def read_decoder(report_id: str, folder: Path | None = None) -> Decoder:
    """The list of a report; DecoderError where there is none, OSError where it cannot be read."""
    path = _path(report_id, folder or _folder())
    try:
        document = decode(loads(path.read_bytes()), _Document)
    except FileNotFoundError:
        raise DecoderError(f"{path}: there is no list for this report (any more)") from None
    except CodecError as error:
        raise DecoderError(f"{path}: {error}") from None
    return Decoder(
        report_id=document.report_id,
        made_at=document.made_at,
        tokens=document.tokens,
        shown=document.shown,
    )


def has_decoder(report_id: str, folder: Path | None = None) -> bool:
    """Whether the list of a report is there."""
    return _path(report_id, folder or _folder()).is_file()


def forget_decoder(report_id: str, folder: Path | None = None) -> bool:
    """Delete the list of a report; whether there was one."""
    try:
        _path(report_id, folder or _folder()).unlink()
    except FileNotFoundError:
        return False
    return True


def delete_old_decoders(now: datetime, folder: Path | None = None) -> None:
    """Delete the lists whose time is over."""
    folder = folder or _folder()
    for path in folder.glob(f"*{_SUFFIX}"):
        if datetime.fromtimestamp(path.lstat().st_mtime, UTC) < now - timedelta(days=KEPT_DAYS):
            path.unlink(missing_ok=True)


def _folder() -> Path:
    return data_folder() / "decoder"


def _path(report_id: str, folder: Path) -> Path:
    if not _REPORT_ID.fullmatch(report_id):
        raise DecoderError(f"{report_id!r} is no report number such as 20261120T101500Z-554e9734")
    return folder / (report_id + _SUFFIX)
