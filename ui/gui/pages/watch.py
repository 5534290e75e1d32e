"""Room: measure lightly until the trouble comes, and see what broke when."""

from ui.gui.rooms import RoomContext, RoomPage


class WatchPage(RoomPage):
    """Measure lightly until the trouble comes, and see what broke when."""

    def __init__(self, context: RoomContext) -> None:
        _ = context.texts.gettext
        super().__init__("watch", context.texts, _("Watch the connection"))
