"""Reads what `busctl get-property` prints: a D-Bus signature and a value, never localised."""

_METERED = {"u 1": True, "u 2": False, "u 3": True, "u 4": False}
"""NMMetered: yes, no, and both as NetworkManager guesses them; 0 is unknown."""


def parse_metered(output: str) -> bool | None:
    """NetworkManager's `Metered`; None where it does not know, or the output is something else."""
    return _METERED.get(output.strip())
