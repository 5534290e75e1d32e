"""The program's picture in the sizes and forms that systems want, from `nexkit.svg`.

    python -m installer.pictures     writes windows/nexkit.ico anew, after the picture was changed

The icon file is kept, because the MSI is built where there is no Qt.
"""

import struct
from pathlib import Path

SOURCE = Path(__file__).parent / "nexkit.svg"
WINDOWS_ICON = Path(__file__).parent / "windows" / "nexkit.ico"
WINDOWS_SIZES = (16, 24, 32, 48, 64, 256)
"""What the Start menu, the task bar and the list of programs take, at the usual scales."""
_HEADER = struct.Struct("<HHH")
_ENTRY = struct.Struct("<BBBBHHII")
_ICON = 1
_LARGEST = 256
"""It is written as 0: there is one byte."""


def png(size: int) -> bytes:
    """The picture in a square of so many pixels."""
    from PySide6.QtCore import QBuffer
    from PySide6.QtGui import QImage, QImageWriter, QPainter
    from PySide6.QtSvg import QSvgRenderer

    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    QSvgRenderer(SOURCE.read_bytes()).render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, b"png").write(image)
    return bytes(buffer.data().data())


def windows_icon() -> bytes:
    """An icon file (.ico) of PNG pictures, which Windows reads since Vista."""
    pictures = {size: png(size) for size in WINDOWS_SIZES}
    at = _HEADER.size + _ENTRY.size * len(pictures)
    entries = []
    for size, data in pictures.items():
        side = size % _LARGEST
        entries.append(_ENTRY.pack(side, side, 0, 0, 1, 32, len(data), at))
        at += len(data)
    return _HEADER.pack(0, _ICON, len(pictures)) + b"".join(entries) + b"".join(pictures.values())


if __name__ == "__main__":
    WINDOWS_ICON.write_bytes(windows_icon())
