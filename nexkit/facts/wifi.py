"""Facts of the Wi-Fi link: the cell that is joined, how well it is heard, and what else is on the air."""

from dataclasses import dataclass
from enum import Enum

from nexkit.sensitivity import InterfaceName, MacAddress, Ssid
from nexkit.units import BitPerSecond, Seconds


class WifiBand(Enum):
    """Which part of the spectrum, in GHz."""

    GHZ_2_4 = "2.4"
    GHZ_5 = "5"
    GHZ_6 = "6"


class WifiStandard(Enum):
    """The newest amendment of IEEE 802.11 that the link uses."""

    LEGACY = "legacy"
    """802.11, a, b or g: at most 54 Mbit/s."""
    N = "n"
    """Wi-Fi 4."""
    AC = "ac"
    """Wi-Fi 5."""
    AX = "ax"
    """Wi-Fi 6 and 6E."""
    BE = "be"
    """Wi-Fi 7."""


class WifiSecurity(Enum):
    """How the network protects itself."""

    OPEN = "open"
    OWE = "owe"
    """Encrypted without a password (Enhanced Open, RFC 8110)."""
    WEP = "wep"
    WPA_PERSONAL = "wpa_personal"
    WPA_ENTERPRISE = "wpa_enterprise"
    WPA2_PERSONAL = "wpa2_personal"
    WPA2_ENTERPRISE = "wpa2_enterprise"
    WPA3_TRANSITION = "wpa3_transition"
    """WPA2 and WPA3 Personal side by side."""
    WPA3_PERSONAL = "wpa3_personal"
    WPA3_ENTERPRISE = "wpa3_enterprise"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class WifiFrames:
    """What the radio counted, on Linux since it joined the cell; None where the driver does not count it."""

    sent: int | None
    retried: int | None
    """Repeats, because no acknowledgement came."""
    failed: int | None
    """Given up after all repeats."""
    beacons_missed: int | None
    """How often the cell's beacons stayed away for so long that the driver took note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WifiCells:
    """The other cells that the system has heard; read from its list, no scan is made for it."""

    heard: int
    """All of them, without the joined one."""
    same_channel: int
    """Of those the ones with the joined cell's own channel, which share its air time."""
    overlapping: int
    """Those on other channels that reach into the joined one: they are noise to it."""
    own_network: int | None
    """Those with the same name; None where names are not permitted."""
    own_network_same_channel: int | None
    own_network_stronger: int | None
    """Those with the same name that are heard better than the joined one: the client sticks where it is."""
    own_network_best_dbm: int | None
    """The best of those with the same name; None without one."""
    newest_age_s: Seconds | None
    """How long ago the last of them was heard: an old list says little. None where the system does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WifiLink:
    """One radio; what concerns a cell is None while none is joined, or where the driver does not tell."""

    interface: InterfaceName
    radio_on: bool | None
    joined: bool | None
    names_permitted: bool
    """False: the system keeps names and addresses of cells from programs without location permission."""
    ssid: Ssid | None = None
    """None also for a name without letters."""
    bssid: MacAddress | None = None
    rssi_dbm: int | None = None
    noise_dbm: int | None = None
    band: WifiBand | None = None
    channel: int | None = None
    """The primary one."""
    frequency_mhz: int | None = None
    """The centre of the primary channel."""
    width_mhz: int | None = None
    send_rate_bit_s: BitPerSecond | None = None
    """What the radio last sent with (PHY rate); the goodput is about half of it."""
    receive_rate_bit_s: BitPerSecond | None = None
    standard: WifiStandard | None = None
    security: WifiSecurity | None = None
    joined_for_s: Seconds | None = None
    frames: WifiFrames | None = None
    cells: WifiCells | None = None

    @property
    def snr_db(self) -> int | None:
        """Signal above noise; None unless both are known."""
        return None if self.rssi_dbm is None or self.noise_dbm is None else self.rssi_dbm - self.noise_dbm


@dataclass(frozen=True, slots=True, kw_only=True)
class WifiReading:
    """Every radio at one moment."""

    links: tuple[WifiLink, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WifiChange:
    """One radio in two readings."""

    before: WifiLink
    after: WifiLink

    @property
    def roamed(self) -> bool | None:
        """Another cell of the same network; None where names are not known in both readings."""
        return _all_known(self.before.bssid, self.after.bssid, self.before.ssid, self.after.ssid) and (
            self.before.bssid != self.after.bssid and self.before.ssid == self.after.ssid
        )

    @property
    def network_changed(self) -> bool | None:
        """Another network; None where its name is not known in both readings."""
        return _all_known(self.before.ssid, self.after.ssid) and self.before.ssid != self.after.ssid

    @property
    def rejoined(self) -> bool | None:
        """The link was built up anew in between, to the same cell or another; None where the system does not tell."""
        if self.before.joined_for_s is None or self.after.joined_for_s is None:
            return None
        return self.after.joined_for_s < self.before.joined_for_s

    @property
    def rssi_change_db(self) -> int | None:
        """How much better (or, below zero, worse) the cell is heard."""
        if self.before.rssi_dbm is None or self.after.rssi_dbm is None:
            return None
        return self.after.rssi_dbm - self.before.rssi_dbm

    @property
    def frames(self) -> WifiFrames | None:
        """What was counted in between; None where nothing is, or the counting began anew with another cell."""
        before, after = self.before.frames, self.after.frames
        if before is None or after is None or self.rejoined or self.roamed:
            return None
        return WifiFrames(
            sent=_difference(before.sent, after.sent),
            retried=_difference(before.retried, after.retried),
            failed=_difference(before.failed, after.failed),
            beacons_missed=_difference(before.beacons_missed, after.beacons_missed),
        )


def wifi_changes(before: WifiReading, after: WifiReading) -> tuple[WifiChange, ...]:
    """The radios that two readings have in common, the earlier reading first."""
    earlier = {link.interface: link for link in before.links}
    return tuple(
        WifiChange(before=earlier[link.interface], after=link) for link in after.links if link.interface in earlier
    )


def _all_known(*values: str | None) -> bool | None:
    return None if None in values else True


def _difference(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None or after < before else after - before
