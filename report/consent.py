"""Consent to share: what is asked, in which words, and the record of the answer (ISO/IEC TS 27560 field names)."""

import hashlib
import random as randomness
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import NamedTuple
from uuid import UUID

from nexkit import __version__
from nexkit.profile import Basis
from nexkit.sensitivity import Level, Open, UserText
from nexkit.texts import Texts
from report.codec import dumps
from report.plain import encode
from report.terms import (
    REMOTE_ACCESS,
    UNTIL_WITHDRAWN,
    Controller,
    DerivedUse,
    NamedRecipient,
    Purpose,
    Retention,
    Terms,
    Withdrawal,
)

CONSENT_SCHEMA = "nexkit/consent/2"
FIRST_CONSENT_SCHEMA = "nexkit/consent/1"
NOTICE_ID = "nexkit-share"
NOTICE_VERSION = 5
"""Raised with every change of the wording below."""


class Category(Enum):
    """What is shared or left out as one; public for ever."""

    VERDICT = "verdict"
    """The diagnosis: the least that makes a report, always in it."""
    DEVICE = "device"
    ADDRESSES = "addresses"
    WHOLE_ADDRESSES = "whole_addresses"
    """Public addresses whole: more than the default, so it has to be asked for by its own name."""
    NAMES = "names"
    PATH = "path"
    SERVICES = "services"
    LOAD = "load"
    NOTE = "note"


DEFAULT_CATEGORIES = frozenset(Category) - {Category.WHOLE_ADDRESSES}
"""What one tick, or `--agree all`, stands for; every report asked for these at least."""


class Decision(Enum):
    """The answer for one category."""

    GIVEN = "given"
    REFUSED = "refused"


