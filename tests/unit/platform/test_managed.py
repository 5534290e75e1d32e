"""The IT department's place: read where administrators alone may write, refused elsewhere."""

import contextlib
import ctypes
import os
import struct
import sys
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from foreign_systems import Library, imported, windows_error
from hypothesis import given
from hypothesis import strategies as st

from nexkit.platform.managed import ClosedToUsersError, ManagedPlace, OpenToOthersError, managed_folder
from nexkit.platform.parse_acl import gives_changes
from nexkit.platform.parse_security_descriptor import who_may_change

posix = pytest.mark.skipif(sys.platform == "win32", reason="owners and modes are POSIX's")
SYSTEM = "S-1-5-18"
ADMINISTRATORS = "S-1-5-32-544"
TRUSTED_INSTALLER = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
USERS = "S-1-5-32-545"
EVERYONE = "S-1-1-0"
FULL, MODIFY, READ = 0x1F01FF, 0x1301BF, 0x1200A9


@pytest.fixture
def place(tmp_path):
    folder = tmp_path / "managed"
    folder.mkdir(mode=0o755)
    made = ManagedPlace(folder=folder, administrators=frozenset({0, os.getuid()}))
    made.path("f").write_bytes(b"content")
    made.path("f").chmod(0o644)
    return made


@posix
def test_a_file_of_the_place_is_read_up_to_its_limit(place):
    assert place.read("f", 100) == b"content"
    assert place.read("f", 3) == b"cont"
    assert place.read("other", 100) is None


@posix
def test_a_place_that_is_not_there_holds_nothing(tmp_path):
    assert ManagedPlace(folder=tmp_path / "none").read("f", 100) is None


@posix
def test_what_this_user_may_not_look_at_does_not_go_unnoticed(place, monkeypatch):
    look = Path.lstat

    def refuse(path):
        if path == place.path("f"):
            raise PermissionError(13, "Permission denied", str(path))
        return look(path)

    monkeypatch.setattr(Path, "lstat", refuse)  # the folder is 0700; root, who runs tests too, may look anywhere
    with pytest.raises(ClosedToUsersError) as error:
        place.read("f", 100)
    assert error.value.filename == str(place.path("f"))


@posix
@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666])
def test_a_file_that_others_may_write_is_refused(place, mode):
    place.path("f").chmod(mode)
    with pytest.raises(OpenToOthersError) as error:
        place.read("f", 100)
    assert error.value.path == place.path("f")


@posix
@pytest.mark.parametrize("mode", [0o775, 0o757, 0o1777])
def test_a_folder_that_others_may_write_is_refused_whatever_it_holds(place, mode):
    place.folder.chmod(mode)
    with pytest.raises(OpenToOthersError):
        place.read("not there", 100)


@posix
def test_a_folder_above_that_others_may_write_is_refused(place, tmp_path):
    tmp_path.chmod(0o777)
    with pytest.raises(OpenToOthersError) as error:
        place.read("f", 100)
    assert error.value.path == tmp_path
    tmp_path.chmod(0o700)


@posix
def test_a_file_of_somebody_else_is_refused(place):
    with pytest.raises(OpenToOthersError):
        ManagedPlace(folder=place.folder, administrators=frozenset({4711})).read("f", 100)


@posix
def test_a_link_or_a_pipe_is_no_file_of_the_place(place, tmp_path):
    (tmp_path / "other").write_bytes(b"x")
    place.path("link").symlink_to(tmp_path / "other")
    os.mkfifo(place.path("pipe"), 0o644)
    for name in ("link", "pipe"):
        with pytest.raises(OpenToOthersError):
            place.read(name, 100)
    (tmp_path / "linked").symlink_to(place.folder)
    with pytest.raises(OpenToOthersError):
        ManagedPlace(folder=tmp_path / "linked", administrators=place.administrators).read("f", 100)


