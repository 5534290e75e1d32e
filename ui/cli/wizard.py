"""`nexkit wizard`: open the window."""

import argparse
import sys

from nexkit.platform import has_screen
from nexkit.profile_refusal import ProfileError
from nexkit.texts import Texts
from nexkit.texts.profiles import profile_problem
from report.profile_in_force import Sources
from ui.cli.errors import CommandError, ExitStatus
from ui.cli.profile_use import begin_with_profile


def wizard(arguments: argparse.Namespace, texts: Texts) -> int:
    """Run the wizard until its window closes; a profile that is refused is said in a window too."""
    if not has_screen():
        raise CommandError(texts.gettext("there is no screen here: use nexkit diagnose"))
    sources = Sources()
    try:
        loaded = begin_with_profile(arguments.profile, texts, sources)
    except ProfileError as error:
        from ui.gui.app import show_refusal

        words = profile_problem(error, texts)
        print(f"nexkit: {words}", file=sys.stderr)
        show_refusal(words, texts.language)
        return ExitStatus.WRONG_USE
    from ui.gui.app import run_wizard

    return run_wizard([], loaded, sources.memory, arguments.lang, watching=arguments.watching)
