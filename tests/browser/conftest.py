"""Fixtures of browser tests: a real Chromium at a real house; a page may log no error and break no policy."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, ViewportSize, expect, sync_playwright

WIDE = ViewportSize(width=1440, height=900)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The Chromium that `bin/chromium` found, or one on PATH."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "no Chromium: run `make test`, or set CHROMIUM to one"
    arguments = ["--disable-dev-shm-usage", "--proxy-server=direct://"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    expect.set_options(timeout=20_000)  # a busy machine is no broken page
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser without a past, wide, whose pages may not stumble."""
    context = browser.new_context(viewport=WIDE, locale="zh-CN")
    context.set_default_timeout(15_000)
    stumbles: list[str] = []
    cut_by_the_test = "net::ERR_FAILED"

    def note(told: ConsoleMessage) -> None:
        if told.type == "error" and cut_by_the_test not in told.text:
            stumbles.append(told.text)

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: stumbles.append(str(error)))
        page.on("console", lambda told: note(told))

    context.on("page", watch)
    yield context
    context.close()
    assert stumbles == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """One tab."""
    return context.new_page()
