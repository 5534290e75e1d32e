#!/usr/bin/env python3
"""Everything a developer does, in one command each; needs Python with pip and venv, nothing else.

    python3 dev.py run [ARGUMENTS]    start nexkit: the wizard where there is a screen, else `nexkit diagnose`
    python3 dev.py test [ARGUMENTS]   all checks and tests; arguments go to pytest and skip the other checks
    python3 dev.py bench [NAME ...]   measure speed, accuracy and memory, and print the table
    python3 dev.py fuzz [SECONDS]     alter reports and profiles at random and look for a crash (default: 600)
    python3 dev.py lab score          every fault of the lab diagnosed: how often rightly (see tests/lab/score.py)
    python3 dev.py shots OUT          draw every page of the window in both languages, themes and sizes into a folder
    python3 dev.py freeze             make the program that needs no Python: dist/SYSTEM/nexkit
    python3 dev.py package            build all packages, install and try them here (Windows under Wine): dist/
    python3 dev.py lock               write requirements.lock from pyproject.toml
    python3 dev.py texts              renew the translation catalogues from the sources
    python3 dev.py schema             write the schema of report.json anew from the types

The environment stands in `.venv`, made from `requirements.lock`; what is there already is not done again.
"""

import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from installer import tools

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
TEST_PART = "# --- test tools ---"
LOCALES = ROOT / "nexkit" / "texts" / "locale"

# What Qt loads from the system, and the Debian package that has it.
QT_LIBRARIES = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
}
# Programs that the lab and the screen tests run.
TEST_PROGRAMS = {
    "ip": "iproute2",
    "nft": "nftables",
    "dnsmasq": "dnsmasq-base",
    "unbound": "unbound",
    "nginx": "nginx-light",
    "ping": "iputils-ping",
    "curl": "curl",
    "squid": "squid",
    "microsocks": "microsocks",
    "iperf3": "iperf3",
    "radvd": "radvd",
    "openssl": "openssl",
    "unzip": "unzip",
    "ssh-keygen": "openssh-client",
    "unshare": "util-linux",
    "Xvfb": "xvfb",
    "xdotool": "xdotool",
    "turnserver": "coturn",
    "chronyd": "chrony",
    "openvpn": "openvpn",
    "faketime": "faketime",
    "age": "age",
    "chromium": "chromium",
    "pdftotext": "poppler-utils",
    "shellcheck": "shellcheck",
}
BENCH_PROGRAMS = {
    "fping": "fping",
    "traceroute": "traceroute",
    "mtr": "mtr-tiny",
    "tracepath": "iputils-tracepath",
    "dig": "bind9-dnsutils",
}
JAPANESE_FONTS = "fonts-noto-cjk"


def main() -> int:
    """Exit status of the command named on the command line."""
    if sys.version_info < (3, 11):  # noqa: UP036  the message is for those who have an older one
        print(f"dev.py: needs Python 3.11 or newer, this is {sys.version.split()[0]}", file=sys.stderr)
        return 2
    commands = {
        "run": run,
        "test": test,
        "bench": bench,
        "fuzz": fuzz,
        "lab": lab,
        "shots": shots,
        "freeze": freeze,
        "package": package,
        "lock": lock,
        "texts": texts,
        "schema": schema,
    }
    if len(sys.argv) < 2 or sys.argv[1] not in commands:  # noqa: PLR2004  the command's own name comes first
        print((__doc__ or "").partition("\n\n")[2].rstrip(), file=sys.stderr)
        return 2
    try:
        return commands[sys.argv[1]](sys.argv[2:])
    except KeyboardInterrupt:
        return 130


def run(arguments: list[str]) -> int:
    """Start the program; a first word such as `verify` names another command of it."""
    screen = has_screen()
    if screen:
        install_system_packages(missing_libraries())
    python = environment(with_tests=False)
    if not arguments or (arguments[0].startswith("-") and "--version" not in arguments):
        arguments = ["wizard" if screen else "diagnose", *arguments]
    return start([python, "-m", "ui.cli", *arguments], folder=None)  # its files are named from where the user stands


