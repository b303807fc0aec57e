"""The privacy desk as a data steward works it: what is held, a hold, an erasure that waits and goes on by itself."""

from __future__ import annotations

import re

import pyotp
from playwright.sync_api import Page, expect

from tests.running_house import RunningHouse, until

PASSWORD = "a sentence to remember"


def comes_by_invitation(house: RunningHouse, page: Page) -> None:
    """A new data steward chooses a password and sets up an authenticator."""
    added = ("add", "steward7", "周文", "--role", "data_steward", "--place", "AH")
    page.goto(house.run("-m", "flask", "staff", *added).strip())
    page.locator("#new").fill(PASSWORD)
    page.locator("#again").fill(PASSWORD)
    page.locator('main form button[type="submit"]').first.click()
    expect(page).to_have_url(re.compile("/second-factor/set-up"))
    page.locator("summary", has_text="手工输入").click()
    app = pyotp.TOTP(page.locator(".secret").inner_text().replace(" ", ""))
    page.locator("#code").fill(app.now())
    page.locator('main form button[type="submit"]').first.click()
    expect(page.locator(".recovery-codes li")).to_have_count(10)


def test_a_resident_is_told_what_is_held_and_is_forgotten_when_nothing_stands_against_it(
    house: RunningHouse, page: Page
) -> None:
    person_id, name = house.rows(
        "select p.id, p.name from persons p where not exists (select from tickets t where t.person_id = p.id)"
        " and p.erased_at is null order by p.id desc limit 1"
    )[0]
    comes_by_invitation(house, page)

    page.goto(f"{house.url}/console/privacy?lang=zh")
    page.locator("#privacy-q").fill(name)
    page.get_by_role("button", name="找人").click()
    page.locator(f'a[href$="/privacy/people/{person_id}"]').click()
    page.get_by_role("link", name="查看或打印").click()
    expect(page.get_by_role("heading", name=f"{name} 的个人信息")).to_be_visible()
    expect(page.get_by_text("来自 导入的名单").first).to_be_visible()
    expect(page.get_by_role("button", name="打印")).to_be_visible()
    with page.expect_download() as told:
        page.get_by_role("link", name="下载 JSON").click()
    assert name in told.value.path().read_text(encoding="utf-8")

    page.goto(f"{house.url}/console/privacy/people/{person_id}")
    page.locator("#reason").fill("(2026)皖01民初7号")
    page.get_by_role("button", name="设置保留").click()
    page.locator("#kind").select_option("erasure")
    page.locator("#channel").select_option("desk")
    page.locator("#checked").select_option("document")
    page.get_by_role("button", name="登记").click()
    expect(page.get_by_text("有生效的法律保留")).to_be_visible()
    page.get_by_label("已核实申请人身份").check()
    page.get_by_role("button", name=f"上述情况结束后删除 {name} 的信息").click()
    expect(page.get_by_text("已决定删除")).to_be_visible()

    page.goto(f"{house.url}/console/privacy?tab=holds")
    page.get_by_role("button", name="结束保留").click()
    until(lambda: house.one("select name from persons where id = %s", person_id) == "", "the job goes on")
    page.goto(f"{house.url}/console/privacy?tab=settled")
    expect(page.get_by_text("（已删除）").first).to_be_visible()
    expect(page.get_by_text(name)).to_have_count(0)
