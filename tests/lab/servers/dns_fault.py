"""A DNS server with a fault that no real server has on demand. Started by the lab with its settings as JSON.

dns_fault.py '{"addresses": ["198.51.100.53"], "fault": "servfail", "records": {"www.example.com": ["198.18.1.20"]}}'
"""

import base64
import json
import socket
import socketserver
import struct
import sys
import threading
import time
from collections.abc import Mapping, Sequence

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

REWRITTEN_TO = "198.18.3.30"
"""Where a provider that rewrites NXDOMAIN sends its users."""
SLOW_S = 0.6
RCODES = {
    "servfail": dns.rcode.SERVFAIL,
    "refused": dns.rcode.REFUSED,
    "notimp": dns.rcode.NOTIMP,
    "aaaa_servfail": dns.rcode.SERVFAIL,
}

ROOT_KEYS = [f"257 3 8 {base64.b64encode(bytes([number]) * 260).decode()}" for number in range(3)]
"""As large as the root's own: more than 512 bytes together."""
PLAIN_BYTES = 512


def answer(
    wire: bytes, fault: str, records: Mapping[str, Sequence[str]], *, udp: bool = True, slow_s: float = SLOW_S
) -> bytes | None:
    """The reply to one question under a fault; None for silence.

    `large` and `large_short` are none: these servers know the root's keys, the second gives no large answer over UDP.
    `truncated` is none either: over UDP it only ever says that the answer is to be had over TCP.
    """
    query = dns.message.from_wire(wire)
    question = query.question[0]
    name = question.name.to_text(omit_final_dot=True).lower()
    is_aaaa = question.rdtype == dns.rdatatype.AAAA
    if fault == "silent" or (fault == "aaaa_silent" and is_aaaa):
        return None
    reply = dns.message.make_response(query, recursion_available=True)
    if fault == "empty" or (fault in RCODES and (is_aaaa or not fault.startswith("aaaa"))):
        reply.set_rcode(RCODES.get(fault, dns.rcode.NOERROR))
        return reply.to_wire()
    if fault == "wrong_id":
        reply.id = (query.id + 1) % 0x10000
    if fault == "slow" or (fault == "aaaa_slow" and is_aaaa):
        time.sleep(slow_s)
    addresses = [value for value in records.get(name, ()) if (":" in value) == is_aaaa]
    if name not in records:
        if fault == "nxdomain_rewritten":
            addresses = [] if is_aaaa else [REWRITTEN_TO]
        else:
            reply.set_rcode(dns.rcode.NXDOMAIN)
    if addresses and question.rdtype in {dns.rdatatype.A, dns.rdatatype.AAAA}:
        reply.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", question.rdtype, addresses))
    if fault.startswith("large") and question.rdtype == dns.rdatatype.DNSKEY and name == ".":
        reply.set_rcode(dns.rcode.NOERROR)
        reply.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", question.rdtype, ROOT_KEYS))
    taken = query.payload if query.edns >= 0 and fault != "large_short" else PLAIN_BYTES
    if udp and (fault == "truncated" or len(reply.to_wire()) > max(taken, PLAIN_BYTES)):
        reply.answer.clear()
        reply.flags |= dns.flags.TC
    return reply.to_wire()


def main() -> None:
    """Serve UDP and TCP on port 53 of every address until ended."""
    settings = json.loads(sys.argv[1])
    records, slow_s = settings["records"], settings.get("slow_s", SLOW_S)
    names = settings.get("names", ())

    def reply_to(wire: bytes, *, udp: bool) -> bytes | None:
        asked = dns.message.from_wire(wire).question[0].name.to_text(omit_final_dot=True).lower()
        fault = settings["fault"] if not names or asked in names else "none"
        return answer(wire, fault, records, udp=udp, slow_s=slow_s)

    class Udp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, sock = self.request
            if reply := reply_to(data, udp=True):
                sock.sendto(reply, self.client_address)

    class Tcp(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while header := self.rfile.read(2):
                wire = self.rfile.read(struct.unpack("!H", header)[0])
                reply = reply_to(wire, udp=False)
                if reply is None:
                    return
                self.wfile.write(struct.pack("!H", len(reply)) + reply)

    for address in settings["addresses"]:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        for base, handler in ((socketserver.ThreadingUDPServer, Udp), (socketserver.ThreadingTCPServer, Tcp)):
            server_class = type(
                "Server", (base,), {"address_family": family, "allow_reuse_address": True, "daemon_threads": True}
            )
            threading.Thread(target=server_class((address, 53), handler).serve_forever, daemon=True).start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
