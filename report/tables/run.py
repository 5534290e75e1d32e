"""Tables of a run as a whole: every step, what was not tested, what a change made of it."""

from nexkit.diagnosis.verdict import Diagnosis
from nexkit.run_record import RunRecord
from nexkit.texts import Texts
from nexkit.texts.facts import outcome_text
from nexkit.texts.numbers import byte_size, milliseconds
from nexkit.texts.probes import probe_text
from nexkit.texts.trials import result_text, shown_values, value_name
from nexkit.texts.verdicts import not_tested_text
from nexkit.texts.words import subject_text, value_text
from nexkit.trial import TrialDone
from report.tables.table import Table, cell


def trial_table(done: TrialDone, texts: Texts) -> Table:
    """The second run's verdict and the values before and after."""
    _ = texts.gettext
    return Table(
        title=_("Before and after"),
        columns=(_("value"), _("before"), _("after")),
        rows=[
            (value_name(value, texts), value_text(value.name, value.before), value_text(value.name, value.after))
            for value in shown_values(done.values)
        ],
        note=result_text(done, texts),
    )


def not_tested_table(diagnosis: Diagnosis, texts: Texts) -> Table:
    """Every step without evidence, and why."""
    _ = texts.gettext
    return Table(
        title=_("What was not tested"),
        columns=(_("step"), _("test"), _("reason")),
        rows=[
            (item.step, probe_text(item.probe, texts).name, not_tested_text(item, texts))
            for item in diagnosis.not_tested
        ],
    )


def steps_table(record: RunRecord, texts: Texts) -> Table:
    """Every step with what it measured, in a line."""
    _ = texts.gettext
    return Table(
        title=_("All steps"),
        columns=(_("step"), _("test"), _("result"), _("took"), _("traffic")),
        rows=[
            (
                result.id,
                cell((probe_text(result.probe, texts).name, subject_text(result.subject, texts))),
                outcome_text(result, texts),
                milliseconds(result.took_s * 1000),
                byte_size(result.traffic_bytes),
            )
            for result in record.results
        ],
    )
