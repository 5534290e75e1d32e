"""The drawing of a diagnosis: on the result page, and where an earlier report is looked at."""

from nexkit.diagnosis.verdict import Diagnosis
from nexkit.facts.network import InterfaceKind
from nexkit.run_record import RunRecord
from nexkit.texts import Texts
from ui.gui.present import link_of, place_name, place_word, places
from ui.gui.widgets.path_view import PathNode, PathView


def diagnosis_path(name: str, record: RunRecord, diagnosis: Diagnosis, texts: Texts) -> PathView:
    """The way from the computer to the service, with the place at fault."""
    _ = texts.gettext
    link = link_of(record)
    path = PathView(name, _("The way from this computer to the service"), _("The trouble is here"))
    path.show_nodes(
        [
            PathNode(
                segment=place.segment,
                mark=place.mark,
                label=place_name(place.segment, link, texts, diagnosis.verdict.cause),
                word=place_word(place, texts),
                here=place.here,
                wired=link is InterfaceKind.ETHERNET,
            )
            for place in places(diagnosis)
        ]
    )
    return path
