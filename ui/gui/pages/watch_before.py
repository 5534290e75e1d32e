"""Before a watch: the offer to go on with an earlier one, what a watch does and asks whom, what it shall look at."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from nexkit.profile import Profile
from nexkit.texts import Texts
from nexkit.texts.numbers import byte_size
from nexkit.texts.targets import target_lines
from nexkit.units import Seconds
from nexkit.watch.budget import HOUR_BYTES
from ui.gui.pages.base import Disclosure, TurningBox, buddy_label, card, plain_label, push_button
from ui.gui.theme import current_theme
from ui.gui.widgets.service_list import ServiceList

_HOUR_S = 3600
_LENGTHS_H = (1, 4, 8, 24, 72)


class BeforePart(QWidget):
    """What is seen before a watch begins, but for the consent to it."""

    continue_wanted = Signal()
    """To go on with the earlier watch."""
    finish_wanted = Signal()
    """To see the result of the earlier watch."""
    discard_wanted = Signal()
    """To throw the earlier watch away."""

    def __init__(self, profile: Profile, texts: Texts) -> None:
        super().__init__()
        self._texts = texts
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(round(current_theme().em * 0.8))
        self._earlier = self._build_earlier()
        layout.addWidget(self._earlier)
        layout.addWidget(self._build_what(profile))
        nothing = texts.gettext("None in particular")
        self.services = ServiceList("watch.service", profile, texts, unchosen=nothing) if profile.services else None
        self.length = QComboBox()
        layout.addWidget(self._build_choice())

    def _build_earlier(self) -> QWidget:
        _ = self._texts.gettext
        frame, layout = card()
        self.earlier = plain_label("", name="watch.earlier")
        layout.addWidget(self.earlier)
        self.go_on = push_button("watch.continue", _("Go &on watching"), self.continue_wanted)
        self.finish = push_button("watch.finish_earlier", _("See the r&esult"), self.finish_wanted)
        discard = push_button("watch.discard_earlier", _("Throw it awa&y"), self.discard_wanted)
        ways = TurningBox(self.go_on, self.finish, least_em=26, fill=False)
        layout.addWidget(TurningBox(ways, discard, least_em=36, fill=False))
        frame.setVisible(False)
        return frame

    def _build_what(self, profile: Profile) -> QWidget:
        _ = self._texts.gettext
        frame, layout = card()
        layout.addWidget(plain_label(_("For trouble that comes and goes"), "heading"))
        for words in (
            _(
                "The program keeps an eye on the connection while you go on with your work. It notices by itself when "
                "something breaks, notes when and where, and looks into it at once. You can also tell it: “It is "
                "happening now”."
            ),
            _(
                "It needs next to nothing: at most {size} of data an hour and a hundredth of one processor core. "
                "It goes on after the computer has slept, and in another network."
            ).format(size=byte_size(HOUR_BYTES)),
            _(
                "Every few seconds it asks your router, well-known addresses on the internet, the name servers and the "
                "service that you choose whether they are there. When something breaks, the tests of a quick look are "
                "made. The results stay on this computer until you decide otherwise."
            ),
        ):
            layout.addWidget(plain_label(words))
        whom = plain_label("\n".join(target_lines(profile, self._texts)), "muted", "watch.target_list")
        layout.addWidget(Disclosure("watch.targets", _("Show &whom exactly"), whom))
        return frame

    def _build_choice(self) -> QWidget:
        _ = self._texts.gettext
        frame, layout = card()
        if self.services is not None:
            layout.addWidget(self.services)
        self.length.setMinimumHeight(round(current_theme().em * 1.9))
        self.length.addItem(_("Until I stop it"), None)
        for hours in _LENGTHS_H:
            self.length.addItem(self._hours_text(hours), hours * _HOUR_S)
        layout.addWidget(buddy_label("watch.length", _("&For how long?"), self.length))
        layout.addWidget(self.length)
        return frame

    def _hours_text(self, hours: int) -> str:
        days = hours // 24
        if days:
            return self._texts.ngettext("{count} day", "{count} days", days).format(count=days)
        return self._texts.ngettext("{count} hour", "{count} hours", hours).format(count=hours)

    def offer(self, words: str | None, *, usable: bool = True) -> None:
        """Offer the earlier watch that the words tell of; None: there is none. What is not `usable` can only go."""
        self._earlier.setVisible(words is not None)
        self.earlier.setText(words or "")
        for button in (self.go_on, self.finish):
            button.setVisible(usable)

    def set_ready(self, ready: bool) -> None:
        """Whether a watch can be taken up by now."""
        for button in (self.go_on, self.finish):
            button.setEnabled(ready)

    def service_id(self) -> str | None:
        """The service to watch; None: none."""
        return None if self.services is None else self.services.service_id()

    def limit_s(self) -> Seconds | None:
        """How long the watch shall go on; None: until it is stopped."""
        seconds = self.length.currentData()
        return None if seconds is None else Seconds(float(seconds))
