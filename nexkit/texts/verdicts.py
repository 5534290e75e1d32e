"""Words for the diagnosis: verdict, segments, severities, rungs, and why something was not measured."""

from nexkit.diagnosis.verdict import (
    Diagnosis,
    Finding,
    Gap,
    LeftOpen,
    NotTested,
    RungState,
    Segment,
    Severity,
    Unheard,
    VerdictState,
)
from nexkit.outcome import FailureKind, SkipReason
from nexkit.subject import Subject
from nexkit.texts import Texts
from nexkit.texts.causes import cause_name, cause_text, cause_title
from nexkit.texts.numbers import percent
from nexkit.texts.words import subject_text


def segment_name(segment: Segment, texts: Texts) -> str:
    """Where something is, in a word or two."""
    _ = texts.gettext
    words = {
        Segment.DEVICE: _("This computer"),
        Segment.LAN: _("Wi-Fi or cable"),
        Segment.GATEWAY: _("Router"),
        Segment.ACCESS: _("Access line"),
        Segment.INTERNET: _("Internet"),
        Segment.DNS: _("Name service (DNS)"),
        Segment.SECURITY: _("Security/filter"),
        Segment.VPN: _("VPN"),
        Segment.SERVICE: _("Service"),
    }
    return words[segment]


def severity_word(severity: Severity, texts: Texts) -> str:
    """How much a finding matters."""
    _ = texts.gettext
    words = {
        Severity.BLOCKING: _("blocking"),
        Severity.DEGRADED: _("impaired"),
        Severity.CONTEXT: _("for information"),
    }
    return words[severity]


def verdict_name(state: VerdictState, texts: Texts) -> str:
    """What the whole answer is, as a headline."""
    _ = texts.gettext
    words = {
        VerdictState.HEALTHY: _("No fault found"),
        VerdictState.FAULT: _("Fault found"),
        VerdictState.INCONCLUSIVE: _("No clear answer"),
    }
    return words[state]


def rung_word(state: RungState, texts: Texts) -> str:
    """How one segment came out."""
    _ = texts.gettext
    words = {
        RungState.PASS: _("works"),
        RungState.WARN: _("works badly"),
        RungState.FAIL: _("broken"),
        RungState.INCONCLUSIVE: _("cannot be told"),
        RungState.NOT_RUN: _("not tested"),
    }
    return words[state]


def place_evidence(diagnosis: Diagnosis) -> tuple[str, ...]:
    """Outcome ids that show where a fault is whose cause is not known; none else."""
    verdict = diagnosis.verdict
    if verdict.state is not VerdictState.FAULT or verdict.cause is not None:
        return ()
    return next((rung.because for rung in diagnosis.ladder if rung.segment is verdict.segment), ())


def sureness_word(confidence: float, texts: Texts) -> str:
    """How sure something is, in a word."""
    _ = texts.gettext
    words = (
        (0.95, _("nearly certain")),
        (0.85, _("very likely")),
        (0.65, _("likely")),
        (0.45, _("possible")),
    )
    return next((word for least, word in words if confidence >= least), _("doubtful"))


def _ground(finding: Finding, diagnosis: Diagnosis, texts: Texts) -> str:
    """Why a finding is as sure as it is: what the levels of confidence stand for (nexkit/diagnosis/causes.py)."""
    _ = texts.gettext
    if finding.against:
        return texts.ngettext(
            "{count} measurement speaks against it", "{count} measurements speak against it", len(finding.against)
        ).format(count=len(finding.against))
    if any(item.between[0] == finding.cause for item in diagnosis.left_open):
        return _("the measurements agree; what else could look the same is listed under what stays open")
    grounds = (
        (0.95, _("what was measured proves it")),
        (0.85, _("the measurements agree, and what looks alike was ruled out")),
        (0.75, _("the measurements agree; something rarer could look the same")),
        (0.65, _("the measurements agree; one that would have confirmed it could not be had")),
    )
    return next(
        (words for least, words in grounds if finding.confidence >= least),
        _("the likeliest of a few causes that look the same"),
    )


def sureness_text(finding: Finding, diagnosis: Diagnosis, texts: Texts) -> str:
    """How sure a finding is, and why, with the number."""
    return texts.gettext("{word} ({share}): {ground}").format(
        word=sureness_word(finding.confidence, texts),
        share=percent(finding.confidence),
        ground=_ground(finding, diagnosis, texts),
    )


