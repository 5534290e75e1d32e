"""Reads where the network says that its PAC file is (DHCP option 252) from what a system keeps of its lease.

The option was never standardised (draft-ietf-wrec-wpad-01); servers end it with a NUL or a line end as they please.
"""

import re

_NMCLI = re.compile(r"^DHCP4\.OPTION\[[0-9]+\]:wpad = (?P<url>.*)$", re.MULTILINE)
_NETWORKD = re.compile(r"^OPTION_252=(?P<hex>[0-9a-fA-F]+)$", re.MULTILINE)
_IPCONFIG = re.compile(r"^proxy_auto_discovery_url \(string\): (?P<url>.*)$", re.MULTILINE)
_MAX_CHARACTERS = 1024


def clean_option(data: bytes) -> str | None:
    """The address in the bytes of the option; None where there is no web address in them."""
    text = data.decode("latin-1").strip("\0 \t\r\n")
    usable = text.isascii() and text.isprintable() and len(text) <= _MAX_CHARACTERS
    return text if usable and text.lower().startswith(("http://", "https://")) else None


def parse_nmcli(output: str) -> str | None:
    """`nmcli -t -f DHCP4 device show` (NetworkManager); its terse form puts a backslash before colons."""
    found = _NMCLI.search(output)
    return clean_option(found["url"].replace("\\:", ":").encode("latin-1", "replace")) if found else None


def parse_networkd_lease(text: str) -> str | None:
    """A file under /run/systemd/netif/leases (systemd-networkd keeps private options as hexadecimal numbers)."""
    found = _NETWORKD.search(text)
    return clean_option(bytes.fromhex(found["hex"])) if found and len(found["hex"]) % 2 == 0 else None


def parse_ipconfig_packet(output: str) -> str | None:
    """`ipconfig getpacket INTERFACE` (macOS)."""
    found = _IPCONFIG.search(output)
    return clean_option(found["url"].encode("latin-1", "replace")) if found else None
