"""The one seam to the operating system; `sys.platform` is asked here and nowhere else."""

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nexkit.platform.api import Platform  # brings asyncio and TLS along, which most commands never need


def system_platform() -> "Platform":
    """The platform of the system this runs on; RuntimeError on an unknown one."""
    if sys.platform == "linux":
        from nexkit.platform.linux import LinuxPlatform

        return LinuxPlatform()
    if sys.platform == "win32":
        from nexkit.platform.windows import WindowsPlatform

        return WindowsPlatform()
    if sys.platform == "darwin":
        from nexkit.platform.macos import MacosPlatform

        return MacosPlatform()
    raise RuntimeError(f"nexkit does not know the system {sys.platform!r}: use Linux, Windows or macOS")


def has_screen() -> bool:
    """Whether a window can be shown."""
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def fonts_need_screen() -> bool:
    """Whether Qt finds no fonts where it paints without a screen (its plug-in `offscreen`): so it is on Windows.

    There each session has a screen, that of services too.
    """
    return sys.platform == "win32"
