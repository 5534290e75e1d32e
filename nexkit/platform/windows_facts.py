"""What Windows told, as the facts that all systems share."""

from collections.abc import Sequence

from nexkit.address import Family, in_prefix
from nexkit.facts.network import DefaultRoute, Interface, InterfaceKind, NetworkState, ProxySettings
from nexkit.platform.derive import gateway_on_link, resolvers_in_use
from nexkit.platform.windows_api import Adapter, ForwardRow, InterfaceRow
from nexkit.units import BitPerSecond, Bytes

_KINDS = {
    6: InterfaceKind.ETHERNET,
    23: InterfaceKind.VPN,  # PPP
    24: InterfaceKind.LOOPBACK,
    53: InterfaceKind.VPN,  # IF_TYPE_PROP_VIRTUAL: Wintun and most VPN drivers
    71: InterfaceKind.WIFI,
    131: InterfaceKind.VPN,  # IF_TYPE_TUNNEL
    209: InterfaceKind.BRIDGE,
    243: InterfaceKind.MOBILE,
    244: InterfaceKind.MOBILE,
}
"""By IfType (ipifcons.h)."""
_CABLE_OR_RADIO = frozenset({InterfaceKind.ETHERNET, InterfaceKind.WIFI})
_MEDIUM_WIRELESS_WAN = 8
_MEDIUM_BLUETOOTH = 10
"""NDIS_PHYSICAL_MEDIUM."""
PLACEHOLDER_RESOLVERS = ("fec0:0:0:ffff::", 64)
"""What Windows lists where no IPv6 resolver is set: site-local addresses, deprecated by RFC 3879, that nobody asks."""


def kind_of(if_type: int, row: InterfaceRow | None) -> InterfaceKind:
    """What an interface is, by its type and what the driver says of its hardware."""
    kind = _KINDS.get(if_type, InterfaceKind.UNKNOWN)
    if row is None:
        return kind
    if row.physical_medium == _MEDIUM_WIRELESS_WAN:
        return InterfaceKind.MOBILE
    if kind in _CABLE_OR_RADIO and (not row.hardware or row.physical_medium == _MEDIUM_BLUETOOTH):
        return InterfaceKind.VIRTUAL
    return kind


def _interface(adapter: Adapter, row: InterfaceRow | None) -> Interface:
    return Interface(
        name=adapter.name,
        kind=kind_of(adapter.if_type, row),
        admin_up=row.admin_up if row else True,
        carrier=True if adapter.up else row.connected if row else None,
        mtu_bytes=None if adapter.mtu_bytes is None else Bytes(adapter.mtu_bytes),
        speed_bit_s=None if adapter.speed_bit_s is None or not adapter.up else BitPerSecond(adapter.speed_bit_s),
        duplex=None,
        mac=adapter.mac,
        addresses=adapter.addresses,
    )


def _switched_off(row: InterfaceRow) -> Interface:
    return Interface(
        name=row.name,
        kind=kind_of(row.if_type, row),
        admin_up=False,
        carrier=row.connected,
        mtu_bytes=None if row.mtu_bytes is None else Bytes(row.mtu_bytes),
        speed_bit_s=None,
        duplex=None,
        mac=row.mac,
        addresses=(),
    )


def network_state(
    adapters: Sequence[Adapter],
    rows: Sequence[InterfaceRow],
    forward_rows: Sequence[ForwardRow],
    proxy: ProxySettings,
) -> NetworkState:
    """Everything together.

    GetAdaptersAddresses leaves out what is switched off, so hardware that only GetIfTable2 knows is added as such.
    Windows asks the resolvers of the interface with the lowest metric first.
    """
    row_of = {row.luid: row for row in rows}
    adapter_of = {adapter.luid: adapter for adapter in adapters}
    interface_of = {adapter.luid: _interface(adapter, row_of.get(adapter.luid)) for adapter in adapters}
    off = [
        _switched_off(row)
        for row in rows
        if row.hardware and not row.filter and not row.admin_up and row.luid not in adapter_of
    ]
    routes = tuple(
        sorted(
            (
                DefaultRoute(
                    family=row.family,
                    interface=interface_of[row.luid].name,
                    gateway=row.next_hop,
                    metric=row.metric + adapter_of[row.luid].metric(row.family),
                    gateway_on_link=gateway_on_link(row.next_hop, interface_of[row.luid]),
                )
                for row in forward_rows
                if row.prefix_length == 0 and row.luid in interface_of
            ),
            key=lambda route: route.metric or 0,
        )
    )
    in_order = sorted(
        (adapter for adapter in adapters if adapter.up), key=lambda adapter: min(map(adapter.metric, Family))
    )
    configured = [
        (resolver, adapter.name)
        for adapter in in_order
        for resolver in adapter.resolvers
        if not in_prefix(resolver, *PLACEHOLDER_RESOLVERS)
    ]
    return NetworkState(
        interfaces=(*interface_of.values(), *off),
        default_routes=routes,
        resolvers=resolvers_in_use(configured, routes),
        search_domains=tuple(dict.fromkeys(suffix for adapter in in_order for suffix in adapter.suffixes)),
        proxy=proxy,
    )
