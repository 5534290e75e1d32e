"""The segment probe over packets that scapy made and read: a second opinion on every format."""

import asyncio
import errno
import logging
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import context

from nexkit.address import Family
from nexkit.facts.network import (
    DefaultRoute,
    Interface,
    InterfaceAddress,
    InterfaceKind,
    NetworkState,
    ProxySettings,
)
from nexkit.facts.segment import DhcpAnswerKind, RouterPreference, SwitchProtocol
from nexkit.outcome import Failed, FailureKind, Skipped, SkipReason
from nexkit.platform.api import NotSupportedError
from nexkit.platform.fake import FakePlatform
from probes.segment import SegmentParams, SegmentProbe
from probes.segment.ethernet import read_frame
from probes.segment.seen import Seen

logging.getLogger("scapy").setLevel(logging.ERROR)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of ciphers that scapy mentions and nobody uses here
    from scapy.contrib import cdp, lldp
    from scapy.layers.dhcp import BOOTP, DHCP
    from scapy.layers.inet import IP, UDP
    from scapy.layers.inet6 import (
        ICMPv6ND_NS,
        ICMPv6ND_RA,
        ICMPv6ND_RS,
        ICMPv6NDOptMTU,
        ICMPv6NDOptPrefixInfo,
        ICMPv6NDOptRDNSS,
        ICMPv6NDOptSrcLLAddr,
        IPv6,
    )
    from scapy.layers.l2 import ARP, LLC, SNAP, Dot3, Ether

OWN, SERVER, OTHER = "02:00:00:00:00:20", "02:00:00:00:00:01", "02:00:00:00:00:66"
STATE = NetworkState(
    interfaces=(
        Interface(
            name="eth0",
            kind=InterfaceKind.ETHERNET,
            admin_up=True,
            carrier=True,
            mtu_bytes=1500,
            speed_bit_s=None,
            duplex=None,
            mac=OWN,
            addresses=(
                InterfaceAddress(address="192.168.10.20", prefix_length=24),
                InterfaceAddress(address="fe80::20", prefix_length=64),
                InterfaceAddress(address="2001:db8:10::20", prefix_length=64),
            ),
        ),
    ),
    default_routes=(
        DefaultRoute(family=Family.IPV4, interface="eth0", gateway="192.168.10.1", metric=1, gateway_on_link=True),
    ),
    resolvers=(),
    search_domains=(),
    proxy=ProxySettings(),
)


def run(frames=(), state=STATE, max_bytes=150_000, **params):
    platform = FakePlatform(state=state, frames=frames)
    outcome = asyncio.run(SegmentProbe().run(SegmentParams(**params), context(platform, max_bytes=max_bytes)))
    return outcome, [Ether(frame) for frame in platform.frames_sent]


def transactions():
    """The numbers that the probe will take: its randomness is that of the test."""
    _, sent = run()
    return [frame[BOOTP].xid for frame in sent if BOOTP in frame]


def offer(xid, *, kind="offer", source=SERVER, **options):
    told = [("message-type", kind), *options.items(), "end"]
    head = BOOTP(op=2, xid=xid, yiaddr="192.168.10.120", chaddr=bytes.fromhex(OWN.replace(":", "")))
    ends = Ether(dst="ff:ff:ff:ff:ff:ff", src=source) / IP(src="192.168.10.1", dst="255.255.255.255")
    return bytes(ends / UDP(sport=67, dport=68) / head / DHCP(options=told))


def advertisement(*options, source=SERVER, router="fe80::1", hop_limit=255, **fields):
    packet = Ether(src=source, dst="33:33:00:00:00:01") / IPv6(src=router, dst="ff02::1", hlim=hop_limit)
    packet /= ICMPv6ND_RA(**fields)
    for option in options:
        packet /= option
    return bytes(packet)


def test_everything_is_asked_twice_and_is_what_scapy_takes_it_for():
    _, sent = run()
    half = len(sent) // 2
    assert [bytes(frame) for frame in sent[:half]] == [bytes(frame) for frame in sent[half:]]
    discover, inform, solicitation, own, gateway = sent[:half]
    assert (discover[IP].src, discover[IP].dst, discover[UDP].dport) == ("0.0.0.0", "255.255.255.255", 67)
    assert ("message-type", 1) in discover[DHCP].options
    assert discover[BOOTP].flags == 0x8000
    assert (inform[IP].src, inform[BOOTP].ciaddr) == ("192.168.10.20", "192.168.10.20")
    assert ("message-type", 8) in inform[DHCP].options
    assert discover[BOOTP].chaddr[:6] == bytes.fromhex(OWN.replace(":", ""))
    assert (solicitation[IPv6].src, solicitation[IPv6].dst, solicitation[IPv6].hlim) == ("fe80::20", "ff02::2", 255)
    assert solicitation[ICMPv6NDOptSrcLLAddr].lladdr == OWN
    assert [(frame[ARP].op, frame[ARP].psrc, frame[ARP].pdst) for frame in (own, gateway)] == [
        (1, "0.0.0.0", "192.168.10.20"),
        (1, "0.0.0.0", "192.168.10.1"),
    ]