def verdict_sureness(diagnosis: Diagnosis, texts: Texts) -> str | None:
    """How sure the whole answer is, and why, with the number; None where there is none."""
    _ = texts.gettext
    verdict = diagnosis.verdict
    root = diagnosis.root
    if root is not None:
        return sureness_text(root, diagnosis, texts)
    if verdict.confidence is None:
        return None
    grounds = {
        VerdictState.HEALTHY: _("all that was asked on the way answered well"),
        VerdictState.FAULT: _("the place is known, the cause is not"),
        VerdictState.INCONCLUSIVE: _("too little answered"),
    }
    return _("{word} ({share}): {ground}").format(
        word=sureness_word(verdict.confidence, texts),
        share=percent(verdict.confidence),
        ground=grounds[verdict.state],
    )


def verdict_sentence(diagnosis: Diagnosis, texts: Texts) -> str:
    """The whole answer in one plain sentence."""
    _ = texts.gettext
    verdict = diagnosis.verdict
    root = diagnosis.root
    if root is not None:
        return cause_text(root, texts).sentence
    if verdict.comes_and_goes:
        return _at_times(verdict.segment, texts)
    match verdict.state:
        case VerdictState.HEALTHY:
            return _("Everything that was tested works. If the trouble comes and goes, test again while it is there.")
        case VerdictState.FAULT:
            return _broken_segment(verdict.segment, texts)
        case VerdictState.INCONCLUSIVE:
            return _open_segment(verdict.segment, texts)


def _at_times(segment: Segment | None, texts: Texts) -> str:
    """Trouble that was watched, and was over when all was tested."""
    _ = texts.gettext
    if segment is None:
        return _(
            "The trouble comes and goes: the connection broke while it was watched. Where cannot be told; the full "
            "test found nothing wrong."
        )
    return _(
        "The trouble comes and goes: while it was watched, it broke here: {place}. The full test found nothing wrong."
    ).format(place=segment_name(segment, texts))


def stopped_text(texts: Texts) -> str:
    """What an answer is worth whose run the user has ended early."""
    return texts.gettext(
        "You stopped the measuring early. This is what it had shown until then; what was not tested could not be "
        "judged."
    )


def verdict_advice(diagnosis: Diagnosis, texts: Texts) -> tuple[str, ...]:
    """What to do now, in order: the root finding's advice, else what helps at the place, or in any case."""
    _ = texts.gettext
    verdict = diagnosis.verdict
    root = diagnosis.root
    if root is not None:
        return cause_text(root, texts).advice
    if verdict.state is VerdictState.HEALTHY:
        return (
            _("If something still does not work, choose that service or its web address and test again."),
            _("If it only happens now and then, test again while it happens."),
        )
    again = _("Test again: perhaps the network was busy or changing just now.")
    desk = _("If the trouble stays, make a report and give it to your support desk.")
    if verdict.state is VerdictState.FAULT and verdict.segment is not None:
        return (_first_help(verdict.segment, texts), again, desk)
    if any(item.reason is SkipReason.CANCELLED for item in diagnosis.not_tested):
        again = _("Test again and let the measuring run to its end: it was stopped before it could tell.")
    return (again, desk)


def _first_help(segment: Segment, texts: Texts) -> str:
    """What often helps at a place, whatever the cause."""
    _ = texts.gettext
    reconnect = _("Switch Wi-Fi off and on again, or pull the network cable and plug it back in.")
    restart = _("Restart the router: unplug it for 10 seconds, then wait 3 minutes.")
    words = {
        Segment.DEVICE: _("Restart the computer."),
        Segment.LAN: reconnect,
        Segment.GATEWAY: restart,
        Segment.ACCESS: _("Switch modem and router off for 1 minute; switch the modem on first, the router after it."),
        Segment.INTERNET: restart,
        Segment.DNS: restart,
        Segment.SECURITY: _("If you have a VPN or a security program, end it and try again."),
        Segment.VPN: _("Disconnect the VPN, wait 10 seconds, and connect it again."),
        Segment.SERVICE: _("Wait a few minutes and try again: the fault is not in your home."),
    }
    return words[segment]


