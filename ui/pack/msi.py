"""An organisation's MSI: the vendor's with the organisation's files in it, under another product code.

As the vendor's, it replaces other packages of the same or an older version (same UpgradeCode); it is refused where a
later profile of the organisation is installed. What installs and checks it is the vendor's own sequence.
"""

import hashlib
import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid5

from nexkit.platform.msi_database import MsiChange, MsiError, MsiToolMissingError, Row, change, read_tables
from ui.pack import Organisation, PackError
from ui.pack.cabinet import cabinet
from ui.pack.compound import NotACompoundFileError, stream_names, without_streams

SIGNATURES = frozenset({"\x05DigitalSignature", "\x05MsiDigitalSignatureEx"})
"""What signs an MSI as it was."""
MANAGED_DIRECTORY = "MANAGEDDIR"
"""The vendor's entry for the managed place."""
_HAS_FILES = "MANAGEDFILES"
"""The property that tells the vendor's installer to check the profile when everything is in its place."""
_SERIAL = "INSTALLEDPROFILESERIAL"
_COMPONENTS = UUID("2f4e8d9b-1c0a-5b7d-9e36-7a1f0c5d8b42")
"""From the names of files under it: the same file has the same component in all MSIs, as Windows Installer wants it."""
_SHORT_NAMES = {
    "licence_accepted": "ACCEPTED",
    "org_signers": "SIGNERS",
    "profile.toml": "PROFILE.TML",
    "profile.toml.sig": "PROFILE.SIG",
}
_CABINET = "managed.cab"
_TABLES = (
    "Directory",
    "Feature",
    "InstallExecuteSequence",
    "Media",
    "Property",
)
_WIN64 = 0x100
_KEY_IS_REGISTRY = 0x4
_VITAL = 0x200
_HKLM = 2
_RAW_VALUE_64 = 0x2 | 0x10
_LARGEST_INTEGER = 2**31 - 1
"""Conditions of Windows Installer count no further."""
_SEQUENCE = {
    "AppSearch": 50,
    "LaunchConditions": 100,
    "RemoveRegistryValues": 2600,
    "WriteRegistryValues": 5000,
}
"""Where the actions that the additions need stand by default ("Suggested InstallExecuteSequence")."""


def pack(installer: Path, made_for: Organisation) -> bytes:
    """The bytes of the organisation's MSI; PackError, OSError."""
    data = installer.read_bytes()
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "nexkit.msi"
        copy.write_bytes(data)
        try:
            tables = read_tables(copy, _TABLES)
            change(copy, _wanted(tables, made_for, hashlib.sha256(data).hexdigest(), installer))
            return without_streams(copy.read_bytes(), SIGNATURES)
        except MsiToolMissingError as error:
            raise PackError("msitools", tool=str(error)) from None
        except MsiError as error:
            raise PackError("msi", file=str(installer), detail=str(error)) from None
        except NotACompoundFileError:
            raise PackError("msi", file=str(installer), detail="no compound file") from None


def product_code(installer: Path) -> str:
    """What an MSI is known by once it is installed; MsiError, OSError."""
    rows = read_tables(installer, ["Property"])["Property"]
    return next((row["Value"] for row in rows if row["Property"] == "ProductCode"), "")


def is_signed(installer: Path) -> bool:
    """Whether an MSI has a digital signature, which packing takes away."""
    try:
        return bool(stream_names(installer.read_bytes()) & SIGNATURES)
    except NotACompoundFileError:
        return False


def _wanted(tables: Mapping[str, Sequence[Row]], made_for: Organisation, vendor: str, installer: Path) -> MsiChange:
    """The change to the vendor's tables; PackError where they are not those of its installer."""
    try:
        return _change(tables, made_for, vendor, installer)
    except (LookupError, ValueError):
        raise PackError("not_ours", file=str(installer)) from None  # without a product, features, or files


def _change(tables: Mapping[str, Sequence[Row]], made_for: Organisation, vendor: str, installer: Path) -> MsiChange:
    properties = {row["Property"]: row["Value"] for row in tables["Property"]}
    directories = {row["Directory"] for row in tables["Directory"]}
    if MANAGED_DIRECTORY not in directories or "UpgradeCode" not in properties:
        raise PackError("not_ours", file=str(installer))
    if _HAS_FILES in properties:
        raise PackError("packed", file=str(installer))
    product = uuid5(UUID(properties["ProductCode"]), made_for.digest)
    package = uuid5(product, vendor)
    return MsiChange(
        statements=[
            *_properties(properties, made_for, product),
            *_files(tables, made_for),
            *_settings(tables, made_for),
            *_actions(tables),
        ],
        streams={_CABINET: cabinet({_key(name): data for name, data in made_for.files.items()}, made_for.moment)},
        subject=f"nexkit ({made_for.profile.id})",
        package_code=_braced(package),
    )


