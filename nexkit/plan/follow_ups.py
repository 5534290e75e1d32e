"""The third stage: where something looks wrong, what separates look-alikes."""

from collections.abc import Iterable
from dataclasses import replace

from nexkit.address import family
from nexkit.facts.dns import ResolverAnswers
from nexkit.facts.echo import EchoStats
from nexkit.facts.path import PathTrace
from nexkit.facts.reach import Reach, TrustProblem
from nexkit.plan.effort import ANCHOR_INTERVAL_S, ROUTER_INTERVAL_S, Effort, effort_of
from nexkit.plan.kinds import WEB_PORT, route_step, tcp_step, web_step
from nexkit.plan.known import fact, facts, hosts_of, services_of
from nexkit.plan.step import Outcomes, Step
from nexkit.profile import Profile, Service
from nexkit.request import Request
from nexkit.subject import Subject


def follow_ups(request: Request, profile: Profile, done: Outcomes) -> Iterable[Step]:
    """What separates look-alikes, where something looks wrong."""
    effort = effort_of(request)
    effort = replace(effort, stage_s=effort.follow_up_s)
    for service in services_of(request, profile):
        yield from _servicefollow_ups(service, done, effort)
        yield from _elsewhere(service, done, effort)
    echoes = [
        (step_id, echo)
        for kind in ("gateway", "anchor")
        for step_id, echo in facts(done, f"ping.{kind}", EchoStats)
        if not step_id.endswith(".more")
    ]
    if not any(0 < echo.received < echo.sent for _step_id, echo in echoes):
        return
    for step_id, echo in echoes:
        # All are asked again, clean ones too: whether they share the loss decides where the fault is.
        if echo.received:
            near = step_id.startswith("ping.gateway")
            yield _more_echoes(f"{step_id}.more", Subject.GATEWAY if near else Subject.ANCHOR, echo.target, effort)
    for digit in ("4", "6"):
        trace = fact(done, f"route.anchor{digit}", PathTrace)
        if trace is None:
            continue
        gateway = fact(done, f"ping.gateway{digit}", EchoStats)
        beyond = [
            responder.address
            for hop in trace.hops
            for responder in hop.responders
            if hop.ttl == 2 and responder.address != trace.target  # noqa: PLR2004  right behind the gateway
        ]
        if beyond and (gateway is None or beyond[0] != gateway.target):
            yield _more_echoes(f"ping.provider{digit}", Subject.PROVIDER_HOP, beyond[0], effort)


def _more_echoes(step_id: str, subject: Subject, target: str, effort: Effort) -> Step:
    interval_s = ANCHOR_INTERVAL_S if subject is Subject.ANCHOR else ROUTER_INTERVAL_S
    return Step(
        id=step_id,
        probe="ping",
        subject=subject,
        params={
            "target": target,
            "count": int((effort.follow_up_s - 1.5) / interval_s),
            "interval_s": interval_s,
        },
        timeout_s=effort.stage_s,
    )


def _elsewhere(service: Service, done: Outcomes, effort: Effort) -> Iterable[Step]:
    """The service where another resolver says it is, once its certificate is somebody else's where this one says."""
    reach = fact(done, f"reach.service.{service.id}", Reach)
    if reach is None or not service.url:
        return
    foreign = [each for each in reach.attempts if each.tls and each.tls.problem is TrustProblem.WRONG_NAME]
    given = {each.address for each in reach.attempts}
    others = [
        address
        for _step_id, answers in facts(done, "dns.comparison", ResolverAnswers)
        for query in answers.queries
        if query.name == reach.host
        for address in query.addresses
    ]
    if not foreign or not others or given & set(others):
        return
    step = web_step(
        f"reach.host.{service.id}.elsewhere", Subject.SERVICE_HOST, service.url, service.expect_status, effort
    )
    of_family = family(foreign[0].address)
    address = next((each for each in others if family(each) is of_family), others[0])
    yield replace(step, params={**step.params, "address": address})


def _servicefollow_ups(service: Service, done: Outcomes, effort: Effort) -> Iterable[Step]:
    """Other ways to the same host, once a port of it does not answer."""
    failing = [
        reach
        for step_id, reach in facts(done, f"reach.service.{service.id}", Reach)
        # Not those of a service whose id begins alike: `mail-old` beside `mail`.
        if step_id.split(".")[2] == service.id
        and reach.attempts
        and all(attempt.failure is not None for attempt in reach.attempts)
    ]
    if not failing:
        return
    address = failing[0].attempts[0].address
    tested = {port for _host, port in hosts_of(service)}
    for port in (WEB_PORT, 80):
        if port not in tested:
            yield tcp_step(f"reach.host.{service.id}.p{port}", Subject.SERVICE_HOST, address, port, effort)
    yield Step(
        id=f"ping.host.{service.id}",
        probe="ping",
        subject=Subject.SERVICE_HOST,
        params={"target": address, "count": 10, "interval_s": ANCHOR_INTERVAL_S},
        timeout_s=effort.stage_s,
    )
    yield route_step(f"route.service.{service.id}", Subject.SERVICE, address, effort)
