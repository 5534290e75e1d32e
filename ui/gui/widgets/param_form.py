"""A form for the parameters of any probe: what the probe needs first, the rest on demand."""

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QVBoxLayout, QWidget

from nexkit.params import ParamError, ParamField, ParamKind
from nexkit.texts import Texts
from nexkit.texts.params import choice_word, param_hint, param_problem_text
from ui.gui.pages.base import CardGrid, Disclosure, empty, plain_label
from ui.gui.theme import current_theme


class _Row(QWidget):
    """One parameter: its name, the field, what may be typed, and what is wrong with it."""

    changed = Signal()
    entered = Signal()

    def __init__(self, name: str, field: ParamField, texts: Texts) -> None:
        super().__init__()
        self.field = field
        self._texts = texts
        self.editor = self._choice(field, texts) if field.kind is ParamKind.CHOICE and not field.many else self._line()
        self.editor.setObjectName(f"{name}.{field.name}")
        self.editor.setAccessibleName(field.name)
        hint = param_hint(field, texts)
        label = QLabel(field.name)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setBuddy(self.editor)
        self._hint = hint
        self.problem = plain_label("", "problem", f"{name}.{field.name}.problem")
        self.problem.setVisible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(round(current_theme().em * 0.2))
        layout.addWidget(label)
        layout.addWidget(self.editor)
        layout.addWidget(plain_label(hint, "muted"))
        layout.addWidget(self.problem)
        layout.addStretch(1)
        self.show_problem("")
        self.set_word(field.default)

    def _choice(self, field: ParamField, texts: Texts) -> QComboBox:
        _ = texts.gettext
        box = shrinking_box()
        for choice in field.choices:
            box.addItem(choice_word(choice, texts), choice)
        if field.required:
            box.setCurrentIndex(-1)
            box.setPlaceholderText(_("Please choose"))
        box.currentIndexChanged.connect(self.changed)
        return box

    def _line(self) -> QLineEdit:
        line = QLineEdit()
        line.textChanged.connect(self.changed)
        line.returnPressed.connect(self.entered)
        return line

    def word(self) -> str:
        """What stands in the field, as the command line has it."""
        if isinstance(self.editor, QComboBox):
            return str(self.editor.currentData() or "")
        return self.editor.text().strip()

    def set_word(self, word: str) -> None:
        """Put a word into the field."""
        if isinstance(self.editor, QComboBox):
            self.editor.setCurrentIndex(self.editor.findData(word) if word or not self.field.required else -1)
        else:
            self.editor.setText(word)

    def show_problem(self, words: str) -> None:
        """Say what is wrong; "" takes it away."""
        self.problem.setText(words)
        self.problem.setVisible(bool(words))
        self.editor.setAccessibleDescription(f"{words} {self._hint}".strip())


class ParamForm(QWidget):
    """Fields for all parameters of a probe."""

    changed = Signal()
    entered = Signal()
    """The Enter key was pressed in a field."""

    def __init__(self, name: str, texts: Texts) -> None:
        super().__init__()
        self.setObjectName(name)
        self._texts = texts
        self._rows: dict[str, _Row] = {}
        self._more: Disclosure | None = None
        self._hidden: frozenset[str] = frozenset()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(round(current_theme().em * 0.6))
        self.problem = plain_label("", "problem", f"{name}.problem")

    def show_fields(self, fields: tuple[ParamField, ...]) -> None:
        """The fields of another probe, with their defaults."""
        _ = self._texts.gettext
        empty(self._layout)
        self._rows = {field.name: _Row(self.objectName(), field, self._texts) for field in fields}
        # The first parameter is the target, whether the probe needs one or not.
        shown = [field.name for number, field in enumerate(fields) if field.required or number == 0]
        self._hidden = frozenset(self._rows) - frozenset(shown)
        self._more = None
        self.problem = plain_label("", "problem", f"{self.objectName()}.problem")
        self.problem.setVisible(False)
        if not fields:
            self._layout.addWidget(plain_label(_("This test has no parameters."), "muted"))
        for name in shown:
            self._layout.addWidget(self._rows[name])
        if self._hidden:
            self._more = Disclosure(
                f"{self.objectName()}.more",
                _("&More parameters ({count})").format(count=len(self._hidden)),
                self._grid([field.name for field in fields if field.name in self._hidden]),
            )
            self._layout.addWidget(self._more)
        self._layout.addWidget(self.problem)
        for row in self._rows.values():
            row.changed.connect(self.changed)
            # Not before the key is done with: it would press the button that gets the focus.
            row.entered.connect(self.entered, Qt.ConnectionType.QueuedConnection)

    def _grid(self, names: list[str]) -> QWidget:
        grid = CardGrid(2, 17)
        for name in names:
            grid.add(self._rows[name])
        return grid

    def words(self) -> dict[str, str]:
        """What differs from the defaults, as the command line has it; a needed field without anything is left out."""
        return {
            name: word
            for name, row in self._rows.items()
            if (word := row.word()) != row.field.default and (word or not row.field.required)
        }

    def set_words(self, words: Mapping[str, str]) -> None:
        """Fill in the form; what is not named gets its default."""
        for name, row in self._rows.items():
            row.set_word(words.get(name, row.field.default))
        if self._more is not None and self._hidden & words.keys():
            self._more.button.setChecked(True)

    def show_error(self, error: ParamError | None) -> None:
        """Say at the field what is wrong with it; None: nothing is."""
        blamed = error.names if error is not None else ()
        for name, row in self._rows.items():
            row.show_problem(
                param_problem_text(error, row.field, self._texts) if error is not None and name in blamed else ""
            )
        whole = error is not None and not blamed
        self.problem.setText(param_problem_text(error, None, self._texts) if error is not None and whole else "")
        self.problem.setVisible(whole)

    def focus_on(self, error: ParamError) -> None:
        """Give the focus to the first field that is wrong."""
        for name in error.names:
            if self._more is not None and name in self._hidden:
                self._more.button.setChecked(True)
            self._rows[name].editor.setFocus(Qt.FocusReason.OtherFocusReason)
            return


def shrinking_box() -> QComboBox:
    """A box of choices that is no reason for a page to be wide."""
    box = QComboBox()
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(12)
    return box
