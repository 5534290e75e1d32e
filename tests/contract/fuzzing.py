"""Reports and profiles altered at random, at every depth, and what must hold of all of them: `fuzzing.py [SECONDS]`.

What is altered below the signature is signed again, so that not only the outer checks meet it. An example that breaks
a promise is made as small as possible and printed.
"""

import contextlib
import json
import sys
import time
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from attack_cases import PROFILE_SIGNATURE, ROWS
from attack_parts import ORGANISATION, RECEIVED_AT, Entry, armoured, certificate, signature, zip_of
from attack_vectors import SIGNERS, read_genuine
from hypothesis import HealthCheck, Verbosity, given, seed, settings
from hypothesis import strategies as st

from nexkit.diagnosis.engine import diagnose
from nexkit.profile_file import BUILT_IN, loaded_profile
from nexkit.profile_refusal import ProfileError
from nexkit.run_record import ProfileTrust
from nexkit.texts import Texts
from report.consent import CONSENT_PATH
from report.document import PROFILE_PATH, REPORT_PATH
from report.html import report_html
from report.seal import INFO_PATH, MANIFEST_PATH, SIGNATURE_PATH, TAG_MANIFEST_PATH, manifest
from report.signers import signers_in
from report.trust import Tier
from report.verify import verify

MAX_CPU_S = 2.0
GENUINE = read_genuine()
LISTED = signers_in(SIGNERS.encode(), None)
AT = datetime.fromisoformat(RECEIVED_AT)
TEXTS = Texts("en")
PROFILE = BUILT_IN.read_bytes()
ROUND = 150
"""Examples of one kind before the next kind has its turn."""

_WORDS = st.sampled_from(
    [
        *(
            b"",
            b"\0",
            b"\n",
            b"\r\n",
            b'"',
            b"\\",
            b"[",
            b"]",
            b"{",
            b"}",
            b",",
            b":",
            b"null",
            b"NaN",
            b"1e999",
            b"-0",
        ),
        *(b"9" * 30, b"\xff", b"\xef\xbb\xbf", b"\\ud800", b"\\u202e", b"../", b"/", b"  ", b"@", b"=", b"#", b"'''"),
        *(b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\x07\x08", b"\xff\xff", b"\xff\xff\xff\xff", b"[[", b"0x"),
        b"2026-11-20T10:15:00Z",
    ]
)
_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(["", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "inst-0", "given", "192.0.2.1", "x" * 5000]),
)
_VALUES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)


@st.composite
def _altered(draw, data):
    """The bytes with some of them replaced, put in, taken out or doubled."""
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, len(data)))
        end = min(len(data), begin + draw(st.sampled_from([0, 0, 1, 2, 4, 16, 200])))
        new = draw(st.one_of(_WORDS, st.binary(max_size=8), st.just(data[begin:end] * 2)))
        data = data[:begin] + new + data[end:]
    return data


@st.composite
def _altered_document(draw, data):
    """The JSON document with some of its values replaced, taken out, doubled or moved."""
    document = json.loads(data)
    for _ in range(draw(st.integers(1, 4))):
        places = [(holder, key) for holder in _holders(document) for key in _keys(holder)]
        if not places:
            break
        holder, key = draw(st.sampled_from(places))
        match draw(st.sampled_from(["replace", "remove", "double", "move", "add"])):
            case "replace":
                holder[key] = draw(_VALUES)
            case "remove":
                del holder[key]
            case "double" if isinstance(holder, list):
                holder.append(holder[key])
            case "move":
                other, there = draw(st.sampled_from(places))
                with contextlib.suppress(LookupError):  # it may have gone with what was removed before
                    holder[key] = json.loads(json.dumps(other[there]))
            case _ if isinstance(holder, dict):
                holder[draw(st.text(max_size=12))] = draw(_VALUES)
    return json.dumps(document).encode("utf-8", "surrogatepass")


def _holders(document):
    waiting, found = [document], []
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict | list):
            found.append(value)
            waiting += value.values() if isinstance(value, dict) else value
    return found


