"""Tables of proxies: what is configured, what a PAC file decides, what each proxy answers."""

from collections.abc import Iterator

from nexkit.facts.proxy import ProxyAttempt, ProxyCheck, ProxyDecision, ProxyWay, TunnelAnswer
from nexkit.run_record import RunRecord
from nexkit.texts import Texts
from nexkit.texts.facts import host_port
from nexkit.texts.numbers import milliseconds, quantity
from report.tables.table import DASH, Row, Table, cell, failure_word, measured, result_word, yes_no


def proxy_tables(record: RunRecord, texts: Texts) -> Iterator[Table]:
    """Everything about proxies; a system without any has a table of decisions alone."""
    for _result, check in measured(record, ProxyCheck):
        yield from _settings(check, texts)
        yield from _answers(check, texts)


def _settings(check: ProxyCheck, texts: Texts) -> Iterator[Table]:
    _ = texts.gettext
    yield Table(
        title=_("Proxy settings"),
        columns=(
            _("source"),
            "HTTP",
            "HTTPS",
            _("configuration file"),
            _("looked for (WPAD)"),
            _("exceptions"),
            _("password known"),
        ),
        rows=[
            (
                setting.source.value,
                way_word(setting.http),
                way_word(setting.https),
                setting.pac_url or DASH,
                yes_no(setting.auto_detect, texts),
                str(setting.exceptions),
                yes_no(setting.password_known, texts),
            )
            for setting in check.settings
        ],
    )
    if check.wpad is not None:
        yield Table(
            title=_("Looking for a configuration file (WPAD)"),
            columns=(_("asked"), _("time"), _("result")),
            rows=[
                ("DHCP", milliseconds(check.wpad.took_ms), check.wpad.dhcp_url or DASH),
                *(
                    (name.name, milliseconds(name.took_ms), "ok" if name.found else failure_word(name.failure))
                    for name in check.wpad.names
                ),
            ],
        )
    yield Table(
        title=_("Configuration files (PAC)"),
        columns=(
            _("address"),
            _("found by WPAD"),
            "HTTP",
            _("size"),
            _("fetched in"),
            _("evaluated in"),
            _("names looked up"),
            _("result"),
        ),
        rows=[
            (
                file.url,
                yes_no(file.from_wpad, texts),
                cell((quantity(file.status), file.content_type)),
                quantity(file.size_bytes, "B"),
                milliseconds(file.fetch_ms),
                milliseconds(file.evaluate_ms),
                cell(f"{each.name} {milliseconds(each.took_ms)} {result_word(each.failure)}" for each in file.lookups),
                result_word(file.failure),
            )
            for file in check.pac
        ],
    )


def _answers(check: ProxyCheck, texts: Texts) -> Iterator[Table]:
    _ = texts.gettext
    yield Table(
        title=_("Proxies"),
        columns=(_("proxy"), _("addresses"), _("looked up in"), _("connected after"), _("result")),
        rows=[
            (
                way_word(server.way),
                str(server.addresses),
                milliseconds(server.resolve_ms),
                milliseconds(server.connect_ms),
                result_word(server.failure),
            )
            for server in check.servers
        ],
    )
    yield Table(
        title=_("Which way each web address goes"),
        columns=(_("address"), _("because of"), _("ways"), _("asked"), _("answer"), _("with password")),
        rows=[row for decision in check.decisions for row in _decision(decision)],
    )


def _decision(decision: ProxyDecision) -> Iterator[Row]:
    first = (decision.url, decision.reason.value, cell(way_word(way) for way in decision.ways))
    yield from ((*first, *_attempt(attempt)) for attempt in decision.attempts)
    if not decision.attempts:
        yield *first, DASH, DASH, DASH


def _attempt(attempt: ProxyAttempt) -> tuple[str, str, str]:
    socks = None if attempt.socks_reply is None else f"SOCKS {attempt.socks_reply}"
    return (
        f"{way_word(attempt.way)}\n{attempt.request.value}",
        cell((answer_word(attempt.answer), socks, failure_word(attempt.failure))),
        answer_word(attempt.answer_with_password),
    )


def way_word(way: ProxyWay | None) -> str:
    """A way as a PAC file writes it."""
    if way is None:
        return DASH
    return f"{way.kind.value} {host_port(way.host, way.port)}" if way.host else way.kind.value


def answer_word(answer: TunnelAnswer | None) -> str:
    """What a proxy said, with the ways of telling who asks that it offers."""
    if answer is None:
        return DASH
    schemes = ", ".join(scheme.value for scheme in answer.schemes)
    return cell((f"{answer.status} · {milliseconds(answer.answer_ms)}", schemes, answer.product, answer.error))
