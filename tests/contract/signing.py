"""What tests of signatures share: a small signed report, and an organisation that signs keys with ssh-keygen."""

import random
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nexkit.diagnosis.verdict import Diagnosis, Rung, RungState, Segment, Verdict, VerdictState
from nexkit.facts.echo import EchoMethod, EchoSample, echo_stats
from nexkit.facts.system import SystemInfo
from nexkit.outcome import Completed
from nexkit.profile import LoadedProfile, Profile
from nexkit.request import Request
from nexkit.run_record import ProfileReference, ProfileTrust, RunRecord, StepResult
from nexkit.subject import Subject
from nexkit.texts import Texts
from report.consent import Category
from report.container import read_container, write_container
from report.draft import consent_to, make_draft
from report.public_keys import PublicKey
from report.seal import SIGNATURE_PATH, TAG_MANIFEST_PATH, bag, seal
from report.ssh_lists import key_of

STARTED_AT = datetime(2026, 1, 20, 10, 15, tzinfo=UTC)


def built_in_profile():
    """A profile that nobody has to sign."""
    reference = ProfileReference(id="example", serial=1, trust=ProfileTrust.BUILT_IN, sha256="00" * 32)
    profile = Profile(id="example", name={"en": "Example"}, serial=1, not_before=STARTED_AT, not_after=STARTED_AT)
    return LoadedProfile(profile=profile, reference=reference, toml=b"schema = 1\n", signature=None)


def sealed_with(key, certificate=None, loaded=None, request=None):
    """A small report, signed with the key and its certificate."""
    loaded = loaded or built_in_profile()
    samples = [EchoSample(at_s=0.2 * number, rtt_ms=1.0 + number) for number in range(20)]
    record = RunRecord(
        kit_version="0.1.0",
        system=SystemInfo(system="linux", release="6.1", architecture="x86_64"),
        profile=loaded.reference,
        request=request or Request(),
        started_at=STARTED_AT,
        took_s=5.0,
        cancelled=False,
        results=(
            StepResult(
                id="ping.gateway4",
                probe="ping",
                probe_version=1,
                subject=Subject.GATEWAY,
                started_s=0.0,
                took_s=4.0,
                traffic_bytes=1680,
                outcome=Completed(echo_stats("192.168.1.1", EchoMethod.ICMP, samples)),
            ),
        ),
    )
    diagnosis = Diagnosis(
        verdict=Verdict(state=VerdictState.HEALTHY, segment=None, cause=None, confidence=None),
        findings=(),
        ladder=tuple(Rung(segment=segment, state=RungState.PASS, because=()) for segment in Segment),
        not_tested=(),
        rules_version="2026.11.1",
        started_at=STARTED_AT,
        took_s=5.0,
    )
    texts = Texts("en")
    draft = make_draft(record, diagnosis, loaded, set(Category), texts, random.Random(1), own_names=())
    consent = consent_to(draft, method="command_line", texts=texts, given_at=STARTED_AT, random=random.Random(2))
    return seal(draft, consent, key, certificate)


def run(folder, *arguments, stdin=b""):
    """A program of others."""
    return subprocess.run(arguments, cwd=folder, input=stdin, capture_output=True, check=False, timeout=30)


def ssh_keygen(folder, *arguments, stdin=b""):
    """The real one, which has to succeed."""
    done = run(folder, "ssh-keygen", *arguments, stdin=stdin)
    assert done.returncode == 0, done.stderr
    return done


@dataclass(frozen=True)
class Organisation:
    """A folder with the keys of an organisation, its devices, and what it signs."""

    folder: Path

    def key(self, name, key_type="ed25519"):
        """A new key; its public half."""
        ssh_keygen(self.folder, "-q", "-t", key_type, "-N", "", "-C", name, "-f", name)
        return self.public(name)

    def public(self, name) -> PublicKey:
        """The public half of a key."""
        return key_of(*(self.folder / f"{name}.pub").read_text().split()[:2])

    def certify(self, name, *options, authority="ca", principals=None, dates="-1d:+52w"):
        """Sign a key as the documentation says, or with other options."""
        principals = f"{self.public(name).install_id}@org.example" if principals is None else principals
        named = ("-n", principals) if principals else ()
        arguments = (
            "-q",
            "-s",
            authority,
            "-I",
            "asset-1",
            *named,
            "-V",
            dates,
            "-O",
            "clear",
            *options,
            f"{name}.pub",
        )
        ssh_keygen(self.folder, *arguments)
        return self.folder / f"{name}-cert.pub"

    def sign(self, data, name, namespace="report", *, certified=True):
        """The signature of the bytes that ssh-keygen makes."""
        (self.folder / "data").write_bytes(data)
        (self.folder / "data.sig").unlink(missing_ok=True)
        key = f"{name}-cert.pub" if certified else name
        ssh_keygen(self.folder, "-Y", "sign", "-q", "-f", key, "-n", namespace, "data")
        return (self.folder / "data.sig").read_bytes()

    def bundle(self, report, signer, name, namespace="report", *, certified=True):
        """The report with another signer's signature, and its signed list and the signature as files."""
        files = read_container(report.data).files
        payload = {path: data for path, data in files.items() if path.startswith("data/")}
        files = bag(report.report_id, payload, signer)
        files[SIGNATURE_PATH] = self.sign(files[TAG_MANIFEST_PATH], name, namespace, certified=certified)
        (self.folder / "r.nexkit.zip").write_bytes(write_container(report.report_id, files))
        (self.folder / "r.sig").write_bytes(files[SIGNATURE_PATH])
        (self.folder / "r.txt").write_bytes(files[TAG_MANIFEST_PATH])
        return self.folder / "r.nexkit.zip"
