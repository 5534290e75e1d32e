"""Words for the things of a run: who was measured, what the user saw, what a figure is."""

from collections.abc import Callable, Mapping
from functools import partial

from nexkit.diagnosis.verdict import Finding, FindingValue
from nexkit.facts.path import HopPlace
from nexkit.request import Affected, Occurrence, Request, Since, Symptom
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


def since_text(since: Since, texts: Texts) -> str:
    """How long it has been so."""
    _ = texts.gettext
    words = {
        Since.TODAY: _("since today"),
        Since.DAYS: _("for some days"),
        Since.WEEKS: _("for weeks"),
        Since.ALWAYS: _("always been so"),
        Since.CHANGE: _("since a change"),
    }
    return words[since]


def occurrence_text(occurs: Occurrence, texts: Texts) -> str:
    """How often it happens."""
    _ = texts.gettext
    words = {
        Occurrence.ALWAYS: _("all the time"),
        Occurrence.NOW_AND_THEN: _("now and then"),
    }
    return words[occurs]


def affected_text(affects: Affected, texts: Texts) -> str:
    """Whom it hits."""
    _ = texts.gettext
    words = {
        Affected.ONLY_ME: _("only me"),
        Affected.OTHERS_TOO: _("others too"),
    }
    return words[affects]


def complaint_text(request: Request, texts: Texts) -> str:
    """What the user said is wrong, since when, how often and for whom; what was not answered is left out."""
    parts = [symptom_name(request.symptom, texts)]
    if request.since is not None:
        parts.append(since_text(request.since, texts))
    if request.occurs is not None:
        parts.append(occurrence_text(request.occurs, texts))
    if request.affects is not None:
        parts.append(affected_text(request.affects, texts))
    return "; ".join(parts)


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


def span_text(seconds: float, texts: Texts) -> str:
    """A time in the unit that people would tell it in: at least two of it, save seconds."""
    _ = texts.gettext
    for size_s, words in ((86_400, _("{count} days")), (3600, _("{count} hours")), (60, _("{count} minutes"))):
        if seconds >= 2 * size_s:
            return words.format(count=round(seconds / size_s))
    return _("{count} seconds").format(count=round(seconds))


def spoken_time(value_ms: float, texts: Texts) -> str:
    """A time as one tells it to people: whole ms, or seconds; below 1 ms nobody cares how far."""
    _ = texts.gettext
    if value_ms < 1:
        return _("less than 1 ms")
    if value_ms < 1000:  # noqa: PLR2004
        return _("{count} ms").format(count=f"{value_ms:.0f}")
    return _("{count} seconds").format(count=f"{value_ms / 1000:.1f}")


def spoken_value(name: str, value: FindingValue, texts: Texts) -> str:
    """A value within a sentence: rounded to what people can do something with."""
    if isinstance(value, int | float):
        if name.endswith("_ms"):
            return spoken_time(value, texts)
        if name.endswith("_ratio") and value >= 0.01:  # noqa: PLR2004
            return f"{value * 100:.0f} %"
        if name.endswith("_bit_s"):
            return bit_rate(value).replace(".0 ", " ")
    return worded_value(name, value, texts)


def value_name(name: str, texts: Texts) -> str:
    """What a value is, in a word or two; the stable name of one that only a newer version knows."""
    _ = texts.gettext
    words = {
        "added_rtt_ms": _("added by load"),
        "answer": _("answer"),
        "answered": _("questions answered"),
        "bad": _("failing servers"),
        "best_dbm": _("best signal nearby"),
        "beyond_loss_ratio": _("lost beyond the router"),
        "breaks": _("hindered by it"),
        "burst_loss_ratio": _("lost at the worst moment"),
        "by": _("told by"),
        "cable": _("fault of the cable"),
        "cells": _("Wi-Fi access points on the channel"),
        "changed": _("check pages changed"),
        "clock": _("clock"),
        "connect_ms": _("connecting"),
        "controls": _("other sites that work"),
        "cpu_busy_ratio": _("processor busy"),
        "direct_rtt_ms": _("round trip past the VPN"),
        "direction": _("direction"),
        "dns_ms": _("name lookup"),
        "duplex": _("duplex"),
        "errors": _("damaged frames"),
        "exhausted": _("used up"),
        "expected_bit_s": _("expected speed"),
        "family": _("address kind"),
        "first_byte_ms": _("first byte of a page"),
        "gateway_rtt_ms": _("round trip to the router"),
        "goodput_bit_s": _("speed"),
        "hit": _("affected"),
        "hosts": _("servers"),
        "idle_rtt_ms": _("round trip without load"),
        "interruptions": _("interruptions"),
        "issuer": _("issuer of the certificate"),
        "jitter_ms": _("jitter"),
        "kind": _("kind"),
        "link": _("link"),
        "loss_ratio": _("lost"),
        "memory_free_bytes": _("memory free"),
        "mtu": _("packet size (MTU)"),
        "near_rtt_ms": _("round trip to the nearest router that answers"),
        "needed_by": _("needed by"),
        "off_s": _("clock off by"),
        "overridden": _("overridden name"),
        "own_answer_ms": _("answer of this computer to itself"),
        "own_mtu_bytes": _("packet size of the interface"),
        "pac_ms": _("loading the proxy script"),
        "passed_bytes": _("largest packet that passes"),
        "password": _("password"),
        "pdv_p95_ms": _("delay variation"),
        "period_ms": _("every"),
        "port": _("port"),
        "port_53": _("port 53"),
        "possible_bit_s": _("possible speed"),
        "probes": _("measurements"),
        "problem": _("problem"),
        "provider_rtt_ms": _("round trip to the provider"),
        "questions": _("questions asked"),
        "rate_bit_s": _("Wi-Fi rate"),
        "rcode": _("error of the name server"),
        "resolvers": _("name servers"),
        "retry_ratio": _("sent again"),
        "rssi_dbm": _("Wi-Fi signal"),
        "rtt_p50_ms": _("round trip"),
        "scheme": _("kind of sign-in"),
        "sent": _("packets sent"),
        "server": _("server of the VPN"),
        "servers": _("devices that hand out addresses"),
        "service": _("service"),
        "silent": _("addresses without an answer"),
        "silent4": _("IPv4 addresses without an answer"),
        "silent6": _("IPv6 addresses without an answer"),
        "snr_db": _("signal above noise"),
        "speed_bit_s": _("speed of the link"),
        "spike_ms": _("pause"),
        "status": _("HTTP status"),
        "steps": _("steps"),
        "tested": _("tested"),
        "tried": _("tried"),
        "tunnel_rtt_ms": _("round trip through the VPN"),
        "udp": _("UDP"),
        "working": _("still works"),
        "working_rtt_ms": _("round trip under load"),
    }
    return words.get(name, name)


