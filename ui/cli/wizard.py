"""`nexkit wizard`: open the window."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from nexkit.platform import has_screen
from nexkit.profile_file import load_profile
from nexkit.texts import Texts
from ui.cli.errors import CommandError


def wizard(arguments: argparse.Namespace, texts: Texts) -> int:
    """Run the wizard until its window closes."""
    if not has_screen():
        raise CommandError(texts.gettext("there is no screen here: use nexkit diagnose"))
    loaded = load_profile(Path(arguments.profile) if arguments.profile else None, datetime.now(UTC))
    from ui.gui.app import run_wizard

    return run_wizard([], loaded, texts.language)
