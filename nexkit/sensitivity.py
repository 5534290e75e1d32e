"""Classes of privacy for the fields of facts and records.

Every text field of a fact carries one of the aliases below; `report/redact.py` decides from it what leaves this
computer, and refuses a text without a class. Numbers, yes/no values, enumerations and moments carry no class: they are
shared as they are.
"""

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
    USER_TEXT = "user_text"
    """What the user typed for the desk: shared as typed."""
    SECRET = "secret"  # noqa: S105  a class of privacy, not a password
    """Never leaves this computer."""


Open = Annotated[str, Sensitivity.OPEN]
InterfaceName = Annotated[str, Sensitivity.INTERFACE]
IpAddress = Annotated[str, Sensitivity.IP_ADDRESS]
MacAddress = Annotated[str, Sensitivity.MAC_ADDRESS]
HostName = Annotated[str, Sensitivity.HOST_NAME]
Url = Annotated[str, Sensitivity.URL]
Ssid = Annotated[str, Sensitivity.SSID]
RemoteText = Annotated[str, Sensitivity.REMOTE_TEXT]
UserText = Annotated[str, Sensitivity.USER_TEXT]
Secret = Annotated[str, Sensitivity.SECRET]
