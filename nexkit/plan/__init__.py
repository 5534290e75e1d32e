"""The plan: pure functions from profile, request and what is known so far to the next steps.

The runner asks what can begin, starts it, and asks again with every outcome. So a plan reacts (more rounds on a
suspicious segment, the load test last and alone), and stays a pure function that a table can test:

1. what this computer knows of its network (nothing is sent);
2. the whole ladder at once: gateway, resolvers, anchors, controls, services, and what else tells look-alikes apart;
3. follow-ups, most of them only where something looks wrong; each part of them begins when what it is made from is
   known, while the rest of the ladder goes on;
4. the load test, alone, at full depth only;
5. this computer once more: what changed meanwhile.
"""

from collections.abc import Collection, Iterable, Iterator

from nexkit.plan.closing import end, load
from nexkit.plan.follow_ups import FOLLOW_UPS
from nexkit.plan.ladder import ladder
from nexkit.plan.order import in_order
from nexkit.plan.step import Outcomes, Planner, Step
from nexkit.profile import Profile
from nexkit.request import Request
from nexkit.subject import Subject
from nexkit.units import Seconds


def _first(_request: Request, _profile: Profile, _done: Outcomes) -> Iterable[Step]:
    yield Step(id="interfaces", probe="interfaces", subject=Subject.COMPUTER, timeout_s=Seconds(5.0))


def make_planner(request: Request, profile: Profile) -> Planner:
    """The plan of one run, to be asked whenever a step is over."""

    def next_steps(done: Outcomes, under_way: Collection[str] = ()) -> tuple[Step, ...]:
        for stage in _stages(request, profile, done, under_way):
            new = {step.id: step for step in stage if step.id not in done and step.id not in under_way}
            if new:
                return in_order(new.values(), request)
        return ()

    return next_steps


def _stages(request: Request, profile: Profile, done: Outcomes, under_way: Collection[str]) -> Iterator[Iterable[Step]]:
    """What can begin at the earliest comes first."""
    yield _first(request, profile, done)
    if "interfaces" in under_way:
        return
    rungs = tuple(ladder(request, profile, done))
    yield rungs
    waited_for = [step.id for step in rungs if step.id in under_way]
    yield [
        step
        for part in FOLLOW_UPS
        if not any(step_id.startswith(part.after) for step_id in waited_for)
        for step in part.make(request, profile, done)
    ]
    if under_way:
        return
    yield load(request, profile, done)
    yield end(request, profile, done)
