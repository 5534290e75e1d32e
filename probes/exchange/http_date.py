"""The Date of a web server (RFC 9110, section 6.6.1), by a HEAD request."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import h11

from nexkit.clock import Clock
from nexkit.units import Seconds
from probes.exchange.http1 import HttpError, user_agent
from probes.exchange.stream import ByteStream

_MAX_HEAD_BYTES = 32_768
_MAX_DATE_CHARACTERS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class DateAnswer:
    """A server's clock, cut off to seconds, read somewhere between two moments of the monotonic clock."""

    date: datetime
    asked_s: Seconds
    got_s: Seconds


async def ask_date(stream: ByteStream, *, authority: str, clock: Clock) -> DateAnswer:
    """The Date header of any response; HttpError without a readable one, EOFError, and whatever the stream raises."""
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MAX_HEAD_BYTES)
    headers = [("Host", authority), ("User-Agent", user_agent()), ("Accept", "*/*"), ("Connection", "close")]
    request = h11.Request(method="HEAD", target="/", headers=headers)
    asked_s = clock.monotonic()
    await stream.send((connection.send(request) or b"") + (connection.send(h11.EndOfMessage()) or b""))
    while True:
        try:
            event = connection.next_event()
        except h11.RemoteProtocolError as error:
            raise HttpError from error
        if event is h11.NEED_DATA:
            data = await stream.receive()
            got_s = clock.monotonic()
            if not data:
                raise EOFError
            connection.receive_data(data)
        elif isinstance(event, h11.Response):
            return DateAnswer(date=_date(dict(reversed(list(event.headers)))), asked_s=asked_s, got_s=got_s)


def _date(headers: dict[bytes, bytes]) -> datetime:
    text = headers.get(b"date", b"")[:_MAX_DATE_CHARACTERS].decode("latin-1")
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError) as error:
        raise HttpError from error
    return date if date.tzinfo else date.replace(tzinfo=UTC)
