"""From a run record to the diagnosis document: run the rules, fold consequences under their roots, give the verdict."""

from dataclasses import replace

from nexkit.diagnosis import signs
from nexkit.diagnosis.causes import causes
from nexkit.diagnosis.figures import with_figures
from nexkit.diagnosis.ladder import ladder
from nexkit.diagnosis.left_open import left_open
from nexkit.diagnosis.limits import DEFAULT_LIMITS, Limits
from nexkit.diagnosis.rules import RULES, Rule
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.diagnosis.suitability import suitability
from nexkit.diagnosis.verdict import (
    RULES_VERSION,
    Diagnosis,
    Finding,
    Inconclusive,
    NotTested,
    RuleAnswer,
    Rung,
    RungState,
    Segment,
    Severity,
    Verdict,
    VerdictState,
)
from nexkit.diagnosis.watched import watched_rungs, with_watch
from nexkit.facts.reach import Reach
from nexkit.outcome import Completed, Failed, Skipped
from nexkit.run_record import RunRecord
from nexkit.units import Ratio

_SEVERITIES = (Severity.BLOCKING, Severity.DEGRADED, Severity.CONTEXT)
_SEGMENTS = tuple(Segment)
_ESSENTIAL = frozenset({Segment.INTERNET, Segment.DNS, Segment.SERVICE})
"""Whoever gets through to these has passed the rest of the way too."""


def diagnose(record: RunRecord, limits: Limits = DEFAULT_LIMITS) -> Diagnosis:
    """What the run says. Pure: the same record and limits give the same answer, on any machine."""
    run = Snapshot(record)
    answers = {rule.cause: judge(rule, run, limits) for rule in RULES}
    found = [each for answer in answers.values() if isinstance(answer, tuple) for each in answer]
    findings = tuple(with_figures(each, run, limits) for each in fold([weigh(each, limits) for each in found]))
    rungs = ladder(run, limits, findings)
    of_run = _verdict(findings, rungs, limits, cancelled=record.cancelled)
    verdict = with_watch(of_run, record.watch, limits)
    return Diagnosis(
        verdict=verdict,
        findings=findings,
        ladder=watched_rungs(rungs, verdict),
        not_tested=not_tested(record),
        rules_version=RULES_VERSION,
        started_at=record.started_at,
        took_s=record.took_s,
        suitability=() if _in_the_way(findings) else suitability(run, limits),
        left_open=left_open(run, limits, verdict=of_run, findings=findings, rungs=rungs, answers=answers),
    )


def _in_the_way(findings: tuple[Finding, ...]) -> bool:
    """Whether a root keeps the user from the network itself: then it is of no use how good the rest is."""
    return any(
        each.severity is Severity.BLOCKING and each.segment is not Segment.SERVICE and "needed_by" not in each.values
        for each in findings
    )


def judge(rule: Rule, run: Snapshot, limits: Limits) -> RuleAnswer:
    """The rule's answer; a rule that breaks on odd facts knows nothing, which is no fault of the network."""
    try:
        return rule.judge(run, limits)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return Inconclusive(missing=(f"rule.{rule.cause}",))


def weigh(finding: Finding, limits: Limits) -> Finding:
    """The finding with its confidence lowered by what speaks against it."""
    return replace(finding, confidence=Ratio(finding.confidence * limits.against_factor ** len(finding.against)))


def _accounts_for(root: Finding, other: Finding) -> bool:
    """Whether `other` is a mere consequence of `root`.

    A degraded root accounts for a blocking consequence only where both rest on a common measurement: slowness does
    not explain a service that is down.
    """
    declared = causes()[root.cause]
    common = bool(set(root.evidence) & set(other.evidence))
    if root.severity is Severity.CONTEXT:
        return False
    if other.cause not in declared.explains:
        return common and other.cause in declared.explains_shared
    return common or not (root.severity is Severity.DEGRADED and other.severity is Severity.BLOCKING)


def fold(findings: list[Finding]) -> tuple[Finding, ...]:
    """The roots, each with the causes it explains: blocking first, then from the user outward; context last."""
    roots = [
        each
        for each in findings
        if not any(_accounts_for(other, each) for other in findings if other.cause != each.cause)
    ]
    order = sorted(
        roots,
        key=lambda each: (
            _SEVERITIES.index(each.severity),
            _SEGMENTS.index(each.segment),
            -each.confidence,
            each.cause,
        ),
    )
    return tuple(
        replace(root, explains=tuple(dict.fromkeys(each.cause for each in findings if _accounts_for(root, each))))
        for root in order
    )


def _verdict(findings: tuple[Finding, ...], rungs: tuple[Rung, ...], limits: Limits, *, cancelled: bool) -> Verdict:
    """Fault with its root; a fault of which only the segment is known; healthy by positive evidence; or not known.

    How sure it is that nothing is wrong, nobody can say of a run that was ended early: loss and delay take their time.
    """
    root = next((each for each in findings if each.severity is not Severity.CONTEXT), None)
    if root is not None:
        return Verdict(state=VerdictState.FAULT, segment=root.segment, cause=root.cause, confidence=root.confidence)
    broken = next((rung.segment for rung in rungs if rung.state is RungState.FAIL), None)
    if broken is not None:
        return Verdict(state=VerdictState.FAULT, segment=broken, cause=None, confidence=limits.segment_confidence)
    open_rung = next(
        (
            rung.segment
            for rung in rungs
            if rung.segment in _ESSENTIAL
            and rung.state is not RungState.PASS
            and not (rung.segment is Segment.SERVICE and rung.state is RungState.NOT_RUN)
        ),
        None,
    )
    if open_rung is None:
        sure = None if cancelled else limits.healthy_confidence
        return Verdict(state=VerdictState.HEALTHY, segment=None, cause=None, confidence=sure)
    measured = any(rung.state in {RungState.PASS, RungState.WARN} for rung in rungs)
    return Verdict(
        state=VerdictState.INCONCLUSIVE, segment=open_rung if measured else None, cause=None, confidence=None
    )


def not_tested(record: RunRecord) -> tuple[NotTested, ...]:
    """Every step that gave no evidence, and why."""
    found: list[NotTested] = []
    for result in record.results:
        match result.outcome:
            case Skipped(reason=reason):
                found.append(NotTested(step=result.id, probe=result.probe, reason=reason))
            case Failed(failure=failure):
                found.append(NotTested(step=result.id, probe=result.probe, reason=failure.kind))
            case Completed(fact=Reach() as reach) if (kind := signs.kept_from(reach)) is not None:
                found.append(NotTested(step=result.id, probe=result.probe, reason=kind))
            case _:
                pass
    return tuple(found)
