"""Why a profile is not used: what is wrong with the file itself, or why it does not count here and now."""

from datetime import datetime
from enum import Enum


class ProfileError(ValueError):
    """What is wrong with a profile, in one line: file, line, mend."""


class Refusal(Enum):
    """Why a profile that can be read is not used; the words stand in `nexkit/texts/profiles.py`."""

    EXPIRED = "expired"
    NOT_YET = "not_yet"
    OLDER = "older"
    """A later serial of it was used before."""
    SAME_SERIAL = "same_serial"
    """Other bytes under a serial that was used before."""
    BAD_SIGNATURE = "bad_signature"
    NOT_SIGNED = "not_signed"
    """In the managed place, where a signature is a must."""
    NO_SIGNERS = "no_signers"
    """The managed place does not say whose signature counts."""
    UNKNOWN_SIGNER = "unknown_signer"
    """In the managed place, by a key that is not pinned there."""
    BAD_SIGNERS = "bad_signers"
    """The list of signers of the managed place cannot be read."""
    OPEN_TO_OTHERS = "open_to_others"
    """In the managed place, and users without administrator rights may change it."""
    CLOSED_TO_USERS = "closed_to_users"
    """In the managed place, and this user may not read it."""
    BORROWED_ID = "borrowed_id"
    """It has the id of the managed or of the built-in profile and is neither."""


class ProfileRefusedError(ProfileError):
    """A profile that is not used, and nothing in its stead."""

    def __init__(
        self,
        refusal: Refusal,
        file: str,
        *,
        contact: str = "",
        moments: tuple[datetime, datetime, datetime] | None = None,
        serials: tuple[int, int] | None = None,
        detail: str = "",
        managed: bool = False,
    ) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal
        self.file = file
        self.contact = contact
        """Whom the profile names; "" where there is nobody, or nobody whose name could be trusted."""
        self.moments = moments
        """From, until, and what this computer takes for now."""
        self.serials = serials
        """Of this profile, and the highest that was seen."""
        self.managed = managed
        """It is the IT department's, who is to be asked where nobody else is named."""
        self.detail = detail
        """A fingerprint, a word of the signature check, or a line of a list."""

    def __str__(self) -> str:
        """The English sentence."""
        from nexkit.texts import Texts
        from nexkit.texts.profiles import refusal_text

        return refusal_text(self, Texts("en"))
