"""Tables of this computer itself: interfaces, links, Wi-Fi, load, clock; what a run changed stands beside it."""

from collections.abc import Iterator, Sequence

from nexkit.facts.host import Agent, HostState, host_change
from nexkit.facts.link import LinkChange, LinkCounters, LinkReading, LinkState, RouteChoice, link_changes
from nexkit.facts.network import InterfaceKind, NetworkState
from nexkit.facts.time import ClockCheck, LeapIndicator
from nexkit.facts.wifi import WifiFrames, WifiLink, WifiReading, wifi_changes
from nexkit.run_record import RunRecord
from nexkit.texts import Texts
from nexkit.texts.facts import host_port
from nexkit.texts.numbers import bit_rate, byte_size, difference, duration, milliseconds, percent, quantity, zone
from report.summary import moment_text
from report.tables.table import DASH, Row, Table, cell, code, failure_word, known, measured, result_word, yes_no


def computer_tables(record: RunRecord, texts: Texts) -> Iterator[Table]:
    """Everything about this computer."""
    for _result, state in measured(record, NetworkState):
        yield from _network(state, texts)
    yield from _links([reading for _result, reading in measured(record, LinkReading)], texts)
    yield from _wifi([reading for _result, reading in measured(record, WifiReading)], texts)
    yield from _host([state for _result, state in measured(record, HostState)], texts)
    for _result, check in measured(record, ClockCheck):
        yield from _clock(check, texts)


def _network(state: NetworkState, texts: Texts) -> Iterator[Table]:
    _ = texts.gettext
    yield Table(
        title=_("Network interfaces"),
        columns=(_("name"), _("kind"), _("state"), "MTU", _("hardware address"), _("addresses")),
        rows=[
            (
                interface.name,
                interface.kind.value,
                _up(admin_up=interface.admin_up, carrier=interface.carrier),
                quantity(interface.mtu_bytes),
                interface.mac or DASH,
                cell(f"{entry.address} /{entry.prefix_length}" for entry in interface.addresses),
            )
            for interface in state.interfaces
        ],
    )
    proxies = [
        f"{name} {host_port(proxy.host, proxy.port)}"
        for name, proxy in (("http", state.proxy.http), ("https", state.proxy.https))
        if proxy is not None
    ]
    yield Table(
        title=_("Routes, name servers, proxy"),
        rows=[
            *(
                (
                    _("Router ({family})").format(family=route.family.value),
                    f"{route.gateway or DASH} · {route.interface}",
                )
                for route in state.default_routes
            ),
            *((_("Name server"), resolver.address) for resolver in state.resolvers),
            (_("Search domains"), cell(state.search_domains)),
            (_("Proxy"), cell([*proxies, state.proxy.pac_url])),
        ],
    )


def _up(*, admin_up: bool, carrier: bool | None) -> str:
    if not admin_up:
        return "off"
    return {True: "up", False: "no carrier", None: "up (?)"}[carrier]


# Links


def _links(readings: Sequence[LinkReading], texts: Texts) -> Iterator[Table]:
    """The last reading, and what lies between it and the first one."""
    if not readings:
        return
    _ = texts.gettext
    first, last = readings[0], readings[-1]
    between = link_changes(first, last) if len(readings) > 1 else None
    changes = {change.after.name: change for change in between.links} if between else {}
    yield Table(
        title=_("Links"),
        columns=(
            _("name"),
            _("kind"),
            _("state"),
            _("speed"),
            _("most that both ends can do"),
            _("counted since the start (in / out)"),
            _("counted during the run (in / out)"),
        ),
        rows=[
            (
                link.name,
                link.kind.value,
                _up(admin_up=link.admin_up, carrier=link.carrier),
                _speed(link, texts),
                cell(
                    (
                        _figure(_("this one"), bit_rate(link.port_max_bit_s)),
                        _figure(_("the other"), bit_rate(link.partner_max_bit_s)),
                    )
                ),
                _counted(link.counters, texts),
                _counted(changes[link.name].counted, texts) if link.name in changes else DASH,
            )
            for link in last.links
            if link.kind is not InterfaceKind.LOOPBACK
        ],
    )
    if between is not None:
        yield Table(
            title=_("What changed during the run"),
            rows=[
                *(row for change in between.links for row in _link_differences(change, texts)),
                *((link.name, _("appeared")) for link in between.appeared),
                *((link.name, _("is gone")) for link in between.gone),
                *((change.after.target, f"{_way(change.before)} → {_way(change.after)}") for change in between.routes),
            ],
        )
    yield Table(
        title=_("Which way this computer chooses"),
        columns=(_("target"), _("interface"), _("own address"), _("router"), _("result")),
        rows=[
            (way.target, way.interface or DASH, way.source or DASH, way.gateway or DASH, result_word(way.failure))
            for way in last.routes
        ],
    )


def _speed(link: LinkState, texts: Texts) -> str:
    _ = texts.gettext
    by_hand = _("set by hand") if link.auto_negotiation is False else None
    return cell((bit_rate(link.speed_bit_s), f"{link.duplex.value} duplex" if link.duplex else None, by_hand))


