"""Pictures of every page and room: `shots.py OUT [--only NAME ...] [--variants en-light-100 ...]`.

What is shown was measured in the lab. Each variant (language, theme, size of the text) is a process of its own.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from itertools import product
from pathlib import Path

ROOT = Path(__file__).parents[2]
VARIANTS = tuple("-".join(parts) for parts in product(("en", "ja"), ("light", "dark"), ("100", "200")))

SHEET_WIDTH, COLUMNS, GAP, CAPTION = 2000, 4, 8, 26


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=Path, help="a folder for the pictures")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these pictures alone")
    parser.add_argument("--variants", nargs="+", default=VARIANTS, choices=VARIANTS, metavar="VARIANT")
    parser.add_argument("--sheets", action="store_true", help="all pictures of a variant on one sheet as well")
    parser.add_argument("--whole", action="store_true", help="windows as high as their pages")
    arguments = parser.parse_args()
    if len(arguments.variants) == 1:
        draw(arguments.out, arguments.variants[0], arguments.only, whole=arguments.whole)
        if arguments.sheets:
            lay_out(arguments.out / arguments.variants[0])
        return 0
    statuses = []
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    for variant in arguments.variants:
        further = [
            *(["--only", *arguments.only] if arguments.only else []),
            *(["--whole"] if arguments.whole else []),
            *(["--sheets"] if arguments.sheets else []),
        ]
        command = [sys.executable, __file__, str(arguments.out), "--variants", variant, *further]
        statuses.append(subprocess.run(command, env=environment, check=False).returncode)
    return max(statuses)


def draw(out: Path, variant: str, only: list[str], *, whole: bool) -> None:
    """All pictures of a variant."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    language, theme, size = variant.split("-")
    with tempfile.TemporaryDirectory() as home:
        os.environ["NEXKIT_HOME"] = home
        for folder in (ROOT, ROOT / "tests" / "lab"):
            sys.path.append(str(folder))
        from scenes import SCENES, Studio

        studio = Studio(language, dark=theme == "dark", double=size == "200", home=Path(home))
        folder = out / variant
        folder.mkdir(parents=True, exist_ok=True)
        for name, scene in SCENES.items():
            if not only or name in only:
                studio.picture(scene, folder / f"{name}.png", whole=whole)


def lay_out(folder: Path) -> None:
    """One sheet of all pictures in a folder, each with its name, beside the folder."""
    from PySide6.QtCore import QRect, Qt
    from PySide6.QtGui import QColor, QFont, QImage, QPainter
    from scenes import SCENES

    pictures = [(name, QImage(str(folder / f"{name}.png"))) for name in SCENES if (folder / f"{name}.png").is_file()]
    width = SHEET_WIDTH // COLUMNS
    height = max(picture.height() * (width - GAP) // picture.width() for _name, picture in pictures) + CAPTION
    rows = -(-len(pictures) // COLUMNS)
    sheet = QImage(SHEET_WIDTH, rows * height, QImage.Format.Format_RGB32)
    sheet.fill(QColor("#8a8f94"))
    painter = QPainter(sheet)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setPen(QColor("white"))
    font = QFont()
    font.setPixelSize(CAPTION - GAP)
    painter.setFont(font)
    for number, (name, picture) in enumerate(pictures):
        x, y = number % COLUMNS * width + GAP // 2, number // COLUMNS * height
        painter.drawText(QRect(x, y, width, CAPTION), int(Qt.AlignmentFlag.AlignVCenter), name)
        scaled = picture.scaledToWidth(width - GAP, Qt.TransformationMode.SmoothTransformation)
        painter.drawImage(x, y + CAPTION, scaled.copy(0, 0, scaled.width(), height - CAPTION))
    painter.end()
    # A quarter of the size: these pages have few colours; of those that are alike the most frequent one is taken.
    alike: dict[int, int] = {}
    for colour, _count in Counter(memoryview(sheet.constBits()).cast("I")).most_common():
        alike.setdefault(colour & 0xFFF0F0F0, colour)
    colours = [*alike.values()][:256]
    sheet = sheet.convertToFormat(QImage.Format.Format_Indexed8, colours, Qt.ImageConversionFlag.ThresholdDither)
    if not sheet.save(str(folder.with_suffix(".png"))):
        raise SystemExit(f"shots.py: {folder.with_suffix('.png')} could not be written")


if __name__ == "__main__":
    sys.exit(main())
