"""Tables of services and pages: every address with every step timed, trust, other protocols, what a browser does."""

from collections.abc import Iterator, Sequence

from nexkit.facts.portal import PortalAttempt, PortalCheck
from nexkit.facts.reach import (
    BrowserChoice,
    Http2Reach,
    HttpResult,
    ProxyReach,
    QuicReach,
    Reach,
    ReachAttempt,
    TlsResult,
)
from nexkit.run_record import RunRecord
from nexkit.texts import Texts
from nexkit.texts.facts import host_port
from nexkit.texts.numbers import milliseconds, quantity
from report.tables.proxy import answer_word
from report.tables.table import DASH, Row, Table, cell, code, day, failure_word, measured, result_word, yes_no


def service_tables(record: RunRecord, texts: Texts) -> Iterator[Table]:
    """Everything about services and pages."""
    _ = texts.gettext
    reaches = [reach for _result, reach in measured(record, Reach)]
    yield Table(
        title=_("Connections"),
        columns=(
            _("target"),
            _("looked up in"),
            _("connected after"),
            _("TLS after"),
            _("first byte after"),
            "HTTP",
            _("in all"),
            _("result"),
        ),
        rows=[row for reach in reaches for row in _connections(reach)],
    )
    yield Table(
        title=_("Certificates"),
        columns=(
            _("target"),
            "TLS",
            _("trusted here"),
            _("trusted publicly"),
            _("name fits"),
            _("issuer"),
            _("valid until"),
        ),
        rows=list(dict.fromkeys(row for reach in reaches for row in _certificates(reach, texts))),
    )
    yield Table(
        title="HTTP/2, QUIC",
        columns=(_("target"), "HTTP/2", "QUIC · HTTP/3", _("HTTP/3 offered")),
        rows=[row for reach in reaches for row in _protocols(reach, texts)],
    )
    yield Table(
        title=_("What a browser would choose"),
        columns=(
            _("target"),
            _("lookup IPv4"),
            _("lookup IPv6"),
            _("order"),
            _("connected after"),
            _("waited for IPv6"),
            _("held up by others"),
        ),
        rows=[_browser(reach, reach.browser) for reach in reaches if reach.browser is not None],
    )
    yield Table(
        title=_("Through the proxy"),
        columns=(*(_("target"), _("proxy"), _("connected after"), _("answer"), _("TLS after"), "HTTP", _("result")),),
        rows=[_proxied(reach, reach.through_proxy) for reach in reaches if reach.through_proxy is not None],
    )
    portals = [portal for _result, portal in measured(record, PortalCheck)]
    yield Table(
        title=_("Check pages over plain HTTP"),
        columns=(
            _("page"),
            _("status"),
            _("answer"),
            _("sent on to"),
            _("time"),
            _("server"),
            _("result"),
        ),
        rows=[_portal(portal.url, attempt, texts) for portal in portals for attempt in portal.attempts],
    )
    yield Table(
        title=_("Sign-in pages"),
        columns=(_("page"), _("sent on to"), _("encrypted"), _("reached"), _("status"), _("result")),
        rows=[
            (
                portal.url,
                portal.sign_in.host,
                yes_no(portal.sign_in.secure, texts),
                yes_no(portal.sign_in.reached, texts),
                quantity(portal.sign_in.status),
                result_word(portal.sign_in.failure),
            )
            for portal in portals
            if portal.sign_in is not None
        ],
    )


def _connections(reach: Reach) -> Iterator[Row]:
    looked_up = milliseconds(reach.resolve_ms)
    for attempt in reach.attempts:
        yield (
            _target(reach, attempt.address),
            looked_up,
            milliseconds(attempt.connect_ms),
            milliseconds(attempt.tls.handshake_ms if attempt.tls else None),
            milliseconds(attempt.http.first_byte_ms if attempt.http else None),
            _status(attempt.http),
            milliseconds(attempt.total_ms),
            _result(attempt),
        )
    if reach.resolve_failure is not None:
        yield host_port(reach.host, reach.port), looked_up, *(DASH,) * 5, failure_word(reach.resolve_failure)


def _target(reach: Reach, address: str) -> str:
    """Whom a row is about; an address that was the target itself stands there once."""
    return cell((host_port(reach.host, reach.port), address if address != reach.host else None))


