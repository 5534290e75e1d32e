"""Every fact in one line: the figures that an engineer looks at first. Window, command line and page show it.

Words that stand for a state are the facts' own codes: the same for the same thing in every language.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from nexkit.diagnosis.verdict import NotTested
from nexkit.facts.access import AccessLine
from nexkit.facts.dns import EncryptedAnswers, ResolverAnswers, SystemLookups, dnssec, rewritten_to
from nexkit.facts.echo import EchoStats
from nexkit.facts.host import HostState
from nexkit.facts.link import LinkReading, LinkState
from nexkit.facts.load import DirectionLoad, LoadTest
from nexkit.facts.mtu import PathMtu
from nexkit.facts.network import GatewayReach, InterfaceKind, NetworkState
from nexkit.facts.path import PathTrace, hop_losses
from nexkit.facts.portal import PortalCheck
from nexkit.facts.proxy import ProxyCheck
from nexkit.facts.reach import Reach
from nexkit.facts.segment import SegmentSurvey
from nexkit.facts.time import ClockCheck
from nexkit.facts.udp import UdpPath, UdpService
from nexkit.facts.wifi import WifiLink, WifiReading
from nexkit.outcome import Completed, Failed, FailureKind, Skipped, SkipReason
from nexkit.run_record import StepResult
from nexkit.texts import Texts
from nexkit.texts.numbers import bit_rate, byte_size, difference, milliseconds, percent, quantity
from nexkit.texts.verdicts import not_tested_text

REAL_LINKS = frozenset({InterfaceKind.ETHERNET, InterfaceKind.WIFI, InterfaceKind.MOBILE, InterfaceKind.UNKNOWN})
"""Interfaces with something outside this computer at their other end."""


def outcome_text(result: StepResult, texts: Texts) -> str:
    """What became of a step, in one line."""
    match result.outcome:
        case Completed(fact):
            return fact_text(fact, texts)
        case Failed(failure):
            reason: FailureKind | SkipReason = failure.kind
        case Skipped(reason):
            pass
    return not_tested_text(NotTested(step=result.id, probe=result.probe, reason=reason), texts)


def fact_text(fact: object, texts: Texts) -> str:
    """A fact in one line; the name of its kind where it is of another author, or of a newer version in a report."""
    words = _WORDS.get(type(fact))
    return words(fact, texts) if words is not None else str(getattr(fact, "kind", type(fact).__name__))


def host_port(host: str, port: int | None) -> str:
    """A host with its port, an IPv6 address in brackets."""
    if port is None:
        return host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _network(fact: NetworkState, texts: Texts) -> str:
    _ = texts.gettext
    line = _("Interfaces: {count}; router: {gateways}; name servers: {resolvers}").format(
        count=len(fact.interfaces),
        gateways=_listed(route.gateway for route in fact.default_routes if route.gateway),
        resolvers=_listed(resolver.address for resolver in fact.resolvers),
    )
    apart = (each for each in fact.interfaces if each.kind in REAL_LINKS and each.admin_up and each.carrier is False)
    return _line(line, *(_("{name}: not connected").format(name=each.name) for each in apart))


def _host(fact: HostState, texts: Texts) -> str:
    _ = texts.gettext
    line = _("processors {busy} busy; memory free: {free} of {total}; known programs: {products}").format(
        busy=percent(fact.cpu_busy_ratio),
        free=byte_size(fact.memory_available_bytes),
        total=byte_size(fact.memory_total_bytes),
        products=_listed(agent.product for agent in fact.agents or ()),
    )
    battery = _("on battery: {share}").format(share=percent(fact.battery_ratio)) if fact.on_battery else ""
    waits = _("a program waits for itself: {time}").format(time=milliseconds(fact.own_answer_p50_ms))
    return _line(line, battery, waits if fact.own_answer_p50_ms is not None else "")


def _links(fact: LinkReading, texts: Texts) -> str:
    _ = texts.gettext
    real = [link for link in fact.links if link.kind in REAL_LINKS and link.admin_up]
    ways = Counter(route.interface or "–" for route in fact.routes)
    chosen = ", ".join(f"{name} ({count})" for name, count in ways.most_common())
    return (
        _line(*(_link(link, texts) for link in real), _("ways out: {ways}").format(ways=chosen) if ways else "") or "–"
    )


def _link(link: LinkState, texts: Texts) -> str:
    _ = texts.gettext
    if link.carrier is False:
        return _("{name}: not connected").format(name=link.name)
    speed = [bit_rate(link.speed_bit_s)] + ([link.duplex.value] if link.duplex else [])
    return _("{name}: {speed}, damaged frames {errors}").format(
        name=link.name, speed=" ".join(speed), errors=quantity(link.counters.receive_errors)
    )


def _wifi(fact: WifiReading, texts: Texts) -> str:
    return _line(*(_wifi_link(link, texts) for link in fact.links)) or "–"


def _wifi_link(link: WifiLink, texts: Texts) -> str:
    _ = texts.gettext
    if not link.joined:
        return _("{name}: not connected").format(name=link.interface)
    return _("{name}: {signal}, channel {channel} ({band}), sends at {rate}").format(
        name=link.interface,
        signal=quantity(link.rssi_dbm, "dBm"),
        channel=quantity(link.channel),
        band=f"{link.band.value} GHz" if link.band else "–",
        rate=bit_rate(link.send_rate_bit_s),
    )


def _gateway(fact: GatewayReach, texts: Texts) -> str:
    _ = texts.gettext
    line = _("{address}: neighbour {state}").format(
        address=fact.gateway, state=fact.neighbour.value if fact.neighbour else "–"
    )
    taken = [str(answer.port) for answer in fact.tcp if answer.failure is None]
    ports = _("TCP ports open: {ports}").format(ports=_listed(taken)) if fact.tcp else ""
    if fact.dns is None:
        return _line(line, ports)
    answered = milliseconds(fact.dns.rtt_ms) if fact.dns.failure is None else fact.dns.failure.kind.value
    return _line(line, ports, f"DNS {answered}")


def _segment(fact: SegmentSurvey, texts: Texts) -> str:
    _ = texts.gettext
    doubles = [each.address for each in fact.arp if len(each.macs) > (0 if each.own else 1)]
    line = _("{name}: DHCP servers {servers}, IPv6 routers {routers}, switches {switches}").format(
        name=fact.interface,
        servers=len({offer.server or offer.mac for offer in fact.offers}),
        routers=len(fact.routers),
        switches=len(fact.switches),
    )
    return _line(line, _("address used twice: {addresses}").format(addresses=_listed(doubles)) if doubles else "")


def _echo(fact: EchoStats, texts: Texts) -> str:
    _ = texts.gettext
    if fact.sent and not fact.received:
        return _("{address}: no answer to {count} packets").format(address=fact.target, count=fact.sent)
    return _("{address}: median {median}, 95 % below {p95}, lost {loss} of {count}").format(
        address=fact.target,
        median=milliseconds(fact.rtt_p50_ms),
        p95=milliseconds(fact.rtt_p95_ms),
        loss=percent(fact.loss_ratio),
        count=fact.sent,
    )


def _resolver(fact: ResolverAnswers, texts: Texts) -> str:
    _ = texts.gettext
    times = [query.time_ms for query in fact.queries if query.time_ms is not None]
    line = _("{address}: {good} of {count} questions answered").format(
        address=fact.resolver, good=sum(query.rcode is not None for query in fact.queries), count=len(fact.queries)
    )
    validates = dnssec(fact)
    invented = rewritten_to(fact)
    return _line(
        line,
        _("slowest {time}").format(time=milliseconds(max(times))) if times else "",
        f"DNSSEC {validates.value}" if validates else "",
        _("invents {addresses}").format(addresses=_listed(invented)) if invented else "",
    )


def _lookups(fact: SystemLookups, texts: Texts) -> str:
    _ = texts.gettext
    return _("{good} of {count} names found, slowest {time}").format(
        good=sum(bool(lookup.addresses) for lookup in fact.lookups),
        count=len(fact.lookups),
        time=milliseconds(max((lookup.time_ms for lookup in fact.lookups), default=None)),
    )


def _encrypted(fact: EncryptedAnswers, texts: Texts) -> str:
    _ = texts.gettext
    if fact.resolve_failure is not None:
        return f"{fact.resolver}: {fact.resolve_failure.kind.value}"
    return _("{address}: {good} of {count} addresses answered").format(
        address=fact.resolver,
        good=sum(any(query.rcode is not None for query in attempt.queries) for attempt in fact.attempts),
        count=len(fact.attempts),
    )


def _path(fact: PathTrace, texts: Texts) -> str:
    _ = texts.gettext
    count = len(fact.hops)
    reached = (
        texts.ngettext("{address}: reached after {count} hop", "{address}: reached after {count} hops", count)
        if fact.reached
        else texts.ngettext(
            "{address}: last answer {count} hop away", "{address}: last answer {count} hops away", count
        )
    )
    losses = zip(fact.hops, hop_losses(fact), strict=True)
    # A silent hop tells of no loss.
    lossy = next((loss for hop, loss in losses if hop.received and loss.continues_to_target), None)
    return _line(
        reached.format(address=fact.target, count=count),
        _("loses {loss} from hop {ttl} on").format(loss=percent(lossy.carried_ratio), ttl=lossy.ttl) if lossy else "",
    )


def _mtu(fact: PathMtu, texts: Texts) -> str:
    _ = texts.gettext
    return _("{address}: {state}; largest packet {size}, of {own} that this computer sends").format(
        address=fact.target,
        state=fact.state.value,
        size=quantity(fact.path_mtu_bytes, "B"),
        own=quantity(fact.own_mtu_bytes, "B"),
    )


def _access(fact: AccessLine, _texts: Texts) -> str:
    return _listed(named.kind.value for named in fact.kinds)


def _reach(fact: Reach, texts: Texts) -> str:
    _ = texts.gettext
    line = (
        _("{host} port {port}: no address found").format(host=fact.host, port=fact.port)
        if fact.resolve_failure is not None and not fact.attempts
        else _("{host} port {port}: {good} of {count} addresses answered").format(
            host=fact.host,
            port=fact.port,
            good=sum(attempt.failure is None for attempt in fact.attempts),
            count=len(fact.attempts),
        )
    )
    totals = [attempt.total_ms for attempt in fact.attempts if attempt.total_ms is not None]
    tunnel = fact.through_proxy
    if tunnel is not None:
        came = tunnel.failure.kind.value if tunnel.failure else str(tunnel.tunnel.status) if tunnel.tunnel else "ok"
        proxied = _("through {proxy}: {result}").format(proxy=host_port(tunnel.proxy, tunnel.proxy_port), result=came)
    else:
        proxied = ""
    return _line(
        line, *_odd(fact, texts), _("fastest {time}").format(time=milliseconds(min(totals))) if totals else "", proxied
    )


def _odd(fact: Reach, texts: Texts) -> Iterable[str]:
    """What was wrong with an answer, or came instead of one; each kind once."""
    _ = texts.gettext
    failures = dict.fromkeys(each.failure.kind.value for each in fact.attempts if each.failure)
    distrusted = dict.fromkeys(each.tls.problem.value for each in fact.attempts if each.tls and each.tls.problem)
    statuses = dict.fromkeys(
        str(each.http.status) for each in fact.attempts if each.http and each.http.status >= HTTPStatus.BAD_REQUEST
    )
    yield from failures
    yield _("certificate: {problem}").format(problem=_listed(distrusted)) if distrusted else ""
    yield f"HTTP {_listed(statuses)}" if statuses else ""


def _portal(fact: PortalCheck, texts: Texts) -> str:
    _ = texts.gettext
    line = _("{url}: {good} of {count} as expected").format(
        url=fact.url, good=sum(bool(attempt.as_expected) for attempt in fact.attempts), count=len(fact.attempts)
    )
    return _line(line, _("sent on to {host}").format(host=fact.sign_in.host) if fact.sign_in else "")


def _proxy(fact: ProxyCheck, texts: Texts) -> str:
    _ = texts.gettext
    return _("{direct} of {count} web addresses go directly; proxies that answer: {good} of {servers}").format(
        direct=sum(decision.direct for decision in fact.decisions),
        count=len(fact.decisions),
        good=sum(server.failure is None for server in fact.servers),
        servers=len(fact.servers),
    )


def _udp(fact: UdpPath, texts: Texts) -> str:
    _ = texts.gettext
    failures = [answer.failure for answer in fact.stun] + [answer.failure for answer in fact.reflectors]
    line = _("{good} of {count} servers answered").format(good=failures.count(None), count=len(failures))
    stream = fact.stream
    voice = (
        _("stream: lost {loss}, jitter {jitter}, late ones {late}").format(
            loss=percent(stream.loss_ratio), jitter=milliseconds(stream.jitter_ms), late=stream.reordered
        )
        if stream
        else ""
    )
    return _line(line, *(f"NAT {view.mapping.value}" for view in fact.nat if view.mapping), voice)


def _udp_service(fact: UdpService, _texts: Texts) -> str:
    states = [port.state.value for port in fact.ports] or (
        [fact.resolve_failure.kind.value] if fact.resolve_failure else []
    )
    return f"{host_port(fact.host, fact.port)} ({fact.protocol.value}): {_listed(dict.fromkeys(states))}"


def _clock(fact: ClockCheck, texts: Texts) -> str:
    _ = texts.gettext
    return _("other clocks minus this one: {offset} (± {uncertainty}); {good} of {count} say so").format(
        offset=difference(fact.offset_s),
        uncertainty=quantity(fact.uncertainty_s, "s", digits=3),
        good=fact.agreeing,
        count=len(fact.sources),
    )


def _load(fact: LoadTest, texts: Texts) -> str:
    _ = texts.gettext
    return _("download {down}, upload {up}; round trip {idle} without load, {down_rtt} and {up_rtt} under it").format(
        down=bit_rate(fact.down.goodput_bit_s if fact.down else None),
        up=bit_rate(fact.up.goodput_bit_s if fact.up else None),
        idle=milliseconds(fact.idle.rtt_p50_ms if fact.idle else None),
        down_rtt=_working(fact.down),
        up_rtt=_working(fact.up),
    )


def _working(way: DirectionLoad | None) -> str:
    return milliseconds(way.working.rtt_p50_ms if way and way.working else None)


def _line(*parts: str) -> str:
    """Figures side by side, the empty ones left out."""
    return "; ".join(part for part in parts if part)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words) or "–"


_WORDS: Mapping[type, Callable[[Any, Texts], str]] = {
    NetworkState: _network,
    HostState: _host,
    LinkReading: _links,
    WifiReading: _wifi,
    GatewayReach: _gateway,
    SegmentSurvey: _segment,
    EchoStats: _echo,
    ResolverAnswers: _resolver,
    SystemLookups: _lookups,
    EncryptedAnswers: _encrypted,
    PathTrace: _path,
    PathMtu: _mtu,
    AccessLine: _access,
    Reach: _reach,
    PortalCheck: _portal,
    ProxyCheck: _proxy,
    UdpPath: _udp,
    UdpService: _udp_service,
    ClockCheck: _clock,
    LoadTest: _load,
}