_CODED = frozenset(
    {
        "answer",
        "breaks",
        "by",
        "cable",
        "clock",
        "direction",
        "duplex",
        "exhausted",
        "family",
        "kind",
        "link",
        "overridden",
        "password",
        "port_53",
        "problem",
        "server",
        "working",
    }
)
"""Values that are stable words; other text values are names of services, codes of protocols and the like."""


def _code_word(code: str, texts: Texts) -> str:
    _ = texts.gettext
    words = {
        "absent": _("not there"),
        "ahead": _("ahead"),
        "addresses": _("addresses"),
        "behind": _("behind"),
        "both": _("IPv4 + IPv6"),
        "breaks": _("interruptions"),
        "cable": _("cable"),
        "certificates": _("certificates"),
        "challenge": _("challenge for browsers"),
        "codes": _("one-time codes"),
        "denied": _("denied"),
        "down": _("download"),
        "elsewhere": _("answered by another name server"),
        "error": _("error"),
        "errors": _("damaged frames"),
        "evaluate": _("mistake in it"),
        "expired": _("expired"),
        "fetch": _("not loaded"),
        "filtered": _("filtered"),
        "full": _("full duplex"),
        "half": _("half duplex"),
        "hangs": _("takes the connection, then silence"),
        "interface": _("not connected"),
        "invented": _("invented answer"),
        "ipv4": _("IPv4"),
        "ipv6": _("IPv6"),
        "kerberos": _("sign-in to the company network"),
        "known": _("present"),
        "lookups": _("slow lookups"),
        "memory": _("memory"),
        "missing": _("missing"),
        "no_name_server": _("name not looked up"),
        "no_proxy": _("no proxy"),
        "not_reached_by_proxy": _("not reached by the proxy"),
        "not_yet_valid": _("not valid yet"),
        "nothing_there": _("no address"),
        "open": _("open"),
        "other": _("other"),
        "page": _("a page of its own"),
        "processors": _("processors"),
        "reachable": _("reachable"),
        "refused": _("refused"),
        "rejected": _("rejected"),
        "replaced": _("replaced answer"),
        "requests": _("too many requests"),
        "reset": _("cut off"),
        "route": _("no way into it"),
        "routers": _("several routers"),
        "self_signed": _("signed by itself"),
        "servers": _("several devices"),
        "service": _("a service"),
        "settings": _("other settings"),
        "silent": _("no answer"),
        "site": _("a well-known site"),
        "slow": _("slow"),
        "unknown": _("not known"),
        "unknown_issuer": _("unknown issuer"),
        "unknown_name": _("unknown name"),
        "unreachable": _("not reachable"),
        "up": _("upload"),
        "wifi": _("Wi-Fi"),
        "wrong_name": _("for another name"),
    }
    return words.get(code, code)


def worded_value(name: str, value: FindingValue, texts: Texts) -> str:
    """A value as people read it, the stable words among them too."""
    coded = isinstance(value, str) and name in _CODED
    return value_text(name, _code_word(str(value), texts) if coded else value)


def measured_values(finding: Finding, texts: Texts) -> tuple[tuple[str, str], ...]:
    """What was measured for a finding, name and value in words; what is not known is left out."""
    return tuple(
        (value_name(name, texts), worded_value(name, value, texts))
        for name, value in finding.values.items()
        if value is not None
    )


def measured_text(finding: Finding, texts: Texts) -> str:
    """The same in one line."""
    return "; ".join(f"{name} {value}" for name, value in measured_values(finding, texts))
