"""Finding and fetching a PAC file: by its address, or by what the network offers (WPAD, draft-ietf-wrec-wpad-01)."""

import asyncio
import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from nexkit.facts.proxy import PacFile, WpadName, WpadSearch
from nexkit.failures import BudgetExceededError, classify
from nexkit.host_name import is_host_name
from nexkit.outcome import Failure, FailureKind
from nexkit.platform.system_proxy import without_user
from nexkit.units import Bytes
from probes.exchange.hosts import authority
from probes.exchange.http1 import HttpAnswer, HttpError, get
from probes.exchange.stream import ByteStream
from probes.exchange.tls import NotTlsError
from probes.proxy.params import place_of
from probes.proxy.streams import Connector, StepError

STEP = "pac_fetch"
MAX_PAC_BYTES = 1024 * 1024
"""As Chromium has it."""
_MAX_NAMES = 4
_OK = 200
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A PAC file's fact so far, and its text; None where it could not be fetched."""

    pac: PacFile
    script: str | None


async def search(suffixes: Sequence[str], connector: Connector) -> tuple[WpadSearch, str | None]:
    """Ask DHCP and then for `wpad` in each of the search domains; what was asked, and the address found.

    Nothing is asked outside of these domains: a shorter one may belong to somebody else.
    """
    platform, clock = connector.ctx.platform, connector.ctx.clock
    began_s = clock.monotonic()
    try:
        async with asyncio.timeout(connector.step_timeout_s):
            url = await platform.dhcp_pac_url()
    except OSError:  # it took too long, or cannot be asked
        url = None
    dhcp_url, names = url, []
    for suffix in suffixes[:_MAX_NAMES] if url is None else ():
        name = f"wpad.{suffix.strip('.')}"
        if not is_host_name(name):
            continue
        asked_s = clock.monotonic()
        failure: Failure | None = None
        try:
            await connector.addresses(f"{name}.")
        except (OSError, BudgetExceededError) as error:
            failure = classify(error, step="resolve")
        names.append(WpadName(name=name, found=failure is None, took_ms=connector.since_ms(asked_s), failure=failure))
        if failure is None:
            url = f"http://{name}/wpad.dat"
            break
    found = WpadSearch(dhcp_url=dhcp_url, names=tuple(names), took_ms=connector.since_ms(began_s))
    return found, url


async def fetch(url: str, connector: Connector, *, from_wpad: bool) -> Fetched:
    """Fetch a PAC file directly, without following redirects; always comes back with a value."""
    began_s = connector.ctx.clock.monotonic()
    answer: HttpAnswer | None = None
    script: str | None = None
    failure: Failure | None = None
    try:
        answer = await _get(url, connector)
        if answer.status != _OK or len(answer.body) > MAX_PAC_BYTES:
            failure = Failure(kind=FailureKind.PROTOCOL, step=STEP)
        else:
            script = _text(answer.body)
    except StepError as error:
        failure = Failure(kind=error.failure.kind, step=STEP, os_code=error.failure.os_code)
    except (OSError, EOFError, BudgetExceededError) as error:
        failure = classify(error, step=STEP)
    except (HttpError, NotTlsError, ValueError):  # after OSError: an untrusted certificate is both
        failure = Failure(kind=FailureKind.PROTOCOL, step=STEP)
    return Fetched(
        pac=PacFile(
            url=without_user(url) or url,
            from_wpad=from_wpad,
            status=answer.status if answer else None,
            content_type=answer.content_type if answer else None,
            size_bytes=Bytes(len(answer.body)) if answer else None,
            fetch_ms=connector.since_ms(began_s),
            evaluate_ms=None,
            lookups=(),
            failure=failure,
        ),
        script=script,
    )


async def _get(url: str, connector: Connector) -> HttpAnswer:
    scheme, host, port = place_of(url)
    parts = urlsplit(url)
    async with connector.tcp(host, port) as tcp:
        stream: ByteStream = await connector.secured(tcp, host) if scheme == "https" else tcp
        async with asyncio.timeout(connector.step_timeout_s):
            return await get(
                stream,
                host=host,
                authority=authority(host, port, default_port=_DEFAULT_PORTS[scheme]),
                path=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
                clock=connector.ctx.clock,
                max_body_bytes=MAX_PAC_BYTES + 1,
            )


def _text(body: bytes) -> str:
    """UTF-8 where it is that, else every byte a character."""
    try:
        return body.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError:
        return body.decode("latin-1")
