"""Filters and inspection between this computer and a service that is there."""

from nexkit.diagnosis import signs
from nexkit.diagnosis.causes import finding
from nexkit.diagnosis.limits import Limits
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.diagnosis.verdict import Clear, Finding, Inconclusive, RuleAnswer
from nexkit.facts.echo import EchoStats
from nexkit.facts.reach import Reach, TrustProblem
from nexkit.outcome import FailureKind
from nexkit.subject import Subject

_OWN_ISSUER = frozenset({TrustProblem.UNKNOWN_ISSUER, TrustProblem.SELF_SIGNED})
_CUT = signs.SILENT | {FailureKind.RESET}


def silent_port(run: Snapshot, reach: Reach) -> tuple[str, ...]:
    """The addresses of a target whose port gives no answer at all; empty where one of them gives any."""
    attempts = signs.fair_attempts(run, reach)
    cut = all(
        attempt.connect_ms is None and attempt.failure is not None and attempt.failure.kind in _CUT
        for attempt in attempts
    )
    return tuple(attempt.address for attempt in attempts) if cut else ()


def host_alive(run: Snapshot, reach: Reach, addresses: tuple[str, ...]) -> tuple[str, ...]:
    """Outcome ids that show one of the addresses alive by echo or on another port (a refusal is an answer)."""
    found: list[str] = []
    for step, other in run.facts(Reach, Subject.SERVICE, Subject.SERVICE_HOST):
        if other.port != reach.port and any(
            attempt.address in addresses
            and (
                attempt.connect_ms is not None
                or (attempt.failure is not None and attempt.failure.kind is FailureKind.REFUSED)
            )
            for attempt in other.attempts
        ):
            found.append(step)
    found += [
        step for step, echo in run.facts(EchoStats, Subject.SERVICE_HOST) if echo.target in addresses and echo.received
    ]
    return tuple(found)


def port_blocked(run: Snapshot, limits: Limits) -> RuleAnswer:
    """A service's port is silent while its host answers otherwise; a refusal is the service's own word."""
    tested = run.facts(Reach, Subject.SERVICE)
    if not tested:
        return Inconclusive(missing=(Subject.SERVICE.value,))
    controls = signs.passing_controls(run)
    found: list[Finding] = []
    for step, reach in tested:
        addresses = silent_port(run, reach)
        alive = host_alive(run, reach, addresses) if addresses else ()
        if not alive:
            continue
        enough = len(controls) >= limits.min_controls
        found.append(
            finding(
                "security.port_blocked",
                confidence=0.9 if enough else 0.75,
                evidence=(step, *alive, *controls),
                values={"service": signs.service_id(step), "port": reach.port},
            )
        )
    return tuple(found) or Clear()


def inspection_root_missing(run: Snapshot, limits: Limits) -> RuleAnswer:
    """Unrelated hosts all show a certificate of the same issuer, and this system does not trust it."""
    by_issuer: dict[str, dict[str, str]] = {}
    asked = run.facts(Reach, Subject.CONTROL, Subject.SERVICE)
    for step, reach in asked:
        for attempt in reach.attempts:
            if attempt.tls is not None and attempt.tls.certificate is not None and attempt.tls.problem in _OWN_ISSUER:
                by_issuer.setdefault(attempt.tls.certificate.issuer, {})[reach.host] = step
    if not any(attempt.tls is not None for _, reach in asked for attempt in reach.attempts):
        return Inconclusive(missing=(Subject.CONTROL.value,))
    controls = {reach.host for _, reach in run.facts(Reach, Subject.CONTROL)}
    for hosts in by_issuer.values():
        # A service's own network may share a private issuer among its hosts; controls are strangers to each other.
        if len(controls & hosts.keys()) >= limits.shared_names:
            trusted = signs.trusted_controls(run)
            return (
                finding(
                    "security.inspection_root_missing",
                    confidence=0.85,
                    evidence=tuple(hosts.values()),
                    against=trusted,
                ),
            )
    return Clear()