def _broken_segment(segment: Segment | None, texts: Texts) -> str:
    """A fault of which the place is known and the cause is not."""
    _ = texts.gettext
    if segment is None:
        return _("Something is broken, but the measurements do not tell where.")
    words = {
        Segment.DEVICE: _("The fault is on this computer; the measurements do not tell what it is."),
        Segment.LAN: _("The fault is in the Wi-Fi or cable to the router; the measurements do not tell what it is."),
        Segment.GATEWAY: _("The fault is at the router; the measurements do not tell what it is."),
        Segment.ACCESS: _("The fault is on the line to your provider; the measurements do not tell what it is."),
        Segment.INTERNET: _("Nothing answers beyond your router; the measurements do not tell where it ends."),
        Segment.DNS: _("The fault is in the name service (DNS); the measurements do not tell what it is."),
        Segment.SECURITY: _("The fault is in a filter or security program; the measurements do not tell which."),
        Segment.VPN: _("The fault is in the VPN; the measurements do not tell what it is."),
        Segment.SERVICE: _(
            "The fault is at the service or shortly before it; the measurements do not tell what it is."
        ),
    }
    return words[segment]


def _open_segment(segment: Segment | None, texts: Texts) -> str:
    """No verdict, and how far the evidence goes."""
    _ = texts.gettext
    if segment is None:
        return _("Too little could be measured to say anything. See what was not tested, and why.")
    words = {
        Segment.INTERNET: _(
            "It could not be told whether the internet is reachable. See what was not tested, and why."
        ),
        Segment.DNS: _("It could not be told whether names are looked up well. See what was not tested, and why."),
        Segment.SERVICE: _("It could not be told whether the service works. See what was not tested, and why."),
    }
    return words.get(segment) or _("Not enough could be measured for a verdict. See what was not tested, and why.")


def skip_text(reason: SkipReason, texts: Texts) -> str:
    """Why a measurement was not made, and how it could be."""
    _ = texts.gettext
    words = {
        SkipReason.NO_CONSENT: _(
            "Not measured because you did not agree to it. Agree on the consent page to include it."
        ),
        SkipReason.NO_TARGET: _("Not measured because there is nothing to measure here (no such server or router)."),
        SkipReason.NO_FAMILY: _(
            "Not measured because this computer has no address or way out of this kind (IPv4, IPv6)."
        ),
        SkipReason.NOT_NEEDED: _("Not measured because another measurement has answered the question."),
        SkipReason.TIME_LIMIT: _("Not measured because the time was up. Allow more time to include it."),
        SkipReason.CANCELLED: _("Not measured because you stopped the run. Run it to the end to include it."),
        SkipReason.NOT_SUPPORTED: _("Not measured because this system cannot measure it."),
        SkipReason.WITHHELD: _("Measured, and not shared by the user."),
    }
    return words[reason]


def failure_text(kind: FailureKind, texts: Texts) -> str:
    """What went wrong with a measurement or a connection, and what helps where something does."""
    _ = texts.gettext
    words = {
        FailureKind.TIMEOUT: _("No answer came in time."),
        FailureKind.REFUSED: _("The other side refused."),
        FailureKind.RESET: _("The connection was cut off."),
        FailureKind.NET_UNREACHABLE: _("There is no way to that network."),
        FailureKind.HOST_UNREACHABLE: _("There is no way to that computer."),
        FailureKind.PERMISSION: _("Your system did not permit the measurement. “nexkit check” says how to permit it."),
        FailureKind.FILTERED_LOCALLY: _(
            "A firewall or policy on this computer refused to send. Ask whoever looks after this computer."
        ),
        FailureKind.NO_ADDRESS: _("This computer has no address of this kind (IPv4, IPv6)."),
        FailureKind.NAME_NOT_FOUND: _("The name does not exist."),
        FailureKind.NAME_NO_DATA: _("The name has no address of this kind (IPv4, IPv6)."),
        FailureKind.NAME_SERVER: _("The name server could not say."),
        FailureKind.TLS: _("The encrypted connection could not be agreed on."),
        FailureKind.PROTOCOL: _("The answer made no sense."),
        FailureKind.MESSAGE_TOO_BIG: _("The message was too big for the way."),
        FailureKind.BUDGET: _("The measurement would have used more data than it may."),
        FailureKind.KIT_LIMIT: _("This program does not send there: its own limits rule it out."),
        FailureKind.NOT_INSTALLED: _(
            "A program that the measurement needs is not installed. Install it to include this."
        ),
        FailureKind.OTHER: _("The system reported an error that this program does not know."),
        FailureKind.INTERNAL: _("This program made a mistake. Please report it to its makers."),
    }
    return words[kind]


