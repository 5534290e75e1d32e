"""A result whose report was not finished is offered at the next start: finished, thrown away, or told as unreadable."""

from datetime import UTC, datetime

import pytest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit
from test_wizard import WAIT_MS, measure, press, text

from nexkit.profile_file import built_in_profile
from nexkit.texts import Texts
from nexkit.texts.moments import moment
from report.document import PROFILE_PATH
from ui.gui.flow import Page


@pytest.fixture
def store(own_folder):
    return own_folder / "home" / "unfinished"


def offered(qtbot, window):
    label = window.findChild(QLabel, "trouble.earlier")
    qtbot.waitUntil(label.isVisible, timeout=WAIT_MS)
    return label.text()


def leave_after_measuring(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    measure(qtbot, window)
    record = window.run.record
    window.close()
    return record


def test_a_result_is_taken_up_again_and_its_report_saved(qtbot, make_window, no_licence, store, tmp_path):
    record = leave_after_measuring(qtbot, make_window, no_licence)
    assert len([*store.iterdir()]) == 1
    window = make_window(loaded=no_licence)
    assert moment(record.started_at, Texts("en")) in offered(qtbot, window)
    press(qtbot, window, "trouble.finish")
    assert window.flow.page is Page.RESULT
    assert window.run.record == record
    assert window.findChild(QAbstractButton, "result.step.done") is None
    press(qtbot, window, "wizard.main")
    press(qtbot, window, "share.tick_all")
    qtbot.waitUntil(lambda: window.flow.draft_ready, timeout=WAIT_MS)
    press(qtbot, window, "share.consent")
    press(qtbot, window, "wizard.main")
    window.findChild(QLineEdit, "save.file").setText(str(tmp_path / "r.nexkit.zip"))
    press(qtbot, window, "save.save")
    qtbot.waitUntil(lambda: window.flow.saved, timeout=WAIT_MS)
    assert [*store.iterdir()] == []


def test_it_is_finished_with_the_profile_it_was_measured_with(qtbot, make_window, no_licence, store):
    leave_after_measuring(qtbot, make_window, no_licence)
    built_in = built_in_profile(datetime.now(UTC))
    window = make_window(loaded=built_in)
    offered(qtbot, window)
    press(qtbot, window, "trouble.finish")
    assert "Example Corp" in text(window, "wizard.whose")
    press(qtbot, window, "wizard.main")
    press(qtbot, window, "share.tick_all")
    qtbot.waitUntil(lambda: window.flow.draft_ready, timeout=WAIT_MS)
    assert window.draft.files[PROFILE_PATH] == no_licence.toml
    press(qtbot, window, "wizard.back")
    press(qtbot, window, "wizard.again")
    assert window.findChild(QLabel, "wizard.whose") is None, "what is measured next is the built-in profile's"


def test_it_can_be_thrown_away(qtbot, make_window, no_licence, store):
    leave_after_measuring(qtbot, make_window, no_licence)
    window = make_window(loaded=no_licence)
    offered(qtbot, window)
    press(qtbot, window, "trouble.discard")
    label = window.findChild(QLabel, "trouble.earlier")
    qtbot.waitUntil(lambda: not label.isVisible(), timeout=WAIT_MS)
    assert [*store.iterdir()] == []


def test_a_damaged_one_is_told_and_keeps_nobody_from_measuring(qtbot, make_window, no_licence, store):
    leave_after_measuring(qtbot, make_window, no_licence)
    (path,) = store.iterdir()
    path.write_bytes(b"{")
    window = make_window(loaded=no_licence)
    assert str(path) in offered(qtbot, window)
    assert not window.findChild(QAbstractButton, "trouble.finish").isVisible()
    measure(qtbot, window)
    assert len([*store.iterdir()]) == 2


def test_a_new_run_takes_the_place_of_the_one_before_it(qtbot, make_window, no_licence, store):
    window = make_window(loaded=no_licence)
    measure(qtbot, window)
    (before,) = store.iterdir()
    press(qtbot, window, "wizard.again")
    measure(qtbot, window)
    (after,) = store.iterdir()
    assert after != before


def test_where_nothing_can_be_kept_the_result_page_says_so(qtbot, make_window, no_licence, store):
    store.parent.mkdir()
    store.write_text("a file, where a folder belongs")
    window = make_window(loaded=no_licence)
    measure(qtbot, window)
    assert "cannot be taken up again" in text(window, "result.intro")
