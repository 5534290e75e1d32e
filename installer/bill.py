"""The bill of materials of a frozen folder: a CycloneDX 1.6 document of every work in it and the sums of its files."""

import re
import uuid
from datetime import UTC, datetime
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

from installer.inventory import Component, components
from installer.provenance import sha256_of, source_epoch

_NAMESPACE = uuid.UUID("6f3c1d8e-0f3b-4f58-9d0e-3f1c0a4e7b52")
"""Of the serial numbers of our bills (RFC 9562, version 5)."""
_SINGLE = re.compile(r"[A-Za-z0-9.+-]+")


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
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=sha256_of(folder / name))],
            )
            for name in part.files
        ],
    )


def _licence(expression: str) -> DisjunctiveLicense | LicenseExpression:
    if expression.startswith("LicenseRef-"):
        return DisjunctiveLicense(name=expression.removeprefix("LicenseRef-").replace("-", " "))
    return DisjunctiveLicense(id=expression) if _SINGLE.fullmatch(expression) else LicenseExpression(expression)
