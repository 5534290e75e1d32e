"""Cards of what kept the answer from being better, and how to mend that; buttons that open the system's settings."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget

from nexkit.diagnosis.verdict import Diagnosis, NotTested
from nexkit.outcome import FailureKind, SkipReason
from nexkit.platform.settings import SystemSetting
from nexkit.texts import Texts
from nexkit.texts.permissions import MissingPermission
from nexkit.texts.probes import probe_text
from nexkit.texts.settings import setting_button
from nexkit.texts.verdicts import not_tested_text
from ui.gui import links
from ui.gui.pages.base import card, plain_label, selectable_label

_NO_LOSS = frozenset({SkipReason.NOT_NEEDED, SkipReason.NO_FAMILY, SkipReason.NO_TARGET, FailureKind.PERMISSION})
"""Nothing that would have told more; what was not permitted has cards of its own."""


def button_to_setting(name: str, setting: SystemSetting | None, texts: Texts) -> QPushButton | None:
    """A button that opens a page of this system's settings; None where there is no such page."""
    if setting is None or not links.can_open_setting(setting):
        return None
    button = QPushButton(setting_button(setting, texts))
    button.setObjectName(name)
    button.clicked.connect(lambda: links.open_setting(setting))
    return button


def permission_card(missing: MissingPermission, texts: Texts) -> QWidget:
    """What was not permitted, what the answer lacks for it, how to permit it."""
    name = f"result.permission.{missing.permission.value}"
    frame, layout = card()
    frame.setObjectName(name)
    layout.addWidget(plain_label(missing.title, "heading"))
    layout.addWidget(selectable_label(missing.missing))
    layout.addWidget(selectable_label(missing.mend, f"{name}.mend"))
    if button := button_to_setting(f"{name}.open", missing.setting, texts):
        layout.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
    return frame


def gaps_card(diagnosis: Diagnosis, texts: Texts) -> QWidget | None:
    """What could not be tested, reason by reason; None where nothing is missing."""
    by_reason: dict[SkipReason | FailureKind, list[NotTested]] = {}
    for item in diagnosis.not_tested:
        if item.reason not in _NO_LOSS:
            by_reason.setdefault(item.reason, []).append(item)
    if not by_reason:
        return None
    _ = texts.gettext
    frame, layout = card()
    frame.setObjectName("result.gaps")
    layout.addWidget(plain_label(_("What could not be tested, and why"), "heading"))
    for items in by_reason.values():
        layout.addWidget(selectable_label(not_tested_text(items[0], texts)))
        layout.addWidget(plain_label(_names(items, texts), "muted"))
    return frame


def _names(items: Sequence[NotTested], texts: Texts) -> str:
    return ", ".join(dict.fromkeys(probe_text(item.probe, texts).name for item in items))
