"""Line icons, drawn on a grid of 24 by 24: the places on the way, the symptoms, and the shapes of the marks."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from nexkit.diagnosis.verdict import Segment
from nexkit.request import Symptom
from ui.gui.present import Mark

_GRID = 24.0


def _lines(path: QPainterPath, *points: tuple[float, float]) -> None:
    path.moveTo(*points[0])
    for point in points[1:]:
        path.lineTo(*point)


def _arc(path: QPainterPath, x: float, y: float, radius: float, start: float, sweep: float) -> None:
    box = QRectF(x - radius, y - radius, 2 * radius, 2 * radius)
    path.arcMoveTo(box, start)
    path.arcTo(box, start, sweep)


def _globe(path: QPainterPath) -> None:
    path.addEllipse(QPointF(12, 12), 8.5, 8.5)
    path.addEllipse(QPointF(12, 12), 3.6, 8.5)
    _lines(path, (3.5, 12), (20.5, 12))


def _shield(path: QPainterPath) -> None:
    path.moveTo(12, 3.5)
    path.lineTo(19, 6.2)
    path.cubicTo(19, 13, 17.5, 17.5, 12, 20.5)
    path.cubicTo(6.5, 17.5, 5, 13, 5, 6.2)
    path.closeSubpath()


def _lock(path: QPainterPath) -> None:
    path.addRoundedRect(QRectF(5.5, 10.5, 13, 9.5), 2, 2)
    path.moveTo(8.5, 10.5)
    path.lineTo(8.5, 8)
    path.arcTo(QRectF(8.5, 4.2, 7, 7), 180, -180)
    path.lineTo(15.5, 10.5)
    _lines(path, (12, 14), (12, 16.5))


def _window(path: QPainterPath) -> None:
    path.addRoundedRect(QRectF(3.5, 5, 17, 14), 2, 2)
    _lines(path, (3.5, 9.2), (20.5, 9.2))
    _lines(path, (6.4, 7.1), (6.5, 7.1))
    _lines(path, (9, 7.1), (9.1, 7.1))


def _computer(path: QPainterPath) -> None:
    path.addRoundedRect(QRectF(3.5, 5, 17, 11.5), 1.8, 1.8)
    _lines(path, (12, 16.5), (12, 20))
    _lines(path, (8, 20), (16, 20))


def _radio(path: QPainterPath) -> None:
    for radius in (4.0, 8.0, 12.0):
        _arc(path, 12, 19, radius, 45, 90)
    path.addEllipse(QPointF(12, 18.6), 0.7, 0.7)


def _cable(path: QPainterPath) -> None:
    _lines(path, (8, 4), (16, 4), (16, 11), (8, 11), (8, 4))
    for x in (10.4, 13.6):
        _lines(path, (x, 4), (x, 6.6))
    path.moveTo(12, 11)
    path.cubicTo(12, 17.5, 18.5, 14, 18.5, 20.5)


def _router(path: QPainterPath) -> None:
    path.addRoundedRect(QRectF(3.5, 12.5, 17, 7), 1.8, 1.8)
    _lines(path, (7, 16), (7.1, 16))
    _lines(path, (10.2, 16), (10.3, 16))
    _lines(path, (16, 12.5), (16, 8.5))
    _arc(path, 16, 8, 3.4, 20, 140)


def _house_and_pole(path: QPainterPath) -> None:
    _lines(path, (4, 20), (4, 12.2), (8.5, 8.2), (13, 12.2), (13, 20), (4, 20))
    _lines(path, (18.5, 20.5), (18.5, 4))
    _lines(path, (16, 6.2), (21, 6.2))
    path.moveTo(10.5, 10)
    path.cubicTo(12.5, 10.2, 15, 9, 16, 6.2)


def _address_book(path: QPainterPath) -> None:
    path.addRoundedRect(QRectF(5, 3.8, 14, 16.4), 1.8, 1.8)
    _lines(path, (8.4, 3.8), (8.4, 20.2))
    _lines(path, (11.4, 8.5), (16, 8.5))
    _lines(path, (11.4, 12), (16, 12))
    _lines(path, (11.4, 15.5), (14.4, 15.5))


def _servers(path: QPainterPath) -> None:
    path.addRoundedRect(QRectF(4, 4.5, 16, 6.6), 1.6, 1.6)
    path.addRoundedRect(QRectF(4, 12.9, 16, 6.6), 1.6, 1.6)
    for y in (7.8, 16.2):
        _lines(path, (7.4, y), (7.5, y))
        _lines(path, (11, y), (16.6, y))


_SEGMENTS: Mapping[Segment, Callable[[QPainterPath], None]] = {
    Segment.DEVICE: _computer,
    Segment.LAN: _radio,
    Segment.GATEWAY: _router,
    Segment.ACCESS: _house_and_pole,
    Segment.INTERNET: _globe,
    Segment.DNS: _address_book,
    Segment.SECURITY: _shield,
    Segment.VPN: _lock,
    Segment.SERVICE: _servers,
}


def segment_icon(segment: Segment, *, wired: bool = False) -> QPainterPath:
    """The icon of a place on the way; the first stretch is drawn as Wi-Fi, unless it is known to be `wired`."""
    path = QPainterPath()
    if wired and segment is Segment.LAN:
        _cable(path)
    else:
        _SEGMENTS[segment](path)
    return path


def symptom_icon(symptom: Symptom) -> QPainterPath:
    """The icon of an answer to "what is wrong?"."""
    path = QPainterPath()
    match symptom:
        case Symptom.NO_INTERNET:
            _globe(path)
            _lines(path, (4, 4), (20, 20))
        case Symptom.SLOW:
            _arc(path, 12, 14.5, 8.5, -10, 200)
            _lines(path, (12, 14.5), (7.6, 10.6))
        case Symptom.UNSTABLE:
            _lines(path, (3, 12), (7, 12), (9.5, 5.5), (13.5, 18.5), (16, 12), (21, 12))
        case Symptom.ONE_SERVICE:
            _window(path)
            _lines(path, (9.6, 11.8), (14.4, 16.6))
            _lines(path, (14.4, 11.8), (9.6, 16.6))
        case Symptom.CALLS:
            path.addRoundedRect(QRectF(3, 7, 12, 10), 2, 2)
            _lines(path, (15, 11), (21, 7.8), (21, 16.2), (15, 13))
        case Symptom.VPN:
            _lock(path)
        case Symptom.CHECK_UP:
            path.addRoundedRect(QRectF(5, 5, 14, 15.5), 2, 2)
            path.addRoundedRect(QRectF(9, 3.2, 6, 3.6), 1, 1)
            _lines(path, (8.6, 13.2), (11, 15.6), (15.4, 10.8))
    return path


def mark_shape(mark: Mark) -> QPainterPath:
    """The shape inside the badge of a mark; each can be told from the others without colour."""
    path = QPainterPath()
    match mark:
        case Mark.OK:
            _lines(path, (6.5, 12.5), (10.5, 16.5), (17.5, 8.5))
        case Mark.WARN:
            _lines(path, (12, 6), (12, 13.5))
            _lines(path, (12, 17.6), (12, 17.7))
        case Mark.BROKEN:
            _lines(path, (7.5, 7.5), (16.5, 16.5))
            _lines(path, (16.5, 7.5), (7.5, 16.5))
        case Mark.UNKNOWN:
            path.moveTo(8.6, 9.4)
            path.cubicTo(8.8, 4.6, 15.8, 4.9, 15.5, 9.2)
            path.cubicTo(15.3, 11.6, 12.1, 11.6, 12, 14.2)
            _lines(path, (12, 17.9), (12, 18))
        case Mark.NOT_RUN:
            _lines(path, (7, 12), (17, 12))
        case Mark.RUNNING:
            for x in (7.0, 12.0, 17.0):
                _lines(path, (x, 12), (x + 0.1, 12))
    return path


def draw(painter: QPainter, path: QPainterPath, box: QRectF, colour: QColor, *, weight: float = 1.6) -> None:
    """Draw a shape of the grid into a square box; `weight` is the width of the pen on the grid."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(box.topLeft())
    painter.scale(box.width() / _GRID, box.height() / _GRID)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(colour, weight, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    painter.drawPath(path)
    painter.restore()


def draw_badge(painter: QPainter, mark: Mark, box: QRectF, colour: QColor, paper: QColor) -> None:
    """A filled round badge with the shape of a mark, cut out in the colour of the paper."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawEllipse(box)
    painter.restore()
    draw(painter, mark_shape(mark), box.adjusted(2, 2, -2, -2), paper, weight=3.2)
