"""A short walk through an installed program, the same on every system: what has to work before it is handed out.

    python -m installer.smoke PROGRAM [WORD ...]      how the program is started, for instance /opt/nexkit/nexkit

It says its version, lists what it can measure, makes one diagnosis of the network that is there, whatever that comes
to, and its report is checked by the program and, with nothing but what the report says of itself, by `ssh-keygen`.
Exit status 0: all of it worked.
"""

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nexkit import __version__

_RESULT, _REPORT, _HOME = "result.json", "report.nexkit.zip", "home"
_DIAGNOSED = (0, 1, 3)
"""Healthy, a fault found, inconclusive: all are the truth about some network."""
_TIMEOUT_S = 300


class SmokeError(Exception):
    """What did not work, for whoever reads the log."""


def smoke(command: Sequence[str], *, version: str = __version__) -> list[str]:
    """Walk through the program that these words start; what was seen, a line for each step. SmokeError."""
    with tempfile.TemporaryDirectory(prefix="nexkit-smoke-", ignore_cleanup_errors=True) as place:
        return list(_steps(command, Path(place), version))


def _steps(command: Sequence[str], folder: Path, version: str) -> Iterator[str]:
    def run(*words: str, statuses: Sequence[int] = (0,)) -> str:
        return _run([*command, *words], folder, statuses)

    said = run("--version").strip()
    if said != f"nexkit {version}":
        raise SmokeError(f"--version says {said!r}, not nexkit {version}")
    yield said
    yield f"check: {len(run('check').splitlines())} lines"
    listed = run("probe", "list", "--lang", "ja")
    yield f"probe list: {len(listed.splitlines())} lines"
    # Names without folders, so that they are right for a program of another system (Wine) too.
    words = ("--depth", "quick", "--agree", "all", "--ticket", "SMOKE-1", "--out", _REPORT, "--json", _RESULT)
    run("diagnose", *words, statuses=_DIAGNOSED)
    yield f"diagnose: {_verdict(folder / _RESULT)}"
    unpacked = _unpack(folder / _REPORT, folder)
    if broken := sorted(set(internal_errors(json.loads((unpacked / "data" / "report.json").read_bytes())))):
        raise SmokeError(f"parts of the program broke: {', '.join(broken)}")
    yield f"verify: {run('verify', _REPORT).splitlines()[0]}"
    yield f"ssh-keygen: {_checked_by_ssh_keygen(unpacked)}"


def internal_errors(value: Any) -> Iterator[str]:  # noqa: ANN401  any JSON value
    """The steps of a report that a mistake of the program ended."""
    if isinstance(value, dict):
        if value.get("kind") == "internal" and "step" in value:
            yield str(value["step"])
        for part in value.values():
            yield from internal_errors(part)
    elif isinstance(value, list):
        for part in value:
            yield from internal_errors(part)


def _run(command: Sequence[str], folder: Path, statuses: Sequence[int] = (0,), given: bytes = b"") -> str:
    try:
        done = subprocess.run(  # noqa: S603  the program that is tried
            list(command),
            cwd=folder,
            env=os.environ | {"NEXKIT_HOME": _HOME},
            input=given,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SmokeError(f"{' '.join(command)}: {error}") from None
    output, errors = (text.decode("utf-8", "replace") for text in (done.stdout, done.stderr))
    if done.returncode not in statuses or "Traceback" in output + errors:
        raise SmokeError(f"{' '.join(command)}: exit status {done.returncode}\n{output}{errors}")
    return output


def _verdict(file: Path) -> str:
    try:
        verdict = json.loads(file.read_bytes())["verdict"]
        return " ".join(str(verdict[key]) for key in ("state", "cause") if verdict[key])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SmokeError(f"{file.name}: no diagnosis ({type(error).__name__})") from None


def _unpack(report: Path, folder: Path) -> Path:
    try:
        with zipfile.ZipFile(report) as archive:
            archive.extractall(folder)
            return folder / archive.namelist()[0].partition("/")[0]
    except (OSError, zipfile.BadZipFile, IndexError) as error:
        raise SmokeError(f"{report.name}: no report ({type(error).__name__})") from None


def _checked_by_ssh_keygen(unpacked: Path) -> str:
    signed = (unpacked / "tagmanifest-sha256.txt").read_bytes()
    words = ("-Y", "check-novalidate", "-n", "report", "-s", "tagmanifest-sha256.txt.sig")
    said = _run(["ssh-keygen", *words], unpacked, given=signed)
    try:
        _run(["ssh-keygen", *words], unpacked, given=signed + b"x")
    except SmokeError:
        return said.strip()
    raise SmokeError("ssh-keygen accepts what was changed")


def main(command: Sequence[str]) -> int:
    """Exit status of the walk."""
    if not command:
        sys.stderr.write((__doc__ or "").partition("\n\n")[2])
        return 2
    try:
        sys.stdout.writelines(f"{line}\n" for line in smoke(command))
    except SmokeError as error:
        sys.stderr.write(f"installer.smoke: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
