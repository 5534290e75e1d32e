"""The frozen folders, as they are before any installer: what differs from a run by Python works. Windows under Wine."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from test_windows_diagnoses import NAMED_LOCALHOST
from test_wizard_on_windows import ALONE
from world import refusal, run_in_lab

from installer import freeze
from installer.screen import screen
from installer.wine import ROOT, Windows, new_windows
from nexkit import __version__
from probes import BUILTIN
from probes.proxy.pac_functions import PAC_FUNCTIONS

SCRIPT = 'function FindProxyForURL(url, host) { return isPlainHostName(host) ? "DIRECT" : "PROXY p.example.com:3128"; }'
PATIENCE_S = 60
LOOK = """
import sys
from PySide6.QtGui import QGuiApplication
application = QGuiApplication(["look", "-platform", "xcb"])
picture = application.primaryScreen().grabWindow(0)
picture.save(sys.argv[1])
"""


class Frozen:
    """A frozen folder and what starts its programs."""

    def __init__(self, folder: Path, home: Path, windows: Windows | None = None) -> None:
        self.folder = folder
        self.home = home
        self.windows = windows

    @property
    def system(self) -> str:
        return "windows" if self.windows else "linux"

    @property
    def home_there(self) -> str:
        """How the program has to call its data's folder."""
        return self.windows.path(self.home) if self.windows else str(self.home)

    def command(self, *words: str, program: str = "nexkit") -> list[str]:
        """What starts one of the programs; Linux has one for both."""
        if self.windows:
            return self.windows.command(self.folder / f"{program}.exe", *words)
        return [str(self.folder / "nexkit"), *words]

    def run(self, *words: str, given: bytes | None = None, program: Sequence[str] = ()) -> subprocess.CompletedProcess:
        with piped(given or b"") as stdin:
            return subprocess.run(
                alone(program or self.command(*words)),
                stdin=stdin,
                env=os.environ | {"NEXKIT_HOME": self.home_there},
                capture_output=True,
                timeout=PATIENCE_S,
                check=False,
                cwd=self.home,
            )


@contextlib.contextmanager
def piped(content: bytes) -> Iterator[int]:
    """A pipe with this in it: Wine takes no closed standard input."""
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    assert os.write(writable, content) == len(content)
    os.close(writable)
    try:
        yield readable
    finally:
        os.close(readable)


def alone(command: Sequence[str]) -> list[str]:
    """In a network that leads nowhere."""
    return ["unshare", "--user", "--map-root-user", "--net", "--uts", "sh", "-c", ALONE, "sh", *command]


@pytest.fixture(scope="module", params=["linux", "windows"])
def frozen(request: pytest.FixtureRequest, dist: Path, tmp_path_factory: pytest.TempPathFactory):
    home = tmp_path_factory.mktemp("home")
    folder = dist / request.param / "nexkit"
    if request.param == "linux":
        yield Frozen(folder, home)
        return
    with new_windows() as windows:
        yield Frozen(folder, home, windows)


@pytest.fixture
def ended(frozen: Frozen):
    """Wine's server is of the network that it was started in: it may not outlive it."""
    yield
    if frozen.windows:
        frozen.windows.stop()


def test_what_may_not_be_there_is_not_and_the_licences_are(frozen: Frozen):
    freeze.check(frozen.folder, frozen.system)


@pytest.mark.timeout(4 * PATIENCE_S)
def test_it_answers_without_a_network(frozen: Frozen, ended: None):
    assert frozen.run("--version").stdout.decode().strip() == f"nexkit {__version__}"
    listed = frozen.run("probe", "list", "--lang", "ja").stdout.decode()
    first_words = {line.split()[0] for line in listed.splitlines() if line[:1].strip()}
    assert {probe.spec.id for probe in BUILTIN} <= first_words
    # Not by the Japanese words: Wine's code page here has no letters for them, which are asked for in the window.
    assert "Settings of this computer" not in listed, "the catalogue is missing"
    shown = frozen.run("key", "show")
    assert shown.returncode == 0, shown.stderr
    assert b"ssh-ed25519 " in shown.stdout
    request = {
        "functions": PAC_FUNCTIONS,
        "script": SCRIPT,
        "urls": [("https://www.example.com/", "www.example.com"), ("http://mail/", "mail")],
        "names": {},
        "own": [],
        "time_s": 5,
    }
    evaluated = frozen.run("evaluate-pac", given=json.dumps(request).encode())
    answers = [answer["text"] for answer in json.loads(evaluated.stdout)["answers"]]
    assert answers == ["PROXY p.example.com:3128", "DIRECT"]