def _keys(holder):
    return list(holder) if isinstance(holder, dict) else range(len(holder))


# What is altered


def container_bytes():
    """The file as it travels."""
    return _altered(GENUINE.data)


@st.composite
def container_headers(draw):
    """Headers of the zip that contradict each other."""
    small, large = st.sampled_from([0, 1, 20, 0xFFFF]), st.sampled_from([0, 1, 1000, 2**31, 0xFFFFFFFE, 0xFFFFFFFF])
    fields = {
        "version": small,
        "flags": st.integers(0, 0xFFFF),
        "method": st.sampled_from([0, 8, 9, 12, 99]),
        "crc": large,
    }
    fields |= {"packed": large, "size": large, "name": st.binary(max_size=60)}
    entries = GENUINE.entries(GENUINE.files)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(entries) - 1))
        change = draw(
            st.one_of(
                st.fixed_dictionaries({}, optional=fields).map(lambda said: {"local": said}),
                st.fixed_dictionaries({}, optional=fields | {"disk": small, "offset": large}).map(
                    lambda said: {"central": said}
                ),
                st.fixed_dictionaries({"behind": st.binary(max_size=30)}),
                st.fixed_dictionaries({"extra": st.binary(max_size=30), "central_extra": st.binary(max_size=30)}),
                st.fixed_dictionaries({"packed": st.binary(max_size=60), "flags": st.sampled_from([0, 8, 0x808])}),
                st.fixed_dictionaries({"mode": st.integers(0, 0xFFFFFFFF), "made_by": st.integers(0, 0xFFFF)}),
                st.fixed_dictionaries({"listed": st.booleans(), "at": st.none() | st.integers(0, 9000)}),
            )
        )
        entries[at] = replace(entries[at], **change)
    if draw(st.booleans()):
        name = draw(st.text(max_size=30).map(str.encode) | st.binary(max_size=30))
        entries.insert(draw(st.integers(0, len(entries))), Entry(GENUINE.report_id.encode() + b"/" + name, b"extra"))
    end = draw(
        st.fixed_dictionaries(
            {}, optional={"disk": small, "here": small, "count": small, "size": large, "offset": large}
        )
    )
    return zip_of(entries, prefix=draw(st.just(b"") | st.binary(max_size=9)), end=end)


def _signed(files):
    return GENUINE.zipped(files | {SIGNATURE_PATH: signature(files[TAG_MANIFEST_PATH])})


@st.composite
def lists(draw):
    """The lists of files and the tag files, signed as they are."""
    path = draw(st.sampled_from([MANIFEST_PATH, INFO_PATH, "bagit.txt", TAG_MANIFEST_PATH]))
    files = GENUINE.bag.tag_files()
    files[path] = draw(_altered(files[path]))
    if path != TAG_MANIFEST_PATH:
        files[TAG_MANIFEST_PATH] = manifest({name: files[name] for name in files if name != TAG_MANIFEST_PATH})
    return _signed(GENUINE.bag.payload | files)


@st.composite
def signatures(draw):
    """The signature, its parts, and a certificate that its authority signed as it is."""
    data = GENUINE.files[TAG_MANIFEST_PATH]
    word = st.sampled_from([b"", b"report", b"profile", b"sha512", b"sha256"]) | st.just(b"x" * 300)
    names = st.lists(st.text(st.characters(codec="utf-8"), max_size=40), max_size=3)
    made = draw(
        st.one_of(
            _altered(GENUINE.files[SIGNATURE_PATH]),
            _altered(signature(data)).map(armoured),
            st.builds(lambda name, spare: signature(data, namespace=name, reserved=spare), word, word),
            st.builds(
                lambda names, kind, serial: signature(
                    data, vouched=certificate(principals=names, kind=kind, serial=serial)
                ),
                *(names, st.integers(0, 3), st.integers(0, 2**64 - 1)),
            ),
            _altered(certificate()).map(lambda blob: signature(data, vouched=blob)),
        )
    )
    return GENUINE.zipped(GENUINE.files | {SIGNATURE_PATH: made})


