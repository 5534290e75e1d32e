"""The last stages: the load test, alone; then this computer once more."""

from collections.abc import Iterable

from nexkit.address import Family
from nexkit.consent import Consent
from nexkit.facts.echo import EchoStats
from nexkit.facts.network import NetworkState
from nexkit.facts.reach import Reach
from nexkit.outcome import SkipReason
from nexkit.plan.effort import LOAD_CONNECTIONS, LOAD_DIRECTION_S, LOAD_TIMEOUT_S, MAX_ADDRESSES, MAX_ANCHORS, MAX_WAYS
from nexkit.plan.evidence import readings
from nexkit.plan.known import fact, facts, provider_hop
from nexkit.plan.step import Outcomes, Step
from nexkit.profile import Profile
from nexkit.request import Depth, Request
from nexkit.subject import Subject


def load(request: Request, profile: Profile, done: Outcomes) -> Iterable[Step]:
    """The load test, alone."""
    if request.depth is not Depth.FULL:
        return
    load = profile.load
    alive = (echo.target for _id, echo in facts(done, "ping.anchor", EchoStats) if echo.received)
    gateway = fact(done, "ping.gateway4", EchoStats)
    skip = None
    if load.backend is None:
        skip = SkipReason.NO_TARGET
    elif Consent.BULK_TRAFFIC not in request.consent or (
        load.is_public and Consent.PUBLIC_BACKEND not in request.consent
    ):
        skip = SkipReason.NO_CONSENT

    def bit_s(mbit_s: float | None) -> float | None:
        return None if mbit_s is None else mbit_s * 1e6

    yield Step(
        id="load.test",
        probe="load",
        subject=Subject.LOAD_SERVER,
        params={
            "backend": load.backend,
            "server": load.server,
            "download": load.download,
            "upload": load.upload,
            "max_bytes": load.max_bytes,
            "direction_s": LOAD_DIRECTION_S,
            "connections": LOAD_CONNECTIONS,
            "echo_target": next(alive, None),
            "gateway_target": gateway.target if gateway and gateway.received else None,
            "provider_target": provider_hop(done, Family.IPV4),
            "expected_down_bit_s": bit_s(load.expect_down_mbit_s),
            "expected_up_bit_s": bit_s(load.expect_up_mbit_s),
        },
        timeout_s=LOAD_TIMEOUT_S,
        skip=skip,
    )


def end(_request: Request, profile: Profile, done: Outcomes) -> Iterable[Step]:
    """The computer once more: what changed during the run, and which way the routing takes to what was tested."""
    tested = [
        attempt.address
        for prefix in ("reach.service", "reach.control")
        for _id, reach in facts(done, prefix, Reach)
        for attempt in reach.attempts[:MAX_ADDRESSES]
    ]
    targets = tuple(dict.fromkeys((*profile.internet.anchors[:MAX_ANCHORS], *tested)))
    return readings("end", fact(done, "interfaces", NetworkState), targets[:MAX_WAYS])
