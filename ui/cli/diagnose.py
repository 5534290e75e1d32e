"""`nexkit diagnose`: the wizard's work without a screen."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from nexkit.consent import Consent
from nexkit.diagnosis.verdict import VerdictState
from nexkit.profile import Encrypt, LoadedProfile, Profile, Support
from nexkit.request import MAX_NOTE_CHARACTERS, MAX_TICKET_CHARACTERS, Depth, Request, Symptom, web_address
from nexkit.texts import Texts
from nexkit.units import Seconds
from report.consent import DEFAULT_CATEGORIES, Category
from report.profile_in_force import Sources
from ui.bootstrap import Run, build_runner, measure_and_diagnose
from ui.cli.again import Again, again_of, try_out
from ui.cli.errors import CommandError, ExitStatus
from ui.cli.output import Progress, verdict_text
from ui.cli.profile_use import confirm_recipient, profile_to_use, recipient_confirmed, tell_whose
from ui.cli.streams import is_terminal, write_json
from ui.handover import draft_report, problem_text, save_report

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
    consent, categories = _agreement(arguments.agree, texts)
    loaded = profile_to_use(arguments, texts, sources)
    request = _request(arguments, loaded.profile, consent, texts)
    out = _out(arguments.out, categories, texts)
    out, encrypt_to = _encryption(out, loaded.profile.support, texts, wanted=arguments.encrypt)
    if out:
        confirm_recipient(loaded, texts, sources.memory, confirmed=arguments.confirm_recipients)
    again = again_of(arguments.again, texts, on_terminal=is_terminal() and arguments.json != "-")

    tell_whose(loaded, texts)

    def measure() -> Run:
        return asyncio.run(_measure(loaded, request, texts))

    run = last = measure()
    if arguments.json != "-":
        print(verdict_text(run.diagnosis, run.record, texts), flush=True)
    if again != Again():
        run, last = try_out(run, again, measure, texts, silent=arguments.json == "-")
    if arguments.json:
        write_json(_document(run), arguments.json)
    if out:
        report_id = _write_report(run, loaded, categories, texts, out, encrypt_to, arguments.release)
        recipient_confirmed(loaded, texts, sources.memory)
        print(
            texts.gettext("Report {report_id} written: {file}").format(report_id=report_id, file=out), file=sys.stderr
        )
    return ExitStatus.STOPPED if last.record.cancelled else status_of(last.diagnosis.verdict.state)


def _document(run: Run) -> dict[str, object]:
    """The diagnosis document of the first run; where something was changed and tested again, what came of that too."""
    from report.codec import encode_diagnosis
    from report.plain import encode

    document: dict[str, object] = encode_diagnosis(run.diagnosis)
    return document | {"trials": encode(run.record.trials)} if run.record.trials else document


def _write_report(
    run: Run,
    loaded: LoadedProfile,
    categories: frozenset[Category],
    texts: Texts,
    out: Path,
    encrypt_to: tuple[str, ...],
    released: Sequence[str],
) -> str:
    """Write what the user agreed to on the command line; the report id."""
    from report.draft import ResidueError
    from report.encryption import EncryptionError
    from report.hits import warning_text
    from report.key_store import KeyFileError

    try:
        draft = draft_report(run, loaded, categories, texts, released=released)
        if warning := warning_text(draft.warnings, texts):
            print(f"nexkit: {warning}", file=sys.stderr)
        return save_report(draft, datetime.now(UTC), texts, out, method="command_line", encrypt_to=encrypt_to).report_id
    except ResidueError as error:
        mend = texts.gettext(
            "To leave it out, agree to fewer categories (--agree). To let it through as it is: --release VALUE"
        )
        raise CommandError(f"{problem_text(error, texts)}\n{mend}") from None
    except (KeyFileError, EncryptionError) as error:
        raise CommandError(problem_text(error, texts)) from None


def status_of(state: VerdictState) -> ExitStatus:
    """The exit status that stands for a verdict."""
    return _STATUS[state]


def _agreement(words: str, texts: Texts) -> tuple[frozenset[Consent], frozenset[Category]]:
    """What may be measured besides the small test packets, and what may be written to a report."""
    measuring = {consent.value: consent for consent in (Consent.BULK_TRAFFIC, Consent.PUBLIC_BACKEND)}
    sharing = {category.value: category for category in Category}
    chosen = [word.strip() for word in words.split(",") if word.strip()]
    if "all" in chosen:
        # What is more than the default has to be asked for by its own name.
        default = [category.value for category in Category if category in DEFAULT_CATEGORIES]
        chosen = [*(word for word in chosen if word != "all"), *measuring, *default]
    for word in chosen:
        if word not in measuring and word not in sharing:
            raise CommandError(
                texts.gettext("--agree: {word!r} is no category; there are: all, {words}").format(
                    word=word, words=", ".join([*measuring, *sharing])
                )
            )
    return (
        frozenset({Consent.SYSTEM, Consent.ACTIVE_TRAFFIC, *(measuring[word] for word in chosen if word in measuring)}),
        frozenset(sharing[word] for word in chosen if word in sharing),
    )


def _request(arguments: argparse.Namespace, profile: Profile, consent: frozenset[Consent], texts: Texts) -> Request:
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
    )


def _out(name: str | None, categories: frozenset[Category], texts: Texts) -> Path | None:
    """The report's file, refused now rather than after the measuring."""
    if name is None:
        return None
    if not categories:
        raise CommandError(texts.gettext("--out: nothing is written without consent: add --agree all, or categories"))
    out = Path(name)
    if out.is_dir() or not out.parent.is_dir():
        raise CommandError(texts.gettext("--out: {file}: name a file in a folder that exists").format(file=out))
    return out


def _encryption(
    out: Path | None, support: Support, texts: Texts, *, wanted: bool
) -> tuple[Path | None, tuple[str, ...]]:
    """The report's file with the suffix that it takes, and the keys that it is encrypted to; none where it is not."""
    if out is None:
        return None, ()
    from report.document import ENCRYPTED_SUFFIX

    wanted = wanted or out.suffix == ENCRYPTED_SUFFIX
    if wanted and not support.recipients:
        raise CommandError(texts.gettext("--encrypt: the profile names no key (recipients in [support])"))
    if not wanted and support.encrypt is not Encrypt.REQUIRED:
        return out, ()
    return out.with_name(out.name.removesuffix(ENCRYPTED_SUFFIX) + ENCRYPTED_SUFFIX), support.recipients


async def _measure(loaded: LoadedProfile, request: Request, texts: Texts) -> Run:
    """Measure with progress on the terminal; the first Ctrl-C ends the measuring and keeps what is there."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    progress = Progress(texts)

    def interrupted(_number: int, _frame: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        loop.call_soon_threadsafe(stop.set)

    signal.signal(signal.SIGINT, interrupted)
    try:
        return await measure_and_diagnose(build_runner(), loaded, request, progress.show, stop)
    finally:
        progress.clear()
        signal.signal(signal.SIGINT, signal.default_int_handler)
