"""Units: one canonical unit per quantity, in the name of the field and in its type.

Convert at the edges (operating system, screen) and nowhere else.
"""

from typing import NewType

Ms = NewType("Ms", float)
"""Milliseconds: round-trip times, step timings, jitter."""
Seconds = NewType("Seconds", float)
"""Seconds of a monotonic clock: durations, time-outs."""
Ratio = NewType("Ratio", float)
"""A share from 0 to 1: loss, progress, confidence."""
Bytes = NewType("Bytes", int)
"""A size or an amount of traffic."""
BitPerSecond = NewType("BitPerSecond", float)
"""A rate; 1 Mbit/s is 10**6 bit/s."""
Rpm = NewType("Rpm", float)
"""Round trips per minute (draft-ietf-ippm-responsiveness)."""
