"""Every way in which a report was altered, or sent where it does not belong, and what has to be answered to it.

`CASES` are recipes: each makes the bytes of one file from the genuine report, the same bytes every time. The numbers
below 53 are those under which the cases were first tried; letters are variants of them.
"""

import bz2
import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256

from attack_parts import (
    CERTIFICATE,
    DEVICE,
    ORGANISATION,
    OTHER,
    OTHER_ID,
    PRINCIPAL,
    STRANGER,
    STRANGER_ID,
    Bag,
    Entry,
    armoured,
    certificate,
    signature,
    squeezed,
    stored_blocks,
    with_consent,
    zip_of,
)

from report.consent import CONSENT_PATH
from report.document import PROFILE_PATH, REPORT_PATH, SUMMARY_PATH
from report.public_keys import public_key
from report.seal import BAGIT_PATH, INFO_PATH, MANIFEST_PATH, SIGNATURE_PATH, TAG_MANIFEST_PATH, manifest
from report.ssh_wire import string

ROWS = "data/measurements/echo.jsonl"
PROFILE_SIGNATURE = f"{PROFILE_PATH}.sig"


class Genuine:
    """The report that all others were made from."""

    def __init__(self, data):
        self.packed = {}
        self.files = {}
        end = struct.unpack("<4sHHHHIIH", data[-22:])
        at = end[6]
        for _ in range(end[3]):
            fields = struct.unpack_from("<4sHHHHHHIIIHHHHHII", data, at)
            name = data[at + 46 : at + 46 + fields[10]].decode()
            self.report_id, _, path = name.partition("/")
            begin = fields[16] + 30 + fields[10]
            packed = data[begin : begin + fields[8]]
            content = zlib.decompress(packed, -zlib.MAX_WBITS)
            self.files[path], self.packed[content] = content, packed
            at += 46 + fields[10]
        self.data = data
        payload = {path: content for path, content in self.files.items() if path.startswith("data/")}
        self.bag = Bag(self.report_id, payload)

    def entry(self, path, data, **changes):
        """A member as nexkit writes it, but for the changes."""
        return Entry(f"{self.report_id}/{path}".encode(), data, self.packed.get(data), **changes)

    def entries(self, files):
        """Members as nexkit writes them."""
        return [self.entry(path, data) for path, data in sorted(files.items())]

    def zipped(self, files, **options):
        """A zip as nexkit writes it, but for the options."""
        return zip_of(self.entries(files), **options)

    def with_entry(self, **changes):
        """The report with one more member, `extra.txt`, that has something to it."""
        return zip_of([*self.entries(self.files), self.entry("extra.txt", b"extra\n", **changes)])

    def named(self, name, flags=0):
        """The report with one more member of this name."""
        return zip_of([*self.entries(self.files), Entry(name.encode(), b"extra\n", flags=flags)])

    def changed_entry(self, path=SUMMARY_PATH, **changes):
        """The report with one member whose headers say something else."""
        entries = self.entries(self.files)
        return zip_of([replace(entry, **changes) if entry.name.endswith(path.encode()) else entry for entry in entries])

    def signed(self, bag, **options):
        """The bag, signed in the way of the options."""
        return self.zipped(bag.files(lambda data: signature(data, **options)))

    def saying(self, path, data):
        """The report with another document, consented to and signed by its own installation."""
        return self.zipped(self.bag.consented({path: data}).files())

    def replacing(self, path, old, new):
        """As `saying`, with one place of the document changed."""
        data = self.bag.payload[path]
        assert data.count(old) >= 1, (path, old)
        return self.saying(path, data.replace(old, new, 1))


@dataclass(frozen=True)
class Case:
    """One altered report, and the answers."""

    id: str
    altered: str
    """What was done, in words."""
    make: Callable[[Genuine], bytes]
    tier: str = "invalid"
    problems: tuple[str, ...] = ()
    """Kind and place, as `kind: place`."""
    stock: str | None = None
    """Which step of the recipe for a desk without nexkit refuses it: `unzip`, `ssh-keygen`, `sha256sum`, `find`; None:
    all accept it."""
    options: tuple[str, ...] = ()
    """What the desk adds to its command."""
    status: int | None = None
    """Of `nexkit verify --require org-vouched`; None: that of the tier."""
    stored: bool = True
    """Whether the file is kept in the repository; large ones are made when they are wanted."""


def _signature_of(make):
    """The report with the signature that `make` gives for the signed list."""
    return lambda genuine: genuine.zipped(
        genuine.files | {SIGNATURE_PATH: make(genuine.files[TAG_MANIFEST_PATH], genuine.files[SIGNATURE_PATH])}
    )


def _certified(signer=PRINCIPAL, key=DEVICE, **options):
    return lambda genuine: genuine.signed(
        replace(genuine.bag, signer=signer), key=key, vouched=certificate(key, **options)
    )


def _changed_payload(genuine):
    payload = genuine.bag.payload | {SUMMARY_PATH: b"healthy\n"}
    tags = Bag(genuine.report_id, payload).tag_files()
    return genuine.zipped({**payload, **tags, SIGNATURE_PATH: genuine.files[SIGNATURE_PATH]})


def _listed(bag, lines, path=MANIFEST_PATH):
    """The bag with another list of files in it, signed."""
    tags = bag.tag_files()
    del tags[TAG_MANIFEST_PATH]
    tags[path] = lines
    return replace(bag, tags=tags, tag_manifest=manifest(tags))


def _without(genuine, path):
    return {name: data for name, data in genuine.files.items() if name != path}


def _with_tag(bag, path, data):
    """The bag with one more tag file, which is listed and signed."""
    return replace(bag, tags={path: data})


def _unlisted(genuine):
    bag = genuine.bag.consented({SUMMARY_PATH: b"healthy\n"})
    tags = bag.tag_files()
    listed = manifest({path: tags[path] for path in (BAGIT_PATH, INFO_PATH)})
    return genuine.signed(replace(bag, tag_manifest=listed))


def _hidden(genuine):
    entries = genuine.entries(genuine.files)
    return zip_of([*entries[:3], genuine.entry("extra.txt", b"extra\n", listed=False), *entries[3:]])