def _figure(name: str, value: str) -> str:
    """A value with its name; nothing where it is not known."""
    return "" if value == DASH else f"{name} {value}"


def _counted(counters: LinkCounters, texts: Texts) -> str:
    _ = texts.gettext
    return cell(
        _figure(name, value)
        for name, value in (
            (_("data"), _of(byte_size(counters.received_bytes), byte_size(counters.sent_bytes))),
            (_("packets"), _of(quantity(counters.received_packets), quantity(counters.sent_packets))),
            (_("errors"), _of(quantity(counters.receive_errors), quantity(counters.send_errors))),
            (_("thrown away"), _of(quantity(counters.receive_drops), quantity(counters.send_drops))),
            (_("check sum errors"), quantity(counters.crc_errors)),
            (_("collisions"), quantity(counters.collisions)),
            (_("link changes"), quantity(counters.carrier_changes)),
        )
    )


def _of(first: str, second: str) -> str:
    """Two values that belong together."""
    return DASH if first == second == DASH else f"{first} / {second}"


def _link_differences(change: LinkChange, texts: Texts) -> Iterator[Row]:
    _ = texts.gettext
    before, after = change.before, change.after
    was, now = (_up(admin_up=link.admin_up, carrier=link.carrier) for link in (before, after))
    if was != now:
        yield after.name, f"{was} → {now}"
    if (before.speed_bit_s, before.duplex) != (after.speed_bit_s, after.duplex):
        was, now = (f"{bit_rate(link.speed_bit_s)} {code(link.duplex)}" for link in (before, after))
        yield after.name, f"{was} → {now}"
    if change.carrier_losses:
        yield after.name, _("connection lost: {count}").format(count=change.carrier_losses)


def _way(way: RouteChoice) -> str:
    return failure_word(way.failure) if way.failure else f"{way.gateway or DASH} · {way.interface or DASH}"


# Values at the beginning and at the end


def _beside(title: str, note: str, columns: Sequence[Sequence[Row]], texts: Texts) -> Table:
    """Named values of one reading, or of the first and the last one side by side."""
    _ = texts.gettext
    if len(columns) == 1:
        return Table(title=title, note=note, rows=known(columns[0]))
    first, last = columns[0], columns[-1]
    return Table(
        title=title,
        note=note,
        columns=("", _("at the beginning"), _("at the end")),
        rows=known((name, before, after) for (name, before), (_same, after) in zip(first, last, strict=True)),
    )


def _wifi(readings: Sequence[WifiReading], texts: Texts) -> Iterator[Table]:
    _ = texts.gettext
    names = dict.fromkeys(link.interface for reading in readings for link in reading.links)
    for name in names:
        links = [link for reading in readings for link in reading.links if link.interface == name]
        yield _beside(_("Wi-Fi"), name, [_wifi_rows(link, texts) for link in (links[0], *links[1:][-1:])], texts)
    if len(readings) > 1:
        changes = wifi_changes(readings[0], readings[-1])
        yield Table(
            title=_("Wi-Fi during the run"),
            columns=(_("name"), _("other cell"), _("other network"), _("joined anew"), _("signal"), _("frames")),
            rows=[
                (
                    change.after.interface,
                    yes_no(change.roamed, texts),
                    yes_no(change.network_changed, texts),
                    yes_no(change.rejoined, texts),
                    DASH if change.rssi_change_db is None else f"{change.rssi_change_db:+d} dB",
                    _frames(change.frames, texts),
                )
                for change in changes
            ],
        )


def _wifi_rows(link: WifiLink, texts: Texts) -> list[Row]:
    _ = texts.gettext
    cells = link.cells
    return [
        (_("radio on"), yes_no(link.radio_on, texts)),
        (_("connected"), yes_no(link.joined, texts)),
        (_("names permitted"), yes_no(link.names_permitted, texts)),
        (_("network"), link.ssid or DASH),
        (_("cell"), link.bssid or DASH),
        (_("signal"), quantity(link.rssi_dbm, "dBm")),
        (_("noise"), quantity(link.noise_dbm, "dBm")),
        (_("signal above noise"), quantity(link.snr_db, "dB")),
        (_("band"), DASH if link.band is None else f"{link.band.value} GHz"),
        (_("channel"), quantity(link.channel)),
        (_("width"), quantity(link.width_mhz, "MHz")),
        (_("sends at"), bit_rate(link.send_rate_bit_s)),
        (_("receives at"), bit_rate(link.receive_rate_bit_s)),
        (_("standard"), DASH if link.standard is None else f"802.11 {link.standard.value}"),
        (_("security"), code(link.security)),
        (_("connected for"), duration(link.joined_for_s)),
        (_("frames"), _frames(link.frames, texts)),
        (_("other cells heard"), quantity(cells.heard if cells else None)),
        (_("on the same channel"), quantity(cells.same_channel if cells else None)),
        (_("on overlapping channels"), quantity(cells.overlapping if cells else None)),
        (_("of the same network"), quantity(cells.own_network if cells else None)),
        (_("of the same network, stronger"), quantity(cells.own_network_stronger if cells else None)),
        (_("the best of them"), quantity(cells.own_network_best_dbm if cells else None, "dBm")),
        (_("list of cells is so old"), duration(cells.newest_age_s if cells else None)),
    ]


