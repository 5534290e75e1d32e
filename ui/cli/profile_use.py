"""The profile that a command uses: chosen, shown where it is a stranger's, licensed, remembered."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from nexkit.profile import Licence, LoadedProfile, in_language, recipient_of
from nexkit.run_record import LicenceAccepter, ProfileTrust
from nexkit.texts import Texts
from nexkit.texts.profiles import recipient_lines, whose_text
from report.profile_in_force import Sources, profile_in_force
from report.profile_state import ProfileMemory, accepted
from report.profile_words import LONGEST_LICENCE, one_line
from report.visible import visible
from ui.cli.errors import CommandError
from ui.cli.streams import is_terminal

_LEAST_PREFIX = 8


def profile_to_use(arguments: argparse.Namespace, texts: Texts, sources: Sources) -> LoadedProfile:
    """The profile for a run, with its licence accepted; CommandError where it is not, ProfileError, OSError."""
    loaded = begin_with_profile(arguments.profile, texts, sources)
    loaded, licence = sources.memory.with_licence(loaded, texts.language)
    if licence is None:
        return loaded
    _accept(licence, loaded, arguments.accept_licence, texts)
    try:
        sources.memory.accept_licence(loaded, licence)
    except OSError as error:
        _say(_not_remembered(sources.memory, error, texts))
    return accepted(loaded, licence, LicenceAccepter.USER)


def tell_whose(loaded: LoadedProfile, texts: Texts) -> None:
    """A line for the user where nobody vouches for the profile."""
    if loaded.reference.is_unknown_organisation:
        _say(visible(whose_text(loaded, texts), limit=1000))


def begin_with_profile(name: str | None, texts: Texts, sources: Sources) -> LoadedProfile:
    """The profile in force, whose use is remembered from here on; ProfileError, OSError."""
    loaded = profile_in_force(Path(name) if name else None, datetime.now(UTC), sources)
    if sources.memory.damaged:
        _say(
            texts.gettext("{file}: damaged; what it said of profiles used before is forgotten").format(
                file=sources.memory.path
            )
        )
    if loaded.reference.trust is not ProfileTrust.BUILT_IN:
        try:
            sources.memory.remember(loaded)
        except OSError as error:
            # A full disk must not keep anybody from finding a fault.
            _say(_not_remembered(sources.memory, error, texts))
    return loaded


def confirm_recipient(loaded: LoadedProfile, texts: Texts, memory: ProfileMemory, *, confirmed: bool) -> None:
    """Show who gets reports where that has changed since the user agreed to it; CommandError unless it is confirmed."""
    _ = texts.gettext
    before = memory.other_recipient(loaded)
    if before is None:
        return
    now = recipient_of(loaded.profile)
    _say(_("The profile names another recipient of reports than the one you agreed to."))
    _say(_("Before: {recipient}").format(recipient=one_line(recipient_lines(before, texts))))
    _say(_("Now: {recipient}").format(recipient=one_line(recipient_lines(now, texts))))
    if confirmed:
        return
    if not is_terminal():
        raise CommandError(_("--out: the recipient of reports has changed: add --confirm-recipients if you agree"))
    if not _says_yes(_("Is this right? Type yes to go on:"), texts):
        raise CommandError(_("no report is written: the new recipient was not confirmed"))


def recipient_confirmed(loaded: LoadedProfile, texts: Texts, memory: ProfileMemory) -> None:
    """A report was agreed to: who gets it is remembered."""
    try:
        memory.confirm_recipient(loaded)
    except OSError as error:
        _say(_not_remembered(memory, error, texts))


def _accept(licence: Licence, loaded: LoadedProfile, prefix: str | None, texts: Texts) -> None:
    """Return where the user has accepted the text; CommandError otherwise."""
    _ = texts.gettext
    name = visible(in_language(loaded.profile.name, texts.language))
    if prefix is not None:
        # The digits of the hash: whoever gives them has had this text before them, or knows somebody who had.
        if len(prefix) >= _LEAST_PREFIX and licence.sha256.startswith(prefix.lower()):
            return
        raise CommandError(
            _(
                "--accept-licence: {word!r} does not stand for this licence text: read it with nexkit profile show, "
                "which tells its SHA-256, and give {count} digits of that or more"
            ).format(word=prefix, count=_LEAST_PREFIX)
        )
    if not is_terminal():
        raise CommandError(
            _(
                "the licence of {organisation} was not accepted yet: read it with nexkit profile show, then add "
                "--accept-licence with the SHA-256 that stands there"
            ).format(organisation=name)
        )
    _say(_("{organisation} asks you to read this text. You are asked once.").format(organisation=name))
    _say("\n" + visible(licence.text.expandtabs(), limit=LONGEST_LICENCE, keep="\n") + "\n")
    if not _says_yes(_("Type yes if you have read the text and accept it:"), texts):
        raise CommandError(_("the licence was not accepted: the profile is not used"))


def _says_yes(question: str, texts: Texts) -> bool:
    sys.stderr.write(f"{question} ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().casefold() in {"yes", texts.gettext("yes").casefold()}


def _say(line: str) -> None:
    print(line, file=sys.stderr)


def _not_remembered(memory: ProfileMemory, error: OSError, texts: Texts) -> str:
    return texts.gettext("{file}: cannot be written ({reason}): which profiles were used is not remembered").format(
        file=memory.path, reason=error.strerror or type(error).__name__
    )
