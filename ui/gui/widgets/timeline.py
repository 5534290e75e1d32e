"""The hours of a watch as a picture: who answered how fast, what was disturbed, and what is not known.

Painted from a `WatchLog`. What does not change between two looks at it is painted once into a picture of its own, so
that choosing an episode, or another window passing by, costs nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import sqrt

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from nexkit.subject import Subject
from nexkit.texts import Texts
from nexkit.texts.moments import day, moment, time_of_day
from nexkit.texts.watch import (
    change_text,
    episode_details,
    episode_time,
    episode_title,
    gap_text,
    watched_name,
)
from nexkit.watch.record import WatchLog
from ui.gui.theme import Theme, current_theme, mixed
from ui.gui.widgets import timeline_shapes as shapes
from ui.gui.widgets.plotting import nice_top_ms, small_font
from ui.gui.widgets.time_scale import Column, TimeScale, ticks, worst_columns

_LEAST_SPAN = timedelta(minutes=10)
_LEAST_EPISODE_PX = 4.0
_LEAST_LOSS = 0.22
"""Of a lane's height: a single lost answer is to be seen too."""
_LEAST_BETWEEN_EM = 4
_TOLD_EPISODES = 10
"""In the words for screen readers; all of them are reached by the arrow keys."""

_LANES: tuple[tuple[Subject, frozenset[Subject]], ...] = (
    (Subject.GATEWAY, frozenset({Subject.GATEWAY})),
    (Subject.ANCHOR, frozenset({Subject.PROVIDER_HOP, Subject.ANCHOR})),
    (Subject.RESOLVER, frozenset({Subject.RESOLVER})),
    (Subject.SERVICE, frozenset({Subject.SERVICE})),
)
"""The last one is drawn only where a service is watched."""


@dataclass(frozen=True, slots=True)
class _Lane:
    name: str
    columns: tuple[Column, ...]
    top_ms: float


