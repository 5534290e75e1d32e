"""Measure as `nexkit diagnose` does and print everything: `record.py SCENARIO [DEPTH]`, on the lab's client.

One JSON object: `record` (all facts, nothing redacted), `diagnosis`, and `diagnosis_ms`, the time that the rules took.
"""

import asyncio
import json
import sys
import time
from datetime import UTC, datetime

from scenario import find, load

from nexkit.consent import Consent
from nexkit.diagnosis.engine import diagnose
from nexkit.profile_file import loaded_profile
from nexkit.request import Depth, Request, Symptom
from nexkit.run_record import ProfileTrust
from report.codec import encode_diagnosis, encode_record
from ui.bootstrap import build_runner, measure_and_diagnose


async def _measure(name, depth):
    scenario = load(find(name))
    consent = {Consent.SYSTEM, Consent.ACTIVE_TRAFFIC, *([Consent.BULK_TRAFFIC] if scenario.agree else [])}
    request = Request(
        symptom=Symptom(scenario.symptom), depth=Depth(depth or scenario.depth), consent=frozenset(consent)
    )
    path = scenario.profile_path
    profile = loaded_profile(path.read_bytes(), path.name, datetime.now(UTC), ProfileTrust.NAMED)
    run = await measure_and_diagnose(build_runner(), profile, request, lambda _event: None, asyncio.Event())
    return run.record


def main(name, depth=None):
    record = asyncio.run(_measure(name, depth))
    began = time.perf_counter()
    diagnosis = diagnose(record)
    took_ms = (time.perf_counter() - began) * 1000
    found = {
        "record": encode_record(record),
        "diagnosis": encode_diagnosis(diagnosis),
        "diagnosis_ms": took_ms,
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
