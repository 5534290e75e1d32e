"""The probes: one module for each kind of measurement, with the probe's id as its name.

`BUILTIN` is explicit, so that a frozen build cannot lose one. It is made when it is first asked for: `nexkit probe run`
imports the one module that it needs, because all of them take a tenth of a second.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from nexkit.probe import Probe

BUILTIN: tuple[type[Probe], ...]


def _builtin() -> tuple[type[Probe], ...]:
    from probes.access import AccessProbe
    from probes.dns import DnsProbe
    from probes.encrypted_dns import EncryptedDnsProbe
    from probes.host import HostProbe
    from probes.interfaces import InterfacesProbe
    from probes.lan import LanProbe
    from probes.link import LinkProbe
    from probes.load import LoadProbe
    from probes.lookup import LookupProbe
    from probes.mtu import MtuProbe
    from probes.ping import PingProbe
    from probes.portal import PortalProbe
    from probes.proxy import ProxyProbe
    from probes.reach import ReachProbe
    from probes.route import RouteProbe
    from probes.segment import SegmentProbe
    from probes.time import TimeProbe
    from probes.udp import UdpProbe
    from probes.udp_service import UdpServiceProbe
    from probes.wifi import WifiProbe

    return (
        InterfacesProbe,
        HostProbe,
        LinkProbe,
        WifiProbe,
        LanProbe,
        SegmentProbe,
        PingProbe,
        RouteProbe,
        MtuProbe,
        AccessProbe,
        LookupProbe,
        DnsProbe,
        EncryptedDnsProbe,
        PortalProbe,
        ProxyProbe,
        ReachProbe,
        UdpProbe,
        UdpServiceProbe,
        TimeProbe,
        LoadProbe,
    )


def __getattr__(name: str) -> Any:  # noqa: ANN401  as the language has it
    """The value of `BUILTIN` at its first use."""
    if name != "BUILTIN":
        raise AttributeError(name)
    globals()[name] = found = _builtin()
    return found


def builtin_probe(probe_id: str) -> type[Probe] | None:
    """The built-in probe of an id, without importing the others; None where there is none."""
    name = f"{__name__}.{probe_id}"
    if not probe_id.isidentifier() or find_spec(name) is None:
        return None
    for each in vars(import_module(name)).values():
        if isinstance(each, type) and getattr(getattr(each, "spec", None), "id", None) == probe_id:
            return each
    return None
