"""What altered reports are made of: zips with lies in them, certificates and signatures as nobody should make them.

Everything is the same bytes every time: keys come from fixed seeds, times are fixed, and what is new is stored in
deflate's stored blocks, since compressors differ.
"""

import hashlib
import json
import struct
import zlib
from base64 import b64encode
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from report.consent import CONSENT_PATH, content_root
from report.public_keys import public_key
from report.seal import BAGIT, BAGIT_PATH, INFO_PATH, MANIFEST_PATH, SIGNATURE_PATH, TAG_MANIFEST_PATH, manifest
from report.ssh_wire import string

RECEIVED_AT = "2026-11-21T09:00:00Z"
"""When the desk got all of these."""


def key_named(name):
    """A key for tests only: everybody can make it from its name."""
    seed = hashlib.sha256(f"nexkit test key, trust it never: {name}".encode()).digest()
    return Ed25519PrivateKey.from_private_bytes(seed)


DEVICE, OTHER, AUTHORITY, STRANGER, ORGANISATION = map(
    key_named, ("device", "other device", "authority", "authority of others", "profile")
)
DEVICE_ID, OTHER_ID, STRANGER_ID = (public_key(key).install_id for key in (DEVICE, OTHER, STRANGER))
PRINCIPAL = f"{DEVICE_ID}@org.example"


# Certificates and signatures


def seconds(text):
    """Seconds since 1970 of a moment."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def certificate(
    key=DEVICE,
    authority=AUTHORITY,
    principals=(PRINCIPAL,),
    *,
    kind=1,
    serial=70,
    dates=("2026-01-01", "2100-01-01"),
    critical=(),
):
    """The bytes of an OpenSSH certificate (PROTOCOL.certkeys): kind 1 is for a user, 2 for a host."""
    raw = key.public_key().public_bytes_raw()
    body = (
        string(b"ssh-ed25519-cert-v01@openssh.com")
        + string(hashlib.sha256(raw).digest())
        + string(raw)
        + struct.pack(">QI", serial, kind)
        + string(b"asset-1")
        + string(b"".join(string(name.encode()) for name in principals))
        + struct.pack(">QQ", *map(seconds, dates))
        + string(b"".join(string(name) + string(string(value)) for name, value in critical))
        + string(b"")
        + string(b"")
        + string(public_key(authority).blob)
    )
    return body + string(string(b"ssh-ed25519") + string(authority.sign(body)))


CERTIFICATE = certificate()


def signature(
    data,
    key=DEVICE,
    vouched=CERTIFICATE,
    *,
    namespace=b"report",
    reserved=b"",
    covers=None,
    hash_name=b"sha512",
    version=1,
    key_type=b"ssh-ed25519",
    behind=b"",
):
    """An armoured signature (PROTOCOL.sshsig), right or wrong.

    `vouched` stands in it in the key's place, `covers` is the reserved field that is signed where it is another one.
    """
    digest = hashlib.new(hash_name.decode() if hash_name != b"sha3-512" else "sha3_512", data).digest()
    tail = string(namespace) + string(reserved) + string(hash_name)
    signed = b"SSHSIG" + string(namespace) + string(reserved if covers is None else covers) + string(hash_name)
    blob = (
        b"SSHSIG"
        + struct.pack(">I", version)
        + string(vouched or public_key(key).blob)
        + tail
        + string(string(key_type) + string(key.sign(signed + string(digest))))
        + behind
    )
    return armoured(blob)


def armoured(blob):
    """The bytes between the lines that ssh-keygen puts around them."""
    text = b64encode(blob).decode()
    lines = "".join(f"{text[at : at + 70]}\n" for at in range(0, len(text), 70))
    return f"-----BEGIN SSH SIGNATURE-----\n{lines}-----END SSH SIGNATURE-----\n".encode()


def revoked_serials(*serials):
    """A binary revocation list (PROTOCOL.krl) of serials of the authority."""
    listed = string(b"".join(serial.to_bytes(8) for serial in serials))
    section = string(public_key(AUTHORITY).blob) + string(b"") + b"\x20" + listed
    header = b"SSHKRL\n\0" + struct.pack(">IQQQ", 1, 1, seconds("2026-11-01"), 0) + string(b"") * 2
    return header + b"\x01" + string(section)


# Bags


def with_consent(payload, **changes):
    """The payload with a consent to just this, with changes: what its signer could make of it."""
    consent = json.loads(payload[CONSENT_PATH]) | {"content_root": content_root(payload)}
    for decision in consent["decisions"]:
        decision["paths"] = [path for path in decision["paths"] if path in payload]
    consent |= changes
    return payload | {CONSENT_PATH: (json.dumps(consent, ensure_ascii=False, indent=1) + "\n").encode()}


@dataclass
class Bag:
    """The files of a report, signed again after each change unless that is what is tried."""

    report_id: str
    payload: dict[str, bytes]
    signer: str = PRINCIPAL
    tags: dict[str, bytes] = field(default_factory=dict)
    """Tag files that are not what they should be; they are listed and signed."""
    tag_manifest: bytes | None = None

    def consented(self, changes):
        """The same with other payload, to which the signer also makes the consent."""
        return replace(self, payload=with_consent(self.payload | changes))

    def of(self, signer):
        """The same by another installation."""
        return replace(self, signer=signer, payload=with_consent(self.payload, pii_principal_id=signer))

    def with_payload(self, changes):
        """The same with other payload and the old consent."""
        return replace(self, payload=self.payload | changes)

    def tag_files(self):
        """All tag files but the signature."""
        size = sum(map(len, self.payload.values()))
        info = (
            f"External-Identifier: {self.report_id}\nPayload-Oxum: {size}.{len(self.payload)}\n"
            f"Signer: {self.signer}\nKit-Version: 0.1.0\n"
        )
        tags = {BAGIT_PATH: BAGIT, INFO_PATH: info.encode(), MANIFEST_PATH: manifest(self.payload)} | self.tags
        return {**tags, TAG_MANIFEST_PATH: manifest(tags) if self.tag_manifest is None else self.tag_manifest}

    def files(self, sign=signature):
        """Every file, signed."""
        tags = self.tag_files()
        return {**self.payload, **tags, SIGNATURE_PATH: sign(tags[TAG_MANIFEST_PATH])}


# Zips


def stored_blocks(data):
    """The data in deflate's format, not compressed (RFC 1951 section 3.2.4)."""
    pieces = [data[at : at + 0xFFFF] for at in range(0, len(data), 0xFFFF)] or [b""]
    return b"".join(
        struct.pack("<BHH", piece is pieces[-1], len(piece), 0xFFFF ^ len(piece)) + piece for piece in pieces
    )


