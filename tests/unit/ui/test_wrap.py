"""Lines on a terminal: as wide as it is, with hanging indents, and as Japanese is set."""

import io
import os

import pytest

from ui.cli import wrap
from ui.cli.wrap import say, width, wrapped

JAPANESE = (
    "このパソコンとルーターの間で、テスト用パケット（小さなもの）が失われています。「もう一度」と言われたら、待ちます。"  # noqa: RUF001  full width
)


def test_words_stay_whole_and_nothing_is_lost():
    text = "Move closer to the router, or move what stands between you and it."
    lines = wrapped(text, 20).split("\n")
    assert all(len(line) <= 20 for line in lines)
    assert " ".join(lines) == text


def test_lines_of_a_list_hang_behind_their_mark():
    assert wrapped("  1. one two three four", 14) == "  1. one two\n     three\n     four"
    assert wrapped("    - one two three", 12) == "    - one\n      two\n      three"
    assert wrapped("  [X] one two three", 12) == "  [X] one\n      two\n      three"
    assert wrapped("    one two three", 12) == "    one two\n    three"


def test_each_line_is_wrapped_by_itself():
    assert wrapped("one two\n\nthree", 5) == "one\ntwo\n\nthree"


def test_a_word_that_is_too_long_stays_whole():
    assert wrapped("see 0123456789abcdef here", 8) == "see\n0123456789abcdef\nhere"


@pytest.mark.parametrize("columns", range(8, 60))
def test_japanese_is_broken_between_characters_but_not_at_punctuation(columns):
    lines = wrapped(JAPANESE, columns).split("\n")
    assert "".join(lines) == JAPANESE
    for line in lines:
        assert width(line) <= columns
        assert line[0] not in "、。）」ーっ"  # noqa: RUF001  full width
        assert line[-1] not in "（「"  # noqa: RUF001  full width
    assert all(width(line) > columns - 8 for line in lines[:-1])


def test_wide_characters_take_two_columns():
    assert width("Wi-Fi を切る") == 6 + 6
    assert width("か\u3099") == 2
    assert wrapped("あいう", 6) == "あいう"
    assert wrapped("あいう", 5) == "あい\nう"


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_only_a_terminal_gets_wrapped_lines_and_none_wider_than_a_hundred_columns(monkeypatch):
    text = "word " * 50 + "end"
    for columns, widest in ((40, 40), (300, 100)):
        monkeypatch.setattr(wrap.shutil, "get_terminal_size", lambda columns=columns: os.terminal_size((columns, 24)))
        seen = Terminal()
        say(text, seen)
        assert widest - 5 <= max(map(len, seen.getvalue().split("\n"))) <= widest
    piped = io.StringIO()
    say(text, piped)
    assert piped.getvalue() == text + "\n"
