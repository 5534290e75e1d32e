"""What was built lies in `dist/`; `python3 dev.py package` builds it and then runs these tests."""

import shutil
from pathlib import Path

import pytest

from installer.wine import new_windows

DIST = Path(__file__).parents[2] / "dist"


@pytest.fixture
def windows(tmp_path: Path):
    """A fresh Windows; all of its programs are ended at the end."""
    made = new_windows(tmp_path / "windows")
    yield made
    made.stop()
    shutil.rmtree(made.prefix)  # 700 MB


@pytest.fixture(scope="session")
def dist() -> Path:
    """What was built."""
    assert DIST.is_dir(), "nothing is built here: python3 dev.py package"
    return DIST


def the_one(folder: Path, pattern: str) -> Path:
    """The one file of this name."""
    (found,) = folder.glob(pattern)
    return found
