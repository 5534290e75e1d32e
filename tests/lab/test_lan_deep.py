"""The segment and the lan probe on a switched network with real servers, some of whom should not be there.

client (192.168.10.20), gate (192.168.10.1: router, DHCP, DNS), rogue (192.168.10.66), twin - one switch
"""

import sys

import pytest
from servers.configs import _DNSMASQ
from small_world import SmallWorld

from nexkit.facts.network import NeighbourState
from nexkit.facts.segment import DhcpAnswerKind, SwitchProtocol
from nexkit.outcome import Failed, FailureKind

pytestmark = pytest.mark.lab

BUILD = """
for each in switch gate rogue twin; do node $each; done
ip -n switch link add name lan type bridge forward_delay 0 stp_state 0
ip -n switch link set lan type bridge mcast_snooping 0 group_fwd_mask 0x4000
ip -n switch link set lan up
port() { # node mac address
    ip link add left type veth peer name right
    in=""; [ $1 = client ] || { ip link set left netns $1; in="-n $1"; }
    ip $in link set left name eth0 address $2
    ip link set right netns switch; ip -n switch link set right name to_$1 master lan up
    [ -z "$3" ] || ip $in addr add $3 dev eth0
    ip $in link set eth0 up
}
echo 0 >/proc/sys/net/ipv6/conf/default/accept_ra
port client 02:00:00:00:00:20 192.168.10.20/24
port gate 02:00:00:00:00:01 192.168.10.1/24
port rogue 02:00:00:00:00:66 192.168.10.66/24
port twin 02:00:00:00:00:99
ip -n gate addr add 2001:db8:10::1/64 dev eth0 nodad
ip -n rogue addr add 2001:db8:66::1/64 dev eth0 nodad
ip route add default via 192.168.10.1
"""
GATE = (
    "dhcp-range=192.168.10.100,192.168.10.150,1h",
    "dhcp-option=option:router,192.168.10.1",
    "dhcp-option=252,http://wpad.example.com/wpad.dat",
    "domain=corp.example.com",
    "enable-ra",
    "dhcp-range=2001:db8:10::,ra-only",
)
ROGUE = (
    "no-ping",
    "dhcp-range=192.168.10.200,192.168.10.210,10m",
    "dhcp-option=option:router,192.168.10.66",
    "dhcp-option=option:dns-server,203.0.113.53",
)
RADVD = """interface eth0 { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; AdvDefaultPreference high;
  prefix 2001:db8:66::/64 { }; RDNSS 2001:db8:66::53 { }; AdvManagedFlag on; };
"""
GATE_MAC, ROGUE_MAC, TWIN_MAC = "02:00:00:00:00:01", "02:00:00:00:00:66", "02:00:00:00:00:99"


