"""macOS: the permission for the location, on which the names of Wi-Fi networks hang since macOS 14 (CoreLocation)."""

import sys
from enum import Enum
from typing import Any

assert sys.platform == "darwin"  # noqa: S101  mypy reads what follows for macOS only


class LocationPermission(Enum):
    """What the system says."""

    ALLOWED = "allowed"
    NOT_ASKED = "not_asked"
    """The user was not asked yet; until then the program does not stand in the settings either."""
    DENIED = "denied"
    RESTRICTED = "restricted"
    """Neither permitted nor to be permitted by this user."""
    OFF = "off"
    """Location services are switched off for every program."""


_BY_STATUS = {
    0: LocationPermission.NOT_ASKED,
    1: LocationPermission.RESTRICTED,
    2: LocationPermission.DENIED,
    3: LocationPermission.ALLOWED,
    4: LocationPermission.ALLOWED,
}
"""CLAuthorizationStatus (CLLocationManager.h)."""
_asking: list[Any] = []
"""Managers whose question is open: with the last reference to it the question goes away."""


def location_permission() -> LocationPermission | None:
    """None: a status that is not known."""
    import objc
    from CoreLocation import CLLocationManager

    with objc.autorelease_pool():
        if not CLLocationManager.locationServicesEnabled():
            return LocationPermission.OFF
        return _BY_STATUS.get(int(CLLocationManager.authorizationStatus()))


def ask_for_location() -> None:
    """Have the system ask the user, where it has not; from the main thread, whose events carry the answer."""
    if location_permission() is not LocationPermission.NOT_ASKED:
        return
    from CoreLocation import CLLocationManager

    manager = CLLocationManager.alloc().init()
    manager.requestWhenInUseAuthorization()
    _asking.append(manager)
