"""What earlier stages found, and what a request and a profile name: what all stages are made from."""

from collections.abc import Iterable, Iterator
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

from nexkit.address import Family, Scope, family, scope
from nexkit.facts.network import NetworkState
from nexkit.facts.path import PathTrace
from nexkit.facts.reach import Reach, ReachLayer
from nexkit.outcome import Completed, FailureKind, SkipReason
from nexkit.plan.effort import FIRST_HOPS
from nexkit.plan.step import Outcomes
from nexkit.profile import USER_SERVICE_ID, Profile, Service
from nexkit.request import Request, Symptom

_T = TypeVar("_T")


def fact(done: Outcomes, step_id: str, fact_type: type[_T]) -> _T | None:
    """What a step measured; None where it did not, or another kind of fact."""
    outcome = done.get(step_id)
    if isinstance(outcome, Completed) and isinstance(outcome.fact, fact_type):
        return outcome.fact
    return None


def facts(done: Outcomes, prefix: str, fact_type: type[_T]) -> Iterator[tuple[str, _T]]:
    """What the steps measured whose ids begin so."""
    for step_id in done:
        if step_id.startswith(prefix) and (found := fact(done, step_id, fact_type)) is not None:
            yield step_id, found


def services_of(request: Request, profile: Profile) -> tuple[Service, ...]:
    """The services that this request tests; a web address of the user's own comes as one more."""
    services = tuple(
        service for service in profile.services if request.service_id is None or service.id == request.service_id
    )
    if request.url is None:
        return services
    own = Service(id=USER_SERVICE_ID, name={"en": request.url}, url=request.url)
    return (own,) if request.service_id is None and request.symptom is Symptom.ONE_SERVICE else (*services, own)


def port_of(address: SplitResult) -> int:
    """The port of a web address, said or meant."""
    return address.port or (443 if address.scheme == "https" else 80)


def host_port(address: SplitResult) -> str:
    """Host and port of a web address, as probes take them."""
    host = address.hostname or ""
    return f"[{host}]:{port_of(address)}" if ":" in host else f"{host}:{port_of(address)}"


def hosts_of(service: Service) -> Iterator[tuple[str, int]]:
    """Host and port of everything that a service needs over TCP."""
    if service.url:
        parts = urlsplit(service.url)
        yield parts.hostname or "", port_of(parts)
    for target in service.tcp:
        yield target.host, target.port


def webs_of(done: Outcomes) -> list[tuple[str, Reach]]:
    """What came of the web addresses of controls and services."""
    return [
        (step_id, reach)
        for step_id, reach in facts(done, "reach.", Reach)
        if reach.layer is ReachLayer.HTTPS and step_id.startswith(("reach.control", "reach.service"))
    ]


def hanging_of(webs: Iterable[tuple[str, Reach]]) -> list[str]:
    """The steps in which a server took the connection and then nothing came: large packets may be lost."""
    return [
        step_id
        for step_id, reach in webs
        for attempt in reach.attempts
        if attempt.connect_ms is not None and attempt.failure and attempt.failure.kind is FailureKind.TIMEOUT
    ]


def provider_hop(done: Outcomes, of_family: Family) -> str | None:
    """The first router behind one's own that the trace found; a private one only where no other is near.

    A second home router stands before the line, and has a private address.
    """
    digit = "4" if of_family is Family.IPV4 else "6"
    trace = fact(done, f"route.anchor{digit}", PathTrace)
    network = fact(done, "interfaces", NetworkState)
    route = network.gateway(of_family) if network else None
    if trace is None:
        return None
    near = [
        responder.address
        for hop in trace.hops
        for responder in hop.responders
        if 1 < hop.ttl <= FIRST_HOPS
        and responder.address != trace.target
        and (route is None or responder.address != route.gateway)
    ]
    return next((each for each in near if scope(each) is not Scope.PRIVATE), next(iter(near), None))


def family_skip(address: str, network: NetworkState | None) -> SkipReason | None:
    """Traffic to an address needs an address of its family here; loopback and link-local always have one."""
    if network is None or scope(address) in {Scope.LOOPBACK, Scope.LINK_LOCAL}:
        return None
    of_family = family(address)
    if network.usable_addresses(of_family) or (of_family is Family.IPV4 and not network.usable_addresses(Family.IPV6)):
        return None
    return SkipReason.NO_FAMILY
