"""Zones for a validating resolver: one signed well but for one name, in a root of the lab's own."""

import datetime as dt
from pathlib import Path

import dns.dnssec
import dns.name
import dns.rdataset
import dns.zone
from cryptography.hazmat.primitives.asymmetric import ec

SIGNED_ADDRESS = "198.18.1.20"
_SIGNED = """
$ORIGIN signed.example.
$TTL 60
@ SOA ns.signed.example. host.signed.example. 1 3600 600 86400 60
@ NS ns
ns A 198.18.53.1
good A 198.18.1.20
bogus A 198.18.1.21
"""
_ROOT = """
$ORIGIN .
$TTL 60
. SOA ns.example.com. host.example.com. 1 3600 600 86400 60
. NS ns.example.com.
ns.example.com. A 198.18.53.1
signed.example. NS ns.signed.example.
ns.signed.example. A 198.18.53.1
www.example.com. A 198.18.1.20
www.example.com. AAAA 2001:db8:18:1::20
"""


def write_zones(folder: Path) -> None:
    """`root.zone`, `signed.zone` and `anchor`: the key of the signed zone, the only one to be trusted."""
    zone = dns.zone.from_text(_SIGNED, relativize=False)
    private = ec.generate_private_key(ec.SECP256R1())
    key = dns.dnssec.make_dnskey(private.public_key(), dns.dnssec.Algorithm.ECDSAP256SHA256, flags=257)
    now = dt.datetime.now(dt.UTC)
    with zone.writer() as transaction:
        dns.dnssec.sign_zone(
            zone,
            transaction,
            keys=[(private, key)],
            inception=now - dt.timedelta(days=1),
            expiration=now + dt.timedelta(days=30),
        )
    # Changed behind the signature's back.
    zone.replace_rdataset("bogus.signed.example.", dns.rdataset.from_text("IN", "A", 60, "198.18.1.66"))
    zone.to_file(str(folder / "signed.zone"), relativize=False)
    (folder / "root.zone").write_text(_ROOT)
    (folder / "anchor").write_text(f"signed.example. IN DNSKEY {key.to_text()}\n")
