import pytest

from ui.gui import flow
from ui.gui.flow import Flow, Page, RunState


def at_result() -> Flow:
    state = flow.go_on(flow.start(licence_needed=False))
    state = flow.go_on(flow.agree_to_measuring(state, True))
    return flow.run_ended(state, failed=False)


def at_save() -> Flow:
    state = flow.draft_made(flow.go_on(at_result()))
    return flow.go_on(flow.agree_to_sharing(state, True))


def test_the_licence_is_only_shown_where_it_is_needed():
    assert flow.start(licence_needed=True).page is Page.LICENCE
    assert flow.start(licence_needed=False).page is Page.TROUBLE


def test_the_licence_must_be_accepted_to_go_on():
    state = flow.start(licence_needed=True)
    assert flow.go_on(state) == state
    assert flow.go_on(flow.accept_licence(state, True)).page is Page.TROUBLE


def test_no_way_leads_back_to_an_accepted_licence():
    state = flow.go_on(flow.accept_licence(flow.start(licence_needed=True), True))
    assert not state.can_go_back
    assert flow.go_back(state) == state


def test_nothing_is_measured_without_consent():
    state = flow.go_on(flow.start(licence_needed=False))
    assert state.page is Page.AGREE
    assert flow.go_on(state) == state
    started = flow.go_on(flow.agree_to_measuring(state, True))
    assert (started.page, started.run) == (Page.RUNNING, RunState.RUNNING)


def test_consent_to_measure_holds_for_one_run():
    again = flow.go_back(at_result())
    assert again.page is Page.TROUBLE
    assert not flow.go_on(again).can_go_on


def test_cancelling_leads_to_the_result_of_what_is_there():
    state = flow.go_on(flow.agree_to_measuring(flow.go_on(flow.start(licence_needed=False)), True))
    stopping = flow.stop(state)
    assert stopping.run is RunState.STOPPING
    assert not stopping.can_stop
    assert flow.run_ended(stopping, failed=False).page is Page.RESULT


def test_a_failed_run_stays_on_its_page_and_leads_back_to_the_consent():
    state = flow.go_on(flow.agree_to_measuring(flow.go_on(flow.start(licence_needed=False)), True))
    failed = flow.run_ended(state, failed=True)
    assert failed.page is Page.RUNNING
    assert failed.can_go_back
    back = flow.go_back(failed)
    assert (back.page, back.measuring_agreed, back.run) == (Page.AGREE, False, RunState.NONE)


def test_there_is_no_way_on_or_back_while_measuring():
    state = flow.go_on(flow.agree_to_measuring(flow.go_on(flow.start(licence_needed=False)), True))
    assert flow.go_on(state) == state
    assert flow.go_back(state) == state


def test_sharing_cannot_be_agreed_to_before_the_preview_is_there():
    state = flow.go_on(at_result())
    assert flow.agree_to_sharing(state, True) == state


def test_a_changed_choice_voids_the_consent_to_the_former_preview():
    agreed = flow.agree_to_sharing(flow.draft_made(flow.go_on(at_result())), True)
    assert agreed.can_go_on
    changed = flow.draft_outdated(agreed)
    assert not changed.can_go_on
    assert not flow.draft_made(changed).can_go_on


def test_a_preview_that_comes_late_does_not_open_another_page():
    assert flow.draft_made(at_result()) == at_result()


def test_leaving_the_preview_for_the_result_forgets_the_consent():
    state = flow.agree_to_sharing(flow.draft_made(flow.go_on(at_result())), True)
    back = flow.go_back(state)
    assert back.page is Page.RESULT
    assert not back.draft_ready
    assert not back.sharing_agreed


def test_while_the_file_is_written_there_is_no_way_out_of_the_page():
    saving = flow.saving_began(at_save())
    assert not saving.can_go_on
    assert flow.go_back(saving) == saving
    assert flow.saving_ended(saving, saved=True).saved


def test_a_failed_attempt_to_save_can_be_repeated():
    failed = flow.saving_ended(flow.saving_began(at_save()), saved=False)
    assert not failed.saved
    assert flow.saving_began(failed).saving


@pytest.mark.parametrize("page", list(Page))
def test_late_events_of_a_run_lead_nowhere_from_another_page(page: Page):
    state = Flow(page=page, run=RunState.DONE)
    if page is not Page.RUNNING:
        assert flow.run_ended(state, failed=False) == state
        assert flow.stop(state) == state


@pytest.mark.parametrize("page", list(Page))
def test_ticks_of_another_page_change_nothing(page: Page):
    state = Flow(page=page)
    if page is not Page.LICENCE:
        assert flow.accept_licence(state, True) == state
    if page is not Page.AGREE:
        assert flow.agree_to_measuring(state, True) == state
    if page is not Page.SHARE:
        assert flow.agree_to_sharing(state, True) == state
    if page is not Page.SAVE:
        assert flow.saving_began(state) == state


def test_a_step_is_tested_again_with_the_consent_that_was_given():
    again = flow.test_again(at_result())
    assert (again.page, again.run, again.retesting) == (Page.RUNNING, RunState.RUNNING, True)
    assert again.measuring_agreed
    assert again.can_stop
    back = flow.run_ended(flow.stop(again), failed=False)
    assert (back.page, back.run, back.retesting) == (Page.RESULT, RunState.DONE, False)


def test_a_test_again_that_fails_leads_back_to_the_former_result():
    failed = flow.run_ended(flow.test_again(at_result()), failed=True)
    assert failed.page is Page.RUNNING
    back = flow.go_back(failed)
    assert (back.page, back.run, back.retesting) == (Page.RESULT, RunState.DONE, False)
    assert back.can_go_on


def test_a_new_complaint_after_a_test_again_asks_for_consent():
    again = flow.go_back(flow.run_ended(flow.test_again(at_result()), failed=False))
    assert (again.page, again.measuring_agreed, again.retesting) == (Page.TROUBLE, False, False)


@pytest.mark.parametrize("page", [page for page in Page if page is not Page.RESULT])
def test_nothing_is_tested_again_from_another_page(page: Page):
    state = Flow(page=page, run=RunState.DONE, measuring_agreed=True)
    assert flow.test_again(state) == state