@pytest.mark.timeout(180)
def test_its_report_of_a_healthy_network_is_verified_by_ssh_keygen(frozen: Frozen, ended: None):
    if reason := refusal():
        pytest.fail(f"no lab here: {reason}")
    walk = [sys.executable, "-m", "installer.smoke", *frozen.command()]
    # Wine hears of ICMP errors through raw sockets alone.
    command = ["unshare", "--uts", "sh", "-c", NAMED_LOCALHOST, "sh", *walk] if frozen.windows else walk
    run = run_in_lab("healthy", command, privileged=frozen.windows is not None, timeout_s=150)
    assert run.exit_status == 0, run.stderr
    assert "ssh-keygen: " in run.stdout


def test_a_report_becomes_a_pdf_with_letters(frozen: Frozen, ended: None, tmp_path: Path):
    made = tmp_path / "report.pdf"
    files = (ROOT / "tests" / "data" / "reports" / "schema-1.nexkit.zip", made)
    report, out = (frozen.windows.path(file) if frozen.windows else str(file) for file in files)
    shown = frozen.run("show", report, "--lang", "ja", "--pdf", out)
    assert shown.returncode == 1, shown.stderr
    text = subprocess.run(["pdftotext", made, "-"], capture_output=True, text=True, check=True, timeout=60).stdout
    assert "アクセス回線" in text


def test_pack_is_a_program_of_its_own_name_on_windows(frozen: Frozen, ended: None):
    if not frozen.windows:
        pytest.skip("on Linux the packages bring it")
    run = frozen.run(program=frozen.windows.command("cmd", "/c", str(frozen.folder / "nexkit-pack.cmd"), "--help"))
    assert b"--profile" in run.stdout


@pytest.mark.timeout(3 * PATIENCE_S)
def test_the_wizard_shows_its_window(frozen: Frozen, ended: None, tmp_path: Path):
    command = alone(frozen.command("wizard", "--lang", "ja", program="nexkit-wizard"))
    # Wine gives programs no standard output or error that is a file.
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with screen() as display:
        environment = os.environ | {"DISPLAY": display, "NEXKIT_HOME": frozen.home_there}
        with subprocess.Popen(command, env=environment, **pipes) as wizard:
            try:
                wait_for_window(display)
                colours = colours_of(display, tmp_path / "window.png")
            finally:
                wizard.terminate()
                if frozen.windows:
                    frozen.windows.stop()
    assert colours > 20, "a window without letters"


def wait_for_window(display: str) -> None:
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE_S:
        if subprocess.run(
            ["xdotool", "search", "--onlyvisible", "--name", "どんなことでお困りですか"],
            env=os.environ | {"DISPLAY": display},
            capture_output=True,
            check=False,
        ).stdout:
            return
        time.sleep(0.05)
    pytest.fail("no window")


def colours_of(display: str, picture: Path) -> int:
    """Of the screen, drawn within some seconds: letters with smoothed edges have many."""
    from PySide6.QtGui import QImage

    colours: set[int] = set()
    began = time.monotonic()
    while len(colours) <= 20 and time.monotonic() - began < PATIENCE_S:
        look = [sys.executable, "-c", LOOK, str(picture)]
        subprocess.run(look, env=os.environ | {"DISPLAY": display}, check=True, timeout=PATIENCE_S, cwd=ROOT)
        image = QImage(str(picture))
        colours = {image.pixel(x, y) for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)}
    return len(colours)
