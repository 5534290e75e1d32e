"""Consent to measure: what the user agrees to before anything is sent."""

from enum import Enum


class Consent(Enum):
    """Kinds of measuring, from harmless to costly; public for ever."""

    SYSTEM = "system"
    """Reading this computer's network settings; nothing is sent."""
    ACTIVE_TRAFFIC = "active_traffic"
    """Small test packets to router, resolvers, anchors and services."""
    BULK_TRAFFIC = "bulk_traffic"
    """A load test that fills the line for some seconds and costs data volume."""
    PUBLIC_BACKEND = "public_backend"
    """A load test by a public service that publishes or keeps results with the public address."""
