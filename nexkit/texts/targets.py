"""Words for whom a profile has the kit contact."""

from nexkit.profile import Profile
from nexkit.targets import TargetKind, targets
from nexkit.texts import Texts


def target_lines(profile: Profile, texts: Texts) -> tuple[str, ...]:
    """Every address and name that the profile lets the kit contact, one kind a line; before them those nearer by."""
    _ = texts.gettext
    kinds = {
        TargetKind.ANCHOR: _("Well-known addresses: {targets}"),
        TargetKind.NAME: _("Well-known names: {targets}"),
        TargetKind.LOOKUP: _("Names that are only looked up: {targets}"),
        TargetKind.RESOLVER: _("Name servers to compare: {targets}"),
        TargetKind.PORTAL: _("Check pages: {targets}"),
        TargetKind.CALLS: _("Servers for calls (UDP): {targets}"),
        TargetKind.TIME: _("Time servers: {targets}"),
        TargetKind.CARRIER: _("Inside the carrier's network: {targets}"),
        TargetKind.SERVICE: _("Services: {targets}"),
        TargetKind.VPN: _("VPN: {targets}"),
        TargetKind.LOAD: _("Test server: {targets}"),
    }
    shown = {kind: [each.shown for each in targets(profile) if each.kind is kind] for kind in kinds}
    lines = [words.format(targets=", ".join(shown[kind])) for kind, words in kinds.items() if shown[kind]]
    near = _("Your own network: the router, name servers and proxies that this computer is told to use")
    beyond = _("Your provider: the first routers on the way")
    return (near, beyond, *lines)
