"""What all pages share: a title, a calm column of content that scrolls, cards, folding details."""

import re
from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize, Qt, Signal, SignalInstance, Slot
from PySide6.QtGui import QAccessible, QFont, QFontMetrics, QResizeEvent, QTextLayout, QTextOption
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QGridLayout,
    QLabel,
    QLayout,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nexkit.texts import Texts
from report.visible import IN_SENTENCES, visible
from ui.gui.accessible import announce, read_as
from ui.gui.theme import current_theme, mark_main

_LEFTOVER = 3
"""Letters; with a full stop these are two of a word."""
_JAPANESE_END = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff][\u3002\uff09\u300d]?$")
_COLUMN_EM = 50
"""Width of the content: lines longer than this tire the eye."""
_MOST_FOOT = 0.36
"""Of the height of a page: with large letters on a small screen the foot would leave nothing to read."""


class PlainLabel(QLabel):
    """A label that shows its text as it is: nothing in it can be a link or a tag, and nothing stays invisible."""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show the text; news is read out as well."""
        shown = visible(text, limit=None, keep=IN_SENTENCES)
        is_news = shown != self.text() and (self.property("news") or self.property("role") == "problem")
        super().setText(shown)
        if is_news:
            announce(self, shown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break the lines so that the last one is more than a leftover: Japanese may break before its last letter."""
        super().resizeEvent(event)
        indent = leftover_indent(self.text(), self.font(), self.width()) if self.wordWrap() else 0
        if indent != self.contentsMargins().right():
            self.setContentsMargins(0, 0, indent, 0)


def leftover_indent(text: str, font: QFont, width: int) -> int:
    """How much narrower lines have to be so that the last one is no leftover of one to three letters, in pixels.

    0 where nothing is to be mended, or where it would cost a line more.
    """
    if not _JAPANESE_END.search(text) or "\n" in text:
        return 0
    lines, last = _lines(text, font, width)
    if lines < 2 or last > _LEFTOVER:  # noqa: PLR2004  one line has nothing left over
        return 0
    letter = QFontMetrics(font).horizontalAdvance("あ")
    for letters in range(1, 5):
        more_lines, more_last = _lines(text, font, width - letters * letter)
        if more_lines == lines and more_last > _LEFTOVER:
            return letters * letter
    return 0


def _lines(text: str, font: QFont, width: int) -> tuple[int, int]:
    """How many lines the text takes, and the letters of the last one."""
    layout = QTextLayout(text, font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WordWrap)
    layout.setTextOption(option)
    layout.beginLayout()
    while (line := layout.createLine()).isValid():
        line.setLineWidth(max(width, 1))
    layout.endLayout()
    count = layout.lineCount()
    return count, layout.lineAt(count - 1).textLength() if count else 0


def plain_label(text: str, role: str = "", name: str = "") -> QLabel:
    """A label that wraps and shows its text as it is."""
    label = PlainLabel(text)
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
    label.setObjectName(name)
    if role:
        label.setProperty("role", role)
    if role in {"title", "heading"}:
        read_as(label, QAccessible.Role.Heading)
    policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
    policy.setHeightForWidth(True)
    label.setSizePolicy(policy)
    return label


def buddy_label(name: str, words: str, field: QWidget) -> QLabel:
    """The label of a field, bound to it for mnemonic and screen reader; the field gets its name."""
    label = QLabel(words)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setBuddy(field)
    field.setObjectName(name)
    field.setAccessibleName(words.replace("&", ""))
    return label


def selectable_label(text: str, name: str = "", role: str = "") -> QLabel:
    """A label of which words can be marked with the mouse, to copy them."""
    label = plain_label(text, role, name)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def news(label: QLabel) -> QLabel:
    """The label, whose changes are read out by screen readers: what came of something, never what ticks."""
    label.setProperty("news", True)
    return label


