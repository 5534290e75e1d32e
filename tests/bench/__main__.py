"""What nexkit costs and how true it is, beside the peers, in the lab: `python3 dev.py bench [NAME ...]`.

A benchmark is a module of this folder: `bench()` prints Markdown tables; `measure()`, where there is one, runs on the
lab's client and gives what becomes JSON; `NEEDS` names the peers' programs. Times depend on the machine: compare what
stands side by side.
"""

import importlib
import json
import shutil
import sys

from side_by_side import HERE
from world import refusal

NAMES = ("verdict", "standard", "start", "route", "mtu", "ping", "dns_times", "watch", "load")


def main(words: list[str]) -> int:
    """Exit status."""
    if words[:1] == ["--on-client"]:
        print(json.dumps(importlib.import_module(words[1]).measure()))
        return 0
    names = words or NAMES
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"bench: {unknown[0]!r} is none of {', '.join(NAMES)} in {HERE.name}/", file=sys.stderr)
        return 2
    benches = [importlib.import_module(name) for name in names]
    needs = {tool for bench in benches for tool in getattr(bench, "NEEDS", ())}
    reason = refusal() or next((f"{tool} is missing" for tool in sorted(needs) if not shutil.which(tool)), None)
    if reason:
        print(f"bench: {reason}", file=sys.stderr)
        return 2
    for bench in benches:
        bench.bench()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
