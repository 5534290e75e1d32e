"""Inspection of TLS: whatever opens connections shows copies of certificates that its own authority has signed."""

from collections.abc import Iterator

from nexkit.diagnosis import signs
from nexkit.diagnosis.causes import FAIR, LIKELY, STRONG, finding
from nexkit.diagnosis.limits import Limits
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.diagnosis.verdict import Clear, Inconclusive, RuleAnswer
from nexkit.facts.reach import Reach, TlsResult, TrustProblem
from nexkit.subject import Subject

_OWN_ISSUER = frozenset({TrustProblem.UNKNOWN_ISSUER, TrustProblem.SELF_SIGNED})
_NO_TLS = Inconclusive(missing=(Subject.CONTROL.value,))


def is_copy(tls: TlsResult) -> bool:
    """Trusted by this system, and by an authority that is on no public list: an inspection's, or an organisation's."""
    return tls.trusted and tls.publicly_trusted is False and tls.public_problem in _OWN_ISSUER


def _handshakes(run: Snapshot, *subjects: Subject) -> Iterator[tuple[str, str, TlsResult]]:
    """(step id, host, handshake) of everything asked of the subjects' hosts, directly and through a proxy."""
    hosts = {reach.host for _, reach in run.facts(Reach, *subjects)}
    for step, reach in run.facts(Reach, *subjects, Subject.PROXY):
        if reach.host not in hosts:
            continue
        for attempt in reach.attempts:
            if attempt.tls is not None:
                yield step, reach.host, attempt.tls
        if reach.through_proxy is not None and reach.through_proxy.tls is not None:
            yield step, reach.host, reach.through_proxy.tls


def _authorities(tls: TlsResult) -> frozenset[str]:
    """Everybody who signed a part of the chain: a product may sign by another lesser authority for each host."""
    own = () if tls.certificate is None else (tls.certificate.issuer,)
    return frozenset((*own, *(each.issuer for each in tls.chain)))


def inspectors(run: Snapshot) -> dict[str, dict[str, str]]:
    """By authority, the hosts (with a step id each) of controls and services that show copies signed by it.

    Only where a control is among them: an organisation signs its own services and nobody else's site.
    """
    controls = {reach.host for _, reach in run.facts(Reach, Subject.CONTROL)}
    found: dict[str, dict[str, str]] = {}
    for step, host, tls in _handshakes(run, Subject.CONTROL, Subject.SERVICE):
        if is_copy(tls):
            for name in _authorities(tls):
                found.setdefault(name, {})[host] = step
    return {name: hosts for name, hosts in found.items() if controls & hosts.keys()}


def tls_inspection(run: Snapshot, limits: Limits) -> RuleAnswer:
    """Unrelated hosts all show a certificate of the same issuer, which this system trusts and the public does not."""
    asked = [tls for _, _, tls in _handshakes(run, Subject.CONTROL, Subject.SERVICE)]
    if not any(tls.publicly_trusted is not None for tls in asked):
        return _NO_TLS
    controls = {reach.host for _, reach in run.facts(Reach, Subject.CONTROL)}
    by_issuer = inspectors(run)
    shared = {name: hosts for name, hosts in by_issuer.items() if len(hosts) >= limits.shared_names}
    if not shared:
        return Clear()
    issuer, hosts = max(shared.items(), key=lambda each: (len(controls & each[1].keys()), len(each[1])))
    # One control and a service may both be the organisation's own; controls are strangers to each other.
    certain = len(controls & hosts.keys()) >= limits.shared_names
    return (
        finding(
            "security.tls_inspection",
            confidence=STRONG if certain else FAIR,
            evidence=tuple(hosts.values()),
            values={"issuer": _shown(run, issuer), "hosts": len(hosts)},
        ),
    )


def _shown(run: Snapshot, issuer: str) -> str:
    """The issuer as people know it: its organisation where it says one."""
    for _, _, tls in _handshakes(run, Subject.CONTROL):
        own = tls.certificate
        if own is not None and own.issuer == issuer and own.issuer_organisation:
            return own.issuer_organisation
    return issuer


def inspection_root_missing(run: Snapshot, limits: Limits) -> RuleAnswer:
    """Unrelated hosts all show a certificate of the same issuer, and this system does not trust it."""
    by_issuer: dict[str, dict[str, str]] = {}
    asked = list(_handshakes(run, Subject.CONTROL, Subject.SERVICE))
    if not asked:
        return _NO_TLS
    for step, host, tls in asked:
        if tls.certificate is not None and tls.problem in _OWN_ISSUER:
            by_issuer.setdefault(tls.certificate.issuer, {})[host] = step
    controls = {reach.host for _, reach in run.facts(Reach, Subject.CONTROL)}
    for hosts in by_issuer.values():
        # One control and a service may both be the organisation's own; controls are strangers to each other.
        strangers = len(controls & hosts.keys())
        if strangers and len(hosts) >= limits.shared_names:
            return (
                finding(
                    "security.inspection_root_missing",
                    confidence=LIKELY if strangers >= limits.shared_names else FAIR,
                    evidence=tuple(hosts.values()),
                    against=signs.trusted_controls(run),
                ),
            )
    return Clear()
