"""Walks the real wizard on the lab's client: `walk_in_lab.py HOME PROFILE LANGUAGE`.

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
    walk(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], lambda mark: marks.setdefault(mark, time.time()))
    json.dump(marks, sys.stdout)
