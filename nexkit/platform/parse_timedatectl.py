"""Reads `timedatectl show`, whose words are the properties of org.freedesktop.timedate1 and never translated. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Timedated:
    """What systemd-timedated knows; all None where it does not run."""

    zone: str | None = None
    ntp: bool | None = None
    """A service that synchronises the clock is switched on."""
    synchronised: bool | None = None


_YES_NO = {"yes": True, "no": False}


def parse_timedatectl(text: str) -> Timedated:
    """The properties; what is not there is None."""
    values = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    return Timedated(
        zone=values.get("Timezone") or None,
        ntp=_YES_NO.get(values.get("NTP", "")),
        synchronised=_YES_NO.get(values.get("NTPSynchronized", "")),
    )
