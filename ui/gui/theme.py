"""Colours and sizes of the wizard, derived from the system's palette and font: light, dark and high contrast alike."""

from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtGui import QColor, QFontMetricsF, QPalette
from PySide6.QtWidgets import QApplication, QProgressBar, QPushButton

from ui.gui.present import Mark

_LEAST_CONTRAST = 4.5
"""Text against its background (WCAG 2.2, 1.4.3)."""
_LEAST_EDGE = 3.0
"""What shows where a control is (WCAG 2.2, 1.4.11)."""


def mixed(one: QColor, other: QColor, share: float) -> QColor:
    """A colour on the way from one to the other; 0 is the first."""
    return QColor.fromRgbF(
        one.redF() + (other.redF() - one.redF()) * share,
        one.greenF() + (other.greenF() - one.greenF()) * share,
        one.blueF() + (other.blueF() - one.blueF()) * share,
    )


def _luminance(colour: QColor) -> float:
    """Relative luminance (WCAG 2.2)."""

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4  # noqa: PLR2004  sRGB

    red, green, blue = linear(colour.redF()), linear(colour.greenF()), linear(colour.blueF())
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: QColor, other: QColor) -> float:
    """Contrast ratio of two colours, 1..21 (WCAG 2.2)."""
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def readable(colour: QColor, *backgrounds: QColor, least: float = _LEAST_CONTRAST) -> QColor:
    """The colour, moved toward black or white until it can be read on each of the backgrounds."""
    goal = QColor("white") if _luminance(backgrounds[0]) < 0.18 else QColor("black")  # noqa: PLR2004  as bright as dark
    for step in range(21):
        candidate = mixed(colour, goal, step / 20)
        if all(contrast(candidate, background) >= least for background in backgrounds):
            return candidate
    return goal


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """What is painted with."""

    window: QColor
    card: QColor
    text: QColor
    muted: QColor
    border: QColor
    """Of what is only arranged by it."""
    edge: QColor
    """Of what one can write into or press."""
    accent: QColor
    on_accent: QColor
    soft_accent: QColor
    good: QColor
    doubt: QColor
    bad: QColor
    em: float
    """Height of a line of text, in device-independent pixels."""

    def of_mark(self, mark: Mark) -> QColor:
        """The colour that goes with the shape of a mark."""
        match mark:
            case Mark.OK:
                return self.good
            case Mark.WARN:
                return self.doubt
            case Mark.BROKEN:
                return self.bad
            case Mark.RUNNING:
                return self.accent
            case Mark.UNKNOWN | Mark.NOT_RUN:
                return self.muted


def theme_of(palette: QPalette) -> Theme:
    """The theme that goes with a palette."""
    window, text = palette.color(QPalette.ColorRole.Window), palette.color(QPalette.ColorRole.WindowText)
    card = palette.color(QPalette.ColorRole.Base)
    accent = readable(palette.color(QPalette.ColorRole.Accent), card, window)
    return Theme(
        window=window,
        card=card,
        text=text,
        muted=readable(mixed(text, window, 0.4), window, card),
        border=mixed(text, window, 0.8),
        edge=readable(mixed(text, window, 0.6), card, window, least=_LEAST_EDGE),
        accent=accent,
        on_accent=readable(card, accent),
        soft_accent=mixed(card, accent, 0.12),
        good=readable(QColor("#1a8a50"), card, window),
        doubt=readable(QColor("#b26a00"), card, window),
        bad=readable(QColor("#d03027"), card, window),
        em=QFontMetricsF(QApplication.font()).height(),
    )


def current_theme() -> Theme:
    """The theme of the application as it is now; widgets ask with every size and every painting."""
    return _theme_by(QApplication.palette().cacheKey(), QApplication.font().key())


@lru_cache(maxsize=4)
def _theme_by(_palette: int, _font: str) -> Theme:
    return theme_of(QApplication.palette())


def mark_main(button: QPushButton, is_main: bool) -> None:
    """Make a button look like the one to press next, or like any other."""
    button.setProperty("role", "main" if is_main else "")
    button.style().unpolish(button)
    button.style().polish(button)


def mark_quiet(bar: QProgressBar, quiet: bool) -> None:
    """Let the bar of what is over step back."""
    role = "quiet" if quiet else ""
    if bar.property("role") != role:
        bar.setProperty("role", role)
        bar.style().unpolish(bar)
        bar.style().polish(bar)


