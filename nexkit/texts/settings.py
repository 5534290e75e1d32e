"""Which page of the system's settings an advice speaks of, and what the button is called that opens it."""

from collections.abc import Mapping

from nexkit.diagnosis.verdict import Finding
from nexkit.platform.settings import SystemSetting
from nexkit.texts import Texts
from nexkit.trial import Trial

_OF_CAUSE: Mapping[str, SystemSetting] = {
    "device.adapter_off": SystemSetting.NETWORK,
    "device.clock_wrong": SystemSetting.DATE_TIME,
    "device.dns_not_set": SystemSetting.NETWORK,
    "device.no_default_route": SystemSetting.NETWORK,
    "device.no_link": SystemSetting.WIFI,
    "device.wrong_ip_settings": SystemSetting.NETWORK,
    "dns.first_resolver_dead": SystemSetting.NETWORK,
    "dns.resolver_error": SystemSetting.NETWORK,
    "dns.resolver_unreachable": SystemSetting.NETWORK,
    "dns.tampered": SystemSetting.NETWORK,
    "lan.captive_portal": SystemSetting.WIFI,
    "lan.dhcp_failed": SystemSetting.NETWORK,
    "lan.duplicate_address": SystemSetting.NETWORK,
    "lan.rogue_dhcp": SystemSetting.NETWORK,
    "lan.wifi_interference": SystemSetting.WIFI,
    "lan.wifi_spikes": SystemSetting.LOCATION,
    "lan.wifi_sticky": SystemSetting.WIFI,
    "lan.wrong_network": SystemSetting.WIFI,
    "security.pac_failed": SystemSetting.PROXY,
    "security.proxy_auth": SystemSetting.PROXY,
    "security.proxy_unreachable": SystemSetting.PROXY,
    "vpn.dns_mismatch": SystemSetting.VPN,
    "vpn.down": SystemSetting.VPN,
    "vpn.hairpin": SystemSetting.VPN,
    "vpn.mtu": SystemSetting.VPN,
}
_OF_TRIAL: Mapping[Trial, SystemSetting] = {
    Trial.PROXY_OFF: SystemSetting.PROXY,
    Trial.VPN_OFF: SystemSetting.VPN,
    Trial.RECONNECT_VPN: SystemSetting.VPN,
    Trial.USE_WIFI: SystemSetting.WIFI,
}
_ABOUT_WIFI = frozenset({SystemSetting.WIFI})


def advised_setting(finding: Finding | None) -> SystemSetting | None:
    """What the advice of a finding tells the user to look at; None where that is no setting of this computer."""
    if finding is None:
        return None
    setting = _OF_CAUSE.get(finding.cause)
    # By cable the page of the Wi-Fi has nothing to mend.
    by_cable = finding.values.get("link") == "cable"
    return SystemSetting.NETWORK if by_cable and setting in _ABOUT_WIFI else setting


def trial_setting(trial: Trial) -> SystemSetting | None:
    """Where the thing to try is set; None where that is nowhere in this computer's settings."""
    return _OF_TRIAL.get(trial)


def setting_button(setting: SystemSetting, texts: Texts) -> str:
    """What the button is called that opens the page."""
    _ = texts.gettext
    words = {
        SystemSetting.NETWORK: _("Open the network settings"),
        SystemSetting.WIFI: _("Open the Wi-Fi settings"),
        SystemSetting.PROXY: _("Open the proxy settings"),
        SystemSetting.VPN: _("Open the VPN settings"),
        SystemSetting.DATE_TIME: _("Open the date and time settings"),
        SystemSetting.LOCATION: _("Open the location settings"),
        SystemSetting.LOCAL_NETWORK: _("Open the privacy settings"),
    }
    return words[setting]