def squeezed(data):
    """The data, compressed: for what is too large to be kept in the repository."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@dataclass(frozen=True)
class Entry:
    """One member of a zip; `local` and `central` are header fields that say something else there."""

    name: bytes
    data: bytes
    packed: bytes | None = None
    method: int = 8
    flags: int = 0
    made_by: int = 3 << 8 | 20
    mode: int = 0o100644 << 16
    moment: tuple[int, int] = (0, 0x21)
    extra: bytes = b""
    central_extra: bytes = b""
    comment: bytes = b""
    behind: bytes = b""
    """What follows the data: a descriptor, or something that no header speaks of."""
    local: dict = field(default_factory=dict)
    central: dict = field(default_factory=dict)
    listed: bool = True
    """Whether the central directory has it."""
    at: int | None = None
    """No record of its own: the directory points there."""


_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")


def zip_of(
    entries, *, prefix=b"", comment=b"", before_directory=b"", behind_directory=b"", end=None, count_prefix=True
):
    """The bytes of a zip file; without `count_prefix` its offsets do not know of the bytes in front."""
    body, directory, listed = bytearray(prefix), bytearray(), 0
    start = 0 if count_prefix else len(prefix)
    for entry in entries:
        packed = entry.data if entry.method == 0 else entry.packed
        packed = stored_blocks(entry.data) if packed is None else packed
        say = {
            "name": entry.name, "version": 20, "flags": entry.flags, "method": entry.method,
            "crc": zlib.crc32(entry.data), "packed": len(packed), "size": len(entry.data),
        }  # fmt: skip
        here, there = say | entry.local, say | entry.central
        at = len(body) - start if entry.at is None else entry.at
        if entry.at is None:
            body += _LOCAL.pack(
                b"PK\3\4", here["version"], here["flags"], here["method"], *entry.moment,
                here["crc"], here["packed"], here["size"], len(here["name"]), len(entry.extra),
            ) + here["name"] + entry.extra + packed + entry.behind  # fmt: skip
        if entry.listed:
            listed += 1
            directory += _CENTRAL.pack(
                b"PK\1\2", entry.made_by, there["version"], there["flags"], there["method"], *entry.moment,
                there["crc"], there["packed"], there["size"], len(there["name"]), len(entry.central_extra),
                len(entry.comment), there.get("disk", 0), 0, entry.mode, there.get("offset", at),
            ) + there["name"] + entry.central_extra + entry.comment  # fmt: skip
    body += before_directory
    fields = {
        "disk": 0, "first_disk": 0, "here": listed, "count": listed, "size": len(directory),
        "offset": len(body) - start,
    } | (end or {})  # fmt: skip
    return bytes(body + directory) + behind_directory + _END.pack(b"PK\5\6", *fields.values(), len(comment)) + comment
