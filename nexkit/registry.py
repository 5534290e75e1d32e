"""Which probes there are: an explicit list of built-ins, and those of others, off until switched on."""

from collections.abc import Iterable, Iterator
from importlib.metadata import entry_points

from nexkit.probe import CONTRACT_VERSION, Probe, ProbeSpec

ENTRY_POINT_GROUP = "nexkit.probes"


class RegistryError(ValueError):
    """A probe that cannot be registered; the text names it and says why."""


class Registry:
    """Probes by id. Built-ins come from a list, so that a frozen build cannot lose one."""

    def __init__(self, builtin: Iterable[Probe]) -> None:
        self._probes: dict[str, Probe] = {}
        for probe in builtin:
            self._add(probe)

    def _add(self, probe: Probe) -> None:
        if probe.spec.id in self._probes:
            raise RegistryError(f"probe id {probe.spec.id!r} is taken")
        self._probes[probe.spec.id] = probe

    def switch_on(self, names: Iterable[str]) -> None:
        """Load the named probes of other distributions from the entry-point group.

        Their code runs with the user's rights, so nothing is loaded that was not named. RegistryError for a name that
        no distribution offers, an id of a built-in, or another contract version.
        """
        wanted = tuple(names)
        # Reading what is installed takes a while: not where nothing is asked for.
        offered = {entry.name: entry for entry in entry_points(group=ENTRY_POINT_GROUP)} if wanted else {}
        for name in wanted:
            if name not in offered:
                raise RegistryError(f"no installed distribution offers a probe {name!r}")
            probe: Probe = offered[name].load()()
            if probe.spec.contract != CONTRACT_VERSION:
                raise RegistryError(
                    f"probe {name!r} was written for contract {probe.spec.contract}, "
                    f"this is contract {CONTRACT_VERSION}"
                )
            self._add(probe)

    def __iter__(self) -> Iterator[ProbeSpec]:
        return iter(probe.spec for probe in self._probes.values())

    def __contains__(self, probe_id: str) -> bool:
        return probe_id in self._probes

    def get(self, probe_id: str) -> Probe:
        """The probe of an id; KeyError without one."""
        return self._probes[probe_id]
