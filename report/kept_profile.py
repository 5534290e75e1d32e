"""A profile beside a run that is kept on this computer: its exact bytes, read again when they are wanted."""

from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256

from nexkit.profile import LoadedProfile
from nexkit.profile_file import parse_profile
from nexkit.run_record import ProfileReference
from report.codec import CodecError


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptProfile:
    """What a LoadedProfile is made of again, beside the reference that a record has."""

    toml: str
    signature: str | None
    """Base64."""
    signer_names: tuple[str, ...]


def kept_profile(profile: LoadedProfile) -> KeptProfile:
    """The profile as it is kept."""
    signature = None if profile.signature is None else b64encode(profile.signature).decode()
    return KeptProfile(toml=profile.toml.decode(), signature=signature, signer_names=profile.signer_names)


def loaded_profile(kept: KeptProfile, reference: ProfileReference) -> LoadedProfile:
    """The profile as it was loaded; ValueError where it is not the one of the reference, or is none."""
    toml = kept.toml.encode()
    if sha256(toml).hexdigest() != reference.sha256:
        raise CodecError("the profile is not the one of the run")
    return LoadedProfile(
        profile=parse_profile(toml, reference.id),
        reference=reference,
        toml=toml,
        signature=None if kept.signature is None else b64decode(kept.signature, validate=True),
        signer_names=kept.signer_names,
    )
