"""Facts about the system that a run was made on."""

from dataclasses import dataclass

from nexkit.sensitivity import Open


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemInfo:
    """Which system this is; goes into the report."""

    system: Open
    """`linux`, `windows` or `macos`."""
    release: Open
    """Version as the system tells it."""
    architecture: Open
