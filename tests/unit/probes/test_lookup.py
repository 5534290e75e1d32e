import asyncio
import socket

from scripted import NamesPlatform, context, measure

from nexkit.facts.dns import NameRole
from nexkit.outcome import FailureKind
from probes.lookup import LookupParams, LookupProbe


def test_every_name_is_looked_up_by_itself():
    platform = NamesPlatform({"www.example.com": ("198.18.0.1", "2001:db8::1"), "mail.example.net": ("198.18.0.3",)})
    params = LookupParams(controls=("www.example.com",), services=("mail.example.net", "198.18.0.7", "2001:db8::7"))
    progress = []
    ctx = context(platform, progress=progress)
    lookups = measure(LookupProbe(), params, ctx).lookups
    assert [(lookup.name, lookup.role, lookup.addresses) for lookup in lookups] == [
        ("www.example.com", NameRole.CONTROL, ("198.18.0.1", "2001:db8::1")),
        ("mail.example.net", NameRole.SERVICE, ("198.18.0.3",)),
    ]
    assert all(lookup.failure is None and lookup.time_ms > 0 for lookup in lookups)
    assert progress == [0.5, 1.0]
    assert ctx.spent_bytes > 0


def test_failures_are_told_apart():
    names = {
        "a.example.com": socket.gaierror(socket.EAI_NONAME, ""),
        "b.example.com": socket.gaierror(socket.EAI_NODATA, ""),
        "c.example.com": socket.gaierror(socket.EAI_AGAIN, ""),
        "d.example.com": None,
        "e.example.com": ("198.18.0.1",),
    }
    params = LookupParams(controls=tuple(names), timeout_s=0.01)
    lookups = measure(LookupProbe(), params, context(NamesPlatform(names))).lookups
    assert [lookup.failure and lookup.failure.kind for lookup in lookups] == [
        FailureKind.NAME_NOT_FOUND,
        FailureKind.NAME_NO_DATA,
        FailureKind.NAME_SERVER,
        FailureKind.TIMEOUT,
        None,
    ]
    assert {lookup.failure.step for lookup in lookups if lookup.failure} == {"resolve"}


def test_without_names_nothing_is_looked_up():
    platform = NamesPlatform({})
    assert measure(LookupProbe(), LookupParams(), context(platform)).lookups == ()
    assert platform.looked_up == []


def test_cancelled_it_ends_at_once():
    async def scene():
        params = LookupParams(controls=("www.example.com",), timeout_s=60)
        task = asyncio.create_task(LookupProbe().run(params, context(NamesPlatform({"www.example.com": None}))))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert asyncio.run(scene())
