"""Runs every built-in probe on the lab's client and tells what it booked beside what the interface counted.

    every_probe.py whole     each by itself, one after the other
    every_probe.py endless   those that fetch, from a server whose answers are larger than their budgets
    every_probe.py stopped   all at once, stopped by the user after half a second

Prints a JSON list with an object for each run.
"""

import asyncio
import json
import sys
from pathlib import Path

from nexkit.consent import Consent
from nexkit.outcome import Completed
from nexkit.plan.step import Step
from nexkit.request import Request
from nexkit.run_record import ProfileReference, ProfileTrust
from nexkit.subject import Subject
from nexkit.units import Seconds
from ui.bootstrap import build_runner

STOP_AFTER_S = 0.5
_LATE_S = 0.1
"""For what is still on its way when a probe is done."""
_ETHERNET_HEADER_BYTES = 14
_ENDLESS = "http://speed.example.com/download?bytes=50000000"
_HOSTS = {"host": "mail.example.com", "port": 443, "layer": "https"}
_NAMES = {"controls": ("www.example.com",), "services": ("mail.example.com",)}
_DEEP = {
    "deep": True,
    "signed": ("www.example.com",),
    "bogus": ("bogus.example.com",),
    "suffixes": ("home.example",),
    "resolver_names": ("resolver.example.com",),
}
WHOLE = (
    ("interfaces", {}),
    ("host", {"interval_s": 0.2}),
    ("link", {"targets": ("198.18.0.10",)}),
    ("wifi", {}),
    ("lan", {"gateway": "192.168.10.1", "interface": "eth0"}),
    ("segment", {"listen_s": 1.0}),
    ("ping", {"target": "198.18.0.10", "interval_s": 0.02}),
    ("ping", {"target": "2001:db8:18::10", "interval_s": 0.02}),
    ("route", {"target": "198.18.0.10"}),
    ("route", {"target": "2001:db8:18::10", "method": "udp"}),
    ("route", {"target": "198.18.1.20", "method": "tcp", "port": 443}),
    ("mtu", {"target": "198.18.0.10", "port": 443, "host": "anchor1.example.com"}),
    ("mtu", {"target": "2001:db8:18::10"}),
    (
        "access",
        {"trace_target": "198.18.0.10", "resolvers": ("192.168.10.1",), "carrier_internal": ("anchor2.example.net",)},
    ),
    ("lookup", {**_NAMES, "deep": True, "bare": ("wpad",), "resolver_names": ("resolver.example.com",)}),
    ("dns", {"resolver": "192.168.10.1", **_NAMES}),
    ("dns", {"resolver": "198.18.53.53", **_NAMES, **_DEEP}),
    ("dns", {"resolver": "2001:db8:18::10", **_NAMES}),
    ("encrypted_dns", {"resolver": "tls://mail.example.com:443", "controls": ("www.example.com",)}),
    ("encrypted_dns", {"resolver": "https://mail.example.com/dns-query", "controls": ("www.example.com",)}),
    ("portal", {"url": "http://connect.example.com/generate_204"}),
    ("proxy", {"urls": ("https://mail.example.com/",), "proxy": "http://www.example.com:80"}),
    ("proxy", {"urls": ("https://mail.example.com/",), "pac_url": "http://www.example.com/pac", "auto_detect": True}),
    ("reach", {**_HOSTS, "public_trust": True, "http2": True, "browser": True, "proxy": "www.example.com:80"}),
    ("reach", {**_HOSTS, "quic": True}),
    ("udp", {"stun": ("stun.example.com:3478",), "reflectors": ("stun.example.com:862",), "duration_s": 0.5}),
    ("udp", {"stun": ("stun.example.com:3478", "stun.example.com:9"), "duration_s": 0.5}),
    ("udp_service", {"target": "ntp.example.com:123"}),
    ("udp_service", {"target": "www.example.com:443"}),
    ("time", {"ntp": ("ntp.example.com", "www.example.com")}),
    ("time", {"https": ("mail.example.com",), "http": ("www.example.com",)}),
    (
        "load",
        {
            "server": "http://speed.example.com/",
            "gateway_target": "192.168.10.1",
            "provider_target": "203.0.113.1",
            "max_bytes": 20_000_000,
        },
    ),
)
ENDLESS = (
    ("portal", {"url": _ENDLESS}),
    ("proxy", {"urls": ("https://mail.example.com/",), "pac_url": _ENDLESS}),
    ("reach", {"host": "speed.example.com", "port": 80, "layer": "http", "path": _ENDLESS.partition(".com")[2]}),
)


def carried_bytes():
    """What the client's interface sent and received so far, from IP upward."""
    for line in Path("/proc/net/dev").read_text().splitlines():
        name, _, numbers = line.partition(":")
        if name.strip() == "eth0":
            received, packets_in, *_, sent, packets_out = (int(each) for each in numbers.split()[:10])
            return received + sent - _ETHERNET_HEADER_BYTES * (packets_in + packets_out)
    raise LookupError("eth0")


async def run(cases, stop_after_s=None):
    """Runs the cases together by the runner, as a diagnosis does."""
    runner = build_runner()
    steps = tuple(
        Step(
            id=f"{probe}.{number}",
            probe=probe,
            subject=Subject.CONTROL,
            params=params,
            timeout_s=runner.registry.get(probe).spec.timeout_s,
        )
        for number, (probe, params) in enumerate(cases)
    )
    stop = asyncio.Event()
    nobody = ProfileReference(id="none", serial=0, trust=ProfileTrust.BUILT_IN, sha256="")
    request = Request(consent=frozenset(Consent))
    before = carried_bytes()
    if stop_after_s is not None:
        asyncio.get_running_loop().call_later(stop_after_s, stop.set)
    record = await runner.measure(
        lambda done, running: () if done or running else steps, request, nobody, lambda _event: None, stop
    )
    await asyncio.sleep(_LATE_S)
    carried = carried_bytes() - before
    return [
        {
            "probe": result.probe,
            "params": str(steps[number].params),
            "took_s": result.took_s,
            "completed": isinstance(result.outcome, Completed),
            "outcome": str(result.outcome)[:300],
            "booked": result.traffic_bytes,
            "budget": runner.registry.get(result.probe).spec.max_bytes,
            "carried": carried,
        }
        for number, result in enumerate(record.results)
    ]


async def main(mode):
    """All runs of a mode."""
    if mode == "stopped":
        return await run(WHOLE, Seconds(STOP_AFTER_S))
    return [each for case in (WHOLE if mode == "whole" else ENDLESS) for each in await run([case])]


if __name__ == "__main__":
    json.dump(asyncio.run(main(sys.argv[1])), sys.stdout)
