"""What a report would have of each category, item by item: counted in the run itself, not listed by hand.

The run is walked side by side with what redaction makes of it. So what is said to be replaced was replaced.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from nexkit.address import Scope, is_address, scope
from nexkit.diagnosis.verdict import Diagnosis
from nexkit.outcome import Completed, Skipped, SkipReason
from nexkit.run_record import RunRecord, StepResult
from nexkit.sensitivity import Sensitivity
from nexkit.texts import Texts
from nexkit.texts.facts import outcome_text
from nexkit.texts.probes import probe_text
from nexkit.texts.verdicts import verdict_sentence
from nexkit.texts.words import complaint_text, subject_text
from report.consent import Category
from report.redact import CATEGORY_OF, WITHHELD, RedactedRecord

_FIGURES = frozenset({None, Sensitivity.OPEN})
"""Numbers, yes/no values, states, moments, and words of protocols and of this program."""


_LEFT_OUT = Skipped(SkipReason.WITHHELD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fates:
    """How many texts of one class are shared as they are, are replaced or shortened, and are left out."""

    whole: int = 0
    replaced: int = 0
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A part of a category."""

    title: str
    lines: tuple[str, ...]
    """What was measured, in words, as it would be shared."""
    figures: int
    texts: Mapping[Sensitivity, Fates]
    """By class of privacy."""

    @property
    def values(self) -> int:
        """How many values it has in all."""
        return self.figures + sum(each.whole + each.replaced + each.left_out for each in self.texts.values())


def contents_of(
    record: RunRecord, diagnosis: Diagnosis, redacted: RedactedRecord, texts: Texts
) -> Mapping[Category, tuple[Item, ...]]:
    """The items of every category that `redacted` has; a category without any has nothing in this run."""
    shared = redacted.record
    pairs = list(zip(record.results, shared.results, strict=True))
    found: dict[Category, tuple[Item, ...]] = {
        category: tuple(_measured(category, pairs, texts))
        for category in (Category.DEVICE, Category.NAMES, Category.PATH, Category.SERVICES, Category.LOAD)
    }
    found[Category.DEVICE] = (_of_system(record, shared, texts), *found[Category.DEVICE])
    found[Category.VERDICT] = tuple(_of_verdict(record, diagnosis, redacted, texts))
    found[Category.ADDRESSES] = tuple(_of_addresses(found, texts))
    found[Category.WHOLE_ADDRESSES] = tuple(_of_whole_addresses(pairs, texts))
    found[Category.NOTE] = tuple(_of_note(shared, texts))
    return found


def class_text(kind: Sensitivity, texts: Texts) -> str:
    """What a class of privacy is, in plain words."""
    _ = texts.gettext
    words = {
        Sensitivity.OPEN: _("figures and states"),
        Sensitivity.INTERFACE: _("names of network connections"),
        Sensitivity.IP_ADDRESS: _("addresses"),
        Sensitivity.MAC_ADDRESS: _("hardware addresses"),
        Sensitivity.HOST_NAME: _("names of computers and sites"),
        Sensitivity.URL: _("web addresses"),
        Sensitivity.SSID: _("Wi-Fi names"),
        Sensitivity.REMOTE_TEXT: _("texts that others sent"),
        Sensitivity.CERTIFICATE_SUBJECT: _("names in certificates"),
        Sensitivity.USER_TEXT: _("your own words"),
        Sensitivity.SECRET: _("secrets"),
    }
    return words[kind]


def item_text(item: Item, texts: Texts) -> str:
    """How many values an item has, and what becomes of those that could tell about somebody."""
    _ = texts.gettext
    said = []
    if item.figures:
        said.append(_("{kind}: {count}").format(kind=class_text(Sensitivity.OPEN, texts), count=item.figures))
    for kind, each in item.texts.items():
        ways = (
            (_("{count} as they are"), each.whole),
            (_("{count} replaced or shortened"), each.replaced),
            (_("{count} left out"), each.left_out),
        )
        told = ", ".join(words.format(count=count) for words, count in ways if count)
        said.append(_("{kind}: {count}").format(kind=class_text(kind, texts), count=told))
    return "; ".join(said)


def _measured(category: Category, pairs: list[tuple[StepResult, StepResult]], texts: Texts) -> Iterator[Item]:
    """What each probe measured."""
    by_probe: dict[str, list[tuple[StepResult, StepResult]]] = {}
    for pair in pairs:
        outcome = pair[0].outcome
        if isinstance(outcome, Completed) and CATEGORY_OF.get(type(outcome.fact)) is category:
            by_probe.setdefault(pair[0].probe, []).append(pair)
    for probe, same in by_probe.items():
        lines = tuple(f"{subject_text(after.subject, texts)}: {outcome_text(after, texts)}" for _before, after in same)
        facts = [(before.outcome.fact, after.outcome.fact) for before, after in same]  # type: ignore[union-attr]
        yield _item(probe_text(probe, texts).name, lines, facts)


def _of_system(record: RunRecord, shared: RunRecord, texts: Texts) -> Item:
    system = shared.system
    said = f"{system.system} {system.release} ({system.architecture})"
    parts = [(record.system, shared.system), (record.expectations, shared.expectations)]
    return _item(texts.gettext("Operating system"), (said,), parts)


