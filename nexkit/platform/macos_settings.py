"""Pages of the System Settings of macOS 13 and later, by the names of their extensions.

The names are those that Apple lists for device management (SystemPreferences, `EnabledPreferencePanes`). A page that a
version does not know opens the settings at their beginning.
"""

from nexkit.platform.settings import SystemSetting

PAGES = {
    SystemSetting.NETWORK: "x-apple.systempreferences:com.apple.Network-Settings.extension",
    SystemSetting.WIFI: "x-apple.systempreferences:com.apple.wifi-settings-extension",
    SystemSetting.PROXY: "x-apple.systempreferences:com.apple.Network-Settings.extension?Proxies",
    SystemSetting.VPN: "x-apple.systempreferences:com.apple.NetworkExtensionSettingsUI.NESettingsUIExtension",
    SystemSetting.DATE_TIME: "x-apple.systempreferences:com.apple.Date-Time-Settings.extension",
    SystemSetting.LOCATION: "x-apple.systempreferences:com.apple.preference.security?Privacy_LocationServices",
    SystemSetting.LOCAL_NETWORK: "x-apple.systempreferences:com.apple.preference.security?Privacy_LocalNetwork",
}
