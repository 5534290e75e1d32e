"""Tables of the name service: how this computer asks, what each resolver said, and how it behaves beyond that."""

from collections.abc import Iterator, Sequence

from nexkit.facts.dns import (
    DnsQuery,
    DnsTransport,
    EncryptedAnswers,
    NameService,
    ResolverAnswers,
    SystemLookups,
    aaaa_answers,
    asking_resolvers,
    dnssec,
    large_answers,
    rewritten_to,
    takes_edns,
)
from nexkit.run_record import RunRecord
from nexkit.stats import quantile
from nexkit.subject import Subject
from nexkit.texts import Texts
from nexkit.texts.facts import host_port
from nexkit.texts.numbers import milliseconds, quantity
from nexkit.texts.words import subject_text
from report.tables.table import DASH, Row, Table, cell, code, failure_word, known, measured, result_word, yes_no


def name_tables(record: RunRecord, texts: Texts) -> Iterator[Table]:
    """Everything about names."""
    _ = texts.gettext
    asked = measured(record, ResolverAnswers)
    yield Table(
        title=_("Name servers at a glance"),
        columns=(
            _("name server"),
            "UDP",
            "TCP",
            _("median"),
            "DNSSEC",
            _("large answers"),
            "EDNS",
            "AAAA",
            _("invented addresses"),
        ),
        rows=[_overview(result.subject, answers, texts) for result, answers in asked],
    )
    encrypted = [each for _result, each in measured(record, EncryptedAnswers)]
    yield Table(
        title=_("Encrypted name servers"),
        columns=(
            _("name server"),
            _("address"),
            _("connected after"),
            "TLS",
            "HTTP",
            _("answers"),
            _("median"),
            _("result"),
        ),
        rows=[row for each in encrypted for row in _encrypted(each)],
    )
    for _result, lookups in measured(record, SystemLookups):
        if lookups.service is not None:
            yield from _service(lookups.service, texts)
        yield Table(
            title=_("Names, as programs look them up"),
            columns=(_("name"), _("role"), _("time"), _("answer"), _("addresses")),
            rows=[
                (
                    lookup.name,
                    lookup.role.value,
                    milliseconds(lookup.time_ms),
                    result_word(lookup.failure),
                    cell(lookup.addresses),
                )
                for lookup in lookups.lookups
            ],
        )
    for _result, answers in asked:
        yield _queries(host_port(answers.resolver, answers.port), answers.queries, texts)
    for each in encrypted:
        for attempt in each.attempts:
            yield _queries(f"{each.resolver} · {attempt.address}", attempt.queries, texts)


def _overview(subject: Subject, answers: ResolverAnswers, texts: Texts) -> Row:
    invented = rewritten_to(answers)
    upstream = asking_resolvers(answers.queries)
    return (
        cell((answers.resolver, subject_text(subject, texts), *(f"→ {address}" for address in upstream))),
        _answered([query for query in answers.queries if query.transport is DnsTransport.UDP]),
        _answered([query for query in answers.queries if query.transport is DnsTransport.TCP]),
        milliseconds(_median_ms(answers.queries)),
        code(dnssec(answers)),
        code(large_answers(answers)),
        yes_no(takes_edns(answers), texts),
        code(aaaa_answers(answers)),
        DASH if invented is None else cell(invented) if invented else yes_no(False, texts),
    )


def _answered(queries: Sequence[DnsQuery]) -> str:
    return f"{sum(query.rcode is not None for query in queries)}/{len(queries)}" if queries else DASH


def _median_ms(queries: Sequence[DnsQuery]) -> float | None:
    return quantile([query.time_ms for query in queries if query.time_ms is not None], 0.5)


def _encrypted(answers: EncryptedAnswers) -> Iterator[Row]:
    for attempt in answers.attempts:
        tls = attempt.tls
        yield (
            f"{answers.resolver}\n{answers.transport.value}",
            attempt.address,
            milliseconds(attempt.connect_ms),
            DASH
            if tls is None
            else cell(
                (f"{tls.version} · {milliseconds(tls.handshake_ms)}", None if tls.trusted else code(tls.problem))
            ),
            quantity(attempt.http_status),
            _answered(attempt.queries),
            milliseconds(_median_ms(attempt.queries)),
            result_word(attempt.failure),
        )
    if answers.resolve_failure is not None:
        yield answers.resolver, *(DASH,) * 6, failure_word(answers.resolve_failure)


def _service(service: NameService, texts: Texts) -> Iterator[Table]:
    _ = texts.gettext
    yield Table(
        title=_("How this computer looks names up"),
        rows=known(
            (
                (_("by"), service.kind.value),
                (_("sources"), ", ".join(service.sources or ()) or DASH),
                (_("programs ask"), cell(service.stub)),
                (_("name servers"), cell(service.servers or ())),
                (_("in use"), service.current or DASH),
                (_("Search domains"), cell(service.search_domains)),
                ("ndots", quantity(service.ndots)),
                (_("hosts file"), cell(f"{entry.address} {entry.name}" for entry in service.hosts or ())),
            )
        ),
    )
    yield Table(
        title=_("Name servers for some names only"),
        columns=(_("names"), _("interface"), _("name servers"), _("in use")),
        rows=[
            (cell(scope.domains), scope.interface or DASH, cell(scope.servers), scope.current or DASH)
            for scope in service.scopes or ()
        ],
    )


def _queries(note: str, queries: Sequence[DnsQuery], texts: Texts) -> Table:
    _ = texts.gettext
    return Table(
        title=_("Answers of a name server"),
        note=note,
        columns=(*(_("name"), _("role"), _("type"), _("by"), _("time"), _("answer"), _("flags"), _("addresses")),),
        rows=[
            (
                query.name,
                query.role.value,
                query.rdtype,
                query.transport.value,
                cell((milliseconds(query.time_ms), f"{query.attempts}×" if query.attempts > 1 else None)),
                query.rcode or failure_word(query.failure),
                _flags(query),
                cell(query.addresses),
            )
            for query in queries
        ],
    )


def _flags(query: DnsQuery) -> str:
    """What the question asked for and the answer said, in the words of the DNS."""
    return cell(
        (
            f"EDNS {query.edns_bytes}" if query.edns_bytes is not None else None,
            "CD" if query.unchecked else None,
            "TC" if query.truncated else None,
            "AD" if query.authentic else None,
            "RRSIG" if query.signatures else None,
            *(f"EDE {number}" for number in query.extended_errors),
            quantity(query.answer_bytes, "B"),
        )
    )
