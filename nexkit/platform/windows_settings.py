"""Pages of the settings of Windows 10 and 11 ("Launch Windows Settings", the ms-settings: scheme)."""

from nexkit.platform.settings import SystemSetting

PAGES = {
    SystemSetting.NETWORK: "ms-settings:network",
    SystemSetting.WIFI: "ms-settings:network-wifi",
    SystemSetting.PROXY: "ms-settings:network-proxy",
    SystemSetting.VPN: "ms-settings:network-vpn",
    SystemSetting.DATE_TIME: "ms-settings:dateandtime",
    SystemSetting.LOCATION: "ms-settings:privacy-location",
}
"""Windows has no page for the local network."""