class ConsentState(Enum):
    """What the event did to the consent."""

    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class CategoryText(NamedTuple):
    """How one category is put to the user."""

    title: str
    contains: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryDecision:
    """One category and the answer."""

    category: Category
    decision: Decision
    items: tuple[Open, ...] = ()
    """The kinds of facts in it; empty where it was refused."""
    level: Level | None = None
    """How much of what can tell about the user is shared; None: reports of before do not say."""
    paths: tuple[Open, ...] = ()
    """The files that hold it; empty where it was refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a report has of one category."""

    items: tuple[str, ...]
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """When and how the user answered."""

    type: Open
    """`explicit`: an act of the user, never a default."""
    state: ConsentState
    time: datetime
    method: Open
    """A stable word: `wizard` (ticks and preview), `command_line` (`--agree`)."""
    ui_language: Open
    kit_version: Open


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Which wording the user saw."""

    id: Open
    version: int
    language: Open
    sha256: Open
    """Of the wording in that language, as `notice_text` gives it."""
    url: Open | None = None
    """Where the organisation tells more."""
    profile_id: Open | None = None
    """Whose profile gave the terms; None: reports of before do not say."""
    profile_serial: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRecord:
    """What was agreed, bound to the exact files by `content_root`."""

    schema_version: Open
    record_id: Open
    report_id: Open
    case_ref: UserText | None
    """The ticket number; None where none was given or it is not shared."""
    pii_principal_id: Open | None = None
    """Who agreed: the installation, by the name of its key; None: reports of before do not say."""
    event: Event
    notice: Notice
    controller: Controller | None = None
    """None where the profile names nobody."""
    recipients: tuple[NamedRecipient, ...]
    """Whom the profile names as support; the file is handed over by the user alone."""
    purpose: tuple[Purpose, ...]
    basis: Basis | None = None
    jurisdiction: Open | None = None
    """Country by ISO 3166-1 alpha-2; None: the profile does not say."""
    storage_location: Open | None = None
    retention: Retention | None = None
    withdrawal: Withdrawal | None = None
    rights: Open | None = None
    validity: Open = UNTIL_WITHDRAWN
    decisions: tuple[CategoryDecision, ...]
    """One for every category."""
    derived_use: DerivedUse = DerivedUse()  # noqa: RUF009  it is frozen
    remote_access: Open = REMOTE_ACCESS
    """A consent to share says nothing about access to the computer."""
    content_root: Open
    """SHA-256 over the sorted `sha256  path` lines of every payload file but this record."""

    @property
    def decides_all(self) -> bool:
        """Whether every category was asked for, and once; reports of before know fewer of them."""
        asked = [entry.category for entry in self.decisions]
        return len(asked) == len(set(asked)) and set(asked) >= DEFAULT_CATEGORIES

    @property
    def agreed(self) -> frozenset[Category]:
        """The categories that were agreed."""
        return frozenset(entry.category for entry in self.decisions if entry.decision is Decision.GIVEN)


CONSENT_PATH = "data/consent.json"
_LEVELS: Mapping[Category, Level] = {
    Category.VERDICT: Level.SHARE,
    Category.DEVICE: Level.MASK,
    Category.ADDRESSES: Level.REDUCE,
    Category.WHOLE_ADDRESSES: Level.SHARE,
    Category.NAMES: Level.MASK,
    Category.PATH: Level.REDUCE,
    Category.SERVICES: Level.MASK,
    Category.LOAD: Level.REDUCE,
    Category.NOTE: Level.SHARE,
}
"""Of what in a category can tell most about the user, by default; a profile may have it stricter."""
_NOTHING = Content(items=(), paths=())


def consent_text(category: Category, texts: Texts) -> CategoryText:
    """What a category is called and what exactly it contains."""
    _ = texts.gettext
    match category:
        case Category.VERDICT:
            return CategoryText(
                title=_("Result of the diagnosis"),
                contains=_(
                    "The verdict with its findings and measured figures, the trouble that you chose and since when, "
                    "how often and for whom, what was tested and when, and which profile and version of this program "
                    "were used. Always part of a report."
                ),
            )
        case Category.DEVICE:
            return CategoryText(
                title=_("This computer"),
                contains=_(
                    "Operating system and version; the network interfaces with speed and error counts; the Wi-Fi's "
                    "signal, channel and security, its name only as a pseudonym unless your organisation's profile "
                    "lists it; how busy the computer is, its battery and sleep; which VPN and security products of a "
                    "fixed list are running; which proxies are set; how far the clock is off, and the time zone. Never "
                    "the computer's name, your user name, serial numbers or other programs."
                ),
            )
        case Category.ADDRESSES:
            return CategoryText(
                title=_("Addresses, shortened"),
                contains=_(
                    "Private addresses as they are; public addresses only as the network they belong to; hardware "
                    "addresses only as their maker. Without this, no more than the kind of each address is shared."
                ),
            )
        case Category.WHOLE_ADDRESSES:
            return CategoryText(
                title=_("Public addresses, whole"),
                contains=_(
                    "This line's public IPv4 address and those of others, whole, and IPv6 addresses up to the subnet. "
                    "They can point to you and to whom you talk with; a carrier's desk may need them, others do not. "
                    "Not where your organisation's profile forbids it."
                ),
            )
        case Category.NAMES:
            return CategoryText(
                title=_("Name lookups"),
                contains=_(
                    "Which name servers this computer asks for which names, what each answered for the test names and "
                    "how fast, and lines of the hosts file about them. Names that your organisation's profile does not "
                    "list are replaced by pseudonyms."
                ),
            )
        case Category.PATH:
            return CategoryText(
                title=_("The way through the network"),
                contains=_(
                    "Round-trip times and loss to the router and to test points on the internet; the routers on the "
                    "way; the size of packets that get through; how this computer looks from outside; what kind of "
                    "line this is; a test stream like a voice call; which devices in your network hand out addresses, "
                    "and the switch. Addresses are shortened, names replaced by pseudonyms."
                ),
            )
        case Category.SERVICES:
            return CategoryText(
                title=_("Tested services"),
                contains=_(
                    "Which services, check pages and proxies answered, how fast, and with which certificate; which "
                    "proxy the settings choose for them, its name as a pseudonym unless your organisation's profile "
                    "lists it, never its password; the host of a web address that you typed, never the rest of it."
                ),
            )
        case Category.LOAD:
            return CategoryText(
                title=_("Load test"),
                contains=_(
                    "Download and upload rate, how much was transferred, and the round-trip times meanwhile to the "
                    "router, the provider and the internet."
                ),
            )
        case Category.NOTE:
            return CategoryText(
                title=_("Your own words"),
                contains=_("The ticket number and the description, exactly as you typed them."),
            )


def notice_lead(texts: Texts) -> str:
    """How the question begins."""
    return texts.gettext(
        "You decide what the report contains. It is written to a file on this computer and sent nowhere: you hand it "
        "over yourself, to the support desk that looks for the fault. You can refuse, and you can take back what you "
        "agreed to at any time; neither has a disadvantage for you, and your own result stays with you."
    )


def notice_text(texts: Texts) -> str:
    """The whole wording of the question, which `Notice.sha256` stands for."""
    lines = [notice_lead(texts)]
    for category in Category:
        text = consent_text(category, texts)
        lines += ["", text.title, text.contains]
    return "\n".join(lines) + "\n"


def content_root(files: Mapping[str, bytes]) -> str:
    """SHA-256 that stands for all payload files but the consent record."""
    listing = "".join(
        f"{hashlib.sha256(data).hexdigest()}  {path}\n" for path, data in sorted(files.items()) if path != CONSENT_PATH
    )
    return hashlib.sha256(listing.encode()).hexdigest()


def record_bytes(record: ConsentRecord) -> bytes:
    """The record as it stands in a report and in the user's receipt."""
    return dumps(encode(record))


