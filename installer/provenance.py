"""What was built, from what, and whether a second build gives the same: bill of materials, check sums, comparison.

python -m installer.provenance sbom FOLDER OUT        a CycloneDX 1.6 document of a frozen folder
python -m installer.provenance sums FOLDER            SHA256SUMS of the packages and bills in it
python -m installer.provenance compare FIRST SECOND   what differs, and why where that is known; status 1 where any does
"""

import os
import re
import subprocess
import sys
import uuid
from datetime import UTC, datetime
from hashlib import sha256
from importlib import metadata
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component as BomComponent
from cyclonedx.model.component import ComponentType
from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from installer.differences import compare_builds
from installer.inventory import Component, components

ROOT = Path(__file__).resolve().parents[1]
SUMS_FILE = "SHA256SUMS"
_PACKAGE = re.compile(r"\.(deb|tar\.xz|msi|pkg|dmg|cdx\.json)$")
_NAMESPACE = uuid.UUID("6f3c1d8e-0f3b-4f58-9d0e-3f1c0a4e7b52")
"""Of the serial numbers of our bills (RFC 9562, version 5)."""
_SINGLE = re.compile(r"[A-Za-z0-9.+-]+")


def source_epoch() -> int:
    """The time that everything built bears, in seconds since 1970: SOURCE_DATE_EPOCH, else that of the last commit."""
    if said := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(said)
    git = subprocess.run(
        ["git", "log", "-1", "--format=%ct"],  # noqa: S607  the one on the path
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if git.returncode:
        raise SystemExit("not a checkout of git: say in SOURCE_DATE_EPOCH which time the packages are to bear")
    return int(git.stdout)


def sbom(folder: Path, out: Path) -> None:
    """Write the bill of materials of a frozen folder (CycloneDX 1.6, JSON); the same folder gives the same bytes."""
    program, *parts = (_in_bill(part, folder) for part in components(folder))
    bom = Bom(components=parts)
    bom.metadata.component = program
    bom.metadata.timestamp = datetime.fromtimestamp(source_epoch(), UTC)
    bom.metadata.tools.components.add(
        BomComponent(
            name="cyclonedx-python-lib",
            version=metadata.version("cyclonedx-python-lib"),
            type=ComponentType.LIBRARY,
            bom_ref="cyclonedx-python-lib",
        )
    )
    bom.register_dependency(program, parts)
    # Its number is that of its contents.
    bom.serial_number = uuid.UUID(int=0)
    contents = JsonV1Dot6(bom).output_as_string()
    bom.serial_number = uuid.uuid5(_NAMESPACE, contents)
    text = JsonV1Dot6(bom).output_as_string(indent=1)
    if (problem := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)) is not None:
        raise SystemExit(f"{out}: not what CycloneDX 1.6 permits: {str(problem)[:500]}")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text + "\n", encoding="utf-8")


def _in_bill(part: Component, folder: Path) -> BomComponent:
    is_program = part.name == "nexkit"
    reference = f"{part.name}@{part.version}"
    return BomComponent(
        name=part.name,
        version=part.version or None,
        type=ComponentType.APPLICATION if is_program else ComponentType.LIBRARY,
        bom_ref=reference,
        purl=PackageURL.from_string(part.purl) if part.purl else None,
        licenses=[_licence(part.licence)],
        components=[
            BomComponent(
                name=name,
                type=ComponentType.FILE,
                bom_ref=f"{reference}#{name}",
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=_sum(folder / name))],
            )
            for name in part.files
        ],
    )


def _licence(expression: str) -> DisjunctiveLicense | LicenseExpression:
    if expression.startswith("LicenseRef-"):
        return DisjunctiveLicense(name=expression.removeprefix("LicenseRef-").replace("-", " "))
    return DisjunctiveLicense(id=expression) if _SINGLE.fullmatch(expression) else LicenseExpression(expression)


def checksums(folder: Path) -> Path:
    """Write SHA256SUMS of all packages and bills in a folder, as `sha256sum -c` reads it there."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and _PACKAGE.search(path.name))
    sums = folder / SUMS_FILE
    sums.write_text("".join(f"{_sum(path)}  {path.name}\n" for path in files), encoding="utf-8")
    return sums


def _sum(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def main(words: list[str]) -> int:
    """Exit status of the command named first."""
    match words:
        case ["sbom", folder, out]:
            sbom(Path(folder), Path(out))
        case ["sums", folder]:
            checksums(Path(folder))
        case ["compare", first, second]:
            differences = compare_builds(Path(first), Path(second))
            sys.stdout.writelines(f"{line}\n" for line in differences)
            return 1 if differences else 0
        case _:
            sys.stderr.write((__doc__ or "").partition("\n\n")[2])
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
