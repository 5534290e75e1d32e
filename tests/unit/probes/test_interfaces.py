import asyncio

from scripted import context, measure

from nexkit.outcome import Failed, FailureKind
from nexkit.platform.fake import UNPLUGGED, FakePlatform
from probes.interfaces import InterfacesParams, InterfacesProbe


def test_the_state_is_what_the_system_says_and_nothing_is_sent():
    ctx = context(FakePlatform())
    assert measure(InterfacesProbe(), InterfacesParams(), ctx) is UNPLUGGED
    assert ctx.spent_bytes == 0


def test_a_system_that_does_not_say_is_a_failure():
    platform = FakePlatform(state=PermissionError(13, "no"))
    outcome = asyncio.run(InterfacesProbe().run(InterfacesParams(), context(platform)))
    assert isinstance(outcome, Failed)
    assert (outcome.failure.kind, outcome.failure.step) == (FailureKind.FILTERED_LOCALLY, "read")
