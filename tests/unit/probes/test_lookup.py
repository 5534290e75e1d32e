import asyncio
import socket
from dataclasses import replace

import pytest
from scripted import NamesPlatform, context, measure

from nexkit.facts.dns import NameRole
from nexkit.outcome import FailureKind
from nexkit.platform.fake import FakePlatform
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
        "b.example.com": socket.gaierror(11004, ""),
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


DEEP = LookupParams(controls=("www.example.com",), deep=True, bare=("wiki",), resolver_names=("reveal.example.com",))


def test_on_request_the_system_is_asked_how_it_looks_names_up():
    platform = FakePlatform(names={"www.example.com": ("198.18.0.1",), "reveal.example.com": ("192.0.2.7",)})
    fact = measure(LookupProbe(), DEEP, context(platform))
    assert [(lookup.name, lookup.role) for lookup in fact.lookups] == [
        ("www.example.com", NameRole.CONTROL),
        ("wiki", NameRole.BARE),
        ("reveal.example.com", NameRole.ASKING_RESOLVER),
    ]
    assert fact.service == platform.service
    assert ("name_service", "www.example.com", "wiki", "reveal.example.com") in platform.calls


def test_a_system_that_does_not_tell_leaves_it_unknown():
    fact = measure(LookupProbe(), DEEP, context(FakePlatform(service=FileNotFoundError())))
    assert fact.service is None
    assert len(fact.lookups) == 3


def test_without_the_request_nothing_of_it_is_done():
    platform = FakePlatform()
    fact = measure(LookupProbe(), replace(DEEP, deep=False), context(platform))
    assert (fact.service, len(fact.lookups)) == (None, 1)
    assert platform.calls == [("resolve", "www.example.com")]


@pytest.mark.parametrize("field", [{"bare": ("a.b",)}, {"bare": ("",)}, {"resolver_names": ("bad name",)}])
def test_names_that_cannot_be_asked_for_are_refused(field):
    with pytest.raises(ValueError, match=r"label|host name"):
        LookupParams(**field)