@st.composite
def documents(draw):
    """What stands in the documents, consented to and signed."""
    path = draw(st.sampled_from([REPORT_PATH, REPORT_PATH, CONSENT_PATH, ROWS]))
    data = GENUINE.bag.payload[path]
    alter = _altered if path == ROWS or draw(st.booleans()) else _altered_document
    new = draw(alter(data))
    bag = GENUINE.bag
    changed = bag.with_payload({path: new}) if path == CONSENT_PATH else bag.consented({path: new})
    return GENUINE.zipped(changed.files())


@st.composite
def embedded_profiles(draw):
    """The profile inside a report and its signature; the report's own one is good."""
    toml = draw(st.just(GENUINE.bag.payload[PROFILE_PATH]) | _altered(GENUINE.bag.payload[PROFILE_PATH]))
    right = signature(toml, ORGANISATION, b"", namespace=b"profile")
    changes = {PROFILE_PATH: toml, PROFILE_SIGNATURE: draw(st.just(right) | _altered(right))}
    report = json.loads(GENUINE.bag.payload[REPORT_PATH])
    report["profile"]["sha256"] = sha256(toml).hexdigest()
    changes[REPORT_PATH] = json.dumps(report).encode()
    return GENUINE.zipped(GENUINE.bag.consented(changes).files())


def profiles():
    """A profile by itself."""
    return _altered(PROFILE) | st.binary(max_size=300)


# What must hold


def check_report(data, *, is_signed_again):
    """An answer, soon, that says valid only of what its signer signed, and that can then be shown."""
    began = time.process_time()
    verification = verify(data, LISTED, received_at=AT)
    assert time.process_time() - began < MAX_CPU_S
    if verification.tier is Tier.INVALID:
        assert verification.problems
        assert verification.content is None
        assert not verification.files
        return
    content = verification.content
    assert content is not None
    if not is_signed_again:
        assert {path: verification.files[path] for path in GENUINE.bag.payload} == GENUINE.bag.payload
        assert verification.tier is Tier.REPACKED or data == GENUINE.data
    page = report_html(content.record, content.diagnosis, None, TEXTS, report_id=verification.report_id)
    assert "<script" not in page
    diagnose(content.record)


def check_profile(data):
    """A profile or its refusal in one line, soon."""
    began = time.process_time()
    try:
        loaded_profile(data, "profile.toml", AT, ProfileTrust.NAMED)
    except ProfileError as error:
        refusal = str(error)
        assert refusal
    assert time.process_time() - began < MAX_CPU_S


KINDS = {
    "container: bytes": (container_bytes(), lambda data: check_report(data, is_signed_again=False)),
    "container: headers": (container_headers(), lambda data: check_report(data, is_signed_again=False)),
    "lists": (lists(), lambda data: check_report(data, is_signed_again=True)),
    "signature": (signatures(), lambda data: check_report(data, is_signed_again=True)),
    "documents": (documents(), lambda data: check_report(data, is_signed_again=True)),
    "profile in a report": (embedded_profiles(), lambda data: check_report(data, is_signed_again=True)),
    "profile": (profiles(), check_profile),
}


def try_examples(kind, number, count=ROUND, *, say=False):
    """So many examples of a kind; the same for the same number. AssertionError, or whatever was not caught."""
    strategy, check = KINDS[kind]

    @seed(number)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.normal if say else Verbosity.quiet,
    )
    @given(strategy)
    def run(data):
        check(data)

    run()


def main(words):
    """Exit status: 0 if nothing was found."""
    seconds = float(words[0]) if words else 600.0
    ends_at = time.monotonic() + seconds
    began_with = number = int(time.time())
    while time.monotonic() < ends_at:
        for kind in KINDS:
            try_examples(kind, number, say=True)
        number += 1
    rounds = number - began_with
    print(  # noqa: T201  a command line prints
        f"fuzz: {rounds * ROUND * len(KINDS)} examples of {len(KINDS)} kinds in {seconds:.0f} s: nothing found"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
