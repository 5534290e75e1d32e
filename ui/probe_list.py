"""What each probe is and whether it can run here, for `nexkit probe list`, `nexkit check` and the window."""

from collections.abc import Iterable, Mapping

from nexkit.platform.api import Capability, CapabilityState
from nexkit.probe import ProbeSpec
from nexkit.texts import Texts
from nexkit.texts.numbers import byte_size

_PRIVILEGED = frozenset({"segment"})
"""What administrators alone may do anywhere: that an ordinary user is refused it is no defect of the system."""


def states_of(capabilities: Iterable[Capability]) -> Mapping[str, CapabilityState]:
    """The states by id."""
    return {item.id: item.state for item in capabilities}


def best_state(spec: ProbeSpec, states: Mapping[str, CapabilityState]) -> CapabilityState:
    """Whether the probe can run here: the best of what it needs."""
    order = list(CapabilityState)
    return min((states[need] for need in spec.needs if need in states), key=order.index, default=order[0])


def limit_text(spec: ProbeSpec, texts: Texts) -> str:
    """The most that one run takes."""
    _ = texts.gettext
    return _("at most {size}, {seconds:.0f} s").format(size=byte_size(spec.max_bytes), seconds=spec.timeout_s)


def is_defect(item: Capability) -> bool:
    """Whether the system refuses what it could permit to anybody."""
    return item.state is CapabilityState.REFUSED and item.id not in _PRIVILEGED
