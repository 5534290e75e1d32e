"""What on a page looks like the word of a filter between this computer and the server."""

import html
import re
from collections.abc import Iterator
from http import HTTPStatus

from nexkit.facts.reach import BlockMark
from probes.exchange.http1 import HttpAnswer

_READ_BYTES = 16_384
_TITLE = re.compile(r"<title[^>]{0,100}>([^<]{0,300})", re.IGNORECASE)
_WORDS = re.compile(
    r"\bblock(ed|ing|page)?\b|\baccess (is |has been |was )?(denied|restricted|forbidden)\b"
    r"|\b(web|url|content|dns)[ -]?filter"
    r"|\bfiltered\b|\bpolicy violation\b|\b(denied|forbidden|prohibited) by\b|\brestricted (site|page|content)\b"
    r"|ブロック|フィルタ|(アクセス|閲覧|接続)(が|を|は)?(制限|拒否|禁止|規制)",
    re.IGNORECASE,
)
_TEXTS = re.compile(
    # Words of the block pages as their makers document them.
    r"fortiguard|web page blocked|zscaler|umbrella|opendns\.com|websense|forcepoint|blue ?coat|mcafee web gateway"
    r"|sophos|sonicwall|barracuda|palo alto networks|watchguard|untangle|netskope|check ?point|smoothwall|lightspeed"
    r"|securly|i-filter|intersafe|e2guardian|dansguardian|pi-hole|adguard|nextdns|err_access_denied",
    re.IGNORECASE,
)
_HOST_WORD = re.compile(
    r"(^|[.-])(web-?|url-?|dns-?|content-?)?(block|blocked|blockpage|block-page|filter|webfilter|urlfilter|denied|deny"
    r"|fortiguard|zscaler|opendns|umbrella|safebrowse|webguard|i-filter)[0-9]*([.-]|$)",
    re.IGNORECASE,
)
_SERVER = re.compile(
    r"zscaler|fortigate|blue ?coat|bluecoat|websense|sophos|barracuda|netskope|i-filter|webfilter", re.IGNORECASE
)


def block_marks(answer: HttpAnswer) -> tuple[BlockMark, ...]:
    """The marks that an answer has; of its body the first 16 KiB are read."""
    return tuple(_marks(answer))


def _marks(answer: HttpAnswer) -> Iterator[BlockMark]:
    text = html.unescape(answer.body[:_READ_BYTES].decode("utf-8", "replace"))
    title = _TITLE.search(text)
    blocks = bool(_WORDS.search(title[1] if title else ""))
    if blocks:
        yield BlockMark.TITLE
    if _TEXTS.search(text) and _WORDS.search(text):
        yield BlockMark.TEXT
    if answer.redirect_host is not None and _HOST_WORD.search(answer.redirect_host):
        yield BlockMark.REDIRECT
    if _SERVER.search(answer.server or ""):
        yield BlockMark.SERVER
    if answer.status == HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS:
        yield BlockMark.LEGAL
