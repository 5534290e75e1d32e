"""The only place that opens anything outside: a report's folder, the profile's own support, the system's settings.

Nothing that a network, a report or a page says gets here. Of the profile it is the address of the support desk alone,
and only as a web page or as a mail; what the system does with other kinds of addresses is nobody's to choose.
"""

import re
from pathlib import Path
from urllib.parse import quote

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices

from nexkit.platform.program_environment import program_environment
from nexkit.platform.reveal import reveal
from nexkit.platform.settings import SettingAddress, SettingProgram, SystemSetting, before_opening, setting_way
from nexkit.profile import Support
from ui.gui.run_thread import Threads

_LONGEST_MAIL = 1800
"""Characters; Windows and some mail programs cut or refuse addresses of 2,048 and more."""
_LONGEST_PAGE = 2048
_LONGEST_SUBJECT = 60
"""Characters; a Japanese one takes nine in an address, and the body wants room too."""
_MAIL_ADDRESS = re.compile(r"[A-Za-z0-9.!#$*+/=^_~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
"""One address, of characters that stand for themselves: no second one, no header, nothing to be decoded."""


def open_folder(folder: Path) -> bool:
    """Show a folder of this computer; whether the system took it."""
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


class FileShower(QObject):
    """Shows a file in its folder, with the mark on it where the system can do that; else the folder alone."""

    gone = Signal(object)
    """The file is not there any more."""

    def __init__(self, threads: Threads, parent: QObject) -> None:
        super().__init__(parent)
        self._threads = threads

    def show(self, file: Path) -> None:
        """Ask the file manager, beside the window."""
        self._threads.start(lambda: (file, file.is_file(), file.is_file() and reveal(file)), self._asked, self._failed)

    @Slot(object)
    def _asked(self, answer: tuple[Path, bool, bool]) -> None:
        file, is_there, is_shown = answer
        if not is_there:
            self.gone.emit(file)
        elif not is_shown:
            open_folder(file.parent)

    @Slot(object)
    def _failed(self, error: object) -> None:
        self.gone.emit(error)


def support_page(support: Support) -> QUrl | None:
    """The web page of the support desk; None where the profile names none that is one."""
    if not support.url or len(support.url) > _LONGEST_PAGE or not support.url.isprintable():
        return None
    url = QUrl(support.url, QUrl.ParsingMode.StrictMode)
    return url if url.isValid() and url.scheme() in {"https", "http"} and url.host() and not url.userInfo() else None


def open_support_page(support: Support) -> bool:
    """Open the web page of the support desk; whether there is one and the system took it."""
    url = support_page(support)
    return url is not None and QDesktopServices.openUrl(url)


def mail_draft(support: Support, subject: str, body: str) -> QUrl | None:
    """A mail to the support desk, to be sent by the user; None where the profile names no address that is one.

    One address, one subject and a body (RFC 6068): whatever the texts hold, no further header comes of them. Of the
    body there is as much, in whole lines, as every system passes on: in Japanese some 150 characters.
    """
    if not _MAIL_ADDRESS.fullmatch(support.email or ""):
        return None
    head = _head(support, subject)
    lines = body.splitlines()
    while lines and len(head + _in_mail(lines)) > _LONGEST_MAIL:
        lines.pop()
    return QUrl(head + _in_mail(lines), QUrl.ParsingMode.StrictMode)


def mail_holds(support: Support, subject: str, body: str) -> bool:
    """Whether a mail draft has all of the body."""
    return len(_head(support, subject) + _in_mail(body.splitlines())) <= _LONGEST_MAIL


def _head(support: Support, subject: str) -> str:
    one_line = " ".join(subject.split())[:_LONGEST_SUBJECT]
    return f"mailto:{quote(support.email, safe='@')}?subject={quote(one_line)}&body="


def _in_mail(lines: list[str]) -> str:
    """Lines as RFC 6068 wants them in an address."""
    return quote("\r\n".join(lines))


def open_mail_draft(support: Support, subject: str, body: str) -> bool:
    """Open a mail draft in the user's own mail program; whether there is an address and the system took it."""
    url = mail_draft(support, subject, body)
    return url is not None and QDesktopServices.openUrl(url)


def can_open_setting(setting: SystemSetting) -> bool:
    """Whether this system has a page of settings of this kind that can be opened from here."""
    return setting_way(setting) is not None


def open_setting(setting: SystemSetting) -> bool:
    """Show a page of this system's settings; whether the system took it. All words in it are ours."""
    before_opening(setting)
    match setting_way(setting):
        case SettingAddress(url):
            return QDesktopServices.openUrl(QUrl(url))
        case SettingProgram(path, arguments):
            environment = QProcessEnvironment()
            for name, value in program_environment().items():
                environment.insert(name, value)
            process = QProcess()
            process.setProgram(path)
            process.setArguments(arguments)
            process.setProcessEnvironment(environment)
            return bool(process.startDetached())
        case None:
            return False
