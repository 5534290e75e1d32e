import subprocess
import sys

import pytest

from installer.commands import run


def python(source: str, *words: str, **more) -> bytes:
    return run(sys.executable, "-c", source, *words, **more)


def test_what_a_program_says_is_given_and_its_errors_are_not_among_it(tmp_path):
    source = "import os, sys; print(os.environ['WORD'], os.getcwd()); print('note', file=sys.stderr)"
    assert python(source, folder=tmp_path, more={"WORD": "said"}).decode().strip() == f"said {tmp_path}"


def test_a_program_that_fails_is_told_with_its_words_and_no_passwords():
    with pytest.raises(SystemExit) as end:
        python("print('this'); raise SystemExit('why')", "-P", "secret")
    told = str(end.value)
    assert "ended with 1:\n" in told
    assert "this" in told
    assert "why" in told
    assert "secret" not in told


def test_a_program_has_its_time():
    with pytest.raises(subprocess.TimeoutExpired):
        python("import time; time.sleep(60)", timeout_s=0.2)
