"""An organisation with a signed profile, and what archives are made of, for the tests of its installers."""

import io
import lzma
import tarfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from report.profile_signature import sign_profile
from report.public_keys import public_key

HEAD = """\
schema = 1
id = "example-corp"
name = {{en = "Example Corp", ja = "エグザンプル株式会社"}}
serial = {serial}
not_before = {begins}
not_after = {ends}
"""
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


def write_company(folder: Path, *, serial=7, begins="2020-01-01T00:00:00Z", ends="2090-01-01T00:00:00Z", more=""):
    """`profile.toml`, its signature and `org_signers` in the folder; the path of the first."""
    profile = folder / "profile.toml"
    profile.write_text(HEAD.format(serial=serial, begins=begins, ends=ends) + more, encoding="utf-8")
    (folder / "profile.toml.sig").write_bytes(sign_profile(profile.read_bytes(), KEY))
    line = f'profile@org.example namespaces="profile" {public_key(KEY).line}\n'
    (folder / "org_signers").write_text(line, encoding="utf-8")
    return profile


def tar(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data or b"")
            entry.type = tarfile.DIRTYPE if data is None else tarfile.REGTYPE
            archive.addfile(entry, io.BytesIO(data or b""))
    return lzma.compress(out.getvalue())


def ar(members):
    parts = [b"!<arch>\n"]
    for name, data in members.items():
        parts.append(f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode())
        parts.append(data + b"\n" * (len(data) % 2))
    return b"".join(parts)
