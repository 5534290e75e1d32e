"""What can be known: one frozen dataclass for each kind of measurement, with units and classes of privacy.

Facts are the meeting point of the parts: probes make them, rules and reports read them. `None` means "not known".
`BUILTIN_FACTS` is made when it is first asked for, because all their classes take a while to make.
"""

from typing import Any

BUILTIN_FACTS: tuple[type, ...]
"""Every fact of this version; a report names a fact by its class name."""


def _builtin_facts() -> tuple[type, ...]:
    from nexkit.facts.access import AccessLine
    from nexkit.facts.dns import EncryptedAnswers, ResolverAnswers, SystemLookups
    from nexkit.facts.echo import EchoStats
    from nexkit.facts.host import HostState
    from nexkit.facts.link import LinkReading
    from nexkit.facts.load import LoadTest
    from nexkit.facts.mtu import PathMtu
    from nexkit.facts.network import GatewayReach, NetworkState
    from nexkit.facts.path import PathTrace
    from nexkit.facts.portal import PortalCheck
    from nexkit.facts.proxy import ProxyCheck
    from nexkit.facts.reach import Reach
    from nexkit.facts.segment import SegmentSurvey
    from nexkit.facts.time import ClockCheck
    from nexkit.facts.udp import UdpPath, UdpService
    from nexkit.facts.wifi import WifiReading

    return (
        NetworkState,
        HostState,
        LinkReading,
        GatewayReach,
        SegmentSurvey,
        EchoStats,
        ResolverAnswers,
        SystemLookups,
        EncryptedAnswers,
        PathTrace,
        PathMtu,
        AccessLine,
        Reach,
        PortalCheck,
        ProxyCheck,
        LoadTest,
        UdpPath,
        UdpService,
        ClockCheck,
        WifiReading,
    )


def __getattr__(name: str) -> Any:  # noqa: ANN401  as the language has it
    """The value of `BUILTIN_FACTS` at its first use."""
    if name != "BUILTIN_FACTS":
        raise AttributeError(name)
    globals()[name] = found = _builtin_facts()
    return found
