"""What would be found wrong on a page without eyes, ears or a mouse: a walk through the accessibility tree."""

import re
from collections import Counter
from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QLabel, QRadioButton, QTabBar, QWidget

NAMED = frozenset(
    {
        QAccessible.Role.Button,
        QAccessible.Role.ButtonMenu,
        QAccessible.Role.CheckBox,
        QAccessible.Role.ComboBox,
        QAccessible.Role.EditableText,
        QAccessible.Role.Graphic,
        QAccessible.Role.Heading,
        QAccessible.Role.List,
        QAccessible.Role.PageTab,
        QAccessible.Role.ProgressBar,
        QAccessible.Role.RadioButton,
        QAccessible.Role.Slider,
        QAccessible.Role.SpinBox,
        QAccessible.Role.Table,
        QAccessible.Role.Tree,
    }
)
LEAST_TARGET = 24
"""Pixels, device-independent (WCAG 2.2, 2.5.8)."""
OWN_PARTS = ("qt_", "ScrollLeftButton", "ScrollRightButton")
"""What Qt puts into its own controls."""


def interfaces(of: QAccessibleInterface) -> Iterator[QAccessibleInterface]:
    """What a screen reader can reach."""
    for number in range(of.childCount()):
        child = of.child(number)
        if child is None or not child.isValid() or child.state().invisible:
            continue
        yield child
        if child.role() not in {QAccessible.Role.Table, QAccessible.Role.List, QAccessible.Role.Tree}:
            yield from interfaces(child)


def unnamed(window: QWidget) -> list[str]:
    """Controls and drawings that a screen reader has no name for, drawings without a description as well."""
    found = []
    for each in interfaces(QAccessible.queryAccessibleInterface(window)):
        thing = each.object()
        name = thing.objectName() if thing is not None else ""
        inside = isinstance(thing, QWidget) and isinstance(thing.parent(), QAbstractItemView)
        if name.startswith(OWN_PARTS) or (inside and not name):
            continue
        if each.role() in NAMED and not each.text(QAccessible.Text.Name).strip():
            found.append(f"{each.role().name} {name or thing} has no name")
        if each.role() is QAccessible.Role.Graphic and not each.text(QAccessible.Text.Description).strip():
            found.append(f"{each.role().name} {name} is not described")
    return found


def out_of_reach(window: QWidget) -> list[str]:
    """Controls that Tab does not come to; tabs and answers are walked with the arrow keys from where it does."""
    return [
        f"{button.objectName() or button} cannot be reached by Tab"
        for button in window.findChildren(QAbstractButton)
        if button.isVisible() and not _is_qts(button) and not in_reach(button)
    ]


def in_reach(control: QWidget) -> bool:
    """Whether Tab comes to it, or the arrow keys from another answer: one of them has the place in the tab order."""
    beside = control.parent().findChildren(QRadioButton) if isinstance(control, QRadioButton) else []
    return any(each.focusPolicy() & Qt.FocusPolicy.TabFocus for each in (control, *beside))


def too_small(window: QWidget) -> list[str]:
    """Targets that are smaller than a finger or an unsteady hand can meet."""
    return [
        f"{button.objectName()} is {button.width()} by {button.height()}"
        for button in window.findChildren(QAbstractButton)
        if button.isVisible() and not _is_qts(button) and min(button.width(), button.height()) < LEAST_TARGET
    ]


def mnemonics_twice(window: QWidget) -> list[str]:
    """Letters that more than one visible control answers to; answers in one and the same list may not share any."""
    letters: Counter[str] = Counter()
    for widget in window.findChildren(QWidget):
        if not widget.isVisible():
            continue
        words = ""
        if isinstance(widget, QAbstractButton) or (isinstance(widget, QLabel) and widget.buddy() is not None):
            words = widget.text()
        elif isinstance(widget, QTabBar):
            words = " ".join(widget.tabText(number) for number in range(widget.count()))
        letters.update(letter.upper() for letter in re.findall(r"(?<!&)&([^&\s])", words))
    return [f"Alt+{letter} {count} times" for letter, count in letters.items() if count > 1]


def _is_qts(widget: QWidget) -> bool:
    parent = widget.parent()
    return widget.objectName().startswith(OWN_PARTS) or (
        not widget.objectName() and parent is not None and parent.metaObject().className().startswith("Q")
    )
