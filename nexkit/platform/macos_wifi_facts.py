"""What macOS's CoreWLAN told, as the facts that all systems share; constants are those of CoreWLANTypes.h."""

from collections.abc import Iterable
from typing import Any, TypeAlias

from nexkit.facts.wifi import WifiBand, WifiLink, WifiSecurity, WifiStandard
from nexkit.platform.wifi_cells import Cell, frequency_of, with_cells
from nexkit.units import BitPerSecond

CoreWlanObject: TypeAlias = Any
"""A CWInterface, CWNetwork or CWChannel; the bridge to them is not typed."""

_BANDS = {1: WifiBand.GHZ_2_4, 2: WifiBand.GHZ_5, 3: WifiBand.GHZ_6}
_WIDTHS_MHZ = {1: 20, 2: 40, 3: 80, 4: 160}
_STANDARDS = {
    1: WifiStandard.LEGACY,
    2: WifiStandard.LEGACY,
    3: WifiStandard.LEGACY,
    4: WifiStandard.N,
    5: WifiStandard.AC,
    6: WifiStandard.AX,
    7: WifiStandard.BE,
}
_SECURITIES = {
    0: WifiSecurity.OPEN,
    1: WifiSecurity.WEP,
    2: WifiSecurity.WPA_PERSONAL,
    3: WifiSecurity.WPA2_PERSONAL,  # WPA and WPA2 side by side
    4: WifiSecurity.WPA2_PERSONAL,
    5: WifiSecurity.WPA2_PERSONAL,
    6: WifiSecurity.WEP,  # with 802.1X
    7: WifiSecurity.WPA_ENTERPRISE,
    8: WifiSecurity.WPA2_ENTERPRISE,  # WPA and WPA2 side by side
    9: WifiSecurity.WPA2_ENTERPRISE,
    10: WifiSecurity.WPA2_ENTERPRISE,
    11: WifiSecurity.WPA3_PERSONAL,
    12: WifiSecurity.WPA3_ENTERPRISE,
    13: WifiSecurity.WPA3_TRANSITION,
    14: WifiSecurity.OWE,
    15: WifiSecurity.OWE,  # beside an open network
}
_MBIT = 1e6


def wifi_links(interfaces: Iterable[CoreWlanObject]) -> tuple[WifiLink, ...]:
    """Every CWInterface."""
    return tuple(_link(interface) for interface in interfaces)


def _link(interface: CoreWlanObject) -> WifiLink:
    name, radio_on, channel = str(interface.interfaceName()), bool(interface.powerOn()), interface.wlanChannel()
    rssi_dbm = _dbm(interface.rssiValue())
    if rssi_dbm is None or channel is None:
        return WifiLink(interface=name, radio_on=radio_on, joined=False, names_permitted=True)
    ssid, bssid = interface.ssidData(), interface.bssid()
    rate_mbit_s = float(interface.transmitRate())
    frequency_mhz = _frequency_mhz(channel)
    link = WifiLink(
        interface=name,
        radio_on=radio_on,
        joined=True,
        # A joined cell has an address; since macOS 14 it is kept from programs without location permission.
        names_permitted=bssid is not None,
        ssid=None if interface.ssid() is None else str(interface.ssid()),
        bssid=None if bssid is None else _with_zeros(str(bssid)),
        rssi_dbm=rssi_dbm,
        noise_dbm=_dbm(interface.noiseMeasurement()),
        band=_BANDS.get(channel.channelBand()),
        channel=int(channel.channelNumber()),
        frequency_mhz=frequency_mhz,
        width_mhz=_WIDTHS_MHZ.get(channel.channelWidth()),
        send_rate_bit_s=BitPerSecond(rate_mbit_s * _MBIT) if rate_mbit_s > 0 else None,
        standard=_STANDARDS.get(interface.activePHYMode()),
        security=_SECURITIES.get(interface.security(), WifiSecurity.OTHER),
    )
    heard = [_cell(network, link) for network in interface.cachedScanResults() or ()]
    return with_cells(link, heard or None, None if ssid is None else bytes(ssid), None)


def _cell(network: CoreWlanObject, link: WifiLink) -> Cell:
    ssid, bssid, channel = network.ssidData(), network.bssid(), network.wlanChannel()
    return Cell(
        ssid=None if ssid is None else bytes(ssid),
        rssi_dbm=_dbm(network.rssiValue()),
        frequency_mhz=None if channel is None else _frequency_mhz(channel),
        joined=bssid is not None and _with_zeros(str(bssid)) == link.bssid,
    )


def _frequency_mhz(channel: CoreWlanObject) -> int | None:
    band = _BANDS.get(channel.channelBand())
    return None if band is None else frequency_of(int(channel.channelNumber()), band)


def _dbm(value: int) -> int | None:
    """0 stands for not known."""
    return int(value) or None


def _with_zeros(bssid: str) -> str:
    """The system leaves the leading zero of an octet out."""
    return ":".join(octet.zfill(2) for octet in bssid.lower().split(":"))
