"""The command line of the Windows installer's custom action, from what PROFILE= says; compiled for this system."""

import shutil
import subprocess

import pytest

from installer.msi import SOURCES

COMPILER = shutil.which("cc")
TRIAL = """
#include <locale.h>
#include <stdlib.h>
#include <wchar.h>
#include "command_line.h"

int main(int count, char **words)
{
    static wchar_t data[2 * MAX_COMMAND], command[MAX_COMMAND];

    if (count != 2 || !setlocale(LC_ALL, "C.UTF-8") || mbstowcs(data, words[1], 2 * MAX_COMMAND) == (size_t)-1)
        return 1;
    wprintf(L"%ls", make_command(data, L" --lang en", command) ? command : L"-");
    return 0;
}
"""
PROGRAM = r"C:\Program Files\nexkit\nexkit.exe"
BEGIN = f'"{PROGRAM}" profile install --lang en'

pytestmark = pytest.mark.skipif(COMPILER is None, reason="wants a C compiler of this system")


@pytest.fixture(scope="module")
def command(tmp_path_factory):
    """What the action starts with these words; "-" for nothing."""
    folder = tmp_path_factory.mktemp("action")
    (folder / "trial.c").write_text(TRIAL, encoding="ascii")
    words = [COMPILER, "-Wall", "-Wextra", "-Werror", "-I", SOURCES, "-o", folder / "trial", folder / "trial.c"]
    subprocess.run(words, check=True, timeout=60)

    def made(data):
        run = subprocess.run([folder / "trial", data], check=True, timeout=10, capture_output=True, encoding="utf-8")
        return run.stdout

    return made


@pytest.mark.parametrize(
    ("profile", "word"),
    [
        (r"C:\rollout\profile", r"C:\rollout\profile"),
        (r"\\files.example.com\配布 1\a & b %TEMP%|", r"\\files.example.com\配布 1\a & b %TEMP%|"),
        ("//files.example.com/rollout", "//files.example.com/rollout"),
        # Without the stroke it would be the current folder of that drive; a single one would take the quote's meaning.
        ("D:\\", r"D:\\"),
        ("C:\\rollout\\\\", r"C:\rollout\\\\"),
    ],
)
def test_the_profile_is_one_word_of_the_command(command, profile, word):
    assert command(f"{PROGRAM}|{profile}") == f'{BEGIN} "{word}"'


def test_without_a_profile_what_is_there_is_checked(command):
    assert command(f"{PROGRAM}|") == BEGIN


@pytest.mark.parametrize(
    "profile",
    ["profile.toml", "--help", r"\profile", "C:profile", "C:", '"', r'C:\x" --json "C:\y', "C:\\" + "x" * 32768],
)
def test_what_is_no_full_path_starts_nothing(command, profile):
    assert command(f"{PROGRAM}|{profile}") == "-"


def test_a_path_as_long_as_can_be_still_fits(command):
    for length in range(32600, 32768):
        made = command(f"{PROGRAM}|C:\\{'x' * length}\\\\")
        assert made == "-" or len(made) < 32768
