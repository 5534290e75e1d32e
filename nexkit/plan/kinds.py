"""Steps that several stages make: the same measurement towards another target."""

from dataclasses import replace
from urllib.parse import urlsplit

from nexkit.facts.reach import ReachLayer
from nexkit.outcome import SkipReason
from nexkit.plan.effort import ANCHOR_INTERVAL_S, MARGIN_S, Effort
from nexkit.plan.known import port_of
from nexkit.plan.step import Step
from nexkit.subject import Subject
from nexkit.units import Seconds

WEB_PORT = 443
HOST_ECHOES = 10
"""Whether a host is there is seen by a few."""
SILENT_S = Seconds(2.5)
"""A SYN is sent at 0 and at 1 s (RFC 6298 section 2), and the second one has a second and a half left."""


def route_step(step_id: str, subject: Subject, target: str, effort: Effort, skip: SkipReason | None = None) -> Step:
    """The path to a target."""
    return Step(
        id=step_id,
        probe="route",
        subject=subject,
        params={"target": target, "rounds": effort.route_rounds, "names": effort.deep},
        timeout_s=effort.stage_s,
        skip=skip,
    )


def echo_step(
    step_id: str,
    subject: Subject,
    target: str,
    effort: Effort,
    *,
    count: int,
    interval_s: Seconds = ANCHOR_INTERVAL_S,
    skip: SkipReason | None = None,
) -> Step:
    """Round trips to a target."""
    return Step(
        id=step_id,
        probe="ping",
        subject=subject,
        params={"target": target, "count": count, "interval_s": interval_s},
        timeout_s=effort.stage_s,
        skip=skip,
    )


def host_step(step_id: str, subject: Subject, host: str, port: int, effort: Effort) -> Step:
    """Whether a host takes a connection, asked because something else of it was silent: no longer than that takes."""
    brief = replace(effort, step_s=Seconds(min(effort.step_s, SILENT_S)))
    return tcp_step(step_id, subject, host, port, brief)


def tcp_step(
    step_id: str, subject: Subject, host: str, port: int, effort: Effort, skip: SkipReason | None = None
) -> Step:
    """A port, as far as TCP goes."""
    return Step(
        id=step_id,
        probe="reach",
        subject=subject,
        params={
            "host": host,
            "port": port,
            "layer": ReachLayer.TCP,
            "step_timeout_s": effort.step_s,
            "total_s": Seconds(effort.stage_s - MARGIN_S),
        },
        timeout_s=effort.stage_s,
        skip=skip,
    )


def web_step(step_id: str, subject: Subject, url: str, expected_status: tuple[int, ...], effort: Effort) -> Step:
    """A web address, as far as the first page."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    return Step(
        id=step_id,
        probe="reach",
        subject=subject,
        params={
            "host": parts.hostname or "",
            "port": port_of(parts),
            "layer": ReachLayer.HTTPS if secure else ReachLayer.HTTP,
            "path": (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
            "expected_status": expected_status,
            "step_timeout_s": effort.step_s,
            "total_s": Seconds(effort.stage_s - MARGIN_S),
            "public_trust": secure,
            "http2": secure and effort.deep,
            "browser": effort.deep,
        },
        timeout_s=effort.stage_s,
    )
