"""What this user's computer remembers of profiles: serials, accepted licences, confirmed recipients.

A profile is known by its id and by who signed it, so that a stranger's profile of the same id can neither use up the
serials of the real one nor inherit what was accepted for it.
"""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from nexkit.platform.owner import data_folder
from nexkit.profile import Licence, LoadedProfile, Recipient, licence_in, recipient_of
from nexkit.profile_refusal import ProfileRefusedError, Refusal
from nexkit.run_record import LicenceAccepter, ProfileTrust
from report.files import write_whole

STATE_FILE = "profiles.json"
_SCHEMA = 1
_MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is remembered of one profile."""

    serial: int
    sha256: str
    licences: tuple[str, ...] = ()
    """SHA-256 of the accepted texts."""
    recipient: Recipient | None = None
    """None: no report was ever agreed to."""


@dataclass(slots=True)
class ProfileMemory:
    """The memory in a file. A damaged file counts as none, and the next change makes it whole again."""

    path: Path = field(default_factory=lambda: data_folder() / STATE_FILE)
    damaged: bool = False
    """The file was there and could not be read."""

    def check_serial(self, loaded: LoadedProfile, file: str, contact: str) -> None:
        """ProfileRefusedError for an older profile than the latest seen, or another of the same serial."""
        seen = self._seen(loaded)
        reference = loaded.reference
        if seen is None or reference.serial > seen.serial or reference.sha256 == seen.sha256:
            return
        refusal = Refusal.SAME_SERIAL if reference.serial == seen.serial else Refusal.OLDER
        raise ProfileRefusedError(refusal, file, contact=contact, serials=(reference.serial, seen.serial))

    def remember(self, loaded: LoadedProfile) -> None:
        """The profile is used now; OSError."""
        seen = self._seen(loaded)
        if seen is None or (seen.serial, seen.sha256) != (loaded.reference.serial, loaded.reference.sha256):
            self._change(loaded)

    def with_licence(self, loaded: LoadedProfile, language: str) -> tuple[LoadedProfile, Licence | None]:
        """The profile with what was accepted in its reference, and the text that is still to be accepted."""
        licence = licence_in(loaded.profile, language)
        if licence is None:
            return loaded, None
        if licence.sha256 in loaded.accepted_licences:
            return accepted(loaded, licence, LicenceAccepter.ORGANISATION), None
        seen = self._seen(loaded)
        if seen is not None and licence.sha256 in seen.licences:
            return accepted(loaded, licence, LicenceAccepter.USER), None
        return loaded, licence

    def accept_licence(self, loaded: LoadedProfile, licence: Licence) -> LoadedProfile:
        """The user has accepted the text; OSError where that cannot be remembered."""
        self._change(loaded, licence=licence.sha256)
        return accepted(loaded, licence, LicenceAccepter.USER)

    def other_recipient(self, loaded: LoadedProfile) -> Recipient | None:
        """Whom the user has confirmed before, where the profile now names somebody else or another key."""
        seen = self._seen(loaded)
        if seen is None or seen.recipient is None or seen.recipient == recipient_of(loaded.profile):
            return None
        return seen.recipient

    def confirm_recipient(self, loaded: LoadedProfile) -> None:
        """The user knows who gets the report, and has agreed; OSError."""
        recipient = recipient_of(loaded.profile)
        seen = self._seen(loaded)
        if seen is None or seen.recipient != recipient:
            self._change(loaded, recipient=recipient)

    def _seen(self, loaded: LoadedProfile) -> Seen | None:
        return self._read().get(_key(loaded))

    def _change(self, loaded: LoadedProfile, *, licence: str | None = None, recipient: Recipient | None = None) -> None:
        all_seen = dict(self._read())
        reference = loaded.reference
        before = all_seen.get(_key(loaded)) or Seen(serial=reference.serial, sha256=reference.sha256)
        seen = replace(before, recipient=recipient or before.recipient)
        if reference.serial > before.serial:
            seen = replace(seen, serial=reference.serial, sha256=reference.sha256)
        if licence is not None:
            seen = replace(seen, licences=tuple(dict.fromkeys((*before.licences, licence))))
        all_seen[_key(loaded)] = seen
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        document = {"schema": _SCHEMA, "profiles": {key: asdict(value) for key, value in sorted(all_seen.items())}}
        write_whole(self.path, (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode(), mode=0o600)
        self.damaged = False

    def _read(self) -> Mapping[str, Seen]:
        try:
            with self.path.open("rb") as file:
                data = file.read(_MAX_BYTES)
        except FileNotFoundError:
            return {}
        except OSError:
            self.damaged = True
            return {}
        with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError, RecursionError):
            document = json.loads(data)
            if document["schema"] == _SCHEMA:
                return {str(key): _seen_of(value) for key, value in document["profiles"].items()}
        self.damaged = True
        return {}


def accepted(loaded: LoadedProfile, licence: Licence, by: LicenceAccepter) -> LoadedProfile:
    """The profile with the acceptance in its reference."""
    return replace(loaded, reference=replace(loaded.reference, licence_sha256=licence.sha256, licence_accepted_by=by))


def _key(loaded: LoadedProfile) -> str:
    reference = loaded.reference
    pinned = reference.trust is not ProfileTrust.NAMED
    return f"{reference.trust.value if pinned else reference.signer or 'unsigned'}/{reference.id}"


def _seen_of(value: Any) -> Seen:  # noqa: ANN401  JSON
    """ValueError, TypeError or KeyError for what is none."""
    recipient = value["recipient"]
    return Seen(
        serial=_whole(value["serial"]),
        sha256=_text(value["sha256"]),
        licences=tuple(_text(item) for item in value["licences"]),
        recipient=None
        if recipient is None
        else Recipient(
            name=_text(recipient["name"]),
            email=_text(recipient["email"]),
            url=_text(recipient["url"]),
            recipients=tuple(_text(item) for item in recipient["recipients"]),
            controller=_text(recipient.get("controller", "")),
        ),
    )


def _whole(value: object) -> int:
    if type(value) is not int:
        raise TypeError
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
