"""What chance spoils once: packets are lost at random, machines stall, and clocks are real.

A failed test that bears `measures`, as every test of the lab does, runs twice more from its very start, fixtures
included, and passes where both runs do: a fault of ours that shows every other time still fails three times in eight,
one that always shows fails always. The summary names what was made good so, that nobody gets used to it.
"""

import pytest
from _pytest.runner import runtestprotocol

MADE_GOOD = "made good"
TIMED_OUT = "Timeout (>"
"""How pytest-timeout begins: its timer is spent then, and a run without one could hang."""


def run(item, nextitem) -> None:
    """A test's whole run, as pytest's own protocol, with two more runs for one that failed."""
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    if (why := _failure(reports)) and TIMED_OUT not in why:
        ended = pytest.CallInfo.from_call(lambda: item.session._setupstate.teardown_exact(None), when="teardown")
        again = [runtestprotocol(item, nextitem=None, log=False) for _ in range(2)]
        failed_again = [text for text in map(_failure, again) if text]
        if ended.excinfo:
            failed_again.append(str(ended.excinfo.getrepr()))
        if failed_again:
            failed = next(report for report in reports if report.failed)
            failed.sections += [("run again", text) for text in failed_again]
        else:
            reports = again[-1]
            reports[-1].user_properties.append((MADE_GOOD, why))
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)


def summarise(terminal) -> None:
    """Name what failed once and was made good, with the end of why."""
    made_good = [
        (report.nodeid, why)
        for report in terminal.getreports("")
        for name, why in report.user_properties
        if name == MADE_GOOD
    ]
    if made_good:
        terminal.section("failed once, then passed twice")
    for nodeid, why in made_good:
        terminal.line(nodeid)
        terminal.line("\n".join(why.splitlines()[-12:]))


def _failure(reports) -> str:
    return "\n".join(report.longreprtext for report in reports if report.failed)
