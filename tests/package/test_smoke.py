"""The walk that the release workflow takes through installed programs, through the one that was frozen here."""

import subprocess
import sys
from pathlib import Path

from installer.wine import ROOT

ALONE = 'echo localhost >/proc/sys/kernel/hostname && ip link set lo up && exec "$@"'


def walked(*program: str | Path) -> list[str]:
    """What the walk says, on a computer whose network leads nowhere."""
    alone = ("unshare", "--user", "--map-root-user", "--net", "--uts", "sh", "-c", ALONE, "sh")
    walk = (sys.executable, "-m", "installer.smoke", *map(str, program))
    done = subprocess.run([*alone, *walk], cwd=ROOT, capture_output=True, text=True, check=False, timeout=170)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_linux_program_is_walked_through(dist: Path):
    assert walked(dist / "linux" / "nexkit" / "nexkit")[3].startswith("diagnose: fault device.")
