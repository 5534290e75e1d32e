"""The probes: one module for each kind of measurement.

`BUILTIN` is explicit, so that a frozen build cannot lose one.
"""

from nexkit.probe import Probe
from probes.dns import DnsProbe
from probes.interfaces import InterfacesProbe
from probes.lan import LanProbe
from probes.load import LoadProbe
from probes.lookup import LookupProbe
from probes.ping import PingProbe
from probes.portal import PortalProbe
from probes.reach import ReachProbe
from probes.route import RouteProbe

BUILTIN: tuple[type[Probe], ...] = (
    InterfacesProbe,
    LanProbe,
    PingProbe,
    RouteProbe,
    LookupProbe,
    DnsProbe,
    PortalProbe,
    ReachProbe,
    LoadProbe,
)
