import asyncio

import pytest
from scripted import context

from nexkit.facts.host import HostState
from nexkit.outcome import Completed, Failed, FailureKind
from nexkit.platform.fake import FakePlatform
from probes.host import HostParams, HostProbe

STATE = HostState(
    uptime_s=1000.0,
    cpu_count=4,
    cpu_busy_s=100.0,
    cpu_idle_s=3900.0,
    cpu_busy_ratio=0.1,
    load_1min=0.5,
    memory_total_bytes=8_000_000_000,
    memory_available_bytes=4_000_000_000,
    swap_total_bytes=0,
    swap_used_bytes=0,
    swapped_bytes=10_000,
    battery_ratio=None,
    on_battery=None,
    power_mode=None,
    slept_s=60.0,
    woke_ago_s=None,
    connectivity=None,
    connectivity_by=None,
    agents=(),
)


def run(platform, **params):
    return asyncio.run(HostProbe().run(HostParams(**params), context(platform)))


def test_the_probe_reads_once_and_sends_nothing():
    platform = FakePlatform(host=STATE)
    assert run(platform, interval_s=0.2) == Completed(STATE)
    assert platform.calls == [("host_state", "0.2")]
    assert HostProbe.spec.max_bytes == 0


@pytest.mark.parametrize(
    ("error", "kind"), [(PermissionError(1, "no"), FailureKind.PERMISSION), (OSError(5, "io"), FailureKind.OTHER)]
)
def test_a_refusal_is_told_from_a_fault(error, kind):
    outcome = run(FakePlatform(host=error))
    assert isinstance(outcome, Failed)
    assert (outcome.failure.kind, outcome.failure.step) == (kind, "read")


@pytest.mark.parametrize("interval_s", [-1, 60])
def test_an_interval_that_makes_no_sense_is_refused(interval_s):
    with pytest.raises(ValueError, match="interval_s"):
        HostParams(interval_s=interval_s)
