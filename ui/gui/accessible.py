"""What screen readers are told beyond what Qt tells by itself: what a drawing is, and what has just changed.

The rest is told by names and descriptions that each control has.
"""

from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAccessibleInterface
from PySide6.QtWidgets import QAccessibleWidget, QLabel, QWidget

_ROLE = "accessible_role"


class _Spoken(QAccessibleWidget):
    """A widget with the role that it was given."""

    def text(self, kind: QAccessible.Text) -> str:
        """The name of a label is what it says."""
        widget = self.object()
        if kind is QAccessible.Text.Name and isinstance(widget, QLabel) and not widget.accessibleName():
            return widget.text()
        return super().text(kind)


def _interface(_class: str, thing: QObject) -> QAccessibleInterface | None:
    role = thing.property(_ROLE) if isinstance(thing, QWidget) else None
    return _Spoken(thing, QAccessible.Role(role)) if isinstance(thing, QWidget) and role is not None else None


def install() -> None:
    """Let roles be given; once for each application."""
    QAccessible.installFactory(_interface)


def read_as(widget: QWidget, role: QAccessible.Role) -> None:
    """Tell screen readers that the widget is this: a drawing, a heading."""
    widget.setProperty(_ROLE, role.value)


def announce(widget: QWidget, words: str) -> None:
    """Have the words read out after what is being read now; without a screen reader nothing happens."""
    if words and QAccessible.isActive():
        event = QAccessibleAnnouncementEvent(widget, words)
        event.setPoliteness(QAccessible.AnnouncementPoliteness.Polite)
        QAccessible.updateAccessibility(event)
