"""A computer of an organisation: its managed place, its signer, a profile of a chosen serial."""

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nexkit.platform.managed import ManagedPlace
from report.profile_in_force import Sources, profile_in_force
from report.profile_signature import sign_profile
from report.profile_state import ProfileMemory
from report.public_keys import public_key

NOW = datetime(2026, 11, 20, tzinfo=UTC)
ADMINISTRATORS = frozenset({0, os.getuid()}) if hasattr(os, "getuid") else frozenset({0})
SUPPORT = '[support]\nname = "Example Helpdesk"\nemail = "help@example.com"\n'


def profile_toml(*, profile_id="example-corp", serial=7, more=SUPPORT):
    return (
        f'schema = 1\nid = "{profile_id}"\nname = {{en = "Example Corp", ja = "エグザンプル株式会社"}}\n'
        f"serial = {serial}\nnot_before = 2026-11-01T00:00:00Z\nnot_after = 2027-10-31T23:59:59Z\n{more}"
    ).encode()


@dataclass
class World:
    root: Path
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def __post_init__(self):
        self.managed = ManagedPlace(folder=self.root / "managed", administrators=ADMINISTRATORS)
        self.sources = Sources(managed=self.managed, memory=ProfileMemory(self.root / "home" / "profiles.json"))

    def pin(self, line=None):
        self.put("org_signers", line or f'profile@org.example namespaces="profile" {public_key(self.key).line}\n')

    def put(self, name, data):
        self.managed.folder.mkdir(exist_ok=True, mode=0o755)
        path = self.managed.folder / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        path.chmod(0o644)
        return path

    def install(self, toml=None, key=None):
        """The managed profile, signed."""
        toml = toml or profile_toml()
        self.put("profile.toml.sig", sign_profile(toml, key or self.key))
        return self.put("profile.toml", toml)

    def file(self, toml=None, key=None):
        """A profile in the user's own folder; signed where a key is given."""
        toml = toml or profile_toml()
        path = self.root / "mine.toml"
        path.write_bytes(toml)
        beside = self.root / "mine.toml.sig"
        beside.unlink(missing_ok=True)
        if key:
            beside.write_bytes(sign_profile(toml, key))
        return path

    def load(self, named=None, now=NOW):
        return profile_in_force(named, now, self.sources)

    def use(self, named=None):
        """Load and remember, as a run does."""
        loaded = self.load(named)
        self.sources.memory.remember(loaded)
        return loaded