def _status(http: HttpResult | None) -> str:
    return DASH if http is None else cell((str(http.status), f"→ {http.redirect_host}" if http.redirect_host else None))


def _result(attempt: ReachAttempt) -> str:
    after = f"{milliseconds(attempt.failed_after_ms)}" if attempt.failed_after_ms is not None else None
    return cell((result_word(attempt.failure), after))


def _certificates(reach: Reach, texts: Texts) -> Iterator[tuple[str, ...]]:
    """One row for each certificate that a target showed; most show the same at every address."""
    shown: Sequence[TlsResult | None] = [attempt.tls for attempt in reach.attempts]
    for tls in shown:
        if tls is None:
            continue
        certificate = tls.certificate
        yield (
            host_port(reach.host, reach.port),
            cell((tls.version, tls.cipher, tls.alpn)),
            cell((yes_no(tls.trusted, texts), code(tls.problem))),
            cell((yes_no(tls.publicly_trusted, texts), code(tls.public_problem))),
            yes_no(tls.name_matches, texts),
            DASH if certificate is None else cell((certificate.issuer, _chain(tls, texts))),
            DASH if certificate is None else day(certificate.not_after_at),
        )


def _chain(tls: TlsResult, texts: Texts) -> str:
    """How many certificates were sent: one alone may lack what leads to its issuer."""
    return texts.gettext("({count} sent)").format(count=quantity(tls.chain_length)) if tls.chain_length else ""


def _protocols(reach: Reach, texts: Texts) -> Iterator[Row]:
    for attempt in reach.attempts:
        if attempt.http2 is not None or attempt.quic is not None:
            offered = attempt.http.http3_offered if attempt.http else None
            yield (
                _target(reach, attempt.address),
                DASH if attempt.http2 is None else _http2(attempt.http2),
                DASH if attempt.quic is None else _quic(attempt.quic),
                yes_no(offered, texts),
            )


def _http2(http2: Http2Reach) -> str:
    return cell(
        (
            http2.alpn,
            _steps(http2.connect_ms, http2.handshake_ms, http2.http),
            failure_word(http2.failure),
        )
    )


def _quic(quic: QuicReach) -> str:
    problem = code(quic.problem) if quic.trusted is False else None
    return cell((quic.version, _steps(quic.handshake_ms, None, quic.http), problem, failure_word(quic.failure)))


def _steps(first_ms: float | None, second_ms: float | None, http: HttpResult | None) -> str:
    """Times one after the other, and the status that came."""
    times = [milliseconds(each) for each in (first_ms, second_ms, http.total_ms if http else None) if each is not None]
    return " + ".join(times) + (f" · {http.status}" if http else "")


def _browser(reach: Reach, browser: BrowserChoice) -> Row:
    lookups = (
        DASH if lookup is None else cell((milliseconds(lookup.took_ms), failure_word(lookup.failure)))
        for lookup in (browser.lookup4, browser.lookup6)
    )
    return (
        host_port(reach.host, reach.port),
        *lookups,
        cell(f"{'→ ' if address == browser.chosen else ''}{address}" for address in browser.order),
        milliseconds(browser.connected_ms),
        milliseconds(browser.lookup_wait_ms),
        milliseconds(browser.fallback_ms),
    )


def _proxied(reach: Reach, through: ProxyReach) -> Row:
    schemes = ", ".join(scheme.value for scheme in through.schemes)
    return (
        host_port(reach.host, reach.port),
        cell((host_port(through.proxy, through.proxy_port), through.address)),
        milliseconds(through.connect_ms),
        cell((answer_word(through.tunnel), schemes)),
        milliseconds(through.tls.handshake_ms if through.tls else None),
        _status(through.http),
        result_word(through.failure),
    )


def _portal(url: str, attempt: PortalAttempt, texts: Texts) -> Row:
    _ = texts.gettext
    words = {True: _("as expected"), False: _("something else came"), None: DASH}
    return (
        cell((url, attempt.address)),
        quantity(attempt.status),
        words[attempt.as_expected],
        attempt.redirect_host or DASH,
        milliseconds(attempt.total_ms),
        attempt.server or DASH,
        result_word(attempt.failure),
    )
