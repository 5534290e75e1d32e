"""The rules, one for each cause: pure functions from a run and the limits to what they found."""

from collections.abc import Callable
from dataclasses import dataclass

from nexkit.diagnosis.limits import Limits
from nexkit.diagnosis.rules import (
    access,
    computer,
    device,
    dns,
    filters,
    gateway,
    inspection,
    internet,
    lan,
    line,
    link,
    proxy,
    security,
    segment,
    service,
    vpn,
)
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.diagnosis.verdict import RuleAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A cause and the function that looks for it; what the cause explains stands in causes.toml."""

    cause: str
    judge: Callable[[Snapshot, Limits], RuleAnswer]


RULES: tuple[Rule, ...] = tuple(
    Rule(cause=cause, judge=judge)
    for cause, judge in (
        ("device.adapter_off", device.adapter_off),
        ("device.no_link", device.no_link),
        ("device.no_default_route", device.no_default_route),
        ("device.wrong_ip_settings", device.wrong_ip_settings),
        ("device.dns_not_set", device.dns_not_set),
        ("device.firewall", device.firewall),
        ("device.clock_wrong", computer.clock_wrong),
        ("device.hosts_override", computer.hosts_override),
        ("device.overloaded", computer.overloaded),
        ("device.permission_missing", device.permission_missing),
        ("lan.dhcp_failed", lan.dhcp_failed),
        ("lan.duplicate_address", lan.duplicate_address),
        ("lan.loss", lan.loss),
        ("lan.latency", lan.latency),
        ("lan.wifi_weak", link.wifi_weak),
        ("lan.wifi_interference", link.wifi_interference),
        ("lan.wifi_sticky", link.wifi_sticky),
        ("lan.wifi_spikes", link.wifi_spikes),
        ("lan.cable_degraded", link.cable_degraded),
        ("lan.wrong_network", segment.wrong_network),
        ("lan.rogue_dhcp", segment.rogue_dhcp),
        ("lan.client_isolation", segment.client_isolation),
        ("lan.captive_portal", lan.captive_portal),
        ("gateway.unreachable", gateway.unreachable),
        ("gateway.dns_broken", gateway.dns_broken),
        ("gateway.double_nat", gateway.double_nat),
        ("gateway.session_table_full", gateway.session_table_full),
        ("access.line_down", access.line_down),
        ("access.pppoe_down", line.pppoe_down),
        ("access.ipoe_down", line.ipoe_down),
        ("access.ipv4_broken", access.ipv4_broken),
        ("access.ipv6_broken", access.ipv6_broken),
        ("access.loss", access.loss),
        ("access.latency", access.latency),
        ("access.long_delay", access.long_delay),
        ("access.bufferbloat", access.bufferbloat),
        ("access.slow", access.slow),
        ("access.pppoe_congestion", line.pppoe_congestion),
        ("access.port_exhaustion", line.port_exhaustion),
        ("access.cgnat", access.cgnat),
        ("access.mtu_black_hole", access.mtu_black_hole),
        ("internet.unreachable", internet.unreachable),
        ("internet.path_loss", internet.path_loss),
        ("internet.path_latency", internet.path_latency),
        ("internet.routing_loop", internet.routing_loop),
        ("internet.peering", internet.peering),
        ("internet.mtu_black_hole", internet.mtu_black_hole),
        ("dns.resolver_unreachable", dns.resolver_unreachable),
        ("dns.resolver_error", dns.resolver_error),
        ("dns.first_resolver_dead", dns.first_resolver_dead),
        ("dns.slow", dns.slow),
        ("dns.tampered", dns.tampered),
        ("dns.large_answers_blocked", dns.large_answers_blocked),
        ("dns.aaaa_broken", dns.aaaa_broken),
        ("dns.name_missing", dns.name_missing),
        ("security.tls_inspection", inspection.tls_inspection),
        ("security.inspection_root_missing", inspection.inspection_root_missing),
        ("security.port_blocked", security.port_blocked),
        ("security.udp_blocked", filters.udp_blocked),
        ("security.web_filter", filters.web_filter),
        ("security.proxy_unreachable", proxy.proxy_unreachable),
        ("security.proxy_auth", proxy.proxy_auth),
        ("security.pac_failed", proxy.pac_failed),
        ("vpn.down", vpn.down),
        ("vpn.hairpin", vpn.hairpin),
        ("vpn.dns_mismatch", vpn.dns_mismatch),
        ("vpn.mtu", vpn.mtu),
        ("service.down", service.down),
        ("service.address_bad", service.address_bad),
        ("service.cert_invalid", service.cert_invalid),
        ("service.http_error", service.http_error),
        ("service.slow", service.slow),
        ("service.rate_limited", service.rate_limited),
        ("service.sign_in", service.sign_in),
    )
)
