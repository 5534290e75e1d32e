"""Words for the diagnosis: verdict, segments, severities, rungs, and why something was not measured."""

from nexkit.diagnosis.verdict import Diagnosis, NotTested, RungState, Segment, Severity, VerdictState
from nexkit.outcome import FailureKind, SkipReason
from nexkit.texts import Texts
from nexkit.texts.causes import cause_text


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


def verdict_sentence(diagnosis: Diagnosis, texts: Texts) -> str:
    """The whole answer in one plain sentence."""
    _ = texts.gettext
    verdict = diagnosis.verdict
    root = next((finding for finding in diagnosis.findings if finding.cause == verdict.cause), None)
    if root is not None:
        return cause_text(root, texts).sentence
    match verdict.state:
        case VerdictState.HEALTHY:
            return _("Everything that was tested works. If the trouble comes and goes, test again while it is there.")
        case VerdictState.FAULT:
            return _broken_segment(verdict.segment, texts)
        case VerdictState.INCONCLUSIVE:
            return _open_segment(verdict.segment, texts)


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
