"""Host names as the protocols write them, and what is none."""

import re

_NAME = re.compile(
    r"(?=.{1,253}\.?$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.?"
)
_NUMBER = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)\.?")
"""Systems read `127.1`, `0x7f000001` or `2130706433` as an IPv4 address (inet_aton(3))."""


def wire_name(host: str) -> str:
    """A host name in ASCII and lower case (IDNA, RFC 3490); ValueError for what is no host name.

    Letters, digits, hyphen and underscore alone: nothing that could break out of a header line. A name whose last label
    is a number is none, because it would be looked up as an address in disguise.
    """
    try:
        name = host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        name = ""
    if not _NAME.fullmatch(name) or _NUMBER.fullmatch(name):
        raise ValueError(f"{host!r} is no host name")
    return name


def is_host_name(text: str) -> bool:
    """Whether the text is a host name, in any script."""
    try:
        wire_name(text)
    except ValueError:
        return False
    return True
