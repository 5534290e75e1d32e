"""Japanese breaks where it may, and leaves no letter or two alone on the last line."""

import pytest
from PySide6.QtGui import QFontDatabase, QFontMetrics
from PySide6.QtWidgets import QApplication

from ui.gui.app import dress
from ui.gui.pages.base import _lines, leftover_indent, plain_label

SENTENCE = "数分待ってから、もう一度試してください。障害はお手元にはありません。"


@pytest.fixture
def font(qapp: QApplication):
    if not QFontDatabase.families(QFontDatabase.WritingSystem.Japanese):
        pytest.skip("no Japanese font on this computer: install fonts-noto-cjk")
    dress(qapp, "ja")
    yield qapp.font()
    dress(qapp, "en")


def width_with_leftover(font):
    letter = QFontMetrics(font).horizontalAdvance("あ")
    return next(width for width in range(letter * 40, letter * 10, -1) if _lines(SENTENCE, font, width) == (2, 2))


def test_the_last_line_is_more_than_a_leftover(qtbot, font):
    width = width_with_leftover(font)
    label = plain_label(SENTENCE)
    qtbot.addWidget(label)
    label.resize(width, 200)
    label.show()
    qtbot.waitExposed(label)
    assert label.text() == SENTENCE
    indent = label.contentsMargins().right()
    assert indent > 0
    assert _lines(SENTENCE, font, width - indent)[1] > 3
    assert _lines(SENTENCE, font, width - indent)[0] == 2
    label.resize(width * 2, 200)
    qtbot.waitUntil(lambda: label.contentsMargins().right() == 0)


def test_other_texts_are_left_alone(font):
    assert leftover_indent("Wait a few minutes, then try it once again.", font, 60) == 0
    assert leftover_indent("待つ。", font, 400) == 0


def test_no_line_begins_with_a_full_stop_or_a_small_letter(font):
    """Kinsoku, as Qt does it (UAX 14)."""
    from PySide6.QtGui import QTextLayout

    text = "ルーターを再起動してください。「はい」を押し、ちょっと待ってください。" * 3
    for width in range(80, 400, 7):
        layout = QTextLayout(text, font)
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(width)
        layout.endLayout()
        begins = {text[layout.lineAt(number).textStart()] for number in range(layout.lineCount())}
        assert not begins & set("。、」ー")
