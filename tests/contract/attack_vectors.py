"""Altered reports as files, for others to try their own readers on: `attack_vectors.py [--out FOLDER] [--genuine]`.

Writes the files, `cases.json` and the table in report/README.md anew. `--out` writes into another folder, and there
also the large files that the repository does not hold. `--genuine` first makes a new genuine report, for a new form of
reports.
"""

import argparse
import hashlib
import json
import sys
from functools import cache
from pathlib import Path

from attack_cases import CASES, GROUPS, Genuine
from attack_parts import (
    AUTHORITY,
    DEVICE,
    DEVICE_ID,
    ORGANISATION,
    OTHER,
    OTHER_ID,
    PRINCIPAL,
    RECEIVED_AT,
    Bag,
    revoked_serials,
    signature,
    with_consent,
)
from signing import STARTED_AT, sealed_with

from nexkit.profile import LoadedProfile, Profile
from nexkit.request import Request
from nexkit.run_record import ProfileReference, ProfileTrust
from report.consent import content_root
from report.container import read_container, write_container
from report.document import HTML_PATH
from report.public_keys import public_key

FOLDER = Path(__file__).resolve().parents[1] / "data" / "attacks"
GENUINE = "00.nexkit.zip"
README = Path(__file__).resolve().parents[2] / "report" / "README.md"
TABLE = "<!-- attack cases -->\n", "<!-- end of attack cases -->\n"
"""Between these lines of the documentation."""
STATUS = {"org-vouched": 0, "known-device": 4, "integrity-only": 4, "repacked": 5, "invalid": 1}
"""Of `nexkit verify --require org-vouched`."""
TOML = b'schema = 1\nid = "example"\nserial = 7\n'
SIGNERS = (
    f'*@org.example cert-authority,namespaces="report,withdraw" {public_key(AUTHORITY).line}\n'
    f'{OTHER_ID} namespaces="report,withdraw" {public_key(OTHER).line}\n'
    f'profile@org.example namespaces="profile" {public_key(ORGANISATION).line}\n'
)


def genuine_report():
    """A small report as this version of nexkit writes it, but for its page, which is cut to a line."""
    reference = ProfileReference(
        id="example",
        serial=7,
        trust=ProfileTrust.SIGNED,
        sha256=hashlib.sha256(TOML).hexdigest(),
        signer=public_key(ORGANISATION).fingerprint,
    )
    profile = Profile(id="example", name={"en": "Example"}, serial=7, not_before=STARTED_AT, not_after=STARTED_AT)
    signed = signature(TOML, ORGANISATION, b"", namespace=b"profile")
    loaded = LoadedProfile(profile=profile, reference=reference, toml=TOML, signature=signed)
    sealed = sealed_with(DEVICE, loaded=loaded, request=Request(ticket="INC-1042"))
    files = read_container(sealed.data).files
    payload = {path: data for path, data in files.items() if path.startswith("data/")}
    payload |= {HTML_PATH: b"<!doctype html><title>Example</title>\n"}
    bag = Bag(sealed.report_id, with_consent(payload, pii_principal_id=DEVICE_ID))
    return write_container(sealed.report_id, bag.files())


def read_genuine():
    """The report that the repository holds."""
    return Genuine((FOLDER / GENUINE).read_bytes())


@cache
def made(case):
    """The bytes of a case's file."""
    return case.make(read_genuine())


def companions():
    """The lists of the desk, by name."""
    genuine = read_genuine()
    seen = f"{genuine.report_id} {content_root(genuine.bag.payload)}\n"
    return {"org_signers": SIGNERS.encode(), "revoked.krl": revoked_serials(66), "seen.txt": seen.encode()}


def index():
    """What `cases.json` says."""
    return {
        "about": (
            "Altered nexkit reports and what has to be answered to them. The keys were made for tests only. The "
            "desk checks with org_signers, at received_at, and wants org-vouched; `stock` is the step of the recipe "
            "for a desk without nexkit that refuses the file, null where none does. A file that is null is large: "
            "tests/contract/attack_vectors.py --out FOLDER makes it. `problems` are kind and place, or how it begins."
        ),
        "signers": "org_signers",
        "received_at": RECEIVED_AT,
        "require": "org-vouched",
        "genuine_signer": PRINCIPAL,
        "cases": [
            {
                "id": case.id,
                "group": group,
                "altered": case.altered,
                "file": f"{case.id}.nexkit.zip" if case.stored else None,
                "options": list(case.options),
                "tier": case.tier,
                "problems": list(case.problems),
                "exit_status": STATUS[case.tier] if case.status is None else case.status,
                "stock": case.stock,
            }
            for group, cases in GROUPS.items()
            for case in cases
        ],
    }


def index_text():
    """The text of `cases.json`."""
    return json.dumps(index(), ensure_ascii=False, indent=1) + "\n"


def documented():
    """The documentation with the table as it has to be."""
    before, after = README.read_text("utf-8").split(TABLE[0])[0], README.read_text("utf-8").split(TABLE[1])[1]
    return before + TABLE[0] + "".join(_tables()) + TABLE[1] + after


def _tables():
    for group, cases in GROUPS.items():
        yield f"\n#### {group}\n\n| | what was altered | nexkit | stock tools |\n|---|---|---|---|\n"
        for case in cases:
            answer = f"`{case.tier}`" + "".join(f", {problem.partition(':')[0]}" for problem in case.problems[:1])
            answer += f", exit status {case.status}" if case.status else ""
            asked = f" (`{' '.join(case.options)[:24]}`)" if case.options else ""
            accepted = "**accept**" if case.tier == "invalid" or case.status else "accept"
            stock = accepted if case.stock is None else f"refused by {case.stock}"
            yield f"| {case.id} | {case.altered}{asked} | {answer} | {stock} |\n"
    yield "\n"


def main(words):
    """Exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=FOLDER)
    parser.add_argument("--genuine", action="store_true")
    arguments = parser.parse_args(words)
    arguments.out.mkdir(parents=True, exist_ok=True)
    if arguments.genuine:
        (FOLDER / GENUINE).write_bytes(genuine_report())
    for case in CASES.values():
        if case.stored or arguments.out != FOLDER:
            (arguments.out / f"{case.id}.nexkit.zip").write_bytes(made(case))
    for name, data in companions().items():
        (arguments.out / name).write_bytes(data)
    (arguments.out / "cases.json").write_text(index_text(), encoding="utf-8")
    if arguments.out == FOLDER:
        README.write_text(documented(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
