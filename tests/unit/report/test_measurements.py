from nexkit.facts.dns import DnsQuery, DnsTransport, EncryptedAnswers, EncryptedAttempt, NameRole
from report.measurements import _rows


def test_every_question_to_an_encrypted_resolver_is_a_row_with_its_address():
    query = DnsQuery(
        name="www.example.com",
        role=NameRole.CONTROL,
        rdtype="A",
        transport=DnsTransport.TLS,
        attempts=1,
        time_ms=12.5,
        rcode="NOERROR",
        addresses=("198.18.0.1",),
        truncated=False,
        failure=None,
    )
    attempts = tuple(
        EncryptedAttempt(address=address, connect_ms=1.0, tls=None, http_status=None, queries=(query,), failure=None)
        for address in ("198.18.53.53", "2001:db8::53")
    )
    fact = EncryptedAnswers(
        resolver="tls://dns.example.com",
        transport=DnsTransport.TLS,
        resolve_ms=1.0,
        resolve_failure=None,
        attempts=attempts,
    )
    rows = list(_rows(fact))
    assert {table for table, _ in rows} == {"dns"}
    assert [(row["resolver"], row["address"], row["name"], row["transport"]) for _, row in rows] == [
        ("tls://dns.example.com", address, "www.example.com", "tls") for address in ("198.18.53.53", "2001:db8::53")
    ]
