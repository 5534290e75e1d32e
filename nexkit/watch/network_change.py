"""What changed around this computer between two readings of its network: pure."""

from ipaddress import ip_interface

from nexkit.address import Family, family
from nexkit.facts.network import NetworkState
from nexkit.watch.light import is_online
from nexkit.watch.record import ChangeKind


def change_between(before: NetworkState, now: NetworkState) -> ChangeKind | None:
    """The change that matters most; None: nothing that light rounds would notice."""
    was_online, online = is_online(before), is_online(now)
    if online != was_online:
        return ChangeKind.LINK_BACK if online else ChangeKind.LINK_LOST
    if not online:
        return None
    for of_family in Family:
        earlier, later = _networks(before, of_family), _networks(now, of_family)
        if earlier and later and not earlier & later:
            return ChangeKind.JOINED_OTHER
        if earlier or later:
            break  # IPv6 prefixes come and go where IPv4 stays; what both families say, the first one decides
    if _ways(before) != _ways(now):
        return ChangeKind.ROUTE_CHANGED
    if [each.address for each in before.resolvers] != [each.address for each in now.resolvers]:
        return ChangeKind.RESOLVERS_CHANGED
    return None


def _networks(state: NetworkState, of_family: Family) -> set[str]:
    """Prefixes of the interface that the family's packets leave by."""
    route = state.gateway(of_family)
    return {
        str(ip_interface(f"{each.address.partition('%')[0]}/{each.prefix_length}").network)
        for interface in state.interfaces
        if route is not None and interface.name == route.interface
        for each in interface.addresses
        if family(each.address) is of_family and not ip_interface(each.address.partition("%")[0]).ip.is_link_local
    }


def _ways(state: NetworkState) -> list[tuple[str, str | None] | None]:
    routes = [state.gateway(each) for each in Family]
    return [None if route is None else (route.interface, route.gateway) for route in routes]
