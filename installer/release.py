"""The steps of a release that the workflow takes on each system, after `dev.py freeze`; into `dist/release/`.

    python -m installer.release linux | bill | windows | macos | sums

`linux` makes the packages for Linux, `windows` the installer for Windows (on Linux, from the folder that was frozen on
Windows), `macos` those of this Mac, `bill` the bill of materials alone, `sums` the list of check sums of what is there.
The environment says what there is to sign with; see `.github/workflows/release.yml`.
"""

import base64
import json
import os
import platform
import secrets
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from installer.commands import run
from installer.provenance import checksums, sha256_of, source_epoch
from nexkit import __version__

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "dist" / "release"
FROZEN = {"linux": "dist/linux/nexkit", "win32": "dist/windows/nexkit", "darwin": "dist/macos/nexkit.app"}


def linux() -> None:
    """The packages and the bill of what was frozen here."""
    from installer import linux

    linux.main([FROZEN["linux"], str(OUT)])
    bill()


def bill() -> None:
    """The bill of materials of what was frozen here."""
    from installer.bill import sbom

    folder = ROOT / FROZEN[sys.platform]
    sbom(folder, _bill_of(folder))


def _bill_of(folder: Path) -> Path:
    return OUT / f"nexkit-{__version__}-{folder.parent.name}.cdx.json"


def renew_sums(bill: Path, folder: Path) -> None:
    """Let a bill have the sums of a folder's files as they are now, and another number where they are others.

    On the Windows that freezes it is made, and there is nothing to sign with; where there is, nothing is installed.
    """
    document = json.loads(bill.read_bytes())
    changed = False
    for part in (document["metadata"]["component"], *document["components"]):
        for file in part.get("components", ()):
            (entry,) = file["hashes"]
            now = sha256_of(folder / file["name"])
            changed |= entry["content"] != now
            entry["content"] = now
    if changed:
        number = uuid.uuid5(uuid.UUID(document["serialNumber"]), json.dumps(document))
        text = json.dumps(document | {"serialNumber": number.urn}, ensure_ascii=False, indent=1)
        bill.write_text(text + "\n", encoding="utf-8")


def windows(environment: Mapping[str, str]) -> None:
    """The installer for Windows; the programs in it and itself are signed where there is a key."""
    from installer import sign
    from installer.msi import build_msi

    folder = ROOT / FROZEN["win32"]
    package = OUT / f"nexkit-{__version__}-x64.msi"
    with _windows_key(environment) as more:
        sign.main([str(folder)], {**environment, **more})
        renew_sums(_bill_of(folder), folder)
        build_msi(folder, package, __version__)
        sign.main([str(package)], {**environment, **more})


@contextmanager
def _windows_key(environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Within it, certificates and key that the environment holds (PEM) are the files that `installer.sign` wants."""
    with tempfile.TemporaryDirectory() as place:
        more = {}
        for name in ("NEXKIT_SIGN_CERTIFICATES", "NEXKIT_SIGN_KEY"):
            if pem := environment.get(f"{name}_PEM"):
                file = Path(place) / f"{name}.pem"
                file.write_text(pem, encoding="utf-8")
                more[name] = str(file)
        yield more


def macos(environment: Mapping[str, str]) -> None:
    """Package and disk image of this Mac, signed and notarised where there are certificates, and their bill."""
    from installer.macos import APP, Signing, build_dmg, build_pkg, sign_app

    architecture = platform.machine()
    with _certificates(environment) as more:
        signing = Signing.of({**environment, **more})
        sign_app(APP, signing)
        build_pkg(APP, OUT / f"nexkit-{__version__}-{architecture}.pkg", __version__, signing)
        build_dmg(APP, OUT / f"nexkit-{__version__}-{architecture}.dmg", signing)
    from installer.bill import sbom

    sbom(APP, OUT / f"nexkit-{__version__}-macos-{architecture}.cdx.json")


@contextmanager
def _certificates(environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Within it, a keychain of its own holds the certificates, and the notary's key is a file."""
    with tempfile.TemporaryDirectory() as place:
        keychain, more = Path(place) / "nexkit.keychain-db", {}
        if notary := environment.get("NEXKIT_NOTARY_KEY_BASE64"):
            key = Path(place) / "notary.p8"
            key.write_bytes(base64.b64decode(notary))
            more["NEXKIT_NOTARY_KEY"] = str(key)
        if not (certificates := environment.get("NEXKIT_MACOS_P12")):
            yield more
            return
        file = Path(place) / "certificates.p12"
        file.write_bytes(base64.b64decode(certificates))
        for command in keychain_commands(keychain, file, environment.get("NEXKIT_MACOS_PASSWORD", "")):
            run(*command)
        try:
            yield more
        finally:
            run("security", "delete-keychain", keychain)


def keychain_commands(keychain: Path, certificates: Path, password: str) -> list[list[str]]:
    """What puts certificates into a new keychain that Apple's signing tools may use without asking."""
    own = secrets.token_urlsafe()
    tools = [word for tool in ("codesign", "productsign", "productbuild") for word in ("-T", f"/usr/bin/{tool}")]
    return [
        ["security", "create-keychain", "-p", own, str(keychain)],
        ["security", "set-keychain-settings", "-lut", "7200", str(keychain)],
        ["security", "unlock-keychain", "-p", own, str(keychain)],
        ["security", "import", str(certificates), "-k", str(keychain), "-f", "pkcs12", "-P", password, *tools],
        ["security", "set-key-partition-list", "-S", "apple-tool:,apple:", "-s", "-k", own, str(keychain)],
        ["security", "list-keychains", "-d", "user", "-s", str(keychain), "login.keychain-db"],
    ]


def main(words: Sequence[str]) -> int:
    """Take one step."""
    OUT.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("SOURCE_DATE_EPOCH", str(source_epoch()))
    match words:
        case ["linux"]:
            linux()
        case ["bill"]:
            bill()
        case ["windows"]:
            windows(os.environ)
        case ["macos"]:
            macos(os.environ)
        case ["sums"]:
            checksums(OUT)
        case _:
            sys.stderr.write((__doc__ or "").partition("\n\n")[2])
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
