"""The report as a PDF: what the page says, in one language, on A4, with text that can be searched and copied."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPageLayout, QPageSize, QPainter, QPdfWriter, QPen

from nexkit.diagnosis.verdict import Diagnosis, Grade, RungState, Severity, VerdictState
from nexkit.platform import fonts_need_screen
from nexkit.profile import Profile
from nexkit.run_record import RunRecord
from nexkit.texts import Texts
from report.figures import PAPER
from report.files import write_whole
from report.tables.table import Table
from report.view import Chart, FindingView, Place, ReportView, report_view
from ui.gui.paper import (
    RESOLUTION,
    Beside,
    Block,
    Card,
    Cells,
    Nothing,
    Pages,
    Picture,
    Stack,
    Style,
    Words,
    pt,
    searchable,
)
from ui.gui.paper import column_shares as shares_of
from ui.gui.present import MARK_OF_RUNG, Mark
from ui.gui.widgets.icons import draw, mark_shape, segment_icon

_GOOD, _DOUBT = "#1a7a47", "#8f5400"
_WHITE, _SOFT, _EDGE = "#ffffff", "#f4f6f8", "#b8c1cc"
_OF_MARK = {
    Mark.OK: _GOOD,
    Mark.WARN: _DOUBT,
    Mark.BROKEN: PAPER.bad,
    Mark.UNKNOWN: PAPER.muted,
    Mark.NOT_RUN: PAPER.muted,
}
_OF_STATE = {
    VerdictState.HEALTHY: (Mark.OK, _GOOD),
    VerdictState.FAULT: (Mark.BROKEN, PAPER.bad),
    VerdictState.INCONCLUSIVE: (Mark.UNKNOWN, PAPER.muted),
}
_OF_SEVERITY = {Severity.BLOCKING: PAPER.bad, Severity.DEGRADED: _DOUBT, Severity.CONTEXT: PAPER.muted}

_BODY = Style()
_STRONG = Style(bold=True)
_MUTED = Style(size=8.5, colour=PAPER.muted)
_SMALL = Style(size=7.8)
_SMALL_STRONG = Style(size=7.8, bold=True)
_SMALL_MUTED = Style(size=7.8, colour=PAPER.muted)
_COLUMN = Style(size=7.4, bold=True, colour=PAPER.muted)
_H1 = Style(size=16, bold=True)
_H2 = Style(size=12.5, bold=True)
_H3 = Style(size=10.5, bold=True)
_MARGIN_PT, _HEAD_PT, _FOOT_PT = 42, 58, 50
_PADDING_PT = 12
_FACTS_A_ROW = 4


def report_pdf(
    record: RunRecord, diagnosis: Diagnosis, profile: Profile | None, texts: Texts, *, report_id: str
) -> bytes:
    """The PDF of a redacted run, made in any thread; without an application of Qt one is made that has no screen."""
    view = report_view(record, diagnosis, profile, texts, report_id=report_id, colours=PAPER)
    with _application():
        return _Sheets(view).pdf()


def write_pdf(
    path: Path, record: RunRecord, diagnosis: Diagnosis, profile: Profile | None, texts: Texts, *, report_id: str
) -> None:
    """Write it to a file, for this user alone; OSError."""
    write_whole(path, report_pdf(record, diagnosis, profile, texts, report_id=report_id), mode=0o600)


@contextmanager
def _application() -> Iterator[None]:
    """Fonts want an application of Qt."""
    if QGuiApplication.instance() is not None:
        yield
        return
    application = QGuiApplication(["nexkit"] if fonts_need_screen() else ["nexkit", "-platform", "offscreen"])
    try:
        yield
    finally:
        application.shutdown()


class _Way:
    """The drawing of the way: a place, a shape and a word for each part of it."""

    def __init__(self, places: Sequence[Place], here: str) -> None:
        self._here = here
        self._places = places

    def _words(self, place: Place) -> Stack:
        colour = _OF_MARK[MARK_OF_RUNG[place.state]] if place.state in _TROUBLE else PAPER.muted
        return Stack(
            Words((place.name, Style(size=8.5, bold=True, centred=True))),
            Words((place.word, Style(size=8, bold=place.state in _TROUBLE, colour=colour, centred=True))),
            *([_Flag(self._here, _OF_MARK[MARK_OF_RUNG[place.state]])] if place.here else []),
            gap=pt(1.5),
        )

    def height(self, width: float) -> float:
        """Of the icons and the words below them."""
        step = width / len(self._places)
        return pt(38) + max(self._words(place).height(step - pt(6)) for place in self._places)

    def paint(self, painter: QPainter, at: QPointF, width: float) -> None:
        """The places, and what joins them: broken beyond the fault."""
        step = width / len(self._places)
        size = pt(29)
        passed = True
        for number, place in enumerate(self._places):
            middle = QPointF(at.x() + (number + 0.5) * step, at.y() + size / 2 + pt(2))
            if number:
                pen = QPen(QColor(_EDGE), pt(1.2))
                pen.setStyle(Qt.PenStyle.SolidLine if passed else Qt.PenStyle.DashLine)
                painter.setPen(pen)
                edge = size / 2 + pt(5)
                painter.drawLine(QPointF(middle.x() - step + edge, middle.y()), QPointF(middle.x() - edge, middle.y()))
            if place.here or place.state is RungState.FAIL:
                passed = False
            self._paint_place(painter, place, QRectF(middle.x() - size / 2, middle.y() - size / 2, size, size))
            words_at = QPointF(at.x() + number * step + pt(3), at.y() + pt(37))
            self._words(place).paint(painter, words_at, step - pt(6))

    def _paint_place(self, painter: QPainter, place: Place, box: QRectF) -> None:
        mark = MARK_OF_RUNG[place.state]
        quiet = mark in {Mark.UNKNOWN, Mark.NOT_RUN}
        pen = QPen(QColor(_OF_MARK[mark]), pt(2 if place.state in _TROUBLE else 1.2))
        if quiet:
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(QColor(_WHITE))
        painter.drawEllipse(box)
        inset = box.width() * 0.24
        draw(painter, segment_icon(place.segment), box.adjusted(inset, inset, -inset, -inset), QColor(PAPER.ink))
        side = box.width() * 0.42
        badge = QRectF(box.right() - side * 0.75, box.bottom() - side * 0.85, side, side)
        _paint_badge(painter, mark, badge)


_TROUBLE = frozenset({RungState.FAIL, RungState.WARN})


def _paint_badge(painter: QPainter, mark: Mark, box: QRectF) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(_WHITE))
    rim = box.width() * 0.12
    painter.drawEllipse(box.adjusted(-rim, -rim, rim, rim))
    painter.setBrush(QColor(_OF_MARK[mark]))
    painter.drawEllipse(box)
    inset = box.width() * 0.12
    draw(painter, mark_shape(mark), box.adjusted(inset, inset, -inset, -inset), QColor(_WHITE), weight=3.2)


class _Flag:
    """The words that point at the broken place."""

    def __init__(self, here: str, colour: str) -> None:
        self._words = Words((here, Style(size=7.8, bold=True, colour=_WHITE, centred=True)))
        self._colour = colour

    def _inner(self, width: float) -> float:
        """Somewhat wider than what is above it, where that keeps the words in one line."""
        natural = self._words.natural_width() + pt(1)
        return natural if natural <= width * 1.2 else width - pt(8)

    def height(self, width: float) -> float:
        """With a rim."""
        return self._words.height(self._inner(width)) + pt(5)

    def paint(self, painter: QPainter, at: QPointF, width: float) -> None:
        """White words on the colour of the state."""
        inner = self._inner(width)
        left = at.x() + (width - inner) / 2
        box = QRectF(left - pt(6), at.y() + pt(2), inner + pt(12), self.height(width) - pt(2))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._colour))
        painter.drawRoundedRect(box, pt(6), pt(6))
        self._words.paint(painter, QPointF(left, at.y() + pt(3.5)), inner)


class _Badge:
    """A mark with words beside it."""

    def __init__(self, mark: Mark, words: Words) -> None:
        self._mark = mark
        self._words = words

    def height(self, width: float) -> float:
        """Of the words."""
        return self._words.height(width - pt(18))

    def paint(self, painter: QPainter, at: QPointF, width: float) -> None:
        """The mark, then the words."""
        _paint_badge(painter, self._mark, QRectF(at.x(), at.y() + pt(0.5), pt(11), pt(11)))
        self._words.paint(painter, QPointF(at.x() + pt(17), at.y()), width - pt(18))


class _Meter:
    """How sure, as a bar; the words beside it say the same."""

    def __init__(self, share: float) -> None:
        self._share = share

    def height(self, width: float) -> float:
        """Of a line of text."""
        return pt(11)

    def paint(self, painter: QPainter, at: QPointF, width: float) -> None:
        """The bar on its rail."""
        painter.setPen(Qt.PenStyle.NoPen)
        for colour, share in ((PAPER.grid, 1.0), (PAPER.ink, self._share)):
            painter.setBrush(QColor(colour))
            painter.drawRoundedRect(QRectF(at.x(), at.y() + pt(3), width * share, pt(5.5)), pt(2.7), pt(2.7))


class _Sheets:
    """Lays the report onto pages."""

    def __init__(self, view: ReportView) -> None:
        self._view = view
        self._gettext = view.texts.gettext
        self._here = self._gettext("The fault is here")
        page = QPageSize(QPageSize.PageSizeId.A4).sizePixels(RESOLUTION)
        self._page = QRectF(0, 0, page.width(), page.height())
        self._pages = Pages(self._page.adjusted(pt(_MARGIN_PT), pt(_HEAD_PT), -pt(_MARGIN_PT), -pt(_FOOT_PT)))

    def pdf(self) -> bytes:
        """The whole file."""
        self._lay()
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        writer = QPdfWriter(buffer)
        writer.setResolution(RESOLUTION)
        writer.setPageLayout(
            QPageLayout(QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Portrait, QMarginsF())
        )
        view = self._view
        writer.setTitle(f"{view.state}{': ' if view.place else ''}{view.place} – nexkit {view.report_id}")
        writer.setCreator("nexkit")
        painter = QPainter(writer)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number in range(len(self._pages.pages)):
            if number:
                writer.newPage()
            self._paint_margins(painter, number)
            self._pages.paint(painter, number)
        painter.end()
        return searchable(bytes(buffer.data().data()))

    def _paint_margins(self, painter: QPainter, number: int) -> None:
        """What every page has: whose report, its number, the number of the page."""
        _ = self._gettext
        view = self._view
        left, width = pt(_MARGIN_PT), self._page.width() - 2 * pt(_MARGIN_PT)
        owner = f"nexkit {_('Network diagnosis')}" + (f" · {view.organisation}" if view.organisation else "")
        _Ends(Words((owner, _MUTED)), Words((view.report_id, _MUTED))).paint(painter, QPointF(left, pt(30)), width)
        foot = _("Page {number} of {count}").format(number=number + 1, count=len(self._pages.pages))
        _Ends(Words((view.began, _MUTED)), Words((foot, _MUTED))).paint(
            painter, QPointF(left, self._page.height() - pt(34)), width
        )

    # What stands on the pages

    def _lay(self) -> None:
        _ = self._gettext
        view, pages = self._view, self._pages
        self._lay_head()
        self._section(_("The way from this computer to the service"), [self._way()])
        if view.advice:
            numbered = [Words((f"{number}.  {line}", _BODY)) for number, line in enumerate(view.advice, start=1)]
            self._section(
                _("What to do now"), [Card(Stack(*numbered, gap=pt(3)), padding=pt(_PADDING_PT), frame=PAPER.grid)]
            )
        found = [block for each in view.findings for block in self._finding(each)]
        if view.place_evidence:
            found.insert(0, self._steps(_("Evidence"), view.place_evidence))
        self._section(_("What was found"), found)
        if view.record.request.note:
            self._section(_("In the user's words"), [Words((view.record.request.note, _BODY))])
        self._lay_watch()
        self._section(_("Good to know"), [block for each in view.context for block in self._finding(each)])
        self._lay_trials()
        self._lay_uses()
        self._lay_charts(view.charts)
        self._section(
            _("What stays open"),
            [
                Stack(Words((line, _BODY)), *(Words((f"•  {reason}", _MUTED)) for reason in reasons), gap=pt(2))
                for line, reasons in view.left_open
            ],
        )
        self._lay_not_tested()
        self._heading(_("Details"), keep=pt(80))
        for chapter in view.chapters:
            self._heading(chapter.title, _H3, keep=pt(60))
            for table in chapter.tables:
                self._table(table)
        self._heading(view.steps.title, _H3, keep=pt(60))
        self._table(view.steps, title=False)
        for raw in view.unknown:
            pages.skip(pt(8))
            pages.add(Words((f"{raw.step}  {raw.kind}", _STRONG)), keep=pt(30))
            pages.add(Words((_("Measured by a newer version of this program; shown as it was written."), _MUTED)))
            pages.add(Words((raw.text, _SMALL)))
        pages.skip(pt(10))
        for line in view.colophon:
            pages.add(Words((line, Style(size=7.6, colour=PAPER.muted))))

    def _lay_head(self) -> None:
        _ = self._gettext
        view = self._view
        mark, colour = _OF_STATE[view.diagnosis.verdict.state]
        state = [(view.state, Style(size=10.5, bold=True, colour=colour))]
        if view.place:
            state.append((f"  ·  {view.place}", Style(size=10.5)))
        parts: list[Block] = [_Badge(mark, Words(*state)), Words((view.sentence, _H1))]
        if view.stopped:
            parts.append(Words((view.stopped, _BODY)))
        if view.sureness:
            sure = Words((_("How sure: {sureness}").format(sureness=view.sureness), _BODY))
            parts.append(
                sure if view.confidence is None else Beside(_Meter(view.confidence), sure, shares=(1, 5.5), gap=pt(8))
            )
        if view.root_values:
            parts.append(self._facts(view.root_values))
        about = [view.began, _("Reported: {symptom}").format(symptom=view.complaint)]
        if view.record.request.ticket:
            about.append(f"{_('Ticket')}: {view.record.request.ticket}")
        if view.diagnosis.verdict.cause:
            about.append(view.diagnosis.verdict.cause)
        parts.append(Words(("   ·   ".join(about), _MUTED)))
        self._pages.add(Card(Stack(*parts, gap=pt(6)), padding=pt(_PADDING_PT + 2), frame=PAPER.grid, edge=colour))

    def _way(self) -> Block:
        view = self._view
        beside = [
            Stack(
                _Badge(
                    MARK_OF_RUNG[place.state],
                    Words((f"{place.name}  ", Style(size=8.5, bold=True)), (place.word, _MUTED)),
                ),
                *([_Flag(self._here, _OF_MARK[MARK_OF_RUNG[place.state]])] if place.here else []),
            )
            for place in view.beside
        ]
        parts: list[Block] = [_Way(view.way, self._here)]
        if beside:
            parts.append(Beside(*beside, gap=pt(8)))
        return Card(Stack(*parts, gap=pt(12)), padding=pt(_PADDING_PT), frame=PAPER.grid)

    def _facts(self, values: Sequence[tuple[str, str]]) -> Block:
        """Named values, some of them side by side."""
        cells: list[Block] = [Stack(Words((name, _MUTED)), Words((value, _STRONG))) for name, value in values]
        cells += [Nothing()] * (-len(cells) % _FACTS_A_ROW)
        rows = [Beside(*cells[at : at + _FACTS_A_ROW], gap=pt(8)) for at in range(0, len(cells), _FACTS_A_ROW)]
        return Card(Stack(*rows, gap=pt(4)), padding=pt(7), ground=_SOFT)

    def _steps(self, title: str, steps: Sequence[tuple[str, str]]) -> Block:
        lines = [Words((f"•  {step}  ", Style(size=8.5, bold=True)), (words, _MUTED)) for step, words in steps]
        return Stack(Words((title, Style(size=8.5, bold=True, colour=PAPER.muted))), *lines, gap=pt(1), loose=True)

    def _finding(self, each: FindingView) -> Iterator[Block]:
        """What it is in one piece, then what it stands on."""
        _ = self._gettext
        colour = _OF_SEVERITY[each.finding.severity]
        tags = [(each.severity, Style(size=8.5, bold=True, colour=colour)), (f"   {each.finding.cause}", _MUTED)]
        if not each.is_root:
            tags.append((f"   {_('How sure: {sureness}').format(sureness=each.sureness)}", _MUTED))
        parts: list[Block] = [Words((each.text.title, _H3)), Words(*tags)]
        if not each.is_root:
            parts.append(Words((each.text.sentence, _BODY)))
            if each.values:
                parts.append(self._facts(each.values))
        if each.text.desk:
            desk = Words((f"{_('For the support desk')}: ", _STRONG), (each.text.desk, _BODY))
            parts.append(Card(desk, padding=pt(7), ground=_SOFT))
        if each.explains:
            parts.append(Words((f"{_('Explains as well')}: {', '.join(each.explains)}", _MUTED)))
        yield Card(Stack(*parts, gap=pt(4)), padding=pt(_PADDING_PT), frame=PAPER.grid)
        if each.evidence:
            yield self._steps(_("Evidence"), each.evidence)
        if each.against:
            yield self._steps(_("Against it"), each.against)

    def _lay_watch(self) -> None:
        watch = self._view.watch
        if watch is None:
            return
        picture = Picture(str(watch.picture), widest=pt(340))
        self._section(
            self._gettext("The watch"),
            [Words((watch.words, _BODY)), *(Words((note, _MUTED)) for note in watch.notes), picture],
        )
        for table in (watch.happenings, watch.answers):
            if table.rows:
                self._table(table)

    def _lay_trials(self) -> None:
        view = self._view
        if not view.trials:
            return
        self._heading(self._gettext("Changed after this run, and tested again"), keep=pt(70))
        for trial in view.trials:
            self._pages.add(Words((trial.name, _H3)), keep=pt(50))
            self._pages.add(Words((trial.words, _BODY)))
            if trial.table.rows:
                self._table(trial.table)
            else:
                self._pages.add(Words((trial.table.note, _MUTED)))

    def _lay_uses(self) -> None:
        _ = self._gettext
        if not self._view.uses:
            return
        self._heading(_("What this connection is good for"), keep=pt(70))
        columns = [Words((word, _COLUMN)) for word in (_("use"), _("class"), _("measured values"))]
        rows = []
        for use in self._view.uses:
            values: list[tuple[str, Style]] = []
            for grade, text in use.values:
                values += [("\n", _SMALL)] if values else []
                values.append((text, _SMALL if grade is Grade.GOOD else _SMALL_STRONG))
            rows.append(
                [
                    Words((use.name, _SMALL)),
                    Words((use.word, _SMALL_STRONG)),
                    Words(*values or [("–", _SMALL)]),
                ]
            )
        shares = shares_of([columns, *rows], self._pages.width)
        self._pages.add_table(None, Cells(columns, shares, _EDGE), [Cells(row, shares) for row in rows])

    def _lay_charts(self, charts: Sequence[Chart]) -> None:
        if not charts:
            return
        drawn: list[Block] = [self._chart(chart) for chart in charts]
        drawn += [Nothing()] * (len(drawn) % 2)
        rows = [Beside(*drawn[at : at + 2], gap=pt(18)) for at in range(0, len(drawn), 2)]
        self._heading(self._gettext("Measurements"), keep=rows[0].height(self._pages.width))
        for row in rows:
            self._pages.add(row)
            self._pages.skip(pt(8))

    def _chart(self, chart: Chart) -> Block:
        figures: list[tuple[str, Style]] = []
        for name, value in chart.figures:
            figures += [(f"{name} ", _MUTED), (f"{value}    ", Style(size=8.5, bold=True))]
        return Stack(
            Words((chart.title, _STRONG)),
            Words((chart.target or "–", _MUTED)),
            *([Words(*figures)] if figures else []),
            Picture(str(chart.picture), widest=pt(250)),
            gap=pt(1),
        )

    def _lay_not_tested(self) -> None:
        view = self._view
        if not view.not_tested.rows and not view.withheld:
            return
        self._heading(view.not_tested.title, keep=pt(60))
        if view.not_tested.rows:
            self._table(view.not_tested, title=False)
        if view.withheld:
            said = f"{self._gettext('Measured, and not shared by the user:')} {', '.join(view.withheld)}"
            self._pages.add(Words((said, _MUTED)))

    def _section(self, title: str, blocks: Sequence[Block]) -> None:
        """A heading and what stands below it; nothing where there is nothing."""
        if not blocks:
            return
        first = min(blocks[0].height(self._pages.width), pt(300))
        self._heading(title, keep=first)
        for block in blocks:
            self._pages.add(block)
            self._pages.skip(pt(7))

    def _heading(self, title: str, style: Style = _H2, *, keep: float) -> None:
        self._pages.skip(pt(10))
        self._pages.add(Words((title, style)), keep=keep + pt(6))
        self._pages.skip(pt(4))

    def _table(self, table: Table, *, title: bool = True) -> None:
        named = not table.columns[0]
        rows = [
            [Words((cell, _SMALL_MUTED if named and not number else _SMALL)) for number, cell in enumerate(row)]
            for row in table.rows
        ]
        columns = [Words((column, _COLUMN)) for column in table.columns]
        shares = shares_of([columns, *rows], self._pages.width)
        heading: list[Block] = []
        if title:
            heading.append(Words((table.title, Style(size=9, bold=True))))
            if table.note:
                heading.append(Words((table.note, _SMALL_MUTED)))
        head = Cells(columns, shares, _EDGE) if any(table.columns) else None
        self._pages.add_table(Stack(*heading) if heading else None, head, [Cells(row, shares) for row in rows])
        self._pages.skip(pt(9))


class _Ends:
    """One at the left end of a line, one at its right."""

    def __init__(self, left: Words, right: Words) -> None:
        self._left = left
        self._right = right

    def height(self, width: float) -> float:
        """Of a line."""
        return self._left.height(width * 0.6)

    def paint(self, painter: QPainter, at: QPointF, width: float) -> None:
        """Both."""
        self._left.paint(painter, at, width * 0.6)
        wide = min(self._right.natural_width() + pt(1), width * 0.4)
        self._right.paint(painter, QPointF(at.x() + width - wide, at.y()), wide)
