"""Words that ask for a load test: where it runs, what it does to the line, and what it costs."""

from nexkit.facts.load import LoadBackend
from nexkit.profile import Load
from nexkit.texts import Texts
from nexkit.texts.numbers import byte_size


def load_question(load: Load, texts: Texts) -> str:
    """The question itself, with the most that it transfers."""
    _ = texts.gettext
    return _("I also agree to the &load test, which transfers up to {size}").format(size=byte_size(load.max_bytes))


def load_detail(load: Load, texts: Texts) -> str:
    """Who is at the other end, and what it costs, a sentence a line."""
    _ = texts.gettext
    match load.backend:
        case LoadBackend.OOKLA:
            where = _(
                "It runs at Speedtest by Ookla, a public service that keeps and publishes the result together with "
                "your public address (terms: www.speedtest.net/about/terms). For some seconds it fills your line, and "
                "it uses up data volume on a mobile contract."
            )
        case LoadBackend.NDT7 if load.is_public:
            where = _(
                "It runs at a server of M-Lab, a public research service that publishes the result together with your "
                "public address (terms: www.measurementlab.net/privacy). For some seconds it fills your line, and it "
                "uses up data volume on a mobile contract."
            )
        case _:
            where = _(
                "Test server: {server}. For some seconds it fills your line, so calls of others may stutter, and it "
                "uses up data volume on a mobile contract."
            ).format(server=load.server)
    if load.likely_bytes is None:
        return where
    cost = _("On a line as fast as your organisation expects, it transfers about {size}.").format(
        size=byte_size(load.likely_bytes)
    )
    return f"{where}\n{cost}"
