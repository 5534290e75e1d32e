"""Standard output in the encodings that consoles and pipes have."""

import errno
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nexkit.platform.console import codec_of_page, obeys_escapes
from nexkit.texts import LANGUAGES
from ui.cli import streams
from ui.cli.streams import StatusLine, harmless_streams, write_json
from ui.cli.wrap import say

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def stdout(monkeypatch):
    """A pipe of an encoding that is yet to be said."""

    def pipe(encoding, wanted=None):
        made = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")
        monkeypatch.setattr(sys, "stdout", made)
        monkeypatch.setattr(streams, "pipe_encoding", lambda: wanted)
        return made

    return pipe


def written(stream):
    stream.flush()
    return stream.buffer.getvalue()


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("utf-8", "“Lab” – 測定 ✓"), ("cp932", "“Lab” - 測定 ?"), ("cp1252", "“Lab” – ?? ?"), ("cp437", '"Lab" - ?? ?')],
)
def test_what_an_encoding_lacks_is_written_plainer_instead_of_ending_the_program(stdout, encoding, shown):
    pipe = stdout(encoding)
    with harmless_streams():
        sys.stdout.write("“Lab” – 測定 ✓\n")
    assert written(pipe).decode(encoding) == f"{shown}\n"


def test_a_pipe_is_written_in_the_encoding_of_the_console_it_belongs_to(stdout):
    pipe = stdout("cp1252", wanted="cp850")
    with harmless_streams():
        sys.stdout.write("café\n")
    assert written(pipe) == "café\n".encode("cp850")
    assert (pipe.encoding, pipe.errors) == ("cp1252", "strict")


@pytest.mark.parametrize("encoding", ["utf-8", "cp932", "cp1252", "cp437"])
def test_json_is_utf_8_on_every_console(stdout, encoding):
    pipe = stdout(encoding)
    document = {"ssid": "会議室 – 😀"}
    with harmless_streams():
        write_json(document, "-")
    assert json.loads(written(pipe).decode("utf-8")) == document


class Gone(io.RawIOBase):
    """A pipe of Windows that nobody reads any more."""

    def __init__(self):
        self.over = False

    def writable(self):
        return True

    def write(self, data):
        if self.over:
            return len(data)
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))


def test_a_reader_that_goes_away_before_the_last_words_is_told_as_everywhere(monkeypatch):
    pipe = Gone()
    stream = io.TextIOWrapper(io.BufferedWriter(pipe), encoding="utf-8")
    monkeypatch.setattr(sys, "stdout", stream)
    with pytest.raises(BrokenPipeError), harmless_streams():
        sys.stdout.write("not written yet")
    pipe.over = True
    stream.close()


def test_a_program_without_streams_says_nothing_and_goes_on(monkeypatch):
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    with harmless_streams():
        say("heard by nobody", sys.stderr)
        StatusLine().show("nor is this")


@pytest.mark.parametrize(
    ("page", "codec"), [(932, "cp932"), (437, "cp437"), (65001, "utf-8"), (1252, "cp1252"), (0, None), (99999, None)]
)
def test_code_pages_have_the_names_of_python(page, codec):
    assert codec_of_page(page) == codec


def test_escapes_are_for_terminals():
    assert not obeys_escapes(None)
    assert not obeys_escapes(io.StringIO())


@pytest.mark.parametrize("encoding", ["cp932", "cp1252", "cp437", "ascii"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_program_prints_in_every_language_and_encoding(tmp_path, language, encoding):
    settings = {"PYTHONIOENCODING": encoding, "NEXKIT_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "ui.cli", "diagnose", "--help", "--lang", language],
        cwd=ROOT,
        env=os.environ | settings,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""
    if (language, encoding) == ("ja", "cp932"):
        assert "言語" in done.stdout.decode("cp932")
