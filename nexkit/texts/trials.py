"""Words for what a user can change and test again: what to do, what came of it, and what that means."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from nexkit.diagnosis.comparison import Comparison
from nexkit.diagnosis.verdict import VerdictState
from nexkit.texts import Texts
from nexkit.texts.verdicts import segment_name
from nexkit.texts.words import subject_text, value_text
from nexkit.trial import TOLD, Effect, Trial, TrialDone, ValueChange

Gettext = Callable[[str], str]
MAX_VALUES = 4
"""Of a change, said in one line."""


class TrialText(NamedTuple):
    """One trial in words."""

    instruction: str
    """What to do, in one or two sentences."""
    name: str
    """What was changed, in a few words, for a report."""
    helped: str
    """What it means when the trouble is gone; of what the user looked at elsewhere: when it works there."""
    same: str
    """What it means when nothing has changed, or it fails there too."""


def trial_text(trial: Trial, texts: Texts) -> TrialText:
    """The words of a trial."""
    return _TEXTS[trial](texts.gettext)


def effect_word(effect: Effect, texts: Texts) -> str:
    """What a change made of the trouble, in a few words."""
    _ = texts.gettext
    words = {
        Effect.GONE: _("the trouble is gone"),
        Effect.BETTER: _("better"),
        Effect.SAME: _("the same"),
        Effect.WORSE: _("worse"),
        Effect.OTHER: _("that trouble is gone, but there is another"),
        Effect.UNCLEAR: _("cannot be told"),
        Effect.NOT_DONE: _("not changed after all"),
    }
    return words[effect]


def effect_sentence(effect: Effect, values: Sequence[ValueChange], texts: Texts) -> str:
    """What a change made of the trouble, in a plain sentence, with the first of the values that changed."""
    _ = texts.gettext
    if effect is Effect.NOT_DONE:
        return _("This computer was connected just as before, so this tells nothing: the change was not made yet.")
    told = next((each for each in values if each.beyond_noise), None)
    if told is None:
        words = {
            Effect.GONE: _("The trouble is gone."),
            Effect.BETTER: _("It is better, but not yet good."),
            Effect.SAME: _("Nothing has changed."),
            Effect.WORSE: _("It is worse now."),
            Effect.OTHER: _("That trouble is gone, but there is another one now."),
        }
    else:
        words = {
            Effect.GONE: _("The trouble is gone ({what}: {before} before, {after} now)."),
            Effect.BETTER: _("It is better, but not yet good ({what}: {before} before, {after} now)."),
            Effect.SAME: _("The trouble is the same ({what}: {before} before, {after} now)."),
            Effect.WORSE: _("It is worse now ({what}: {before} before, {after} now)."),
            Effect.OTHER: _(
                "That trouble is gone, but there is another one now ({what}: {before} before, {after} now)."
            ),
        }
    unclear = _(
        "This does not tell whether it helped: too little could be measured, or the difference may be chance. You can "
        "test again from the start."
    )
    sentence = words.get(effect, unclear)
    if told is None:
        return sentence
    return sentence.format(
        what=value_name(told, texts),
        before=value_text(told.name, told.before),
        after=value_text(told.name, told.after),
    )


def meaning(done: TrialDone, texts: Texts) -> str:
    """What came of a trial and what that means; what the user told needs no more than the meaning."""
    text = trial_text(done.trial, texts)
    match done.effect:
        case Effect.GONE:
            means = text.helped
        case Effect.BETTER:
            means = texts.gettext("So this has a part in the trouble.")
        case Effect.SAME:
            means = text.same
        case Effect.WORSE | Effect.OTHER | Effect.UNCLEAR | Effect.NOT_DONE:
            means = ""
    seen = "" if done.trial in TOLD else effect_sentence(done.effect, done.values, texts)
    return texts.joined((seen, means))


def value_name(value: ValueChange, texts: Texts) -> str:
    """What was measured and to whom, in a few words; the stable name of one that only a newer version knows."""
    _ = texts.gettext
    who = subject_text(value.subject, texts)
    words = {
        "loss_ratio": _("{who}: lost"),
        "rtt_p50_ms": _("{who}: round trip"),
        "rtt_p95_ms": _("{who}: slowest round trips"),
        "jitter_ms": _("{who}: jitter"),
        "dns_ms": _("{who}: name lookup"),
        "first_byte_ms": _("{who}: first byte"),
        "rssi_dbm": _("Wi-Fi signal"),
        "down_goodput_bit_s": _("download"),
        "up_goodput_bit_s": _("upload"),
        "down_working_rtt_ms": _("round trip during download"),
        "up_working_rtt_ms": _("round trip during upload"),
    }
    # What is not ours is not a format: a report may come from anybody.
    return words[value.name].format(who=who) if value.name in words else value.name


_MORE_IS_BETTER = frozenset({"rssi_dbm", "down_goodput_bit_s", "up_goodput_bit_s"})


def worth_word(value: ValueChange, texts: Texts) -> str:
    """What the difference between two values is worth."""
    _ = texts.gettext
    if not value.beyond_noise:
        return _("no real difference")
    return _("improved") if (value.after > value.before) is (value.name in _MORE_IS_BETTER) else _("got worse")


def shown_values(values: Sequence[ValueChange]) -> tuple[ValueChange, ...]:
    """Those worth telling: what changed beyond chance; where nothing did, what was lost and how long it took."""
    changed = tuple(each for each in values if each.beyond_noise)
    return changed or tuple(each for each in values if each.name in {"loss_ratio", "rtt_p50_ms"})


def change_text(value: ValueChange, texts: Texts) -> str:
    """One value before and after."""
    return texts.gettext("{what} {before} → {after}").format(
        what=value_name(value, texts),
        before=value_text(value.name, value.before),
        after=value_text(value.name, value.after),
    )


def result_text(done: TrialDone, texts: Texts) -> str:
    """What a second run found, in a few words and with the code of its cause."""
    _ = texts.gettext
    if done.trial in TOLD:
        return _("works there") if done.effect is Effect.GONE else _("fails there too")
    where = done.cause or ("" if done.segment is None else segment_name(done.segment, texts))
    words = {
        VerdictState.HEALTHY: _("healthy"),
        VerdictState.FAULT: _("fault"),
        VerdictState.INCONCLUSIVE: _("not conclusive"),
        None: "–",
    }
    found = words[done.state] + (f" ({where})" if where else "")
    return _("{effect}; {verdict}").format(effect=effect_word(done.effect, texts), verdict=found)


def trial_line(done: TrialDone, texts: Texts) -> str:
    """A trial in one line: what was changed, what came out, the values that tell."""
    _ = texts.gettext
    line = _("{trial}: {result}").format(trial=trial_text(done.trial, texts).name, result=result_text(done, texts))
    values = [change_text(value, texts) for value in shown_values(done.values)[:MAX_VALUES]]
    return f"{line}; {', '.join(values)}" if values else line


_TEXTS: Mapping[Trial, Callable[[Gettext], TrialText]] = {
    Trial.USE_CABLE: lambda _: TrialText(
        instruction=_("Connect this computer to the router with a network cable, and switch Wi-Fi off."),
        name=_("with a cable instead of Wi-Fi"),
        helped=_("With the cable it works: the Wi-Fi is at fault, not the router and not the line."),
        same=_("With the cable it is no different: then it is not the Wi-Fi. Look at the router, or behind it."),
    ),
    Trial.USE_WIFI: lambda _: TrialText(
        instruction=_("Pull the network cable out, and join the Wi-Fi of the same router."),
        name=_("by Wi-Fi instead of the cable"),
        helped=_("By Wi-Fi it works: the cable, its plug or its port is at fault, not the line."),
        same=_("By Wi-Fi it is no different: then it is not the cable. Look at the router, or behind it."),
    ),
    Trial.OTHER_CABLE: lambda _: TrialText(
        instruction=_("Take another network cable, and plug it into another port of the router."),
        name=_("with another cable and port"),
        helped=_("With the other cable it works: the old cable or its port is at fault. Do not use it any more."),
        same=_("The other cable makes no difference: then it is not the cable. Look at the router, or behind it."),
    ),
    Trial.MOVE_CLOSER: lambda _: TrialText(
        instruction=_("Move this computer next to the router, so that nothing stands between them."),
        name=_("close to the Wi-Fi router"),
        helped=_("Near the router it works: the Wi-Fi does not reach well to your usual place."),
        same=_("Near the router it is no different: then it is not the distance. Something disturbs the Wi-Fi."),
    ),
    Trial.REJOIN: lambda _: TrialText(
        instruction=_("Switch Wi-Fi off and on again, or pull the network cable out and plug it in after 10 seconds."),
        name=_("after leaving and joining the network again"),
        helped=_("Joining again has helped: this computer had old or wrong settings from the network."),
        same=_(
            "Joining again makes no difference: what is wrong comes from the network itself, or was set here by hand."
        ),
    ),
    Trial.SIGN_IN: lambda _: TrialText(
        instruction=_("Open a web browser, go to any page, and sign in or agree on the page that appears."),
        name=_("after signing in to the network"),
        helped=_("The sign-in was all that was missing."),
        same=_("The sign-in has not opened the way: ask whoever runs this network."),
    ),
    Trial.PAUSE_TRANSFERS: lambda _: TrialText(
        instruction=_(
            "Stop downloads, uploads, backups, updates and films on all devices in your network for a moment."
        ),
        name=_("without other transfers"),
        helped=_("Without the other transfers it works: your own devices fill the line. Let them run at another time."),
        same=_("Without other transfers it is no different: it is not your own devices that fill the line."),
    ),
    Trial.CLOSE_PROGRAMS: lambda _: TrialText(
        instruction=_("Close all programs and browser tabs that you do not need."),
        name=_("with other programs closed"),
        helped=_("With fewer programs it works: this computer had too much to do, the network is fine."),
        same=_("With fewer programs it is no different: what slows this computer down is still running."),
    ),
    Trial.VPN_OFF: lambda _: TrialText(
        instruction=_("Disconnect the VPN."),
        name=_("without the VPN"),
        helped=_("Without the VPN it works: the VPN, or the way behind it, is at fault, not your own line."),
        same=_("Without the VPN it is no different: then it is not the VPN. You can connect it again."),
    ),
    Trial.RECONNECT_VPN: lambda _: TrialText(
        instruction=_("Connect the VPN anew: if it is connected, disconnect it first and wait 10 seconds."),
        name=_("after connecting the VPN anew"),
        helped=_("Connecting anew has helped: the connection of the VPN had died."),
        same=_("Connecting anew makes no difference: this network holds the VPN up, or its other end does not work."),
    ),
    Trial.PROXY_OFF: lambda _: TrialText(
        instruction=_("Switch the proxy off in the network settings, and remember what was set there."),
        name=_("without the proxy"),
        helped=_("Without the proxy it works: the proxy or its settings are at fault."),
        same=_("Without the proxy it is no different: set it again as it was. Something else is at fault."),
    ),
    Trial.RESTART_ROUTER: lambda _: TrialText(
        instruction=_(
            "Restart the router (and the modem, if there is one): unplug it for 10 seconds, plug it in, and wait "
            "3 minutes."
        ),
        name=_("after restarting the router"),
        helped=_("The restart has helped: the router had got stuck. If that happens often, it needs to be replaced."),
        same=_("The restart makes no difference: then it is not the router. Look at the line, or behind it."),
    ),
    Trial.OTHER_DEVICE: lambda _: TrialText(
        instruction=_("Try the same on another device in the same network, such as a phone that is on your Wi-Fi."),
        name=_("on another device in the same network"),
        helped=_("The other device works: the fault is on this computer, or in its own connection to the router."),
        same=_("The other device fails too: the fault is not on this computer. Look at the router, or behind it."),
    ),
    Trial.OTHER_NETWORK: lambda _: TrialText(
        instruction=_("Try the same from another network, such as a phone by its mobile connection."),
        name=_("from another network"),
        helped=_("From the other network it works: this network, or its provider, is in the way."),
        same=_("It fails from the other network too: neither this network nor your line is at fault."),
    ),
}


def comparison_lines(comparison: Comparison, texts: Texts) -> list[str]:
    """What lies between two runs, a line for each kind of change, for a terminal."""
    _ = texts.gettext
    lines = [_("What changed: {effect}").format(effect=effect_word(comparison.effect, texts))]
    for heading, findings in (
        (_("Gone: {causes}"), comparison.gone),
        (_("New: {causes}"), comparison.new),
        (_("Still there: {causes}"), comparison.still),
        (_("Not asked again: {causes}"), comparison.untested),
    ):
        if findings:
            lines.append(heading.format(causes=", ".join(dict.fromkeys(each.cause for each in findings))))
    return lines
