"""Exit statuses, and the one way in which a command says that it was used wrongly."""

from enum import IntEnum


class ExitStatus(IntEnum):
    """What the exit status of a command means; public for ever."""

    HEALTHY = 0
    """diagnose, show: healthy. verify: valid at the required tier. Others: done."""
    FAULT = 1
    """diagnose, show: a fault found. verify: invalid."""
    WRONG_USE = 2
    """Wrong use or bad input."""
    INCONCLUSIVE = 3
    """Inconclusive, or it could not be measured."""
    BELOW_TIER = 4
    """verify: intact, but below the required tier."""
    REPACKED = 5
    """verify: intact, but repacked."""
    STOPPED = 130
    """Stopped by the user."""


class CommandError(Exception):
    """Wrong use or bad input: one line for stderr that names the place and the mend."""

    def __init__(self, message: str, status: ExitStatus = ExitStatus.WRONG_USE) -> None:
        super().__init__(message)
        self.status = status
