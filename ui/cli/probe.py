"""`nexkit probe list|run` and `nexkit check`: the probes by themselves, and what this system lets them do."""

import argparse
import asyncio
import sys
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields

from nexkit.consent import Consent
from nexkit.outcome import Completed, Failed, Skipped
from nexkit.params import ParamError, ParamValue, build_params
from nexkit.plan.step import Step
from nexkit.platform import system_platform
from nexkit.platform.api import CapabilityState
from nexkit.probe import ProbeSpec
from nexkit.registry import RegistryError
from nexkit.request import Request
from nexkit.run_record import ProfileReference, ProfileTrust
from nexkit.runner import Runner
from nexkit.subject import Subject
from nexkit.texts import Texts
from nexkit.texts.capabilities import capability_text, state_word
from nexkit.texts.numbers import byte_size
from nexkit.texts.probes import probe_text
from nexkit.texts.verdicts import failure_text, skip_text
from report.codec import encode_fact
from ui.bootstrap import build_runner
from ui.cli.errors import CommandError, ExitStatus
from ui.cli.output import Progress, write_json


def list_probes(arguments: argparse.Namespace, texts: Texts) -> int:
    """Print every probe with what it sends, to whom, and at most how much."""
    runner = _runner(arguments)
    states = {item.id: item.state for item in asyncio.run(runner.platform.capabilities())}
    if arguments.json:
        write_json(
            [
                {
                    "id": spec.id,
                    "version": spec.version,
                    "consent": spec.consent.value,
                    "max_bytes": spec.max_bytes,
                    "timeout_s": spec.timeout_s,
                    "fact": spec.fact.__name__,
                    "here": _best(spec, states).value,
                    "parameters": {field.name: _default(field) for field in fields(spec.params)},
                }
                for spec in runner.registry
            ],
            arguments.json,
        )
        return ExitStatus.HEALTHY
    _ = texts.gettext
    for spec in runner.registry:
        name, sends = probe_text(spec.id, texts)
        limit = _("at most {size}, {seconds:.0f} s").format(size=byte_size(spec.max_bytes), seconds=spec.timeout_s)
        print(f"{spec.id:<12}{name} ({spec.consent.value}; {limit})")
        print(f"{'':<12}{sends}")
        print(f"{'':<12}{', '.join(_parameters(spec)) or _('no parameters')}")
        if (state := _best(spec, states)) is not CapabilityState.AVAILABLE:
            print(f"{'':<12}" + _("Here: {state} (see: nexkit check)").format(state=state_word(state, texts)))
    return ExitStatus.HEALTHY


def _runner(arguments: argparse.Namespace) -> Runner:
    try:
        return build_runner(arguments.others)
    except RegistryError as error:
        raise CommandError(f"--with: {error}") from None


def _best(spec: ProbeSpec, states: Mapping[str, CapabilityState]) -> CapabilityState:
    """Whether the probe can run here: the best of what it needs."""
    order = list(CapabilityState)
    return min((states[need] for need in spec.needs if need in states), key=order.index, default=order[0])


def _parameters(spec: ProbeSpec) -> list[str]:
    return [field.name for field in fields(spec.params)]


def _default(field: Field[object]) -> object:
    if field.default is MISSING:
        return None
    return getattr(field.default, "value", field.default)


def run_probe(arguments: argparse.Namespace, texts: Texts) -> int:
    """Run one probe as the user asks, with the same limits as in a diagnosis, and print its fact."""
    runner = _runner(arguments)
    if arguments.id not in runner.registry:
        known = ", ".join(spec.id for spec in runner.registry)
        raise CommandError(texts.gettext("unknown probe {id!r}; there are: {ids}").format(id=arguments.id, ids=known))
    spec = runner.registry.get(arguments.id).spec
    params = _params(spec, arguments.words, texts)
    try:
        build_params(spec.params, params)
    except ParamError as error:
        raise CommandError(f"probe {spec.id}: {error}") from None
    step = Step(id=spec.id, probe=spec.id, subject=Subject.COMPUTER, params=params, timeout_s=spec.timeout_s)
    nobody = ProfileReference(id="none", serial=0, trust=ProfileTrust.BUILT_IN, sha256="")
    progress = Progress(texts)

    async def once() -> Completed[object] | Failed | Skipped:
        record = await runner.measure(
            lambda done: () if done else (step,),
            # Typing the command with its parameters is the consent to what it sends.
            Request(consent=frozenset(Consent)),
            nobody,
            progress.show,
            asyncio.Event(),
        )
        return record.results[0].outcome

    outcome = asyncio.run(once())
    progress.clear()
    match outcome:
        case Completed(fact=fact):
            write_json(encode_fact(fact), arguments.json or "-")
            return ExitStatus.HEALTHY
        case Failed(failure=failure):
            place, words = failure.step, failure_text(failure.kind, texts)
        case Skipped(reason=reason):
            place, words = spec.id, skip_text(reason, texts)
    print(f"nexkit: {spec.id}: {place}: {words}", file=sys.stderr)
    return ExitStatus.INCONCLUSIVE


def _params(spec: ProbeSpec, words: list[str], texts: Texts) -> dict[str, ParamValue]:
    """KEY=VALUE words; a first word without `=` is the first parameter, the target."""
    values: dict[str, ParamValue] = {}
    names = _parameters(spec)
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


def check(arguments: argparse.Namespace, texts: Texts) -> int:
    """Print what this system lets the kit measure, and how to mend what it refuses."""
    capabilities = asyncio.run(system_platform().capabilities())
    if arguments.json:
        write_json(
            [{"id": item.id, "state": item.state.value, "reason": item.reason} for item in capabilities],
            arguments.json,
        )
    else:
        for item in capabilities:
            name, state, mend = capability_text(item, texts)
            print(f"{name}: {state}")
            if mend:
                print(f"    {mend}")
    refused = any(item.state is CapabilityState.REFUSED for item in capabilities)
    return ExitStatus.INCONCLUSIVE if refused else ExitStatus.HEALTHY
