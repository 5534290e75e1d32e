"""Pages of the System Settings of macOS 13 and later, by the names of their extensions.

The names are those that Apple lists for device management (SystemPreferences, `EnabledPreferencePanes`). A page that a
version does not know opens the settings at their beginning.
"""

from nexkit.platform.settings import SystemSetting

_SCHEME = "x-apple.systempreferences:"
_PAGES = {
    SystemSetting.NETWORK: "com.apple.Network-Settings.extension",
    SystemSetting.WIFI: "com.apple.wifi-settings-extension",
    SystemSetting.PROXY: "com.apple.Network-Settings.extension?Proxies",
    SystemSetting.VPN: "com.apple.NetworkExtensionSettingsUI.NESettingsUIExtension",
    SystemSetting.DATE_TIME: "com.apple.Date-Time-Settings.extension",
    SystemSetting.LOCATION: "com.apple.preference.security?Privacy_LocationServices",
    SystemSetting.LOCAL_NETWORK: "com.apple.preference.security?Privacy_LocalNetwork",
}


def address(setting: SystemSetting) -> str | None:
    """The address of a page."""
    return _SCHEME + _PAGES[setting]
