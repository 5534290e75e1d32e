"""A real Chromium without a screen and without any network, and what a page did in it."""

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import sync_playwright


@dataclass
class Behaviour:
    """What a page asked for and complained about."""

    requests: list = field(default_factory=list)
    """Addresses other than the page's own."""
    complaints: list = field(default_factory=list)
    """Lines of the console, and errors; a violation of the policy is one."""


@contextmanager
def chromium(folder):
    """The browser; skipped where there is none, or where it cannot be cut off from the network."""
    if os.environ.get("CI") != "true" and not all(map(shutil.which, ("chromium", "unshare", "pdftotext"))):
        pytest.skip("needs Chromium, unshare and pdftotext")
    starter = folder / "chromium-without-network"
    starter.write_text('#!/bin/sh\nexec unshare -rn -- chromium "$@"\n')
    starter.chmod(0o700)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=starter)
        yield browser
        browser.close()


@contextmanager
def opened(browser, file, *, scheme="light", width=1280):
    """A page, and its behaviour from the first byte on."""
    page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 900})
    behaviour = Behaviour()
    page.on("request", lambda request: behaviour.requests.append(request.url))
    page.on("console", lambda line: behaviour.complaints.append(f"{line.type}: {line.text}"))
    page.on("pageerror", lambda error: behaviour.complaints.append(str(error)))
    page.goto(file.as_uri())
    behaviour.requests.remove(file.as_uri())
    yield page, behaviour
    page.close()
