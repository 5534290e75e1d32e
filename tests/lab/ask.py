"""One question to one DNS server: `ask.py RESOLVER NAME [TYPE]` prints the rcode and the addresses, or `TIMEOUT`."""

import sys

import dns.exception
import dns.message
import dns.query
import dns.rcode

resolver, name, *kind = sys.argv[1:]
try:
    reply = dns.query.udp(dns.message.make_query(name, *(kind or ["A"])), resolver, timeout=1.5)
except dns.exception.Timeout:
    sys.stdout.write("TIMEOUT\n")
except OSError as error:
    sys.stdout.write(f"{type(error).__name__}\n")
else:
    values = [item.to_text() for record in reply.answer for item in record]
    sys.stdout.write(" ".join([dns.rcode.to_text(reply.rcode()), *values]) + "\n")
