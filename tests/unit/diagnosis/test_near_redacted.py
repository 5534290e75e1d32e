"""The rules for the computer and its link say the same of a report as of the run that it was made from."""

from datetime import timedelta

import pytest
from diagnosis_records import STARTED, healthy, reach, record
from link_records import cable, cells, frames, host, lossy, off_by, over_cable, over_wifi, pauses, wifi
from test_computer_rules import OLD, SERVICE_HOST, hosts

from nexkit.diagnosis.engine import diagnose
from nexkit.outcome import FailureKind
from nexkit.profile import Profile
from report.consent import Category
from report.redact import redact

NOBODYS = Profile(
    id="other",
    name={"en": "Other"},
    serial=1,
    not_before=STARTED - timedelta(days=1),
    not_after=STARTED + timedelta(days=1),
)
RUNS = {
    "device.clock_wrong": {**healthy(), "time.check": off_by(400.0)},
    "device.hosts_override": {
        **healthy(),
        "lookup.system": hosts((SERVICE_HOST, OLD)),
        "reach.service.mail": reach(SERVICE_HOST, [OLD], kind=FailureKind.TIMEOUT),
    },
    "device.overloaded": {
        **healthy(),
        "host.start": host(own_ms=190.0, busy_ratio=1.0),
        "host.end": host(200.0, 900.5, own_ms=190.0, busy_ratio=1.0, uptime_s=1020.0),
    },
    "lan.wifi_weak": lossy(over_wifi(wifi(-80))),
    "lan.wifi_sticky": lossy(over_wifi(wifi(-80, cells=cells(best_dbm=-50)))),
    "lan.wifi_interference": lossy(over_wifi(wifi(-60, frames=frames(0, 0)), wifi(-60, frames=frames(900, 500)))),
    "lan.wifi_spikes": over_wifi(ping__gateway4=pauses([0.3 + number * 0.8 for number in range(7)])),
    "lan.cable_degraded": over_cable(cable(1e8)),
}


@pytest.mark.parametrize("cause", RUNS)
@pytest.mark.parametrize("addresses", [True, False])
def test_a_report_says_what_the_run_said(cause, addresses):
    run = record(RUNS[cause])
    shared = frozenset(Category) if addresses else frozenset(Category) - {Category.ADDRESSES}
    before, after = diagnose(run), diagnose(redact(run, NOBODYS, shared, bytes(32)).record)
    assert before.verdict.cause == cause
    assert after.verdict == before.verdict
    assert [each.cause for each in after.findings] == [each.cause for each in before.findings]
