"""Every number that a rule compares with, and where it comes from."""

from dataclasses import dataclass

from nexkit.units import BitPerSecond, Ms, Ratio, Seconds


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
    spared_ratio: Ratio = Ratio(0.1)
    """A family is spared what the other one suffers when so many connections without a failure would be rarer than
    this by chance (own choice)."""
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

    far_enough_ms: Ms = Ms(2.0)
    """A round trip from here on is longer than what a busy computer makes of nothing (own choice)."""

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

    clock_codes_s: Seconds = Seconds(30.0)
    """One-time passwords change so often; servers take the one before and the one after at most (RFC 6238 section
    5.2)."""
    clock_kerberos_s: Seconds = Seconds(300.0)
    """Sign-in to a company network refuses what is farther off (RFC 4120 section 1.6: 5 minutes are typical)."""

    cpu_busy_ratio: Ratio = Ratio(0.9)
    """Of all processors together, over the run (Microsoft, Performance Monitor guidance: above 85 to 90 % for long is
    a bottleneck)."""
    memory_free_ratio: Ratio = Ratio(0.05)
    """Less than this is left, while the system moves memory to the disk (Microsoft, Performance Monitor guidance: below
    5 % memory is short)."""
    own_answer_ms: Ms = Ms(100.0)
    """What a program may wait for itself: up to here people feel that a computer reacts at once (Nielsen, Usability
    Engineering, 1993: 0.1 s). Where processors are free it is less than one."""

    wifi_weak_dbm: float = -70.0
    """Below it a Wi-Fi signal is weak; networks are planned for -67 dBm (Apple, Deploy Wi-Fi roaming)."""
    wifi_roam_dbm: float = -75.0
    """From here down a computer looks for a better cell (Apple, Wi-Fi roaming support: macOS)."""
    wifi_better_db: float = 8.0
    """By so much a cell has to be better for a change to it (Apple, Wi-Fi roaming support: 8 dB while data flows)."""
    wifi_cells_age_s: Seconds = Seconds(60.0)
    """An older list of cells tells of where the computer was before (own choice: people walk)."""
    wifi_low_rate_bit_s: BitPerSecond = BitPerSecond(13e6)
    """MCS 0 and 1 of one stream at 20 MHz (IEEE 802.11n): a few Mbit/s are left of it."""
    wifi_retry_ratio: Ratio = Ratio(0.25)
    """Repeats for each frame sent. Design guides want less than 10 %; a quarter is beyond everyday (own choice)."""
    wifi_min_frames: int = 100
    """Of fewer frames a share of repeats says little (own choice)."""
    wifi_snr_db: float = 20.0
    """Least distance of signal and noise for data (Cisco Meraki, signal-to-noise ratio: 20 dB)."""
    wifi_crowded_cells: int = 4
    """So many cells on the channel or reaching into it make it crowded (own choice: three share it well enough)."""

    spike_ms: Ms = Ms(50.0)
    """A round trip to the router that is longer than the median by so much is a spike: a call's buffer runs dry
    (W365ConnectivityTool: a router above 50 ms fails)."""
    spike_median_ms: Ms = Ms(20.0)
    """Between spikes the way is good up to here (W365ConnectivityTool: warns above 20 ms)."""
    spike_max_ratio: Ratio = Ratio(0.3)
    """Of the samples; where more are late, it is no matter of spikes (own choice)."""
    spike_join_s: Seconds = Seconds(0.2)
    """Late samples so near to each other belong to one spike: all that waited come in together (own choice)."""
    spike_min_gaps: int = 4
    """So many gaps between spikes at the least show a rhythm (own choice: see spike_fit_ratio)."""
    spike_fit_ratio: Ratio = Ratio(0.8)
    """Of the gaps have to be one and the same, or a whole number of it where a spike fell between two samples. Spikes
    at random do so in less than one run of fifty."""
    spike_tolerance_ratio: Ratio = Ratio(0.1)
    """By so much a gap may miss the rhythm, the pace of the samples besides (own choice)."""

    cable_fast_bit_s: BitPerSecond = BitPerSecond(1e9)
    """A cable that carries so much, though less than both ends could, holds nobody up by itself (own choice)."""
    cable_min_errors: int = 3
    """A single damaged frame is chance: cables promise less than one bit in 10^10 (IEEE 802.3, 1000BASE-T)."""
    cable_error_ratio: Ratio = Ratio(0.001)
    """Of the frames: more are no chance on any good cable (own choice)."""
    fast_ethernet_bit_s: tuple[BitPerSecond, BitPerSecond] = (BitPerSecond(90e6), BitPerSecond(95.5e6))
    """Goodput that a link of 100 Mbit/s ends at: 1448 bytes of payload in 1538 on the wire are 94 % (IEEE 802.3)."""

    call_rtt_poor_ms: Ms = Ms(500.0)
    """A call whose round trips are longer was poor (Microsoft Teams, Call Quality Dashboard, stream classification)."""
    call_jitter_poor_ms: Ms = Ms(40.0)
    """Zoom, network requirements: jitter of 40 ms or less."""
    call_loss_poor_ratio: Ratio = Ratio(0.1)
    """A call that lost more was poor (Microsoft Teams, Call Quality Dashboard, stream classification)."""
    call_burst_loss_ratio: Ratio = Ratio(0.1)
    """Of any 200 ms (Microsoft Teams, network requirements: burst packet loss below 10 %)."""
    desktop_rtt_poor_ms: Ms = Ms(200.0)
    """W365ConnectivityTool: round trip fails above 200 ms; good below 100 ms, as for calls."""
    desktop_jitter_poor_ms: Ms = Ms(60.0)
    """W365ConnectivityTool: jitter fails above 60 ms; good below 30 ms, as for calls."""
    web_goodput_bit_s: BitPerSecond = BitPerSecond(10e6)
    """Cloudflare, Aggregated Internet Measurement (AIM): the first step that counts for streaming and browsing."""
    web_goodput_poor_bit_s: BitPerSecond = BitPerSecond(1e6)
    """Cloudflare AIM: no points below 1 Mbit/s."""
    web_working_rtt_poor_ms: Ms = Ms(200.0)
    """300 round trips a minute under load are poor (Apple networkQuality; draft-ietf-ippm-responsiveness); good is 60
    ms, or 1000 of them."""

    against_factor: Ratio = Ratio(0.8)
    """A finding's confidence is multiplied by this for each outcome that speaks against it (own choice)."""
    healthy_confidence: Ratio = Ratio(0.95)
    """Of "healthy": a fault that comes and goes may just have been away (own choice)."""
    segment_confidence: Ratio = Ratio(0.6)
    """Of a fault whose segment alone is known (own choice)."""


DEFAULT_LIMITS = Limits()
"""The limits where nobody sets others."""
