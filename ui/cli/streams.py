"""What every command writes: a line of progress on stderr, JSON on stdout or into a file. Light to import."""

import codecs
import contextlib
import errno
import io
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from nexkit.platform.console import obeys_escapes, pipe_encoding
from nexkit.texts import Texts
from report.files import write_whole
from report.plain import document_text
from report.visible import json_text, visible

_PLAIN = dict(
    zip(
        "\u2018\u2019\u201c\u201d\u2013\u2014\u2212\u2026\u00d7\u2022\u2192",
        ["'", "'", '"', '"', "-", "-", "-", "...", "x", "*", "->"],
        strict=True,
    )
)
"""What is written in place of a mark that an encoding lacks; any other character becomes a question mark."""


def _plainer(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_PLAIN.get(character, "?") for character in error.object[error.start : error.end]), error.end


codecs.register_error("nexkit.plainer", _plainer)


@contextlib.contextmanager
def _gone_readers() -> Iterator[None]:
    """Within it, a pipe that nobody reads any more is a BrokenPipeError on Windows too, whose C library says EINVAL."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE)) from None


class HarmlessStream(io.TextIOBase):
    r"""A stream on which nothing can be written that drives a terminal: names and texts of strangers come this way.

    Control characters, bidi overrides and the like are written as `\uXXXX`. What this program itself has to say to the
    terminal goes to `plain`.
    """

    def __init__(self, plain: TextIO) -> None:
        self.plain = plain

    def write(self, text: str, /) -> int:
        """Write the text, with nothing invisible in it but line ends."""
        with _gone_readers():
            self.plain.write(visible(text, limit=None, keep="\n"))
        return len(text)

    def __del__(self) -> None:
        """Nothing: a stream flushes itself when it is no longer needed, but what is written here is the owner's."""

    def flush(self) -> None:
        """As the stream does."""
        with _gone_readers():
            self.plain.flush()

    def isatty(self) -> bool:
        """As the stream says."""
        return self.plain.isatty()

    def fileno(self) -> int:
        """As the stream says."""
        return self.plain.fileno()

    def writable(self) -> bool:
        """Always."""
        return True

    @property
    def encoding(self) -> str:  # type: ignore[override]  # read-only there and here
        """As the stream says."""
        return self.plain.encoding


@contextlib.contextmanager
def harmless_streams() -> Iterator[None]:
    """Within it, what is written to standard output and error is harmless to a terminal, and can always be written."""
    before = sys.stdout, sys.stderr
    wrappers = [stream for stream in before if isinstance(stream, io.TextIOWrapper)]
    settings = [(stream.encoding, stream.errors) for stream in wrappers]
    for stream in wrappers:
        stream.reconfigure(encoding=None if stream.isatty() else pipe_encoding(), errors="nexkit.plainer")
    # A windowed program on Windows has no streams.
    sys.stdout, sys.stderr = (stream and HarmlessStream(stream) for stream in before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
        for stream, (encoding, errors) in zip(wrappers, settings, strict=True):
            if not stream.closed:
                with _gone_readers():  # what was not written yet is, before anything else
                    stream.reconfigure(encoding=encoding, errors=errors)


def plain_stream(stream: TextIO) -> TextIO:
    """The stream itself, for what this program has to say to the terminal."""
    return stream.plain if isinstance(stream, HarmlessStream) else stream


def is_terminal() -> bool:
    """Whether somebody can read a question and answer it."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


class StatusLine:
    """One line on a terminal that is rewritten; silent where stderr is no terminal."""

    def __init__(self) -> None:
        self._visible = obeys_escapes(sys.stderr)

    def show(self, line: str) -> None:
        """Write the line in place of the one before."""
        if self._visible:
            self._write(f"\r\x1b[K{line}")

    def clear(self) -> None:
        """Take the line away."""
        if self._visible:
            self._write("\r\x1b[K")

    @staticmethod
    def _write(text: str) -> None:
        stream = plain_stream(sys.stderr)
        stream.write(text)
        stream.flush()


class ProgressLine:
    """How far a measurement is, on such a line."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._line = StatusLine()
        self._began = time.monotonic()

    def show(self, done: int, planned: int) -> None:
        """Write how much is done."""
        self._line.show(
            self._texts.gettext("Measuring: {done} of {planned} done, {seconds:.0f} s").format(
                done=done, planned=planned, seconds=time.monotonic() - self._began
            )
        )

    def clear(self) -> None:
        """Take the line away."""
        self._line.clear()


def write_json(document: Any, place: str) -> None:  # noqa: ANN401  any JSON value
    r"""Write a JSON document to a file, whole or not at all, or to standard output where the place is `-`.

    It is UTF-8 everywhere (RFC 8259): where standard output is not, what is not ASCII stands as `\uXXXX`.
    """
    text = document_text(document)
    if place == "-":
        utf_8 = codecs.lookup(sys.stdout.encoding).name == "utf-8"
        sys.stdout.write(json_text(text) if utf_8 else json.dumps(document, indent=1, allow_nan=False) + "\n")
        sys.stdout.flush()
    else:
        write_whole(Path(place), text.encode())
