"""Marks of block pages: those of filters, and not those of ordinary sites."""

import pytest

from nexkit.facts.reach import BlockMark
from probes.exchange.block_page import block_marks
from probes.exchange.http1 import http_answer


def marks(body="", *, status=200, **headers):
    sent = [(name.encode(), value.encode()) for name, value in headers.items()]
    answer = http_answer(status, sent, host="www.example.com", first_byte_ms=1.0, total_ms=2.0, body=body.encode())
    return block_marks(answer)


@pytest.mark.parametrize(
    "title",
    [
        "Website blocked",
        "Access Denied",
        "Access has been restricted",
        "Web Filter Notification",
        "Policy violation",
        "アクセスがブロックされました",
        "閲覧を制限しています",
        "Site&nbsp;Blocked",
    ],
)
def test_a_title_that_speaks_of_blocking(title):
    assert BlockMark.TITLE in marks(f"<html><head><TITLE lang=en>{title}</TITLE></head></html>")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "ok",
        "<title>Mail</title><p>How to deal with blocked senders</p>",
        "<title>Blockchain news</title>",
        "<title>お知らせ</title>",
        "<title>Sign in</title>Our partners: Sophos, Zscaler",
    ],
)
def test_ordinary_pages_have_no_marks(body):
    assert marks(body, server="nginx") == ()


def test_a_product_s_own_page_is_known_by_its_text():
    body = "<title>Attention</title><h1>FortiGuard Intrusion Prevention</h1>Access has been blocked"
    assert marks(body, status=403) == (BlockMark.TEXT,)


@pytest.mark.parametrize(
    ("host", "is_filter"),
    [
        ("blocked.example.test", True),
        ("webfilter2.corp.example.com", True),
        ("block-page.example.net", True),
        ("login.example.com", False),
        ("blockbuster.example.com", False),
        ("www.example.com", False),
    ],
)
def test_where_a_redirect_points_to(host, is_filter):
    found = marks(status=302, location=f"http://{host}/why")
    assert found == ((BlockMark.REDIRECT,) if is_filter else ())


def test_status_451_and_the_server_header():
    assert marks(status=451, server="Sophos Web Appliance") == (BlockMark.SERVER, BlockMark.LEGAL)


def test_hostile_pages_are_read_up_to_a_limit():
    assert marks("<title" * 100_000) == ()
    assert marks("x" * 20_000 + "<title>Website blocked</title>") == ()


@pytest.mark.parametrize(
    ("name", "value", "challenged"),
    [
        ("cf-mitigated", "challenge", True),
        ("x-amzn-waf-action", "captcha", True),
        ("x-amzn-waf-action", "Challenge ", True),
        ("cf-mitigated", "", False),
        ("server", "challenge", False),
    ],
)
def test_a_task_for_browsers_is_known_by_its_header(name, value, challenged):
    sent = [(name.encode(), value.encode())]
    answer = http_answer(403, sent, host="www.example.com", first_byte_ms=1.0, total_ms=2.0, body=b"")
    assert answer.challenged is challenged
