"""`nexkit probe list` and `nexkit check`: the probes, and what this system lets them do."""

import argparse
import asyncio
from collections.abc import Iterable
from dataclasses import MISSING, Field, fields

from nexkit.platform.api import CapabilityState
from nexkit.platform.managed_settings import managed_language
from nexkit.probe import ProbeSpec
from nexkit.registry import RegistryError
from nexkit.runner import Runner
from nexkit.texts import LANGUAGES, Texts
from nexkit.texts.capabilities import capability_text, state_word
from nexkit.texts.probes import probe_text
from ui.bootstrap import build_runner
from ui.cli.errors import CommandError, ExitStatus
from ui.cli.streams import write_json
from ui.probe_list import best_state, is_defect, limit_text, states_of


def list_probes(arguments: argparse.Namespace, texts: Texts) -> int:
    """Print every probe with what it sends, to whom, and at most how much."""
    runner = runner_with(arguments.others)
    states = states_of(asyncio.run(runner.platform.capabilities()))
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
                    "here": best_state(spec, states).value,
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
        print(f"{spec.id:<14}{name} ({spec.consent.value}; {limit_text(spec, texts)})")
        print(f"{'':<14}{sends}")
        print(" " * 14 + (", ".join(_parameters(spec)) or _("no parameters")))
        if (state := best_state(spec, states)) is not CapabilityState.AVAILABLE:
            print(f"{'':<14}" + _("Here: {state} (see: nexkit check)").format(state=state_word(state, texts)))
    return ExitStatus.HEALTHY


def runner_with(others: Iterable[str]) -> Runner:
    """The runner with the named probes of other distributions switched on; CommandError."""
    try:
        return build_runner(others)
    except RegistryError as error:
        raise CommandError(f"--with: {error}") from None


def _parameters(spec: ProbeSpec) -> list[str]:
    return [field.name for field in fields(spec.params)]


def _default(field: Field[object]) -> object:
    if field.default is MISSING:
        return None
    return getattr(field.default, "value", field.default)


def _language_line(texts: Texts) -> str:
    """What the IT department has set for the language; "" for nothing."""
    _ = texts.gettext
    word = managed_language()
    if word is None:
        return ""
    if word not in LANGUAGES:
        return _("Language set by your IT department: {word!r}, which is ignored: only {known} are there").format(
            word=word, known=", ".join(LANGUAGES)
        )
    return _("Language set by your IT department: {language}").format(language=Texts(word).language_name)


def check(arguments: argparse.Namespace, texts: Texts) -> int:
    """Print what this system lets the kit measure, what not and why, and how to mend what it refuses."""
    runner = build_runner()
    capabilities = asyncio.run(runner.platform.capabilities())
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
        if line := _language_line(texts):
            print(line)
        states = states_of(capabilities)
        print()
        for spec in runner.registry:
            print(f"{probe_text(spec.id, texts).name} ({spec.id}): {state_word(best_state(spec, states), texts)}")
    return ExitStatus.INCONCLUSIVE if any(is_defect(item) for item in capabilities) else ExitStatus.HEALTHY
