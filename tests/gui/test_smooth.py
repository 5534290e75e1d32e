"""The window stays alive while it works, and does not grow."""

import gc
import tracemalloc

import pytest
from heartbeat import Heartbeat
from PySide6.QtWidgets import QApplication, QWidget
from replay import replay
from test_wizard import WAIT_MS, press

from ui.gui.flow import Page

MOST_MS = 50.0
TRIES = 3
"""A machine that does other things as well stalls a thread now and then, but not each time."""
RUNS = 50
pytestmark = pytest.mark.measures


@pytest.mark.parametrize("scenario", ["healthy", "dns_resolver_unreachable"])
def test_the_gui_thread_is_never_kept_from_its_events_during_a_run(qtbot, make_window, no_licence, scenario):
    beats = []
    for _try in range(TRIES):
        window = make_window(loaded=no_licence, runner=lambda: replay(scenario, speed=6))
        press(qtbot, window, "wizard.main")
        qtbot.waitUntil(lambda window=window: window.agree.isVisible(), timeout=WAIT_MS)
        press(qtbot, window, "agree.consent")
        qtbot.waitUntil(window.main.isEnabled, timeout=WAIT_MS)
        with Heartbeat() as beat:
            press(qtbot, window, "wizard.main")
            qtbot.waitUntil(lambda window=window: window.flow.page is Page.RESULT, timeout=30_000)
            qtbot.wait(100)
        window.close()
        beats.append(beat)
        if beat.longest_ms <= MOST_MS:
            break
    best = min(beats, key=lambda beat: beat.longest_ms)
    assert best.longest_ms <= MOST_MS, f"{[beat.longest_ms for beat in beats]}\n{best.where}"


@pytest.mark.timeout(180)
def test_memory_is_flat_over_fifty_runs(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence, runner=lambda: replay("dns_resolver_unreachable", speed=400))

    def measure():
        press(qtbot, window, "wizard.main")
        press(qtbot, window, "agree.consent")
        qtbot.waitUntil(window.main.isEnabled, timeout=WAIT_MS)
        press(qtbot, window, "wizard.main")
        qtbot.waitUntil(lambda: window.flow.page is Page.RESULT, timeout=WAIT_MS)
        press(qtbot, window, "wizard.again")
        qtbot.waitUntil(lambda: not window.threads(), timeout=WAIT_MS)

    def held():
        QApplication.sendPostedEvents(None, 52)  # deferred deletions (QEvent::DeferredDelete)
        gc.collect()
        return tracemalloc.get_traced_memory()[0], len(window.findChildren(QWidget))

    for _run in range(5):
        measure()
    tracemalloc.start()
    try:
        measure()
        bytes_before, widgets_before = held()
        for _run in range(RUNS):
            measure()
        bytes_after, widgets_after = held()
    finally:
        tracemalloc.stop()
    assert widgets_after == widgets_before
    assert bytes_after - bytes_before < 400_000
