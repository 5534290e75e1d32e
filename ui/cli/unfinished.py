"""`nexkit report list|resume|discard`: finished runs whose report was not saved."""

import argparse
import sys
from datetime import UTC, datetime

from nexkit.texts import Texts
from nexkit.texts.verdicts import verdict_sentence
from report.profile_in_force import Sources
from report.unfinished import Keeper, Unfinished, UnfinishedError, discard, read_unfinished, unfinished_runs
from report.visible import visible
from ui.bootstrap import Run
from ui.cli.errors import CommandError, ExitStatus
from ui.cli.hand_over import wanted_report, write_report
from ui.cli.profile_use import confirm_recipient, tell_whose


def list_command(_arguments: argparse.Namespace, texts: Texts) -> int:
    """Print the runs that are kept, the latest first."""
    runs, unreadable = unfinished_runs(datetime.now(UTC))
    for run in runs:
        moment = f"{run.record.started_at.astimezone():%Y-%m-%d %H:%M}"
        print(f"{run.id}  {moment}  {visible(verdict_sentence(run.diagnosis, texts))}")
    for each in unreadable:
        print(f"nexkit: {each.reason}", file=sys.stderr)
    if not runs and not unreadable:
        print(texts.gettext("No result is kept: every report was saved, or nothing was measured for one."))
    return ExitStatus.HEALTHY


def resume_command(arguments: argparse.Namespace, texts: Texts) -> int:
    """Make the report of a run that is kept, as `nexkit diagnose` would have."""
    kept = _found(arguments.id, texts)
    wanted = wanted_report(arguments, kept.profile.profile.support, texts)
    if wanted is None:
        raise CommandError(texts.gettext("name the file of the report: --out FILE"))
    memory = Sources().memory
    confirm_recipient(kept.profile, texts, memory, confirmed=arguments.confirm_recipients)
    tell_whose(kept.profile, texts)
    run = Run(record=kept.record, diagnosis=kept.diagnosis)
    write_report(run, kept.profile, wanted, texts, memory, Keeper(kept.profile, run_id=kept.id))
    return ExitStatus.HEALTHY


def discard_command(arguments: argparse.Namespace, texts: Texts) -> int:
    """Delete a run that is kept, or all of them."""
    if arguments.all:
        runs, unreadable = unfinished_runs(datetime.now(UTC))
        ids = [run.id for run in runs] + [each.id for each in unreadable]
    else:
        ids = [arguments.id]
    # Every one of them, before it is said whether there was any.
    gone = [discard(run_id) for run_id in ids]
    _ = texts.gettext
    print(_("Deleted.") if any(gone) else _("There is no such result (any more)."))
    return ExitStatus.HEALTHY


def _found(run_id: str | None, texts: Texts) -> Unfinished:
    """The run of that number, or the latest; CommandError where it is not there or cannot be read."""
    if run_id is None:
        runs, unreadable = unfinished_runs(datetime.now(UTC))
        for each in unreadable:
            print(f"nexkit: {each.reason}", file=sys.stderr)
        if not runs:
            raise CommandError(texts.gettext("no result is kept that a report could be made of"))
        return runs[0]
    try:
        return read_unfinished(run_id)
    except UnfinishedError as error:
        raise CommandError(str(error)) from None
