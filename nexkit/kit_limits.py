"""What the kit does at most, whatever a profile, a plan or a probe asks for. Nothing outside can raise a number here.

The rates are for one destination address and one run. Beside each stands what a run at full depth did at most to one
address in networks with faults, the follow-ups on them included; the limit leaves a factor of two and more, so that no
measurement is ever held up by it. What goes beyond is not sent, and the outcome says so.
"""

from dataclasses import dataclass

from nexkit.units import Bytes, Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many at once, then so many in a second, and so many in all."""

    burst: int
    per_s: float
    most: int


MAX_TARGETS = 32
"""Hosts that one profile may name: with follow-ups enough for a dozen services, and too few to search a network."""
MAX_PORTS = 8
"""Of one host in a profile."""
MAX_SERVICES = 16
MAX_DESTINATIONS = 256
"""Addresses of one run: every host may have eight."""
MAX_DESTINATION_PORTS = 16
"""Of one address in one run: those of the profile and those that the kit tries beside them (53, 80, 443), twice."""
CONNECTIONS = Rate(burst=40, per_s=40.0, most=600)
"""TCP connections: 20 in a second and 290 in all at the router, whose round trips are timed by them where the system
refuses ICMP; elsewhere 10 in a second, or six at once."""
ECHOES = Rate(burst=100, per_s=60.0, most=1500)
"""ICMP echo requests and packets of chosen sizes: 35 in a second, 600 in all."""
TRACES = Rate(burst=400, per_s=100.0, most=1200)
"""Packets of a path discovery: 150 at once, 300 in all. Nearly all of them end at routers on the way."""
DATAGRAMS = Rate(burst=200, per_s=150.0, most=1500)
"""UDP: the voice-like stream, 50 in a second for ten seconds."""
BULK_CONNECTIONS = Rate(burst=200, per_s=100.0, most=2000)
"""TCP connections of a load test, which has a consent of its own: 40 at once, 250 in all."""
FRAMES = Rate(burst=100, per_s=20.0, most=200)
"""Whole frames onto a cable or Wi-Fi, by interface: a handful of questions to everybody on it."""
RUN_BYTES = Bytes(50_000_000)
"""Sent and received in one run, load test left out."""
MAX_LOAD_BYTES = 1_000_000_000
"""Of a load test; a profile can only ask for less."""
DEFAULT_LOAD_BYTES = 200_000_000
"""Where the profile does not say: too little for a line of 1 Gbit/s, and enough for the most."""
RUN_S = Seconds(600.0)
"""Length of a run: five stages take three minutes at most."""