def not_tested_text(item: NotTested, texts: Texts) -> str:
    """Why a step gave no evidence, and how to mend it."""
    if isinstance(item.reason, SkipReason):
        return skip_text(item.reason, texts)
    return failure_text(item.reason, texts)


def gap_text(gap: Gap, texts: Texts) -> str:
    """Why a measurement did not tell."""
    _ = texts.gettext
    words = {
        Gap.SILENT: _("No answer came."),
        Gap.NO_SIGN: _("What was seen fits both."),
        Gap.DEEPER: _("Only the full test measures it."),
        Gap.ELSEWHERE: _("Only a test from another network can tell."),
    }
    return words[gap]


def means_name(means: str, texts: Texts) -> str:
    """What would have told, in a few words; its own code where this version has no words for it."""
    _ = texts.gettext
    words = {
        "interfaces": _("The network settings of this computer"),
        "host": _("How busy this computer is"),
        "own_answer": _("How fast programs of this computer answer each other"),
        "radio": _("The Wi-Fi signal"),
        "cable": _("Speed and errors of the cable"),
        "lease": _("Whether the address was given by the network (DHCP)"),
        "dhcp_survey": _("Which devices hand out addresses here (DHCP)"),
        "dhcp_offer": _("An offer of an address by this network (DHCP)"),
        "network_name": _("The name of the Wi-Fi"),
        "expected_resolver": _("The organisation's own name server"),
        "other_in_lan": _("Another device of the same network"),
        "gateway_echo": _("The router's answer to ping"),
        "gateway_neighbour": _("The router's hardware address (ARP, neighbour discovery)"),
        "gateway_ports": _("The router's answer to connections (TCP, DNS)"),
        "gateway_gone": _("Whether the router is still in the network (ARP, neighbour discovery)"),
        "carrier": _("Servers within the telephone company's own network"),
        "line_kind": _("How IPv4 comes over this line"),
        "provider": _("Routers of the provider"),
        "provider_echo": _("Loss up to the provider's first router"),
        "provider_times": _("Round trips to the provider's first router"),
        "ipv6": _("The same over IPv6"),
        "internet": _("Any answer from the internet"),
        "resolver": _("The name servers of this computer"),
        "lookup": _("Looking up names as programs do"),
        "comparison_resolver": _("Another name server to compare"),
        "comparison_large": _("Large answers of another name server"),
        "portal_check": _("Check pages without encryption"),
        "udp_hosts": _("A second server that answers UDP"),
        "vpn": _("What VPN this computer should have (not in the profile)"),
        "vpn_server": _("The VPN's server"),
        "vpn_resolver": _("The VPN's own name servers"),
        "direct_way": _("The service, past the VPN"),
        "service": _("The service"),
        "service_word": _("Any sign of life of the service's computer (ping, other ports)"),
        "other_network": _("The service, from another network"),
    }
    if means in words:
        return words[means]
    return subject_text(Subject(means), texts) if means in {each.value for each in Subject} else means


def _part_name(code: str, texts: Texts, *, codes: bool) -> str:
    """A cause or a segment in words."""
    if code in {segment.value for segment in Segment}:
        return segment_name(Segment(code), texts)
    return cause_name(code, texts) if codes else cause_title(code, texts)


def left_open_text(item: LeftOpen, texts: Texts, *, codes: bool = True) -> str:
    """What could not be told, in a line; with the codes of causes, or for people who have no use for them."""
    _ = texts.gettext
    parts = " / ".join(_part_name(code, texts, codes=codes) for code in item.between)
    if len(item.between) == 1:
        return _("It could not be told whether this works: {part}").format(part=parts)
    return _("Could not be told apart: {parts}").format(parts=parts)


def unheard_text(item: Unheard, texts: Texts) -> str:
    """What would have told, and why it did not."""
    if isinstance(item.reason, Gap):
        reason = gap_text(item.reason, texts)
    else:
        reason = not_tested_text(NotTested(step="", probe="", reason=item.reason), texts)
    return texts.gettext("{means}: {reason}").format(means=means_name(item.means, texts), reason=reason)