class Timeline(QWidget):
    """Shows a watch; its episodes are chosen with the arrow keys or the mouse."""

    episode_chosen = Signal(int)
    """Its number."""

    def __init__(self, name: str, texts: Texts) -> None:
        _ = texts.gettext
        super().__init__()
        self._texts = texts
        self._log: WatchLog | None = None
        self._over = False
        self._chosen: int | None = None
        self._picture: tuple[tuple[object, ...], QPixmap] | None = None
        self.setObjectName(name)
        self.setAccessibleName(_("The watch over time"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    # What is shown

    def show_log(self, log: WatchLog, *, over: bool = False) -> None:
        """Show a watch as it is now, or as it was when it was `over`; the same once more costs nothing."""
        if log is self._log and over is self._over:
            return
        self._over = over
        lanes = self._lane_count()
        self._log = log
        if self._chosen is not None and all(episode.number != self._chosen for episode in log.episodes):
            self._chosen = None
        self._describe()
        if lanes != self._lane_count():
            self.updateGeometry()
        self.update()

    @property
    def chosen(self) -> int | None:
        """The number of the chosen episode."""
        return self._chosen

    def choose(self, number: int | None) -> None:
        """Mark an episode, and tell of it to screen readers."""
        if number == self._chosen:
            return
        self._chosen = number
        self._describe()
        self.update()
        if number is not None:
            self.episode_chosen.emit(number)

    def description(self) -> str:
        """The picture in words: of the chosen episode, else of the whole."""
        log = self._log
        if log is None:
            return ""
        texts = self._texts
        _, ngettext = texts.gettext, texts.ngettext
        for episode in log.episodes:
            if episode.number == self._chosen:
                told = _("Disturbance {number} of {count}: {time}. {title}.").format(
                    number=episode.number,
                    count=len(log.episodes),
                    time=episode_time(episode, log, texts, over=self._over),
                    title=episode_title(episode, texts),
                )
                return "\n".join((told, *episode_details(episode, texts)))
        words = [
            _("From {begin} to {end}.").format(begin=moment(log.started_at, texts), end=moment(log.ended_at, texts)),
            ngettext("{count} disturbance.", "{count} disturbances.", len(log.episodes)).format(
                count=len(log.episodes)
            ),
        ]
        words += [
            f"{episode.number}: {episode_time(episode, log, texts, over=self._over)}: {episode_title(episode, texts)}."
            for episode in log.episodes[-_TOLD_EPISODES:]
        ]
        if log.gaps:
            gap = log.gaps[-1]
            words.append(
                ngettext(
                    "Not measured {count} time, the last time from {begin} to {end}: {reason}.",
                    "Not measured {count} times, the last time from {begin} to {end}: {reason}.",
                    len(log.gaps),
                ).format(
                    count=len(log.gaps),
                    begin=moment(gap.started_at, texts),
                    end=moment(gap.ended_at, texts),
                    reason=gap_text(gap.reason, texts),
                )
            )
        words += [f"{moment(change.at, texts)}: {change_text(change, texts)}." for change in log.changes[-3:]]
        if log.episodes:
            words.append(_("The arrow keys go from one disturbance to the next."))
        return "\n".join(words)

    def _describe(self) -> None:
        words = self.description()
        if words != self.accessibleDescription():
            self.setAccessibleDescription(words)
            if self.hasFocus():
                QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))

    # Keyboard and mouse

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The arrow keys go through the episodes, Home and End to the first and the last, Escape to none."""
        numbers = [] if self._log is None else [episode.number for episode in self._log.episodes]
        key = event.key()
        if key == Qt.Key.Key_Escape and self._chosen is not None:
            self.choose(None)
            return
        if not numbers or key not in {Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End}:
            super().keyPressEvent(event)
            return
        here = numbers.index(self._chosen) if self._chosen is not None else None
        if key == Qt.Key.Key_Home or (here is None and key == Qt.Key.Key_Right):
            goal = 0
        elif key == Qt.Key.Key_End or here is None:
            goal = len(numbers) - 1
        else:
            goal = min(len(numbers) - 1, max(0, here + (1 if key == Qt.Key.Key_Right else -1)))
        self.choose(numbers[goal])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the nearest episode that is no farther than a finger's breadth."""
        if self._log is None:
            return
        scale, x = self._scale(self._log), event.position().x()
        near = sorted(
            (max(0.0, left - x, x - right), number) for number, left, right in self._episode_spans(self._log, scale)
        )
        if near and near[0][0] <= current_theme().em:
            self.choose(near[0][1])
        else:
            self.choose(None)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keys go."""
        super().focusInEvent(event)
        self.update()

    # Sizes

    def sizeHint(self) -> QSize:
        """Wide, and as high as all lanes, the axis and the legend, which wraps in the width that there is."""
        em = current_theme().em
        rows = self._legend_rows(self.width())
        return QSize(round(em * 40), round(self._legend_top(em) + rows * em * 1.45 + em * 0.4))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The legend wraps anew."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        """Narrow enough for large text."""
        em = current_theme().em
        return QSize(round(em * 14), round(em * 12))

    def _lane_count(self) -> int:
        has_service = self._log is not None and any(
            each.subject is Subject.SERVICE for minute in self._log.minutes[-3:] for each in minute.subjects
        )
        return len(_LANES) if has_service else len(_LANES) - 1

    @staticmethod
    def _lanes_top(em: float) -> float:
        return em * 3.1

    @staticmethod
    def _lane_height(em: float) -> float:
        return em * 3.6

    def _lanes_bottom(self, em: float) -> float:
        return self._lanes_top(em) + self._lane_count() * self._lane_height(em)

    def _legend_top(self, em: float) -> float:
        return self._lanes_bottom(em) + em * 3.4

    def _scale(self, log: WatchLog) -> TimeScale:
        em = current_theme().em
        seconds = max(log.ended_at - log.started_at, _LEAST_SPAN).total_seconds()
        return TimeScale(begin=log.started_at, seconds=seconds, left=em * 0.6, width=max(1.0, self.width() - em * 1.2))

    def _episode_spans(self, log: WatchLog, scale: TimeScale) -> Iterator[tuple[int, float, float]]:
        for episode in log.episodes:
            left, right = scale.x(episode.started_at), scale.x(log.known_end(episode))
            yield episode.number, left, max(right, left + _LEAST_EPISODE_PX)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Put the picture there, and on it what is chosen."""
        theme = current_theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._log is None or not self._log.rounds:
            painter.setPen(theme.muted)
            painter.drawText(
                QRectF(self.rect()),
                int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap),
                self._texts.gettext("The first results come in a moment."),
            )
        else:
            painter.drawPixmap(0, 0, self._painted(theme, self._log))
            self._paint_chosen(painter, theme, self._log)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.accent, 1.6))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), theme.em * 0.3, theme.em * 0.3)
        painter.end()

    def _painted(self, theme: Theme, log: WatchLog) -> QPixmap:
        """The picture of the log, painted anew only where the log, the size or the looks are others."""
        ratio = self.devicePixelRatioF()
        looks = (id(log), self.size(), ratio, self.font().key(), self.palette().cacheKey())
        if self._picture is not None and self._picture[0] == looks:
            return self._picture[1]
        pixmap = QPixmap(self.size() * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(small_font(self))
        scale = self._scale(log)
        top, high = self._lanes_top(theme.em), self._lane_height(theme.em)
        lanes = [(lane, top + index * high) for index, lane in enumerate(self._lanes(log, scale))]
        for lane, top in lanes:
            self._paint_lane(painter, theme, lane, top)
        self._paint_gaps(painter, theme, log, scale)
        self._paint_episodes(painter, theme, log, scale)
        self._paint_marks(painter, theme, log, scale)
        for lane, top in lanes:
            self._paint_lane_words(painter, theme, lane, top)
        self._paint_axis(painter, theme, log, scale)
        self._paint_legend(painter, theme)
        painter.end()
        self._picture = looks, pixmap
        return pixmap

    def _lanes(self, log: WatchLog, scale: TimeScale) -> Sequence[_Lane]:
        lanes = []
        edges = [
            (scale.x(each.started_at), scale.x(each.started_at + timedelta(seconds=each.length_s)))
            for each in log.minutes
        ]
        for subject, subjects in _LANES[: self._lane_count()]:
            columns = worst_columns(log.minutes, subjects, edges)
            highest = max((column.p50_ms for column in columns if column.p50_ms is not None), default=0.0)
            lanes.append(_Lane(watched_name(subject, self._texts), columns, nice_top_ms(highest)))
        return lanes

    def _paint_lane_words(self, painter: QPainter, theme: Theme, lane: _Lane, top: float) -> None:
        """Its name and scale; lines that lead down through them stay behind."""
        em = theme.em
        words = QRectF(em * 0.6, top, self.width() - em * 1.2, em * 1.2)
        painter.setPen(theme.muted)
        scale_words = f"{lane.top_ms:.0f} ms"
        painter.drawText(words, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), scale_words)
        room = words.width() - QFontMetricsF(painter.font()).horizontalAdvance(scale_words) - em * 0.6
        painter.setPen(theme.text)
        metrics = QFontMetricsF(painter.font())
        name = metrics.elidedText(lane.name, Qt.TextElideMode.ElideRight, room)
        painter.fillRect(QRectF(words.left(), top, metrics.horizontalAdvance(name) + em * 0.2, em * 1.2), theme.card)
        painter.drawText(words, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), name)

    def _paint_lane(self, painter: QPainter, theme: Theme, lane: _Lane, top: float) -> None:
        em = theme.em
        left, right = em * 0.6, self.width() - em * 0.6
        plot = QRectF(left, top + em * 1.25, right - left, self._lane_height(em) - em * 1.5)
        painter.fillRect(plot, theme.card)

        def height(rtt_ms: float) -> float:
            return sqrt(min(1.0, rtt_ms / lane.top_ms)) * plot.height()

        def bar(column: Column, tall: float) -> QRectF:
            return QRectF(column.left, plot.bottom() - tall, column.right - column.left, tall)

        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(mixed(theme.card, theme.accent, 0.28))
        painter.drawRects([bar(each, height(each.p95_ms)) for each in lane.columns if each.p95_ms is not None])
        painter.setBrush(mixed(theme.card, theme.accent, 0.7))
        painter.drawRects([bar(each, height(each.p50_ms)) for each in lane.columns if each.p50_ms is not None])
        lost = [
            QRectF(each.left, plot.top(), each.right - each.left, max(_LEAST_LOSS, each.loss) * plot.height())
            for each in lane.columns
            if each.loss > 0
        ]
        painter.setBrush(theme.bad)
        painter.drawRects(lost)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.border, 1))
        painter.drawRect(plot)

    def _paint_gaps(self, painter: QPainter, theme: Theme, log: WatchLog, scale: TimeScale) -> None:
        em = theme.em
        words = self._texts.gettext("not measured")
        wide = QFontMetricsF(painter.font()).horizontalAdvance(words)
        for gap in log.gaps:
            left, right = scale.x(gap.started_at), scale.x(gap.ended_at)
            for index in range(self._lane_count()):
                top = self._lanes_top(em) + index * self._lane_height(em) + em * 1.25
                box = QRectF(left, top, max(2.0, right - left), self._lane_height(em) - em * 1.5)
                shapes.hatch(painter, theme, box)
                if index == 0 and right - left > wide + em * 0.5:
                    painter.setPen(theme.text)
                    label = QRectF(0, 0, wide + em * 0.4, em * 1.2)
                    label.moveCenter(box.center())
                    painter.fillRect(label, theme.card)
                    painter.drawText(label, int(Qt.AlignmentFlag.AlignCenter), words)

    def _paint_episodes(self, painter: QPainter, theme: Theme, log: WatchLog, scale: TimeScale) -> None:
        em = theme.em
        busy_to = 0.0
        few = len(log.episodes) * em * _LEAST_BETWEEN_EM < self.width()
        for number, left, right in self._episode_spans(log, scale):
            shapes.episode_shape(painter, theme, QRectF(left, em * 1.55, right - left, em * 0.7))
            # Thin lines down to the lanes: which of them was hit shows there. Of many they would be a curtain.
            painter.setPen(QPen(theme.doubt, 1, Qt.PenStyle.DotLine))
            for x in (left, right) if few else ():
                painter.drawLine(QPointF(x, em * 2.25), QPointF(x, self._lanes_bottom(em) - em * 0.25))
            words = str(number)
            wide = QFontMetricsF(painter.font()).horizontalAdvance(words)
            box = QRectF(0, em * 0.25, wide + em * 0.7, em * 1.2)
            box.moveLeft(min(max(0.0, (left + right - box.width()) / 2), self.width() - box.width()))
            if box.left() < busy_to:
                continue  # no room between its neighbours; the keys reach it
            busy_to = box.right() + em * 0.1
            painter.setPen(theme.text)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), words)

    def _paint_marks(self, painter: QPainter, theme: Theme, log: WatchLog, scale: TimeScale) -> None:
        em = theme.em
        for mark in log.marks:
            x = scale.x(mark.at)
            shapes.flag(painter, theme, QPointF(x, em * 2.35))
            painter.setPen(QPen(theme.text, 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, em * 3.0), QPointF(x, self._lanes_bottom(em) - em * 0.25))

    def _paint_axis(self, painter: QPainter, theme: Theme, log: WatchLog, scale: TimeScale) -> None:
        em = theme.em
        y = self._lanes_bottom(em) + em * 0.35
        painter.setPen(QPen(theme.muted, 1))
        painter.drawLine(QPointF(scale.left, y), QPointF(scale.left + scale.width, y))
        metrics = QFontMetricsF(painter.font())
        wide = metrics.horizontalAdvance("00:00") + em * 1.2
        last = scale.begin + timedelta(seconds=scale.seconds)
        day_to = 0.0
        named: object = None
        for tick in ticks(scale.begin, last, scale.width / wide):
            x = scale.x(tick)
            painter.setPen(QPen(theme.muted, 1))
            painter.drawLine(QPointF(x, y), QPointF(x, y + em * 0.3))
            painter.setPen(theme.text)
            words = QRectF(x - wide / 2, y + em * 0.35, wide, em * 1.2)
            painter.drawText(words, int(Qt.AlignmentFlag.AlignCenter), time_of_day(tick))
            date = tick.astimezone().date()
            words_of_day = day(tick, self._texts)
            room = metrics.horizontalAdvance(words_of_day) + em * 0.4
            left = min(max(0.0, x - room / 2), self.width() - room)
            if date != named and left >= day_to:
                painter.setPen(theme.muted)
                box = QRectF(left, y + em * 1.5, room, em * 1.2)
                painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), words_of_day)
                named, day_to = date, left + room
        for change in log.changes:
            shapes.diamond(painter, theme, QPointF(scale.x(change.at), y))

    def _paint_chosen(self, painter: QPainter, theme: Theme, log: WatchLog) -> None:
        em = theme.em
        for number, left, right in self._episode_spans(log, self._scale(log)):
            if number == self._chosen:
                frame = QRectF(left - 2, em * 1.45, right - left + 4, self._lanes_bottom(em) - em * 1.6)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(theme.text, 2))
                painter.drawRoundedRect(frame, em * 0.2, em * 0.2)
                words = str(number)
                font = small_font(self)
                font.setWeight(QFont.Weight.Bold)
                painter.setFont(font)
                box = QRectF(0, em * 0.2, QFontMetricsF(font).horizontalAdvance(words) + em * 0.8, em * 1.2)
                box.moveLeft(min(max(0.0, (left + right - box.width()) / 2), self.width() - box.width()))
                painter.setBrush(theme.text)
                painter.drawRoundedRect(box, em * 0.3, em * 0.3)
                painter.setPen(theme.card)
                painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), words)

    # The legend

    def _legend(self) -> tuple[tuple[str, Callable[[QPainter, Theme, QRectF], None]], ...]:
        _ = self._texts.gettext
        return (
            (_("time to answer"), shapes.rtt_sample),
            (_("answers missing"), shapes.loss_sample),
            (_("disturbance"), shapes.episode_shape),
            (_("not measured"), shapes.hatch),
            (_("“It is happening now”"), shapes.flag_sample),
            (_("network changed"), shapes.diamond_sample),
        )

    def _legend_places(self, width: float) -> Iterator[tuple[float, int]]:
        """Where each entry stands: its left edge and its row."""
        em = current_theme().em
        metrics = QFontMetricsF(small_font(self))
        x, row = em * 0.6, 0
        for words, _sample in self._legend():
            room = em * 2.1 + metrics.horizontalAdvance(words)
            if x > em and x + room > width - em * 0.6:
                x, row = em * 0.6, row + 1
            yield x, row
            x += room + em * 1.2

    def _legend_rows(self, width: float) -> int:
        return 1 + max(row for _x, row in self._legend_places(width))

    def _paint_legend(self, painter: QPainter, theme: Theme) -> None:
        em = theme.em
        for (words, sample), (x, row) in zip(self._legend(), self._legend_places(self.width()), strict=True):
            y = self._legend_top(em) + row * em * 1.45
            sample(painter, theme, QRectF(x, y + em * 0.25, em * 1.6, em * 0.7))
            painter.setPen(theme.text)
            box = QRectF(x + em * 2.1, y, self.width() - x - em * 2.1, em * 1.2)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), words)
