"""What was built lies in `dist/`; `python3 dev.py package` builds it and then runs these tests."""

from pathlib import Path

import pytest

from installer.wine import new_windows

DIST = Path(__file__).parents[2] / "dist"


@pytest.fixture
def windows():
    """A fresh Windows for one test."""
    with new_windows() as made:
        yield made


@pytest.fixture(scope="session")
def dist() -> Path:
    """What was built."""
    assert DIST.is_dir(), "nothing is built here: python3 dev.py package"
    return DIST


def the_one(folder: Path, pattern: str) -> Path:
    """The one file of this name."""
    (found,) = folder.glob(pattern)
    return found