def card() -> tuple[QFrame, QVBoxLayout]:
    """A framed part of a page and its layout."""
    em = round(current_theme().em)
    frame = QFrame()
    frame.setProperty("role", "card")
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(em, em, em, em)
    layout.setSpacing(em // 2)
    return frame, layout


def push_button(
    name: str, words: str, pressed: Callable[[], None] | SignalInstance, *, is_main: bool = False
) -> QPushButton:
    """A button; `is_main`: the one to press next."""
    button = QPushButton(words)
    button.setObjectName(name)
    button.clicked.connect(pressed)
    mark_main(button, is_main)
    return button


def empty(layout: QLayout) -> None:
    """Take all widgets of a layout away, out of sight at once.

    They keep their parent until Qt deletes them: without one they would be Python's, which deletes them on the spot,
    also one whose button is being pressed.
    """
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.setObjectName("")
            widget.deleteLater()


def rule() -> QFrame:
    """A thin line between two parts."""
    line = QFrame()
    line.setProperty("role", "rule")
    line.setFixedHeight(1)
    return line


class Disclosure(QWidget):
    """Details that unfold on demand."""

    def __init__(self, name: str, title: str, content: QWidget) -> None:
        super().__init__()
        self.button = QToolButton()
        self.button.setObjectName(name)
        self.button.setAccessibleName(title.replace("&", ""))
        self.button.setText(title)
        self.button.setCheckable(True)
        self.button.setArrowType(Qt.ArrowType.RightArrow)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        # Its own hint is too narrow for large Japanese letters, of which it then leaves some out.
        em = current_theme().em
        self.button.setMinimumWidth(round(self.button.fontMetrics().horizontalAdvance(title) + em * 2))
        self._content = content
        content.setVisible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.button)
        layout.addWidget(content)
        self.button.toggled.connect(self._unfold)

    def _unfold(self, unfolded: bool) -> None:
        self.button.setArrowType(Qt.ArrowType.DownArrow if unfolded else Qt.ArrowType.RightArrow)
        self._content.setVisible(unfolded)


class CardGrid(QWidget):
    """Children side by side where there is room, else one below the other."""

    def __init__(self, columns: int, least_em: float, *, widen_last: bool = True, gap_em: float = 0.6) -> None:
        """`widen_last`: the last child takes what is left of its row."""
        super().__init__()
        self._widen_last = widen_last
        self._most = columns
        self._least_em = least_em
        self._children: list[QWidget] = []
        self._columns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(round(current_theme().em * 0.6))
        self._grid.setHorizontalSpacing(round(current_theme().em * gap_em))

    def add(self, child: QWidget) -> None:
        """One more child, last in order."""
        self._children.append(child)
        self._arrange(self._columns or self._most)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many columns as fit."""
        super().resizeEvent(event)
        gap = self._grid.horizontalSpacing()
        by_words = (self.width() + gap) // (self._widest() + gap)
        by_calm = int(self.width() / (current_theme().em * self._least_em))
        columns = max(1, min(self._most, by_words, by_calm))
        if columns != self._columns:
            self._arrange(columns)

    def minimumSizeHint(self) -> QSize:
        """As narrow as the children one below the other."""
        return QSize(self._widest(), super().minimumSizeHint().height())

    def _widest(self) -> int:
        """What the child with the longest words needs, in pixels."""
        return max((child.minimumSizeHint().width() for child in self._children), default=0)

    def _arrange(self, columns: int) -> None:
        self._columns = columns
        for index, child in enumerate(self._children):
            last = self._widen_last and index + 1 == len(self._children)
            self._grid.addWidget(child, index // columns, index % columns, 1, columns - index % columns if last else 1)
        for column in range(self._most):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)


class TurningBox(QWidget):
    """Two parts side by side, or one below the other in a narrow window."""

    def __init__(self, first: QWidget, second: QWidget, least_em: float, *, fill: bool = True) -> None:
        super().__init__()
        self._least_em = least_em
        self._parts = (first, second)
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(round(current_theme().em * 0.8))
        for part in self._parts:
            if fill:
                self._box.addWidget(part, 1)
            else:
                self._box.addWidget(part, 0, Qt.AlignmentFlag.AlignLeft)
        if not fill:
            self._box.addStretch(1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Turn."""
        super().resizeEvent(event)
        beside = sum(part.minimumSizeHint().width() for part in self._parts) + self._box.spacing()
        wide = self.width() >= max(beside, current_theme().em * self._least_em)
        self._box.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)

    def minimumSizeHint(self) -> QSize:
        """As narrow as the wider part."""
        widest = max(part.minimumSizeHint().width() for part in self._parts)
        return QSize(widest, super().minimumSizeHint().height())


def _one_beside_is_chosen(answer: QRadioButton) -> bool:
    direct = Qt.FindChildOption.FindDirectChildrenOnly
    among = answer.parentWidget()
    return among is not None and any(beside.isChecked() for beside in among.findChildren(QRadioButton, options=direct))


class _ScrollArea(QScrollArea):
    viewport_resized = Signal()
    """A scroll bar takes room, or gives it back."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say so."""
        super().resizeEvent(event)
        self.viewport_resized.emit()


