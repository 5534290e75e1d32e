"""What was typed and chosen on a page, by the names of its controls: kept while the page is made anew."""

from collections.abc import Mapping

from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QListWidget, QPlainTextEdit, QWidget

Answer = str | bool | int


def answers_in(page: QWidget) -> dict[str, Answer]:
    """Each control that takes an answer, by its objectName."""
    return {
        control.objectName(): answer
        for control in page.findChildren(QWidget)
        if "." in control.objectName() and (answer := _answer(control)) is not None
    }


def _answer(control: QWidget) -> Answer | None:
    if isinstance(control, QLineEdit):
        return control.text()
    if isinstance(control, QPlainTextEdit):
        return None if control.isReadOnly() else control.toPlainText()
    if isinstance(control, QComboBox):
        return control.currentIndex()
    if isinstance(control, QListWidget):
        return control.currentRow()
    if isinstance(control, QAbstractButton) and control.isCheckable():
        return control.isChecked()
    return None


def fill_in(page: QWidget, answers: Mapping[str, Answer]) -> None:
    """Give the controls of the same names the same answers."""
    for control in page.findChildren(QWidget):
        answer = answers.get(control.objectName())
        if isinstance(control, QLineEdit) and isinstance(answer, str):
            control.setText(answer)
        elif isinstance(control, QPlainTextEdit) and isinstance(answer, str):
            control.setPlainText(answer)
        elif isinstance(control, QComboBox) and isinstance(answer, int):
            control.setCurrentIndex(answer)
        elif isinstance(control, QListWidget) and isinstance(answer, int):
            control.setCurrentRow(answer)
        elif isinstance(control, QAbstractButton) and isinstance(answer, bool) and control.isChecked() is not answer:
            control.setChecked(answer)
