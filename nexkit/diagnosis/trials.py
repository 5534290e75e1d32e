"""The next thing to change and test again: which one separates the causes that are left, and what its outcome says."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cache

from nexkit.address import Family
from nexkit.diagnosis import signs, tunnel, ways
from nexkit.diagnosis.causes import causes
from nexkit.diagnosis.comparison import compare
from nexkit.diagnosis.rules.link import way_out
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.diagnosis.verdict import (
    Diagnosis,
    Finding,
    LeftOpen,
    RungState,
    Segment,
    Severity,
    Verdict,
    VerdictState,
    segment_of,
)
from nexkit.facts.network import InterfaceKind
from nexkit.facts.proxy import ProxyKind, ProxySource
from nexkit.request import Symptom
from nexkit.run_record import RunRecord
from nexkit.trial import TOLD, Effect, Trial, TrialDone


@dataclass(frozen=True, slots=True)
class _Split:
    """Codes of causes, or patterns of them, that each outcome of a trial speaks for."""

    better: tuple[str, ...]
    same: tuple[str, ...]


_WIFI = ("lan.wifi_*",)
_STRETCH = ("lan.loss", "lan.latency")
_BEYOND = ("access.*", "internet.*", "dns.*", "service.*")
_NOT_THE_LINK = ("device.firewall", "device.overloaded", "device.wrong_ip_settings", "gateway.*", *_BEYOND)
_SPLITS: Mapping[Trial, _Split] = {
    Trial.USE_CABLE: _Split((*_WIFI, *_STRETCH), _NOT_THE_LINK),
    Trial.USE_WIFI: _Split(("lan.cable_degraded", "device.no_link", *_STRETCH), _NOT_THE_LINK),
    Trial.OTHER_CABLE: _Split(("lan.cable_degraded", "device.no_link", *_STRETCH), _NOT_THE_LINK),
    Trial.MOVE_CLOSER: _Split(
        ("lan.wifi_weak", *_STRETCH), ("lan.wifi_interference", "lan.wifi_spikes", "gateway.*", *_BEYOND)
    ),
    Trial.REJOIN: _Split(
        (
            "device.no_default_route",
            "device.dns_not_set",
            "lan.dhcp_failed",
            "lan.duplicate_address",
            "lan.rogue_dhcp",
            "lan.wifi_sticky",
            "dns.first_resolver_dead",
            "dns.resolver_unreachable",
        ),
        ("device.wrong_ip_settings", "gateway.*", "dns.resolver_error", "access.*"),
    ),
    Trial.SIGN_IN: _Split(("lan.captive_portal",), (*_BEYOND, "security.*")),
    Trial.PAUSE_TRANSFERS: _Split(
        ("access.bufferbloat", "access.port_exhaustion", "gateway.session_table_full"),
        (*_WIFI, *_STRETCH, "access.loss", "access.latency", "access.slow", "internet.*"),
    ),
    Trial.CLOSE_PROGRAMS: _Split(("device.overloaded",), ("lan.*", "gateway.*", *_BEYOND)),
    Trial.VPN_OFF: _Split(("vpn.*",), ("gateway.*", *_BEYOND, "security.*")),
    Trial.RECONNECT_VPN: _Split(
        ("vpn.down", "vpn.dns_mismatch", "vpn.mtu"), ("vpn.hairpin", "security.*", "service.*")
    ),
    Trial.PROXY_OFF: _Split(
        (
            "security.proxy_*",
            "security.pac_failed",
            "security.web_filter",
            "security.inspection_root_missing",
        ),
        _BEYOND,
    ),
    Trial.RESTART_ROUTER: _Split(("gateway.*", "lan.dhcp_failed"), (*_WIFI, *_STRETCH, *_BEYOND)),
    Trial.OTHER_DEVICE: _Split(
        ("device.*", "lan.cable_degraded", "lan.duplicate_address", "lan.wifi_sticky"),
        ("gateway.*", "lan.captive_portal", "lan.dhcp_failed", "lan.rogue_dhcp", *_BEYOND, "security.*"),
    ),
    Trial.OTHER_NETWORK: _Split(
        ("lan.*", "gateway.*", "access.*", "internet.*", "dns.*", "security.*", "service.rate_limited"),
        (
            "device.*",
            "vpn.*",
            "service.address_bad",
            "service.cert_invalid",
            "service.down",
            "service.http_error",
            "service.slow",
        ),
    ),
}

_LINK = (Trial.USE_CABLE, Trial.OTHER_CABLE, Trial.USE_WIFI)
"""For a stretch that may be at fault: of these, those that fit how this computer is connected."""
_PAST_IT = (Trial.VPN_OFF, Trial.OTHER_NETWORK)
_STEPS: Mapping[str, tuple[Trial, ...]] = {
    "device.no_link": (Trial.OTHER_CABLE,),
    "device.no_default_route": (Trial.REJOIN, Trial.OTHER_DEVICE),
    "device.dns_not_set": (Trial.REJOIN,),
    "device.firewall": (Trial.OTHER_DEVICE,),
    "device.overloaded": (Trial.CLOSE_PROGRAMS,),
    "lan.dhcp_failed": (Trial.REJOIN, Trial.RESTART_ROUTER, Trial.OTHER_DEVICE),
    "lan.duplicate_address": (Trial.REJOIN,),
    "lan.loss": (*_LINK, Trial.MOVE_CLOSER, Trial.RESTART_ROUTER),
    "lan.latency": (Trial.PAUSE_TRANSFERS, *_LINK, Trial.MOVE_CLOSER, Trial.RESTART_ROUTER),
    "lan.wifi_weak": (Trial.MOVE_CLOSER, Trial.USE_CABLE),
    "lan.wifi_interference": (Trial.USE_CABLE, Trial.PAUSE_TRANSFERS),
    "lan.wifi_sticky": (Trial.REJOIN, Trial.USE_CABLE),
    "lan.wifi_spikes": (Trial.USE_CABLE,),
    "lan.cable_degraded": (Trial.OTHER_CABLE, Trial.USE_WIFI),
    "lan.rogue_dhcp": (Trial.REJOIN,),
    "lan.captive_portal": (Trial.SIGN_IN,),
    "gateway.unreachable": (*_LINK, Trial.RESTART_ROUTER, Trial.OTHER_DEVICE),
    "gateway.dns_broken": (Trial.RESTART_ROUTER,),
    "gateway.session_table_full": (Trial.PAUSE_TRANSFERS, Trial.RESTART_ROUTER),
    "access.line_down": (Trial.RESTART_ROUTER,),
    "access.pppoe_down": (Trial.RESTART_ROUTER,),
    "access.ipoe_down": (Trial.RESTART_ROUTER,),
    "access.ipv4_broken": (Trial.VPN_OFF, Trial.RESTART_ROUTER),
    "access.ipv6_broken": (Trial.VPN_OFF, Trial.RESTART_ROUTER),
    "access.loss": (Trial.PAUSE_TRANSFERS, Trial.RESTART_ROUTER),
    "access.latency": (Trial.VPN_OFF, Trial.PAUSE_TRANSFERS, Trial.RESTART_ROUTER),
    "access.slow": (Trial.VPN_OFF, Trial.PAUSE_TRANSFERS, Trial.USE_CABLE, Trial.RESTART_ROUTER),
    "access.port_exhaustion": (Trial.PAUSE_TRANSFERS,),
    "access.mtu_black_hole": (Trial.VPN_OFF, Trial.RESTART_ROUTER),
    "internet.unreachable": (Trial.VPN_OFF, Trial.PROXY_OFF, Trial.RESTART_ROUTER, Trial.OTHER_DEVICE),
    "internet.path_loss": _PAST_IT,
    "internet.path_latency": _PAST_IT,
    "internet.routing_loop": _PAST_IT,
    "internet.peering": _PAST_IT,
    "internet.mtu_black_hole": _PAST_IT,
    "dns.resolver_unreachable": (Trial.VPN_OFF, Trial.REJOIN, Trial.RESTART_ROUTER),
    "dns.resolver_error": (Trial.VPN_OFF, Trial.RESTART_ROUTER),
    "dns.first_resolver_dead": (Trial.VPN_OFF, Trial.REJOIN, Trial.RESTART_ROUTER),
    "dns.slow": (Trial.VPN_OFF, Trial.RESTART_ROUTER),
    "dns.large_answers_blocked": (Trial.VPN_OFF, Trial.RESTART_ROUTER),
    "dns.aaaa_broken": (Trial.VPN_OFF, Trial.RESTART_ROUTER),
    "security.inspection_root_missing": (Trial.VPN_OFF, Trial.PROXY_OFF, Trial.OTHER_NETWORK),
    "security.port_blocked": _PAST_IT,
    "security.udp_blocked": _PAST_IT,
    "security.web_filter": (Trial.VPN_OFF, Trial.PROXY_OFF, Trial.OTHER_NETWORK),
    "security.proxy_unreachable": (Trial.PROXY_OFF,),
    "security.proxy_auth": (Trial.PROXY_OFF,),
    "security.pac_failed": (Trial.PROXY_OFF,),
    "vpn.down": (Trial.RECONNECT_VPN, Trial.OTHER_NETWORK),
    "vpn.hairpin": (Trial.VPN_OFF,),
    "vpn.dns_mismatch": (Trial.RECONNECT_VPN,),
    "vpn.mtu": (Trial.RECONNECT_VPN, Trial.OTHER_NETWORK),
    "service.down": (Trial.VPN_OFF, Trial.PROXY_OFF, Trial.OTHER_NETWORK),
    "service.address_bad": (Trial.OTHER_NETWORK,),
    "service.cert_invalid": (Trial.VPN_OFF, Trial.PROXY_OFF, Trial.OTHER_NETWORK),
    "service.http_error": (Trial.OTHER_NETWORK,),
    "service.slow": (Trial.VPN_OFF, Trial.PROXY_OFF, Trial.OTHER_NETWORK),
    "service.rate_limited": (Trial.OTHER_NETWORK,),
}
"""For a cause, what separates it from its look-alikes: what leaves the fewest first, of equals the least trouble.