def _frames(frames: WifiFrames | None, texts: Texts) -> str:
    if frames is None:
        return DASH
    _ = texts.gettext
    return cell(
        _figure(name, quantity(value))
        for name, value in (
            (_("sent"), frames.sent),
            (_("repeated"), frames.retried),
            (_("given up"), frames.failed),
            (_("beacons missed"), frames.beacons_missed),
        )
    )


def _host(states: Sequence[HostState], texts: Texts) -> Iterator[Table]:
    if not states:
        return
    _ = texts.gettext
    yield _beside(
        _("Load and state of this computer"),
        "",
        [_host_rows(state, texts) for state in (states[0], *states[1:][-1:])],
        texts,
    )
    if len(states) > 1:
        change = host_change(states[0], states[-1])
        yield Table(
            title=_("The computer during the run"),
            rows=known(
                (
                    (_("processors busy"), percent(change.cpu_busy_ratio)),
                    (_("moved to and from the disk"), byte_size(change.swapped_bytes)),
                    (_("asleep"), duration(change.slept_s)),
                    (_("programs appeared"), _agents(change.appeared)),
                    (_("programs gone"), _agents(change.gone)),
                )
            ),
        )


def _host_rows(state: HostState, texts: Texts) -> list[Row]:
    _ = texts.gettext
    return [
        (_("processors"), quantity(state.cpu_count)),
        (_("processors busy"), percent(state.cpu_busy_ratio)),
        (_("load over a minute"), quantity(state.load_1min, digits=2)),
        (_("memory free"), _of(byte_size(state.memory_available_bytes), byte_size(state.memory_total_bytes))),
        (_("swap used"), _of(byte_size(state.swap_used_bytes), byte_size(state.swap_total_bytes))),
        (_("on battery"), yes_no(state.on_battery, texts)),
        (_("battery"), percent(state.battery_ratio)),
        (_("power"), code(state.power_mode)),
        (_("started"), _ago(state.uptime_s, texts)),
        (_("woke up"), _ago(state.woke_ago_s, texts)),
        (
            _("internet, as the system sees it"),
            DASH if state.connectivity is None else f"{state.connectivity.value} ({state.connectivity_by or DASH})",
        ),
        (_("known VPN and security programs"), DASH if state.agents is None else _agents(state.agents) or "0"),
    ]


def _ago(time_s: float | None, texts: Texts) -> str:
    return DASH if time_s is None else texts.gettext("{time} ago").format(time=duration(time_s))


def _agents(agents: Sequence[Agent]) -> str:
    return cell(f"{agent.product} ({agent.kind.value})" for agent in agents)


# Clock


def _clock(check: ClockCheck, texts: Texts) -> Iterator[Table]:
    _ = texts.gettext
    yield Table(
        title=_("Clock"),
        rows=known(
            (
                (_("other clocks minus this one"), _offset(check.offset_s, check.uncertainty_s)),
                (
                    _("agreement"),
                    f"{check.agreement.value} ({check.agreeing}/{check.agreeing + check.disagreeing})",
                ),
                (
                    _("time zone"),
                    DASH if check.zone is None else f"{zone(check.zone.utc_offset_s)} {check.zone.name or ''}".rstrip(),
                ),
                (_("system sets its clock"), yes_no(check.sync.enabled if check.sync else None, texts)),
                (_("system says it is set"), yes_no(check.sync.synchronised if check.sync else None, texts)),
                (_("set by"), (check.sync.service if check.sync else None) or DASH),
                (
                    _("last set"),
                    moment_text(check.sync.last_sync_at) if check.sync and check.sync.last_sync_at else DASH,
                ),
            )
        ),
    )
    yield Table(
        title=_("Other clocks"),
        columns=(
            _("server"),
            _("by"),
            _("their time minus ours"),
            _("round trip"),
            _("stratum"),
            _("attempts"),
            _("result"),
        ),
        rows=[
            (
                cell((source.server, source.address if source.address != source.server else None)),
                source.method.value,
                _offset(source.offset_s, source.uncertainty_s),
                milliseconds(source.rtt_ms),
                cell((quantity(source.stratum), code(source.leap) if source.leap is not LeapIndicator.NONE else None)),
                str(source.attempts),
                source.kiss or result_word(source.failure),
            )
            for source in check.sources
        ],
    )


def _offset(offset_s: float | None, uncertainty_s: float | None) -> str:
    if offset_s is None:
        return DASH
    return f"{difference(offset_s)} ± {quantity(uncertainty_s, 's', digits=3)}"
