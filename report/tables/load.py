"""Tables of the load test: how fast each way was, and which queue filled meanwhile."""

from collections.abc import Callable, Iterator

from nexkit.facts.echo import EchoStats
from nexkit.facts.load import DirectionLoad, LoadTest
from nexkit.run_record import RunRecord
from nexkit.texts import Texts
from nexkit.texts.numbers import bit_rate, byte_size, duration, milliseconds, percent, quantity
from report.tables.table import DASH, Row, Table, cell, failure_word, known, measured, yes_no


def load_tables(record: RunRecord, texts: Texts) -> Iterator[Table]:
    """Everything about the load test."""
    for _result, load in measured(record, LoadTest):
        yield _rates(load, texts)
        yield _queues(load, texts)


def _rates(load: LoadTest, texts: Texts) -> Table:
    _ = texts.gettext

    def row(name: str, words: Callable[[DirectionLoad], str]) -> Row:
        return name, *(DASH if way is None else words(way) for way in (load.down, load.up))

    return Table(
        title=_("Load test"),
        note=f"{load.server} ({load.backend.value})",
        columns=("", _("Download"), _("Upload")),
        rows=known(
            (
                row(_("rate"), lambda way: bit_rate(way.goodput_bit_s)),
                (_("expected"), bit_rate(load.expected_down_bit_s), bit_rate(load.expected_up_bit_s)),
                row(_("steadiness"), lambda way: f"{way.confidence.value} (± {percent(way.variation_ratio)})"),
                row(_("one connection alone"), lambda way: bit_rate(way.one_flow_bit_s)),
                row(_("connections"), lambda way: quantity(way.connections)),
                row(_("transferred"), lambda way: byte_size(way.transferred_bytes)),
                row(
                    _("ramp-up, then measured"),
                    lambda way: f"{duration(way.ramp_up_s)}, {duration(way.measured_s)}",
                ),
                row(_("ended by the limit of data"), lambda way: yes_no(way.capped, texts)),
                row(_("responsiveness"), _responsiveness),
                row(_("of new connections"), _foreign),
                row(_("of those under load"), _own),
                row(_("round trip of the connections"), _flow_rtt),
                row(_("congestion control of the sender"), lambda way: way.congestion_control or DASH),
                row(_("sender keeps queues short"), lambda way: yes_no(way.hides_queue, texts)),
                row(_("trouble"), lambda way: failure_word(way.failure)),
                (_("metered connection"), *(yes_no(load.metered, texts),) * 2),
            )
        ),
    )


def _responsiveness(way: DirectionLoad) -> str:
    found = way.responsiveness
    if found is None or found.responsiveness_rpm is None:
        return DASH
    return f"{quantity(found.responsiveness_rpm, 'RPM')} ({found.confidence.value})"


def _foreign(way: DirectionLoad) -> str:
    found = way.responsiveness
    if found is None:
        return DASH
    steps = (("TCP", found.tcp_ms), ("TLS", found.tls_ms), ("HTTP", found.http_ms))
    return cell(
        (
            quantity(found.foreign_rpm, "RPM"),
            *(f"{name} {milliseconds(time_ms)}" for name, time_ms in steps if time_ms is not None),
        )
    )


def _own(way: DirectionLoad) -> str:
    found = way.responsiveness
    return DASH if found is None else cell((quantity(found.self_rpm, "RPM"), milliseconds(found.self_ms)))


def _flow_rtt(way: DirectionLoad) -> str:
    found = way.flow_rtt
    if found is None:
        return DASH
    return cell((f"{milliseconds(found.rtt_p50_ms)} · {milliseconds(found.rtt_p95_ms)}", found.method.value))


def _queues(load: LoadTest, texts: Texts) -> Table:
    """Round trips to three places at the same time: the first place at which they rise is where the queue is."""
    _ = texts.gettext
    down, up = load.down, load.up
    places = (
        (
            _("Router"),
            load.gateway_target,
            (load.idle_gateway, down.working_gateway if down else None, up.working_gateway if up else None),
        ),
        (
            _("Provider"),
            load.provider_target,
            (load.idle_provider, down.working_provider if down else None, up.working_provider if up else None),
        ),
        (
            _("Internet"),
            load.echo_target,
            (load.idle, down.working if down else None, up.working if up else None),
        ),
    )
    return Table(
        title=_("Which queue fills: round trips without and under load"),
        columns=(_("measured to"), _("Idle"), _("Download"), _("Upload")),
        rows=known((cell((name, target)), *(_round_trip(echo) for echo in echoes)) for name, target, echoes in places),
    )


def _round_trip(echo: EchoStats | None) -> str:
    """Median, 95 %, loss."""
    if echo is None:
        return DASH
    lost = f"× {percent(echo.loss_ratio)}" if echo.received < echo.sent else None
    return cell((f"{milliseconds(echo.rtt_p50_ms)} · {milliseconds(echo.rtt_p95_ms)}", lost))
