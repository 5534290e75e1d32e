"""Deciding by a PAC file: evaluated in a process of its own, name lookups by the system in between."""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from nexkit.facts.proxy import PacLookup, ProxyKind, ProxyWay
from nexkit.failures import BudgetExceededError, classify
from nexkit.host_name import is_host_name
from nexkit.outcome import Failure, FailureKind
from nexkit.platform.system_proxy import DEFAULT_PORTS
from nexkit.probe import ProbeContext
from nexkit.units import Ms, Seconds
from probes.exchange.hosts import check_port, wire_host
from probes.exchange.traffic import LOOKUP_BYTES
from probes.proxy.pac_functions import PAC_FUNCTIONS
from probes.proxy.pac_program import NOT_INSTALLED_STATUS

STEP = "pac_evaluate"
PROGRAM_WORD = "evaluate-pac"
"""What the frozen program is started with to be the evaluating process."""
SCRIPT_S = Seconds(1.0)
"""Of computing, for all web addresses together; real files take milliseconds."""
PROCESS_S = Seconds(5.0)
"""What the process may take in all; a busy computer, or one that looks every program over, needs most of it to start
one."""
LOOKUP_S = Seconds(5.0)
"""For one name."""
MAX_ROUNDS = 6
"""A file that needs the answer of one lookup for the next is evaluated so many times."""
MAX_LOOKUPS = 32
_MAX_OUTPUT_BYTES = 200_000
_MAX_WAYS = 8
_PROGRAM = Path(__file__).with_name("pac_program.py")
_KINDS = {
    "PROXY": ProxyKind.HTTP,
    "HTTP": ProxyKind.HTTP,
    "HTTPS": ProxyKind.HTTPS,
    "SOCKS": ProxyKind.SOCKS5,
    "SOCKS4": ProxyKind.SOCKS4,
    "SOCKS5": ProxyKind.SOCKS5,
}
_FAILURES = {
    "time": FailureKind.TIMEOUT,
    "memory": FailureKind.BUDGET,
    "broken": FailureKind.PROTOCOL,
}


@dataclass(slots=True, kw_only=True)
class PacDecisions:
    """What a file decided, and what that took."""

    ways: tuple[tuple[ProxyWay, ...], ...] = ()
    """For each web address; empty where the answer was none."""
    lookups: list[PacLookup] = field(default_factory=list)
    evaluate_ms: Ms = Ms(0.0)
    failure: Failure | None = None


async def decide(script: str, urls: Sequence[str], own: Sequence[str], ctx: ProbeContext) -> PacDecisions:
    """The ways of each web address; `own` are this computer's addresses. Always comes back with a value."""
    decisions = PacDecisions()
    began_s = ctx.clock.monotonic()
    try:
        decisions.ways = await _decide(script, urls, own, decisions.lookups, ctx)
    except _EvaluationError as error:
        decisions.failure = Failure(kind=error.kind, step=STEP)
    except (OSError, BudgetExceededError) as error:
        decisions.failure = classify(error, step=STEP)
    decisions.evaluate_ms = Ms((ctx.clock.monotonic() - began_s) * 1000)
    return decisions


async def _decide(
    script: str, urls: Sequence[str], own: Sequence[str], lookups: list[PacLookup], ctx: ProbeContext
) -> tuple[tuple[ProxyWay, ...], ...]:
    """The ways of each web address; what is looked up is added to `lookups`."""
    names: dict[str, tuple[str, ...]] = {}
    for _ in range(MAX_ROUNDS):
        result = await _evaluate(script, urls, own, names, ctx)
        # What is no name is known to have no address; nobody is asked, and nothing of it is kept.
        names.update((name, ()) for name in result.wanted if not is_host_name(name))
        wanted = [name for name in result.wanted if name not in names]
        if not result.wanted:
            return tuple(_ways(answer) for answer in result.answers)
        if len(lookups) + len(wanted) > MAX_LOOKUPS:
            break
        for lookup, addresses in await asyncio.gather(*(_look_up(name, ctx) for name in wanted)):
            names[lookup.name] = addresses
            lookups.append(lookup)
    raise BudgetExceededError