A cause that is not here is either proved by its signs, or nothing that a user can change tells more of it.
"""
_STEPS_OF_SEGMENT: Mapping[Segment | None, tuple[Trial, ...]] = {
    None: (Trial.OTHER_DEVICE,),
    Segment.DEVICE: (Trial.REJOIN, Trial.OTHER_DEVICE),
    Segment.LAN: (*_LINK, Trial.REJOIN, Trial.OTHER_DEVICE),
    Segment.GATEWAY: (*_LINK, Trial.RESTART_ROUTER, Trial.OTHER_DEVICE),
    Segment.ACCESS: (Trial.RESTART_ROUTER, Trial.OTHER_DEVICE),
    Segment.INTERNET: (Trial.VPN_OFF, Trial.PROXY_OFF, Trial.USE_CABLE, Trial.RESTART_ROUTER, Trial.OTHER_DEVICE),
    Segment.DNS: (Trial.VPN_OFF, Trial.REJOIN, Trial.RESTART_ROUTER, Trial.OTHER_DEVICE),
    Segment.SECURITY: (Trial.VPN_OFF, Trial.PROXY_OFF, Trial.OTHER_NETWORK),
    Segment.VPN: (Trial.RECONNECT_VPN, Trial.OTHER_NETWORK),
    Segment.SERVICE: (Trial.VPN_OFF, Trial.PROXY_OFF, Trial.OTHER_DEVICE, Trial.OTHER_NETWORK),
}
"""Where no cause is named."""


@cache
def _codes(patterns: tuple[str, ...]) -> frozenset[str]:
    return frozenset(code for code in causes() if any(fnmatchcase(code, pattern) for pattern in patterns))


def sides(trial: Trial) -> tuple[frozenset[str], frozenset[str]]:
    """The causes that an outcome speaks for: where the change helped, and where all is as before."""
    split = _SPLITS[trial]
    return _codes(split.better), _codes(split.same)


def next_trial(record: RunRecord, diagnosis: Diagnosis, tried: Mapping[Trial, Effect | None]) -> Trial | None:
    """What to change next: the step that separates most of what is left; None where nothing does, or all is well.

    `tried` is what became of earlier steps, None of one that the user cannot do: none is offered twice, nor one whose
    outcome is known already. Of a run that was ended early nothing is said: it is to be repeated as a whole.
    """
    if diagnosis.verdict.state is VerdictState.HEALTHY or record.cancelled:
        return None
    run = Snapshot(record)
    ruled_out = _ruled_out(tried)
    both_media_alike = Effect.SAME in {tried.get(Trial.USE_CABLE), tried.get(Trial.USE_WIFI)}
    for root, steps in _wanted(diagnosis):
        possible = [
            trial
            for trial in steps
            if trial not in tried
            and not (trial in _LINK and both_media_alike)
            and _open_both_ways(trial, ruled_out)
            and _POSSIBLE[trial](run, root)
        ]
        telling = (trial for item in diagnosis.left_open for trial in possible if _separates(trial, item))
        if possible:
            return next(telling, possible[0])
    return None


def _open_both_ways(trial: Trial, ruled_out: frozenset[str]) -> bool:
    return all(side - ruled_out for side in sides(trial))


def _separates(trial: Trial, item: LeftOpen) -> bool:
    """Whether the outcomes of a trial speak for different ones of what the measurements could not tell apart."""
    better, same = (
        {each for each in item.between if any(code == each or code.startswith(f"{each}.") for code in side)}
        for side in sides(trial)
    )
    return bool(better - same and same - better)


def _wanted(diagnosis: Diagnosis) -> Iterable[tuple[Finding | None, tuple[Trial, ...]]]:
    """Each fault with its steps, root first; the segment where no cause is named."""
    if diagnosis.verdict.cause is None:
        yield None, _STEPS_OF_SEGMENT[diagnosis.verdict.segment]
    for finding in diagnosis.findings:
        if finding.severity is not Severity.CONTEXT:
            yield finding, _STEPS.get(finding.cause, ())


def _ruled_out(tried: Mapping[Trial, Effect | None]) -> frozenset[str]:
    """Causes that an outcome speaks against.

    A trial that changed nothing rules out what it would have mended. What works elsewhere rules out what is there too;
    a fault that went away here leaves all others as they were.
    """
    found: frozenset[str] = frozenset()
    for trial, effect in tried.items():
        better, same = sides(trial)
        if effect is Effect.SAME:
            found |= better
        elif effect is Effect.GONE and trial in TOLD:
            found |= same
    return found


# --- whether a trial is possible, and can make a difference, where this computer is ---


def _kind(run: Snapshot) -> InterfaceKind | None:
    """What carries the traffic, tunnels left aside; None where it is not known."""
    way = way_out(run)
    return None if way is None else way[0]


def _on_wifi(run: Snapshot, _root: Finding | None) -> bool:
    return _kind(run) is InterfaceKind.WIFI


def _cable_port(run: Snapshot, _root: Finding | None) -> bool:
    """A cable is in use; or nothing is, and there is a port for one."""
    known = signs.network(run)
    if _kind(run) is None and known is not None:
        return any(each.kind is InterfaceKind.ETHERNET for each in signs.ways_out(known[1]))
    return _kind(run) is InterfaceKind.ETHERNET


def _wifi_beside_cable(run: Snapshot, _root: Finding | None) -> bool:
    known = signs.network(run)
    has_radio = known is not None and any(each.kind is InterfaceKind.WIFI for each in known[1].interfaces)
    return has_radio and _kind(run) is InterfaceKind.ETHERNET


def _own_link(run: Snapshot, _root: Finding | None) -> bool:
    return _kind(run) in {InterfaceKind.WIFI, InterfaceKind.ETHERNET, None}


def _own_router(run: Snapshot, _root: Finding | None) -> bool:
    """The router is the user's, as far as is known: an organisation's own network has others to look after it."""
    expected = run.record.expectations
    met = None if expected is None else expected.network
    organisations = met is not None and True in {met.ssid, met.prefix, met.resolvers}
    return not organisations and _own_link(run, _root)


def tunnel_up(run: Snapshot) -> bool:
    """Whether ways lead into a tunnel, beside another way out that would be left without it."""
    known = signs.network(run)
    if known is None:
        return False
    state = known[1]
    tunnels = {each.name for each in state.interfaces if each.kind is InterfaceKind.VPN and each.admin_up}
    inner = {own.address for each in state.interfaces if each.name in tunnels for own in each.addresses}
    beside = any(
        own.address not in inner for of_family in Family for own in state.usable_addresses(of_family)
    ) and _kind(run) not in {None, InterfaceKind.VPN}
    its = tunnel.vpn(run)
    leads_in = (
        any(route.interface in tunnels for route in state.default_routes)
        or bool(tunnel.through(run))
        or (its is not None and its.state in {tunnel.TunnelState.UP, tunnel.TunnelState.SILENT})
    )
    return bool(tunnels) and beside and leads_in


def _without_vpn(run: Snapshot, root: Finding | None) -> bool:
    """A tunnel is up, and the trouble is not with what stands behind it: that is gone without it in any case."""
    expected = run.record.expectations
    inside = () if expected is None or expected.vpn is None else expected.vpn.inside
    about_inside = root is not None and any(step in inside for step in root.evidence)
    return tunnel_up(run) and not about_inside and run.record.request.symptom is not Symptom.VPN


def proxy_in_use(run: Snapshot) -> bool:
    """Whether web addresses go through a proxy by settings that the user may change."""
    known = ways.proxy_check(run)
    if known is not None:
        check = known[1]
        enforced = bool(check.settings) and check.settings[0].source is ProxySource.WINDOWS_POLICY
        named = any(way.kind is not ProxyKind.DIRECT for each in check.decisions for way in each.ways)
        return not enforced and (named or bool(check.servers) or any(each.failure for each in check.pac))
    state = signs.network(run)
    settings = None if state is None else state[1].proxy
    return settings is not None and any(each is not None for each in (settings.http, settings.https, settings.pac_url))


def _without_proxy(run: Snapshot, _root: Finding | None) -> bool:
    return proxy_in_use(run)


def _anywhere(_run: Snapshot, _root: Finding | None) -> bool:
    return True


_POSSIBLE: Mapping[Trial, Callable[[Snapshot, Finding | None], bool]] = {
    Trial.USE_CABLE: _on_wifi,
    Trial.USE_WIFI: _wifi_beside_cable,
    Trial.OTHER_CABLE: _cable_port,
    Trial.MOVE_CLOSER: _on_wifi,
    Trial.REJOIN: _own_link,
    Trial.SIGN_IN: _anywhere,
    Trial.PAUSE_TRANSFERS: _anywhere,
    Trial.CLOSE_PROGRAMS: _anywhere,
    Trial.VPN_OFF: _without_vpn,
    Trial.RECONNECT_VPN: _anywhere,
    Trial.PROXY_OFF: _without_proxy,
    Trial.RESTART_ROUTER: _own_router,
    Trial.OTHER_DEVICE: _anywhere,
    Trial.OTHER_NETWORK: _anywhere,
}


# --- a series of runs of one complaint ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The run of the report, what was changed after it, and the latest run."""

    first_record: RunRecord
    first: Diagnosis
    record: RunRecord
    """Of the latest run."""
    diagnosis: Diagnosis
    done: tuple[TrialDone, ...] = ()
    skipped: frozenset[Trial] = field(default=frozenset())
    """What the user cannot do."""

    @property
    def report_record(self) -> RunRecord:
        """What a report tells: the first run, and what was changed after it."""
        return replace(self.first_record, trials=self.done)

    @property
    def tried(self) -> Mapping[Trial, Effect | None]:
        """Every step that was offered, and its outcome; what was not done after all is still to be tried."""
        made = {each.trial: each.effect for each in self.done if each.effect is not Effect.NOT_DONE}
        return {**dict.fromkeys(self.skipped), **made}

    def offer(self) -> Trial | None:
        """The next step; none more once a run was ended early."""
        return next_trial(self.record, self.diagnosis, self.tried)


