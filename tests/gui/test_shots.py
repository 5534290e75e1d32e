"""Every page and room can be drawn with what was measured in the lab; `dev.py shots` draws them all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from scenes import SCENES

SHOTS = Path(__file__).with_name("shots.py")


@pytest.mark.timeout(180)
def test_every_page_is_drawn_in_the_hardest_variant(tmp_path: Path):
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    drawn = subprocess.run(
        [sys.executable, str(SHOTS), str(tmp_path), "--variants", "ja-dark-200"],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert drawn.returncode == 0, drawn.stderr[-2000:]
    pictures = {file.stem: QImage(str(file)) for file in (tmp_path / "ja-dark-200").iterdir()}
    assert sorted(pictures) == sorted(SCENES)
    # A picture of nothing has one colour.
    empty = [name for name, picture in pictures.items() if len({picture.pixel(700, y) for y in range(0, 860, 7)}) < 2]
    assert empty == []
