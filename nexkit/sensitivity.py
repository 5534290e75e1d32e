"""Classes of privacy for the fields of facts and records, and the level of each.

Every text field of a fact carries one of the aliases below; `report/redact.py` decides from it what leaves this
computer, and refuses a text without a class. Numbers, yes/no values, enumerations and moments carry no class: they are
shared as they are.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Annotated


class Sensitivity(Enum):
    """What a text can tell about its owner; the redactor has one rule for each."""

    OPEN = "open"
    """A word of a protocol or of this program (`NXDOMAIN`, `TLSv1.3`, an outcome id): shared."""
    INTERFACE = "interface"
    """A name the system gave to an interface (`eth0`); shared when it follows a known pattern."""
    IP_ADDRESS = "ip_address"
    """An IPv4 or IPv6 address; private IPv4 shared, the rest reduced to a prefix and a pseudonym."""
    MAC_ADDRESS = "mac_address"
    """A hardware address; reduced to its vendor part and a pseudonym."""
    HOST_NAME = "host_name"
    """A DNS name; shared when the profile names it, else a pseudonym for each label."""
    URL = "url"
    """A web address; user, query and fragment always dropped, the host treated as HOST_NAME."""
    SSID = "ssid"
    """A Wi-Fi name; shared when the profile names it, else a pseudonym."""
    REMOTE_TEXT = "remote_text"
    """Text chosen by a remote party (certificate issuer, server header): shared, capped, hostile."""
    CERTIFICATE_SUBJECT = "certificate_subject"
    """Whom a certificate is for, in the form of RFC 4514: the host names in it are treated as HOST_NAME."""
    USER_TEXT = "user_text"
    """What the user typed for the desk: shared as typed."""
    SECRET = "secret"  # noqa: S105  a class of privacy, not a password
    """Never leaves this computer."""


class Level(Enum):
    """How much of a field is shared by default; the words of `x-level` in the schema of a report."""

    SHARE = "share"
    """As it is, without what is private elsewhere."""
    REDUCE = "reduce"
    """What tells its kind, and a pseudonym."""
    MASK = "mask"
    """A pseudonym, unless the profile names the value."""
    DROP = "drop"
    """Nothing."""


LEVEL_OF: Mapping[Sensitivity, Level] = {
    Sensitivity.OPEN: Level.SHARE,
    Sensitivity.INTERFACE: Level.SHARE,
    Sensitivity.IP_ADDRESS: Level.REDUCE,
    Sensitivity.MAC_ADDRESS: Level.REDUCE,
    Sensitivity.HOST_NAME: Level.MASK,
    Sensitivity.URL: Level.REDUCE,
    Sensitivity.SSID: Level.MASK,
    Sensitivity.REMOTE_TEXT: Level.SHARE,
    Sensitivity.CERTIFICATE_SUBJECT: Level.MASK,
    Sensitivity.USER_TEXT: Level.SHARE,
    Sensitivity.SECRET: Level.DROP,
}
"""A profile of an unknown organisation gets nothing but fields of the level `share`."""


class Tightening(Enum):
    """What a profile can have masked beyond the defaults; it can loosen nothing."""

    PRIVATE_ADDRESSES = "private_addresses"
    """Addresses of private networks and of carriers' address translation (RFC 1918, RFC 6598) become others of the same
    range, which have as many leading bits in common as the true ones."""
    PUBLIC_ADDRESSES = "public_addresses"
    """Of an address of the internet no more than its kind is shared."""
    HARDWARE_ADDRESSES = "hardware_addresses"
    """A pseudonym alone, without the maker."""
    REMOTE_TEXT = "remote_text"
    """Texts of remote parties are left out."""


Open = Annotated[str, Sensitivity.OPEN]
InterfaceName = Annotated[str, Sensitivity.INTERFACE]
IpAddress = Annotated[str, Sensitivity.IP_ADDRESS]
MacAddress = Annotated[str, Sensitivity.MAC_ADDRESS]
HostName = Annotated[str, Sensitivity.HOST_NAME]
Url = Annotated[str, Sensitivity.URL]
Ssid = Annotated[str, Sensitivity.SSID]
RemoteText = Annotated[str, Sensitivity.REMOTE_TEXT]
CertificateSubject = Annotated[str, Sensitivity.CERTIFICATE_SUBJECT]
UserText = Annotated[str, Sensitivity.USER_TEXT]
Secret = Annotated[str, Sensitivity.SECRET]