def _directory_padded(genuine):
    size = sum(46 + len(entry.name) for entry in genuine.entries(genuine.files))
    return genuine.zipped(genuine.files, behind_directory=b"more", end={"size": size + 4})


def _with_packed(genuine, data, **changes):
    """The report with one more member, which is really compressed."""
    entry = replace(genuine.entry("extra.txt", data, **changes), packed=squeezed(data))
    return zip_of([*genuine.entries(genuine.files), entry])


def _lying_bomb(genuine, size):
    return _with_packed(genuine, bytes(size), local={"size": 1000}, central={"size": 1000})


def _heap(genuine):
    """No member is too large or too well compressed."""
    data = b"".join(sha256(number.to_bytes(4)).digest() for number in range(3000)) + bytes(15_000_000)
    packed = squeezed(data)
    extra = [replace(genuine.entry(f"extra{number}", data), packed=packed) for number in range(20)]
    return zip_of([*genuine.entries(genuine.files), *extra])


def _overlap(genuine):
    entries = genuine.entries(genuine.files)
    return zip_of([*entries, replace(genuine.entry("extra.txt", entries[0].data), at=0)])


def _nested(genuine):
    inner = genuine.entry("inner.txt", b"extra\n")
    record = zip_of([inner]).partition(b"PK\1\2")[0]
    outer = genuine.entry("outer.txt", record, method=0)
    entries = genuine.entries(genuine.files)
    at = zip_of(entries).index(b"PK\1\2") + 30 + len(outer.name)
    return zip_of([*entries, outer, replace(inner, at=at)])


def _zip64_end(genuine):
    entries = genuine.entries(genuine.files)
    at = zip_of(entries).index(b"PK\1\2")
    size = sum(46 + len(entry.name) for entry in entries)
    record = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, len(entries), len(entries), size, at)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, at + size, 1)
    told = {"here": 0xFFFF, "count": 0xFFFF, "size": 0xFFFFFFFF, "offset": 0xFFFFFFFF}
    return zip_of(entries, behind_directory=record + locator, end=told)


def _consent(genuine, **changes):
    """The report with another consent to it, signed by its own installation."""
    return genuine.zipped(replace(genuine.bag, payload=with_consent(genuine.bag.payload, **changes)).files())


def _decisions(change):
    """The report with other decisions in the consent."""

    def make(genuine):
        before = json.loads(genuine.bag.payload[CONSENT_PATH])["decisions"]
        return _consent(genuine, decisions=[after for entry in before for after in change(entry)])

    return make


def _event(genuine, **changes):
    return _consent(genuine, event=json.loads(genuine.bag.payload[CONSENT_PATH])["event"] | changes)


def _is_load(decision):
    return decision["category"] == "load"


def _from_the_future(genuine):
    """The moment stands in the report number too."""
    number = genuine.report_id.replace("2026", "2028")
    payload = {path: data.replace(b"2026-", b"2028-") for path, data in genuine.bag.payload.items()}
    for path in (CONSENT_PATH, REPORT_PATH):
        payload[path] = payload[path].replace(genuine.report_id.encode(), number.encode())
    payload[PROFILE_PATH] = genuine.bag.payload[PROFILE_PATH]
    bag = replace(genuine.bag, report_id=number, payload=with_consent(payload))
    return zip_of([Entry(f"{number}/{path}".encode(), data) for path, data in sorted(bag.files().items())])


def _profile(signer=ORGANISATION, namespace=b"profile", toml=None):
    """The report with a profile signed by this key."""

    def make(genuine):
        data = genuine.bag.payload[PROFILE_PATH] if toml is None else toml
        signed = signature(data, signer, b"", namespace=namespace)
        return genuine.zipped(genuine.bag.consented({PROFILE_PATH: data, PROFILE_SIGNATURE: signed}).files())

    return make


def _unsigned_profile(genuine):
    payload = {path: data for path, data in genuine.bag.payload.items() if path != PROFILE_SIGNATURE}
    return genuine.zipped(replace(genuine.bag, payload=with_consent(payload)).files())


def _for_a_desk(genuine):
    desk = {"name": "Example desk", "contact": None, "keys": ["11" * 32], "third_party": False, "country": "JP"}
    return _consent(genuine, recipients=[desk])