def test_checksums_are_those_that_scapy_computes():
    _, sent = run()
    for frame in sent:
        again = Ether(bytes(frame))
        for layer, name in ((IP, "chksum"), (ICMPv6ND_RS, "cksum")):
            if layer in again:
                delattr(again[layer], name)
                assert getattr(Ether(bytes(again))[layer], name) == getattr(frame[layer], name)


def test_an_offer_is_read():
    xid = transactions()[0]
    options = {
        "server_id": "192.168.10.1",
        "subnet_mask": "255.255.255.0",
        "router": "192.168.10.1",
        "name_server": "192.168.10.1",
        "domain": b"corp.example.com",
        "lease_time": 3600,
    }
    outcome, _ = run([offer(xid, **options)])
    (seen,) = outcome.fact.offers
    assert (seen.kind, seen.server, seen.mac, seen.offered) == (
        DhcpAnswerKind.OFFER,
        "192.168.10.1",
        SERVER,
        "192.168.10.120",
    )
    assert (seen.prefix_length, seen.routers, seen.domain, seen.lease_s) == (
        24,
        ("192.168.10.1",),
        "corp.example.com",
        3600,
    )
    assert (seen.relay, seen.pac_url) == (None, None)


def test_offers_of_two_servers_are_two_and_repeated_ones_are_one():
    xid = transactions()[0]
    frames = [offer(xid, server_id="192.168.10.1")] * 2
    frames += [offer(xid, source=OTHER, server_id="192.168.10.66"), offer(transactions()[1], kind="ack")]
    outcome, _ = run(frames)
    assert [(each.kind, each.server) for each in outcome.fact.offers] == [
        (DhcpAnswerKind.OFFER, "192.168.10.1"),
        (DhcpAnswerKind.OFFER, "192.168.10.66"),
        (DhcpAnswerKind.ACK, None),
    ]


def test_offers_to_others_are_not_ours():
    outcome, _ = run([offer(transactions()[0] ^ 1, server_id="192.168.10.1")])
    assert outcome.fact.offers == ()


def test_router_advertisements_are_read():
    told = advertisement(
        ICMPv6NDOptSrcLLAddr(lladdr=SERVER),
        ICMPv6NDOptPrefixInfo(prefix="2001:db8:10::", prefixlen=64, L=1, A=0, preferredlifetime=600),
        ICMPv6NDOptMTU(mtu=1454),
        ICMPv6NDOptRDNSS(dns=["2001:db8:10::53", "2001:db8:10::54"]),
        M=1,
        O=0,
        prf=1,
        routerlifetime=1800,
    )
    outcome, _ = run([told, advertisement(source=OTHER, router="fe80::66", prf=3, routerlifetime=0)])
    first, second = outcome.fact.routers
    assert (first.router, first.mac, first.lifetime_s, first.mtu_bytes) == ("fe80::1", SERVER, 1800, 1454)
    assert (first.managed, first.other, first.preference) == (True, False, RouterPreference.HIGH)
    assert first.resolvers == ("2001:db8:10::53", "2001:db8:10::54")
    (prefix,) = first.prefixes
    assert (prefix.prefix, prefix.length, prefix.on_link, prefix.autonomous, prefix.preferred_s) == (
        "2001:db8:10::",
        64,
        True,
        False,
        600,
    )
    assert (second.lifetime_s, second.preference) == (0, RouterPreference.LOW)


def test_what_a_router_forwarded_is_no_advertisement():
    other_message = bytes(Ether(src=SERVER) / IPv6(src="fe80::1", hlim=255) / ICMPv6ND_NS(tgt="fe80::20"))
    outcome, _ = run([advertisement(hop_limit=64), other_message])
    assert outcome.fact.routers == ()


def arp_reply(address, mac):
    return bytes(Ether(src=mac, dst=OWN) / ARP(op=2, hwsrc=mac, psrc=address, hwdst=OWN, pdst="0.0.0.0"))


def test_who_claims_an_address_is_told_once_and_oneself_is_nobody():
    frames = [arp_reply("192.168.10.20", OTHER)] * 2 + [
        arp_reply("192.168.10.1", SERVER),
        arp_reply("192.168.10.7", OTHER),
    ]
    frames += [arp_reply("192.168.10.20", OWN)]
    outcome, _ = run(frames)
    assert [(each.address, each.own, each.macs) for each in outcome.fact.arp] == [
        ("192.168.10.20", True, (OTHER,)),
        ("192.168.10.1", False, (SERVER,)),
    ]


def test_a_switch_may_name_itself_in_many_ways():
    head = Ether(dst="01:80:c2:00:00:0e", src=SERVER)
    named = head / lldp.LLDPDUChassisID(subtype=7, id=b"chassis 7") / lldp.LLDPDUPortID(subtype=3, id=SERVER)
    named /= lldp.LLDPDUTimeToLive(ttl=120) / lldp.LLDPDUPortDescription(description=b"uplink \x07room 3")
    named /= lldp.LLDPDUSystemDescription(description=b"x" * 500) / lldp.LLDPDUEndOfLLDPDU()
    outcome, _ = run([bytes(named)])
    (switch,) = outcome.fact.switches
    assert (switch.protocol, switch.name, switch.chassis, switch.port) == (SwitchProtocol.LLDP, "chassis 7", None, None)
    assert (switch.port_description, len(switch.description), switch.vlan) == ("uplink room 3", 120, None)


