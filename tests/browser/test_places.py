"""A data steward at the keyboard: names a community's estate, splits it, sees what followed, takes it back."""

from __future__ import annotations

import re

import pyotp
from playwright.sync_api import Page, expect

from tests.running_house import RunningHouse

PASSWORD = "a sentence to remember"


def enter(page: Page, house: RunningHouse) -> None:
    """Come by the link, with an authenticator."""
    link = house.run("-m", "flask", "staff", "add", "ds1", "周敏", "--role", "city_officer", "--place", "AH").strip()
    page.goto(link)
    page.locator("#new").fill(PASSWORD)
    page.locator("#again").fill(PASSWORD)
    page.locator('main form button[type="submit"]').first.click()
    page.locator("summary", has_text="手工输入").click()
    secret = page.locator(".secret").inner_text().replace(" ", "")
    page.locator("#code").fill(pyotp.TOTP(secret).now())
    page.locator('main form button[type="submit"]').first.click()
    expect(page.locator(".recovery-codes li")).to_have_count(10)


def fits(page: Page) -> None:
    """Nothing sticks out to the side on a telephone."""
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 391
    page.set_viewport_size({"width": 1440, "height": 900})


def test_a_community_is_split_by_keyboard_and_the_split_taken_back(house: RunningHouse, page: Page) -> None:
    enter(page, house)
    page.goto(f"{house.url}/console/places")
    expect(page.get_by_role("link", name="梧桐里社区")).to_be_visible()
    fits(page)
    page.get_by_role("link", name="梧桐里社区").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="梧桐里社区")).to_be_visible()
    fits(page)

    page.get_by_role("link", name="调整区划").press("Enter")
    page.locator("#name_zh1").fill("梧桐东社区")
    page.locator("#name_en1").fill("Wutong East")
    page.locator("#name_zh2").fill("梧桐西社区")
    page.locator("#name_en2").fill("Wutong West")
    page.locator("input[type=radio][value='1']").first.focus()
    page.keyboard.press("Space")
    page.locator("#on").fill("2026-10-01")
    fits(page)
    page.get_by_role("button", name="预览变动").press("Enter")
    expect(page.get_by_text("AH010204")).to_be_visible()
    fits(page)
    page.get_by_role("button", name="从 2026-10-01 起拆分").press("Enter")
    expect(page.get_by_role("heading", name="梧桐东社区")).to_be_visible()

    page.goto(f"{house.url}/console/places?on=2026-09-30")
    expect(page.get_by_role("link", name="梧桐里社区")).to_be_visible()
    expect(page.get_by_role("link", name="梧桐东社区")).to_have_count(0)
    page.goto(f"{house.url}/console/places/AH010201")
    expect(page.get_by_text("接续：")).to_be_visible()
    page.get_by_role("button", name="撤销").press("Enter")
    expect(page.get_by_text("已撤销。")).to_be_visible()
    expect(page.get_by_role("link", name="调整区划")).to_be_visible()

    page.goto(f"{house.url}/console/duties?under=AH0102&lang=en")
    expect(page.get_by_text(re.compile(r"Holes: \d+"))).to_be_visible()
    fits(page)
