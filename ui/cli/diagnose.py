"""`nexkit diagnose`: the wizard's work without a screen."""

import argparse
import asyncio

from nexkit.consent import Consent
from nexkit.diagnosis.verdict import VerdictState
from nexkit.profile import LoadedProfile, Profile
from nexkit.request import (
    MAX_NOTE_CHARACTERS,
    MAX_TICKET_CHARACTERS,
    Affected,
    Depth,
    Occurrence,
    Request,
    Since,
    Symptom,
    web_address,
)
from nexkit.texts import Texts
from nexkit.units import Seconds
from report.profile_in_force import Sources
from report.unfinished import Keeper
from ui.bootstrap import Run, build_runner, measure_and_diagnose
from ui.cli.again import Again, again_of, try_out
from ui.cli.errors import CommandError, ExitStatus
from ui.cli.hand_over import agreement, keep, tell_kept, told_how_to_go_on, wanted_report, write_report
from ui.cli.interrupts import stopped_by_interrupts
from ui.cli.output import Progress, verdict_text
from ui.cli.profile_use import confirm_recipient, profile_to_use, tell_whose
from ui.cli.streams import is_terminal, write_json
from ui.cli.wrap import say

_STATUS = {
    VerdictState.HEALTHY: ExitStatus.HEALTHY,
    VerdictState.FAULT: ExitStatus.FAULT,
    VerdictState.INCONCLUSIVE: ExitStatus.INCONCLUSIVE,
}


def diagnose_command(arguments: argparse.Namespace, texts: Texts) -> int:
    """Measure, say the verdict, test again what the user changes, and write the report where they agreed to one.

    The report is about the first run and tells what was changed after it; the exit status is the last run's.
    """
    sources = Sources()
    consent, _ = agreement(arguments.agree, texts)
    loaded = profile_to_use(arguments, texts, sources)
    request = request_of(arguments, loaded.profile, consent, texts)
    wanted = wanted_report(arguments, loaded.profile.support, texts)
    if wanted:
        confirm_recipient(loaded, texts, sources.memory, confirmed=arguments.confirm_recipients)
    again = again_of(arguments.again, texts, on_terminal=is_terminal() and arguments.json != "-")
    # Who wants no report has the result on the screen: nothing of it is kept unasked.
    is_kept = wanted is not None if arguments.keep is None else arguments.keep == "yes"
    kept = Keeper(loaded) if is_kept else None

    tell_whose(loaded, texts)

    def measure() -> Run:
        return asyncio.run(_measure(loaded, request, texts))

    run = last = measure()
    keep(kept, run, texts)
    with told_how_to_go_on(kept, texts):
        if arguments.json != "-":
            say(verdict_text(run.diagnosis, run.record, texts))
        if again != Again():
            run, last = try_out(
                run, again, measure, texts, silent=arguments.json == "-", tested=lambda run: keep(kept, run, texts)
            )
        if arguments.json:
            write_json(document_of(run), arguments.json)
        if wanted:
            write_report(run, loaded, wanted, texts, sources.memory, kept)
    if not wanted:
        tell_kept(kept, texts)
    return ExitStatus.STOPPED if last.record.cancelled else status_of(last.diagnosis.verdict.state)


def document_of(run: Run) -> dict[str, object]:
    """The diagnosis document of the run of the report, with what was changed and tested after it, and the watch."""
    from report.codec import encode_diagnosis
    from report.plain import encode

    document: dict[str, object] = encode_diagnosis(run.diagnosis)
    record = run.record
    return (
        document
        | ({"trials": encode(record.trials)} if record.trials else {})
        | ({"watch": encode(record.watch)} if record.watch else {})
    )


def status_of(state: VerdictState) -> ExitStatus:
    """The exit status that stands for a verdict."""
    return _STATUS[state]


def request_of(arguments: argparse.Namespace, profile: Profile, consent: frozenset[Consent], texts: Texts) -> Request:
    """What the words of the command line order; CommandError for what cannot be."""
    _ = texts.gettext
    services = [service.id for service in profile.services]
    if arguments.service is not None and arguments.service not in services:
        raise CommandError(
            _("--service: the profile has no service {id!r}; it has: {ids}").format(
                id=arguments.service, ids=", ".join(services) or _("none")
            )
        )
    url = None if arguments.url is None else web_address(arguments.url)
    if arguments.url is not None and url is None:
        raise CommandError(
            _("--url: {url!r} is no web address such as https://www.example.com/").format(url=arguments.url)
        )
    if arguments.time_limit is not None and not 0 < arguments.time_limit < 3600:  # noqa: PLR2004  an hour
        raise CommandError(_("--time-limit: must be a number of seconds above 0 and below 3600"))
    for word, text, longest in (
        ("--note", arguments.note, MAX_NOTE_CHARACTERS),
        ("--ticket", arguments.ticket, MAX_TICKET_CHARACTERS),
    ):
        if text is not None and len(text) > longest:
            raise CommandError(_("{word}: at most {count} characters").format(word=word, count=longest))
    return Request(
        symptom=Symptom(arguments.symptom),
        depth=Depth(arguments.depth),
        service_id=arguments.service,
        url=url,
        consent=consent,
        time_limit_s=None if arguments.time_limit is None else Seconds(arguments.time_limit),
        ticket=arguments.ticket,
        note=arguments.note,
        since=None if arguments.since is None else Since(arguments.since),
        occurs=None if arguments.occurs is None else Occurrence(arguments.occurs),
        affects=None if arguments.affects is None else Affected(arguments.affects),
    )


async def _measure(loaded: LoadedProfile, request: Request, texts: Texts) -> Run:
    """Measure with progress on the terminal; the first Ctrl-C ends the measuring and keeps what is there."""
    stop = asyncio.Event()
    progress = Progress(texts)
    with stopped_by_interrupts(stop):
        try:
            return await measure_and_diagnose(build_runner(), loaded, request, progress.show, stop)
        finally:
            progress.clear()
