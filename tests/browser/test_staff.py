"""Invited, with a second factor set up by an authenticator, signed in again by code: as a new supervisor does it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pyotp
from playwright.sync_api import Page, expect

from tests.running_house import RunningHouse

PASSWORD = "a sentence to remember"


def authenticator(page: Page) -> pyotp.TOTP:
    """The app that was told the secret of this page."""
    page.locator("summary", has_text="手工输入").click()
    return pyotp.TOTP(page.locator(".secret").inner_text().replace(" ", ""))


def press(page: Page) -> None:
    """The button of the form."""
    page.locator('main form button[type="submit"]').first.click()


def test_a_supervisor_comes_by_a_link_sets_up_an_authenticator_and_signs_in_with_it(
    house: RunningHouse, page: Page
) -> None:
    link = house.run(
        "-m", "flask", "staff", "add", "sv7", "马静", "--role", "shift_supervisor", "--place", "AH"
    ).strip()

    page.goto(link)
    expect(page.locator(".login-shown")).to_have_text("sv7")
    page.locator("#new").fill(PASSWORD)
    page.locator("#again").fill(PASSWORD)
    press(page)
    expect(page).to_have_url(re.compile("/second-factor/set-up"))
    page.goto(f"{house.url}/console/tickets")
    expect(page).to_have_url(re.compile("/second-factor/set-up"))
    drawn = page.locator("img.qr").evaluate("(picture) => picture.complete && picture.naturalWidth")
    assert drawn > 100
    app = authenticator(page)
    page.locator("#code").fill(app.at(datetime.now(UTC) - timedelta(seconds=30)))
    press(page)
    expect(page.locator(".recovery-codes li")).to_have_count(10)
    recovery = page.locator(".recovery-codes li").first.inner_text()
    page.get_by_role("link", name="收好了").click()
    expect(page).to_have_url(re.compile("/console/tickets"))

    page.get_by_role("button", name="退出").click()
    sign_in(page, house)
    page.goto(f"{house.url}/console/staff")
    expect(page).to_have_url(re.compile("/second-factor"))
    page.locator("#code").fill(app.now())
    press(page)
    expect(page).to_have_url(re.compile("/console/staff"))
    expect(page.get_by_role("link", name="马静").first).to_be_visible()

    page.get_by_role("button", name="退出").click()
    sign_in(page, house)
    page.locator("#code").fill(recovery)
    press(page)
    page.goto(f"{house.url}/console/account")
    expect(page.get_by_text("还有 9 个恢复码没用")).to_be_visible()


def sign_in(page: Page, house: RunningHouse) -> None:
    """Login and password."""
    page.goto(f"{house.url}/sign-in?lang=zh")
    page.locator("#login").fill("sv7")
    page.locator("#password").fill(PASSWORD)
    press(page)
    expect(page).to_have_url(re.compile("/second-factor"))
