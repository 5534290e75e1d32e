"""The runner with hand-written probes, good and bad."""

import asyncio
import datetime as dt
import errno
import random
import time
from dataclasses import dataclass

import pytest

from nexkit.events import RunFinished, StepFinished, StepProgress, StepSample, StepsPlanned
from nexkit.failures import BudgetExceededError
from nexkit.kit_limits import RUN_BYTES, RUN_S
from nexkit.outcome import Completed, Failed, Failure, FailureKind, Skipped, SkipReason
from nexkit.plan.step import Step
from nexkit.platform.fake import TEST_SYSTEM, FakePlatform
from nexkit.probe import Consent, ProbeSpec
from nexkit.registry import Registry
from nexkit.request import Request
from nexkit.run_record import ProfileReference, ProfileTrust
from nexkit.runner import Runner
from nexkit.subject import Subject

PROFILE = ProfileReference(id="test", serial=1, trust=ProfileTrust.BUILT_IN, sha256="00")


@dataclass(frozen=True, kw_only=True)
class Params:
    number: int = 7

    def __post_init__(self):
        if self.number < 0:
            raise ValueError("number: must not be negative")
        if self.number == 13:
            raise RuntimeError("a check that breaks")


@dataclass(frozen=True, kw_only=True)
class Fact:
    number: int


class ScriptedProbe:
    """Does what its function does."""

    def __init__(self, probe_id, function, *, consent=Consent.ACTIVE_TRAFFIC, timeout_s=30.0, max_bytes=1000):
        self.function = function
        self.spec = ProbeSpec(
            id=probe_id,
            version=3,
            consent=consent,
            params=Params,
            fact=Fact,
            timeout_s=timeout_s,
            max_bytes=max_bytes,
        )

    async def run(self, params, ctx):
        return await self.function(params, ctx)


class ManualClock:
    """Stands still, unless a test moves it."""

    def __init__(self):
        self.time_s = 50.0

    def monotonic(self):
        return self.time_s

    def now(self):
        return dt.datetime(2026, 11, 20, tzinfo=dt.UTC)

    async def sleep(self, seconds):
        self.time_s += seconds
        await asyncio.sleep(0)


async def good(params, ctx):
    ctx.spend(100)
    return Completed(Fact(number=params.number))


async def endless(params, ctx):
    ctx.spend(40)
    await asyncio.Event().wait()


async def stubborn(params, ctx):
    """Does not heed the first cancellation."""
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        await asyncio.Event().wait()


def step(step_id, probe=None, **options):
    return Step(id=step_id, probe=probe or step_id, subject=Subject.ANCHOR, **{"timeout_s": 30.0, **options})


def stages(*planned):
    """A planner of fixed stages."""
    left = list(planned)
    return lambda done, under_way: left.pop(0) if left and not under_way else ()


def probes(**functions):
    return [ScriptedProbe(probe_id, function) for probe_id, function in functions.items()]


class Run:
    """One run and what came of it."""

    def __init__(self, offered, planner, *, request=None, listener=None, during=None, clock=None):
        self.events = []
        self.clock = clock or ManualClock()
        runner = Runner(registry=Registry(offered), platform=FakePlatform(), clock=self.clock, random=random.Random(1))

        async def measure():
            stop = asyncio.Event()
            task = asyncio.create_task(
                runner.measure(planner, request or Request(), PROFILE, listener or self.events.append, stop)
            )
            if during is not None:
                await asyncio.sleep(0.01)
                during(stop, task)
            return await task

        began = time.perf_counter()
        try:
            self.record = asyncio.run(measure())
        finally:
            self.real_s = time.perf_counter() - began
        self.outcomes = {result.id: result.outcome for result in self.record.results}

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]


def internal(place):
    return Failed(Failure(kind=FailureKind.INTERNAL, step=place))


def test_a_probes_outcome_is_recorded_with_its_cost():
    run = Run(probes(good=good), stages((step("a", "good"), step("b", "good", params={"number": "9"}))))
    assert run.outcomes == {"a": Completed(Fact(number=7)), "b": Completed(Fact(number=9))}
    result = run.record.by_id()["a"]
    assert (result.probe, result.probe_version, result.subject, result.traffic_bytes) == (
        "good",
        3,
        Subject.ANCHOR,
        100,
    )
    assert (run.record.system, run.record.profile, run.record.cancelled) == (TEST_SYSTEM, PROFILE, False)