def begin(record: RunRecord, diagnosis: Diagnosis) -> Series:
    """The series that a first run opens."""
    return Series(first_record=record, first=diagnosis, record=record, diagnosis=diagnosis)


def taken_up(record: RunRecord, diagnosis: Diagnosis) -> Series:
    """The series of a run of an earlier start, with what was changed after it; nothing more is offered."""
    return replace(begin(record, diagnosis), done=record.trials, skipped=frozenset(Trial))


def measured_again(series: Series, trial: Trial, record: RunRecord, diagnosis: Diagnosis) -> Series:
    """After everything was measured once more; compared with the run right before it, if the change shows in it."""
    made = not _as_before(trial, Snapshot(series.record), Snapshot(record))
    if made:
        diagnosis = _apart_from(_BRINGS.get(trial, ()), diagnosis)
    found = compare((series.record, series.diagnosis), (record, diagnosis))
    done = TrialDone(
        trial=trial,
        effect=found.effect if made else Effect.NOT_DONE,
        started_at=record.started_at,
        state=diagnosis.verdict.state,
        segment=diagnosis.verdict.segment,
        cause=diagnosis.verdict.cause,
        causes=tuple(each.cause for each in diagnosis.findings if each.severity is not Severity.CONTEXT),
        values=found.values,
    )
    return replace(series, record=record, diagnosis=diagnosis, done=(*series.done, done))


