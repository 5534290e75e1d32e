"""Light rounds: whom to ask and how, and what the outcomes say. The probes are those of every run, with few packets."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nexkit.address import Family, family, with_zone
from nexkit.facts.dns import ResolverAnswers
from nexkit.facts.echo import EchoMethod, EchoStats
from nexkit.facts.network import NetworkState
from nexkit.facts.reach import Reach, ReachLayer
from nexkit.outcome import Completed, Failed, FailureKind, Outcome
from nexkit.params import ParamValue
from nexkit.plan.kinds import WEB_PORT
from nexkit.plan.known import hosts_of, services_of
from nexkit.plan.step import Outcomes, Planner, Step
from nexkit.profile import Profile
from nexkit.request import Request, Symptom
from nexkit.run_record import StepResult
from nexkit.subject import Subject
from nexkit.units import Ms, Seconds
from nexkit.watch.detect import LightSample

ECHOES = 2
"""To each in a round: one of them may be lost."""
ECHO_INTERVAL_S = Seconds(0.2)
ROUND_S = Seconds(3.2)
"""The longest that a light step may take: rounds do not run into each other."""
REPLY_S = Seconds(1.0)
QUESTION_S = Seconds(1.4)
"""A name server is asked twice within a round."""
CONNECT_S = Seconds(2.5)
"""A SYN is sent at 0 and at 1 s (RFC 6298 section 2), and the second one has a second and a half left."""
MAX_ANCHORS = 2
DNS_EVERY = 2
"""Rounds; in all of them while something looks bad."""
SERVICE_EVERY = 6
STATE_EVERY = 3
NETWORK_STEP = "interfaces"
_GATEWAY_PORT = 53
_OUR_OWN = frozenset(
    {
        FailureKind.PERMISSION,
        FailureKind.BUDGET,
        FailureKind.KIT_LIMIT,
        FailureKind.INTERNAL,
        FailureKind.NOT_INSTALLED,
    }
)
"""What this computer or the kit did not let happen says nothing of the network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LightTarget:
    """One of those that are asked."""

    name: str
    """A stable word: `gateway`, `anchor1`, ..."""
    subject: Subject
    probe: str
    params: Mapping[str, ParamValue]
    every: int = 1
    """Rounds, as long as all goes well."""
    port: int | None = None
    """Where a connection can stand for an echo; None: it cannot."""


def light_targets(network: NetworkState | None, request: Request, profile: Profile) -> tuple[LightTarget, ...]:
    """Router, two hosts of the internet, a name server, and the service that was asked for."""
    return (
        *_gateway(network),
        *_anchors(network, profile),
        *_resolver(network, profile),
        *_service(request, profile),
    )


def _echo(name: str, subject: Subject, target: str, port: int) -> LightTarget:
    params: Mapping[str, ParamValue] = {
        "target": target,
        "count": ECHOES,
        "interval_s": ECHO_INTERVAL_S,
        "reply_timeout_s": REPLY_S,
        "tcp_port": port,
    }
    return LightTarget(name=name, subject=subject, probe="ping", params=params, port=port)


def _gateway(network: NetworkState | None) -> Iterator[LightTarget]:
    routes = [network.gateway(each) for each in (Family.IPV4, Family.IPV6)] if network else []
    for route in routes:
        if route is not None and route.gateway is not None:
            target = with_zone(route.gateway, route.interface)
            yield _echo("gateway", Subject.GATEWAY, target, _GATEWAY_PORT)
            return


def _anchors(network: NetworkState | None, profile: Profile) -> Iterator[LightTarget]:
    """The first ones that this computer has a way to; IPv4 first, as nearly everything has it."""
    families = [each for each in (Family.IPV4, Family.IPV6) if network is None or network.usable_addresses(each)]
    usable = [anchor for each in families for anchor in profile.internet.anchors if family(anchor) is each]
    for number, anchor in enumerate(usable[:MAX_ANCHORS], start=1):
        yield _echo(f"anchor{number}", Subject.ANCHOR, anchor, WEB_PORT)


def _resolver(network: NetworkState | None, profile: Profile) -> Iterator[LightTarget]:
    for resolver in network.resolvers[:1] if network else ():
        address = with_zone(resolver.address, resolver.interface) if resolver.interface else resolver.address
        params: Mapping[str, ParamValue] = {
            "resolver": address,
            "services": profile.internet.names[:1],
            "timeout_s": QUESTION_S,
        }
        yield LightTarget(name="resolver", subject=Subject.RESOLVER, probe="dns", params=params, every=DNS_EVERY)


