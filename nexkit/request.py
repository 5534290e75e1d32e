"""What the user asked for: symptom, depth, service and what they agreed to have measured."""

from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit

from nexkit.address import is_address
from nexkit.consent import Consent
from nexkit.host_name import is_host_name
from nexkit.sensitivity import Open, Url, UserText
from nexkit.units import Seconds

MAX_NOTE_CHARACTERS = 2000
MAX_TICKET_CHARACTERS = 100
MAX_URL_CHARACTERS = 2000


class Symptom(Enum):
    """What is wrong, in the user's view; the words of `--symptom`."""

    NO_INTERNET = "no_internet"
    SLOW = "slow"
    UNSTABLE = "unstable"
    ONE_SERVICE = "one_service"
    CALLS = "calls"
    VPN = "vpn"
    CHECK_UP = "check_up"


class Since(Enum):
    """How long it has been so; the words of `--since`."""

    TODAY = "today"
    DAYS = "days"
    WEEKS = "weeks"
    ALWAYS = "always"
    """It never was otherwise."""
    CHANGE = "change"
    """Since something was changed: a device, a program, a place, a contract."""


class Occurrence(Enum):
    """How often it happens; the words of `--occurs`."""

    ALWAYS = "always"
    NOW_AND_THEN = "now_and_then"


class Affected(Enum):
    """Whom it hits, as far as the user knows; the words of `--affects`."""

    ONLY_ME = "only_me"
    OTHERS_TOO = "others_too"


class Depth(Enum):
    """How much is measured; the words of `--depth`."""

    QUICK = "quick"
    STANDARD = "standard"
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One order to diagnose."""

    symptom: Symptom = Symptom.CHECK_UP
    depth: Depth = Depth.STANDARD
    service_id: Open | None = None
    """A service of the profile; None: all of them."""
    url: Url | None = None
    """Any other web address to test as a service."""
    consent: frozenset[Consent] = frozenset({Consent.SYSTEM, Consent.ACTIVE_TRAFFIC})
    time_limit_s: Seconds | None = None
    ticket: UserText | None = None
    note: UserText | None = None
    since: Since | None = None
    occurs: Occurrence | None = None
    affects: Affected | None = None


def web_address(text: str) -> str | None:
    """What the user typed as a full web address, `https` where no scheme was typed; None where it is none."""
    text = text.strip()
    whole = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(whole)
        usable = (
            parts.scheme in {"http", "https"}
            and (is_address(parts.hostname or "") or is_host_name(parts.hostname or ""))
            and parts.username is None  # a password has no place in a report
            and parts.port != 0
        )
    except ValueError:
        return None
    return whole if usable and whole.isprintable() and " " not in whole and len(whole) <= MAX_URL_CHARACTERS else None
