"""Order and conditions of the wizard's pages: a pure state machine that knows nothing of Qt.

Every function gives the state after an intent of the user or after something that has happened. An intent that is not
open in a state leaves it as it is, so a late click or a late event cannot lead anywhere by accident.
"""

from dataclasses import dataclass, replace
from enum import Enum


class Page(Enum):
    """The pages in their order."""

    LICENCE = "licence"
    TROUBLE = "trouble"
    AGREE = "agree"
    RUNNING = "running"
    RESULT = "result"
    SHARE = "share"
    SAVE = "save"


class RunState(Enum):
    """What became of the measuring."""

    NONE = "none"
    RUNNING = "running"
    STOPPING = "stopping"
    """The user wants no more; what is there is being put together."""
    DONE = "done"
    FAILED = "failed"
    """A mistake of this program: there is nothing to show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Where the user is and what they have agreed to so far."""

    page: Page
    licence_accepted: bool = False
    measuring_agreed: bool = False
    run: RunState = RunState.NONE
    retesting: bool = False
    """The run under way measures once more what was agreed to, after a change; its end leads back to the result."""
    draft_ready: bool = False
    """A preview of exactly what the ticks ask for is on the screen."""
    sharing_agreed: bool = False
    saving: bool = False
    saved: bool = False

    @property
    def can_go_on(self) -> bool:
        """Whether the main button of the page is open."""
        match self.page:
            case Page.LICENCE:
                return self.licence_accepted
            case Page.TROUBLE:
                return True
            case Page.AGREE:
                return self.measuring_agreed
            case Page.RUNNING:
                return False
            case Page.RESULT:
                return self.run is RunState.DONE
            case Page.SHARE:
                return self.draft_ready and self.sharing_agreed
            case Page.SAVE:
                return not self.saving

    @property
    def can_go_back(self) -> bool:
        """Whether there is a page to go back to; an accepted licence is not asked for again."""
        match self.page:
            case Page.LICENCE | Page.TROUBLE:
                return False
            case Page.RUNNING:
                return self.run is RunState.FAILED
            case Page.SAVE:
                return not self.saving
            case Page.AGREE | Page.RESULT | Page.SHARE:
                return True

    @property
    def can_stop(self) -> bool:
        """Whether there is a run to cancel."""
        return self.page is Page.RUNNING and self.run is RunState.RUNNING


def start(*, licence_needed: bool) -> Flow:
    """The first page: the licence where there is one that was not accepted before."""
    return Flow(page=Page.LICENCE if licence_needed else Page.TROUBLE)


def accept_licence(flow: Flow, accepted: bool) -> Flow:
    """The tick under the licence."""
    return replace(flow, licence_accepted=accepted) if flow.page is Page.LICENCE else flow


def agree_to_measuring(flow: Flow, agreed: bool) -> Flow:
    """The tick under what will be measured."""
    return replace(flow, measuring_agreed=agreed) if flow.page is Page.AGREE else flow


def agree_to_sharing(flow: Flow, agreed: bool) -> Flow:
    """The tick under the preview; there is nothing to agree to before the preview is there."""
    if flow.page is not Page.SHARE or not flow.draft_ready:
        return flow
    return replace(flow, sharing_agreed=agreed)


def draft_outdated(flow: Flow) -> Flow:
    """What is ticked has changed: a consent to the former preview is void."""
    return replace(flow, draft_ready=False, sharing_agreed=False, saved=False)


def draft_made(flow: Flow) -> Flow:
    """The preview shows what is ticked."""
    return replace(flow, draft_ready=True) if flow.page is Page.SHARE else flow


def go_on(flow: Flow) -> Flow:
    """The main button."""
    if not flow.can_go_on:
        return flow
    match flow.page:
        case Page.LICENCE:
            return replace(flow, page=Page.TROUBLE)
        case Page.TROUBLE:
            return replace(flow, page=Page.AGREE)
        case Page.AGREE:
            return replace(draft_outdated(flow), page=Page.RUNNING, run=RunState.RUNNING)
        case Page.RESULT:
            return replace(draft_outdated(flow), page=Page.SHARE)
        case Page.SHARE:
            return replace(flow, page=Page.SAVE)
        case Page.RUNNING | Page.SAVE:
            return flow


def take_up(flow: Flow) -> Flow:
    """A result of an earlier start, or of watching, is there: its report can be made."""
    if flow.page in {Page.LICENCE, Page.RUNNING}:
        return flow
    return replace(draft_outdated(flow), page=Page.RESULT, run=RunState.DONE)


def test_again(flow: Flow) -> Flow:
    """The button under the next step. The consent holds: the same is measured as was agreed to."""
    if flow.page is not Page.RESULT or flow.run is not RunState.DONE:
        return flow
    return replace(draft_outdated(flow), page=Page.RUNNING, run=RunState.RUNNING, retesting=True)


def reworded(flow: Flow) -> Flow | None:
    """The same in another language: what was agreed to in other words is asked again. None: not now."""
    match flow.page:
        case Page.LICENCE:
            return replace(flow, licence_accepted=False)
        case Page.AGREE:
            return replace(flow, measuring_agreed=False)
        case Page.TROUBLE | Page.RESULT:
            return draft_outdated(flow)
        case Page.SHARE | Page.SAVE if not (flow.saving or flow.saved):
            return take_up(flow)
        case Page.RUNNING | Page.SHARE | Page.SAVE:
            return None


def go_back(flow: Flow) -> Flow:
    """The back button. Consent to measure holds for one complaint: it is asked for again, unless a step was tested."""
    if not flow.can_go_back:
        return flow
    match flow.page:
        case Page.AGREE:
            return replace(flow, page=Page.TROUBLE, measuring_agreed=False)
        case Page.RUNNING if flow.retesting:
            return replace(flow, page=Page.RESULT, run=RunState.DONE, retesting=False)
        case Page.RUNNING:
            return replace(flow, page=Page.AGREE, measuring_agreed=False, run=RunState.NONE)
        case Page.RESULT:
            return replace(flow, page=Page.TROUBLE, measuring_agreed=False, run=RunState.NONE)
        case Page.SHARE:
            return replace(draft_outdated(flow), page=Page.RESULT)
        case Page.SAVE:
            return replace(flow, page=Page.SHARE)
        case Page.LICENCE | Page.TROUBLE:
            return flow


def wipe(flow: Flow) -> Flow:
    """The user wants nothing of it to stay: as at the start, but for the licence."""
    return Flow(page=Page.TROUBLE, licence_accepted=flow.licence_accepted) if flow.page is Page.SHARE else flow


def stop(flow: Flow) -> Flow:
    """The cancel button while measuring."""
    return replace(flow, run=RunState.STOPPING) if flow.can_stop else flow


def run_ended(flow: Flow, *, failed: bool) -> Flow:
    """The run is over; with or without the user's cancel its result is shown."""
    if flow.page is not Page.RUNNING:
        return flow
    if failed:
        return replace(flow, run=RunState.FAILED)
    return replace(flow, run=RunState.DONE, page=Page.RESULT, retesting=False)


def saving_began(flow: Flow) -> Flow:
    """The report is being sealed and written."""
    return replace(flow, saving=True) if flow.page is Page.SAVE else flow


def saving_ended(flow: Flow, *, saved: bool) -> Flow:
    """The report is on the disk, or could not be written."""
    return replace(flow, saving=False, saved=saved or flow.saved)