def _service(request: Request, profile: Profile) -> Iterator[LightTarget]:
    """The one that the user chose; where they said that one service fails and not which, the profile's first."""
    chosen = request.service_id is not None or request.url is not None or request.symptom is Symptom.ONE_SERVICE
    for service in services_of(request, profile)[-1:] if chosen and request.url else services_of(request, profile)[:1]:
        for host, port in [*hosts_of(service)][:1] if chosen else ():
            params: Mapping[str, ParamValue] = {
                "host": host,
                "port": port,
                "layer": ReachLayer.TCP,
                "step_timeout_s": CONNECT_S,
                "total_s": CONNECT_S,
            }
            yield LightTarget(
                name="service", subject=Subject.SERVICE, probe="reach", params=params, every=SERVICE_EVERY
            )


def light_planner(targets: Collection[LightTarget], by_tcp: Collection[str], *, read_network: bool) -> Planner:
    """One round: all at once, and nothing more. `by_tcp` names those that are asked by connections."""
    steps = tuple(_step(target, by_tcp) for target in targets)
    if read_network:
        steps += (Step(id=NETWORK_STEP, probe="interfaces", subject=Subject.COMPUTER, timeout_s=ROUND_S),)

    def next_steps(done: Outcomes, under_way: Collection[str] = ()) -> tuple[Step, ...]:
        return tuple(step for step in steps if step.id not in done and step.id not in under_way)

    return next_steps


def _step(target: LightTarget, by_tcp: Collection[str]) -> Step:
    params = {**target.params, "tcp": True} if target.name in by_tcp else target.params
    return Step(id=target.name, probe=target.probe, subject=target.subject, params=params, timeout_s=ROUND_S)


def sample_of(result: StepResult) -> LightSample:
    """What a light step says; nothing where it could not be made."""
    sent, lost, rtt_ms, failed, icmp = _read(result.outcome)
    return LightSample(
        target=result.id, subject=result.subject, sent=sent, lost=lost, rtt_ms=rtt_ms, failed=failed, icmp=icmp
    )


_NOTHING: tuple[int, int, Ms | None, bool, bool] = (0, 0, None, False, True)


def _read(outcome: Outcome[Any]) -> tuple[int, int, Ms | None, bool, bool]:
    """(sent, lost, quickest answer, answered with a no, by ICMP)."""
    match outcome:
        case Completed(fact=EchoStats() as echo):
            asked = [each for each in echo.samples if each.error not in _OUR_OWN]
            lost = sum(each.rtt_ms is None for each in asked)
            return len(asked), lost, echo.rtt_min_ms, False, echo.method is EchoMethod.ICMP
        case Completed(fact=ResolverAnswers() as answers):
            return _of_resolver(answers)
        case Completed(fact=Reach() as reach):
            return _of_reach(reach)
        case Failed(failure=failure) if failure.kind in {FailureKind.NET_UNREACHABLE, FailureKind.HOST_UNREACHABLE}:
            return 1, 1, None, False, False
        case _:
            return _NOTHING


def _of_resolver(answers: ResolverAnswers) -> tuple[int, int, Ms | None, bool, bool]:
    """Every question has to be answered: a name server that cannot ask others still answers what it remembers."""
    asked = [each for each in answers.queries if each.failure is None or each.failure.kind not in _OUR_OWN]
    told = [each for each in asked if each.rcode is not None]
    lost = len(asked) - len(told)
    refused = not lost and any(each.rcode not in {"NOERROR", "NXDOMAIN"} for each in told)
    times = [each.time_ms for each in told if each.time_ms is not None]
    return len(asked), lost, None if lost else min(times, default=None), refused, False


def _of_reach(reach: Reach) -> tuple[int, int, Ms | None, bool, bool]:
    """One connection of several addresses is enough: so programs do it."""
    if reach.resolve_failure is not None:
        return (0, 0, None, False, False) if reach.resolve_failure.kind in _OUR_OWN else (1, 1, None, False, False)
    failures = [each.failure.kind for each in reach.attempts if each.failure is not None]
    times = [each.connect_ms for each in reach.attempts if each.connect_ms is not None]
    if times:
        return 1, 0, min(times), False, False
    if not failures or all(kind in _OUR_OWN for kind in failures):
        return 0, 0, None, False, False
    return 1, 1, None, FailureKind.REFUSED in failures, False


def is_online(network: NetworkState) -> bool:
    """Whether this computer has an address that reaches beyond the link, and a way out."""
    return bool(network.default_routes) and any(network.usable_addresses(each) for each in Family)