def test_steps_of_a_stage_run_together():
    meeting = asyncio.Barrier(2)

    async def meet(params, ctx):
        await meeting.wait()
        return Completed(Fact(number=1))

    run = Run(probes(meet=meet), stages((step("a", "meet"), step("b", "meet"))))
    assert set(map(type, run.outcomes.values())) == {Completed}


def test_stages_follow_each_other_and_see_what_came_before():
    seen = []

    def planner(done, under_way):
        seen.append(dict(done))
        return {0: (step("first", "good"),), 1: (step("second", "good"),)}.get(len(done), ())

    run = Run(probes(good=good), planner)
    assert [sorted(done) for done in seen] == [[], ["first"], ["first", "second"]]
    assert list(run.outcomes) == ["first", "second"]


def test_time_is_counted_from_the_beginning_of_the_run():
    async def slow(params, ctx):
        await ctx.sleep(2.5)
        return Completed(Fact(number=1))

    run = Run(probes(slow=slow), stages((step("a", "slow"),), (step("b", "slow"),)))
    assert [(result.started_s, result.took_s) for result in run.record.results] == [(0.0, 2.5), (2.5, 2.5)]
    assert run.record.took_s == 5.0


async def raises_key_error(params, ctx):
    raise KeyError("x")


async def raises_os_error(params, ctx):
    raise ConnectionRefusedError(errno.ECONNREFUSED, "refused")


async def raises_time_out(params, ctx):
    raise TimeoutError


async def cancels_itself(params, ctx):
    raise asyncio.CancelledError


async def gives_nothing(params, ctx):
    return None


async def gives_another_fact(params, ctx):
    return Completed("not a Fact")


async def spends_too_much(params, ctx):
    ctx.spend(900)
    ctx.spend(200)


@pytest.mark.parametrize(
    ("broken", "failure"),
    [
        (raises_key_error, Failure(kind=FailureKind.INTERNAL, step="probe")),
        (raises_os_error, Failure(kind=FailureKind.REFUSED, step="probe", os_code=errno.ECONNREFUSED)),
        (raises_time_out, Failure(kind=FailureKind.TIMEOUT, step="probe")),
        (cancels_itself, Failure(kind=FailureKind.INTERNAL, step="probe")),
        (gives_nothing, Failure(kind=FailureKind.INTERNAL, step="probe")),
        (gives_another_fact, Failure(kind=FailureKind.INTERNAL, step="probe")),
        (spends_too_much, Failure(kind=FailureKind.BUDGET, step="probe")),
    ],
)
def test_a_broken_probe_is_a_failure_and_stops_no_other(broken, failure):
    run = Run(probes(broken=broken, good=good), stages((step("broken"), step("good")), (step("later", "good"),)))
    assert run.outcomes["broken"] == Failed(failure)
    assert run.outcomes["good"] == run.outcomes["later"] == Completed(Fact(number=7))


def test_what_was_spent_before_the_budget_ended_is_counted():
    run = Run(probes(greedy=spends_too_much), stages((step("greedy"),)))
    assert run.record.results[0].traffic_bytes == 900
    assert run.of(RunFinished)[0].traffic_bytes == 900


def test_failures_and_skips_of_a_probe_are_kept():
    async def fails(params, ctx):
        return Failed(Failure(kind=FailureKind.TLS, step="tls"))

    async def skips(params, ctx):
        return Skipped(SkipReason.NOT_SUPPORTED)

    run = Run(probes(fails=fails, skips=skips), stages((step("fails"), step("skips"))))
    assert run.outcomes == {
        "fails": Failed(Failure(kind=FailureKind.TLS, step="tls")),
        "skips": Skipped(SkipReason.NOT_SUPPORTED),
    }


