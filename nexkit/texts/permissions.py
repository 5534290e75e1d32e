"""What this system did not permit in a run, in plain words, and how to permit it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from nexkit.facts.dns import ResolverAnswers
from nexkit.facts.echo import EchoMethod, EchoStats
from nexkit.facts.network import GatewayReach
from nexkit.facts.reach import Reach
from nexkit.facts.wifi import WifiReading
from nexkit.outcome import Completed, Failed, Failure, FailureKind
from nexkit.platform.settings import SystemSetting
from nexkit.run_record import RunRecord, StepResult
from nexkit.subject import Subject
from nexkit.texts import Texts
from nexkit.texts.probes import probe_text


class Permission(Enum):
    """What a system may keep from programs."""

    WIFI_NAMES = "wifi_names"
    LOCAL_NETWORK = "local_network"
    PINGS = "pings"
    NEIGHBOURS = "neighbours"
    OTHERS = "others"


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingPermission:
    """One thing that was not permitted."""

    permission: Permission
    title: str
    missing: str
    """What the answer lacks for it."""
    mend: str
    setting: SystemSetting | None
    """Where the user can permit it; None where that is not a matter of settings."""


_PINGING = frozenset({"ping", "load"})
_TOLD_APART = _PINGING | {"wifi", "lan"}
_PRIVILEGED = frozenset({"segment"})
"""Measured for administrators alone, as the program's makers mean it: nothing that a user misses."""
_NEAR = frozenset({Subject.GATEWAY})
"""Of the own network, to which a permission of its own belongs on macOS."""
_LOCATION_SYSTEMS = frozenset({"windows", "macos"})


def missing_permissions(record: RunRecord, texts: Texts) -> tuple[MissingPermission, ...]:
    """Everything that was refused in a run, what the user can mend first."""
    found = frozenset(_missing(record))
    return tuple(_worded(permission, record, texts) for permission in Permission if permission in found)


def _refused(record: RunRecord) -> frozenset[str]:
    """Probes that were refused as a whole, and not for whom they asked."""
    near = _NEAR if _local_network_closed(record) else frozenset()
    return (
        frozenset(
            result.probe
            for result in record.results
            if isinstance(result.outcome, Failed)
            and result.outcome.failure.kind is FailureKind.PERMISSION
            and result.subject not in near
        )
        - _PRIVILEGED
    )


def _missing(record: RunRecord) -> Iterator[Permission]:
    refused = _refused(record)
    facts = [result.outcome.fact for result in record.results if isinstance(result.outcome, Completed)]
    readings = [fact for fact in facts if isinstance(fact, WifiReading)]
    nameless = any(link.joined and not link.names_permitted for reading in readings for link in reading.links)
    if nameless or "wifi" in refused:
        yield Permission.WIFI_NAMES
    echoes = [fact for fact in facts if isinstance(fact, EchoStats)]
    by_icmp = {echo.target for echo in echoes if echo.method is EchoMethod.ICMP}
    fallback = any(echo.method is EchoMethod.TCP_CONNECT and echo.target not in by_icmp for echo in echoes)
    if fallback or refused & _PINGING:
        yield Permission.PINGS
    if any(fact.neighbour is None for fact in facts if isinstance(fact, GatewayReach)) or "lan" in refused:
        yield Permission.NEIGHBOURS
    if _local_network_closed(record):
        yield Permission.LOCAL_NETWORK
    if refused - _TOLD_APART:
        yield Permission.OTHERS


def _local_network_closed(record: RunRecord) -> bool:
    """Whether macOS 15 or later kept the program from its own network (Apple TN3179), or it looks like that.

    Connections to the router then fail at once as to a host that is not there, while the internet behind it answers.
    The platform asks the system which of both it is; where it got no answer, this is left to go by.
    """
    if record.system.system != "macos":
        return False
    if _local_network_denied(record):
        return True
    near = [
        answer
        for result in record.results
        if isinstance(result.outcome, Completed) and isinstance(result.outcome.fact, GatewayReach)
        for answer in result.outcome.fact.tcp
    ]
    beyond = any(
        isinstance(result.outcome, Completed)
        and isinstance(result.outcome.fact, EchoStats)
        and result.outcome.fact.received
        for result in record.results
        if result.subject is Subject.ANCHOR
    )
    unreachable = FailureKind.HOST_UNREACHABLE
    return bool(near) and beyond and all(each.failure is not None and each.failure.kind is unreachable for each in near)


def _local_network_denied(record: RunRecord) -> bool:
    """Whether the system itself said so."""
    failures = (failure for result in record.results for failure in _nearby(result))
    return any(failure is not None and failure.kind is FailureKind.PERMISSION for failure in failures)


def _nearby(result: StepResult) -> Iterator[Failure | None]:
    """What became of everything that was sent to somebody who may be of the own network."""
    match result.outcome:
        case Failed(failure=failure) if result.subject in _NEAR and result.probe in _PINGING:
            yield failure
        case Completed(fact=GatewayReach() as reach):
            yield from (answer.failure for answer in reach.tcp)
        case Completed(fact=ResolverAnswers() as answers):
            yield from (query.failure for query in answers.queries)
        case Completed(fact=Reach() as reach):
            yield from (attempt.failure for attempt in reach.attempts)
        case _:
            pass


def _worded(permission: Permission, record: RunRecord, texts: Texts) -> MissingPermission:
    _ = texts.gettext
    setting: SystemSetting | None = None
    administrator = _(
        "Only an administrator of this computer can permit it. The result is good without it in most cases."
    )
    match permission:
        case Permission.WIFI_NAMES:
            title = _("The name of the Wi-Fi could not be read")
            missing = _(
                "So it cannot be told whether this is the right Wi-Fi, or whether a better access point is near. The "
                "system takes the names of Wi-Fi networks for a hint to where you are."
            )
            mend = administrator
            if record.system.system in _LOCATION_SYSTEMS:
                setting = SystemSetting.LOCATION
                mend = _(
                    "To permit it, switch the location services on, and let this program (or desktop apps) use them. "
                    "Then test again."
                )
        case Permission.LOCAL_NETWORK:
            title = (
                _("This program may not speak to your own network")
                if _local_network_denied(record)
                else _("Perhaps this program may not speak to your own network")
            )
            missing = _("The router could not be asked anything, so it was told by other answers whether it is well.")
            mend = _("In the privacy settings, under “Local Network”, switch this program on. Then test again.")
            setting = SystemSetting.LOCAL_NETWORK
        case Permission.PINGS:
            title = _("Simple test packets (ping) are not permitted")
            missing = _("Connections were timed instead, so small losses may have gone unseen.")
            mend = administrator
        case Permission.NEIGHBOURS:
            title = _("The list of devices nearby could not be read")
            missing = _("Whether the router is there was told by its other answers alone.")
            mend = administrator
        case Permission.OTHERS:
            title = _("Some tests were not permitted")
            names = sorted(probe_text(probe, texts).name for probe in _refused(record) - _TOLD_APART)
            missing = _("Not tested for that reason: {names}.").format(names=", ".join(names))
            mend = administrator
    return MissingPermission(permission=permission, title=title, missing=missing, mend=mend, setting=setting)
