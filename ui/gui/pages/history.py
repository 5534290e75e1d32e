"""Room: reports that were made on this computer."""

from ui.gui.rooms import RoomContext, RoomPage


class HistoryPage(RoomPage):
    """Reports that were made on this computer."""

    def __init__(self, context: RoomContext) -> None:
        _ = context.texts.gettext
        super().__init__("history", context.texts, _("Earlier reports"))