def _of_verdict(record: RunRecord, diagnosis: Diagnosis, redacted: RedactedRecord, texts: Texts) -> Iterator[Item]:
    _ = texts.gettext
    shared = redacted.record
    said = (verdict_sentence(redacted.diagnosis or diagnosis, texts),)
    yield _item(_("The answer, with what speaks for it"), said, [(diagnosis, redacted.diagnosis)])
    request = replace(shared.request, ticket=None, note=None, url=None)
    yield _item(_("What you said is wrong"), (complaint_text(request, texts),), [(request, request)])
    probes = dict.fromkeys(probe_text(result.probe, texts).name for result in shared.results)
    times = [(result, result) for result in (replace(each, outcome=_LEFT_OUT) for each in shared.results)]
    yield _item(_("What was tested and when"), tuple(probes), times)
    used = f"{shared.profile.id} ({shared.profile.serial}), nexkit {shared.kit_version}"
    yield _item(_("Profile and program"), (used,), [(record.profile, shared.profile)])
    if shared.trials:
        yield _item(_("What you changed and tested again"), (), [(record.trials, shared.trials)])
    if record.watch is not None and shared.watch is not None:
        yield _item(_("What happened while watching"), (), [(record.watch, shared.watch)])


def _of_addresses(found: Mapping[Category, tuple[Item, ...]], texts: Texts) -> Iterator[Item]:
    """The addresses of all other categories, once more as one."""
    for kind in (Sensitivity.IP_ADDRESS, Sensitivity.MAC_ADDRESS):
        each = [item.texts[kind] for items in found.values() for item in items if kind in item.texts]
        if each:
            total = Fates(
                whole=sum(part.whole for part in each),
                replaced=sum(part.replaced for part in each),
                left_out=sum(part.left_out for part in each),
            )
            title = texts.gettext("In all parts that you tick: {kind}").format(kind=class_text(kind, texts))
            yield Item(title=title, lines=(), figures=0, texts={kind: total})


def _of_whole_addresses(pairs: list[tuple[StepResult, StepResult]], texts: Texts) -> Iterator[Item]:
    """The addresses of the internet that would be shared whole."""
    shortened = {
        before
        for first, second in pairs
        if isinstance(first.outcome, Completed) and isinstance(second.outcome, Completed)
        for kind, before, after in _leaves(first.outcome.fact, second.outcome.fact, type(first.outcome.fact))
        if kind is Sensitivity.IP_ADDRESS and before != after and _is_public(str(before))
    }
    if shortened:
        title = texts.gettext("Public addresses that would be whole")
        changed = {Sensitivity.IP_ADDRESS: Fates(whole=len(shortened))}
        yield Item(title=title, lines=tuple(sorted(map(str, shortened))), figures=0, texts=changed)


def _is_public(text: str) -> bool:
    plain = text.partition("%")[0]
    return is_address(plain) and scope(plain) is Scope.INTERNET


def _of_note(shared: RunRecord, texts: Texts) -> Iterator[Item]:
    _ = texts.gettext
    marks = shared.watch.marks if shared.watch else ()
    said = (
        (_("Ticket number"), (shared.request.ticket,)),
        (_("Description"), (shared.request.note,)),
        (_("Your words while watching"), tuple(mark.words for mark in marks)),
    )
    for title, words in said:
        if typed := tuple(word for word in words if word):
            yield Item(title=title, lines=typed, figures=0, texts={Sensitivity.USER_TEXT: Fates(whole=len(typed))})


def _item(title: str, lines: tuple[str, ...], parts: Any) -> Item:  # noqa: ANN401  pairs of values of any kind
    figures = 0
    counted: dict[Sensitivity, Counter[str]] = {}
    for before, after in parts:
        for kind, was, shown in _leaves(before, after, type(before)):
            if kind is None or kind in _FIGURES:
                figures += 1
            else:
                way = "whole" if was == shown else "left_out" if WITHHELD in str(shown) else "replaced"
                counted.setdefault(kind, Counter())[way] += 1
    texts = {kind: Fates(**ways) for kind, ways in counted.items()}
    return Item(title=title, lines=lines, figures=figures, texts=texts)


def _leaves(before: Any, after: Any, hint: Any) -> Iterator[tuple[Sensitivity | None, object, object]]:  # noqa: ANN401
    """Every value with its class of privacy, as it was and as it would be shared; nothing for what is not known."""
    if before is None or after is None:
        return
    if is_dataclass(before) and not isinstance(before, type):
        hints = get_type_hints(type(before), include_extras=True)
        for each in fields(before):
            yield from _leaves(getattr(before, each.name), getattr(after, each.name), hints[each.name])
    elif isinstance(before, (tuple, frozenset)):
        inner = get_args(_without_none(hint))
        for was, shown in zip(before, after, strict=False):
            yield from _leaves(was, shown, inner[0] if inner else type(was))
    elif isinstance(before, Mapping):
        inner = get_args(_without_none(hint))
        for name, was in before.items():
            yield from _leaves(was, after[name], inner[1] if inner else type(was))
    else:
        yield _class_of(hint) if isinstance(before, str) else None, before, after


def _without_none(hint: Any) -> Any:  # noqa: ANN401
    """Of `X | None` the X that has parts."""
    while hasattr(hint, "__supertype__"):
        hint = hint.__supertype__
    if get_origin(hint) in (tuple, frozenset, Mapping):
        return hint
    return next((part for part in get_args(hint) if get_args(part)), hint)


def _class_of(hint: Any) -> Sensitivity | None:  # noqa: ANN401
    """The class of privacy of a text."""
    while hasattr(hint, "__supertype__"):
        hint = hint.__supertype__
    if get_origin(hint) is Annotated:
        return next((mark for mark in get_args(hint)[1:] if isinstance(mark, Sensitivity)), None)
    return next((kind for part in get_args(hint) if (kind := _class_of(part)) is not None), None)