@pytest.mark.parametrize("limits", [(0.02, 30.0), (30.0, 0.02)])
def test_the_shorter_deadline_of_step_and_probe_ends_it(limits):
    step_s, probe_s = limits
    offered = [ScriptedProbe("endless", endless, timeout_s=probe_s), ScriptedProbe("good", good)]
    run = Run(offered, stages((step("endless", timeout_s=step_s),), (step("good"),)))
    assert run.outcomes["endless"] == Failed(Failure(kind=FailureKind.TIMEOUT, step="deadline"))
    assert run.outcomes["good"] == Completed(Fact(number=7))
    assert run.record.results[0].traffic_bytes == 40
    assert run.real_s < 1.0


def test_a_probe_that_ignores_its_deadline_is_left_behind():
    contexts = []

    async def ignores(params, ctx):
        contexts.append(ctx)
        await stubborn(params, ctx)

    run = Run(probes(ignores=ignores, good=good), stages((step("ignores", timeout_s=0.01),), (step("good"),)))
    assert run.outcomes["ignores"] == Failed(Failure(kind=FailureKind.TIMEOUT, step="deadline"))
    assert run.outcomes["good"] == Completed(Fact(number=7))
    assert run.real_s < 2.0
    told = len(run.events)
    contexts[0].progress(0.5)
    contexts[0].sample(1.0)
    assert len(run.events) == told
    with pytest.raises(BudgetExceededError):
        contexts[0].spend(1)


def test_a_stop_keeps_what_is_finished_and_is_followed_at_once():
    run = Run(
        probes(good=good, endless=endless),
        stages((step("good"), step("endless")), (step("never", "good"),)),
        during=lambda stop, task: stop.set(),
    )
    assert run.outcomes == {"good": Completed(Fact(number=7)), "endless": Skipped(SkipReason.CANCELLED)}
    assert run.record.cancelled
    assert run.record.by_id()["endless"].traffic_bytes == 40
    assert run.real_s < 0.5


def test_a_stop_is_followed_within_a_second_whatever_a_probe_does():
    run = Run(probes(stubborn=stubborn), stages((step("stubborn"),)), during=lambda stop, task: stop.set())
    assert run.outcomes == {"stubborn": Skipped(SkipReason.CANCELLED)}
    assert run.real_s < 1.2


def test_a_stop_before_the_beginning_measures_nothing():
    def planner(done, under_way):
        raise AssertionError("not asked")

    async def measure():
        stop = asyncio.Event()
        stop.set()
        runner = Runner(registry=Registry([]), platform=FakePlatform(), clock=ManualClock(), random=random.Random(1))
        return await runner.measure(planner, Request(), PROFILE, lambda event: None, stop)

    record = asyncio.run(measure())
    assert (record.results, record.cancelled) == ((), True)


def test_a_run_that_is_cancelled_from_outside_ends_its_probes():
    ended = []

    async def watched(params, ctx):
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    with pytest.raises(asyncio.CancelledError):
        Run(probes(watched=watched), stages((step("watched"),)), during=lambda stop, task: task.cancel())
    assert ended == [True]


def test_the_time_limit_ends_running_steps():
    run = Run(probes(endless=endless), stages((step("endless"),)), request=Request(time_limit_s=0.02))
    assert run.outcomes == {"endless": Skipped(SkipReason.TIME_LIMIT)}
    assert not run.record.cancelled
    assert run.of(StepsPlanned)[0].expected_s == 0.02
    assert run.real_s < 1.0


def test_after_the_time_limit_nothing_is_started_and_everything_is_listed():
    async def slow(params, ctx):
        await ctx.sleep(10.0)
        return Completed(Fact(number=1))

    run = Run(probes(slow=slow), stages((step("a", "slow"),), (step("b", "slow"),)), request=Request(time_limit_s=5.0))
    assert run.outcomes == {"a": Completed(Fact(number=1)), "b": Skipped(SkipReason.TIME_LIMIT)}
    assert len(run.of(StepsPlanned)) == 1


def test_no_run_is_longer_than_the_kit_allows():
    async def slow(params, ctx):
        await ctx.sleep(RUN_S / 2 + 1)
        return Completed(Fact(number=1))

    for request in (Request(), Request(time_limit_s=10 * RUN_S)):
        run = Run(probes(slow=slow), stages(*((step(name, "slow"),) for name in "abc")), request=request)
        assert run.outcomes["c"] == Skipped(SkipReason.TIME_LIMIT)
        assert isinstance(run.outcomes["b"], Completed)


