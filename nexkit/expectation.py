"""What of the profile's own words about this network, its VPN and its services a run met.

Rules see the run record, not the profile, and a report's record no longer has whole addresses: so the comparison is
made once, at the end of the run, and goes into the record as plain answers (as `gateway_on_link` does).
"""

from collections.abc import Iterator, Sequence
from ipaddress import ip_network
from typing import TypeVar

from nexkit.address import Family, Scope, in_prefix, known_family, known_scope
from nexkit.facts.dns import SystemLookups
from nexkit.facts.network import InterfaceKind, NetworkState
from nexkit.facts.reach import Reach
from nexkit.facts.udp import UdpService
from nexkit.facts.wifi import WifiReading
from nexkit.outcome import Completed
from nexkit.profile import ExpectedNetwork, Profile, Service, Vpn
from nexkit.run_record import Expectations, NetworkMet, ServiceNeeds, StepResult, VpnMet
from nexkit.subject import Subject
from nexkit.units import Seconds

_FactT = TypeVar("_FactT")
_CLOCK = "clock:"
_OUTWARD = frozenset({Scope.PRIVATE, Scope.SHARED, Scope.UNIQUE_LOCAL, Scope.INTERNET})
_NOT_THE_NETWORK = frozenset({InterfaceKind.VPN, InterfaceKind.LOOPBACK, InterfaceKind.BRIDGE})


def expectations(profile: Profile, results: Sequence[StepResult]) -> Expectations | None:
    """What was met; None where the profile says nothing of network and VPN, and tested services need nothing."""
    network = _network_met(profile, results)
    vpn = None if profile.vpn is None else _vpn_met(profile.vpn, results)
    services = tuple(_needs(profile.services, results))
    if network is None and vpn is None and not services:
        return None
    return Expectations(network=network, vpn=vpn, services=services)


def _needs(services: Sequence[Service], results: Sequence[StepResult]) -> Iterator[ServiceNeeds]:
    """What the services need that were tested at all."""
    for service in services:
        prefix = f"reach.service.{service.id}"
        steps = tuple(each.id for each in results if each.id == prefix or each.id.startswith(f"{prefix}."))
        if service.needs and steps:
            clocks = [each.removeprefix(_CLOCK).removesuffix("s") for each in service.needs if each.startswith(_CLOCK)]
            yield ServiceNeeds(
                service=service.id,
                steps=steps,
                clock_s=Seconds(min(map(float, clocks))) if clocks else None,
                udp="udp" in service.needs,
                vpn="vpn" in service.needs,
                large_packets="large_packets" in service.needs,
            )


def _network_met(profile: Profile, results: Sequence[StepResult]) -> NetworkMet | None:
    expected = profile.network
    if not (expected.ssids or expected.resolvers or expected.prefixes):
        return None
    known = next(iter(_facts(results, NetworkState, Subject.COMPUTER)), None)
    wifi = next(iter(_facts(results, WifiReading, Subject.COMPUTER)), None)
    names = [] if wifi is None else [link.ssid for link in wifi[1].links if link.joined]
    state = None if known is None else known[1]
    of_vpn = () if profile.vpn is None else profile.vpn.resolvers
    return NetworkMet(
        ssid=_any_of(expected.ssids, names) if all(names) else None,
        prefix=None if state is None else _in_prefixes(expected, state),
        resolvers=None if state is None else _asks(expected, state, of_vpn),
        steps=tuple(found[0] for found in (known, wifi) if found is not None),
    )


def _any_of(expected: Sequence[str], names: Sequence[str | None]) -> bool | None:
    return None if not expected or not names else any(name in expected for name in names)


def _in_prefixes(expected: ExpectedNetwork, state: NetworkState) -> bool | None:
    """Whether an own address on the way out lies in one of the networks; only of families that are listed."""
    families = {known_family(prefix) for prefix in expected.prefixes}
    physical = [interface for interface in state.interfaces if interface.kind not in _NOT_THE_NETWORK]
    routed = {route.interface for route in state.default_routes}
    own = [
        each.address
        for interface in [each for each in physical if each.name in routed] or physical
        if interface.admin_up and interface.carrier is not False
        for each in interface.addresses
        if known_family(each.address) in families and known_scope(each.address) in _OUTWARD
    ]
    return any(_inside(address, expected.prefixes) for address in own) if own else None


def _asks(expected: ExpectedNetwork, state: NetworkState, of_vpn: Sequence[str]) -> bool | None:
    """Whether one of the listed resolvers is asked; resolvers on this computer itself hide whom they ask."""
    families = {known_family(address) for address in expected.resolvers}
    asked = {
        each.address
        for each in state.resolvers
        if known_family(each.address) in families and known_scope(each.address) is not Scope.LOOPBACK
    }
    # A VPN at work puts its own in their place.
    return None if not asked else bool(asked & {*expected.resolvers, *of_vpn})


def _vpn_met(vpn: Vpn, results: Sequence[StepResult]) -> VpnMet:
    tested = [
        *(
            (step, fact.host, tuple(each.address for each in fact.attempts))
            for step, fact in _facts(results, Reach, Subject.SERVICE)
        ),
        *(
            (step, fact.host, tuple(each.address for each in fact.ports))
            for step, fact in _facts(results, UdpService, Subject.SERVICE)
        ),
    ]
    return VpnMet(
        inside=tuple(step for step, host, addresses in tested if stands_inside(vpn, host, addresses)),
        names=_names_inside(vpn, [lookups for _, lookups in _facts(results, SystemLookups, Subject.VPN)]),
    )


def stands_inside(vpn: Vpn, host: str, addresses: Sequence[str]) -> bool:
    """Whether a service stands behind the VPN: by its name, or by all its addresses."""
    name = host.rstrip(".").casefold()
    inner = [each.rstrip(".").casefold() for each in vpn.names]
    if any(name == each or name.endswith(f".{each}") for each in inner):
        return True
    return bool(addresses) and all(_inside(address, vpn.routes) for address in addresses)


def _names_inside(vpn: Vpn, asked: Sequence[SystemLookups]) -> bool | None:
    """Whether the system finds every name at addresses behind the VPN; None where that was not asked, or not told."""
    lookups = [lookup for each in asked for lookup in each.lookups]
    if not lookups or not vpn.routes:
        return None
    return all(
        lookup.addresses and all(_inside(address, vpn.routes) for address in lookup.addresses) for lookup in lookups
    )


def _inside(address: str, prefixes: Sequence[str]) -> bool:
    return any(
        known_family(address) is (Family.IPV4 if network.version == 4 else Family.IPV6)  # noqa: PLR2004  IPv4
        and in_prefix(address, str(network.network_address), network.prefixlen)
        for network in map(ip_network, prefixes)
    )


def _facts(results: Sequence[StepResult], fact_type: type[_FactT], subject: Subject) -> Iterator[tuple[str, _FactT]]:
    """(step id, fact) of what was measured of that kind about a subject."""
    for result in results:
        if (
            result.subject is subject
            and isinstance(result.outcome, Completed)
            and isinstance(result.outcome.fact, fact_type)
        ):
            yield result.id, result.outcome.fact