@pytest.fixture(scope="module")
def world(lab, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lan")
    built = SmallWorld(BUILD)
    try:
        for node, lines in (("gate", GATE), ("rogue", ROGUE)):
            config = folder / f"{node}.conf"
            plain = [line for line in _DNSMASQ if line != "bind-interfaces"]
            leases = f"dhcp-leasefile={folder}/{node}.leases"
            config.write_text("\n".join([*plain, "bind-dynamic", "interface=eth0", leases, "local=/#/", *lines]) + "\n")
            built.start(node, "dnsmasq", f"--conf-file={config}", log=folder / f"{node}.out")
        (folder / "radvd.conf").write_text(RADVD)
        radvd = ["radvd", "-n", "-m", "stderr", "-C", f"{folder}/radvd.conf", "-p", f"{folder}/radvd.pid"]
        built.start("rogue", *radvd, log=folder / "radvd.out")
        built.start("switch", sys.executable, __file__, "speak", log=folder / "switch.out")
        for node, address in (("gate", "192.168.10.1"), ("rogue", "192.168.10.66")):
            built.wait_for_port(node, address, 53)
        for _ in range(10):  # a router begins to answer some time after its program has started
            if len(built.fact("segment", listen_s=1).routers) == 2:
                break
        yield built
    finally:
        built.end()


@pytest.fixture(scope="module")
def survey(world):
    """One look at the network as it stands: its own server and one that should not be there."""
    return world.fact("segment", interface="eth0", listen_s=4.5)


def test_both_dhcp_servers_are_seen_with_what_they_offer(survey):
    offers = {offer.server: offer for offer in survey.offers if offer.kind is DhcpAnswerKind.OFFER}
    assert set(offers) == {"192.168.10.1", "192.168.10.66"}
    own, rogue = offers["192.168.10.1"], offers["192.168.10.66"]
    assert (own.mac, own.routers, own.domain) == (GATE_MAC, ("192.168.10.1",), "corp.example.com")
    assert (own.prefix_length, own.lease_s, own.pac_url) == (24, 3600, "http://wpad.example.com/wpad.dat")
    assert own.offered.startswith("192.168.10.1")
    assert (rogue.mac, rogue.routers, rogue.resolvers) == (ROGUE_MAC, ("192.168.10.66",), ("203.0.113.53",))
    assert 0 < rogue.answer_ms < 4000


def test_servers_also_tell_their_settings_to_a_computer_that_has_an_address(survey):
    told = {offer.server for offer in survey.offers if offer.kind is DhcpAnswerKind.ACK}
    assert told == {"192.168.10.1", "192.168.10.66"}


def test_no_lease_is_taken(world, survey):
    assert survey.dhcp_asked
    assert world.shell("ip -4 -br addr show dev eth0").split()[2:] == ["192.168.10.20/24"]


def test_both_routers_are_seen_with_what_they_advertise(survey):
    routers = {router.mac: router for router in survey.routers}
    assert set(routers) == {GATE_MAC, ROGUE_MAC}
    rogue = routers[ROGUE_MAC]
    assert (rogue.managed, rogue.preference.value, rogue.resolvers) == (True, "high", ("2001:db8:66::53",))
    assert [(prefix.prefix, prefix.length) for prefix in rogue.prefixes] == [("2001:db8:66::", 64)]
    assert rogue.router.startswith("fe80::")
    assert rogue.lifetime_s > 0


def test_the_switch_and_its_port_are_heard(survey):
    lldp, cdp = sorted(survey.switches, key=lambda each: each.protocol.value, reverse=True)
    assert (lldp.protocol, lldp.name, lldp.port, lldp.vlan) == (SwitchProtocol.LLDP, "sw-2f-east", "ge-0/0/7", 42)
    assert (lldp.chassis, lldp.management) == ("02:00:00:00:5e:01", ("192.168.10.2",))
    assert (cdp.protocol, cdp.name, cdp.port, cdp.vlan) == (SwitchProtocol.CDP, "sw-2f-west", "GigabitEthernet0/7", 7)


def test_on_a_sound_network_nobody_else_has_our_address_and_one_has_the_gateways(survey):
    assert [(each.address, each.own, each.macs) for each in survey.arp] == [
        ("192.168.10.20", True, ()),
        ("192.168.10.1", False, (GATE_MAC,)),
    ]
    assert survey.failure is None


def test_an_address_that_two_have_is_found(world):
    addresses = "192.168.10.20/24 192.168.10.1/24"
    with world.broken(
        f"for each in {addresses}; do ip -n twin addr add $each dev eth0; done",
        "ip -n twin addr flush dev eth0; ip neigh flush dev eth0",
    ):
        survey = world.fact("segment", listen_s=1.2)
    own, gateway = survey.arp
    assert (own.own, own.macs) == (True, (TWIN_MAC,))
    assert set(gateway.macs) == {GATE_MAC, TWIN_MAC}


def test_without_the_privilege_it_is_not_permitted_and_nothing_else(world):
    outcome = world.outcome("segment", privilege=("setpriv", "--bounding-set=-net_raw"))
    assert isinstance(outcome, Failed)
    assert (outcome.failure.kind, outcome.failure.step) == (FailureKind.PERMISSION, "open")


def test_an_interface_without_ethernet_is_not_listened_on(world):
    outcome = world.outcome("segment", interface="lo")
    assert not hasattr(outcome, "fact")


def test_a_gateway_that_ignores_ping_lives_by_arp_tcp_and_dns(world):
    with world.broken(
        "ip netns exec gate sh -c 'echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all'",
        "ip netns exec gate sh -c 'echo 0 >/proc/sys/net/ipv4/icmp_echo_ignore_all'",
    ):
        ping = world.fact("ping", target="192.168.10.1", count=2, interval_s=0.05, reply_timeout_s=0.3)
        fact = world.fact("lan", gateway="192.168.10.1", interface="eth0")
    assert ping.received == 0
    assert fact.neighbour is NeighbourState.REACHABLE
    assert {answer.port: answer.failure and answer.failure.kind for answer in fact.tcp} == {
        53: None,
        80: FailureKind.REFUSED,
        443: FailureKind.REFUSED,
    }
    assert (fact.dns.rcode, fact.dns.failure) == ("NXDOMAIN", None), "its dnsmasq knows no name at all"
    assert 0 < fact.dns.rtt_ms < 1000


@pytest.mark.parametrize(
    ("rule", "kind"), [("udp dport 53 drop", FailureKind.TIMEOUT), ("udp dport 53 reject", FailureKind.REFUSED)]
)
def test_a_gateway_without_dns_is_told_from_a_dead_one(world, rule, kind):
    chain = f"chain fault {{\n type filter hook input priority 0;\n {rule}\n }}"
    ruleset = f"nft -f - <<'END'\ntable ip fault {{\n {chain}\n}}\nEND"
    with world.broken(f"ip netns exec gate {ruleset}", "ip netns exec gate nft delete table ip fault"):
        fact = world.fact("lan", gateway="192.168.10.1", interface="eth0", timeout_s=0.5)
    assert (fact.neighbour, fact.dns.rcode, fact.dns.failure.kind) == (NeighbourState.REACHABLE, None, kind)


def speak():
    """What two switches would say, now and again, on the client's cable."""
    import time

    from scapy.contrib import cdp, lldp
    from scapy.layers.l2 import LLC, SNAP, Dot3, Ether
    from scapy.sendrecv import sendp

    mac = "02:00:00:00:5e:01"
    described = (
        Ether(dst="01:80:c2:00:00:0e", src=mac)
        / lldp.LLDPDUChassisID(subtype=4, id=mac)
        / lldp.LLDPDUPortID(subtype=5, id=b"ge-0/0/7")
        / lldp.LLDPDUTimeToLive(ttl=120)
        / lldp.LLDPDUSystemName(system_name=b"sw-2f-east")
        / lldp.LLDPDUManagementAddress(management_address_subtype=1, management_address=b"\xc0\xa8\x0a\x02")
        / lldp.LLDPDUGenericOrganisationSpecific(org_code=0x0080C2, subtype=1, data=b"\x00\x2a")
        / lldp.LLDPDUEndOfLLDPDU()
    )
    ciscos = (
        Dot3(dst="01:00:0c:cc:cc:cc", src="02:00:00:00:5e:02")
        / LLC(dsap=0xAA, ssap=0xAA, ctrl=3)
        / SNAP(OUI=0x00000C, code=0x2000)
        / cdp.CDPv2_HDR(
            msg=[
                cdp.CDPMsgDeviceID(val=b"sw-2f-west"),
                cdp.CDPMsgPortID(iface=b"GigabitEthernet0/7"),
                cdp.CDPMsgNativeVLAN(vlan=7),
            ]
        )
    )
    while True:
        sendp([described, ciscos], iface="to_client", verbose=False)
        time.sleep(0.5)


if __name__ == "__main__":
    speak()
