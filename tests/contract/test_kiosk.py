"""What the program may start or open stands in a few places, and nothing else can."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = [file for folder in ("nexkit", "probes", "report", "ui") for file in sorted((ROOT / folder).rglob("*.py"))]
WHERE = {
    "QDesktopServices": {"ui/gui/links.py"},
    "openUrl": {"ui/gui/links.py"},
    "QProcess": {"ui/gui/links.py"},
    "setOpenExternalLinks": set(),
    "setOpenLinks": set(),
    "QTextBrowser": set(),
    "QWebEngineView": set(),
    "QWhatsThis": set(),
    "webbrowser": set(),
    "startfile": set(),
    "ShellExecuteW": set(),
    "system": set(),
    "popen": set(),
    "setAcceptDrops": set(),
    "RichText": set(),
    "MarkdownText": set(),
    "AutoText": set(),
}
"""Names that are used nowhere but there."""
NOT_ON_WINDOWS = frozenset({"nexkit/platform/reveal.py", "nexkit/platform/msi_database.py", "ui/pack/macos.py"})
"""Start nothing there: what they want is asked of the system by a call, or is of another system."""
STARTERS = frozenset({"Popen", "create_subprocess_exec", "create_subprocess_shell", "check_output", "check_call"})


def used(file: Path) -> set[str]:
    """Names that are imported or taken as attributes."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            # platform.system() tells a name, os.system() starts a shell.
            names.add(node.attr if node.attr != "system" or owner == "os" else "")
        elif isinstance(node, ast.ImportFrom | ast.Import):
            names |= {alias.name for alias in node.names}
    return names


@pytest.fixture(scope="module")
def names():
    return {file.relative_to(ROOT).as_posix(): used(file) for file in FILES}


@pytest.mark.parametrize("name", WHERE)
def test_nothing_is_opened_elsewhere(names, name):
    assert {file for file, found in names.items() if name in found} <= WHERE[name]


def test_programs_are_started_by_the_platform_alone(names):
    starting = {file for file, found in names.items() if found & STARTERS}
    assert {file for file in starting if not file.startswith("nexkit/platform/")} == set()


def test_no_console_flashes_up_on_windows():
    """A program that is started there from one without a console would be given a console of its own."""
    for file in FILES:
        source = file.read_text(encoding="utf-8")
        if "subprocess.run(" in source or "create_subprocess_exec(" in source:
            name = file.relative_to(ROOT).as_posix()
            assert name in NOT_ON_WINDOWS or "creationflags=subprocess.CREATE_NO_WINDOW" in source, name
