"""The first thing that a frozen program for Windows does: it takes its modules from the archive that both share."""  # noqa: INP001  no part of a package

import sys

# What the freezer's loader reads next; it gives both names to the module.
sys._pyinstaller_pyz = f"{sys._MEIPASS}\\nexkit.pyz"  # type: ignore[attr-defined]  # noqa: SLF001
