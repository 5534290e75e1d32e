"""What was built, from what, and whether a second build gives the same: bill of materials, check sums, comparison.

python -m installer.provenance sbom FOLDER OUT        a CycloneDX 1.6 document of a frozen folder
python -m installer.provenance sums FOLDER            SHA256SUMS of the packages and bills in it
python -m installer.provenance compare FIRST SECOND   what differs, and why where that is known; status 1 where any does

This needs the standard library alone, but for bills.
"""

import os
import re
import sys
from hashlib import sha256
from pathlib import Path

from installer.commands import run
from installer.differences import compare_builds

ROOT = Path(__file__).resolve().parents[1]
SUMS_FILE = "SHA256SUMS"
_PACKAGE = re.compile(r"\.(deb|tar\.xz|msi|pkg|dmg|cdx\.json)$")


def source_epoch() -> int:
    """The time that everything built bears, in seconds since 1970: SOURCE_DATE_EPOCH, else that of the last commit.

    SystemExit where there is neither.
    """
    if said := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(said)
    # In the container of a workflow the checkout is somebody else's, which git refuses unless it is told.
    safe = ("-c", f"safe.directory={ROOT.as_posix()}")
    try:
        return int(run("git", *safe, "log", "-1", "--format=%ct", folder=ROOT, timeout_s=60))
    except (OSError, SystemExit) as error:
        raise SystemExit(
            f"SOURCE_DATE_EPOCH is not set, and git does not tell the time of the last commit: {error}"
        ) from None


def checksums(folder: Path) -> Path:
    """Write SHA256SUMS of all packages and bills in a folder, as `sha256sum -c` reads it there."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and _PACKAGE.search(path.name))
    sums = folder / SUMS_FILE
    sums.write_text("".join(f"{sha256_of(path)}  {path.name}\n" for path in files), encoding="utf-8", newline="\n")
    return sums


def sha256_of(path: Path) -> str:
    """The check sum of a file."""
    return sha256(path.read_bytes()).hexdigest()


def main(words: list[str]) -> int:
    """Exit status of the command named first."""
    match words:
        case ["sbom", folder, out]:
            from installer.bill import sbom

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
