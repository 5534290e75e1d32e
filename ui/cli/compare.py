"""`nexkit compare`: what lies between two reports."""

import argparse

from nexkit.diagnosis.comparison import Comparison
from nexkit.texts import Texts
from report.codec import encode_diagnosis
from report.load import LoadedReport
from report.plain import encode
from ui.cli.bundle import read_report_of
from ui.cli.errors import ExitStatus
from ui.cli.streams import write_json
from ui.cli.wrap import say
from ui.comparison_words import compared, comparison_text

COMPARISON_SCHEMA = "nexkit/comparison/1"


def compare_command(arguments: argparse.Namespace, texts: Texts) -> int:
    """Print what changed from the first report to the second; status 0 whatever it is."""
    before, after = (read_report_of(name, arguments, texts) for name in (arguments.before, arguments.after))
    found = compared(before, after)
    if arguments.json:
        write_json(_document(before, after, found), arguments.json)
    if arguments.json != "-":
        say(comparison_text(before, after, found, texts))
    return ExitStatus.HEALTHY


def _document(before: LoadedReport, after: LoadedReport, found: Comparison) -> dict[str, object]:
    return {
        "schema": COMPARISON_SCHEMA,
        "effect": found.effect.value,
        "before": _side(before),
        "after": _side(after),
        **{
            name: [each.cause for each in findings]
            for name, findings in (
                ("gone", found.gone),
                ("new", found.new),
                ("still", found.still),
                ("untested", found.untested),
            )
        },
        "ladder": encode(found.rungs),
        "values": encode(found.values),
    }


def _side(report: LoadedReport) -> dict[str, object]:
    document = encode_diagnosis(report.diagnosis)
    return {"report_id": report.report_id} | {
        name: document[name] for name in ("verdict", "started_at", "rules_version")
    }