def unanswered_bytes(record: ConsentRecord) -> bytes:
    """The record before the user has answered: state and moment are open."""
    document = encode(record)
    return dumps(document | {"event": document["event"] | {"state": None, "time": None}})


def answered(record: ConsentRecord, at: datetime) -> ConsentRecord:
    """The record of the user's having agreed at this moment."""
    return replace(record, event=replace(record.event, time=at))


def make_consent(
    *,
    report_id: str,
    files: Mapping[str, bytes],
    agreed: Collection[Category],
    contents: Mapping[Category, Content],
    case_ref: str | None,
    principal: str | None,
    terms: Terms,
    method: str,
    texts: Texts,
    given_at: datetime,
    random: randomness.Random,
) -> ConsentRecord:
    """The record of a consent that the user has just given to exactly these files, on these terms."""
    return ConsentRecord(
        schema_version=CONSENT_SCHEMA,
        record_id=str(UUID(bytes=random.randbytes(16), version=4)),
        report_id=report_id,
        case_ref=case_ref,
        pii_principal_id=principal,
        event=Event(
            type="explicit",
            state=ConsentState.GIVEN,
            time=given_at,
            method=method,
            ui_language=texts.language,
            kit_version=__version__,
        ),
        notice=Notice(
            id=NOTICE_ID,
            version=NOTICE_VERSION,
            language=texts.language,
            sha256=hashlib.sha256(notice_text(texts).encode()).hexdigest(),
            url=terms.url,
            profile_id=terms.profile_id,
            profile_serial=terms.profile_serial,
        ),
        controller=terms.controller,
        recipients=terms.recipients,
        purpose=(terms.purpose,),
        basis=terms.basis,
        jurisdiction=terms.jurisdiction,
        storage_location=terms.storage_location,
        retention=terms.retention,
        withdrawal=terms.withdrawal,
        rights=terms.rights,
        decisions=tuple(_decision(category, category in agreed, contents) for category in Category),
        content_root=content_root(files),
    )


def _decision(category: Category, given: bool, contents: Mapping[Category, Content]) -> CategoryDecision:
    content = contents.get(category, _NOTHING) if given else _NOTHING
    shortened = Level.REDUCE if category is Category.WHOLE_ADDRESSES else Level.DROP
    return CategoryDecision(
        category=category,
        decision=Decision.GIVEN if given else Decision.REFUSED,
        items=content.items,
        level=_LEVELS[category] if given else shortened,
        paths=content.paths,
    )
