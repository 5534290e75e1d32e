"""Every number that a rule compares with, and where it comes from."""

from dataclasses import dataclass

from nexkit.units import Ms, Ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of one diagnosis; the defaults suit home and office lines."""

    min_destinations: int = 2
    """So many unrelated destinations must fail before a network is blamed: any single one may be down itself."""
    min_controls: int = 2
    """So many unrelated controls must pass before a remote service is blamed (OONI ts-017: compare with a control)."""
    min_signs: int = 2
    """So many independent signs name a cause; with fewer, only the segment is said."""

    loss_ratio: Ratio = Ratio(0.01)
    """Calls suffer above 1 % (Microsoft Teams, network requirements: packet loss below 1 % in any 15 s)."""
    tcp_loss_ratio: Ratio = Ratio(0.03)
    """The same by timed TCP connects: servers drop single SYNs on purpose (SYN rate limits), so more has to be lost."""
    tcp_retransmit_ms: Ms = Ms(1000.0)
    """A connect that took longer was repeated by the system: the first SYN was lost (RFC 6298 section 2: 1 s)."""
    loss_min_bursts: int = 2
    """A single lost packet, or a single burst (a Wi-Fi that roams), is an event and no loss rate."""
    loss_z: float = 1.96
    """Loss is said when the lower end of its 95 % confidence interval (Wilson 1927) lies above the limit."""

    chance_ratio: Ratio = Ratio(0.001)
    """Silence that lost packets alone give more often than that says nothing of who kept silent. A run makes dozens of
    attempts, and none of them may be blamed on a server by accident (own choice)."""
    packets_each: int = 2
    """An attempt whose silence counts has sent at least so many packets: a SYN is repeated after 1 s (RFC 6298 section
    2), a DNS question over UDP once."""

    transfer_repeats: int = 3
    """So often TCP repeats a segment before a transfer is given up as stalled: after 0.2, 0.6 and 1.4 s at the least
    (Linux TCP_RTO_MIN: 200 ms, doubled each time by RFC 6298 section 5.5)."""

    min_hit_connects: int = 3
    """So many new connections have to come to nothing before that is a pattern (own choice; the chance is tested)."""
    min_clean_connects: int = 5
    """So many connections of a family, none of which failed, show that it is spared: where a third of them fails, all
    of five pass in one run of eight (own choice)."""
    min_hop_replies: int = 3
    """Fewer answers of a router say nothing of the delay up to it: the first one may wait for a neighbour (RFC 4861
    section 7.2.2), and it answers with its slow path."""

    solicitations: int = 3
    """So often a system asks for a neighbour's address in vain before it gives up for a while (RFC 4861 section 10)."""

    gateway_rtt_ms: Ms = Ms(50.0)
    """To one's own router; a healthy LAN stays below 5 ms, above 50 ms it fails (W365ConnectivityTool)."""
    same_delay_ratio: Ratio = Ratio(0.75)
    """A median that reaches so much of another may hold the same delay: medians of one unsteady way differ by chance,
    while a router that is slow at pings alone delays nothing beyond it (own choice)."""
    rtt_ms: Ms = Ms(100.0)
    """To the internet, idle (Microsoft Teams, network requirements: round trip below 100 ms)."""
    jitter_ms: Ms = Ms(30.0)
    """Microsoft Teams, network requirements: inter-arrival jitter below 30 ms."""
    long_delay_rtt_ms: Ms = Ms(300.0)
    """Twice the one-way delay up to which most talk is not disturbed (ITU-T G.114: 150 ms)."""
    far_rtt_ms: Ms = Ms(200.0)
    """To the other side of the earth and back through glass (2 x 20 000 km at 200 km/ms): whoever is farther than
    that, and not because the line itself is long, is reached by a detour."""
    satellite_rtt_ms: Ms = Ms(470.0)
    """What the way up to a geostationary satellite and down costs at the least, there and back (4 x 35 786 km at the
    speed of light). So much, and steady, is the nature of a line and no fault."""
    working_rtt_added_ms: Ms = Ms(60.0)
    """Added under load: grade C and worse (DSLReports bufferbloat grades: B ends at 60 ms)."""
    min_replies: int = 10
    """A percentile of fewer round trips is a guess: the 95th needs at least this many to leave out an outlier."""

    slow_goodput_ratio: Ratio = Ratio(0.5)
    """Of what the profile expects. Half is a choice of this project: a quarter below plan is everyday Wi-Fi and TCP."""

    detour_added_ms: Ms = Ms(100.0)
    """By a VPN. So much is the whole round trip that calls may have (Microsoft Teams, network requirements: below 100
    ms): a detour that takes it all is no everyday price of a VPN."""

    dns_slow_ms: Ms = Ms(400.0)
    """For a name that no cache holds (ChromeOS network diagnostics, DNS latency: problem above 400 ms)."""
    dns_very_slow_ms: Ms = Ms(1000.0)
    """From here on systems ask again or ask the next resolver (Windows DNS client: second query after 1 s)."""

    first_byte_slow_ms: Ms = Ms(1800.0)
    """Time to first byte is poor above 1.8 s (web.dev, Time to First Byte)."""
    first_byte_fast_ms: Ms = Ms(800.0)
    """Time to first byte is good up to 0.8 s (web.dev, Time to First Byte)."""
    connect_fast_ms: Ms = Ms(500.0)
    """The way to a server is not what is slow (ChromeOS network diagnostics, HTTPS latency: fine below 500 ms)."""

    loop_rounds: int = 3
    """The same routers answer this many times in a row before it is called a loop; changing paths repeat one once."""
    shared_names: int = 2
    """So many unrelated names with the same odd sign (address, issuer) point at something on the way."""

    pac_slow_ms: Ms = Ms(1000.0)
    """Every program waits for the script before its first connection; from here on people lose the thread (Nielsen,
    Usability Engineering, 1993: 1 s keeps the flow of thought)."""
    pac_round_trips: int = 6
    """A fetch takes so many: the lookup of the name, TCP, TLS 1.2 with two and HTTP, and one to spare (RFC 5246)."""
    pac_repeats_ms: Ms = Ms(3000.0)
    """Added where packets are lost: a segment is repeated after 1 s and once more after 2 s (RFC 6298)."""

    against_factor: Ratio = Ratio(0.8)
    """A finding's confidence is multiplied by this for each outcome that speaks against it (own choice)."""
    healthy_confidence: Ratio = Ratio(0.95)
    """Of "healthy": a fault that comes and goes may just have been away (own choice)."""
    segment_confidence: Ratio = Ratio(0.6)
    """Of a fault whose segment alone is known (own choice)."""


DEFAULT_LIMITS = Limits()
"""The limits where nobody sets others."""
