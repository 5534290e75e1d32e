import asyncio

import pytest
from scripted import context, measure

from nexkit.facts.link import NOT_COUNTED, LinkState, RouteChoice
from nexkit.facts.network import InterfaceKind
from nexkit.outcome import Failed, FailureKind
from nexkit.params import ParamError, build_params
from nexkit.platform.api import RouteTo
from nexkit.platform.fake import FakePlatform
from probes.link import LinkParams, LinkProbe

CABLE = LinkState(
    name="eth0",
    kind=InterfaceKind.ETHERNET,
    admin_up=True,
    carrier=True,
    speed_bit_s=None,
    duplex=None,
    auto_negotiation=None,
    port_max_bit_s=None,
    partner_max_bit_s=None,
    counters=NOT_COUNTED,
)


def test_links_and_ways_are_read_and_nothing_is_sent():
    way = RouteTo(interface="eth0", source="192.168.10.20", gateway="192.168.10.1")
    ctx = context(FakePlatform(link_states=(CABLE,), routes={"198.18.0.1": way}))
    fact = measure(LinkProbe(), LinkParams(targets=("198.18.0.1", "198.18.0.1")), ctx)
    assert fact.links == (CABLE,)
    assert fact.routes == (
        RouteChoice(
            target="198.18.0.1", interface="eth0", source="192.168.10.20", gateway="192.168.10.1", failure=None
        ),
    )
    assert ctx.spent_bytes == 0


def test_a_target_without_a_way_is_a_result():
    fact = measure(LinkProbe(), LinkParams(targets=("198.18.0.1",)), context(FakePlatform()))
    (way,) = fact.routes
    assert (way.interface, way.failure.kind, way.failure.step) == (None, FailureKind.NET_UNREACHABLE, "route")


def test_links_that_cannot_be_read_are_a_failure():
    platform = FakePlatform(link_states=OSError(5, "no"))
    outcome = asyncio.run(LinkProbe().run(LinkParams(), context(platform)))
    assert isinstance(outcome, Failed)
    assert outcome.failure.step == "read"


@pytest.mark.parametrize("targets", ["example.com", ",".join(f"192.0.2.{number}" for number in range(65))])
def test_targets_are_a_few_addresses(targets):
    with pytest.raises(ParamError, match="targets"):
        build_params(LinkParams, {"targets": targets})