@posix
def test_the_place_of_this_program_is_the_systems_own():
    assert ManagedPlace().folder == managed_folder()
    assert ManagedPlace().administrators == frozenset({0})


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        (b"!#acl 1\n", False),
        (b"!#acl 1\ngroup:ABCDEFAB-CDEF-ABCD-EFAB-CDEF0000000C:everyone:12:deny:delete\n", False),
        (b"!#acl 1\nuser:FFFFEEEE-DDDD-CCCC-BBBB-AAAA00000000:root:0:allow:write\n", False),
        (b"!#acl 1\nuser:FFFFEEEE-DDDD-CCCC-BBBB-AAAA000001F5:hanako:501:allow:read,execute\n", False),
        (b"!#acl 1\nuser:FFFFEEEE-DDDD-CCCC-BBBB-AAAA000001F5:hanako:501:allow:read,write\n", True),
        (b"!#acl 1\ngroup:ABCDEFAB-CDEF-ABCD-EFAB-CDEF00000014:staff:20:allow,inherited:append\n", True),
        (b"!#acl 1\ngroup:ABCDEFAB-CDEF-ABCD-EFAB-CDEF00000014:staff:20:allow,only_inherit:append\n", False),
        (b"!#acl 1\nsomething else\n", True),
    ],
)
def test_lists_of_macos_are_read(text, changes):
    assert gives_changes(text) is changes


def sid(text):
    _s, revision, authority, *parts = text.split("-")
    numbers = [int(part) for part in parts]
    return (
        bytes([int(revision), len(numbers)]) + int(authority).to_bytes(6) + struct.pack(f"<{len(numbers)}I", *numbers)
    )


def descriptor(owner, *entries, control=0x8004):
    """Self-relative, as MS-DTYP 2.4.6 draws it; entries are (kind, flags, mask, SID)."""
    aces = b"".join(
        struct.pack("<BBHI", kind, flags, 8 + len(sid(who)), mask) + sid(who) for kind, flags, mask, who in entries
    )
    acl = struct.pack("<BBHHH", 2, 0, 8 + len(aces), len(entries), 0) + aces
    body = sid(owner)
    return struct.pack("<BBHIIII", 1, 0, control, 20, 0, 0, 20 + len(body)) + body + acl


PROGRAM_FILES = descriptor(
    TRUSTED_INSTALLER,
    (0, 0, FULL, TRUSTED_INSTALLER),
    (0, 0, MODIFY, SYSTEM),
    (0, 0, MODIFY, ADMINISTRATORS),
    (0, 0, READ, USERS),
    (0, 0xB, 0x10000000, "S-1-3-0"),
    (0, 0, READ, "S-1-15-2-1"),
)


@pytest.mark.parametrize(
    ("data", "changers"),
    [
        (PROGRAM_FILES, set()),
        (descriptor(SYSTEM, (0, 0, READ, USERS), (0, 0, 0x2, USERS)), {USERS}),
        (descriptor(SYSTEM, (0, 0, 0x4, USERS)), {USERS}),
        (descriptor(SYSTEM, (0, 0, 0x40000000, EVERYONE)), {EVERYONE}),
        (descriptor(SYSTEM, (9, 0, FULL, USERS)), {USERS}),
        (descriptor(SYSTEM, (1, 0, FULL, USERS), (0, 0, READ, USERS)), set()),
        (descriptor("S-1-5-21-1-2-3-1001", (0, 0, READ, USERS)), {"S-1-5-21-1-2-3-1001"}),
        (descriptor(SYSTEM, control=0x8000), {EVERYONE}),
    ],
)
def test_lists_of_windows_are_read(data, changers):
    assert who_may_change(data) == changers


@pytest.mark.parametrize("data", [b"", PROGRAM_FILES[:30], PROGRAM_FILES[:60], descriptor(SYSTEM, (5, 0, FULL, USERS))])
def test_a_list_of_windows_that_cannot_be_judged_is_an_error(data):
    with pytest.raises(ValueError):  # noqa: PT011  any
        who_may_change(data)


