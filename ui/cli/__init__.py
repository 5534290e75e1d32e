"""The command line: parse, call, print. Results go to stdout, progress and errors to stderr.

Exit status: see `ExitStatus`. Nothing heavy is imported before it is needed, so that `--version` answers at once.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from nexkit import __version__


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program with these words (default: those of the process); its exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    if argv is None and Path(sys.argv[0]).stem == "nexkit-pack":
        words.insert(0, "pack")
    if words == ["--version"]:
        print(f"nexkit {__version__}")
        return 0
    if words == ["evaluate-pac"]:
        # The proxy probe starts the frozen program so, to evaluate what a stranger wrote in a process of its own.
        from probes.proxy.pac_program import main as evaluate_pac

        return evaluate_pac()
    from ui.cli.commands import run_command
    from ui.cli.streams import harmless_streams

    try:
        with harmless_streams():
            return run_command(words)
    except BrokenPipeError:
        # The reader of our output went away (`nexkit show x | head`): nothing to say, and nobody to say it to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
