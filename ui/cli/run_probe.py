"""`nexkit probe run`: one probe by itself. Imports nothing that this probe does not need."""

import argparse
import asyncio
import random
import sys
from dataclasses import fields

from nexkit.clock import SystemClock
from nexkit.outcome import Completed, Failed, Skipped, SkipReason
from nexkit.params import ParamError, ParamValue, build_params
from nexkit.platform import system_platform
from nexkit.probe import Probe, ProbeSpec
from nexkit.texts import Texts
from probes import builtin_probe
from report.plain import encode_fact
from ui.cli.errors import CommandError, ExitStatus
from ui.cli.streams import ProgressLine, write_json
from ui.probe_run import ByHand, SingleRun, why_text


def run_probe(arguments: argparse.Namespace, texts: Texts) -> int:
    """Run one probe as the user asks, with the same limits as in a diagnosis, and print its fact."""
    probe = _probe(arguments, texts)
    params = _params(probe.spec, arguments.words, texts)
    try:
        build_params(probe.spec.params, params)
    except ParamError as error:
        raise CommandError(f"probe {probe.spec.id}: {error}") from None
    line = ProgressLine(texts)
    line.show(0, 1)
    # Typing the command with its parameters is the consent to what it sends.
    outcome = asyncio.run(_once(probe, params)).outcome
    line.clear()
    match outcome:
        case Completed(fact=fact):
            write_json(encode_fact(fact), arguments.json or "-")
            return ExitStatus.HEALTHY
        case Failed() | Skipped():
            print(f"nexkit: {probe.spec.id}: {why_text(outcome, texts)}", file=sys.stderr)
            return ExitStatus.INCONCLUSIVE


def _probe(arguments: argparse.Namespace, texts: Texts) -> Probe:
    if not arguments.others and (builtin := builtin_probe(arguments.id)) is not None:
        return builtin()
    from ui.cli.probe import runner_with

    registry = runner_with(arguments.others).registry
    if arguments.id not in registry:
        known = ", ".join(spec.id for spec in registry)
        raise CommandError(texts.gettext("unknown probe {id!r}; there are: {ids}").format(id=arguments.id, ids=known))
    return registry.get(arguments.id)


async def _once(probe: Probe, params: dict[str, ParamValue]) -> SingleRun:
    by_hand = ByHand(probe, params, platform=system_platform(), clock=SystemClock(), random=random.SystemRandom())
    never: asyncio.Future[SkipReason] = asyncio.get_running_loop().create_future()
    return await by_hand.once(never)


def _params(spec: ProbeSpec, words: list[str], texts: Texts) -> dict[str, ParamValue]:
    """KEY=VALUE words; a first word without `=` is the first parameter, the target."""
    values: dict[str, ParamValue] = {}
    names = [field.name for field in fields(spec.params)]
    for index, word in enumerate(words):
        key, equals, value = word.partition("=")
        if equals and key in names:
            values[key] = value
        elif index == 0 and names:
            values[names[0]] = word
        else:
            raise CommandError(
                texts.gettext("probe {id}: {word!r} is no KEY=VALUE; keys are: {keys}").format(
                    id=spec.id, word=word, keys=", ".join(names) or texts.gettext("none")
                )
            )
    return values
