"""Room: any probe by hand, the profile in force, and what this system permits."""

from ui.gui.rooms import RoomContext, RoomPage


class ExpertPage(RoomPage):
    """Any probe by hand, the profile in force, and what this system permits."""

    def __init__(self, context: RoomContext) -> None:
        _ = context.texts.gettext
        super().__init__("expert", context.texts, _("For experts"))
