"""What lies between two readings of the links."""

from dataclasses import replace

import pytest

from nexkit.facts.link import LinkCounters, LinkReading, LinkState, RouteChoice, link_changes
from nexkit.facts.network import Duplex, InterfaceKind

CABLE = LinkState(
    name="eth0",
    kind=InterfaceKind.ETHERNET,
    admin_up=True,
    carrier=True,
    speed_bit_s=1e9,
    duplex=Duplex.FULL,
    auto_negotiation=True,
    port_max_bit_s=1e9,
    partner_max_bit_s=1e9,
    counters=LinkCounters(receive_errors=7, crc_errors=3, receive_drops=100, carrier_changes=2),
)
TUNNEL = replace(CABLE, name="tun0", kind=InterfaceKind.VPN)
WAY = RouteChoice(target="198.18.0.1", interface="eth0", source="192.168.10.20", gateway="192.168.10.1", failure=None)


def reading(*links, routes=()):
    return LinkReading(links=links, routes=routes)


def counted(**counters):
    return replace(CABLE, counters=LinkCounters(**counters))


def test_counters_are_subtracted():
    after = counted(receive_errors=9, crc_errors=5, receive_drops=100, carrier_changes=2)
    (change,) = link_changes(reading(CABLE), reading(after)).links
    assert change.counted == LinkCounters(receive_errors=2, crc_errors=2, receive_drops=0, carrier_changes=0)
    assert change.carrier_losses == 0


def test_a_counter_that_began_anew_is_not_known():
    (change,) = link_changes(reading(CABLE), reading(counted(receive_errors=1, crc_errors=4))).links
    assert (change.counted.receive_errors, change.counted.crc_errors) == (None, 1)
    assert change.carrier_losses is None


@pytest.mark.parametrize(
    ("carrier", "changes", "losses"),
    [(True, 0, 0), (True, 1, 1), (True, 2, 1), (True, 3, 2), (False, 1, 0), (False, 2, 1), (None, 1, 0)],
)
def test_a_loss_is_a_change_from_up_to_down(carrier, changes, losses):
    before = replace(CABLE, carrier=carrier)
    after = replace(before, counters=LinkCounters(carrier_changes=2 + changes))
    (change,) = link_changes(reading(before), reading(after)).links
    assert change.carrier_losses == losses


def test_interfaces_come_and_go():
    changes = link_changes(reading(CABLE), reading(TUNNEL))
    assert (changes.links, changes.appeared, changes.gone) == ((), (TUNNEL,), (CABLE,))


def test_a_way_that_changed_is_told_and_one_that_did_not_is_not():
    other = replace(WAY, target="198.18.0.2")
    moved = replace(WAY, interface="tun0", gateway=None)
    changes = link_changes(reading(routes=(WAY, other)), reading(routes=(moved, other)))
    assert [(change.before, change.after) for change in changes.routes] == [(WAY, moved)]


def test_a_way_that_only_one_reading_asked_for_is_no_change():
    assert link_changes(reading(routes=(WAY,)), reading()).routes == ()
    assert link_changes(reading(), reading(routes=(WAY,))).routes == ()
