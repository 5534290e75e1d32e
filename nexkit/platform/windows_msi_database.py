"""Windows: tables of an MSI, by the functions of Windows Installer (msi.dll)."""

import ctypes
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from nexkit.platform.msi_database import MsiChange, MsiError, Row

assert sys.platform == "win32"  # noqa: S101  mypy reads this file for Windows alone

_READ_ONLY = 0
_TRANSACTED = 1
_NO_MORE_ITEMS = 259
_MORE_DATA = 234
_COLUMN_NAMES = 0
_SUBJECT = 3
_PACKAGE_CODE = 9
_STRING = 30
"""VT_LPSTR"""
_Handle = ctypes.c_uint32


class _Installer:
    """msi.dll with the errors of its functions raised; handles are numbers of 32 bits."""

    def __init__(self) -> None:
        self._library = ctypes.WinDLL("msi.dll")

    def call(self, name: str, *arguments: object) -> None:
        """Call a function that gives an error code; MsiError."""
        if code := self.code(name, *arguments):
            raise MsiError(f"{name}: {ctypes.FormatError(code).strip()} ({code})")

    def code(self, name: str, *arguments: object) -> int:
        """Call a function; its error code."""
        function = getattr(self._library, name)
        function.restype = ctypes.c_uint32
        return int(function(*arguments))

    @contextmanager
    def handle(self, name: str, *arguments: object) -> Iterator[_Handle]:
        """What a function opens, closed at the end; MsiError."""
        handle = _Handle()
        self.call(name, *arguments, ctypes.byref(handle))
        try:
            yield handle
        finally:
            self.code("MsiCloseHandle", handle)

    @contextmanager
    def record(self, fields: int) -> Iterator[_Handle]:
        """An empty record."""
        handle = _Handle(self.code("MsiCreateRecord", fields))
        try:
            yield handle
        finally:
            self.code("MsiCloseHandle", handle)

    def strings(self, record: _Handle) -> list[str]:
        """All fields of a record, as text."""
        return [self._string(record, number + 1) for number in range(self.code("MsiRecordGetFieldCount", record))]

    def _string(self, record: _Handle, number: int) -> str:
        size = ctypes.c_uint32(0)
        text = ctypes.create_unicode_buffer(1)
        if self.code("MsiRecordGetStringW", record, number, text, ctypes.byref(size)) == _MORE_DATA:
            size.value += 1
            text = ctypes.create_unicode_buffer(size.value)
            self.call("MsiRecordGetStringW", record, number, text, ctypes.byref(size))
        return text.value

    def execute(self, database: _Handle, statement: str, record: _Handle | None = None) -> None:
        """Execute a statement that gives no rows; MsiError."""
        with self.handle("MsiDatabaseOpenViewW", database, ctypes.c_wchar_p(statement)) as view:
            self.call("MsiViewExecute", view, record or _Handle(0))
            self.call("MsiViewClose", view)

    def rows(self, database: _Handle, statement: str) -> list[Row]:
        """The rows of a query; MsiError."""
        found: list[Row] = []
        with self.handle("MsiDatabaseOpenViewW", database, ctypes.c_wchar_p(statement)) as view:
            self.call("MsiViewExecute", view, _Handle(0))
            with self.handle("MsiViewGetColumnInfo", view, _COLUMN_NAMES) as record:
                columns = self.strings(record)
            while True:
                row = _Handle()
                code = self.code("MsiViewFetch", view, ctypes.byref(row))
                if code == _NO_MORE_ITEMS:
                    return found
                if code:
                    raise MsiError(f"MsiViewFetch: {ctypes.FormatError(code).strip()} ({code})")
                try:
                    found.append(dict(zip(columns, self.strings(row), strict=True)))
                finally:
                    self.code("MsiCloseHandle", row)


def tables(file: Path, names: Sequence[str]) -> dict[str, list[Row]]:
    """The rows of these tables, [] of one that is not there; MsiError."""
    installer = _Installer()
    with _open(installer, file, _READ_ONLY) as database:
        there = {row["Name"] for row in installer.rows(database, "SELECT `Name` FROM `_Tables`")}
        return {
            name: installer.rows(database, f"SELECT * FROM `{name}`") if name in there else []  # noqa: S608  our names
            for name in names
        }


def change_database(file: Path, wanted: MsiChange, codepage: Path, streams: Mapping[str, Path]) -> None:
    """Make the change; the code page stands in a text archive, the streams in files; MsiError."""
    installer = _Installer()
    with _open(installer, file, _TRANSACTED) as database:
        folder, name = ctypes.c_wchar_p(str(codepage.parent)), ctypes.c_wchar_p(codepage.name)
        installer.call("MsiDatabaseImportW", database, folder, name)
        for statement in wanted.statements:
            installer.execute(database, statement)
        for stream, source in streams.items():
            with installer.record(2) as record:
                installer.call("MsiRecordSetStringW", record, 1, ctypes.c_wchar_p(stream))
                installer.call("MsiRecordSetStreamW", record, 2, ctypes.c_wchar_p(str(source)))
                installer.execute(database, "INSERT INTO `_Streams` (`Name`, `Data`) VALUES (?, ?)", record)
        _summarise(installer, database, wanted)
        installer.call("MsiDatabaseCommit", database)


def _open(installer: _Installer, file: Path, mode: int) -> AbstractContextManager[_Handle]:
    # The mode is a number in the place of a pointer to a text.
    return installer.handle("MsiOpenDatabaseW", ctypes.c_wchar_p(str(file)), ctypes.c_void_p(mode))


def _summarise(installer: _Installer, database: _Handle, wanted: MsiChange) -> None:
    properties = {_SUBJECT: wanted.subject, _PACKAGE_CODE: wanted.package_code}
    with installer.handle("MsiGetSummaryInformationW", database, None, len(properties)) as summary:
        for number, text in properties.items():
            value = ctypes.c_wchar_p(text)
            installer.call("MsiSummaryInfoSetPropertyW", summary, number, _STRING, 0, None, value)
        installer.call("MsiSummaryInfoPersist", summary)
