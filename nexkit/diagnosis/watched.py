"""What a watch adds to the diagnosis of the run in it: trouble that was measured and was over when all was tested."""

from dataclasses import replace

from nexkit.diagnosis.limits import Limits
from nexkit.diagnosis.verdict import Rung, RungState, Severity, Verdict, VerdictState
from nexkit.watch.record import Episode, WatchLog

_SEVERITIES = (Severity.CONTEXT, Severity.DEGRADED, Severity.BLOCKING)


def with_watch(verdict: Verdict, watch: WatchLog | None, limits: Limits) -> Verdict:
    """The verdict of a run that found no fault, beside the episodes of its watch: what broke is not healthy.

    The place is that of the worst episode, of equals the longest one. What the user alone noticed is no evidence.
    """
    if watch is None or verdict.state is VerdictState.FAULT:
        return verdict
    measured = [episode for episode in watch.episodes if episode.signs or episode.cause]
    if not measured:
        return verdict
    worst = max(measured, key=lambda episode: (_SEVERITIES.index(episode.severity), _length_s(episode, watch)))
    return Verdict(
        state=VerdictState.FAULT,
        segment=worst.segment,
        cause=None,
        confidence=None if worst.segment is None else limits.segment_confidence,
        comes_and_goes=True,
    )


def watched_rungs(rungs: tuple[Rung, ...], verdict: Verdict) -> tuple[Rung, ...]:
    """The ladder, on which what broke at times does not stand as working."""
    if not verdict.comes_and_goes:
        return rungs
    return tuple(
        replace(rung, state=RungState.WARN)
        if rung.segment is verdict.segment and rung.state is not RungState.FAIL
        else rung
        for rung in rungs
    )


def _length_s(episode: Episode, watch: WatchLog) -> float:
    return (watch.known_end(episode) - episode.started_at).total_seconds()
