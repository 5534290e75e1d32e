"""Room: version, profile in force, and the licences of everything shipped."""

from ui.gui.rooms import RoomContext, RoomPage


class AboutPage(RoomPage):
    """Version, profile in force, and the licences of everything shipped."""

    def __init__(self, context: RoomContext) -> None:
        _ = context.texts.gettext
        super().__init__("about", context.texts, _("About nexkit"))
