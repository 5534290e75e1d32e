"""Tables of the local network: the router nearby, and what else is on the wire."""

from collections.abc import Iterator

from nexkit.facts.network import GatewayReach, TcpAnswer
from nexkit.facts.segment import AdvertisedPrefix, RouterAdvertisement, SegmentSurvey
from nexkit.run_record import RunRecord
from nexkit.texts import Texts
from nexkit.texts.numbers import duration, milliseconds, quantity
from report.tables.table import DASH, Table, cell, code, failure_word, known, measured, result_word, yes_no


def near_tables(record: RunRecord, texts: Texts) -> Iterator[Table]:
    """Everything about the local network."""
    _ = texts.gettext
    yield Table(
        title=_("Signs of life of the router"),
        columns=(_("address"), _("interface"), _("neighbour"), _("hardware address"), "TCP", "DNS"),
        rows=[
            (
                gateway.gateway,
                gateway.interface,
                code(gateway.neighbour),
                gateway.mac or DASH,
                cell(_port(answer) for answer in gateway.tcp),
                cell((milliseconds(gateway.dns.rtt_ms), gateway.dns.rcode, failure_word(gateway.dns.failure)))
                if gateway.dns
                else DASH,
            )
            for _result, gateway in measured(record, GatewayReach)
        ],
    )
    for _result, survey in measured(record, SegmentSurvey):
        yield from _segment(survey, texts)


def _port(answer: TcpAnswer) -> str:
    return f"{answer.port}: {code(answer.failure.kind) if answer.failure else milliseconds(answer.connect_ms)}"


def _segment(survey: SegmentSurvey, texts: Texts) -> Iterator[Table]:
    _ = texts.gettext
    yield Table(
        title=_("Listening on the network segment"),
        note=survey.interface,
        rows=[
            (_("listened for"), duration(survey.listened_s)),
            (_("asked for DHCP servers"), yes_no(survey.dhcp_asked, texts)),
            (_("asked for IPv6 routers"), yes_no(survey.routers_asked, texts)),
            (_("result"), result_word(survey.failure)),
        ],
    )
    yield Table(
        title=_("Who claims an address"),
        note=survey.interface,
        columns=(_("address"), _("of this computer"), _("hardware address")),
        rows=[(each.address, yes_no(each.own, texts), cell(each.macs)) for each in survey.arp],
    )
    yield Table(
        title=_("Offers of DHCP servers"),
        note=survey.interface,
        columns=(
            _("server"),
            _("answer"),
            _("time"),
            _("offered"),
            _("routers"),
            _("name servers"),
            _("other settings"),
        ),
        rows=[
            (
                cell(
                    (
                        offer.server,
                        offer.mac,
                        _("by relay {address}").format(address=offer.relay) if offer.relay else None,
                    )
                ),
                offer.kind.value,
                milliseconds(offer.answer_ms),
                DASH if offer.offered is None else f"{offer.offered} /{quantity(offer.prefix_length)}",
                cell(offer.routers),
                cell(offer.resolvers),
                cell(
                    (
                        offer.domain,
                        offer.pac_url,
                        _("valid for {time}").format(time=duration(offer.lease_s))
                        if offer.lease_s is not None
                        else None,
                    )
                ),
            )
            for offer in survey.offers
        ],
    )
    yield Table(
        title=_("IPv6 routers that advertise themselves"),
        note=survey.interface,
        columns=(
            _("router"),
            _("time"),
            _("valid for"),
            _("preference"),
            _("addresses by"),
            _("prefixes"),
            _("name servers"),
            "MTU",
        ),
        rows=[
            (
                cell((router.router, router.mac)),
                milliseconds(router.answer_ms),
                duration(router.lifetime_s),
                router.preference.value,
                _configuration(router),
                cell(_prefix(prefix) for prefix in router.prefixes),
                cell(router.resolvers),
                quantity(router.mtu_bytes),
            )
            for router in survey.routers
        ],
    )
    yield from (
        Table(
            title=_("Switch at the other end of the cable"),
            note=survey.interface,
            rows=known(
                (
                    (_("told by"), switch.protocol.value),
                    (_("name"), switch.name or DASH),
                    (_("port"), cell((switch.port, switch.port_description))),
                    ("VLAN", quantity(switch.vlan)),
                    (_("model"), switch.description or DASH),
                    (_("hardware address"), cell(dict.fromkeys((switch.chassis, switch.mac)))),
                    (_("management address"), cell(switch.management)),
                )
            ),
        )
        for switch in survey.switches
    )


def _configuration(router: RouterAdvertisement) -> str:
    """How computers get addresses and settings, in the words of RFC 4861."""
    autonomous = any(prefix.autonomous for prefix in router.prefixes)
    return cell(
        (
            "SLAAC" if autonomous else None,
            "DHCPv6 (M)" if router.managed else None,
            "DHCPv6 (O)" if router.other and not router.managed else None,
        )
    )


def _prefix(prefix: AdvertisedPrefix) -> str:
    flags = "".join(letter for letter, is_set in (("L", prefix.on_link), ("A", prefix.autonomous)) if is_set)
    return f"{prefix.prefix} /{prefix.length} {flags} {duration(prefix.preferred_s)}"
