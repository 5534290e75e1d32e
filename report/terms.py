"""What the user is told before agreeing to share: who is responsible, who gets the report, what for, how long, what if.

It stands in the profile (`[consent]`, `[support]`); where that says nothing, what follows from this program does.
"""

from dataclasses import dataclass
from hashlib import sha256

from nexkit.profile import Basis, Profile, in_language
from nexkit.sensitivity import Open
from nexkit.texts import Texts

PURPOSE = "fault_isolation"
REMOTE_ACCESS = "not_covered"
UNTIL_WITHDRAWN = "until_withdrawn"
KEY_DIGITS = 16
"""Of the SHA-256 of a key, so many tell it from others for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """Who is responsible for what happens to the report."""

    name: Open
    address: Open | None
    contact: Open | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRecipient:
    """Whom the report is for; the file is handed over by the user alone."""

    name: Open
    contact: Open | None = None
    keys: tuple[Open, ...] = ()
    """SHA-256 of each public key of age (`age1...`) that the report may be encrypted to."""
    third_party: bool | None = None
    """Whether it is somebody else than the controller; None: the profile does not say."""
    country: Open | None = None
    """ISO 3166-1 alpha-2; None: the profile does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What the report is for."""

    id: Open
    text: Open


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long the desk keeps it."""

    days: int | None
    """None: the profile does not say."""
    criterion: Open


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """How the consent is taken back."""

    how: Open
    address: Open | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedUse:
    """What else may be made of it."""

    anonymised_statistics: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """All of it."""

    profile_id: Open
    profile_serial: int
    url: Open | None
    controller: Controller | None
    recipients: tuple[NamedRecipient, ...]
    purpose: Purpose
    basis: Basis
    jurisdiction: Open | None
    storage_location: Open | None
    retention: Retention
    withdrawal: Withdrawal
    rights: Open


def key_fingerprint(key: str) -> str:
    """SHA-256 of a public key of age, as the record of a consent has it."""
    return sha256(key.encode()).hexdigest()


def terms_of(profile: Profile, texts: Texts) -> Terms:
    """What the profile says, in the language of the texts."""
    _ = texts.gettext
    said, support = profile.consent, profile.support
    contact = support.email or support.url or None
    name = said.controller or (in_language(profile.name, texts.language) if contact or support.name else "")
    recipient = NamedRecipient(
        name=support.name or name,
        contact=contact,
        keys=tuple(key_fingerprint(key) for key in support.recipients),
        third_party=said.third_party,
        country=said.country or None,
    )
    return Terms(
        profile_id=profile.id,
        profile_serial=profile.serial,
        url=said.url or None,
        controller=Controller(name=name, address=said.address or None, contact=contact) if name else None,
        recipients=(recipient,) if recipient.name or recipient.contact else (),
        purpose=Purpose(
            id=PURPOSE,
            text=in_language(said.purpose, texts.language)
            or _("To find and mend the fault of the network connection."),
        ),
        basis=said.basis,
        jurisdiction=said.country or None,
        storage_location=said.storage or None,
        retention=Retention(
            days=said.retention_days,
            criterion=in_language(said.retention, texts.language) or _("Until the fault is dealt with."),
        ),
        withdrawal=Withdrawal(
            how=_(
                "At any time, without giving a reason: in “Earlier reports”, or by nexkit report withdraw. That writes "
                "a signed note. Hand it to whoever has the report."
            ),
            address=said.withdrawal or contact,
        ),
        rights=in_language(said.rights, texts.language)
        or _("To see the report, to have it corrected or deleted, and to have its deletion confirmed."),
    )


def terms_lines(terms: Terms, texts: Texts) -> tuple[str, ...]:
    """The terms for people, a sentence a line; they are the profile's own words, to be made visible."""
    _ = texts.gettext
    lines = [_recipient_line(recipient, texts) for recipient in terms.recipients] or [
        _("For: the support desk that you choose")
    ]
    if terms.controller is not None:
        said = (terms.controller.name, terms.controller.address, terms.controller.contact)
        lines.append(_("Responsible: {controller}").format(controller=", ".join(part for part in said if part)))
    lines.append(_("What for: {purpose}").format(purpose=terms.purpose.text))
    lines.append(_("How long: {retention}").format(retention=retention_text(terms.retention, texts)))
    if terms.storage_location is not None:
        lines.append(_("Kept at: {place}").format(place=terms.storage_location))
    lines.append(_("To take it back: {how}").format(how=terms.withdrawal.how))
    if terms.withdrawal.address is not None:
        lines.append(_("Address for that: {address}").format(address=terms.withdrawal.address))
    lines.append(_("Your rights: {rights}").format(rights=terms.rights))
    lines.append(_("Remote access to this computer is not part of this, nor are statistics."))
    if terms.url is not None:
        lines.append(_("More: {address}").format(address=terms.url))
    return tuple(lines)


def retention_text(retention: Retention, texts: Texts) -> str:
    """How long the desk keeps a report, in words."""
    if retention.days is None:
        return retention.criterion
    days = texts.ngettext("At most {count} day.", "At most {count} days.", retention.days).format(count=retention.days)
    return texts.gettext("{criterion} {days}").format(criterion=retention.criterion, days=days)


def _recipient_line(recipient: NamedRecipient, texts: Texts) -> str:
    _ = texts.gettext
    who = ", ".join(part for part in (recipient.name, recipient.contact, recipient.country) if part)
    if recipient.third_party:
        who = _("{recipient} (not the organisation itself)").format(recipient=who)
    if not recipient.keys:
        return _("For: {recipient}").format(recipient=who)
    return _("For: {recipient}; its key: {keys}").format(
        recipient=who, keys=", ".join(key[:KEY_DIGITS] for key in recipient.keys)
    )
