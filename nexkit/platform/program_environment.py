"""The environment for programs that we start."""

import os
import sys


def program_environment() -> dict[str, str]:
    """Our environment, without the library path of a frozen build.

    PyInstaller points LD_LIBRARY_PATH at its own copies and keeps the user's value under `LD_LIBRARY_PATH_ORIG`.
    """
    environment = dict(os.environ)
    if getattr(sys, "frozen", False):
        environment.pop("LD_LIBRARY_PATH", None)
        if original := environment.pop("LD_LIBRARY_PATH_ORIG", None):
            environment["LD_LIBRARY_PATH"] = original
    return environment
