"""A bare Debian to try packages in: what its package manager holds for necessary, and what a package depends on."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from installer.commands import run

FOLDER = Path(__file__).resolve().parents[1] / "build" / "debian"
RELEASE = "bookworm"
"""The oldest that is supported: it has the C library that frozen programs ask for."""
_ENVIRONMENT = (
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME=/root",
    "LC_ALL=C.UTF-8",
    "DEBIAN_FRONTEND=noninteractive",
)
_SHARED = ("/proc", "/dev", "/sys")


@dataclass(frozen=True, slots=True, kw_only=True)
class Debian:
    """A system in a folder, changed by what is run in it. Takes root."""

    root: Path
    binds: Mapping[Path, str] = field(default_factory=dict)
    """What of this computer is seen there while something runs, and where."""

    def command(self, script: str) -> list[str]:
        """What runs a shell script as root of that system, without any network; the mounts end with it."""
        mounts = [f"mount --rbind {place} {self.root}{place}" for place in _SHARED]
        for source, place in self.binds.items():
            (self.root / place.lstrip("/")).mkdir(parents=True, exist_ok=True)
            mounts.append(f"mount --bind {source} {self.root}{place}")
        outer = " && ".join([*mounts, f'exec chroot {self.root} /bin/sh -ec "$0"'])
        return ["env", "-i", *_ENVIRONMENT, "unshare", "--mount", "--net", "--", "sh", "-c", outer, script]

    def run(self, script: str, *, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
        """Run a script to its end. subprocess.TimeoutExpired."""
        return subprocess.run(  # noqa: S603  scripts of our tests
            self.command(script), capture_output=True, encoding="utf-8", timeout=timeout_s, check=False
        )


def new_debian(package: Path, place: Path) -> Debian:
    """A fresh system with all that this .deb depends on, in a folder that does not exist yet."""
    wanted = _depends(package)
    mark = sha256(f"{RELEASE} {wanted}".encode()).hexdigest()[:16]
    model = FOLDER / mark
    if not model.is_dir():
        FOLDER.mkdir(parents=True, exist_ok=True)
        made = FOLDER / f"{mark}.new"
        shutil.rmtree(made, ignore_errors=True)
        options = (
            *("--variant=minbase", "--mode=root", "--format=directory", f"--include={','.join(wanted)}"),
            '--aptopt=APT::Install-Recommends "false"',
            # Nobody reads them there, and small files are what takes the time.
            *(f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("doc", "locale", "man")),
        )
        run("mmdebstrap", *options, RELEASE, made, _source())
        settings = made / "etc" / "dpkg" / "dpkg.cfg.d"
        shutil.rmtree(settings)  # what was left out while it was made
        settings.mkdir()
        (settings / "in-memory").write_text("force-unsafe-io\n")  # copies of it are thrown away
        made.rename(model)
    run("cp", "-a", "--reflink=auto", model, place)
    return Debian(root=place)


def _source() -> str:
    """Where this computer has the release from; SystemExit where it is another system's."""
    form = "deb $(REPO_URI) $(RELEASE) $(COMPONENT)"
    told = run("apt-get", "indextargets", "--format", form, "Created-By: Packages").decode()
    found = [line for line in told.splitlines() if line.endswith(f" {RELEASE} main")]
    if not found:
        raise SystemExit(f"the package manager has no source of Debian {RELEASE}, on which packages are tried")
    return found[0]


def _depends(package: Path) -> list[str]:
    """The names of packages, of each choice the one that this release has: the last."""
    told = run("dpkg-deb", "-f", package, "Depends").decode()
    return [re.sub(r" *\(.*", "", each.split("|")[-1]).strip() for each in told.strip().split(",")]