_SHOWN: Mapping[Trial, Callable[[Snapshot], bool]] = {
    Trial.USE_CABLE: lambda run: _kind(run) is InterfaceKind.WIFI,
    Trial.USE_WIFI: lambda run: _kind(run) is InterfaceKind.ETHERNET,
    Trial.VPN_OFF: tunnel_up,
    Trial.PROXY_OFF: proxy_in_use,
}
"""What a change puts an end to, where this computer knows of it: who forgot the change is not told that it helped."""


def _as_before(trial: Trial, before: Snapshot, after: Snapshot) -> bool:
    still = _SHOWN.get(trial)
    return still is not None and still(before) and still(after)


_BRINGS: Mapping[Trial, tuple[str, ...]] = {Trial.VPN_OFF: ("vpn.*",)}
"""What a change brings about on purpose, and what therefore is no fault of the run after it."""


def _apart_from(patterns: tuple[str, ...], diagnosis: Diagnosis) -> Diagnosis:
    """The diagnosis without these causes: its verdict is about the rest, and healthy where the rest is."""
    codes = _codes(patterns)
    left = tuple(each for each in diagnosis.findings if each.cause not in codes)
    if left == diagnosis.findings:
        return diagnosis
    brought = {segment_of(code) for code in codes}
    root = next((each for each in left if each.severity is not Severity.CONTEXT), None)
    broken = next(
        (each for each in diagnosis.ladder if each.state is RungState.FAIL and each.segment not in brought), None
    )
    verdict = Verdict(state=VerdictState.HEALTHY, segment=None, cause=None, confidence=diagnosis.verdict.confidence)
    if root is not None:
        verdict = Verdict(state=VerdictState.FAULT, segment=root.segment, cause=root.cause, confidence=root.confidence)
    elif broken is not None:
        verdict = Verdict(
            state=VerdictState.FAULT, segment=broken.segment, cause=None, confidence=diagnosis.verdict.confidence
        )
    ladder = tuple(
        replace(each, state=RungState.NOT_RUN, because=()) if each.segment in brought else each
        for each in diagnosis.ladder
    )
    return replace(diagnosis, verdict=verdict, findings=left, ladder=ladder)


def told(series: Series, trial: Trial, *, works: bool) -> Series:
    """After the user has looked elsewhere and told whether it works there."""
    done = TrialDone(
        trial=trial,
        effect=Effect.GONE if works else Effect.SAME,
        started_at=None,
        state=None,
        segment=None,
        cause=None,
        causes=(),
        values=(),
    )
    return replace(series, done=(*series.done, done))


def skip(series: Series, trial: Trial) -> Series:
    """After the user has said that a step cannot be done here."""
    return replace(series, skipped=series.skipped | {trial})
