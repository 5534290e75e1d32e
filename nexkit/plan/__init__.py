"""The plan: pure functions from profile, request and what is known so far to the next steps.

The runner asks for a stage, runs it, and asks again with the outcomes. So a plan reacts (more rounds on a suspicious
segment, the load test last and alone), and stays a pure function that a table can test. The stages:

1. what this computer knows of its network (nothing is sent);
2. the whole ladder at once: gateway, resolvers, anchors, controls, services, and what else tells look-alikes apart;
3. follow-ups, most of them only where something looks wrong;
4. the load test, at full depth only;
5. this computer once more: what changed meanwhile.
"""

from collections.abc import Iterable

from nexkit.plan.closing import end, load
from nexkit.plan.follow_ups import follow_ups
from nexkit.plan.ladder import ladder
from nexkit.plan.step import Outcomes, Planner, Step
from nexkit.profile import Profile
from nexkit.request import Request
from nexkit.subject import Subject
from nexkit.units import Seconds


def _first(_request: Request, _profile: Profile, _done: Outcomes) -> Iterable[Step]:
    yield Step(id="interfaces", probe="interfaces", subject=Subject.COMPUTER, timeout_s=Seconds(5.0))


def make_planner(request: Request, profile: Profile) -> Planner:
    """The plan of one run, to be asked stage by stage."""

    def next_stage(done: Outcomes) -> tuple[Step, ...]:
        for stage in (_first, ladder, follow_ups, load, end):
            steps = tuple(stage(request, profile, done))
            if steps and not any(step.id in done for step in steps):
                return steps
        return ()

    return next_stage
