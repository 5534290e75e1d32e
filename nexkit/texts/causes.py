"""Words for the causes: what is wrong, in a sentence for anybody, what to do now, and a line for the support desk."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from nexkit.diagnosis.causes import causes
from nexkit.diagnosis.verdict import Finding, FindingValue, Severity
from nexkit.texts import Texts
from nexkit.texts.words import span_text, spoken_value, worded_value

Gettext = Callable[[str], str]

_TOLD_LOSS_RATIO = 0.01
_TOLD_RTT_MS = 50.0
"""Of two figures of a trouble, a smaller one is none of it, and left out (usual for calls: Microsoft Teams)."""


class CauseText(NamedTuple):
    """A finding in words."""

    title: str
    sentence: str
    """What it means for the user, with measured values where they help."""
    advice: tuple[str, ...]
    """What to do now, in this order; what needs no special rights comes first."""
    desk: str
    """For the support desk, in its terms."""


class _Filling(dict[str, str]):
    """The values of a finding as people read them; a dash for one that is not there."""

    def __missing__(self, name: str) -> str:
        return "–"


def _filling(
    values: Mapping[str, FindingValue], texts: Texts, worded: Callable[[str, FindingValue, Texts], str]
) -> _Filling:
    _ = texts.gettext
    words = _Filling({name: worded(name, value, texts) for name, value in values.items()})
    words |= {
        filled: troubles[str(values[name])].format_map(words)
        for filled, name, troubles in (
            ("proxy_trouble", "answer", _proxy_troubles(_)),
            ("proxy_trouble", "password", _proxy_troubles(_)),
            ("pac_trouble", "kind", _pac_troubles(_)),
            ("clock_way", "clock", _clock_ways(_)),
            ("clock_harm", "breaks", _clock_harms(_)),
            ("overridden_what", "overridden", _overridden(_)),
            ("exhausted_what", "exhausted", _exhausted(_)),
            ("cable_trouble", "cable", _cable_troubles(_)),
            ("told_by", "kind", _told_by(_)),
            ("false_answers", "kind", _false_answers(_)),
            ("service_answer", "answer", _service_answers(_)),
            ("certificate_trouble", "problem", _certificate_troubles(_)),
        )
        if values.get(name) in troubles
    }
    return _Filling({**words, **_clauses(values, words, texts)})


def _clauses(values: Mapping[str, FindingValue], words: Mapping[str, str], texts: Texts) -> Mapping[str, str]:
    """Parts of sentences about what not every run could measure."""
    _ = texts.gettext

    def told(name: str, clause: str, otherwise: str = "") -> str:
        return clause.format_map(words) if values.get(name) else otherwise

    kind = str(values.get("kind"))
    none_answers = told(
        "silent", _("none of {silent} tested places on the internet answers"), _("nothing on the internet answers")
    )
    return {
        # Findings of before name no kind of these.
        "no_address": _no_addresses(_).get(kind, _no_addresses(_)["error"]).format_map(words),
        "missing_name": _missing_names(_).get(kind, _missing_names(_)["missing"]).format_map(words),
        "limited_by": _limits_told(_).get(kind, _limits_told(_)["requests"]),
        "router_answers": told(
            "gateway_rtt_ms", _("Your router answers in {gateway_rtt_ms}"), _("Your router is there")
        ),
        "line_answers": told(
            "pdv_p95_ms",
            _(
                "the time that answers from the internet take changes all the time: half of them come within "
                "{rtt_p50_ms}, others up to {pdv_p95_ms} later than the fastest"
            ),
            _(
                "an answer from the internet takes {rtt_p50_ms} as a rule, and sometimes more, sometimes less by "
                "{jitter_ms} (up to 100 ms is good)"
            ).format_map(words),
        ),
        "with_pdv": told("pdv_p95_ms", _(" (PDV p95 {pdv_p95_ms})")),
        "only_loaded": told("direction", _(" This is so only while data flows.")),
        "under_load": told("direction", _(" (under load only: {direction})")),
        "some_places": _some_places(values, _).format_map(words),
        "loses_or_waits": _loses_or_waits(values, _).format_map(words),
        "worst_place": told(
            "rtt_p50_ms", _("worst: loss {loss_ratio}, RTT p50 {rtt_p50_ms}"), _("no answer at all from them")
        ),
        "one_router_tried": told(
            "routers6",
            _(
                " Your computer knows {routers6} IPv6 routers, and only the preferred one was tried: perhaps only that "
                "one is wrong."
            ),
        ),
        "with_routers6": told("routers6", _(" {routers6} IPv6 default routers, only the preferred one tried.")),
        "with_gateway_rtt": told("gateway_rtt_ms", _(" (RTT p50 {gateway_rtt_ms})")),
        "provider_answers": told(
            "provider_rtt_ms", _("your provider answers in {provider_rtt_ms}"), _("your provider answers")
        ),
        "none_answers": none_answers,
        "router_names": told("dns_ms", _("takes {dns_ms} for every new one"), _("finds none of them")),
        "router_questions": told(
            "dns_ms",
            _("takes {dns_ms} to look up a new name"),
            _("looks up no names ({answered} of {questions} questions answered)").format_map(words),
        ),
        "over_ipv6": _(" This is so on the newer way through the internet (IPv6).")
        if values.get("family") == "ipv6"
        else "",
        "for_ipv4": told("family", _(" on the older way through the internet (IPv4), which many sites still need")),
        "loop_way": _loop_ways(_).get(str(values.get("family")), _("your data")),
        "router_silent": _router_silent(values, _).format_map({**words, "none_answers": none_answers}),
        "blocked_what": told("service", _("what is sent to “{service}”"), _("a part of what programs send")),
        "asked_for": told(
            "service",
            _("when asked for “{service}”, which others find. So it cannot be reached."),
            _("when asked for what others find. So pages open late or not at all."),
        ),
        "name_answers": _name_answers(_).get(kind, _name_answers(_)["replaced"]).format_map(words),
        "blocked_calls": _blocked_udp(_).get(str(values.get("udp")), _blocked_udp(_)["all"]),
        "pass_check": _("Open it in a web browser, and pass the check that it shows.") if kind == "challenge" else "",
        "vpn_trouble": _vpn_troubles(_).get(kind, _("The VPN does not work.")),
        "vpn_server": _vpn_servers(_).get(str(values.get("server")), _vpn_servers(_)["unknown"]),
        "connect_vpn": _("Connect the VPN.")
        if kind == "interface"
        else _("Disconnect the VPN, wait 10 seconds, and connect it again."),
        "clock_off": span_text(off_s, texts) if isinstance(off_s := values.get("off_s"), int | float) else "–",
        "with_rcode": told("rcode", " ({rcode})"),
        "with_status": told("status", _(" (HTTP status {status})")),
        "at_service": told("service", _(" (service: {service})")),
        **_link_words(values.get("link"), _),
    }


def _link_words(link: FindingValue, _: Gettext) -> Mapping[str, str]:
    """What is said and advised of the Wi-Fi or cable in use; of both where it is not known which it is.

    An empty step of advice is left out.
    """
    if link == "wifi":
        return {
            "link_name": _("Wi-Fi"),
            "rejoin": _("Switch Wi-Fi off and on again."),
            "nearer": _("Move closer to the router, or move what stands between you and it."),
            "other_link": _("Try the same with a network cable."),
            "join_right": _("Look at the name of the Wi-Fi, and join your organisation's network."),
            "forget_other": _(
                "Tell this computer to forget the other Wi-Fi, so that it does not join it again by itself."
            ),
        }
    if link == "cable":
        return {
            "link_name": _("network cable"),
            "rejoin": _("Pull the network cable and plug it back in."),
            "nearer": _("Try another cable and another port of the router."),
            "other_link": _("Try the same over Wi-Fi, if this computer has it."),
            "join_right": _("Look at the socket of the cable, and join your organisation's network."),
            "forget_other": "",
        }
    return {
        "link_name": _("Wi-Fi or cable"),
        "rejoin": _("Switch Wi-Fi off and on again, or pull the network cable and plug it back in."),
        "nearer": _("On Wi-Fi, move closer to the router; on a cable, try another cable or another port."),
        "other_link": _("Try the same with a cable instead of Wi-Fi, or with Wi-Fi instead of a cable."),
        "join_right": _(
            "Look at the name of the Wi-Fi, or at the socket of the cable, and join your organisation's network."
        ),
        "forget_other": _("Tell this computer to forget the other Wi-Fi, so that it does not join it again by itself."),
    }


def _router_silent(values: Mapping[str, FindingValue], _: Gettext) -> str:
    if values.get("working"):
        return _(
            "The router does not answer on the older way through the internet (IPv4), and {none_answers} that way; the "
            "newer way (IPv6) works."
        )
    return _("This computer is connected, but the router does not answer, and {none_answers}.")


def _some_places(values: Mapping[str, FindingValue], _: Gettext) -> str:
    """What is wrong on the way to a part of the internet."""
    if values.get("rtt_p50_ms") is None:
        return _("{bad} of {tested} tested places cannot be reached")
    lossy, late = _told_figures(values)
    if not late:
        return _("on the way to {bad} of {tested} tested places data gets lost (up to {loss_ratio} of it)")
    if not lossy:
        return _("answers of {bad} of {tested} tested places are late ({rtt_p50_ms}; up to 100 ms is good)")
    return _(
        "on the way to {bad} of {tested} tested places data is late and gets lost (up to {loss_ratio} lost, "
        "{rtt_p50_ms} for an answer)"
    )


def _loses_or_waits(values: Mapping[str, FindingValue], _: Gettext) -> str:
    lossy, late = _told_figures(values)
    if not late:
        return _("{loss_ratio} of the data gets lost")
    if not lossy:
        return _("an answer takes {rtt_p50_ms}, where up to 100 ms is good")
    return _("{loss_ratio} of the data gets lost and an answer takes {rtt_p50_ms}")


def _told_figures(values: Mapping[str, FindingValue]) -> tuple[bool, bool]:
    """Whether loss, and delay, are worth telling; what is not known is."""
    loss_ratio, rtt_ms = values.get("loss_ratio"), values.get("rtt_p50_ms")
    lossy = not isinstance(loss_ratio, int | float) or loss_ratio >= _TOLD_LOSS_RATIO
    return lossy, not isinstance(rtt_ms, int | float) or rtt_ms >= _TOLD_RTT_MS


def _loop_ways(_: Gettext) -> Mapping[str, str]:
    return {
        "ipv4": _("what is sent on the older way through the internet (IPv4)"),
        "ipv6": _("what is sent on the newer way through the internet (IPv6)"),
    }


def _blocked_udp(_: Gettext) -> Mapping[str, str]:
    return {
        "all": _(
            "Data of the kind that calls use (UDP) does not get through here, though the servers that were asked "
            "answer otherwise. Calls and video may fail or be worse than they could be."
        ),
        "quic": _(
            "A newer and faster way of loading pages (HTTP/3) does not get through here, so they come by the older "
            "one: pages and video may start late."
        ),
    }


def _vpn_troubles(_: Gettext) -> Mapping[str, str]:
    return {
        "interface": _("The VPN is not connected, so what is meant for the inside cannot be reached."),
        "route": _(
            "The VPN looks connected, but this computer sends nothing into it, so what is meant for the inside cannot "
            "be reached."
        ),
        "silent": _("The VPN looks connected, but nothing comes back through it."),
    }


def _vpn_servers(_: Gettext) -> Mapping[str, str]:
    return {
        "reachable": _("Its server answers, so it should be possible to connect it from here."),
        "unreachable": _("Its server cannot be reached from here either."),
        "unknown": _("Whether its server can be reached from here is not known."),
    }


def _told_by(_: Gettext) -> Mapping[str, str]:
    return {
        "wifi": _("the name of the Wi-Fi"),
        "addresses": _("the addresses in use here"),
        "servers": _("several devices that hand out addresses"),
        "routers": _("several routers that offer a way out"),
        "settings": _("settings other than your organisation's"),
    }


def _false_answers(_: Gettext) -> Mapping[str, str]:
    return {
        "invented": _("even names that do not exist get an address"),
        "replaced": _("a name gets an address that is not its own"),
        "denied": _("a name that exists elsewhere is said not to exist"),
    }


def _name_answers(_: Gettext) -> Mapping[str, str]:
    wrong = _("gives false addresses: {false_answers}. So you may land in a wrong place.")
    return {
        "invented": wrong,
        "replaced": wrong,
        "denied": _(
            "says of a name that it does not exist, while others find it. So what has this name cannot be reached."
        ),
    }


def _no_addresses(_: Gettext) -> Mapping[str, str]:
    return {
        "error": _("answers only with an error"),
        "nothing_there": _("says that there is nothing"),
        "silent": _("gives no answer"),
    }


def _limits_told(_: Gettext) -> Mapping[str, str]:
    return {
        "requests": _("says that it gets too many requests from here"),
        "challenge": _("wants a proof that no program is asking, which only a browser can give"),
    }


def _missing_names(_: Gettext) -> Mapping[str, str]:
    return {
        "missing": _("is not known anywhere"),
        "unknown": _("leads to no address, whoever is asked"),
    }


def _service_answers(_: Gettext) -> Mapping[str, str]:
    return {
        "refused": _("refuses the connection"),
        "silent": _("gives no answer"),
        "hangs": _("takes the connection and then says nothing"),
        "reset": _("cuts the connection off at the first words"),
        "not_reached_by_proxy": _("cannot be reached by your organisation's proxy, which passes pages on"),
    }


def _certificate_troubles(_: Gettext) -> Mapping[str, str]:
    return {
        "expired": _("its certificate has expired"),
        "not_yet_valid": _("its certificate is not valid yet"),
        "wrong_name": _("its certificate is for another name"),
        "self_signed": _("its certificate is signed by nobody but itself"),
        "unknown_issuer": _("its certificate comes from an unknown issuer"),
        "other": _("its certificate cannot be checked"),
    }


def _proxy_troubles(_: Gettext) -> Mapping[str, str]:
    return {
        "refused": _("its computer refuses the connection"),
        "silent": _("nothing answers at its address"),
        "hangs": _("it takes the connection and then says nothing"),
        "unknown_name": _("its name does not exist"),
        "no_name_server": _("its name cannot be looked up"),
        "no_proxy": _("what answers there is no proxy"),
        "missing": _("it wants a user name and a password, and this computer has none for it"),
        "rejected": _("it does not accept the user name and password that this computer has for it"),
    }


def _pac_troubles(_: Gettext) -> Mapping[str, str]:
    return {
        "fetch": _("cannot be loaded"),
        "evaluate": _("has a mistake in it"),
        "slow": _("takes very long to load"),
        "lookups": _("waits for names that are not found in time"),
    }


def _clock_ways(_: Gettext) -> Mapping[str, str]:
    return {"ahead": _("ahead of the right time"), "behind": _("behind the right time")}


def _clock_harms(_: Gettext) -> Mapping[str, str]:
    return {
        "codes": _("one-time codes for signing in may be refused"),
        "kerberos": _("one-time codes and the sign-in to a company network may be refused"),
        "service": _("a service that was tested refuses a clock that is off by so much"),
        "certificates": _(
            "secure web sites and services are refused, because to this computer the proofs of who they are "
            "(certificates) are not valid at that time"
        ),
    }


def _overridden(_: Gettext) -> Mapping[str, str]:
    return {"service": _("the service “{service}”"), "site": _("a well-known site")}


def _exhausted(_: Gettext) -> Mapping[str, str]:
    return {"processors": _("its processors are fully busy"), "memory": _("its memory is used up")}


def _cable_troubles(_: Gettext) -> Mapping[str, str]:
    return {
        "slow": _("runs slower than the devices at its ends could"),
        "half": _("cannot send and receive at the same time (half duplex)"),
        "errors": _("damages data on the way"),
        "breaks": _("loses contact again and again"),
    }


def cause_text(finding: Finding, texts: Texts) -> CauseText:
    """The words for a finding; a cause of a newer version is called by its code."""
    _ = texts.gettext
    filling = _filling(finding.values, texts, spoken_value)
    exact = _filling(finding.values, texts, worded_value)
    make = _TEXTS.get(finding.cause)
    if make is None:
        return CauseText(
            title=finding.cause,
            sentence=_("This report was made by a newer version, which knows more causes."),
            advice=(_("Update this program to read more about it."),),
            desk=finding.cause,
        )
    text = make(_)
    sentence, desk = text.sentence.format_map(filling), text.desk.format_map(exact)
    if "needed_by" in finding.values:
        services = filling["needed_by"]
        sentence = texts.joined((sentence, _("This stands in the way of: {services}.").format(services=services)))
        desk = texts.joined((desk, _("Services that need it: {services}.").format(services=services)))
    advice = tuple(filled for step in text.advice if (filled := step.format_map(filling)))
    if finding.severity is Severity.CONTEXT and causes()[finding.cause].severity is not Severity.CONTEXT:
        advice = (_("Nothing has to be done while everything works."), *advice[:2])
    return CauseText(
        title=text.title,
        sentence=sentence,
        advice=advice,
        desk=desk,
    )


def cause_title(code: str, texts: Texts) -> str:
    """What a cause is called; its code for one of a newer version."""
    make = _TEXTS.get(code)
    return code if make is None else make(texts.gettext).title


def cause_name(code: str, texts: Texts) -> str:
    """What a cause is called, with its code."""
    title = cause_title(code, texts)
    return title if title == code else f"{title} ({code})"


_TEXTS: Mapping[str, Callable[[Gettext], CauseText]] = {
    "device.adapter_off": lambda _: CauseText(
        title=_("The network adapter is switched off"),
        sentence=_("Wi-Fi and cable are both switched off on this computer, so nothing can be reached."),
        advice=(
            _("Switch Wi-Fi on, and switch airplane mode off."),
            _("Restart the computer if no network shows up."),
            _("Show this report to the support desk: the adapter may be disabled or its driver missing."),
        ),
        desk=_("No interface that could carry traffic is administratively up."),
    ),
    "device.no_link": lambda _: CauseText(
        title=_("No cable or Wi-Fi connection"),
        sentence=_("This computer is not joined to any Wi-Fi, and no network cable has a signal."),
        advice=(
            _("Join your Wi-Fi, or push the network cable in at both ends until it clicks."),
            _("Check that the router or the wall socket at the other end is switched on and lights up."),
            _("Try another cable or another socket."),
        ),
        desk=_("Interfaces are up without carrier (cable out or no association); none has a link."),
    ),
    "device.no_default_route": lambda _: CauseText(
        title=_("This computer does not know the way out"),
        sentence=_(
            "This computer has an address in your network, but nobody told it which router leads outside{for_ipv4}."
        ),
        advice=(
            "{rejoin}",
            _("If you have a VPN or a security program, end it and try again."),
            _("Set the network settings to automatic, or ask the support desk for the right ones."),
        ),
        desk=_("Routable address present, no default route for it."),
    ),
    "device.wrong_ip_settings": lambda _: CauseText(
        title=_("The network settings of this computer do not fit this network"),
        sentence=_("The router that is set on this computer belongs to another network, so it never answers."),
        advice=(
            _("Set the network settings of this computer to automatic (DHCP)."),
            _("If they must be set by hand, compare them with those of a computer that works."),
        ),
        desk=_("The IPv4 gateway is off-link or does not fit the network, and does not answer."),
    ),
    "device.dns_not_set": lambda _: CauseText(
        title=_("No name server is set"),
        sentence=_(
            "The internet itself works, but this computer was given no name server (DNS) to find web sites by "
            "their names."
        ),
        advice=(
            "{rejoin}",
            _("Set the DNS settings of this computer to automatic."),
        ),
        desk=_("Empty resolver list; destinations answer by address."),
    ),
    "device.firewall": lambda _: CauseText(
        title=_("A program on this computer blocks connections"),
        sentence=_("A program or rule on this computer itself blocks {blocked_what}; everything else gets through."),
        advice=(
            _("Check whether a security program shows a message, and allow the connection there."),
            _("Ask the support desk whether a firewall rule or policy on this computer forbids it."),
        ),
        desk=_("connect() fails at once with a local error, by policy or filter{at_service}; other traffic passes."),
    ),
    "device.clock_wrong": lambda _: CauseText(
        title=_("The clock of this computer is wrong"),
        sentence=_("The clock of this computer is {clock_off} {clock_way}: {clock_harm}."),
        advice=(
            _("Open the date and time settings, and switch “set time automatically” on (or off and on again)."),
            _("Check the time zone there too."),
            _("If it goes wrong again, tell the support desk: the battery of the clock may be empty."),
        ),
        desk=_("Clock {off_s} {clock_way} by several time sources; breaks: {breaks}."),
    ),
    "device.hosts_override": lambda _: CauseText(
        title=_("A file on this computer sends a name to another address"),
        sentence=_(
            "A list on this computer (the hosts file) gives another address for {overridden_what} than the rest of the "
            "internet does, so it is looked for in a wrong place."
        ),
        advice=(
            _("If you have a program that blocks advertising or changes the hosts file, switch it off and try again."),
            _("Show this report to the support desk: the entry in the hosts file is to be removed or renewed."),
        ),
        desk=_("hosts file overrides the name of {overridden_what}; all resolvers say otherwise."),
    ),
    "device.overloaded": lambda _: CauseText(
        title=_("This computer has too much to do"),
        sentence=_("This computer cannot keep up: {exhausted_what}. Everything feels slow, whatever the network does."),
        advice=(
            _("Close programs and browser tabs that you do not need, then try again."),
            _("Look in the task manager (activity monitor) for the program that uses most, and end it."),
            _("Restart the computer."),
        ),
        desk=_(
            "Exhausted: {exhausted} (CPU {cpu_busy_ratio}, memory free {memory_free_bytes}); loopback round "
            "trip of a program p50 {own_answer_ms}."
        ),
    ),
    "device.permission_missing": lambda _: CauseText(
        title=_("Some measurements were not permitted"),
        sentence=_("Your system did not let this program measure everything, so parts of the picture are missing."),
        advice=(_("Run “nexkit check” to see which permission is missing and how to give it."),),
        desk=_("Steps refused by the system in whole or part, or measured by a fallback: {steps} ({probes})."),
    ),
    "lan.dhcp_failed": lambda _: CauseText(
        title=_("The network gave this computer no address"),
        sentence=_(
            "This computer is connected, but the router gave it no address of its own (IPv4). Without one many places "
            "cannot be reached, or none at all."
        ),
        advice=(
            "{rejoin}",
            _("Restart the router: unplug it for 10 seconds, then wait 3 minutes."),
            _("In an office, ask the support desk whether this socket or Wi-Fi is enabled for you."),
        ),
        desk=_("Link up, IPv4 self-assigned (169.254/16) or missing: no DHCP lease."),
    ),
    "lan.duplicate_address": lambda _: CauseText(
        title=_("Another device uses the same address"),
        sentence=_("Two devices in your network have the same address, so connections may break off at random."),
        advice=(
            "{rejoin}",
            _("If the address of this computer was set by hand, set it to automatic."),
        ),
        desk=_("An address of this computer is in use elsewhere too, by the system's own detection or by ARP."),
    ),
    "lan.loss": lambda _: CauseText(
        title=_("Data gets lost between this computer and the router"),
        sentence=_(
            "Between this computer and your router, on the {link_name} inside your home or office, {loss_ratio}"
            " of the data gets lost. Whatever lies beyond suffers from it."
        )
        + "{over_ipv6}",
        advice=(
            "{nearer}",
            "{other_link}",
            _("Restart the router: unplug it for 10 seconds, then wait 3 minutes."),
        ),
        desk=_("Loss to the gateway {loss_ratio} of {sent} packets, continuing beyond ({beyond_loss_ratio})."),
    ),
    "lan.latency": lambda _: CauseText(
        title=_("The connection to the router is slow or unsteady"),
        sentence=_(
            "Data is already slow or uneven on the {link_name} to your router: {rtt_p50_ms} there and back, "
            "varying by {jitter_ms}. A few milliseconds are usual."
        )
        + "{only_loaded}",
        advice=(
            "{nearer}",
            _("Stop large downloads and backups on all devices, then try again."),
            "{other_link}",
        ),
        desk=_("Gateway RTT p50 {rtt_p50_ms}, jitter {jitter_ms}, continuing to every destination.") + "{under_load}",
    ),
    "lan.wifi_weak": lambda _: CauseText(
        title=_("The Wi-Fi signal is weak"),
        sentence=_("The Wi-Fi signal is weak here, so data gets lost or is slow on its way."),
        advice=(
            _("Move closer to the router, or move what stands between you and it."),
            _("Use a network cable, if you can."),
            _("If the place has to stay, set up a further Wi-Fi access point near it."),
        ),
        desk=_("Wi-Fi RSSI {rssi_dbm}, rate {rate_bit_s}, with loss, delay or a low rate on the first stretch."),
    ),
    "lan.wifi_interference": lambda _: CauseText(
        title=_("The Wi-Fi is disturbed"),
        sentence=_(
            "The Wi-Fi signal is strong enough, but the air is busy or disturbed: data has to wait, or to be "
            "sent again."
        ),
        advice=(
            _("Switch to the 5 GHz or 6 GHz network of your router, if it has one."),
            _("Keep the computer away from microwave ovens, Bluetooth devices and USB 3 disks while you use it."),
            _("Use a network cable, or let the router choose another channel (restarting it often does)."),
        ),
        desk=_(
            "RSSI {rssi_dbm}, SNR {snr_db}, retries {retry_ratio}, rate {rate_bit_s}, cells on or into the "
            "channel: {cells}."
        ),
    ),
    "lan.wifi_sticky": lambda _: CauseText(
        title=_("This computer holds on to a far Wi-Fi access point"),
        sentence=_(
            "This computer holds on to a Wi-Fi access point far away, though a better one of the same network is near."
        ),
        advice=(
            _("Switch Wi-Fi off and on again: the computer then chooses the nearest access point."),
            _("If it happens often, tell the support desk: the roaming settings or the Wi-Fi driver can be changed."),
        ),
        desk=_("RSSI {rssi_dbm} while a BSSID of the same SSID is heard at {best_dbm}: the client does not roam."),
    ),
    "lan.wifi_spikes": lambda _: CauseText(
        title=_("The Wi-Fi pauses at regular intervals"),
        sentence=_("The Wi-Fi is good, but every {period_ms} it pauses for {spike_ms}: calls and games stutter."),
        advice=(
            _("Switch off what searches by radio: location services, sharing with devices nearby, Bluetooth."),
            _("Plug the power cord in, and switch the energy saver off."),
            _("Use a network cable for calls, or renew the Wi-Fi driver."),
        ),
        desk=_(
            "Gateway RTT spikes of {spike_ms} every {period_ms} (p50 {rtt_p50_ms}, RSSI {rssi_dbm}): scans or "
            "power save."
        ),
    ),
    "lan.cable_degraded": lambda _: CauseText(
        title=_("The network cable or its plug is bad"),
        sentence=_("The network cable of this computer {cable_trouble}. Its speed now: {speed_bit_s}."),
        advice=(
            _("Push the network cable in at both ends until it clicks, then try again."),
            _("Try another cable (marked Cat 5e or better) and another port of the router."),
            _("If it stays so, tell the support desk: the port may be set to a fixed speed, or be broken."),
        ),
        desk=_(
            "Link {speed_bit_s} {duplex} (possible {possible_bit_s}), damaged frames {errors}, carrier lost "
            "{interruptions} times during the run."
        ),
    ),
    "lan.wrong_network": lambda _: CauseText(
        title=_("This is another network than your organisation's"),
        sentence=_(
            "This computer is connected, but to a network that your organisation does not list as its own, such "
            "as a guest network, a neighbour's or a phone's. What is meant for the inside may be out of reach there."
        ),
        advice=(
            "{join_right}",
            "{forget_other}",
            _("If you work from elsewhere on purpose, connect the VPN."),
        ),
        desk=_("Not the network that the profile lists, told by {told_by}; see interfaces and resolvers."),
    ),
    "lan.rogue_dhcp": lambda _: CauseText(
        title=_("Another device hands out false network settings"),
        sentence=_(
            "This computer seems to be in the right network, but a device that should not hand out settings "
            "does so, for example a second router. It shows by {told_by}. Traffic may go the wrong way, or be "
            "read by others."
        ),
        advice=(
            _("Type no passwords before the support desk has seen this report: somebody may have done it on purpose."),
            _("{rejoin} Perhaps the settings come from the right device then."),
            _("Unplug any router or access point that was added lately, or switch off its DHCP server."),
        ),
        desk=_("Rogue DHCP or router advertisement, told by {told_by}; see offers, gateway and resolvers."),
    ),
    "lan.client_isolation": lambda _: CauseText(
        title=_("A device in your own network does not answer"),
        sentence=_(
            "The router and the internet answer, but “{service}” in your own network does not. It is switched "
            "off, or the network keeps its devices apart from each other, as guest networks do; from here both "
            "look the same."
        ),
        advice=(
            _("Check that the device is switched on and joined to the same network as this computer."),
            _("If this is a guest Wi-Fi, join the main one: guest networks keep devices apart."),
            _("Look in the router for “client isolation”, “AP isolation” or “privacy separator”, and switch it off."),
        ),
        desk=_("On-link target “{service}”: {answer} by ARP/ND, TCP and echo; gateway and internet answer."),
    ),
    "lan.captive_portal": lambda _: CauseText(
        title=_("This network asks for a sign-in first"),
        sentence=_(
            "The network shows a page of its own, as hotels and stations do, until you sign in or agree to its "
            "terms. Until then nothing else works."
        ),
        advice=(
            _("Open a web browser, go to any page, and sign in or agree on the page that appears."),
            _("If no page appears, forget this Wi-Fi network and join it again."),
            _("Use another network, for example your phone, if you have no access data."),
        ),
        desk=_("{changed} plain-HTTP check page(s) come back redirected or changed, every time they are asked for."),
    ),
    "gateway.unreachable": lambda _: CauseText(
        title=_("The router does not answer"),
        sentence="{router_silent}",
        advice=(
            _("Check that the router is switched on and its lights are as usual."),
            _("Restart the router: unplug it for 10 seconds, then wait 3 minutes."),
            _("Check whether other devices in the same network work."),
        ),
        desk=_("{family} gateway: {answer} by ARP/ND, silent by ICMP and TCP; {none_answers}."),
    ),
    "gateway.dns_broken": lambda _: CauseText(
        title=_("The router fails to find web sites by their names"),
        sentence=_(
            "The internet answers, but your router, which should find web sites by their names, {router_names}."
        ),
        advice=(
            _("Restart the router: unplug it for 10 seconds, then wait 3 minutes."),
            _("If it happens again, look for a firmware update of the router."),
            _("Until then, the support desk can set another name server (DNS) on this computer."),
        ),
        desk=_("The gateway is the only resolver and {router_questions}; destinations answer by address."),
    ),
    "gateway.double_nat": lambda _: CauseText(
        title=_("There are probably two routers in a row"),
        sentence=_("Your data seems to pass two home routers; most things work, some games and calls may not."),
        advice=(
            _("Nothing to do while everything works. Otherwise switch one of them to bridge (access point) mode."),
        ),
        desk=_("Second private-range hop right behind the gateway (probably double NAT)."),
    ),
    "gateway.session_table_full": lambda _: CauseText(
        title=_("The router is out of room for new connections"),
        sentence=_(
            "{hit} of {tried} new connections failed at the first try, now here, now there, while those that exist go "
            "on: your router keeps track of too many at once."
        ),
        advice=(
            _("Close programs that open many connections, on all devices: file sharing, many browser tabs, scanners."),
            _("Switch the router off for 1 minute and on again."),
            _("If it comes back, ask for a router that can keep more connections."),
        ),
        desk=_(
            "New TCP connects fail at random in all families ({hit} of {tried}), far more than echo on "
            "established flows loses; gateway answers: NAT/conntrack table or connection limit of the router."
        ),
    ),
    "access.line_down": lambda _: CauseText(
        title=_("The internet line is down"),
        sentence=_("{router_answers}, but nothing comes back from the line of your provider: {none_answers}."),
        advice=(
            _("Check the lights of the modem or fibre box, and that its cables sit firmly."),
            _("Switch modem and router off for 1 minute; switch the modem on first, the router after it."),
            _("If it stays down, report the outage to your provider by phone or mobile network."),
        ),
        desk=_(
            "Gateway alive{with_gateway_rtt}, no hop beyond it, all {silent} destinations silent (every family in use)."
        ),
    ),
    "access.pppoe_down": lambda _: CauseText(
        title=_("The line works, but the sign-in to your provider does not"),
        sentence=_(
            "The line itself works: the network of the telephone company answers. But the router is not signed "
            "in to your provider, so most of the internet cannot be reached."
        ),
        advice=(
            _("Switch the router off for 1 minute and on again: it signs in anew."),
            _("Look at the router's status page whether it shows a wrong user name or password for the provider."),
            _("Ask your provider whether your account is blocked or its sign-in is disturbed."),
        ),
        desk=_(
            "Carrier-internal targets answer, all {silent4} IPv4 destinations are silent: PPPoE session down "
            "(authentication, NTE)."
        ),
    ),
    "access.ipoe_down": lambda _: CauseText(
        title=_("The line works, but your provider's IPv6 service does not"),
        sentence=_(
            "The line itself works: the network of the telephone company answers. But beyond it {none_answers}."
        ),
        advice=(
            _("Wait 2 minutes and try again: the address of the line may just have changed."),
            _("Switch the router off for 1 minute and on again: it asks for its addresses anew."),
            _("If it stays so, call your provider: the line itself is fine, what the provider sends over it is not."),
        ),
        desk=_(
            "Global IPv6 address and route, carrier-internal targets answer, all {silent} destinations of both "
            "families are dead: IPoE/VNE outage or changed prefix."
        ),
    ),
    "access.ipv4_broken": lambda _: CauseText(
        title=_("Half of the internet (IPv4) is not reachable"),
        sentence=_(
            "Of the two ways through the internet the newer one (IPv6) works and the older one (IPv4) does not."
            " Many sites can only be reached by the older one, so they fail."
        ),
        advice=(
            _("Restart the router: unplug it for 10 seconds, then wait 3 minutes."),
            _("If it stays so, report to your provider that IPv4 does not work and IPv6 does."),
        ),
        desk=_("All {silent4} IPv4 destinations fail behind a live gateway, IPv6 works (tunnel, PPPoE or NAT)."),
    ),
    "access.ipv6_broken": lambda _: CauseText(
        title=_("The newer internet protocol (IPv6) is broken"),
        sentence=_(
            "Your network offers the newer way through the internet (IPv6), but it does not work: none of {silent6} "
            "tested places can be used that way. So pages may start only after a wait."
        )
        + "{one_router_tried}",
        advice=(
            _("Restart the router: unplug it for 10 seconds, then wait 3 minutes."),
            _("If it stays so, report to your provider that IPv6 does not work."),
            _("Until then, IPv6 can be switched off in the router."),
        ),
        desk=_("Global IPv6 address and default route, all {silent6} IPv6 destinations fail, IPv4 works.")
        + "{with_routers6}",
    ),
    "access.loss": lambda _: CauseText(
        title=_("Data gets lost on the internet line"),
        sentence=_(
            "{router_answers}, but {loss_ratio} of the data gets lost between it and your provider, whatever "
            "the destination."
        )
        + "{over_ipv6}",
        advice=(
            _("Stop large downloads and backups on all devices, then try again."),
            _("Switch modem and router off for 1 minute; switch the modem on first, the router after it."),
            _("If it stays so, send this report to your provider."),
        ),
        desk=_("Gateway clean{with_gateway_rtt}; {family} loss {loss_ratio} of {sent} packets to every destination."),
    ),
    "access.latency": lambda _: CauseText(
        title=_("The internet line reacts slowly and unsteadily"),
        sentence=_("{router_answers}, but {line_answers}."),
        advice=(
            _("Stop large downloads and backups on all devices, then try again."),
            _("Try again at another time of day: a full network of the provider is worst in the evening."),
            _("If it stays so, send this report to your provider."),
        ),
        desk=_("Gateway prompt{with_gateway_rtt}; idle RTT p50 {rtt_p50_ms}, jitter {jitter_ms} to every destination.")
        + "{with_pdv}",
    ),
    "access.long_delay": lambda _: CauseText(
        title=_("A long way to everything"),
        sentence=_("An answer takes {rtt_p50_ms}, but steadily: usual by satellite, noticeable in calls."),
        advice=(_("Nothing is broken. In calls, wait a moment before you speak."),),
        desk=_("RTT p50 {rtt_p50_ms} to every destination, steady, without loss."),
    ),
    "access.bufferbloat": lambda _: CauseText(
        title=_("The line jams as soon as it is busy"),
        sentence=_(
            "As soon as the line is busy, an answer takes {working_rtt_ms} instead of {idle_rtt_ms}: calls and games "
            "suffer."
        ),
        advice=(
            _("Do large uploads and downloads at another time than calls."),
            _("Look in the router for “QoS”, “SQM” or “traffic control”, and switch it on."),
            _("If the router has nothing like it, ask your provider for one that has."),
        ),
        desk=_("Bufferbloat: idle {idle_rtt_ms}, working {working_rtt_ms} ({direction}), gateway clean."),
    ),
    "access.slow": lambda _: CauseText(
        title=_("The line is much slower than it should be"),
        sentence=_("The line carries {goodput_bit_s} where {expected_bit_s} are expected ({direction})."),
        advice=(
            _("Stop large downloads and backups on all devices, then try again."),
            _("Switch modem and router off for 1 minute; switch the modem on first, the router after it."),
            _("If it stays so, send this report to your provider."),
        ),
        desk=_(
            "Goodput {goodput_bit_s} of {expected_bit_s} expected ({direction}); link of the computer not the limit."
        ),
    ),
    "access.pppoe_congestion": lambda _: CauseText(
        title=_("Too many customers share your provider's entry point"),
        sentence=_(
            "{loses_or_waits}, while the line itself is good: the place where your provider lets its customers into "
            "the internet is overcrowded."
        ),
        advice=(
            _("Try again at another time of day: this is worst in the evening."),
            _("Where you have the choice, use services that offer IPv6: that way is free."),
            _("Ask your provider for a connection by IPoE (IPv4 over IPv6): it goes around the full place."),
        ),
        desk=_(
            "IPv4 bad from the first provider hop (RTT p50 {rtt_p50_ms}, jitter {jitter_ms}, loss "
            "{loss_ratio}); carrier-internal targets, and IPv6 where there is any, are fast: PPPoE terminating "
            "equipment (NTE)."
        ),
    ),
    "access.port_exhaustion": lambda _: CauseText(
        title=_("No free ports for new IPv4 connections"),
        sentence=_(
            "{hit} of {tried} new connections failed at the first try, while those that exist go on: the internet "
            "address (IPv4) that you share with others has no room left."
        ),
        advice=(
            _("Close programs that open many connections, on all devices: file sharing, many browser tabs, scanners."),
            _("Wait a few minutes: the places of ended connections become free again."),
            _("If it comes back, ask your provider for more ports or an IPv4 address of your own."),
        ),
        desk=_(
            "New IPv4 connects fail at random ({hit} of {tried}), far more than echo on established flows "
            "loses; IPv6 is spared: port or session limit of MAP-E, DS-Lite or carrier NAT."
        ),
    ),
    "access.cgnat": lambda _: CauseText(
        title=_("You share your internet address with other customers"),
        sentence=_("Your provider puts many customers behind one address. This is common and usually no trouble."),
        advice=(_("Nothing to do, unless you want to reach your home from outside."),),
        desk=_("Hop in 100.64.0.0/10 behind the gateway: carrier-grade NAT."),
    ),
    "access.mtu_black_hole": lambda _: CauseText(
        title=_("Large packets get lost on your line"),
        sentence=_(
            "Small pieces of data pass your line, but large ones vanish without a word: pages may load in part or "
            "hang, and sending files may stop."
        ),
        advice=(
            _("Switch the router off for 1 minute and on again."),
            _("If somebody set the packet size (MTU) on the router by hand, set it to automatic, or to {mtu}."),
            _("If it stays so, send this report to your provider or to whoever looks after the router."),
        ),
        desk=_(
            "Path MTU black hole to all {tested} tested destinations ({family}): {mtu} bytes pass, no “too big” "
            "comes back; full segments stall, small ones get through. Check MTU/MSS clamping and ICMP filters."
        ),
    ),
    "internet.unreachable": lambda _: CauseText(
        title=_("The internet is not reachable behind your provider"),
        sentence=_("Your line works as far as your provider, but beyond it {none_answers}."),
        advice=(
            _("Wait a few minutes and try again: the fault is not in your home."),
            _("Look at your provider's outage page by mobile network, and report it there."),
        ),
        desk=_("Provider hops answer, the path ends beyond them for all {silent} destinations."),
    ),
    "internet.path_loss": lambda _: CauseText(
        title=_("Data gets lost inside the provider's network or beyond"),
        sentence=_(
            "{loss_ratio} of the data gets lost, but neither in your home nor on your line: {provider_answers},"
            " and the loss begins behind it."
        )
        + "{over_ipv6}",
        advice=(
            _("Wait a few minutes and try again: the fault is not in your home."),
            _("If it stays so, send this report to your provider."),
        ),
        desk=_("Gateway and first provider hop clean; {family} loss {loss_ratio} of {sent} packets beyond."),
    ),
    "internet.path_latency": lambda _: CauseText(
        title=_("Your data takes a long way behind your provider"),
        sentence=_(
            "An answer from the internet takes {rtt_p50_ms} as a rule, although one from your provider takes "
            "{near_rtt_ms}."
        ),
        advice=(
            _("Wait a few minutes and try again: the fault is not in your home."),
            _("If it stays so, send this report to your provider."),
        ),
        desk=_(
            "RTT p50 {rtt_p50_ms} (jitter {jitter_ms}) to every destination, but only {near_rtt_ms} up to the "
            "provider's routers: detour or congestion beyond the first provider hop."
        ),
    ),
    "internet.routing_loop": lambda _: CauseText(
        title=_("Data runs in circles on its way"),
        sentence=_("Routers on the way hand {loop_way} back and forth, so it never arrives."),
        advice=(
            _("Wait a few minutes and try again: the fault is not in your home."),
            _("If it stays so, tell your provider by phone or mobile network that data runs in circles."),
        ),
        desk=_("Routing loop: the same hops repeat in the trace, destination not reached."),
    ),
    "internet.peering": lambda _: CauseText(
        title=_("The way to some parts of the internet is bad"),
        sentence=_("A part of the internet answers well, but {some_places}."),
        advice=(
            _("Wait a few minutes and try again: the fault is not in your home."),
            _("Try it over another connection, such as a mobile phone's, to see whether it is your provider's way."),
            _("If it stays so, send this report to your provider."),
        ),
        desk=_(
            "{bad} of {tested} destinations bad ({worst_place}), the others clean: peering or transit towards those "
            "networks. See the traces."
        ),
    ),
    "internet.mtu_black_hole": lambda _: CauseText(
        title=_("Large packets get lost on the way to some places"),
        sentence=_(
            "On the way to some places large pieces of data vanish without a word, while small ones pass: pages"
            " there load in part or hang."
        ),
        advice=(
            _("Wait a few minutes and try again: the fault is not in your home."),
            _("If you have a VPN or a security program that stands on the way, switch it off and try again."),
            _("If it stays so, send this report to your provider, or to whoever runs the service."),
        ),
        desk=_(
            "Path MTU black hole to {tested} destinations ({family}), {mtu} bytes pass; others take full size, "
            "so the access line is not what is narrow."
        ),
    ),
    "dns.resolver_unreachable": lambda _: CauseText(
        title=_("The name servers do not answer"),
        sentence=_(
            "The internet itself works, but the name servers (DNS), which find web sites by their names, do not"
            " answer. So pages do not open."
        ),
        advice=(
            _("Restart the router: unplug it for 10 seconds, then wait 3 minutes."),
            _("Set the DNS settings of this computer to automatic."),
            _("If it stays so, report to your provider or support desk that its DNS does not answer."),
        ),
        desk=_(
            "{resolvers} configured resolver(s) silent to {questions} questions; destinations answer by "
            "address; port 53 elsewhere: {port_53}."
        ),
    ),
    "dns.resolver_error": lambda _: CauseText(
        title=_("The name servers fail"),
        sentence=_("Your name service (DNS), which finds web sites by their names, {no_address} {asked_for}"),
        advice=(
            _("Restart the router: unplug it for 10 seconds, then wait 3 minutes."),
            _("Set the DNS settings of this computer to automatic."),
            _("If it stays so, report to your provider or support desk that its DNS fails."),
        ),
        desk=_("{resolvers} configured resolver(s): {kind}{with_rcode}, for names that resolve elsewhere."),
    ),
    "dns.first_resolver_dead": lambda _: CauseText(
        title=_("The first name server is dead"),
        sentence=_(
            "To find a web site by its name, this computer first asks a name server (DNS) that never answers, "
            "and only then one that does. So pages start late."
        ),
        advice=(
            _("Set the DNS settings of this computer to automatic."),
            _("If they are automatic already, restart the router, then tell your support desk or provider."),
        ),
        desk=_("First of {resolvers} configured resolvers silent, a later one answers."),
    ),
    "dns.slow": lambda _: CauseText(
        title=_("The name servers are slow"),
        sentence=_("Finding a web site by its name takes {dns_ms}, so every new page starts late."),
        advice=(
            _("Restart the router: unplug it for 10 seconds, then wait 3 minutes."),
            _("If it stays so, report to your provider or support desk that its DNS is slow."),
        ),
        desk=_("Uncached names take {dns_ms} on every configured resolver, normal time elsewhere."),
    ),
    "dns.tampered": lambda _: CauseText(
        title=_("The name server gives false answers"),
        sentence=_("Your name server (DNS), which finds web sites by their names, {name_answers}"),
        advice=(
            _("Do not enter passwords on pages that show a certificate warning."),
            _("Set the DNS settings of this computer to automatic."),
            _("Ask your support desk or provider whether a filter changes the answers on purpose."),
        ),
        desk=_("DNS answers rewritten by a configured resolver or on the way ({kind})."),
    ),
    "dns.large_answers_blocked": lambda _: CauseText(
        title=_("Large answers of the name servers are blocked"),
        sentence=_(
            "Your name servers (DNS), which find web sites by their names, answer small questions, but their "
            "large answers get lost. So some web sites are never found."
        ),
        advice=(
            _("Switch the router off for 1 minute and on again."),
            _("If you have a VPN or a security program, end it and try again."),
            _("Show this report to the support desk."),
        ),
        desk=_(
            "{resolvers} configured resolver(s): answers above 512 bytes are lost over UDP (EDNS) and port 53 "
            "over TCP fails; small answers fine. Fragments or TCP 53 filtered."
        ),
    ),
    "dns.aaaa_broken": lambda _: CauseText(
        title=_("The name server answers only half of the questions"),
        sentence=_(
            "Your name server (DNS), which finds web sites by their names, answers late, wrongly or not at all when "
            "asked for the newer addresses (IPv6). So pages start late."
        ),
        advice=(
            _("Restart the router: unplug it for 10 seconds, then wait 3 minutes."),
            _("If it stays so, report to your provider or support desk that questions for IPv6 addresses fail."),
        ),
        desk=_("A answered, AAAA failing on every configured resolver ({resolvers}); answered elsewhere."),
    ),
    "dns.name_missing": lambda _: CauseText(
        title=_("The address of the service does not exist"),
        sentence=_(
            "The name of the service “{service}” {missing_name}, so it cannot be reached; other names are found."
        ),
        advice=(
            _("Check the address for a typing mistake."),
            _("If it belongs to your company, connect its VPN first."),
            _("Report it to whoever runs the service."),
        ),
        desk=_("{rcode} for the name of service {service} on every resolver asked."),
    ),
    "security.inspection_root_missing": lambda _: CauseText(
        title=_("Something opens encrypted connections, and this computer does not trust it"),
        sentence=_(
            "Secure pages that have nothing to do with each other show the same foreign proof of who they are "
            "(certificate) instead of their own: something opens them on the way."
        ),
        advice=(
            _("Do not enter passwords on pages that show a certificate warning."),
            _("On a company computer, ask the support desk for the company's certificate."),
            _("Elsewhere, use another network, and check the computer for unknown security programs."),
        ),
        desk=_("TLS inspection: unrelated hosts show the same untrusted issuer; its root is not in the system store."),
    ),
    "security.tls_inspection": lambda _: CauseText(
        title=_("Secure connections are opened and checked on the way"),
        sentence=_("“{issuer}” opens and checks secure pages on their way to you, as many companies do."),
        advice=(
            _("Nothing to do on a company computer: it is set up to trust this."),
            _("On a computer of your own, find out which program or network does it before you enter passwords."),
        ),
        desk=_("TLS inspection by {issuer}: {hosts} unrelated hosts, trusted by the system, on no public list."),
    ),
    "security.udp_blocked": lambda _: CauseText(
        title=_("The network does not let everything through that calls and video use (UDP)"),
        sentence="{blocked_calls}",
        advice=(
            _("Try another network, for example your phone: if it is better there, this network is what blocks."),
            _("If you have a VPN or a security program, end it and try again."),
            _("Ask the support desk or whoever runs this network to allow UDP to ports 443 and 3478."),
        ),
        desk=_("UDP ({udp}) to {hosts} host(s): {answer}; the same answer by TCP or echo."),
    ),
    "security.web_filter": lambda _: CauseText(
        title=_("A filter blocks this service"),
        sentence=_("Instead of “{service}” a filter on the way answers; other pages work."),
        advice=(
            _("Ask the support desk or whoever runs this network to allow the service."),
            _("If it is a private matter, try it from another network."),
        ),
        desk=_("{service}: answered by a filter: {by}{with_status}; unrelated controls pass."),
    ),
    "security.proxy_unreachable": lambda _: CauseText(
        title=_("The proxy does not answer"),
        sentence=_(
            "This computer is told to reach the internet by way of a proxy (a computer that passes pages on), and that "
            "does not work: {proxy_trouble}."
        ),
        advice=(
            _("At home or on the road, connect your company's VPN first: its proxy can often be reached only there."),
            _("Compare the proxy settings with a computer that works, or set them to automatic."),
            _("Tell the support desk that the proxy cannot be reached (port {port})."),
        ),
        desk=_("Configured proxy, port {port}: {answer}; no other way is left for web traffic."),
    ),
    "security.proxy_auth": lambda _: CauseText(
        title=_("The proxy asks who you are"),
        sentence=_(
            "The network is fine, but the proxy (a computer that passes pages on) lets nobody through without a "
            "sign-in: {proxy_trouble}."
        ),
        advice=(
            _("Open any page in the browser, and enter the user name and password that it asks for."),
            _("If you changed your password lately, enter the new one in the proxy settings."),
            _("Ask the support desk whether your account may use the proxy."),
        ),
        desk=_("Proxy answers 407, first scheme {scheme}; configured password: {password}."),
    ),
    "security.pac_failed": lambda _: CauseText(
        title=_("The automatic proxy settings do not work"),
        sentence=_(
            "The automatic settings by which this computer finds its way to the internet (a proxy script) do not work: "
            "the script {pac_trouble}. So pages start late or not at all."
        ),
        advice=(
            _("Check the address of the script in the proxy settings for a typing mistake."),
            _("At home or on the road, connect your company's VPN first: its script can often be reached only there."),
            _("Tell the support desk that the proxy script (PAC) does not work."),
        ),
        desk=_("PAC script: {kind}{with_status}, {pac_ms}."),
    ),
    "security.port_blocked": lambda _: CauseText(
        title=_("A filter probably blocks this service"),
        sentence=_(
            "The server of “{service}” is there, but the entrance that the service needs (port {port}) "
            "{service_answer}, while {controls} other servers on the internet answer."
        ),
        advice=(
            _("Try another network, for example your phone: if it works there, this network blocks it."),
            _("Ask the support desk or whoever runs this network to allow port {port}."),
            _("If it works in no network, tell whoever runs the service."),
        ),
        desk=_(
            "Port {port} of {service}: {answer}, while the same address answers otherwise; {controls} controls pass."
        ),
    ),
    "vpn.down": lambda _: CauseText(
        title=_("The VPN does not work"),
        sentence=_("{vpn_trouble} {vpn_server}"),
        advice=(
            "{connect_vpn}",
            _("If it does not connect, try another network, for example your phone: some networks block VPNs."),
            _("If it fails there too, send this report to the support desk."),
        ),
        desk=_("VPN down ({kind}); server port {server}."),
    ),
    "vpn.hairpin": lambda _: CauseText(
        title=_("The VPN is a long detour"),
        sentence=_(
            "“{service}” is reached by way of the VPN, where an answer takes {tunnel_rtt_ms}; past the VPN it takes "
            "{direct_rtt_ms}."
        ),
        advice=(
            _("If you need nothing from the inside just now, disconnect the VPN and try “{service}” again."),
            _("If the VPN offers several places, choose the nearest."),
            _("Ask the support desk whether “{service}” may go past the VPN (split tunnel)."),
        ),
        desk=_("The route to “{service}” leads into a tunnel: RTT {tunnel_rtt_ms}, past it {direct_rtt_ms}."),
    ),
    "vpn.dns_mismatch": lambda _: CauseText(
        title=_("Internal names are looked up in the wrong place"),
        sentence=_(
            "The VPN is connected, but for internal names this computer asks another name server (DNS) than your "
            "organisation's, so its pages are not found."
        ),
        advice=(
            _("Disconnect the VPN, wait 10 seconds, and connect it again."),
            _("Switch off “secure DNS” in the browser, and other programs that change the name server (DNS)."),
            _("Send this report to the support desk: the VPN has to set its name servers on this computer."),
        ),
        desk=_("Tunnel up; internal names by the system's lookup: {kind}. The VPN's own resolvers are not asked."),
    ),
    "vpn.mtu": lambda _: CauseText(
        title=_("Large packets get lost in the VPN"),
        sentence=_(
            "Small things work through the VPN, but pages and files may hang: large pieces of data vanish in it "
            "without a word. Past the VPN they do not."
        ),
        advice=(
            _("Disconnect the VPN, wait 10 seconds, and connect it again."),
            _("Try another network, for example your phone, and see whether it works there."),
            _("Ask the support desk to lower the packet size (MTU) of the VPN to {passed_bytes} or less."),
        ),
        desk=_("Black hole in the tunnel: {passed_bytes} passes, its interface takes {own_mtu_bytes}; clean past it."),
    ),
    "service.down": lambda _: CauseText(
        title=_("The service itself is down"),
        sentence=_("The internet works, but the server of “{service}” {service_answer}."),
        advice=(
            _("Wait and try again later: most likely the fault is not on your side."),
            _("Look at the status page of the service, or tell whoever runs it."),
        ),
        desk=_("{service}, port {port}: {answer} on every address; unrelated controls pass."),
    ),
    "service.address_bad": lambda _: CauseText(
        title=_("A part of the service fails"),
        sentence=_(
            "Not every server of “{service}” works ({bad} of {tested} fail), so it fails or waits now and then."
        ),
        advice=(
            _("Try again: the next attempt may reach a server that works."),
            _("Look at the status page of the service, or tell whoever runs it."),
        ),
        desk=_("{bad} of {tested} addresses of {service} fail, others work; the same family is fine elsewhere."),
    ),
    "service.cert_invalid": lambda _: CauseText(
        title=_("The certificate of the service is not valid"),
        sentence=_(
            "A server of “{service}” cannot prove who it is, so programs refuse to talk to it: {certificate_trouble}. "
            "Those of other sites are in order."
        ),
        advice=(
            _("Do not enter passwords on pages that show a certificate warning."),
            _("Look at the status page of the service, or tell whoever runs it."),
        ),
        desk=_("Certificate of {service}: {problem}; certificates of the controls are trusted."),
    ),
    "service.http_error": lambda _: CauseText(
        title=_("The service answers with an error"),
        sentence=_(
            "Your connection to “{service}” works, but its server reports an error (number {status}). Other sites work."
        ),
        advice=(
            _("Wait and try again later: most likely the fault is not on your side."),
            _("Look at the status page of the service, or tell whoever runs it."),
        ),
        desk=_("{service}: TCP and TLS fine, HTTP status {status}; {controls} controls pass."),
    ),
    "service.slow": lambda _: CauseText(
        title=_("The service is slow"),
        sentence=_(
            "The way to “{service}” is fast ({connect_ms}), but its server takes {first_byte_ms} to answer. "
            "Other sites are quick."
        ),
        advice=(
            _("Wait and try again later: most likely the fault is not on your side."),
            _("Look at the status page of the service, or tell whoever runs it."),
        ),
        desk=_("{service}: connect {connect_ms}, first byte after {first_byte_ms}; controls fast."),
    ),
    "service.rate_limited": lambda _: CauseText(
        title=_("The service limits your requests"),
        sentence=_("“{service}” {limited_by}."),
        advice=(
            "{pass_check}",
            _("Wait a few minutes before you try again."),
            _("If many people share your connection, try it from another network."),
        ),
        desk=_("{service}: HTTP status {status} (too many requests, or a challenge for browsers)."),
    ),
    "service.sign_in": lambda _: CauseText(
        title=_("The service asks who you are"),
        sentence=_(
            "The network is fine: “{service}” answers, and wants a sign-in or refuses this account (number {status})."
        ),
        advice=(
            _("Sign in again, and check user name and password."),
            _("If it still refuses, ask the support desk whether your account may use the service."),
        ),
        desk=_("{service}: HTTP status {status} from the service itself; a matter of the account, not of the network."),
    ),
}
