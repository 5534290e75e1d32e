"""The Windows installer under Wine: installed, repaired, replaced and taken away as the tools of IT departments do it.

What differs from Windows: the exit status is its lowest byte (1603 is 67); shortcuts of all users lie in the menu of
the one user; `msiexec /fa PACKAGE` is not known, `REINSTALL=ALL` is, which is what it stands for; the sentence of a
refused condition is not in the log; who takes away a former version for a later one does not say so to it
(UPGRADINGPRODUCTCODE); an installation that fails leaves Windows Installer's own notes of components; the copy of the
package that is kept for later repairs stays in `C:\\windows\\Installer`.
"""

import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from installer.differences import compare_builds
from installer.msi import PROGRAMS, build_msi, identifier
from installer.sign import PROGRAM, Identity, is_signed, sign, unsigned_code
from installer.wine import Windows, new_windows
from nexkit import __version__
from nexkit.platform.msi_database import MsiChange, change, read_tables
from report.profile_signature import sign_profile
from report.public_keys import public_key

NEWER, NEWEST = "99.1.0", "99.2.0"
REFUSED = 1603 & 0xFF
PROFILE = """schema = 1
id = "example-corp"
name = {en = "Example Corp", ja = "エグザンプル株式会社"}
serial = 7
not_before = 2020-01-01T00:00:00Z
not_after = 2090-01-01T00:00:00Z
"""
KEY = r"HKLM\SOFTWARE\nexkit"
INSTALLER = r"\\CurrentVersion\\Installer\\"
KEPT_BY_WINDOWS = {"UpgradeCodes", "Features", "Products", "Components"}
"""What Windows Installer makes for the first package of any kind, and keeps empty."""
HKLM = 2
WIN64 = 256


