"""How often the diagnosis is right: `python3 dev.py lab score [SCENARIO ...] [--depth D] [--repeats N] [--record]`.

Runs every scenario and prints accuracy of cause and segment, false alarms, what was taken for what, calibration of the
confidences, and times. `--record` keeps what was measured in `tests/data/records/`, from which the rules are tested
without a network.
"""

import argparse
import collections
import gzip
import itertools
import json
import os
import statistics
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from judge import causes
from scenario import Scenario, all_paths, find, load
from world import refusal, run_in_lab

HERE = Path(__file__).resolve().parent
RECORDS = HERE.parent / "data" / "records"
BUCKETS = (0.0, 0.5, 0.7, 0.8, 0.9, 1.01)
"""Borders of the classes of confidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One run of one scenario."""

    scenario: Scenario
    verdict: dict
    findings: list
    took_s: float
    diagnosis_ms: float

    @property
    def told(self):
        """What the verdict says, in a word."""
        return self.verdict["cause"] or self.verdict["segment"] or self.verdict["state"]

    @property
    def meant(self):
        """What it should say."""
        expected = self.scenario.expect
        return expected.cause or expected.where or expected.verdict

    @property
    def right_cause(self):
        """The verdict names the cause, or rightly none, and nothing besides is named for nothing."""
        expected = self.scenario.expect
        named = {f["cause"] for f in self.findings if f["severity"] != "context"}
        known = {expected.cause, *expected.also, *expected.allowed}
        return (
            (self.verdict["state"], self.verdict["cause"]) == (expected.verdict, expected.cause)
            and named <= known
            and set(expected.also) <= named
        )

    @property
    def right_segment(self):
        """The verdict names the place, or rightly none."""
        return (self.verdict["state"], self.verdict["segment"]) == (
            self.scenario.expect.verdict,
            self.scenario.expect.where,
        )


def run(path, depth, keep):
    """One run; RuntimeError with what the program said where it gave no result."""
    scenario = load(path)
    # A load test belongs to the scenario's own depth.
    wanted = scenario.depth if depth is None or scenario.depth == "full" else depth
    done = run_in_lab(str(path), [sys.executable, str(HERE / "record.py"), str(path), wanted])
    if done.exit_status:
        raise RuntimeError(f"{path.stem}: {done.stderr[-2000:]}")
    found = json.loads(done.stdout)
    if keep:
        RECORDS.mkdir(exist_ok=True)
        # No time stamp in the header: the same record is the same file.
        packed = gzip.compress(json.dumps(found["record"], separators=(",", ":")).encode(), mtime=0)
        (RECORDS / f"{path.stem}.json.gz").write_bytes(packed)
    return Result(
        scenario=scenario,
        verdict=found["diagnosis"]["verdict"],
        findings=found["diagnosis"]["findings"],
        took_s=found["record"]["took_s"],
        diagnosis_ms=found["diagnosis_ms"],
    )


def table(header, rows):
    print(f"\n| {' | '.join(header)} |\n|{' --- |' * len(header)}")
    for row in rows:
        print(f"| {' | '.join(str(cell) for cell in row)} |")


def report(results):
    """Print the tables."""
    faults = [result for result in results if result.scenario.expect.verdict == "fault"]
    healthy = [result for result in results if result.scenario.expect.verdict == "healthy"]
    alarms = [result for result in healthy if causes({"findings": result.findings}, context=False)]
    rated = [result for result in results if result.scenario.depth != "full"]

    def share(right, of):
        return f"{right} of {of} ({right / of:.1%})" if of else "none"

    table(
        ("what", "result"),
        [
            ("cause right", share(sum(result.right_cause for result in results), len(results))),
            ("segment right", share(sum(result.right_segment for result in results), len(results))),
            ("faults found", share(sum(result.verdict["state"] == "fault" for result in faults), len(faults))),
            ("false alarms", share(len(alarms), len(healthy))),
            ("verdict, median s", f"{statistics.median(result.took_s for result in rated):.1f}" if rated else ""),
            ("verdict, longest s", f"{max(result.took_s for result in rated):.1f}" if rated else ""),
            ("rules alone, longest ms", f"{max(result.diagnosis_ms for result in results):.1f}"),
        ],
    )
    wrong = collections.Counter(
        (
            result.scenario.name,
            result.meant,
            result.told,
            ", ".join(causes({"findings": result.findings}, context=False)),
        )
        for result in results
        if not (result.right_cause and result.right_segment)
    )
    if wrong:
        table(("scenario", "should be", "told", "findings", "times"), [(*what, count) for what, count in wrong.items()])
    rows = []
    for low, high in itertools.pairwise(BUCKETS):
        judged = [
            finding["cause"]
            in {result.scenario.expect.cause, *result.scenario.expect.also, *result.scenario.expect.allowed}
            for result in results
            for finding in result.findings
            if finding["severity"] != "context" and low <= finding["confidence"] < high
        ]
        if judged:
            rows.append((f"{low:.1f} to {min(high, 1.0):.1f}", len(judged), f"{sum(judged) / len(judged):.1%}"))
    table(("confidence of a finding", "findings", "right"), rows)


def main(words):
    """Exit status: 0 where everything was right."""
    parser = argparse.ArgumentParser(prog="dev.py lab score")
    parser.add_argument("scenarios", nargs="*")
    parser.add_argument("--depth", choices=("quick", "standard"))
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--record", action="store_true")
    arguments = parser.parse_args(words)
    if reason := refusal():
        print(f"no lab here: {reason}", file=sys.stderr)
        return 2
    paths = [find(name) for name in arguments.scenarios] or all_paths()
    work = [path for path in paths for _ in range(arguments.repeats)]
    # They mostly wait.
    with ThreadPoolExecutor(max_workers=(os.cpu_count() or 1) + 1) as pool:
        results = list(pool.map(lambda path: run(path, arguments.depth, arguments.record), work))
    report(results)
    return 0 if all(result.right_cause and result.right_segment for result in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
