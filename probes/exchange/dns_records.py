"""Plain questions to a resolver for records of one type (RFC 1035). Importing dnspython takes 90 ms: import it late."""

import random
from collections.abc import Callable
from functools import partial

import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype

from nexkit.host_name import wire_name
from probes.exchange.dns_message import is_answer

_TEXT_TYPE = "TXT"
_NAMES_WITHOUT = frozenset({dns.rcode.NOERROR, dns.rcode.NXDOMAIN})


def record_question(name: str, rdtype: str, rng: random.Random) -> tuple[bytes, Callable[[bytes], bool]]:
    """A question as it goes over the wire, and what takes its answer."""
    asked = dns.name.root if name == "." else wire_name(name)
    message = dns.message.make_query(asked, rdtype, id=rng.randrange(1 << 16))
    return message.to_wire(), partial(is_answer, message)


def records_in(payload: bytes, rdtype: str) -> tuple[str, ...] | None:
    """Addresses or texts of an answer's records, empty where there is no such record or name; None for an error."""
    try:
        message = dns.message.from_wire(payload, ignore_trailing=True)
    except dns.exception.DNSException:
        return None
    if message.rcode() not in _NAMES_WITHOUT:
        return None
    wanted = dns.rdataclass.IN, dns.rdatatype.from_text(rdtype)
    records = [record for rrset in message.answer if (rrset.rdclass, rrset.rdtype) == wanted for record in rrset]
    if rdtype == _TEXT_TYPE:
        return tuple(b"".join(record.strings).decode("ascii", "replace") for record in records)
    return tuple(record.to_text() for record in records)
