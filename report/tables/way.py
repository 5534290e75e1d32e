"""Tables of the way: round trips, routers, packet sizes, the access line."""

from collections.abc import Iterator

from nexkit.facts.access import AccessHop, AccessLine, AccessSigns, CarrierTarget, Provisioning, ResolverSigns
from nexkit.facts.echo import EchoStats
from nexkit.facts.mtu import LargeTransfer, PathMtu, SizeSample
from nexkit.facts.path import Hop, HopLoss, HopPlace, HopResponder, PathTrace, hop_losses, hop_places, rewritten_from
from nexkit.run_record import RunRecord
from nexkit.stats import quantile
from nexkit.texts import Texts
from nexkit.texts.numbers import byte_size, milliseconds, percent, quantity
from nexkit.texts.words import hop_place_text
from report.tables.table import DASH, Row, Table, cell, code, failure_word, known, measured, yes_no


def way_tables(record: RunRecord, texts: Texts) -> Iterator[Table]:
    """Everything about the way."""
    _ = texts.gettext
    yield Table(
        title=_("Round trips"),
        columns=(
            _("address"),
            _("by"),
            _("lost"),
            _("best"),
            _("median"),
            _("95 % below"),
            _("worst"),
            _("jitter"),
        ),
        rows=[
            (
                echo.target,
                echo.method.value,
                f"{percent(echo.loss_ratio)} ({echo.sent - echo.received}/{echo.sent})",
                milliseconds(echo.rtt_min_ms),
                milliseconds(echo.rtt_p50_ms),
                milliseconds(echo.rtt_p95_ms),
                milliseconds(echo.rtt_max_ms),
                milliseconds(echo.jitter_ms),
            )
            for _result, echo in measured(record, EchoStats)
        ],
    )
    for _result, trace in measured(record, PathTrace):
        yield _path(trace, texts)
    sizes = [fact for _result, fact in measured(record, PathMtu)]
    yield Table(
        title=_("Largest packets that get through"),
        columns=(
            _("address"),
            _("by"),
            _("result"),
            _("largest packet"),
            _("this computer's own"),
            _("usual for"),
            _("sizes tried"),
            _("told by a router"),
        ),
        rows=[
            (
                fact.target,
                code(fact.method),
                cell((fact.state.value, code(fact.send_failure))),
                quantity(fact.path_mtu_bytes, "B"),
                quantity(fact.own_mtu_bytes, "B"),
                cell(fact.familiar),
                cell(_size(sample) for sample in fact.samples),
                cell((quantity(fact.told_mtu_bytes, "B"), fact.told_by)),
            )
            for fact in sizes
        ],
    )
    yield _transfers(sizes, texts)
    for _result, line in measured(record, AccessLine):
        yield from _access(line, texts)


def _path(trace: PathTrace, texts: Texts) -> Table:
    _ = texts.gettext
    notes = [
        trace.target,
        f"{trace.method.value} {quantity(trace.port)}" if trace.port is not None else trace.method.value,
        _("reached") if trace.reached else _("not reached"),
    ]
    if trace.unreachable is not None:
        notes.append(f"{trace.unreachable.value}: {trace.unreachable_from or DASH}")
    if (ttl := rewritten_from(trace)) is not None:
        notes.append(_("addresses translated before hop {ttl}").format(ttl=ttl))
    if trace.flow_stable is False:
        notes.append(_("hops may be of several ways"))
    return Table(
        title=_("Routers on the way"),
        note=" · ".join(notes),
        columns=(
            _("hop"),
            _("address"),
            _("place"),
            _("replies"),
            _("lost"),
            _("best"),
            _("median"),
            _("worst"),
            _("label"),
        ),
        rows=[
            (
                str(hop.ttl),
                cell(_responder(each) for each in hop.responders),
                DASH if place is HopPlace.SILENT else hop_place_text(place, texts),
                f"{hop.received}/{hop.sent}",
                _lost(hop, loss, texts),
                *_times(hop),
                cell(_label(each) for each in hop.responders),
            )
            for hop, place, loss in zip(trace.hops, hop_places(trace), hop_losses(trace), strict=True)
        ],
    )


def _responder(responder: HopResponder) -> str:
    return f"{responder.address} ({responder.name})" if responder.name else responder.address


def _lost(hop: Hop, loss: HopLoss, texts: Texts) -> str:
    """What of the path's packets was lost up to here; missing answers alone are no loss of the path."""
    _ = texts.gettext
    if not hop.received or loss.continues_to_target is None:
        return DASH
    if loss.continues_to_target:
        return _("{share}, goes on to the destination").format(share=percent(loss.carried_ratio))
    return _("harmless: a later hop loses nothing") if loss.loss_ratio else percent(0)


def _times(hop: Hop) -> tuple[str, str, str]:
    rtts = [rtt for responder in hop.responders for rtt in responder.rtts_ms]
    return (
        milliseconds(min(rtts, default=None)),
        milliseconds(quantile(rtts, 0.5)),
        milliseconds(max(rtts, default=None)),
    )


