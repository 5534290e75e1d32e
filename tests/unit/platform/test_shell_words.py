"""Command lines to paste: for shells of POSIX, for cmd and for PowerShell."""

import shlex
import sys

import pytest

from nexkit.platform.shell_words import shell_line, windows_line

LINES = [
    (["nexkit", "probe", "run", "ping", "2001:db8::1"], "nexkit probe run ping 2001:db8::1"),
    (["count=5", "tcp_ports=53,443"], 'count=5 "tcp_ports=53,443"'),
    (["fe80::1%12"], '"fe80::1%12"'),
    ([""], '""'),
    (["a name"], '"a name"'),
    (["名前"], '"名前"'),
    (["a&calc|more>file"], '"a&calc|more>file"'),
    (['a" & calc & "b'], '"a"" & calc & ""b"'),
    (["C:\\folder\\"], '"C:\\folder\\\\"'),
    (['x\\"y'], '"x\\\\""y"'),
    (["$(calc)`n"], '"`$(calc)``n"'),
    (["a\N{RIGHT DOUBLE QUOTATION MARK}; calc"], '"a`\N{RIGHT DOUBLE QUOTATION MARK}; calc"'),
]


@pytest.mark.parametrize(("words", "line"), LINES)
def test_windows_words_are_quoted_for_both_of_its_shells(words, line):
    assert windows_line(words) == line


@pytest.mark.parametrize("words", [words for words, _line in LINES])
def test_cmd_finds_nothing_outside_quotes_that_it_would_act_on(words):
    inside = False
    for character in windows_line(words):
        inside ^= character == '"'
        assert inside or character not in "&|<>^();"


def test_the_system_decides_which_shell_is_meant(monkeypatch):
    words = ["nexkit", "it's", "a,b"]
    monkeypatch.setattr(sys, "platform", "win32")
    assert shell_line(words) == windows_line(words)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert shlex.split(shell_line(words)) == words
