"""One window for each user and folder: a second start shows the first window instead of opening another.

Who is first is decided by a lock in the user's own folder, which no other user can take and which the system's list of
processes tells to be stale. The first one listens where only the same user may write (a socket of mode 0600, a pipe
for that user), under a name nobody can guess beforehand, kept beside the lock. All that a peer can do there is to have
the window shown.
"""

import os
import re
from contextlib import suppress
from enum import Enum
from pathlib import Path
from secrets import token_hex

from PySide6.QtCore import QCoreApplication, QLockFile, QObject, QSysInfo, Signal, Slot
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from nexkit.platform.foreground import hand_on_foreground
from nexkit.platform.owner import data_folder
from report.files import write_whole

_LOCK, _NAME = "window.lock", "window.name"
_NAMES = re.compile(r"nexkit-[0-9a-f]{16}")
_PROFILE = re.compile(rb"[0-9a-f]{64}\n")
_ANSWER_MS = 1000
"""A window that does not answer for so long is stuck: whoever needs help now gets another one."""
_MAX_PEERS = 4


class Start(Enum):
    """What a start is beside others."""

    FIRST = "first"
    """Nobody else is there, or nobody who answers."""
    SHOWN = "shown"
    """The window that was open is in front now."""
    OTHER_PROFILE = "other_profile"
    """It is in front now, and it is about another profile than was asked for."""


class SingleWindow(QObject):
    """Takes the place of the one window, or has that one shown. Keep it as long as the window."""

    wanted = Signal()
    """Another start wants the window to be seen."""

    def __init__(self, profile_sha256: str, folder: Path | None = None) -> None:
        super().__init__()
        self._profile = profile_sha256
        self._lock: QLockFile | None = None
        self._server: QLocalServer | None = None
        self._folder = folder
        self._name: Path | None = None

    def begin(self) -> Start:
        """Take the place, or tell the one who has it; without a folder to write to, every start is the first."""
        try:
            folder = self._folder or data_folder()
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError:
            return Start.FIRST
        lock = QLockFile(str(folder / _LOCK))
        lock.setStaleLockTime(0)  # a window may stay open for days; that its process has ended is seen all the same
        if lock.tryLock(0) or (_is_left_behind(lock) and lock.tryLock(0)):
            self._lock, self._name = lock, folder / _NAME
            self._listen()
            return Start.FIRST
        if lock.error() is not QLockFile.LockError.LockFailedError:
            return Start.FIRST  # a folder that cannot be written to
        return self._call(folder) or Start.FIRST

    def end(self) -> None:
        """Leave the place to others."""
        self._forget_name()
        if self._server is not None:
            self._server.close()
        if self._lock is not None:
            self._lock.unlock()

    def _forget_name(self) -> None:
        """A name that nobody of ours answers to any more is one that others know by now."""
        if self._name is not None:
            with suppress(OSError):
                self._name.unlink()

    def _listen(self) -> None:
        assert self._name is not None  # noqa: S101  the place is taken
        self._forget_name()
        server = QLocalServer(self)
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        server.setMaxPendingConnections(_MAX_PEERS)
        name = f"nexkit-{token_hex(8)}"
        if not server.listen(name):
            return
        server.newConnection.connect(self._peer_came)
        self._server = server
        with suppress(OSError):
            write_whole(self._name, name.encode(), mode=0o600)

    def _call(self, folder: Path) -> Start | None:
        """What the window that is open says; None where it says nothing."""
        try:
            with (folder / _NAME).open("rb") as file:
                name = file.read(100).decode("ascii", "replace")
        except OSError:
            return None
        if not _NAMES.fullmatch(name):
            return None
        socket = QLocalSocket()
        socket.connectToServer(name)
        if not socket.waitForConnected(_ANSWER_MS) or not _is_ours(socket):
            return None
        hand_on_foreground()
        socket.write(self._profile.encode() + b"\n")
        said = b""
        while not said.endswith(b"\n") and len(said) < len(Start.OTHER_PROFILE.value) + 1:
            if not socket.waitForReadyRead(_ANSWER_MS):
                return None
            said += bytes(socket.readAll().data())
        answers = {b"shown\n": Start.SHOWN, b"other_profile\n": Start.OTHER_PROFILE}
        return answers.get(said)

    @Slot()
    def _peer_came(self) -> None:
        assert self._server is not None  # noqa: S101  it is the one who calls
        while (peer := self._server.nextPendingConnection()) is not None:
            if len(self._server.findChildren(QLocalSocket)) > _MAX_PEERS:
                peer.abort()
                peer.deleteLater()
                continue
            peer.readyRead.connect(self._peer_spoke)
            peer.disconnected.connect(peer.deleteLater)
            self._hear(peer)  # it may have spoken before

    @Slot()
    def _peer_spoke(self) -> None:
        peer = self.sender()
        if isinstance(peer, QLocalSocket):
            self._hear(peer)

    def _hear(self, peer: QLocalSocket) -> None:
        if peer.bytesAvailable() < len(self._profile) + 1:
            return
        said = bytes(peer.read(len(self._profile) + 1).data())
        if _PROFILE.fullmatch(said):
            same = said == self._profile.encode() + b"\n"
            peer.write(f"{(Start.SHOWN if same else Start.OTHER_PROFILE).value}\n".encode())
            peer.flush()
            self.wanted.emit()
        peer.disconnectFromServer()


def _is_left_behind(lock: QLockFile) -> bool:
    """Whether a program that was killed had the number that this one has now; then its lock is taken away.

    Windows gives numbers anew, so that the lock seems to be that of a program which is running: of this one.
    """
    number, computer, _program = lock.getLockInfo()
    # A home folder may be shared: there the number is of a program on another computer. Windows spells its name both
    # in capitals and in small letters.
    ours = QSysInfo.machineHostName().casefold()
    if (number, computer.casefold()) != (QCoreApplication.applicationPid(), ours):
        return False
    try:
        Path(lock.fileName()).unlink()
    except OSError:  # it is held after all
        return False
    return True


def _is_ours(socket: QLocalSocket) -> bool:
    """Whether this user listens there: anybody may put a socket into a folder for temporary files.

    A pipe of Windows has no owner that could be asked for here; its name is in a folder that is this user's alone.
    """
    try:
        return not hasattr(os, "geteuid") or os.lstat(socket.fullServerName()).st_uid == os.geteuid()
    except OSError:
        return False
