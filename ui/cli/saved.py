"""`nexkit report saved|delete`: reports that were made on this computer, as the window lists them."""

import argparse

from nexkit.texts import Texts
from nexkit.texts.verdicts import verdict_sentence
from report.visible import visible
from ui.cli.errors import CommandError, ExitStatus
from ui.cli.streams import write_json
from ui.earlier import Earlier, delete_earlier, earlier_reports, state_text


def saved_command(arguments: argparse.Namespace, texts: Texts) -> int:
    """Print the reports that were saved here, the latest first, with what became of their files."""
    found = earlier_reports()
    if arguments.json:
        write_json([_document(each) for each in found], arguments.json)
    if arguments.json != "-":
        for each in found:
            sentence = "–" if each.diagnosis is None else verdict_sentence(each.diagnosis, texts)
            place = "–" if each.note is None else each.note.path
            when = f"{each.made_at.astimezone():%Y-%m-%d %H:%M}"
            print(f"{each.report_id}  {when}  {state_text(each.file, texts)}  {visible(place)}  {visible(sentence)}")
        if not found:
            print(texts.gettext("There are none yet."))
    return ExitStatus.HEALTHY


def delete_command(arguments: argparse.Namespace, texts: Texts) -> int:
    """Delete a report that was saved here, where its file still is that report, and what its pseudonyms stand for."""
    earlier = next((each for each in earlier_reports() if each.report_id == arguments.report), None)
    if earlier is None:
        message = texts.gettext("{id}: no report of this number was saved here")
        raise CommandError(message.format(id=visible(arguments.report)))
    print(delete_earlier(earlier, texts, with_receipt=arguments.receipt))
    return ExitStatus.HEALTHY


def _document(earlier: Earlier) -> dict[str, object]:
    return {
        "report_id": earlier.report_id,
        "made_at": earlier.made_at.isoformat(),
        "file": None if earlier.note is None else earlier.note.path,
        "state": earlier.file.value,
        "cause": None if earlier.diagnosis is None else earlier.diagnosis.verdict.cause,
        "receipt": earlier.consent is not None,
        "withdrawn": earlier.withdrawn,
    }