def _label(responder: HopResponder) -> str:
    return " ".join(f"MPLS {entry.label}" for entry in responder.mpls or ())


def _size(sample: SizeSample) -> str:
    if sample.arrived:
        return f"{sample.size_bytes} ok"
    return f"{sample.size_bytes} {'too big' if sample.too_big else 'silent'} ({sample.sent}×)"


def _transfers(facts: list[PathMtu], texts: Texts) -> Table:
    _ = texts.gettext
    return Table(
        title=_("Large transfers"),
        columns=(
            _("address"),
            _("segments at most"),
            _("result"),
            _("sent (confirmed)"),
            _("received"),
            _("longest pause"),
            _("segments out / in"),
            _("repeated / out of order"),
        ),
        rows=[
            (
                f"{fact.target} · {transfer.port}",
                quantity(transfer.segment_limit_bytes, "B"),
                _reached(transfer),
                f"{byte_size(transfer.up_bytes)} ({byte_size(transfer.up_confirmed_bytes)})",
                byte_size(transfer.down_bytes),
                milliseconds(transfer.longest_pause_ms),
                f"{quantity(transfer.sent_segment_bytes)} / {quantity(transfer.received_segment_bytes)}",
                f"{quantity(transfer.repeated_segments)} / {quantity(transfer.out_of_order_segments)}",
            )
            for fact in facts
            for transfer in (fact.transfer, fact.clamped_transfer)
            if transfer is not None
        ],
    )


def _reached(transfer: LargeTransfer) -> str:
    """How far it came, and what stopped it."""
    stopped = failure_word(transfer.failure) if transfer.failure else "stalled" if transfer.stalled else None
    return cell((transfer.reached.value, stopped))


# The access line


def _access(line: AccessLine, texts: Texts) -> Iterator[Table]:
    _ = texts.gettext
    signs = line.signs
    yield Table(
        title=_("Kind of line"),
        note=_("by the signs known on {date}").format(date=line.data_date),
        columns=(_("what is proved"), _("by which signs")),
        rows=[(named.kind.value, cell(named.signs)) for named in line.kinds],
    )
    yield Table(title=_("Signs of the line"), rows=known(_signs(line, signs, texts)))
    yield Table(
        title=_("What the name servers say of the line"),
        columns=(_("name server"), "NAT64", _("prefixes"), _("IPv4 over IPv6 (HB46PP)"), _("tunnel ends")),
        rows=[
            (
                each.resolver,
                each.nat64.value,
                cell(
                    f"{prefix} /{length}"
                    for prefix, length in zip(each.nat64_prefixes, each.nat64_lengths, strict=False)
                ),
                _provisioning(each),
                cell(f"{end.provider}: {end.result.value}" for end in each.tunnel_ends),
            )
            for each in signs.resolvers
        ],
    )
    yield Table(
        title=_("Targets inside the carrier's network"),
        columns=(_("target"), _("address"), _("answers"), _("by"), _("round trip")),
        rows=[_carrier(each, texts) for each in signs.carrier],
    )


def _signs(line: AccessLine, signs: AccessSigns, texts: Texts) -> Iterator[Row]:
    _ = texts.gettext
    for name, own, has_route in (("IPv4", signs.own4, signs.default4), ("IPv6", signs.own6, signs.default6)):
        yield (
            _("own addresses ({family})").format(family=name),
            DASH if own is None else cell(f"{each.address} ({each.scope.value})" for each in own),
        )
        yield _("default route ({family})").format(family=name), yes_no(has_route, texts)
    yield _("through a tunnel"), yes_no(signs.tunnel_route, texts)
    yield _("first hops (IPv4)"), cell(_hop(hop) for hop in signs.hops4 or ())
    yield (
        _("as the internet sees it (IPv4)"),
        cell((signs.mapped4, *(f"UDP {port}" for port in signs.mapped_ports))),
    )
    yield _("largest packet (IPv4)"), cell((quantity(signs.mtu4_bytes, "B"), *line.familiar4))
    yield _("largest packet (IPv6)"), cell((quantity(signs.mtu6_bytes, "B"), *line.familiar6))


def _hop(hop: AccessHop) -> str:
    return f"{hop.ttl}: {hop.address or DASH}" + (f" ({hop.scope.value})" if hop.scope else "")


def _provisioning(signs: ResolverSigns) -> str:
    record: Provisioning | None = signs.provisioning
    return cell(
        (
            signs.provisioning_result.value,
            record.version if record else None,
            record.url if record else None,
            signs.provisioning_text,
        )
    )


def _carrier(each: CarrierTarget, texts: Texts) -> Row:
    return (
        each.target,
        each.address or DASH,
        failure_word(each.failure) if each.failure else yes_no(each.reachable, texts),
        each.answered_by or DASH,
        milliseconds(each.rtt_ms),
    )
