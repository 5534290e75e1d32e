"""nexkit: finds out where a network fault is."""

__version__ = "0.1.0"
