"""Page: what will be measured, with what traffic, and the consent to it. Nothing is ticked beforehand."""

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from nexkit import kit_limits
from nexkit.consent import Consent
from nexkit.probe import ProbeSpec
from nexkit.profile import Profile, in_language
from nexkit.request import Depth
from nexkit.texts import Texts
from nexkit.texts.load import load_detail, load_question
from nexkit.texts.numbers import byte_size
from nexkit.texts.probes import probe_text
from nexkit.texts.targets import target_lines
from ui.gui.pages.base import CardGrid, Disclosure, PageBase, card, empty, plain_label, rule
from ui.gui.present import depth_text
from ui.gui.theme import current_theme
from ui.gui.widgets.choice import ChoiceCard, Tick

_LOAD_CONSENTS = frozenset({Consent.BULK_TRAFFIC, Consent.PUBLIC_BACKEND})


class AgreePage(PageBase):
    """Shows the probes with their traffic and asks for consent."""

    agreed = Signal(bool)

    def __init__(self, texts: Texts, profile: Profile) -> None:
        from report.unfinished import KEPT_DAYS

        _ = texts.gettext
        super().__init__(
            "agree",
            texts,
            _("What will be measured"),
            _(
                "Nothing has been sent yet. The tests send packets of their own and nothing of yours. What they find "
                "stays on this computer until you decide otherwise."
            ),
        )
        self._profile = profile
        self._specs: tuple[ProbeSpec, ...] = ()
        self._depths: dict[Depth, ChoiceCard] = {}
        has_load = profile.load.backend is not None
        depths = [depth for depth in Depth if depth is not Depth.FULL or has_load]
        grid = CardGrid(columns=len(depths), least_em=13)
        for depth in depths:
            title, detail = depth_text(depth, texts)
            choice = ChoiceCard(f"agree.{depth.value}", title, detail)
            choice.toggled.connect(self._show_probes)
            self._depths[depth] = choice
            grid.add(choice)
        self.column.addWidget(grid)

        frame, layout = card()
        layout.addWidget(plain_label(_("This happens"), "heading"))
        for words in (
            _("The network settings of this computer are read. Nothing is changed."),
            _(
                "Small test packets go to your router, to your provider, and to the services and well-known sites that "
                "the profile “{profile}” names."
            ).format(profile=in_language(profile.name, texts.language)),
            _("That is about half a megabyte as a rule, and never more than {most}, the load test aside.").format(
                most=byte_size(kit_limits.RUN_BYTES)
            ),
            _(
                "The results are deleted when the report is saved, when you throw them away, or when the program is "
                "started after {days} days."
            ).format(days=KEPT_DAYS),
        ):
            layout.addWidget(plain_label(words))
        self._table = QWidget()
        self._rows = QVBoxLayout(self._table)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(round(current_theme().em * 0.45))
        tests = QWidget()
        tests_layout = QVBoxLayout(tests)
        tests_layout.setContentsMargins(0, 0, 0, 0)
        tests_layout.addWidget(plain_label(_("The amounts are for each target."), "muted"))
        tests_layout.addWidget(self._table)
        layout.addWidget(Disclosure("agree.tests", _("Show each &test"), tests))
        whom = plain_label("\n".join(target_lines(profile, texts)), "muted", "agree.target_list")
        layout.addWidget(Disclosure("agree.targets", _("Show &whom exactly"), whom))
        self.column.addWidget(frame)

        self.consent = Tick(
            "agree.consent",
            _("I &agree that these tests are made now"),
        )
        self.consent.toggled.connect(self.agreed)
        self.add_to_foot(self.consent)
        self.load_consent = Tick(
            "agree.load_consent", load_question(profile.load, texts), load_detail(profile.load, texts)
        )
        self.load_consent.setVisible(False)
        self.add_to_foot(self.load_consent)
        self.problem = plain_label("", "problem", "agree.problem")
        self.problem.setVisible(False)
        self.add_to_foot(self.problem)
        self.column.addStretch(1)
        self._depths[Depth.STANDARD].setChecked(True)

    def show_specs(self, specs: Iterable[ProbeSpec]) -> None:
        """The probes of this installation are known now."""
        self._specs = tuple(specs)
        self._show_probes()

    def show_problem(self, words: str) -> None:
        """The tests of this installation could not be loaded."""
        self.problem.setText(words)
        self.problem.setVisible(True)

    def chosen_depth(self) -> Depth:
        """How much is to be measured."""
        return next(depth for depth, choice in self._depths.items() if choice.isChecked())

    def consents(self) -> frozenset[Consent]:
        """What was agreed to; empty without the tick."""
        if not self.consent.isChecked():
            return frozenset()
        base = frozenset({Consent.SYSTEM, Consent.ACTIVE_TRAFFIC})
        if self.chosen_depth() is not Depth.FULL or not self.load_consent.isChecked():
            return base
        if self._profile.load.is_public:
            return base | _LOAD_CONSENTS
        return base | {Consent.BULK_TRAFFIC}

    def reset(self) -> None:
        """Ask anew: consent holds for one run."""
        self.consent.setChecked(False)
        self.load_consent.setChecked(False)

    def _show_probes(self) -> None:
        """The rows of the probes that the chosen depth uses."""
        full = Depth.FULL in self._depths and self._depths[Depth.FULL].isChecked()
        self.load_consent.setVisible(full)
        empty(self._rows)
        shown = [spec for spec in self._specs if full or spec.consent not in _LOAD_CONSENTS]
        for number, spec in enumerate(shown):
            if number:
                self._rows.addWidget(rule())
            self._rows.addWidget(self._row(spec))

    def _row(self, spec: ProbeSpec) -> QWidget:
        """One probe: its name with the amount, and below it what it sends to whom."""
        _ = self.texts.gettext
        words = probe_text(spec.id, self.texts)
        if spec.consent is Consent.SYSTEM or spec.max_bytes == 0:
            amount = _("nothing sent")
        elif spec.consent in _LOAD_CONSENTS:
            amount = _("up to {size}").format(size=byte_size(min(spec.max_bytes, self._profile.load.max_bytes)))
        else:
            amount = _("up to {size}").format(size=byte_size(spec.max_bytes))
        cost = plain_label(amount, "muted", f"agree.amount.{spec.id}")
        cost.setAlignment(Qt.AlignmentFlag.AlignRight)
        row = QWidget()
        top = QHBoxLayout()
        top.addWidget(plain_label(words.name, name=f"agree.probe.{spec.id}"), 1)
        top.addWidget(cost)
        layout = QVBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(round(current_theme().em * 0.15))
        layout.addLayout(top)
        layout.addWidget(plain_label(words.sends, "muted"))
        return row
