"""Walks the real wizard on the lab's client: `walk_in_lab.py HOME PROFILE LANGUAGE [keys]`.

With `keys` by the keyboard alone.

Prints by the wall clock when it was `agreeing`, just before the consent to measure, and `measured`: the result is
there.
"""

import json
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "gui"))

from walk_on_screen import walk

if __name__ == "__main__":
    marks: dict[str, float] = {}
    home, profile, language = sys.argv[1:4]
    walk(
        Path(home),
        Path(profile),
        language,
        lambda mark: marks.setdefault(mark, time.time()),
        keys_alone=sys.argv[4:] == ["keys"],
    )
    json.dump(marks, sys.stdout)