def _properties(properties: Mapping[str, str], made_for: Organisation, product: UUID) -> Iterator[str]:
    # The SQL of Windows Installer cannot write a straight quote; the curved one is the apostrophe of printed text.
    name = f"{properties['ProductName']} ({made_for.name})".replace("'", "’")
    yield _update("Property", "Property", "ProductName", Value=name)
    yield _update("Property", "Property", "ProductCode", Value=_braced(product))
    yield _insert("Property", Property=_HAS_FILES, Value="1")


def _files(tables: Mapping[str, Sequence[Row]], made_for: Organisation) -> Iterator[str]:
    feature = tables["Feature"][0]["Feature"]
    last = max(int(row["LastSequence"]) for row in tables["Media"])
    disk = max(int(row["DiskId"]) for row in tables["Media"]) + 1
    yield _insert("Media", DiskId=disk, LastSequence=last + len(made_for.files), Cabinet=f"#{_CABINET}")
    for number, (name, data) in enumerate(made_for.files.items(), start=last + 1):
        key = _key(name)
        component = _braced(uuid5(_COMPONENTS, name))
        yield _component(key, component, MANAGED_DIRECTORY, _WIN64)
        yield _insert("FeatureComponents", Feature_=feature, Component_=key)
        yield _insert(
            "File",
            File=key,
            Component_=key,
            FileName=f"{_SHORT_NAMES[name]}|{name}",
            FileSize=len(data),
            Attributes=_VITAL,
            Sequence=number,
        )
        # With its hash a file is known to be the same or another one, whatever date it has (MsiFileHash Table).
        parts = struct.unpack("<4i", hashlib.md5(data, usedforsecurity=False).digest())
        hashes = {f"HashPart{place}": part for place, part in enumerate(parts, start=1)}
        yield _insert("MsiFileHash", File_=key, Options=0, **hashes)


def _settings(tables: Mapping[str, Sequence[Row]], made_for: Organisation) -> Iterator[str]:
    """Whose profile of which serial is installed, for rules of detection, and no older one over it."""
    profile = made_for.profile
    registry = f"SOFTWARE\\nexkit\\Organisation\\{profile.id}"
    yield _component("Organisation", _braced(uuid5(_COMPONENTS, registry)), "INSTALLDIR", _WIN64 | _KEY_IS_REGISTRY)
    yield _insert("FeatureComponents", Feature_=tables["Feature"][0]["Feature"], Component_="Organisation")
    for name, value in (("Serial", str(profile.serial)), ("NotAfter", f"{profile.not_after:%Y-%m-%d}")):
        row = "Organisation" if name == "Serial" else f"Organisation{name}"
        yield _insert(
            "Registry", Registry=row, Root=_HKLM, Key=registry, Name=name, Value=value, Component_="Organisation"
        )
    if profile.serial > _LARGEST_INTEGER:
        return
    yield _insert("AppSearch", Property=_SERIAL, Signature_=_SERIAL)
    yield _insert("RegLocator", Signature_=_SERIAL, Root=_HKLM, Key=registry, Name="Serial", Type=_RAW_VALUE_64)
    yield _insert(
        "LaunchCondition",
        Condition=f"Installed OR NOT {_SERIAL} OR {_SERIAL} <= {profile.serial}",
        Description=f"A later profile of {profile.id} is installed: serial [{_SERIAL}]; this is {profile.serial}. / "
        f"{profile.id} の新しいプロファイルがすでにインストールされています。"
        f"その通し番号は [{_SERIAL}]、このパッケージのものは {profile.serial} です。",
    )


def _actions(tables: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    """What has to run for the additions, where the vendor's sequence does without."""
    there = {row["Action"] for row in tables["InstallExecuteSequence"]}
    for name, number in _SEQUENCE.items():
        if name not in there:
            yield _insert("InstallExecuteSequence", Action=name, Sequence=number)


def _component(name: str, guid: str, directory: str, attributes: int) -> str:
    return _insert(
        "Component", Component=name, ComponentId=guid, Directory_=directory, Attributes=attributes, KeyPath=name
    )


def _key(name: str) -> str:
    """What the tables call a file."""
    return f"managed_{name}"


def _braced(guid: UUID) -> str:
    return f"{{{guid}}}".upper()


def _insert(table: str, **values: str | int) -> str:
    columns = ", ".join(f"`{column}`" for column in values)
    return f"INSERT INTO `{table}` ({columns}) VALUES ({', '.join(map(_literal, values.values()))})"  # noqa: S608


def _update(table: str, key: str, of: str, **values: str) -> str:
    changes = ", ".join(f"`{column}`={_literal(value)}" for column, value in values.items())
    return f"UPDATE `{table}` SET {changes} WHERE `{key}`={_literal(of)}"  # noqa: S608


def _literal(value: str | int) -> str:
    """A value in SQL; numbers that came as text stay text only where they are quoted in a text column."""
    if isinstance(value, int):
        return str(value)
    if "'" in value:
        raise MsiError(f"{value}: a quote cannot be written")
    return f"'{value}'"
