"""The first thing that a frozen program for Windows does: it takes its modules from the archive that both share."""  # noqa: INP001  no part of a package

import sys

sys._pyinstaller_pyz = f"{sys._MEIPASS}\\nexkit.pyz"  # noqa: SLF001  what the freezer's loader reads next