def style_sheet(theme: Theme) -> str:
    """What Qt's own controls take from the theme; everything else they keep from the system's style."""
    em = theme.em

    def px(share: float) -> str:
        return f"{max(1, round(em * share))}px"

    def filled(share: float) -> str:
        """Of a button whose edge is not seen: as large as the others with theirs."""
        return f"{round(em * share) + 1}px"

    def rgb(colour: QColor) -> str:
        return colour.name()

    point = QApplication.font().pointSizeF()
    return f"""
QLabel[role="title"] {{ font-size: {point * 1.65:.1f}pt; font-weight: 600; }}
QLabel[role="heading"] {{ font-size: {point * 1.1:.1f}pt; font-weight: 600; }}
QLabel[role="muted"] {{ color: {rgb(theme.muted)}; }}
QLabel[role="problem"] {{ color: {rgb(theme.bad)}; }}
QFrame[role="card"] {{
  background: {rgb(theme.card)}; border: 1px solid {rgb(theme.border)}; border-radius: {px(0.5)};
}}
QFrame[role="rule"] {{ background: {rgb(theme.border)}; border: none; }}
QScrollArea {{ background: transparent; border: none; }}
QScrollArea > QWidget > QWidget[role="page"] {{ background: transparent; }}
QPushButton {{
  padding: {px(0.42)} {px(1.1)}; border: 1px solid {rgb(theme.edge)}; border-radius: {px(0.4)};
  background: {rgb(theme.card)}; color: {rgb(theme.text)}; min-height: {px(1.1)};
}}
QPushButton:hover {{ border-color: {rgb(theme.accent)}; }}
QPushButton:pressed {{ background: {rgb(theme.soft_accent)}; }}
QPushButton:focus {{ border: 2px solid {rgb(theme.accent)}; padding: {px(0.37)} {px(1.05)}; }}
QPushButton:disabled {{ color: {rgb(mixed(theme.muted, theme.window, 0.4))}; }}
QPushButton[weight="large"] {{ font-size: {point * 1.2:.1f}pt; padding: {px(0.75)} {px(1.6)}; }}
QPushButton[weight="large"]:focus {{ padding: {px(0.7)} {px(1.55)}; }}
QPushButton[role="main"] {{
  background: {rgb(theme.accent)}; color: {rgb(theme.on_accent)}; font-weight: 600;
  border: 2px solid transparent; background-clip: padding; padding: {filled(0.42)} {filled(1.1)};
}}
QPushButton[role="main"][weight="large"] {{ padding: {filled(0.75)} {filled(1.6)}; }}
QPushButton[role="main"]:hover {{ background: {rgb(mixed(theme.accent, theme.text, 0.15))}; }}
QPushButton[role="main"]:focus {{ border-color: {rgb(theme.text)}; }}
QPushButton[role="main"]:disabled {{
  background: {rgb(mixed(theme.window, theme.text, 0.12))}; border-color: transparent; color: {rgb(theme.muted)};
}}
QLineEdit, QPlainTextEdit, QListWidget, QTableView {{
  background: {rgb(theme.card)}; color: {rgb(theme.text)}; border: 1px solid {rgb(theme.edge)};
  border-radius: {px(0.35)}; padding: {px(0.3)}; selection-background-color: {rgb(theme.accent)};
  selection-color: {rgb(theme.on_accent)}; alternate-background-color: {rgb(mixed(theme.card, theme.text, 0.04))};
}}
QLineEdit:focus, QPlainTextEdit:focus, QListWidget:focus, QTableView:focus {{
  border: 2px solid {rgb(theme.accent)};
}}
QTableWidget::item {{ padding: {px(0.16)} {px(0.2)}; }}
QListWidget::item {{ padding: {px(0.25)}; border-radius: {px(0.25)}; }}
QListWidget::item:selected {{ background: {rgb(theme.accent)}; color: {rgb(theme.on_accent)}; }}
QHeaderView::section {{
  background: {rgb(theme.window)}; color: {rgb(theme.muted)}; border: none; padding: {px(0.3)};
  border-bottom: 1px solid {rgb(theme.border)};
}}
QTabWidget::pane {{ border: none; }}
QTabBar::tab {{
  background: transparent; color: {rgb(theme.muted)}; padding: {px(0.4)} {px(0.8)};
  border-bottom: 3px solid transparent;
}}
QTabBar::tab:selected {{ color: {rgb(theme.text)}; border-bottom: 3px solid {rgb(theme.accent)}; }}
QTabBar::tab:focus {{ color: {rgb(theme.accent)}; }}
QProgressBar {{
  border: none; border-radius: {px(0.18)}; background: {rgb(mixed(theme.card, theme.text, 0.12))};
  max-height: {px(0.36)}; min-height: {px(0.36)};
}}
QProgressBar::chunk {{ background: {rgb(theme.accent)}; border-radius: {px(0.18)}; }}
QProgressBar[role="quiet"]::chunk {{ background: {rgb(mixed(theme.card, theme.accent, 0.35))}; }}
QScrollBar:vertical {{ background: transparent; width: {px(0.7)}; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: {px(0.7)}; margin: 0; }}
QScrollBar::handle {{
  background: {rgb(mixed(theme.window, theme.text, 0.3))}; border-radius: {px(0.25)}; margin: {px(0.1)};
  min-height: {px(2)}; min-width: {px(2)};
}}
QScrollBar::handle:hover {{ background: {rgb(mixed(theme.window, theme.text, 0.45))}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QToolButton {{
  border: 1px solid transparent; border-radius: {px(0.3)}; padding: {px(0.25)}; color: {rgb(theme.accent)};
}}
QToolButton:focus {{ border-color: {rgb(theme.accent)}; }}
"""
