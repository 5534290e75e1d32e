"""Files that are there whole or not at all, and what is no file."""

import errno
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from report import files
from report.files import STALE_S, write_new, write_whole


def test_a_file_is_replaced_whole(tmp_path):
    file = tmp_path / "report"
    file.write_bytes(b"old")
    write_whole(file, b"new")
    assert file.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_is_replaced_although_somebody_reads_it_for_a_moment(tmp_path):
    file = tmp_path / "report"
    file.write_bytes(b"old")
    with file.open("rb") as reading:
        done = threading.Timer(0.3, reading.close)
        done.start()
        write_whole(file, b"new")
        done.join()
    assert file.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("refusals", [2, 1_000])
def test_a_system_that_refuses_for_a_moment_is_asked_again_but_not_for_ever(tmp_path, monkeypatch, refusals):
    monkeypatch.setattr(files, "_MOVES_WHAT_IS_READ", False)
    monkeypatch.setattr(files, "BUSY_S", 0.3)
    left = iter(range(refusals))
    really = Path.replace

    def refusing(draft, path):
        if next(left, None) is None:
            return really(draft, path)
        raise PermissionError(errno.EACCES, "somebody reads it", str(path))

    monkeypatch.setattr(Path, "replace", refusing)
    file = tmp_path / "report"
    if refusals < 10:
        write_whole(file, b"new")
        assert file.read_bytes() == b"new"
        return
    with pytest.raises(PermissionError):
        write_whole(file, b"new")
    assert list(tmp_path.iterdir()) == []


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


@pytest.fixture(params=["nameless", "named"])
def way(request, monkeypatch):
    """With files that have no name until they are whole, where the system has them, and without."""
    if request.param == "named":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)


@pytest.mark.usefixtures("way")
def test_rights_are_those_that_were_asked_for(tmp_path):
    write_whole(tmp_path / "a", b"1", mode=0o600)
    write_new(tmp_path / "b", b"2", mode=0o600)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"1", "b": b"2"}
    if os.name == "posix":
        assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


@pytest.mark.usefixtures("way")
def test_a_new_file_replaces_nothing(tmp_path):
    file = tmp_path / "a"
    file.write_bytes(b"theirs")
    with pytest.raises(FileExistsError):
        write_new(file, b"ours")
    assert [(path, path.read_bytes()) for path in tmp_path.iterdir()] == [(file, b"theirs")]


@pytest.mark.usefixtures("way")
def test_a_writing_that_fails_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(_descriptor):
        raise OSError(errno.ENOSPC, "full")

    (tmp_path / "there").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    for write, name in ((write_whole, "there"), (write_whole, "a"), (write_new, "b")):
        with pytest.raises(OSError, match="full") as failed:
            write(tmp_path / name, b"new")
        assert failed.value.errno == errno.ENOSPC
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("there", b"old")]


@pytest.mark.parametrize("shift_s", [-2 * STALE_S, 2 * STALE_S])
def test_what_an_interruption_left_is_removed_at_the_next_writing(tmp_path, shift_s):
    left, recent, other = (tmp_path / name for name in (".nexkit-0a.part", ".nexkit-0b.part", ".report-0c.part"))
    for path in (left, recent, other):
        path.write_bytes(b"half")
    for path in (left, other):
        os.utime(path, (time.time() + shift_s,) * 2)
    write_whole(tmp_path / "report", b"whole")
    assert {path.name for path in tmp_path.iterdir()} == {recent.name, other.name, "report"}


def test_where_the_file_system_has_no_nameless_files_a_name_of_ours_serves(tmp_path, monkeypatch):
    real = os.open

    def old(path, flags, *more, **further):
        if flags & getattr(os, "O_TMPFILE", 0) == getattr(os, "O_TMPFILE", -1):
            raise OSError(errno.EOPNOTSUPP, "not supported")
        return real(path, flags, *more, **further)

    monkeypatch.setattr(os, "open", old)
    write_whole(tmp_path / "a", b"1")
    write_new(tmp_path / "b", b"2")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"1", "b": b"2"}


@pytest.fixture
def stick(tmp_path, monkeypatch):
    """A folder of a memory stick, whose file system has no links."""

    def no_links(_source, target, **_more):
        raise OSError(errno.EPERM, "Operation not permitted", str(target))

    monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    monkeypatch.setattr(os, "link", no_links)
    return tmp_path


def test_a_new_file_is_written_where_the_file_system_has_no_links(stick):
    write_new(stick / "a", b"ours")
    assert {path.name: path.read_bytes() for path in stick.iterdir()} == {"a": b"ours"}
    with pytest.raises(FileExistsError):
        write_new(stick / "a", b"again")
    assert {path.name: path.read_bytes() for path in stick.iterdir()} == {"a": b"ours"}


@pytest.mark.wine_lacks("of eight threads one could not open, now and then, the file that was there already")
def test_of_writers_at_the_same_time_one_wins_and_nobody_is_kept_from_reading(tmp_path):
    def write_and_read(path, number):
        try:
            write_new(path, number)
        except FileExistsError:
            return path.read_bytes(), False
        return path.read_bytes(), True

    with ThreadPoolExecutor(8) as pool:
        for name in map(str, range(50)):
            found = list(pool.map(partial(write_and_read, tmp_path / name), [b"%d" % each for each in range(8)]))
            assert len({read for read, _won in found}) == 1
            assert [won for _read, won in found].count(True) == 1
    assert {path.name for path in tmp_path.iterdir()} == set(map(str, range(50)))


def test_where_there_are_no_links_a_failure_leaves_no_empty_file(stick, monkeypatch):
    def full(_draft, _target):
        raise OSError(errno.EIO, "stick is gone")

    for name in ("replace", "rename"):
        monkeypatch.setattr(type(stick), name, full)
    with pytest.raises(OSError, match="is gone"):
        write_new(stick / "a", b"ours")
    assert list(stick.iterdir()) == []


def test_a_folder_that_is_not_there_is_named_and_not_our_own_draft(tmp_path):
    for write in (write_whole, write_new):
        with pytest.raises(FileNotFoundError) as refused:
            write(tmp_path / "no" / "file", b"new")
        assert refused.value.filename in {tmp_path / "no", str(tmp_path / "no")}
