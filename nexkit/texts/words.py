"""Words for the things of a run: who was measured, what the user saw, what a figure is."""

from collections.abc import Callable, Mapping
from functools import partial

from nexkit.diagnosis.verdict import FindingValue
from nexkit.facts.path import HopPlace
from nexkit.request import Symptom
from nexkit.subject import Subject
from nexkit.texts import Texts
from nexkit.texts.numbers import bit_rate, byte_size, duration, milliseconds, percent, quantity

_BY_UNIT: Mapping[str, Callable[[float | None], str]] = {
    "_ms": milliseconds,
    "_ratio": percent,
    "_bit_s": bit_rate,
    "mtu_bytes": partial(quantity, unit="B"),  # the size of a packet is told exactly
    "passed_bytes": partial(quantity, unit="B"),
    "_bytes": byte_size,
    "_s": duration,
    "_dbm": partial(quantity, unit="dBm"),
    "_db": partial(quantity, unit="dB"),
}
"""By the end of a name; of two that fit the first."""


def subject_text(subject: Subject, texts: Texts) -> str:
    """Who is at the other end, in a word."""
    _ = texts.gettext
    words = {
        Subject.COMPUTER: _("This computer"),
        Subject.GATEWAY: _("Router"),
        Subject.RESOLVER: _("Name server"),
        Subject.COMPARISON_RESOLVER: _("Name server to compare"),
        Subject.PROVIDER_HOP: _("Provider"),
        Subject.ANCHOR: _("Internet"),
        Subject.CONTROL: _("Well-known site"),
        Subject.PORTAL_CHECK: _("Check page"),
        Subject.SERVICE: _("Service"),
        Subject.SERVICE_HOST: _("Computer of the service"),
        Subject.EXPECTED_RESOLVER: _("The organisation's name server for this network"),
        Subject.VPN: _("VPN"),
        Subject.DIRECT_WAY: _("Service, past the VPN"),
        Subject.PROXY: _("Proxy"),
        Subject.ACCESS_LINE: _("Access line"),
        Subject.UDP_SERVER: _("Server for calls (UDP)"),
        Subject.TIME_SERVER: _("Time server"),
        Subject.LOAD_SERVER: _("Test server"),
    }
    return words[subject]


def hop_place_text(place: HopPlace, texts: Texts) -> str:
    """Where a router on the way stands, in a few words."""
    _ = texts.gettext
    words = {
        HopPlace.SILENT: _("silent"),
        HopPlace.FIRST_ROUTER: _("first router"),
        HopPlace.PRIVATE: _("private address"),
        HopPlace.CARRIER_NAT: _("carrier's address translation (100.64.0.0/10)"),
        HopPlace.PROVIDER: _("provider"),
        HopPlace.INTERNET: _("internet"),
        HopPlace.TARGET: _("destination"),
    }
    return words[place]


def symptom_name(symptom: Symptom, texts: Texts) -> str:
    """What is wrong, in the user's view."""
    _ = texts.gettext
    words = {
        Symptom.NO_INTERNET: _("Nothing works"),
        Symptom.SLOW: _("It is slow"),
        Symptom.UNSTABLE: _("It comes and goes"),
        Symptom.ONE_SERVICE: _("One service does not work"),
        Symptom.CALLS: _("Calls are bad"),
        Symptom.VPN: _("The VPN does not work"),
        Symptom.CHECK_UP: _("Just check everything"),
    }
    return words[symptom]


_LONGEST_WORD = 256
"""Characters of a text value: what an issuer of certificates calls itself has no limit of its own."""


def value_text(name: str, value: FindingValue) -> str:
    """A value of a finding, formatted by the unit in its name."""
    if isinstance(value, str) or value is None:
        return (value or "–")[:_LONGEST_WORD]
    for suffix, words in _BY_UNIT.items():
        if name.endswith(suffix):
            return words(value)
    return f"{value:g}"