class PageBase(QWidget):
    """A page: title, introduction, then what the page adds to `column`; what it adds to `foot` does not scroll away."""

    def __init__(self, name: str, texts: Texts, title: str, intro: str = "") -> None:
        super().__init__()
        self.texts = texts
        self.setObjectName(name)
        self.setAccessibleName(title)
        em = round(current_theme().em)
        self._inner = QWidget()
        self._inner.setProperty("role", "page")
        self.column = QVBoxLayout(self._inner)
        self.column.setSpacing(round(em * 0.8))
        self.title = plain_label(title, "title", f"{name}.title")
        self.column.addWidget(self.title)
        self.intro = plain_label("", "muted", f"{name}.intro")
        self.column.addWidget(self.intro)
        self.introduce(intro)  # in its place by now: a label without one would be a window for a moment
        self._scroll = _ScrollArea()
        self._scroll.setObjectName(f"{name}.scroll")
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(self._inner)
        self._foot = QWidget()
        self._foot.setVisible(False)
        self._foot_layout = QVBoxLayout(self._foot)
        self._foot_layout.setSpacing(round(em * 0.2))
        self._foot_scrolls = False
        self._outer = QVBoxLayout(self)
        self._outer.setContentsMargins(0, 0, 0, 0)
        self._outer.setSpacing(0)
        self._outer.addWidget(self._scroll, 1)
        self._outer.addWidget(self._foot)
        self._scroll.viewport_resized.connect(self._set_sides)

    def add_to_foot(self, widget: QWidget) -> None:
        """A control that stays in sight however long the page is."""
        self._foot_layout.addWidget(widget)
        self._foot.setVisible(True)

    def show_foot(self, shown: bool) -> None:
        """Whether the controls at the foot are of use now."""
        self._foot.setVisible(shown)

    def event(self, event: QEvent) -> bool:
        """Something at the foot came, went or got other words: it may have to scroll now."""
        done = super().event(event)
        if event.type() is QEvent.Type.LayoutRequest:
            self._place_foot()
        return done

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the column in the middle, no wider than can be read."""
        super().resizeEvent(event)
        self._place_foot()
        self._set_sides()

    def _side(self) -> int:
        """What is left free on each side of the column, in pixels."""
        em = current_theme().em
        return max(round(em * 1.4), round((self.width() - em * _COLUMN_EM) / 2))

    def _place_foot(self) -> None:
        """A foot that would fill the page scrolls with it."""
        foot = self._foot_layout
        margins = foot.contentsMargins()
        width = self.width() - 2 * self._side() + margins.left() + margins.right()
        needed = foot.totalHeightForWidth(width) if foot.hasHeightForWidth() else foot.totalSizeHint().height()
        scrolls = needed > self.height() * _MOST_FOOT
        if scrolls is self._foot_scrolls:
            return
        self._foot_scrolls = scrolls
        focused = self.window().focusWidget()
        was_within = focused is not None and self._foot.isAncestorOf(focused)
        (self.column if scrolls else self._outer).addWidget(self._foot)
        self._set_sides()
        if focused is not None and was_within:
            self._foot.setVisible(True)  # moving to another parent hid it, and what is hidden takes no focus
            focused.setFocus()

    @Slot()
    def _set_sides(self) -> None:
        em, side = current_theme().em, self._side()
        self.column.setContentsMargins(side, round(em * 1.2), side, round(em * 1.2))
        bar = self._scroll.width() - self._scroll.viewport().width()
        left, right = (0, 0) if self._foot_scrolls else (side, side + bar)
        self._foot_layout.setContentsMargins(left, round(em * 0.5), right, round(em * 0.5))

    def introduce(self, words: str) -> None:
        """Say something at the beginning of the page; "" takes it away."""
        self.intro.setText(words)
        self.intro.setVisible(bool(words))

    def spoken(self) -> str:
        """What is read out when the page comes up."""
        return self.texts.joined([self.title.text(), self.intro.text() if self.intro.isVisibleTo(self) else ""])

    def to_top(self) -> None:
        """Show the beginning of the page."""
        self._scroll.verticalScrollBar().setValue(0)

    def focus_first(self) -> None:
        """Give the focus to the first control of the page; of answers to choose from, to the chosen one."""
        for child in [*self._inner.findChildren(QWidget), *self._foot.findChildren(QWidget)]:
            if isinstance(child, QRadioButton) and not child.isChecked() and _one_beside_is_chosen(child):
                continue
            if child.isEnabled() and child.isVisible() and child.focusPolicy() & Qt.FocusPolicy.TabFocus:
                child.setFocus(Qt.FocusReason.TabFocusReason)
                return