@given(st.binary(max_size=80), st.integers(0, len(PROGRAM_FILES)))
def test_no_bytes_crash_the_reading_of_a_descriptor(noise, at):
    for data in (noise, PROGRAM_FILES[:at] + noise):
        with contextlib.suppress(ValueError):
            who_may_change(data)


class WindowsDoubles:
    """advapi32, shell32, ole32 and kernel32: one descriptor for every path."""

    def __init__(self, data=PROGRAM_FILES, status=0):
        self.buffer = ctypes.create_string_buffer(data, len(data))
        self.path = ctypes.create_unicode_buffer("C:\\Program Files")
        self.status = status
        self.freed = []

    def GetNamedSecurityInfoW(self, path, kind, wanted, owner, group, dacl, sacl, found):  # noqa: N802
        assert (kind, wanted) == (1, 5)
        found._obj.value = None if self.status else ctypes.addressof(self.buffer)
        return self.status

    def GetSecurityDescriptorLength(self, descriptor):  # noqa: N802
        return len(self.buffer)

    def LocalFree(self, memory):  # noqa: N802
        self.freed.append(memory.value)

    def SHGetKnownFolderPath(self, folder, flags, token, found):  # noqa: N802
        assert bytes(folder._obj) == bytes.fromhex("b6635e90bfc14e49b29c65b732d3d21a")
        found._obj.value = ctypes.addressof(self.path)
        return 0

    def CoTaskMemFree(self, memory):  # noqa: N802
        self.freed.append(memory.value)


def on_windows(doubles):
    library = Library(doubles)
    return (
        patch.object(ctypes, "WinDLL", lambda _name, use_last_error: library, create=True),
        patch.object(ctypes, "WinError", windows_error, create=True),
        imported("win32", "nexkit.platform.windows_managed"),
    )


def test_windows_is_asked_for_the_list_of_a_file():
    doubles = WindowsDoubles()
    one, two, three = on_windows(doubles)
    with one, two, three as module:
        assert module.others_may_change(Path("C:/f")) is False
        assert str(module.program_files()) == "C:\\Program Files"
    assert doubles.freed == [ctypes.addressof(doubles.buffer), ctypes.addressof(doubles.path)]


def test_what_windows_does_not_tell_is_not_trusted():
    one, two, three = on_windows(WindowsDoubles(b"\x01"))
    with one, two, three as module:
        assert module.others_may_change(Path("C:/f")) is True
    one, two, three = on_windows(WindowsDoubles(status=5))
    with one, two, three as module, pytest.raises(PermissionError):
        module.others_may_change(Path("C:/f"))


@pytest.mark.posix("names of files are bytes")
def test_macos_is_asked_for_the_list_of_a_file():
    text = ctypes.create_string_buffer(b"!#acl 1\ngroup:ABCDEFAB-CDEF-ABCD-EFAB-CDEF00000014:staff:20:allow:write\n")
    answers = SimpleNamespace(found=1, freed=[])

    class Doubles:
        def acl_get_link_np(self, path, kind):
            assert (path, kind) == (b"/f", 0x100)
            return answers.found

        def acl_to_text(self, acl, length):
            return ctypes.addressof(text)

        def acl_free(self, memory):
            answers.freed.append(memory)

    class Call:
        def __init__(self, function):
            self.function = function

        def __call__(self, *arguments):
            return self.function(*arguments)

    doubles = Doubles()
    library = SimpleNamespace(
        **{name: Call(getattr(doubles, name)) for name in ("acl_get_link_np", "acl_to_text", "acl_free")}
    )
    codes = iter([2, 13])
    with (
        patch.object(ctypes, "CDLL", lambda *_a, **_k: library),
        patch.object(ctypes, "get_errno", lambda: next(codes)),
        imported("darwin", "nexkit.platform.macos_acl") as module,
    ):
        assert module.others_may_change(Path("/f")) is True
        assert len(answers.freed) == 2
        answers.found = 0
        assert module.others_may_change(Path("/f")) is False
        with pytest.raises(PermissionError):
            module.others_may_change(Path("/f"))
