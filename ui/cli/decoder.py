"""`nexkit report lookup` and `forget`: what the pseudonyms of an own report stand for."""

import argparse
import re
from pathlib import Path

from nexkit.texts import Texts
from report.decoder import Decoder, DecoderError, forget_decoder, read_decoder
from report.visible import visible
from ui.cli.errors import CommandError, ExitStatus
from ui.cli.streams import write_json

_REPORT_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")


def look_up_command(arguments: argparse.Namespace, texts: Texts) -> int:
    """Print what a pseudonym stands for, or by which one a value was replaced."""
    decoder = _decoder(arguments.report)
    found = decoder.look_up(arguments.word)
    if arguments.json:
        write_json([{"shown": shown, "value": value} for shown, value in found], arguments.json)
    if arguments.json != "-":
        for shown, value in found:
            print(f"{visible(shown)}  =  {visible(value)}")
    if not found:
        message = texts.gettext("{word}: neither a pseudonym nor a replaced value of report {id}")
        raise CommandError(message.format(word=visible(arguments.word), id=decoder.report_id), ExitStatus.FAULT)
    return ExitStatus.HEALTHY


def forget_command(arguments: argparse.Namespace, texts: Texts) -> int:
    """Delete the decoder list of a report: from then on nobody can tell what its pseudonyms stand for."""
    try:
        there = forget_decoder(_report_id(arguments.report))
    except DecoderError as error:
        raise CommandError(str(error)) from None
    _ = texts.gettext
    print(_("The decoder list is deleted.") if there else _("There is no decoder list for this report (any more)."))
    return ExitStatus.HEALTHY


def _decoder(report: str) -> Decoder:
    try:
        return read_decoder(_report_id(report))
    except DecoderError as error:
        raise CommandError(str(error)) from None


def _report_id(report: str) -> str:
    """The number of a report that is named by number or by its file."""
    found = _REPORT_ID.search(Path(report).name)
    return found[0] if found else report
