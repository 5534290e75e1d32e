"""The probes: one module for each kind of measurement.

`BUILTIN` is explicit, so that a frozen build cannot lose one.
"""

from nexkit.probe import Probe

BUILTIN: tuple[type[Probe], ...] = ()
