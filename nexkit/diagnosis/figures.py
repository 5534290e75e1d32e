"""Figures of a run that a finding's words need besides what its own rule measured: who answered, and how fast."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from nexkit.address import Family
from nexkit.diagnosis import signs
from nexkit.diagnosis.limits import Limits
from nexkit.diagnosis.loss import provider_hop, round_trips
from nexkit.diagnosis.rules.link import way_out
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.diagnosis.verdict import Finding, FindingValue
from nexkit.facts.dns import ResolverAnswers
from nexkit.facts.network import InterfaceKind
from nexkit.facts.portal import PortalCheck
from nexkit.subject import Subject

_Figure = Callable[[Snapshot, Limits], FindingValue]


def _gateway_rtt_ms(run: Snapshot, limits: Limits) -> FindingValue:
    """The round trip to the nearest gateway; None where none answers echo."""
    trips = round_trips(run, limits, Subject.GATEWAY).values()
    return min((each.rtt_p50_ms for each in trips if each.rtt_p50_ms is not None), default=None)


def _provider_rtt_ms(run: Snapshot, limits: Limits) -> FindingValue:
    provider = provider_hop(run, limits, *Family)
    return None if provider is None else provider.rtt_p50_ms


def _link(run: Snapshot, _limits: Limits) -> FindingValue:
    """`wifi` or `cable`: what the traffic takes out of this computer; None where it is neither, or not known."""
    way = way_out(run)
    return None if way is None else {InterfaceKind.WIFI: "wifi", InterfaceKind.ETHERNET: "cable"}.get(way[0])


def _silent(run: Snapshot, _limits: Limits) -> FindingValue:
    """How many tested addresses of the internet gave no answer."""
    return sum(signs.internet(run).dead_count.values())


def _questions(run: Snapshot, _limits: Limits) -> FindingValue:
    return sum(len(resolver.queries) for _, resolver in run.facts(ResolverAnswers, Subject.RESOLVER))


def _answered(run: Snapshot, _limits: Limits) -> FindingValue:
    """Questions that got an answer of any kind, an error among them."""
    asked = run.facts(ResolverAnswers, Subject.RESOLVER)
    return sum(query.rcode is not None for _, resolver in asked for query in resolver.queries)


def _changed(run: Snapshot, _limits: Limits) -> FindingValue:
    """How many check pages came back changed every time."""
    checks = run.facts(PortalCheck, Subject.PORTAL_CHECK)
    return sum(bool(seen) and not any(seen) for _, check in checks if (seen := _expected(check)))


def _expected(check: PortalCheck) -> list[bool]:
    return [attempt.as_expected for attempt in check.attempts if attempt.as_expected is not None]


_FIGURES: Mapping[str, _Figure] = {
    "link": _link,
    "gateway_rtt_ms": _gateway_rtt_ms,
    "provider_rtt_ms": _provider_rtt_ms,
    "silent": _silent,
    "silent4": lambda run, _limits: signs.internet(run).dead_count[Family.IPV4],
    "silent6": lambda run, _limits: signs.internet(run).dead_count[Family.IPV6],
    "controls": lambda run, _limits: len(signs.passing_controls(run)),
    "resolvers": lambda run, _limits: len(run.facts(ResolverAnswers, Subject.RESOLVER)),
    "questions": _questions,
    "answered": _answered,
    "changed": _changed,
}
_WANTED: Mapping[str, tuple[str, ...]] = {
    "device.no_default_route": ("link",),
    "device.dns_not_set": ("link",),
    "lan.dhcp_failed": ("link",),
    "lan.duplicate_address": ("link",),
    "lan.loss": ("link",),
    "lan.latency": ("link",),
    "lan.wrong_network": ("link",),
    "lan.rogue_dhcp": ("link",),
    "lan.captive_portal": ("changed",),
    "gateway.unreachable": ("silent",),
    "gateway.dns_broken": ("questions", "answered"),
    "access.line_down": ("gateway_rtt_ms", "silent"),
    "access.pppoe_down": ("gateway_rtt_ms", "silent4"),
    "access.ipoe_down": ("gateway_rtt_ms", "silent"),
    "access.ipv4_broken": ("silent4",),
    "access.ipv6_broken": ("silent6",),
    "access.loss": ("gateway_rtt_ms",),
    "access.latency": ("gateway_rtt_ms",),
    "internet.unreachable": ("provider_rtt_ms", "silent"),
    "internet.path_loss": ("provider_rtt_ms",),
    "dns.resolver_unreachable": ("questions",),
    "dns.resolver_error": ("resolvers",),
    "dns.aaaa_broken": ("resolvers",),
    "security.port_blocked": ("controls",),
    "service.cert_invalid": ("controls",),
    "service.http_error": ("controls",),
    "service.slow": ("controls",),
}
"""By cause, the figures that its words take."""


def with_figures(finding: Finding, run: Snapshot, limits: Limits) -> Finding:
    """The finding with the figures that belong to it; what its rule gave stays."""
    wanted = _WANTED.get(finding.cause, ())
    if not wanted:
        return finding
    figures = {name: _FIGURES[name](run, limits) for name in wanted}
    return replace(finding, values={**finding.values, **{k: v for k, v in figures.items() if k not in finding.values}})
