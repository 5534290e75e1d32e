"""Tables of UDP: servers for calls, what a NAT makes of this computer, a stream, services on UDP ports."""

from collections.abc import Iterator

from nexkit.facts.udp import UdpPath, UdpService, UdpStream
from nexkit.run_record import RunRecord
from nexkit.texts import Texts
from nexkit.texts.facts import host_port
from nexkit.texts.numbers import duration, milliseconds, percent, quantity
from report.tables.table import DASH, Row, Table, code, failure_word, known, measured, result_word, yes_no


def udp_tables(record: RunRecord, texts: Texts) -> Iterator[Table]:
    """Everything about UDP."""
    _ = texts.gettext
    for _result, path in measured(record, UdpPath):
        yield from _servers(path, texts)
        if path.stream is not None:
            yield from _stream(path.stream, texts)
    yield Table(
        title=_("Services over UDP"),
        columns=(_("service"), _("protocol"), _("address"), _("answer"), _("time"), _("attempts"), _("result")),
        rows=[row for _result, service in measured(record, UdpService) for row in _service(service, texts)],
    )


def _servers(path: UdpPath, texts: Texts) -> Iterator[Table]:
    _ = texts.gettext
    yield Table(
        title=_("Servers for calls (UDP)"),
        columns=(_("server"), _("kind"), _("address"), _("time"), _("sees this computer as"), _("result")),
        rows=[
            *(
                (
                    host_port(answer.server, answer.port),
                    "STUN",
                    answer.address or DASH,
                    milliseconds(answer.rtt_ms),
                    host_port(answer.mapped_address, answer.mapped_port) if answer.mapped_address else DASH,
                    result_word(answer.failure),
                )
                for answer in path.stun
            ),
            *(
                (
                    host_port(reflector.server, reflector.port),
                    "STAMP",
                    reflector.address or DASH,
                    milliseconds(reflector.rtt_ms),
                    DASH,
                    result_word(reflector.failure),
                )
                for reflector in path.reflectors
            ),
        ],
    )
    yield Table(
        title=_("Address translation (NAT)"),
        columns=(_("family"), _("own address"), _("translated"), _("port kept"), _("mapping"), _("found by")),
        rows=[
            (
                view.family.value,
                host_port(view.own_address or DASH, view.own_port),
                yes_no(view.translated, texts),
                yes_no(view.port_preserved, texts),
                code(view.mapping),
                code(view.mapping_test),
            )
            for view in path.nat
        ],
    )


def _stream(stream: UdpStream, texts: Texts) -> Iterator[Table]:
    _ = texts.gettext
    ways = [(name, way) for name, way in ((_("there"), stream.out), (_("back"), stream.back)) if way is not None]
    unknown = (DASH,) * len(ways)
    yield Table(
        title=_("Stream as small as a voice call"),
        note=" · ".join(
            (
                host_port(stream.server, stream.port),
                stream.target,
                f"{stream.method.value}, {quantity(stream.packets_s)}/s × {quantity(stream.payload_bytes, 'B')}",
                duration(stream.duration_s),
            )
        ),
        columns=("", _("there and back"), *(name for name, _way in ways)),
        rows=known(
            (
                (
                    _("lost"),
                    f"{percent(stream.loss_ratio)} ({stream.sent - stream.received}/{stream.sent})",
                    *(percent(way.loss_ratio) for _name, way in ways),
                ),
                (_("lost in the worst moment"), percent(stream.burst_loss_ratio), *unknown),
                (_("most lost in a row"), str(stream.longest_gap), *unknown),
                (
                    _("jitter"),
                    milliseconds(stream.jitter_ms),
                    *(milliseconds(way.jitter_ms) for _name, way in ways),
                ),
                (
                    _("overtaken"),
                    f"{stream.reordered} ({percent(stream.reorder_ratio)})",
                    *(quantity(way.reordered) for _name, way in ways),
                ),
                (_("doubled"), str(stream.duplicates), *(quantity(way.duplicates) for _name, way in ways)),
                (
                    _("round trip: best, median, 95 % below, worst"),
                    " · ".join(
                        milliseconds(rtt)
                        for rtt in (stream.rtt_min_ms, stream.rtt_p50_ms, stream.rtt_p95_ms, stream.rtt_max_ms)
                    ),
                    *unknown,
                ),
                (_("ended early"), failure_word(stream.failure), *unknown),
            )
        ),
    )


def _service(service: UdpService, texts: Texts) -> Iterator[Row]:
    _ = texts.gettext
    protocol = service.protocol.value
    if not service.silence_tells:
        protocol += "\n" + _("silence says nothing")
    about = (host_port(service.host, service.port), protocol)
    for port in service.ports:
        yield (
            *about,
            port.address,
            port.state.value,
            milliseconds(port.rtt_ms),
            str(port.attempts),
            result_word(port.failure),
        )
    if service.resolve_failure is not None:
        yield *about, *(DASH,) * 4, failure_word(service.resolve_failure)