def _filled(genuine, size):
    """The report with as many results as fit into so many bytes of JSON."""
    report = json.loads(genuine.bag.payload[REPORT_PATH])
    result = report["results"][0]
    each = len(json.dumps(result))
    report["results"] = [result | {"id": f"ping.{number}"} for number in range(size // (each + 10))]
    return genuine.saying(REPORT_PATH, json.dumps(report).encode())


def _everything(genuine):
    report = json.loads(genuine.bag.payload[REPORT_PATH])
    report["system"]["release"] = _noise(1_800_000).hex() + "\U0001f600"
    changes = {
        REPORT_PATH: json.dumps(report, ensure_ascii=False).encode(),
        ROWS: b"".join(b'{"a":[%d,""]}\n' % number for number in range(99_999)),
        "data/extra.bin": _noise(10_000_000),
        "data/extra.txt": _noise(100_000) + bytes(15_000_000),
    }
    genuine.packed |= {data: squeezed(data) for path, data in changes.items() if path != "data/extra.bin"}
    return genuine.zipped(genuine.bag.consented(changes).files())


def _noise(size):
    """Bytes that nothing makes smaller."""
    return b"".join(sha256(number.to_bytes(4)).digest() for number in range(size // 32))


# Zipped again


def _repacked(folders=(), more=(), **changes):
    """The report, zipped again by another program."""

    def make(genuine):
        made = [replace(entry, **changes) for entry in genuine.entries(genuine.files)]
        if changes.get("flags") == STREAMED:
            made = [replace(entry, local=_NOT_YET, behind=_descriptor(entry)) for entry in made]
        inside = [
            Entry(f"{genuine.report_id}{name}".encode(), b"", b"", 0, **changes | {"mode": 0o040755 << 16 | 0x10})
            for name in folders
        ]
        added = [Entry(name.replace("TOP", genuine.report_id).encode(), b"\0\5\x16\7", **changes) for name in more]
        return zip_of([*inside, *reversed(made), *added])

    return make


def _changed_and_repacked(genuine):
    genuine.files[SUMMARY_PATH] = b"healthy\n"
    return _repacked(**_INFO_ZIP)(genuine)


STREAMED = 0x0808
_NOT_YET = {"crc": 0, "packed": 0, "size": 0}


def _descriptor(entry):
    packed = entry.packed if entry.packed is not None else stored_blocks(entry.data)
    return struct.pack("<4sIII", b"PK\x07\x08", zlib.crc32(entry.data), len(packed), len(entry.data))


_MOMENT = (10 << 11 | 30 << 5, 46 << 9 | 11 << 5 | 20)
"""10:30 on 20 November 2026."""
_FOLDERS = ("/", "/data/", "/data/measurements/", "/data/profile/")
_UNIX_OWNER = bytes.fromhex("75780b000104e803000004e8030000")
_INFO_ZIP = {
    "made_by": 3 << 8 | 30,
    "moment": _MOMENT,
    "extra": bytes.fromhex("5554090003d0a3fe6ad0a3fe6a") + _UNIX_OWNER,
    "central_extra": bytes.fromhex("5554050003d0a3fe6a") + _UNIX_OWNER,
}
_NTFS = struct.pack("<HHIHH", 0x000A, 32, 0, 1, 24) + bytes(24)
_FINDER = ("TOP/.DS_Store", "__MACOSX/TOP/._bagit.txt")


SIGNATURES = (
    Case("00", "nothing", lambda g: g.data, "org-vouched"),
    Case(
        "00b",
        "nothing; no certificate, but the list names the key",
        lambda g: g.signed(g.bag.of(OTHER_ID), key=OTHER, vouched=b""),
        "known-device",
    ),
    Case(
        "01",
        "a byte of a file changed",
        lambda g: g.zipped(g.files | {SUMMARY_PATH: b"?" + g.files[SUMMARY_PATH][1:]}),
        problems=(f"hash_mismatch: {SUMMARY_PATH}",),
        stock="sha256sum",
    ),
    Case(
        "02",
        "a file and the lists changed, not signed again",
        _changed_payload,
        problems=("signature_invalid: wrong",),
        stock="ssh-keygen",
    ),
    Case(
        "02b",
        "a file and its list changed, the signed list left",
        lambda g: g.zipped(
            g.files
            | {SUMMARY_PATH: b"healthy\n", MANIFEST_PATH: manifest(g.bag.payload | {SUMMARY_PATH: b"healthy\n"})}
        ),
        problems=(f"hash_mismatch: {MANIFEST_PATH}",),
        stock="sha256sum",
    ),
    Case(
        "03",
        "signature removed",
        lambda g: g.zipped(_without(g, SIGNATURE_PATH)),
        problems=("signature_missing",),
        stock="ssh-keygen",
    ),
    Case(
        "03b",
        "signed list removed",
        lambda g: g.zipped(_without(g, TAG_MANIFEST_PATH)),
        problems=(f"file_missing: {TAG_MANIFEST_PATH}",),
        stock="ssh-keygen",
    ),
    Case(
        "08",
        "somebody else's certificate, signed by an own key",
        lambda g: g.signed(g.bag, key=OTHER),
        problems=("signature_invalid: wrong",),
        stock="ssh-keygen",
    ),
    Case(
        "09",
        "made and signed with a key that nobody knows",
        lambda g: g.signed(g.bag.of(STRANGER_ID), key=STRANGER, vouched=b""),
        "integrity-only",
        (f"unknown_signer: {STRANGER_ID}",),
        "ssh-keygen",
    ),
    Case(
        "09b",
        "somebody else's report, signed with a key that nobody knows",
        lambda g: g.signed(replace(g.bag, signer=STRANGER_ID), key=STRANGER, vouched=b""),
        problems=("consent_mismatch: pii_principal_id",),
        stock="ssh-keygen",
    ),
    Case(
        "10",
        "certificate of another authority",
        _certified(authority=STRANGER),
        "integrity-only",
        (f"unknown_authority: {public_key(STRANGER).fingerprint}",),
        "ssh-keygen",
    ),
    Case(
        "11",
        "certificate that names another installation",
        _certified(f"{OTHER_ID}@org.example", principals=(f"{OTHER_ID}@org.example",)),
        problems=("certificate_invalid: principal",),
    ),
    Case(
        "11b",
        "certificate that names two installations",
        _certified(f"{OTHER_ID}@org.example", principals=(PRINCIPAL, f"{OTHER_ID}@org.example")),
        problems=("certificate_invalid: principals",),
    ),
    Case(
        "11c",
        "certificate that names nobody",
        _certified(principals=()),
        problems=("certificate_invalid: principals",),
        stock="ssh-keygen",
    ),
    Case(
        "11d",
        "another name in bag-info.txt than in the certificate",
        lambda g: g.signed(replace(g.bag, signer=f"{OTHER_ID}@org.example")),
        problems=(f"signer_mismatch: {INFO_PATH}",),
        stock="ssh-keygen",
    ),
    Case(
        "12",
        "certificate of a host",
        _certified(kind=2),
        problems=("certificate_invalid: host_certificate",),
        stock="ssh-keygen",
    ),
    Case(
        "13",
        "certificate that has expired",
        _certified(dates=("2020-01-01", "2021-01-01")),
        problems=(f"certificate_expired: {PRINCIPAL}",),
        stock="ssh-keygen",
    ),
    Case(
        "13b",
        "certificate that is not valid yet",
        _certified(dates=("2099-01-01", "2100-01-01")),
        problems=(f"certificate_not_yet_valid: {PRINCIPAL}",),
        stock="ssh-keygen",
    ),
    Case(
        "14",
        "signature made for another purpose",
        lambda g: g.signed(g.bag, namespace=b"withdraw"),
        problems=("signature_invalid: namespace",),
        stock="ssh-keygen",
    ),
    Case(
        "46",
        "line ends of the signed list turned into CR LF",
        lambda g: g.zipped(g.files | {TAG_MANIFEST_PATH: g.files[TAG_MANIFEST_PATH].replace(b"\n", b"\r\n")}),
        problems=("signature_invalid: wrong",),
        stock="ssh-keygen",
    ),
    Case(
        "46b",
        "line ends of the list of files turned into CR LF",
        lambda g: g.zipped(g.files | {MANIFEST_PATH: g.files[MANIFEST_PATH].replace(b"\n", b"\r\n")}),
        problems=(f"hash_mismatch: {MANIFEST_PATH}",),
        stock="sha256sum",
    ),
    Case(
        "47",
        "bytes behind the signature's armour",
        _signature_of(lambda _, old: old + b"more\n"),
        problems=("signature_invalid: format",),
    ),
    Case(
        "47b",
        "bytes behind the signature inside its armour",
        _signature_of(lambda data, _: signature(data, behind=b"more")),
        problems=("signature_invalid: format",),
        stock="ssh-keygen",
    ),
    Case(
        "47c",
        "bytes before the armour",
        _signature_of(lambda _, old: b"more\n" + old),
        problems=("signature_invalid: format",),
        stock="ssh-keygen",
    ),
    Case(
        "47d",
        "blanks inside the armour",
        _signature_of(lambda _, old: old.replace(b"\n", b" \n", 2)),
        problems=("signature_invalid: format",),
        stock="ssh-keygen",
    ),
    Case(
        "52",
        "certificate whose serial is revoked",
        _certified(serial=66),
        problems=(f"certificate_revoked: {PRINCIPAL}",),
        stock="ssh-keygen",
        options=("--revoked", "revoked.krl"),
    ),
    Case("52b", "the same, at a desk that uses no revocation list", _certified(serial=66), "org-vouched"),
    Case(
        "53",
        "key of a type that nexkit does not know",
        _signature_of(
            lambda data, _: signature(data, vouched=string(b"ssh-ed448") + string(bytes(57)), key_type=b"ssh-ed448")
        ),
        problems=("signature_invalid: key_type",),
        stock="ssh-keygen",
    ),
    Case(
        "53b",
        "certificate of a type that nobody knows",
        _signature_of(
            lambda data, _: signature(data, vouched=CERTIFICATE.replace(b"ssh-ed25519-cert", b"ssh-ed44819-cert", 1))
        ),
        problems=("certificate_invalid: format",),
        stock="ssh-keygen",
    ),
    Case(
        "54",
        "hash other than SHA-512",
        lambda g: g.signed(g.bag, hash_name=b"sha256"),
        problems=("signature_invalid: format",),
    ),
    Case(
        "54b",
        "hash that OpenSSH does not know",
        lambda g: g.signed(g.bag, hash_name=b"sha3-512"),
        problems=("signature_invalid: format",),
        stock="ssh-keygen",
    ),
    Case(
        "55",
        "reserved field of the signature not empty",
        lambda g: g.signed(g.bag, reserved=b"more"),
        problems=("signature_invalid: format",),
        stock="ssh-keygen",
    ),
    Case(
        "55b",
        "reserved field of the signature not empty and not signed",
        lambda g: g.signed(g.bag, reserved=b"more", covers=b""),
        problems=("signature_invalid: format",),
    ),
    Case(
        "56",
        "certificate with a critical option",
        _certified(critical=((b"force-command", b"true"),)),
        problems=("certificate_invalid: critical_option",),
    ),
    Case(
        "57",
        "signature of version 2",
        lambda g: g.signed(g.bag, version=2),
        problems=("signature_invalid: format",),
        stock="ssh-keygen",
    ),
    Case(
        "57b",
        "armour around nothing",
        _signature_of(lambda _, __: armoured(b"")),
        problems=("signature_invalid: format",),
        stock="ssh-keygen",
    ),
)

COMPLETENESS = (
    Case(
        "04",
        "file added under data/",
        lambda g: g.zipped(g.files | {"data/extra.txt": b"extra\n"}),
        problems=("file_unexpected: data/extra.txt",),
        stock="find",
    ),
    Case(
        "05",
        "file added beside data/",
        lambda g: g.zipped(g.files | {"notes.txt": b"call this number\n"}),
        problems=("file_unexpected: notes.txt",),
    ),
    Case(
        "06",
        "file removed",
        lambda g: g.zipped(_without(g, ROWS)),
        problems=(f"file_missing: {ROWS}",),
        stock="sha256sum",
    ),
    Case(
        "07",
        "fetch.txt, which makes BagIt programs download, added and signed",
        lambda g: g.signed(_with_tag(g.bag, "fetch.txt", b"https://example.com/x 6 data/extra.txt\n")),
        problems=(f"manifest_malformed: {TAG_MANIFEST_PATH}",),
    ),
    Case(
        "48",
        "path listed twice, signed",
        lambda g: g.signed(
            _listed(g.bag, g.files[MANIFEST_PATH] + g.files[MANIFEST_PATH].splitlines(keepends=True)[0])
        ),
        problems=(f"manifest_malformed: {MANIFEST_PATH}",),
        stock="find",
    ),
    Case(
        "48b",
        "path listed twice in the signed list",
        lambda g: g.signed(
            replace(
                g.bag, tag_manifest=g.files[TAG_MANIFEST_PATH] + g.files[TAG_MANIFEST_PATH].splitlines(keepends=True)[0]
            )
        ),
        problems=(f"manifest_malformed: {TAG_MANIFEST_PATH}",),
    ),
    Case(
        "49",
        "signed list does not name the list of files, and a file is changed",
        _unlisted,
        problems=(f"manifest_malformed: {TAG_MANIFEST_PATH}",),
    ),
    Case(
        "49b",
        "list of files names a file outside, signed",
        lambda g: g.signed(_listed(g.bag, g.files[MANIFEST_PATH] + f"{'0' * 64}  ../../secret.txt\n".encode())),
        problems=("file_missing: ../../secret.txt",),
        stock="sha256sum",
    ),
    Case(
        "49c",
        "list of files with a comment in it, signed",
        lambda g: g.signed(_listed(g.bag, b"# all is well\n" + g.files[MANIFEST_PATH])),
        problems=(f"manifest_malformed: {MANIFEST_PATH}",),
        stock="find",
    ),
    Case(
        "49d",
        "other bagit.txt, signed",
        lambda g: g.signed(_listed(g.bag, b"BagIt-Version: 0.97\n", BAGIT_PATH)),
        problems=(f"bag_malformed: {BAGIT_PATH}",),
    ),
    Case(
        "49e",
        "number of bytes in bag-info.txt wrong, signed",
        lambda g: g.signed(
            _listed(g.bag, g.files[INFO_PATH].replace(b"Payload-Oxum: ", b"Payload-Oxum: 1"), INFO_PATH)
        ),
        problems=(f"bag_malformed: {INFO_PATH}",),
    ),
)

CONTAINERS = (
    Case("21", "name with ../", lambda g: g.named(f"{g.report_id}/../extra.txt"), problems=("container: bad_name",)),
    Case("22", "absolute path", lambda g: g.named("/extra.txt"), problems=("container: bad_name",), stock="unzip"),
    Case(
        "23", "name with a backslash", lambda g: g.named(f"{g.report_id}\\extra.txt"), problems=("container: bad_name",)
    ),
    Case("24", "name with a drive letter", lambda g: g.named("c:extra.txt"), problems=("container: bad_name",)),
    Case(
        "24b",
        "name of an alternate data stream",
        lambda g: g.named(f"{g.report_id}/bagit.txt:extra"),
        problems=("container: bad_name",),
    ),
    Case(
        "25",
        "name that Windows opens as a device (nul)",
        lambda g: g.named(f"{g.report_id}/nul"),
        problems=("container: bad_name",),
    ),
    Case(
        "25b",
        "name that Windows opens as a device (con.txt)",
        lambda g: g.named(f"{g.report_id}/con.txt"),
        problems=("container: bad_name",),
    ),
    Case(
        "25c",
        "name that ends with a dot",
        lambda g: g.named(f"{g.report_id}/extra."),
        problems=("container: bad_name",),
    ),
    Case(
        "26",
        "symbolic link",
        lambda g: zip_of([*g.entries(g.files), replace(g.entry("extra.txt", b"/etc/passwd"), mode=0o120777 << 16)]),
        problems=("container: not_a_file",),
    ),
    Case("26b", "device", lambda g: g.with_entry(mode=0o020666 << 16), problems=("container: not_a_file",)),
    Case(
        "27",
        "name that stands twice",
        lambda g: zip_of([*g.entries(g.files), g.entry(SUMMARY_PATH, b"healthy\n")]),
        problems=("container: duplicate_name",),
        stock="unzip",
    ),
    Case(
        "28",
        "name that differs in case only",
        lambda g: g.named(f"{g.report_id}/data/Summary.txt"),
        problems=("container: bad_name",),
        stock="find",
    ),
    Case(
        "29",
        "name with a character that turns the direction of writing",
        lambda g: g.named(f"{g.report_id}/extra\u202etxt.exe", 0x800),
        problems=("container: bad_name",),
    ),
    Case(
        "29b",
        "name with letters beyond ASCII",
        lambda g: g.named(f"{g.report_id}/d\u0430ta.txt", 0x800),
        problems=("container: bad_name",),
    ),
    Case(
        "29c",
        "name with a control character",
        lambda g: g.named(f"{g.report_id}/extra\x1b[2J"),
        problems=("container: bad_name",),
    ),
    Case("30", "bytes behind the zip", lambda g: g.data + b"more", problems=("container: trailing_data",)),
    Case(
        "31",
        "bytes before the zip, that its offsets know of",
        lambda g: g.zipped(g.files, prefix=b"#!/bin/sh\necho hello\nexit\n"),
        problems=("container: unaccounted_bytes",),
    ),
    Case(
        "31b",
        "bytes before the zip, that its offsets do not know of",
        lambda g: b"GIF89a" + g.data,
        problems=("container: unaccounted_bytes",),
        stock="unzip",
    ),
    Case(
        "32",
        "comment of the zip",
        lambda g: g.zipped(g.files, comment=b"all is well"),
        problems=("container: trailing_data",),
    ),
    Case(
        "32b",
        "comment of a member",
        lambda g: g.changed_entry(comment=b"all is well"),
        problems=("container: comment",),
    ),
    Case(
        "33",
        "name in front of the data that the directory does not have",
        lambda g: g.changed_entry(local={"name": f"{g.report_id}/data/Summary.txt".encode()}),
        problems=("container: headers_differ",),
        stock="unzip",
    ),
    Case(
        "34",
        "size in front of the data that the directory does not have",
        lambda g: g.changed_entry(local={"size": 7}),
        problems=("container: headers_differ",),
    ),
    Case(
        "34b",
        "checksum in front of the data that the directory does not have",
        lambda g: g.changed_entry(local={"crc": 7}),
        problems=("container: headers_differ",),
        stock="unzip",
    ),
    Case(
        "34c",
        "checksum wrong in both places",
        lambda g: g.changed_entry(local={"crc": 7}, central={"crc": 7}),
        problems=("container: headers_differ",),
        stock="unzip",
    ),
    Case(
        "35",
        "member that the directory does not have, between two others",
        _hidden,
        problems=("container: unaccounted_bytes",),
    ),
    Case(
        "35b",
        "bytes between two members",
        lambda g: g.changed_entry(behind=b"more"),
        problems=("container: unaccounted_bytes",),
    ),
    Case(
        "35c",
        "bytes before the directory",
        lambda g: g.zipped(g.files, before_directory=b"more"),
        problems=("container: unaccounted_bytes",),
    ),
    Case(
        "35d",
        "bytes behind the compressed data of a member",
        lambda g: g.changed_entry(packed=stored_blocks(g.files[SUMMARY_PATH]) + b"more"),
        problems=("container: headers_differ",),
    ),
    Case(
        "35e",
        "bytes behind the entries of the directory",
        _directory_padded,
        problems=("container: unaccounted_bytes",),
        stock="unzip",
    ),
    Case(
        "36",
        "member of 300 MB",
        lambda g: _with_packed(g, bytes(300_000_000)),
        problems=("too_large: too_large",),
        stored=False,
    ),
    Case(
        "36b",
        "member that is more than 200 times smaller when packed",
        lambda g: _with_packed(g, bytes(10_000_000)),
        problems=("container: ratio",),
        stored=False,
    ),
    Case("36c", "members of 15 MB each, 300 MB together", _heap, problems=("too_large: too_large",), stored=False),
    Case(
        "37",
        "member of 100 MB that says it has 1000 bytes",
        lambda g: _lying_bomb(g, 100_000_000),
        problems=("container: headers_differ",),
        stored=False,
    ),
    Case(
        "38",
        "513 members",
        lambda g: zip_of(
            [*g.entries(g.files), *(g.entry(f"extra{number}", b"") for number in range(513 - len(g.files)))]
        ),
        problems=("container: too_many_members",),
        stored=False,
    ),
    Case(
        "38b",
        "directory that names 65534 members of which 13 are there",
        lambda g: g.zipped(g.files, end={"here": 65534, "count": 65534}),
        problems=("container: too_many_members",),
        stock="unzip",
    ),
    Case("39", "encrypted flag", lambda g: g.changed_entry(flags=1), problems=("container: encrypted",), stock="unzip"),
    Case(
        "60",
        "two names for one and the same record",
        _overlap,
        problems=("container: bad_record",),
        stock="unzip",
    ),
    Case("60b", "members that overlap", _nested, problems=("container: unaccounted_bytes",), stock="unzip"),
    Case(
        "61",
        "zip64 field",
        lambda g: g.changed_entry(central_extra=struct.pack("<HHQ", 1, 8, 0)),
        problems=("container: zip64",),
    ),
    Case(
        "61b",
        "zip64 sizes",
        lambda g: g.changed_entry(
            central={"size": 0xFFFFFFFF}, central_extra=struct.pack("<HHQ", 1, 8, len(g.files[SUMMARY_PATH]))
        ),
        problems=("container: zip64",),
    ),
    Case("61c", "zip64 end of the directory", _zip64_end, problems=("container: zip64",)),
    Case(
        "62",
        "data descriptor that says something else",
        lambda g: g.changed_entry(flags=8, local={"crc": 0, "packed": 0, "size": 0}, behind=b"PK\x07\x08" + bytes(12)),
        problems=("container: unaccounted_bytes",),
    ),
    Case(
        "63",
        "method other than stored and deflated (bzip2)",
        lambda g: g.changed_entry(method=12, packed=bz2.compress(g.files[SUMMARY_PATH])),
        problems=("container: unknown_method",),
    ),
    Case(
        "63b",
        "method of AES encryption",
        lambda g: g.changed_entry(method=99),
        problems=("container: unknown_method",),
        stock="unzip",
    ),
    Case("63c", "flag of patched data", lambda g: g.changed_entry(flags=0x20), problems=("container: unknown_method",)),
    Case(
        "64",
        "several disks",
        lambda g: g.zipped(g.files, end={"disk": 1}),
        problems=("container: many_disks",),
        stock="unzip",
    ),
    Case(
        "64b",
        "member on another disk",
        lambda g: g.changed_entry(central={"disk": 1}),
        problems=("container: many_disks",),
    ),
    Case(
        "65",
        "two folders",
        lambda g: g.named("20261120T101500Z-00000000/extra.txt"),
        problems=("container: not_one_folder",),
        stock="unzip",
    ),
    Case(
        "65b",
        "folder of the name of a file",
        lambda g: zip_of([*g.entries(g.files), g.entry("bagit.txt/", b"", mode=0o040755 << 16)]),
        problems=("container: not_one_folder",),
        stock="unzip",
    ),
    Case(
        "66",
        "extra field that ends too late",
        lambda g: g.changed_entry(extra=struct.pack("<HH", 0x7075, 900)),
        problems=("container: bad_extra_field",),
    ),
    Case(
        "67",
        "only the first half of it",
        lambda g: g.data[: len(g.data) // 2],
        problems=("container: not_a_zip",),
        stock="unzip",
    ),
    Case("67b", "an empty file", lambda _: b"", problems=("container: not_a_zip",), stock="unzip"),
    Case(
        "68",
        "65 MB of nothing",
        lambda _: bytes(65_000_000),
        problems=("too_large: too_large",),
        stock="unzip",
        stored=False,
    ),
)

CONTENTS = (
    Case(
        "40",
        "JSON of 200,000 levels",
        lambda g: g.saying(REPORT_PATH, b"[" * 200_000),
        problems=(f"content_malformed: {REPORT_PATH}: nested more than 32 deep",),
        stored=False,
    ),
    Case(
        "41",
        "key that stands twice",
        lambda g: g.replacing(REPORT_PATH, b'"took_s"', b'"took_s": 1, "took_s"'),
        problems=(f"content_malformed: {REPORT_PATH}: key 'took_s' stands twice in one object",),
    ),
    Case(
        "42",
        "NaN",
        lambda g: g.replacing(REPORT_PATH, b'"took_s": 5.0', b'"took_s": NaN'),
        problems=(f"content_malformed: {REPORT_PATH}: NaN is no number",),
    ),
    Case(
        "42b",
        "Infinity",
        lambda g: g.replacing(REPORT_PATH, b'"took_s": 5.0', b'"took_s": -Infinity'),
        problems=(f"content_malformed: {REPORT_PATH}: -Infinity is no number",),
    ),
    Case(
        "42c",
        "1e999",
        lambda g: g.replacing(REPORT_PATH, b'"took_s": 5.0', b'"took_s": 1e999'),
        problems=(f"content_malformed: {REPORT_PATH}: 1e999 is no finite number",),
    ),
    Case(
        "43",
        "integer of 10,000 digits",
        lambda g: g.replacing(REPORT_PATH, b'"traffic_bytes": 1680', b'"traffic_bytes": ' + b"7" * 10_000),
        problems=(f"content_malformed: {REPORT_PATH}: a number of more than 20 digits",),
    ),
    Case(
        "44",
        "JSON of 9 MB",
        lambda g: g.replacing(REPORT_PATH, b"{", b"{" + b" " * 9_000_000),
        problems=(f"content_malformed: {REPORT_PATH}: more than 4194304 bytes of JSON",),
        stored=False,
    ),
    Case(
        "44b",
        "JSON of a million empty lists",
        lambda g: g.saying(REPORT_PATH, b"[" + b"[]," * 1_000_000 + b"1]"),
        problems=(f"content_malformed: {REPORT_PATH}: more than 1000000 texts",),
        stored=False,
    ),
    Case(
        "45",
        "invalid UTF-8",
        lambda g: g.replacing(REPORT_PATH, b'"6.1"', b'"\xff"'),
        problems=(f"content_malformed: {REPORT_PATH}: not UTF-8",),
    ),
    Case(
        "45b",
        "half of a surrogate pair",
        lambda g: g.replacing(REPORT_PATH, b'"6.1"', b'"\\ud800"'),
        problems=(f"content_malformed: {REPORT_PATH}: half of a surrogate pair is no text",),
    ),
    Case(
        "45c",
        "byte order mark",
        lambda g: g.saying(REPORT_PATH, b"\xef\xbb\xbf" + g.bag.payload[REPORT_PATH]),
        problems=(f"content_malformed: {REPORT_PATH}",),
    ),
    Case(
        "45d",
        "character that turns the direction of writing",
        lambda g: g.replacing(REPORT_PATH, b'"6.1"', b'"\\u202e1.6"'),
        problems=(f"content_malformed: {REPORT_PATH}",),
    ),
    Case(
        "45e",
        "escape sequence of a terminal",
        lambda g: g.replacing(REPORT_PATH, b'"6.1"', b'"\\u001b[2J"'),
        problems=(f"content_malformed: {REPORT_PATH}",),
    ),
    Case(
        "70",
        "key that no report has",
        lambda g: g.replacing(REPORT_PATH, b'"took_s"', b'"admin": true, "took_s"'),
        problems=(f"content_malformed: {REPORT_PATH}",),
    ),
    Case(
        "70b",
        "text in a number's place",
        lambda g: g.replacing(REPORT_PATH, b'"took_s": 5.0', b'"took_s": "5.0"'),
        problems=(f"content_malformed: {REPORT_PATH}",),
    ),
    Case(
        "70c",
        "required key missing",
        lambda g: g.replacing(REPORT_PATH, b'"cancelled": false,', b""),
        problems=(f"content_malformed: {REPORT_PATH}",),
    ),
    Case("70d", "no object", lambda g: g.saying(REPORT_PATH, b"[]"), problems=(f"content_malformed: {REPORT_PATH}",)),
    Case(
        "70e",
        "two documents in one file",
        lambda g: g.saying(REPORT_PATH, g.bag.payload[REPORT_PATH] * 2),
        problems=(f"content_malformed: {REPORT_PATH}",),
    ),
    Case(
        "71",
        "report of an unknown major version",
        lambda g: g.replacing(REPORT_PATH, b"nexkit/report/1", b"nexkit/report/2"),
        problems=(f"unknown_version: {REPORT_PATH}",),
    ),
    Case(
        "71b",
        "diagnosis of an unknown major version",
        lambda g: g.replacing(REPORT_PATH, b"nexkit/diagnosis/1", b"nexkit/diagnosis/2"),
        problems=(f"unknown_version: {REPORT_PATH}",),
    ),
    Case(
        "71c",
        "consent of an unknown major version",
        lambda g: _consent(g, schema_version="nexkit/consent/99"),
        problems=(f"unknown_version: {CONSENT_PATH}",),
    ),
    Case("72", "made two years after it was received", _from_the_future, problems=("from_the_future",)),
    Case(
        "72b",
        "consent of a time after it was received",
        lambda g: _event(g, time="2028-11-20T10:15:00Z"),
        problems=("from_the_future",),
    ),
    Case(
        "73",
        "single measurements that are no JSON",
        lambda g: g.saying(ROWS, b"[" * 5_000),
        problems=("content_malformed: data/measurements/",),
    ),
    Case(
        "73b",
        "single measurement with NaN",
        lambda g: g.saying(ROWS, b'{"rtt_ms": NaN}\n'),
        problems=("content_malformed: data/measurements/",),
    ),
    Case(
        "74",
        "profile changed after it was signed",
        lambda g: g.saying(PROFILE_PATH, g.bag.payload[PROFILE_PATH] + b"# more\n"),
        problems=("profile_signature_invalid: wrong",),
    ),
    Case("74b", "signature of the profile removed", _unsigned_profile, problems=("profile_mismatch: signer",)),
    Case(
        "74c",
        "profile of another signer than the report says",
        _profile(STRANGER),
        problems=("profile_mismatch: signer",),
    ),
    Case(
        "74d",
        "other profile of the same signer",
        _profile(toml=b'schema = 1\nid = "other"\n'),
        problems=("profile_mismatch: sha256",),
    ),
    Case(
        "74e",
        "profile signed for another purpose",
        _profile(namespace=b"report"),
        problems=("profile_signature_invalid: namespace",),
    ),
)

CONSENTS = (
    Case(
        "15",
        "old consent on new content",
        lambda g: g.zipped(g.bag.with_payload({SUMMARY_PATH: b"healthy\n"}).files()),
        problems=("consent_mismatch: content_root",),
    ),
    Case(
        "16",
        "file that nobody consented to",
        lambda g: g.zipped(g.bag.with_payload({"data/extra.txt": b"extra\n"}).files()),
        problems=("consent_mismatch: content_root",),
    ),
    Case(
        "17",
        "category in the report that was declined",
        _decisions(lambda each: [each | ({"decision": "refused"} if _is_load(each) else {})]),
        problems=("consent_mismatch: categories",),
    ),
    Case(
        "17b",
        "category that was not asked for",
        _decisions(lambda each: [] if _is_load(each) else [each]),
        problems=("consent_mismatch: categories",),
    ),
    Case(
        "17c",
        "category that was agreed to and declined",
        _decisions(lambda each: [each, each | {"decision": "refused"}] if _is_load(each) else [each]),
        problems=("consent_mismatch: categories",),
    ),
    Case(
        "18",
        "consent asked for in words that no version of nexkit has",
        lambda g: _consent(g, notice=json.loads(g.bag.payload[CONSENT_PATH])["notice"] | {"sha256": "00" * 32}),
        problems=("unknown_notice: 0000",),
    ),
    Case(
        "19",
        "no consent",
        lambda g: g.zipped(
            replace(g.bag, payload={path: data for path, data in g.bag.payload.items() if path != CONSENT_PATH}).files()
        ),
        problems=(f"file_missing: {CONSENT_PATH}",),
    ),
    Case(
        "20",
        "other report number as name of the folder",
        lambda g: zip_of(
            [replace(entry, name=b"20261120T101500Z-00000000" + entry.name[25:]) for entry in g.entries(g.files)]
        ),
        problems=(f"report_id_mismatch: {INFO_PATH}",),
    ),
    Case(
        "20b",
        "other report number in report.json",
        lambda g: g.replacing(REPORT_PATH, g.report_id.encode(), b"20261120T101500Z-00000000"),
        problems=(f"report_id_mismatch: {REPORT_PATH}",),
    ),
    Case(
        "20c",
        "other report number in the consent",
        lambda g: _consent(g, report_id="20261120T101500Z-00000000"),
        problems=(f"report_id_mismatch: {CONSENT_PATH}",),
    ),
    Case(
        "50",
        "genuine; made with a profile that is older than the desk wants",
        lambda g: g.data,
        problems=("profile_too_old: 7",),
        options=("--profile-serial", "8"),
    ),
    Case(
        "51",
        "genuine; came in before",
        lambda g: g.data,
        "org-vouched",
        ("seen_before: same",),
        options=("--seen", "seen.txt"),
        status=4,
    ),
    Case(
        "51b",
        "report number of one that came in before, with other content",
        lambda g: g.saying(SUMMARY_PATH, b"healthy\n"),
        "org-vouched",
        ("seen_before: other_content",),
        options=("--seen", "seen.txt"),
        status=4,
    ),
    Case(
        "58",
        "genuine; for another ticket",
        lambda g: g.data,
        "org-vouched",
        ("other_ticket: INC-1042",),
        options=("--ticket", "INC-2000"),
        status=4,
    ),
    Case(
        "59",
        "genuine; the user agreed to another desk",
        _for_a_desk,
        "org-vouched",
        ("other_recipient: Example desk",),
        options=("--desk", "22" * 32),
        status=4,
    ),
)

HEAVY = (
    Case(
        "90",
        "nothing: 4 MB of results in report.json",
        lambda g: _filled(g, 4_100_000),
        "org-vouched",
        stored=False,
    ),
    Case("90i", "nothing: as much of everything as there may be", _everything, "org-vouched", stored=False),
    Case(
        "90b",
        "15 MB that cannot be compressed, signed",
        lambda g: g.zipped(g.bag.consented({"data/extra.bin": _noise(15_000_000)}).files()),
        "org-vouched",
        stored=False,
    ),
    Case(
        "90c",
        "one text of 4 MB that takes most memory",
        lambda g: g.replacing(REPORT_PATH, b'"6.1"', '"{}\U0001f600"'.format("x" * 4_100_000).encode()),
        "org-vouched",
        stored=False,
    ),
    Case(
        "90d",
        "100,000 lines of measurements",
        lambda g: g.saying(ROWS, b'{"a":[1,""]}\n' * 99_999),
        "org-vouched",
        stored=False,
    ),
    Case(
        "90e",
        "as many texts as there may be in a text's place",
        lambda g: g.replacing(REPORT_PATH, b'"6.1"', b"[" + b'"x",' * 490_000 + b"1]"),
        problems=(f"content_malformed: {REPORT_PATH}",),
        stored=False,
    ),
    Case(
        "90f",
        "200,000 keys that no report has",
        lambda g: g.replacing(
            REPORT_PATH, b'"took_s"', b",".join(b'"k%d":{}' % number for number in range(200_000)) + b',"took_s"'
        ),
        problems=(f"content_malformed: {REPORT_PATH}",),
        stored=False,
    ),
    Case(
        "90g",
        "4 MB of JSON that does not end",
        lambda g: g.saying(REPORT_PATH, b'["' + b'\\"' * 2_000_000),
        problems=(f"content_malformed: {REPORT_PATH}",),
        stored=False,
    ),
    Case(
        "90h",
        "80,000 decisions in the consent",
        lambda g: _consent(g, decisions=[{}] * 80_000),
        problems=(f"content_malformed: {CONSENT_PATH}",),
        stored=False,
    ),
)

REPACKED = (
    Case(
        "80",
        "unpacked and zipped again with `zip -r`",
        _repacked(_FOLDERS, **_INFO_ZIP),
        "repacked",
        ("repacked: directory_entry", "repacked: extra_field", "repacked: not_canonical"),
    ),
    Case(
        "80b",
        "zipped again in Windows Explorer",
        _repacked(made_by=20, mode=0x20, moment=_MOMENT),
        "repacked",
        ("repacked: not_canonical",),
    ),
    Case(
        "80c",
        "zipped again with 7-Zip",
        _repacked(made_by=63, mode=0x20, moment=_MOMENT, central_extra=_NTFS),
        "repacked",
        ("repacked: extra_field", "repacked: not_canonical"),
    ),
    Case(
        "80d",
        "zipped again by a program that writes as it reads (mail gateways, web portals)",
        _repacked(flags=STREAMED, moment=_MOMENT),
        "repacked",
        ("repacked: data_descriptor", "repacked: not_canonical"),
    ),
    Case("80e", "zipped again without compression", _repacked(method=0), "repacked", ("repacked: not_canonical",)),
    Case(
        "81",
        "unpacked and zipped again in Finder, which adds .DS_Store and __MACOSX",
        _repacked(_FOLDERS, _FINDER, **_INFO_ZIP),
        "invalid",
        ("system_files: system_files",),
    ),
    Case(
        "82",
        "zipped again, with a file changed",
        _changed_and_repacked,
        problems=(f"hash_mismatch: {SUMMARY_PATH}",),
        stock="sha256sum",
    ),
)

GROUPS = {
    "Signature and keys": SIGNATURES,
    "Completeness": COMPLETENESS,
    "Consent and replay": CONSENTS,
    "Container": CONTAINERS,
    "Content": CONTENTS,
    "Zipped again": REPACKED,
    "Heavy": HEAVY,
}
CASES = {case.id: case for group in GROUPS.values() for case in group}