def test(arguments: list[str]) -> int:
    """Format, lint, types for three systems, import rules, tests."""
    fonts = [] if fonts_for_japanese() else [JAPANESE_FONTS]
    install_system_packages(missing_libraries() + missing_programs(TEST_PROGRAMS) + fonts)
    python = environment(with_tests=True)
    if arguments:
        return start([python, "-m", "pytest", *arguments])
    checks = [
        [python, "-m", "ruff", "format", "--check", "."],
        [python, "-m", "ruff", "check", "."],
        *([python, "-m", "mypy", "--platform", system] for system in ("linux", "darwin", "win32")),
        [python, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        # Two workers for each processor: half of what they do is waiting for networks that are down.
        [python, "-m", "pytest", "-n", str(2 * (os.cpu_count() or 1)), "--dist", "worksteal"],
    ]
    for check in checks:
        print("+", " ".join(["python", *check[1:]]), flush=True)
        if status := start(check):
            return status
    return 0


def bench(arguments: list[str]) -> int:
    """Measure in the lab, side by side with the peers."""
    install_system_packages(missing_libraries() + missing_programs(TEST_PROGRAMS | BENCH_PROGRAMS))
    return start([environment(with_tests=True), str(ROOT / "tests" / "bench"), *arguments])


def fuzz(arguments: list[str]) -> int:
    """Look for reports and profiles that break the promises of `verify`."""
    return start([environment(with_tests=True), str(ROOT / "tests" / "contract" / "fuzzing.py"), *arguments])


def lab(arguments: list[str]) -> int:
    """Score the diagnosis over all scenarios of the lab."""
    if arguments[:1] != ["score"]:
        print("dev.py: lab: the only command is score", file=sys.stderr)
        return 2
    install_system_packages(missing_programs(TEST_PROGRAMS))
    return start([environment(with_tests=True), str(ROOT / "tests" / "lab" / "score.py"), *arguments[1:]])


def shots(arguments: list[str]) -> int:
    """Draw the pages with what was measured in the lab."""
    install_system_packages(missing_libraries() + ([] if fonts_for_japanese() else [JAPANESE_FONTS]))
    return start([environment(with_tests=True), str(ROOT / "tests" / "gui" / "shots.py"), *arguments], folder=None)


def freeze(_arguments: list[str]) -> int:
    """Freeze the program with PyInstaller, check what came out, and start it."""
    install_system_packages(missing_libraries() + missing_programs(tools.FREEZE_LINUX))
    python = environment(with_tests=True)
    if status := start([python, "-m", "installer.freeze"]):
        return status
    places = {"win32": "windows/nexkit/nexkit.exe", "darwin": "macos/nexkit.app/Contents/MacOS/nexkit"}
    return start([str(ROOT / "dist" / places.get(sys.platform, "linux/nexkit/nexkit")), "probe", "list"])


def package(arguments: list[str]) -> int:
    """Build and try everything that is handed out, on Linux."""
    if not sys.platform.startswith("linux"):
        print("dev.py: package: on Linux only; here: python3 dev.py freeze", file=sys.stderr)
        return 2
    fonts = [] if fonts_for_japanese() else [JAPANESE_FONTS]
    install_system_packages(missing_libraries() + missing_programs(TEST_PROGRAMS | tools.ALL) + fonts)
    return start([environment(with_tests=True), "-m", "installer.package", *arguments])


def lock(_arguments: list[str]) -> int:
    """Write the lock file for all systems: the program's part first, then what the tests need besides."""
    python = environment(with_tests=True) if LOCK.exists() else environment_for_first_lock()
    compile_ = [python, "-m", "uv", "pip", "compile", "pyproject.toml", "--quiet", "--universal", "--generate-hashes"]
    compile_ += ["--python-version", "3.11", "--no-header", "--no-annotate", "--extra", "develop", "--extra", "ookla"]
    whole = subprocess.check_output([*compile_, "--extra", "test"], cwd=ROOT, text=True)
    versions = ENVIRONMENT / "versions.txt"
    versions.write_text(whole, encoding="utf-8")
    program = entries(subprocess.check_output([*compile_, "--constraint", str(versions)], cwd=ROOT, text=True))
    # A package that the program needs on one system and the tests on all stands in both parts.
    for_tests = [entry for entry in entries(whole) if entry not in program]
    header = "# Written by `python3 dev.py lock` from pyproject.toml.\n"
    LOCK.write_text(header + "".join(program) + TEST_PART + "\n" + "".join(for_tests), encoding="utf-8")
    return 0


def schema(_arguments: list[str]) -> int:
    """Write the schema of report.json anew."""
    return start([environment(with_tests=False), "-m", "report.schema"])


def texts(_arguments: list[str]) -> int:
    """Extract the messages, merge them into the catalogues, compile these."""
    python = environment(with_tests=True)
    template = ENVIRONMENT / "nexkit.pot"
    babel = [python, "-m", "babel.messages.frontend"]
    sources = ["nexkit", "report", "ui"]
    mapping = str(ROOT / "pyproject.toml")
    extract = ["extract", "-F", mapping, "--no-location", "--sort-output", "-o", str(template), *sources]
    status = start([*babel, "-q", *extract])
    for catalogue in sorted(LOCALES.glob("*/LC_MESSAGES/nexkit.po")):
        language = catalogue.parent.parent.name
        update = ["update", "-i", str(template), "-o", str(catalogue), "-l", language, "--no-fuzzy-matching"]
        status = status or start([*babel, "-q", *update, "--ignore-obsolete"])
        status = status or start(
            [*babel, "-q", "compile", "-i", str(catalogue), "-o", str(catalogue.with_suffix(".mo")), "-l", language]
        )
    return status


def entries(text: str) -> list[str]:
    """The lock file's entries: each a requirement with its hashes."""
    found: list[str] = []
    for line in text.splitlines(keepends=True):
        if line.strip() and not line.startswith((" ", "#")):
            found.append(line)
        elif found and line.startswith(" "):
            found[-1] += line
    return found


def environment(*, with_tests: bool) -> str:
    """The environment's Python, after what the lock file names is installed there."""
    program, _, for_tests = LOCK.read_text(encoding="utf-8").partition(TEST_PART)
    wanted = program + for_tests if with_tests else program
    stamps = {kind: ENVIRONMENT / f"nexkit-{kind}.stamp" for kind in ("run", "test")}
    version = f"{sys.version_info[:2]} {(ROOT / 'pyproject.toml').read_text(encoding='utf-8')}"
    marks = {
        kind: hashlib.sha256((text + version).encode()).hexdigest()
        for kind, text in (("run", program), ("test", program + for_tests))
    }
    python = environment_python()
    enough = ("test",) if with_tests else ("run", "test")
    for kind in enough:
        if python.exists() and stamps[kind].is_file() and stamps[kind].read_text() == marks[kind]:
            return str(python)
    print("dev.py: setting up .venv (once)", file=sys.stderr, flush=True)
    make_environment()
    requirements = ENVIRONMENT / "requirements.txt"
    requirements.write_text(wanted, encoding="utf-8")
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for step in (
        [*pip, "--require-hashes", "-r", str(requirements)],
        [*pip, "--no-deps", "--no-build-isolation", "-e", str(ROOT)],
    ):
        if subprocess.run(step, check=False).returncode:
            raise SystemExit("dev.py: pip could not install what requirements.lock names: see its message above")
    stamps["test" if with_tests else "run"].write_text(marks["test" if with_tests else "run"])
    return str(python)


def environment_for_first_lock() -> str:
    """An environment with the resolver alone, for a checkout without a lock file."""
    make_environment()
    subprocess.run([str(environment_python()), "-m", "pip", "install", "--quiet", "uv"], check=True)
    return str(environment_python())


def environment_python() -> Path:
    """Where the environment's Python stands."""
    return ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def make_environment() -> None:
    """Make the environment with pip in it, if there is none."""
    if environment_python().exists():
        return
    try:
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
    except (subprocess.CalledProcessError, ImportError):
        raise SystemExit(
            "dev.py: this Python cannot make environments: type  sudo apt-get install python3-venv"
        ) from None


def start(command: list[str], folder: Path | None = ROOT) -> int:
    """Run a command; its exit status."""
    with subprocess.Popen(command, cwd=folder) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue  # the program was interrupted too, and ends in its own way


def has_screen() -> bool:
    """Whether a window can be shown."""
    return (
        os.name == "nt"
        or sys.platform == "darwin"
        or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    )


def missing_libraries() -> list[str]:
    """Debian packages of the system libraries that Qt would miss here."""
    if not sys.platform.startswith("linux"):
        return []
    missing = []
    for library, package in QT_LIBRARIES.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(package)
    return missing


def missing_programs(programs: dict[str, str]) -> list[str]:
    """Debian packages of the programs that are not here."""
    if not sys.platform.startswith("linux"):
        return []
    places = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    return [package for program, package in programs.items() if shutil.which(program, path=places) is None]


def fonts_for_japanese() -> bool:
    """Whether Japanese can be drawn here; other systems bring such fonts."""
    return not sys.platform.startswith("linux") or any(Path("/usr/share/fonts").rglob("*CJK*"))


def install_system_packages(packages: list[str]) -> None:
    """Install them as root on Debian and Ubuntu, else name the command to type."""
    if not packages:
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *sorted(set(packages))]
    if shutil.which("apt-get") is None:
        names = ", ".join(sorted(set(packages)))
        raise SystemExit(f"dev.py: install what these Debian packages hold by your system's own means: {names}")
    if os.geteuid() != 0:
        raise SystemExit(f"dev.py: system packages are missing: type  sudo {' '.join(command)}")
    print("dev.py: installing", " ".join(sorted(set(packages))), file=sys.stderr, flush=True)
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=False, env=quiet, stdout=subprocess.DEVNULL)
    if subprocess.run(command, check=False, env=quiet, stdout=subprocess.DEVNULL).returncode:
        raise SystemExit(f"dev.py: this failed: {' '.join(command)}")


if __name__ == "__main__":
    sys.exit(main())
