"""Wi-Fi of a macOS system by CoreWLAN; makes no scan and sends nothing. Blocking, for a thread of its own."""

import sys

from nexkit.facts.wifi import WifiLink
from nexkit.platform.macos_wifi_facts import wifi_links

assert sys.platform == "darwin"  # noqa: S101  mypy reads what follows for macOS only


def read_wifi() -> tuple[WifiLink, ...]:
    """Every radio."""
    import objc
    from CoreWLAN import CWWiFiClient

    with objc.autorelease_pool():
        return wifi_links(CWWiFiClient.sharedWiFiClient().interfaces() or ())
