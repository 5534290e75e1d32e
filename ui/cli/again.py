"""After a verdict: what to change next, and the test once more; asked on the terminal, or named by `--again`."""

import sys
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from nexkit.diagnosis.trials import Series, begin, measured_again, skip, told
from nexkit.diagnosis.verdict import VerdictState
from nexkit.texts import Texts
from nexkit.texts.trials import change_text, meaning, shown_values, trial_text
from nexkit.texts.verdicts import verdict_sentence
from nexkit.trial import TOLD, Trial
from ui.bootstrap import Run
from ui.cli.errors import CommandError
from ui.cli.output import verdict_text
from ui.cli.wrap import say


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """What `--again` says."""

    ask: bool = False
    """The step that tells most is offered, and after it the next."""
    named: tuple[Trial, ...] = ()
    """Just these, in this order."""


class _Answer(Enum):
    """What the user said to a step."""

    DONE = auto()
    WORKS = auto()
    FAILS = auto()
    SKIP = auto()
    END = auto()


def again_of(words: str, texts: Texts, *, on_terminal: bool) -> Again:
    """The meaning of `ask`, `no`, or names of steps with commas between; CommandError for any other word.

    Nobody is asked where nobody is there to answer; who names a step has said that somebody is.
    """
    if words in {"ask", "no"}:
        return Again(ask=words == "ask" and on_terminal)
    known = {trial.value: trial for trial in Trial}
    chosen = [word.strip() for word in words.split(",")]
    for word in chosen:
        if word not in known:
            raise CommandError(
                texts.gettext("--again: {word!r} is no step; there are: ask, no, {words}").format(
                    word=word, words=", ".join(known)
                )
            )
    return Again(named=tuple(dict.fromkeys(known[word] for word in chosen)))


def try_out(
    first: Run,
    again: Again,
    measure: Callable[[], Run],
    texts: Texts,
    *,
    silent: bool,
    tested: Callable[[Run], None] = lambda _run: None,
) -> tuple[Run, Run]:
    """The run of the report with what was changed after it, and the last run; `silent`: results are not printed.

    `tested` gets the run of the report as it is after each step. Ends when all is well, nothing more would tell, the
    user has enough, or a run was ended early.
    """
    series, last, named = begin(first.record, first.diagnosis), first, list(again.named)
    while not last.record.cancelled and last.diagnosis.verdict.state is not VerdictState.HEALTHY:
        trial = (named.pop(0) if named else None) if again.named else series.offer() if again.ask else None
        answer = _Answer.END if trial is None else _ask(trial, texts)
        if trial is None or answer is _Answer.END:
            break
        if answer is _Answer.SKIP:
            series = skip(series, trial)
            continue
        if trial in TOLD:
            series = told(series, trial, works=answer is _Answer.WORKS)
        else:
            before, last = last, measure()
            if last.record.cancelled:  # half a test is compared with nothing
                break
            series = measured_again(series, trial, last.record, last.diagnosis)
            last = Run(record=series.record, diagnosis=series.diagnosis)
        tested(Run(record=series.report_record, diagnosis=series.first))
        if not silent:
            say(_outcome(series, None if trial in TOLD else before, last, texts))
    return Run(record=series.report_record, diagnosis=series.first), last


def _ask(trial: Trial, texts: Texts) -> _Answer:
    """Say what to do and wait for an answer that it can be; the end of the input, and Ctrl-C, are a no.

    A keyboard set to Japanese types full-width letters: they count like the others.
    """
    _ = texts.gettext
    if trial in TOLD:
        question = _(
            "Does it work there?  y: yes   n: no, the same trouble   s: cannot do this   q: end  (then Enter) "
        )
        hint = _("Please type y, n, s or q, and press Enter.")
        answers = {"y": _Answer.WORKS, "n": _Answer.FAILS}
    else:
        question = _("Press Enter when it is done, to test again   s: cannot do this   q: end  (then Enter) ")
        hint = _("Please press Enter alone when it is done, or type s or q and press Enter.")
        answers = {"": _Answer.DONE, "y": _Answer.DONE, "n": _Answer.END}
    answers |= {"s": _Answer.SKIP, "q": _Answer.END}
    say(
        "\n"
        + _("To find out more ({step}): {instruction}").format(
            step=trial.value, instruction=trial_text(trial, texts).instruction
        ),
        sys.stderr,
    )
    while True:
        print(question, end="", file=sys.stderr, flush=True)
        try:
            line = sys.stdin.readline()
        except KeyboardInterrupt:
            print(file=sys.stderr)
            return _Answer.END
        if not line:
            return _Answer.END
        answer = answers.get(unicodedata.normalize("NFKC", line).strip().lower())
        if answer is not None:
            return answer
        print(hint, file=sys.stderr)


def _outcome(series: Series, before: Run | None, last: Run, texts: Texts) -> str:
    """What came of a step; where another answer came out, that as a whole."""
    done = series.done[-1]
    lines = ["", meaning(done, texts)]
    lines += [f"  {change_text(value, texts)}" for value in shown_values(done.values)]
    if before is None:
        return "\n".join(lines)
    then, now = before.diagnosis.verdict, last.diagnosis.verdict
    if now.state is not VerdictState.HEALTHY and (then.cause, then.segment) != (now.cause, now.segment):
        return "\n".join([*lines, "", verdict_text(last.diagnosis, last.record, texts)])
    return "\n".join([*lines, verdict_sentence(last.diagnosis, texts)])
