"""Files that are there whole or not at all, and what is no file."""

import os
import threading

import pytest

from report.files import write_whole


def test_a_file_is_replaced_whole(tmp_path):
    file = tmp_path / "report"
    file.write_bytes(b"old")
    write_whole(file, b"new")
    assert file.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    write_whole(pipe, b"whole")
    reader.join(5)
    assert got == [b"whole"]
    assert pipe.is_fifo()