def test_what_all_steps_use_together_is_limited():
    async def greedy(params, ctx):
        ctx.spend(RUN_BYTES // 2)
        return Completed(Fact(number=1))

    offered = [ScriptedProbe("greedy", greedy, max_bytes=RUN_BYTES)]
    run = Run(offered, stages(*((step(name, "greedy"),) for name in "abc")))
    assert run.outcomes["c"] == Failed(Failure(kind=FailureKind.BUDGET, step="probe"))
    assert run.record.results[2].traffic_bytes == 0


def test_a_probe_is_kept_from_where_it_must_not_go():
    async def inside(params, ctx):
        await ctx.platform.connect_tcp("127.0.0.1", 631, timeout_s=1.0)

    run = Run(probes(inside=inside), stages((step("inside"),)))
    assert run.outcomes == {"inside": Failed(Failure(kind=FailureKind.KIT_LIMIT, step="probe"))}


def test_without_consent_a_probe_is_not_run():
    offered = [ScriptedProbe("bulk", good, consent=Consent.BULK_TRAFFIC)]
    run = Run(offered, stages((step("bulk"),)))
    assert run.outcomes == {"bulk": Skipped(SkipReason.NO_CONSENT)}
    assert run.record.results[0].traffic_bytes == 0


def test_a_step_that_the_plan_leaves_out_says_why():
    run = Run(
        probes(good=good),
        stages((step("good", skip=SkipReason.NO_TARGET), step("x", "gone", skip=SkipReason.NO_FAMILY))),
    )
    assert run.outcomes == {"good": Skipped(SkipReason.NO_TARGET), "x": Skipped(SkipReason.NO_FAMILY)}
    assert run.record.by_id()["x"].probe_version == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"probe": "unknown"},
        {"params": {"nothing": 1}},
        {"params": {"number": "many"}},
        {"params": {"number": -1}},
        {"params": {"number": 13}},
    ],
)
def test_a_step_that_cannot_be_run_is_a_mistake_of_the_plan(wrong):
    run = Run(probes(good=good), stages((step("wrong", **{"probe": "good", **wrong}), step("good"))))
    assert run.outcomes == {"wrong": internal("plan"), "good": Completed(Fact(number=7))}


def test_events_tell_the_run_in_order():
    async def chatty(params, ctx):
        ctx.progress(0.5)
        await ctx.sleep(1.0)
        ctx.sample(12.5)
        ctx.sample(None)
        return Completed(Fact(number=1))

    run = Run(probes(chatty=chatty), stages((step("a", "chatty", timeout_s=4.0),)))
    assert run.events == [
        StepsPlanned(steps=(("a", "chatty", Subject.ANCHOR),), expected_s=4.0, deadlines_s=(4.0,)),
        StepProgress(step_id="a", ratio=0.5),
        StepSample(step_id="a", at_s=1.0, rtt_ms=12.5),
        StepSample(step_id="a", at_s=1.0, rtt_ms=None),
        StepFinished(result=run.record.results[0]),
        RunFinished(took_s=1.0, traffic_bytes=0),
    ]


def test_every_started_step_is_told_to_be_over():
    run = Run(
        probes(endless=endless, good=good),
        stages((step("good"), step("endless"))),
        during=lambda stop, task: stop.set(),
    )
    assert {event.result.id: event.result.outcome for event in run.of(StepFinished)} == run.outcomes
    assert isinstance(run.events[-1], RunFinished)


def test_a_listener_that_fails_disturbs_nothing():
    told = []

    def listener(event):
        told.append(event)
        if isinstance(event, StepProgress):
            raise BrokenPipeError(32, "closed")

    async def chatty(params, ctx):
        ctx.progress(0.5)
        ctx.progress(1.0)
        return Completed(Fact(number=1))

    run = Run(probes(chatty=chatty), stages((step("chatty"),)), listener=listener)
    assert run.outcomes == {"chatty": Completed(Fact(number=1))}
    assert [type(event) for event in told] == [StepsPlanned, StepProgress]
