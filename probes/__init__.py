"""The probes: one module for each kind of measurement.

`BUILTIN` is explicit, so that a frozen build cannot lose one.
"""

from nexkit.probe import Probe
from probes.dns import DnsProbe
from probes.load import LoadProbe
from probes.lookup import LookupProbe
from probes.portal import PortalProbe
from probes.reach import ReachProbe

BUILTIN: tuple[type[Probe], ...] = (
    LookupProbe,
    DnsProbe,
    PortalProbe,
    ReachProbe,
    LoadProbe,
)
