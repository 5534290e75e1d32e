"""What a system lets the kit measure, in words, and how to mend what it refuses."""

from typing import NamedTuple

from nexkit.platform.api import Capability, CapabilityState
from nexkit.platform.settings import SystemSetting
from nexkit.texts import Texts


class CapabilityText(NamedTuple):
    """One line of `nexkit check`."""

    name: str
    state: str
    mend: str | None
    """What follows from the state, and what to do about it; None where nothing is wrong."""


def state_word(state: CapabilityState, texts: Texts) -> str:
    """Whether it can be measured, in a word."""
    _ = texts.gettext
    return {
        CapabilityState.AVAILABLE: _("available"),
        CapabilityState.LIMITED: _("limited"),
        CapabilityState.REFUSED: _("refused by this system"),
        CapabilityState.MISSING: _("not there"),
    }[state]


def capability_setting(capability: Capability) -> SystemSetting | None:
    """Where in the system's settings the user can permit it; None where that is no matter of settings."""
    reason = capability.reason or ""
    if reason.startswith("location_"):
        return SystemSetting.LOCATION
    return SystemSetting.LOCAL_NETWORK if reason.startswith("local_network_") else None


def capability_text(capability: Capability, texts: Texts) -> CapabilityText:
    """Name, state and mend of one capability."""
    _ = texts.gettext
    names = {
        "icmp4": _("Ping over IPv4"),
        "icmp6": _("Ping over IPv6"),
        "trace4": _("Tracing the path over IPv4"),
        "trace6": _("Tracing the path over IPv6"),
        "neighbours": _("Reading the neighbour table"),
        "resolvers": _("Reading the name servers"),
        "wifi": _("Reading the Wi-Fi link"),
        "local_network": _("Speaking to the own network"),
        "segment": _("Listening on the network segment"),
    }
    mends = {
        ("icmp", "refused"): _(
            "This system lets no ordinary program send pings, so the time of TCP connections is measured instead. "
            "On Linux an administrator can allow it: sysctl -w net.ipv4.ping_group_range='0 2147483647'"
        ),
        ("trace", "refused"): _("The path cannot be traced here; the diagnosis does without it."),
        ("neighbours", "refused"): _(
            "Whether the router answers on the local network cannot be read; the diagnosis relies on its other answers."
        ),
        ("wifi", "location_windows"): _(
            "Windows tells names and addresses of Wi-Fi networks only to programs that may use the location. To allow "
            "it: Settings, Privacy & security, Location: switch on location services and let desktop apps access them."
        ),
        ("wifi", "location_macos"): _(
            "macOS tells names and addresses of Wi-Fi networks only to programs that may use the location. To allow "
            "it: System Settings, Privacy & Security, Location Services: switch on this program, if it is listed there."
        ),
        ("wifi", "location_macos_off"): _(
            "macOS tells names and addresses of Wi-Fi networks only to programs that may use the location, and the "
            "location services are off. To allow it: System Settings, Privacy & Security, Location Services: switch "
            "them on, and then this program."
        ),
        ("wifi", "restricted"): _(
            "Whoever manages this computer does not let programs use the location, on which names and addresses of "
            "Wi-Fi networks hang."
        ),
        ("local_network", "local_network_macos"): _(
            "macOS keeps this program from the devices of your own network, the router among them. To allow it: System "
            "Settings, Privacy & Security, Local Network: switch this program on."
        ),
        ("wifi", "refused"): _("This system does not let the program read the Wi-Fi link."),
        ("wifi", "no_radio"): _("This computer has no Wi-Fi, or it is switched off entirely."),
        ("segment", "raw_frames"): _(
            "Other DHCP servers, duplicate addresses and the switch can be looked for by administrators only: run the "
            "program with the capability CAP_NET_RAW, for example with sudo."
        ),
        ("segment", "no_raw_frames"): _(
            "This system gives programs no whole frames, so other DHCP servers, duplicate addresses and the switch are "
            "not looked for."
        ),
        ("resolvers", "resolv_conf"): _("There is no /etc/resolv.conf that can be read."),
    }
    families = _("This computer has no addresses of this kind, not even for itself.")
    silent = _("Not even this computer itself answered: a local firewall may be in the way.")
    kind = capability.id.rstrip("46")
    mend = {"no_family": families, "no_answer": silent}.get(capability.reason or "")
    return CapabilityText(
        name=names[capability.id],
        state=state_word(capability.state, texts),
        mend=mend or mends.get((kind, capability.reason or "")),
    )
