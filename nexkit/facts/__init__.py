"""What can be known: one frozen dataclass for each kind of measurement, with units and classes of privacy.

Facts are the meeting point of the parts: probes make them, rules and reports read them. `None` means "not known".
"""

from nexkit.facts.dns import ResolverAnswers, SystemLookups
from nexkit.facts.echo import EchoStats
from nexkit.facts.load import LoadTest
from nexkit.facts.network import GatewayReach, NetworkState
from nexkit.facts.path import PathTrace
from nexkit.facts.portal import PortalCheck
from nexkit.facts.reach import Reach

BUILTIN_FACTS: tuple[type, ...] = (
    NetworkState,
    GatewayReach,
    EchoStats,
    ResolverAnswers,
    SystemLookups,
    PathTrace,
    Reach,
    PortalCheck,
    LoadTest,
)
"""Every fact of this version; a report names a fact by its class name."""
