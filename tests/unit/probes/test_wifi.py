import asyncio

from scripted import context, measure

from nexkit.facts.wifi import WifiLink
from nexkit.outcome import Failed, Failure, FailureKind, Skipped, SkipReason
from nexkit.platform.fake import FakePlatform
from probes.wifi import WifiParams, WifiProbe

LINK = WifiLink(interface="wlan0", radio_on=True, joined=False, names_permitted=True)


def outcome_of(radios):
    return asyncio.run(WifiProbe().run(WifiParams(), context(FakePlatform(radios=radios))))


def test_radios_are_read_and_nothing_is_sent():
    ctx = context(FakePlatform(radios=(LINK,)))
    assert measure(WifiProbe(), WifiParams(), ctx).links == (LINK,)
    assert ctx.spent_bytes == 0


def test_a_computer_without_a_radio_has_nothing_to_measure():
    assert outcome_of(()) == Skipped(SkipReason.NO_TARGET)


def test_what_the_system_refuses_is_a_missing_permission_and_no_fault_of_the_network():
    assert outcome_of(PermissionError(13, "no")) == Failed(
        Failure(kind=FailureKind.PERMISSION, step="read", os_code=13)
    )


def test_a_system_that_cannot_say_is_a_failure():
    outcome = outcome_of(OSError(5, "no"))
    assert isinstance(outcome, Failed)
    assert (outcome.failure.kind, outcome.failure.step) == (FailureKind.OTHER, "read")
