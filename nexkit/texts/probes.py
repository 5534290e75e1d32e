"""Words for the probes: what each is called, and what it sends to whom. Consent pages and `probe list` show them."""

from typing import NamedTuple

from nexkit.texts import Texts


class ProbeText(NamedTuple):
    """A probe in words."""

    name: str
    sends: str
    """What it sends and to whom; says so where nothing is sent."""


def probe_text(probe_id: str, texts: Texts) -> ProbeText:  # noqa: C901, PLR0912  a case for each probe
    """The words for a probe; a probe of another author is called by its id."""
    _ = texts.gettext
    match probe_id:
        case "interfaces":
            return ProbeText(
                _("Settings of this computer"),
                _("Reads the network settings of this computer. Sends nothing."),
            )
        case "link":
            return ProbeText(
                _("Cables and interfaces"),
                _("Reads speed, errors and interruptions of this computer's network interfaces. Sends nothing."),
            )
        case "wifi":
            return ProbeText(
                _("Wi-Fi"),
                _("Reads signal, channel and speed of the Wi-Fi link and counts the other cells. Sends nothing."),
            )
        case "host":
            return ProbeText(
                _("Load and state of this computer"),
                _(
                    "Reads how busy this computer is, its power and sleep, and which known VPN and security products "
                    "run. Sends nothing."
                ),
            )
        case "lan":
            return ProbeText(
                _("Router nearby"),
                _("Knocks on your own router to see whether it is there. Stays inside your network."),
            )
        case "ping":
            return ProbeText(
                _("Round-trip times"),
                _("Sends small echo packets to your router, your provider and a few well-known addresses."),
            )
        case "lookup":
            return ProbeText(
                _("Name lookup by the system"),
                _("Asks your system for the addresses of a few names, as a browser does."),
            )
        case "dns":
            return ProbeText(
                _("Name servers (DNS)"),
                _("Asks each of your name servers, and a few others to compare, for the same names."),
            )
        case "encrypted_dns":
            return ProbeText(
                _("Encrypted name servers"),
                _("Asks the encrypted name servers of the profile (over TLS or HTTPS) for a few well-known names."),
            )
        case "portal":
            return ProbeText(
                _("Sign-in page of the network"),
                _("Fetches a tiny check page from the web to see whether a hotel or café page comes instead."),
            )
        case "proxy":
            return ProbeText(
                _("Way through proxies"),
                _(
                    "Reads the proxy settings, fetches the automatic configuration file if there is one, and asks each "
                    "proxy for the tested services. Looks for such a file in your own network only."
                ),
            )
        case "segment":
            return ProbeText(
                _("Devices on the network segment"),
                _(
                    "Where the system permits it: asks on your own network which devices hand out addresses (DHCP "
                    "requests), and listens to what routers and switches say. Stays inside your network."
                ),
            )
        case "reach":
            return ProbeText(
                _("Connections to services"),
                _(
                    "Connects to the tested services and a few well-known sites, over TCP and UDP, directly and "
                    "through your proxy, and fetches their first page."
                ),
            )
        case "route":
            return ProbeText(
                _("Way to the destination"),
                _(
                    "Sends small packets along the way to the destination to see which routers answer, and asks "
                    "your name server what they are called."
                ),
            )
        case "access":
            return ProbeText(
                _("Kind of line"),
                _(
                    "Asks your own name servers for a few records of providers, and the first routers on the way for "
                    "an answer. No provider's server is called."
                ),
            )
        case "mtu":
            return ProbeText(
                _("Size of packets"),
                _(
                    "Sends packets of several sizes, up to the largest that your connection takes, to a few "
                    "destinations, and a request of some kilobytes to each one's server."
                ),
            )
        case "udp":
            return ProbeText(
                _("Calls and other UDP traffic"),
                _(
                    "Asks a few STUN servers how this computer looks from outside, and sends a stream as small as a "
                    "voice call to one of them or to a reflector, for some seconds."
                ),
            )
        case "udp_service":
            return ProbeText(
                _("Services over UDP"),
                _("Sends up to three small greetings to each tested service that uses UDP, such as a VPN server."),
            )
        case "time":
            return ProbeText(
                _("Clock"),
                _("Asks a few time servers (NTP) and a few web servers what time it is."),
            )
        case "load":
            return ProbeText(
                _("Load test"),
                _("Downloads and uploads random data at full speed from the test server for some seconds."),
            )
        case _:
            return ProbeText(probe_id, _("A probe of another author; see its documentation."))