class _EvaluationError(Exception):
    """The file could not be evaluated."""

    def __init__(self, kind: FailureKind) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """One evaluation; an answer is None where the file gave something else than text."""

    answers: list[str | None]
    wanted: list[str]


async def _evaluate(
    script: str, urls: Sequence[str], own: Sequence[str], names: dict[str, tuple[str, ...]], ctx: ProbeContext
) -> _Result:
    request = {
        "functions": PAC_FUNCTIONS,
        "script": script,
        "urls": [(_shown_to_pac(url), urlsplit(url).hostname or "") for url in urls],
        "names": names,
        "own": own,
        "time_s": SCRIPT_S,
    }
    done = await ctx.platform.run_program(
        _command(), timeout_s=PROCESS_S, max_output_bytes=_MAX_OUTPUT_BYTES, input_bytes=json.dumps(request).encode()
    )
    if done.exit_status == NOT_INSTALLED_STATUS:
        raise _EvaluationError(FailureKind.NOT_INSTALLED)
    if done.exit_status != 0:  # the engine fell over what the file made it do
        raise _EvaluationError(FailureKind.OTHER)
    try:
        told = json.loads(done.stdout)
    except ValueError:
        raise _EvaluationError(FailureKind.OTHER) from None
    if told["error"] is not None:
        raise _EvaluationError(_FAILURES[told["error"]])
    return _Result(answers=[answer.get("text") for answer in told["answers"]], wanted=told["wanted"])


def _command() -> tuple[str, ...]:
    if getattr(sys, "frozen", False):
        # Beside the windowed program of Windows, which has no standard output, stands the one of the command line.
        return (str(Path(sys.executable).with_stem("nexkit")), PROGRAM_WORD)
    return (sys.executable, "-P", str(_PROGRAM))


async def _look_up(name: str, ctx: ProbeContext) -> tuple[PacLookup, tuple[str, ...]]:
    """One name by the system's own lookup."""
    began_s = ctx.clock.monotonic()
    addresses: tuple[str, ...] = ()
    failure: Failure | None = None
    ctx.spend(LOOKUP_BYTES)
    try:
        async with asyncio.timeout(LOOKUP_S):
            addresses = tuple(address.partition("%")[0] for address in await ctx.platform.resolve(name))
    except OSError as error:
        failure = classify(error, step="resolve")
    took_ms = Ms((ctx.clock.monotonic() - began_s) * 1000)
    return PacLookup(name=name, took_ms=took_ms, failure=failure), addresses


def _shown_to_pac(url: str) -> str:
    """What a PAC file is told of an address: of an encrypted page no path (as Chromium and Firefox do)."""
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    if parts.scheme == "https":
        return f"{origin}/"
    return f"{origin}{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"


def _ways(answer: str | None) -> tuple[ProxyWay, ...]:
    """`PROXY a:8080; DIRECT` as ways; what cannot be read is passed over, an empty text means direct."""
    if answer is None:
        return ()
    if not answer.strip():
        return (ProxyWay(kind=ProxyKind.DIRECT),)
    ways: list[ProxyWay] = []
    for entry in answer.split(";")[:_MAX_WAYS]:
        words = entry.split()
        if [word.upper() for word in words] == ["DIRECT"]:
            ways.append(ProxyWay(kind=ProxyKind.DIRECT))
        elif len(words) == 2 and (way := _proxy_way(words[0].upper(), words[1])) is not None:  # noqa: PLR2004
            ways.append(way)
    return tuple(dict.fromkeys(ways))


def _proxy_way(word: str, place: str) -> ProxyWay | None:
    kind = _KINDS.get(word)
    if kind is None:
        return None
    try:
        parts = urlsplit(f"//{place}")
        host = wire_host(parts.hostname or "")
        port = parts.port or DEFAULT_PORTS[kind]
        check_port(port)
    except ValueError:
        return None
    return ProxyWay(kind=kind, host=host, port=port)