@dataclass
class Machine:
    windows: Windows

    def install(self, package, *words, log=None):
        words = [*words, "/l*v", self.windows.path(log)] if log else list(words)
        return self.windows.run("msiexec", "/i", self.windows.path(package), "/qn", *words).returncode

    def uninstall(self, package, *words):
        return self.windows.run("msiexec", "/x", self.windows.path(package), "/qn", *words).returncode

    def nexkit(self, *words):
        done = self.windows.run(r"C:\Program Files\nexkit\nexkit.exe", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def folder(self):
        return self.windows.drive_c / "Program Files" / "nexkit"

    def files(self):
        """All files but what Windows keeps for itself; and folders, since none may be left either."""
        own = re.compile(r"windows/Installer|windows/temp|users/[^/]+/(AppData/Local/)?Temp")
        every = (path.relative_to(self.windows.drive_c).as_posix() for path in self.windows.drive_c.rglob("*"))
        return {path for path in every if not own.match(path)}

    def registry(self):
        """The keys of HKEY_LOCAL_MACHINE, as Wine writes them when it ends."""
        self.windows.stop()
        text = (self.windows.prefix / "system.reg").read_text(encoding="utf-8", errors="replace")
        keys = set(re.findall(r"^\[(.*)\] [0-9]+$", text, re.MULTILINE))
        return {key for key in keys if key.rpartition("\\")[2] not in KEPT_BY_WINDOWS}

    def values(self, key):
        """What stands below a key, as text; "" where there is none."""
        file = self.windows.drive_c / "key.reg"
        self.windows.run("reg", "export", key, r"C:\key.reg", "/y")
        text = file.read_text("utf-16") if file.exists() else ""
        file.unlink(missing_ok=True)
        return text

    @property
    def entries(self):
        """What the list of installed programs says of ours."""
        sections = self.values(r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall").split("\n[")
        return [section for section in sections if '"DisplayName"="nexkit' in section]

    @property
    def search_path(self):
        text = self.values(r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment")
        (words,) = re.findall(r'^"PATH"=hex\(2\):((?:.*\\\n)*.*)$', text, re.MULTILINE | re.IGNORECASE)
        return bytes.fromhex(re.sub(r"[^0-9a-f]", "", words)).decode("utf-16-le")


@pytest.fixture(scope="module")
def machine():
    with new_windows() as windows:
        yield Machine(windows)


@pytest.fixture(scope="module")
def frozen(dist):
    return dist / "windows" / "nexkit"


@pytest.fixture(scope="module")
def package(dist):
    return dist / f"nexkit-{__version__}-x64.msi"


@pytest.fixture(scope="module")
def newer(frozen, tmp_path_factory):
    out = tmp_path_factory.mktemp("newer") / "newer.msi"
    build_msi(frozen, out, NEWER)
    return out


@pytest.fixture
def profile(tmp_path):
    """What IT puts on a share; a space and Japanese in its path."""
    folder = tmp_path / "配布 1"
    folder.mkdir()
    key = Ed25519PrivateKey.generate()
    toml = PROFILE.encode()
    (folder / "profile.toml").write_bytes(toml)
    (folder / "profile.toml.sig").write_bytes(sign_profile(toml, key))
    (folder / "org_signers").write_text(f'profile@org.example namespaces="profile" {public_key(key).line}\n')
    return folder


def test_what_is_refused_leaves_nothing(machine, package, profile, tmp_path):
    files, keys = machine.files(), machine.registry()
    (profile / "profile.toml").write_text(PROFILE.replace("serial = 7", "serial = 8"), encoding="utf-8")
    log = tmp_path / "log.txt"

    assert machine.install(package, f"PROFILE={machine.windows.path(profile)}", log=log) == REFUSED
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.startswith("nexkit: ")]
    assert len(lines) == 1
    assert "it was changed after it was signed" in lines[0]
    assert machine.install(package, "LANG=fr", log=log) == REFUSED
    assert "InstallValidate" not in log.read_text(errors="replace")

    assert machine.files() == files
    assert {key for key in machine.registry() - keys if INSTALLER not in key} == set()


@pytest.mark.timeout(400)  # a minute of its own; the others take turns
def test_the_life_of_an_installation(machine, package, newer, profile, tmp_path):
    files, keys = machine.files(), machine.registry()

    assert machine.install(package, f"PROFILE={machine.windows.path(profile)}\\", "LANG=ja") == 0
    assert machine.nexkit("--version").strip() == f"nexkit {__version__}"
    assert "ping" in machine.nexkit("probe", "list")
    shown = machine.nexkit("--lang", "en", "profile", "show")
    assert "example-corp" in shown
    assert "Signed by profile@org.example" in shown
    assert r"C:\Program Files\nexkit\managed\profile.toml" in shown
    assert "Signed by" not in machine.nexkit("profile", "show")  # it speaks Japanese
    shortcuts = [path for path in machine.files() - files if path.endswith(".lnk")]
    assert [path.rpartition("/")[2] for path in shortcuts] == ["nexkit.lnk"]
    assert '"Language"="ja"' in machine.values(KEY)
    assert machine.search_path.rstrip("\0").endswith(r";C:\Program Files\nexkit" + "\\")
    (entry,) = machine.entries
    assert f'"DisplayVersion"="{__version__}"' in entry
    assert '"NoModify"=dword:00000001' in entry

    (machine.folder / "nexkit-wizard.exe").unlink()
    assert machine.install(package, "REINSTALL=ALL", "REINSTALLMODE=amus") == 0
    assert (machine.folder / "nexkit-wizard.exe").is_file()

    # What Windows Installer does with the former version in an upgrade.
    assert machine.uninstall(package, "UPGRADINGPRODUCTCODE={00000000-0000-0000-0000-000000000001}") == 0
    assert {path.name for path in machine.folder.iterdir()} == {"managed"}
    assert machine.install(newer, "LANG=ja") == 0
    assert "example-corp" in machine.nexkit("--lang", "en", "profile", "install")

    assert machine.install(package) == REFUSED
    newest = another(newer, tmp_path / "newest.msi", "nexkit (エグザンプル株式会社)", NEWEST)
    assert machine.install(newest) == 0
    (entry,) = machine.entries
    assert '"DisplayName"="nexkit (エグザンプル株式会社)"' in entry
    assert f'"DisplayVersion"="{NEWEST}"' in entry
    assert '"Language"="ja"' in machine.values(KEY)

    assert machine.uninstall(newest) == 0
    assert "nexkit" not in machine.search_path
    assert machine.files() == files
    assert machine.registry() - keys == set()


def another(package, out, name, version):
    """The same files as a later version in the name of an organisation."""
    shutil.copyfile(package, out)
    values = {"ProductName": name, "ProductVersion": version, "ProductCode": identifier(f"product/{version}")}
    statements = [f"UPDATE `Property` SET `Value`='{value}' WHERE `Property`='{key}'" for key, value in values.items()]
    change(out, MsiChange(statements=statements, streams={}, subject="nexkit", package_code=identifier("a test")))
    return out


def test_the_package_keeps_the_rules_of_windows_installer(package):
    """What Microsoft's own checks (ICE) would find, as far as it concerns such a package."""
    names = (
        "Component",
        "File",
        "Registry",
        "Property",
        "InstallExecuteSequence",
        "LaunchCondition",
        "FeatureComponents",
    )
    tables = read_tables(package, names)
    components = {row["Component"]: row for row in tables["Component"]}
    assert len({row["ComponentId"] for row in components.values()}) == len(components)
    assert all(re.fullmatch(r"\{[0-9A-F-]{36}\}", row["ComponentId"]) for row in components.values())
    assert all(int(row["Attributes"]) & WIN64 for row in components.values())
    keys = {row["File"] for row in tables["File"]} | {row["Registry"] for row in tables["Registry"]}
    assert all(row["KeyPath"] in keys for row in components.values())
    assert len({row["Component_"] for row in tables["File"]}) == len(tables["File"])
    assert {row["Component_"] for row in tables["FeatureComponents"]} == components.keys()
    assert {int(row["Root"]) for row in tables["Registry"]} == {HKLM}  # nothing of one user
    names = [row["FileName"].partition("|")[0] for row in tables["File"]]
    assert all(re.fullmatch(r"[A-Za-z0-9_]{1,8}(\.[A-Za-z0-9_]{1,3})?", name) for name in names)
    steps = [int(row["Sequence"]) for row in tables["InstallExecuteSequence"]]
    assert len(set(steps)) == len(steps)
    refusals = {row["Condition"]: row["Description"] for row in tables["LaunchCondition"]}
    assert "A newer version of nexkit is installed already" in refusals["Installed OR NOT NEWERFOUND"]
    assert "新しいバージョン" in refusals["Installed OR NOT NEWERFOUND"]
    properties = {row["Property"]: row["Value"] for row in tables["Property"]}
    assert properties["ALLUSERS"] == "1"
    assert "PROFILE" not in properties["SecureCustomProperties"].split(";")
    assert properties["ProductCode"] == identifier(f"product/{__version__}")


def test_the_package_is_small_enough(package):
    assert package.stat().st_size <= 45_000_000


def test_the_same_folder_gives_the_same_package(frozen, newer, tmp_path):
    build_msi(frozen, tmp_path / "again.msi", NEWER)
    assert (tmp_path / "again.msi").read_bytes() == newer.read_bytes()


def test_what_differs_between_two_packages_is_named(package, newer):
    assert compare_builds(package, package) == []
    assert {line.partition(":")[0] for line in compare_builds(package, newer)} >= {"tables/Property.idt"}


def test_a_signature_is_verified_and_breaks_with_a_byte(frozen, package, tmp_path):
    identity, authorities = signing_identity(tmp_path)
    folder = tmp_path / "program"
    folder.mkdir()
    for name in PROGRAMS:
        shutil.copyfile(frozen / name, folder / name)
    msi = tmp_path / "signed.msi"
    shutil.copyfile(package, msi)

    for file in (*unsigned_code(folder), msi):
        sign(file, identity)
        assert is_verified(file, authorities)
    assert not list(unsigned_code(folder))
    assert is_signed((folder / "nexkit.exe").read_bytes())

    data = bytearray(msi.read_bytes())
    data[len(data) // 2] ^= 1
    msi.write_bytes(data)
    assert not is_verified(msi, authorities)


def is_verified(file, authorities):
    """Whether the file is whole and signed by somebody whom these authorities vouch for."""
    words = [PROGRAM, "verify", "-CAfile", str(authorities), "-in", str(file)]
    return subprocess.run(words, capture_output=True, timeout=60, check=False).returncode == 0


def signing_identity(folder):
    """A certificate for code, and the authority that made it."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("Test authority", "Test signer")]
    now = datetime.now(UTC)
    certificates = []
    for place in range(2):
        builder = x509.CertificateBuilder().subject_name(names[place]).issuer_name(names[0])
        builder = builder.public_key(keys[place].public_key()).serial_number(place + 1)
        builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        builder = builder.add_extension(x509.BasicConstraints(ca=place == 0, path_length=None), critical=True)
        if place:
            usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING])
            builder = builder.add_extension(usage, critical=False)
        certificates.append(builder.sign(keys[0], hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    (folder / "ca.pem").write_bytes(certificates[0])
    (folder / "signer.pem").write_bytes(certificates[1])
    private = keys[1].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    Path(folder / "signer.key").write_bytes(private)
    return Identity(certificates=folder / "signer.pem", key=str(folder / "signer.key")), folder / "ca.pem"
