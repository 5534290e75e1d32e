"""The organisation's profile: what to test and whom to ask. Data only; the kit, not the profile, holds the limits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from hashlib import sha256
from urllib.parse import urlsplit

from nexkit.facts.load import LoadBackend
from nexkit.kit_limits import DEFAULT_LOAD_BYTES
from nexkit.run_record import ProfileReference

Localised = Mapping[str, str]
"""A text by language (`en`, `ja`)."""

STEADY_LINE_S = 3.0
"""So long the load test fills a line in each direction that is steady at once."""
USER_SERVICE_ID = "url"
"""The service id of a web address that the user typed; no service of a profile has it."""


def in_language(text: Localised, language: str) -> str:
    """The text in the language, else in English, else in the first one there is; "" without any."""
    return text.get(language) or text.get("en") or next(iter(text.values()), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPort:
    """A host and a port of a service."""

    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalTarget:
    """A plain-HTTP page and what it always answers: status 204, or a body."""

    url: str
    body: str | None


class Encrypt(Enum):
    """Whether reports are encrypted to the recipients."""

    OFFERED = "offered"
    """The user decides: many mail systems take encrypted attachments away."""
    REQUIRED = "required"


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """Whom the user asks."""

    name: str = ""
    email: str = ""
    url: str = ""
    recipients: tuple[str, ...] = ()
    """Public keys of age (`age1...`): a report is also offered encrypted to all of them."""
    encrypt: Encrypt = Encrypt.OFFERED


class Basis(Enum):
    """On what ground the organisation keeps a report (GDPR article 6, paragraph 1)."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGITIMATE_INTEREST = "legitimate_interest"


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingTerms:
    """What the user is told before agreeing to share, and what the record of the consent says."""

    controller: str = ""
    """Who is responsible for what happens to a report; "": the organisation by its name."""
    address: str = ""
    country: str = ""
    """Where reports go and are kept: ISO 3166-1 alpha-2; "": not said."""
    third_party: bool | None = None
    """Whether the support desk is somebody else than the organisation; None: not said."""
    purpose: Localised = field(default_factory=dict)
    basis: Basis = Basis.CONSENT
    storage: str = ""
    retention_days: int | None = None
    """None: not said."""
    retention: Localised = field(default_factory=dict)
    """What ends the keeping, where that is no number of days."""
    withdrawal: str = ""
    """Where to send a withdrawal; "": the support contact."""
    rights: Localised = field(default_factory=dict)
    url: str = ""
    """Where the organisation tells more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Internet:
    """What "the internet works" means for this organisation."""

    portal_checks: tuple[PortalTarget, ...] = ()
    anchors: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    resolvers: tuple[str, ...] = ()
    time: tuple[str, ...] = ()
    carrier_internal: tuple[str, ...] = ()
    stun: tuple[HostPort, ...] = ()
    """STUN servers (RFC 8489) over UDP."""
    reflectors: tuple[HostPort, ...] = ()
    """Session reflectors (STAMP, RFC 8762; TWAMP Light, RFC 5357 appendix I)."""
    resolver_names: tuple[str, ...] = ()
    """Names whose answer is the address of the resolver that asked for them."""
    signed_names: tuple[str, ...] = ()
    """Names with good DNSSEC signatures."""
    bogus_names: tuple[str, ...] = ()
    """Names with broken DNSSEC signatures: a resolver that validates does not answer for them."""
    encrypted_resolvers: tuple[str, ...] = ()
    """`tls://host` (RFC 7858) or `https://host/path` (RFC 8484)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedNetwork:
    """What this network looks like, where the organisation knows it."""

    ssids: tuple[str, ...] = ()
    resolvers: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    internal: tuple[str, ...] = ()
    """Private networks beyond this computer's own in which tested services stand: the kit goes to no others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vpn:
    """The organisation's VPN."""

    name: str
    server: str | None = None
    routes: tuple[str, ...] = ()
    resolvers: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The load test's other end."""

    backend: LoadBackend | None = None
    """None: no load test."""
    server: str = ""
    download: str = ""
    """None of the two: those of the back end."""
    upload: str = ""
    expect_down_mbit_s: float | None = None
    expect_up_mbit_s: float | None = None
    max_bytes: int = DEFAULT_LOAD_BYTES

    @property
    def host(self) -> str:
        """The server's host; "" without one."""
        return urlsplit(self.server if "://" in self.server else f"//{self.server}").hostname or ""

    @property
    def is_public(self) -> bool:
        """A public service keeps and publishes the result with the public address; it needs a consent of its own."""
        return self.backend is LoadBackend.OOKLA or (self.backend is LoadBackend.NDT7 and not self.server)

    @property
    def likely_bytes(self) -> int | None:
        """What a test transfers on a line as fast as expected; None where nothing is expected.

        Never more than `max_bytes`, half of it in each direction.
        """
        if self.expect_down_mbit_s is None or self.expect_up_mbit_s is None:
            return None
        rates = (self.expect_down_mbit_s, self.expect_up_mbit_s)
        return sum(min(int(rate * 1e6 / 8 * STEADY_LINE_S), self.max_bytes // 2) for rate in rates)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One contracted service."""

    id: str
    name: Localised
    url: str | None = None
    tcp: tuple[HostPort, ...] = ()
    udp: tuple[HostPort, ...] = ()
    expect_status: tuple[int, ...] = ()
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A checked profile."""

    id: str
    name: Localised
    serial: int
    not_before: datetime
    not_after: datetime
    licence: Localised = field(default_factory=dict)
    support: Support = field(default_factory=Support)
    consent: SharingTerms = field(default_factory=SharingTerms)
    internet: Internet = field(default_factory=Internet)
    network: ExpectedNetwork = field(default_factory=ExpectedNetwork)
    vpn: Vpn | None = None
    load: Load = field(default_factory=Load)
    services: tuple[Service, ...] = ()
    masking: frozenset[str] = frozenset()
    """Words of `nexkit.sensitivity.Tightening`: what is masked in reports beyond the defaults."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who gets the reports: what a user confirms."""

    name: str
    email: str
    url: str
    recipients: tuple[str, ...]
    controller: str = ""
    """Who is responsible for what happens to them; "": the organisation by its name."""


def recipient_of(profile: "Profile") -> Recipient:
    """Who gets the reports."""
    support = profile.support
    return Recipient(
        name=support.name,
        email=support.email,
        url=support.url,
        recipients=support.recipients,
        controller=profile.consent.controller,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """The licence text in one language."""

    text: str
    sha256: str


def licence_in(profile: Profile, language: str) -> Licence | None:
    """The licence text in the language; None where the profile has none."""
    text = in_language(profile.licence, language)
    return Licence(text=text, sha256=sha256(text.encode()).hexdigest()) if text else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedProfile:
    """A profile, where it came from, and its exact bytes, which go into every report."""

    profile: Profile
    reference: ProfileReference
    toml: bytes
    signature: bytes | None
    signer_names: tuple[str, ...] = ()
    """Whom the list of signers says the key stands for."""
    accepted_licences: frozenset[str] = frozenset()
    """SHA-256 of the licence texts that the IT department has accepted for its users."""
    file: str = field(default="", compare=False)
    """Where it was read; "": it is part of the program, or of a run that was kept."""
