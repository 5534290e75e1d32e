"""Builds everything that is handed out, here, and tries it.

    python3 dev.py package [--no-tests]

Leaves in `dist/` the frozen programs, the packages, packages of an example organisation with its profile in them, the
bills of materials and the check sums; then installs, runs, upgrades and removes what was built (`tests/package`), and
prints how large all of it is and how long it took. What is for Windows is made and tried under Wine, which is no
Windows: releases are frozen there (`.github/workflows/release.yml`). What is for macOS is made on macOS alone.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from installer import bill, linux, msi, provenance, wine
from installer.commands import run
from installer.freeze import freeze_here, freeze_windows, start_times
from nexkit import __version__

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
_MSI = DIST / f"nexkit-{__version__}-x64.msi"
_DEB = DIST / f"nexkit_{__version__}_amd64.deb"
_TAR = DIST / f"nexkit-{__version__}-linux-x86_64.tar.xz"
_MAX_MSI_BYTES = 45_000_000
_EXAMPLE = """\
schema = 1
id = "example-corp"
name = {{en = "Example Corp", ja = "エグザンプル株式会社"}}
serial = 1
not_before = {begins}
not_after = {ends}

[support]
name = "Example Helpdesk"
email = "help@example.com"
url = "https://help.example.com/new"

[internet]
portal_checks = ["http://connect.example.com/generate_204"]
anchors = ["198.18.0.10", "198.19.0.11", "2001:db8:18::10"]
names = ["www.example.com", "www.example.net"]
resolvers = ["198.18.53.53"]
time = ["ntp.example.com"]

[load]
server = "https://speed.example.com/"
backend = "none"

[[service]]
id = "mail"
name = {{en = "Mail", ja = "メール"}}
url = "https://mail.example.com/"
tcp = ["mail.example.com:993"]
"""


def main(words: list[str]) -> int:
    """Build and try; the exit status of the tests, 0 where they are not asked for."""
    if words not in ([], ["--no-tests"]):
        sys.stderr.write((__doc__ or "").partition("\n\n")[2])
        return 2
    began = time.monotonic()
    times: dict[str, float] = {}
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir()
    with ThreadPoolExecutor(max_workers=2) as both:
        # Each has a processor: freezing uses one.
        _end(both.submit(_linux, times), both.submit(_windows, times))
    with _timed("an organisation's packages", times):
        organisation(DIST / "organisation")
    with _timed("bills of materials, check sums", times):
        for system in ("linux", "windows"):
            bill.sbom(DIST / system / "nexkit", DIST / f"nexkit-{__version__}-{system}.cdx.json")
        provenance.checksums(DIST)
    _print_sizes()
    status = 0
    if not words:
        with _timed("trying what was built", times):
            # One worker more than processors: Wine and the lab wait much. Each file has its own Windows.
            spread = ("-n", str(1 + (os.cpu_count() or 1)), "--dist", "loadfile")
            tests = [sys.executable, "-m", "pytest", "tests/package", *spread, "-o", "timeout=300", "--durations=15"]
            status = subprocess.run(tests, cwd=ROOT, check=False, stdin=subprocess.DEVNULL).returncode  # noqa: S603  ours
    for name, took_s in times.items():
        print(f"{took_s:7.1f} s  {name}")
    print(f"{time.monotonic() - began:7.1f} s  in all")
    return status


def _linux(times: dict[str, float]) -> None:
    with _timed("Linux: freezing", times):
        folder = freeze_here()
    with _timed("Linux: .deb", times):
        linux.build_deb(folder, _DEB, __version__)
    with _timed("Linux: .tar.xz", times):
        linux.build_tar(folder, _TAR, __version__)


def _windows(times: dict[str, float]) -> None:
    with _timed("Windows: Python and Wine", times):
        wine.windows_python()
    with _timed("Windows: freezing", times):
        folder = freeze_windows()
    with _timed("Windows: MSI", times):
        msi.build_msi(folder, _MSI, __version__)
    if _MSI.stat().st_size > _MAX_MSI_BYTES:
        raise SystemExit(f"{_MSI.name} has {_MSI.stat().st_size / 1e6:.1f} MB, more than {_MAX_MSI_BYTES / 1e6:.0f}")


def organisation(folder: Path) -> None:
    """What an IT department does: a key, a signed profile, and installers with it inside. The key is thrown away."""
    folder.mkdir(parents=True)
    now = datetime.now(UTC).replace(microsecond=0)
    key, profile, signers = folder / "profile_key", folder / "profile.toml", folder / "org_signers"
    begins, ends = (f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in (now - timedelta(days=1), now + timedelta(days=365)))
    profile.write_text(_EXAMPLE.format(begins=begins, ends=ends), encoding="utf-8")
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(key))
    public = key.with_suffix(".pub").read_text(encoding="utf-8").strip()
    signers.write_text(f'profile@example.com namespaces="profile" {public}\n', encoding="utf-8")
    run("ssh-keygen", "-q", "-Y", "sign", "-n", "profile", "-f", str(key), str(profile))
    key.unlink()
    pack = (str(DIST / "linux" / "nexkit" / "nexkit"), "pack", "--profile", str(profile), "--signers", str(signers))
    for installer in (_DEB, _TAR, _MSI):
        print(run(*pack, "--installer", str(installer), str(DIST)).decode(), end="")


def _print_sizes() -> None:
    for system in ("linux", "windows"):
        folder = DIST / system / "nexkit"
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())
        print(f"{size / 1e6:7.1f} MB  {folder.relative_to(ROOT)}")
    for file in sorted(DIST.iterdir()):
        if file.is_file():
            print(f"{file.stat().st_size / 1e6:7.1f} MB  {file.relative_to(ROOT)}")
    for name, took_s in start_times(DIST / "linux" / "nexkit").items():
        print(f"{took_s:7.2f} s   {name}")


@contextmanager
def _timed(name: str, times: dict[str, float]) -> Iterator[None]:
    print(f"+ {name}", flush=True)
    began = time.monotonic()
    yield
    times[name] = time.monotonic() - began


def _end(*works: Future[None]) -> None:
    for work in works:
        work.result()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