def test_cdp_is_read():
    told = [
        cdp.CDPMsgDeviceID(val=b"sw1"),
        cdp.CDPMsgAddr(naddr=1, addr=[cdp.CDPAddrRecordIPv4(addr="192.168.10.2")]),
        cdp.CDPMsgPortID(iface=b"Gi0/7"),
        cdp.CDPMsgPlatform(val=b"cisco C9200"),
        cdp.CDPMsgSoftwareVersion(val=b"IOS 17"),
    ]
    frame = Dot3(dst="01:00:0c:cc:cc:cc", src=SERVER) / LLC(dsap=0xAA, ssap=0xAA, ctrl=3)
    frame /= SNAP(OUI=0x00000C, code=0x2000) / cdp.CDPv2_HDR(msg=told)
    outcome, _ = run([bytes(frame)])
    (switch,) = outcome.fact.switches
    assert (switch.protocol, switch.name, switch.port, switch.management) == (
        SwitchProtocol.CDP,
        "sw1",
        "Gi0/7",
        ("192.168.10.2",),
    )
    assert switch.description == "cisco C9200, IOS 17"


SAMPLES = [
    arp_reply("192.168.10.1", SERVER),
    offer(1, server_id="192.168.10.1", router="192.168.10.1", domain=b"example.com"),
    advertisement(ICMPv6NDOptPrefixInfo(prefix="2001:db8::", prefixlen=64), ICMPv6NDOptRDNSS(dns=["2001:db8::1"])),
    bytes(Ether(dst="01:80:c2:00:00:0e", src=SERVER, type=0x88CC)) + bytes.fromhex("02070402000000000104030701"),
]


@given(st.sampled_from(SAMPLES), st.data())
def test_no_frame_whatever_makes_it_fall_over(sample, data):
    frame = bytearray(sample[: data.draw(st.integers(0, len(sample)))])
    for _ in range(data.draw(st.integers(0, 6))):
        if frame:
            frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    seen = Seen(bytes.fromhex(OWN.replace(":", "")), frozenset({1}))
    if (found := read_frame(bytes(frame))) is not None:
        seen.take(found, 1.0)


@given(st.binary(max_size=80), st.sampled_from([0x88CC, 60]))
def test_no_words_of_a_switch_make_it_fall_over(words, kind):
    start = bytes.fromhex("aaaa0300000c2000") if kind == 60 else b""
    found = read_frame(bytes.fromhex("01000ccccccc") + bytes(6) + kind.to_bytes(2) + start + words)
    Seen(b"\x02" * 6, frozenset()).take(found, 1.0)


def test_a_flood_of_strangers_is_kept_in_bounds():
    xid = transactions()[0]
    frames = [offer(xid, source=f"02:00:00:00:{n:02x}:01", server_id=f"192.0.2.{n}") for n in range(60)]
    frames += [advertisement(source=f"02:00:00:00:{n:02x}:02", router=f"fe80::{n:x}") for n in range(60)]
    frames += [arp_reply("192.168.10.20", f"02:00:00:00:{n:02x}:03") for n in range(60)]
    outcome, _ = run(frames)
    assert (len(outcome.fact.offers), len(outcome.fact.routers), len(outcome.fact.arp[0].macs)) == (16, 16, 16)


def test_a_flood_ends_at_the_budget_and_what_was_seen_counts():
    outcome, _ = run([arp_reply("192.168.10.20", OTHER)] * 500, max_bytes=6_000)
    assert outcome.fact.failure.kind is FailureKind.BUDGET
    assert outcome.fact.arp[0].macs == (OTHER,)


def test_an_interface_that_goes_away_ends_the_listening():
    outcome, _ = run([arp_reply("192.168.10.20", OTHER), OSError(errno.ENETDOWN, "network is down")])
    assert (outcome.fact.failure.kind, outcome.fact.failure.step) == (FailureKind.NET_UNREACHABLE, "listen")
    assert outcome.fact.arp[0].macs == (OTHER,)


def test_without_permission_and_without_whole_frames():
    refused, _ = run(PermissionError(1, "no"))
    assert isinstance(refused, Failed)
    assert (refused.failure.kind, refused.failure.step) == (FailureKind.PERMISSION, "open")
    missing, _ = run(NotSupportedError(95, "no"))
    assert missing == Skipped(SkipReason.NOT_SUPPORTED)


def test_without_an_interface_there_is_nothing_to_ask():
    outcome, _ = run(interface="eth9")
    assert outcome == Skipped(SkipReason.NO_TARGET)


@pytest.mark.parametrize("listen_s", [0, 66])
def test_impossible_times_are_refused(listen_s):
    with pytest.raises(ValueError, match="listen_s"):
        SegmentParams(listen_s=listen_s)
