"""A day with records in a real browser: a clerk's list, an agent's search, an officer's purpose, one forgotten."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, FilePayload, Page, ViewportSize, expect

from tests.running_house import RunningHouse

PASSWORD = "a sentence to remember"
WIDE, NARROW = ViewportSize(width=1440, height=900), ViewportSize(width=390, height=844)
HEADING = "编号,姓名,性别,出生日期,社区编码,地址,手机"
GOOD = "N1,欧阳晴,女,1988-03-04,AH010201,9号楼1单元101,16200009901"
LETTERS = "N2,钱多,男,1970-01-01,AH010201,9号楼1单元102,162OOOO9902"
ELSEWHERE = "N3,孙远,男,1971-01-01,AH020301,1号楼1单元101,16200009903"

STAFF = {
    "wu": ("吴佳怡", "clerk", "AH010201"),
    "li": ("李敏", "agent", "AH"),
    "he": ("何街", "street_officer", "AH0102"),
    "qi": ("齐街", "street_officer", "AH0203"),
    "zhou": ("周敏", "data_steward", "AH"),
}

Enter = Callable[[str], Page]


@pytest.fixture
def enter(house: RunningHouse, browser: Browser) -> Iterator[Enter]:
    """`enter("wu")`: invited by a link, and in. A browser of its own for everybody."""
    contexts = []
    stumbles: list[str] = []
    added = (
        ("staff", "add", login, name, "--role", role, "--place", place) for login, (name, role, place) in STAFF.items()
    )
    links = dict(zip(STAFF, house.flask(*added), strict=True))

    def come_in(login: str) -> Page:
        context = browser.new_context(viewport=WIDE, locale="zh-CN")
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: stumbles.append(str(error)))
        page.on("console", lambda told: stumbles.append(told.text) if told.type == "error" else None)
        page.goto(links[login].strip())
        page.locator("#new").fill(PASSWORD)
        page.locator("#again").fill(PASSWORD)
        page.locator('main form button[type="submit"]').first.click()
        expect(page).not_to_have_url(re.compile("/welcome/"))
        if "set-up" in page.url:
            page.locator("summary", has_text="手工输入").click()
            secret = page.locator(".secret").inner_text().replace(" ", "")
            page.locator("#code").fill(pyotp.TOTP(secret).now())
            page.locator('main form button[type="submit"]').first.click()
            expect(page.locator(".recovery-codes li")).to_have_count(10)
        return page

    yield come_in
    for context in contexts:
        context.close()
    assert [one for one in stumbles if "404" not in one] == []


def a_list(*lines: str) -> FilePayload:
    """A spreadsheet of the committee, saved as offices save them."""
    return {"name": "名单.csv", "mimeType": "text/csv", "buffer": "\r\n".join((HEADING, *lines, "")).encode("gb18030")}


def upload(house: RunningHouse, page: Page, file: FilePayload) -> None:
    """Choose the file, take the columns as guessed, and wait for the dry run."""
    page.goto(f"{house.url}/console/imports/new?lang=zh")
    page.set_input_files("input[type=file]", files=[file])
    if page.locator("[name=source] option").count() == 1:
        page.locator("[name=source_name]").fill("梧桐里台账")
    page.get_by_role("button", name="上传").click()
    page.get_by_role("button", name="检查名单").click()
    expect(page.get_by_text("拒收").first).to_be_visible()


def fits(page: Page) -> None:
    """Nothing sticks out to the side on a telephone."""
    page.set_viewport_size(NARROW)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"] + 1
    page.set_viewport_size(WIDE)


def test_a_resident_comes_by_a_list_is_found_is_seen_for_a_purpose_and_forgotten(
    house: RunningHouse, enter: Enter, tmp_path: Path
) -> None:
    clerk = enter("wu")
    the_clerk_loads_a_list(house, clerk, tmp_path)
    agent = enter("li")
    home = the_agent_finds_the_household(house, agent)
    the_street_officer_says_why(house, enter("he"), home)
    the_neighbours_officer_sees_nothing(house, enter("qi"), home)
    the_privacy_desk_answers_and_forgets(house, enter("zhou"))
    the_next_list_brings_nobody_back(house, clerk, agent)


def the_clerk_loads_a_list(house: RunningHouse, page: Page, folder: Path) -> None:
    """Sees what would be created and refused and why, loads it, and mends a refused row in the file that comes back."""
    upload(house, page, a_list(GOOD, LETTERS, ELSEWHERE))
    expect(page.get_by_text("可能把数字 0 写成了 O").first).to_be_visible()
    expect(page.get_by_text("还没有写入任何资料")).to_be_visible()
    fits(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="下载拒收的行").click()
    refused = folder / "refused.csv"
    download.value.save_as(refused)
    page.get_by_role("button", name="导入 1 人").click()
    expect(page.get_by_text("已导入").first).to_be_visible()
    fits(page)

    lines = refused.read_text(encoding="gb18030").splitlines()
    assert [line.split(",")[1] for line in lines[1:]] == ["钱多", "孙远"]
    assert "O" in lines[1].split(",")[-1]
    mended = lines[1].replace("162OOOO9902", "16200009902")
    file: FilePayload = {
        "name": "改好.csv",
        "mimeType": "text/csv",
        "buffer": "\r\n".join((lines[0], mended, "")).encode("gb18030"),
    }
    upload(house, page, file)
    page.get_by_role("button", name="导入 1 人").click()
    expect(page.get_by_text("已导入").first).to_be_visible()


def the_agent_finds_the_household(house: RunningHouse, page: Page) -> str:
    """Types initials, the end of the number and the door, and opens the row, all by keyboard; notes the dog."""
    page.goto(f"{house.url}/console/?lang=zh")
    for fragment in ("oyq", "9901", "9号楼1单元101"):
        page.keyboard.press("/")
        expect(page.locator("#q")).to_be_focused()
        page.keyboard.press("ControlOrMeta+A")
        page.keyboard.type(fragment)
        page.keyboard.press("Enter")
        expect(page.get_by_text(f"“{fragment}”")).to_be_visible()
        expect(page.get_by_text("欧阳晴").first).to_be_visible()
    page.keyboard.press("j")
    expect(page.get_by_role("link", name=re.compile("欧阳晴"))).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/households/"))
    expect(page.get_by_text("16200009901").or_(page.get_by_text("162 0000 9901")).first).to_be_visible()
    home = page.url
    flag = page.locator("details", has=page.locator("[name=kind] option[value=dog]"))
    flag.locator("summary").click()
    flag.locator("[name=kind]").select_option("dog")
    flag.locator("button").click()
    expect(page.locator(".flags-first")).to_contain_text("狗")
    fits(page)
    return home


def the_street_officer_says_why(house: RunningHouse, page: Page, home: str) -> None:
    """Finds her street's people masked, opens the household for a purpose, sees the number's end, then all of it."""
    page.goto(f"{house.url}/console/people?q=9901&lang=zh")
    expect(page.get_by_text("欧阳*").or_(page.get_by_text("欧**")).first).to_be_visible()
    expect(page.get_by_text("欧阳晴")).to_have_count(0)
    page.goto(home)
    expect(page.get_by_text("欧阳晴")).to_have_count(0)
    page.locator("#reason").fill("处理邻里纠纷投诉")
    page.get_by_role("button", name="打开并记录").click()
    expect(page.get_by_text("欧阳晴").first).to_be_visible()
    expect(page.get_by_text("162 •••• 9901").first).to_be_visible()
    fits(page)
    page.locator("details.reveal summary").first.click()
    page.locator("details.reveal [name=reason]").first.fill("要给本人回电话")
    page.locator("details.reveal button").first.click()
    expect(page.get_by_text("162 0000 9901").or_(page.get_by_text("16200009901")).first).to_be_visible()


def the_neighbours_officer_sees_nothing(house: RunningHouse, page: Page, home: str) -> None:
    """Another street: no hit, and the address of the page opens nothing."""
    page.goto(f"{house.url}/console/people?q=9901&lang=zh")
    expect(page.get_by_text("没找到")).to_be_visible()
    answer = page.goto(home)
    assert answer is not None
    assert answer.status == 404


def the_privacy_desk_answers_and_forgets(house: RunningHouse, page: Page) -> None:
    """What is held and from where; then erasure, with what goes and what stays before it."""
    page.goto(f"{house.url}/console/privacy?lang=zh")
    page.locator("#privacy-q").fill("欧阳晴")
    page.locator("#privacy-q").press("Enter")
    page.get_by_role("link", name=re.compile("欧阳晴")).first.click()
    page.get_by_role("link", name="查看或打印").click()
    expect(page.get_by_text("梧桐里台账").first).to_be_visible()
    fits(page)
    page.go_back()
    page.locator("#kind").select_option("erasure")
    page.locator("#channel").select_option(index=1)
    page.locator("#checked").select_option(index=1)
    page.get_by_role("button", name="登记").click()
    fits(page)
    page.get_by_role("checkbox").check()
    page.locator(".btn-danger").click()
    expect(page.get_by_text("（已删除）").first).to_be_visible()


def the_next_list_brings_nobody_back(house: RunningHouse, clerk: Page, agent: Page) -> None:
    """The same list again: the erased one is refused, the other one is there and unchanged."""
    upload(house, clerk, a_list(GOOD, LETTERS.replace("OOOO", "0000")))
    expect(clerk.get_by_text("要求删除").or_(clerk.get_by_text("已删除")).first).to_be_visible()
    expect(clerk.get_by_role("button", name=re.compile("导入 [1-9]"))).to_have_count(0)
    agent.goto(f"{house.url}/console/people?q=欧阳晴&lang=zh")
    expect(agent.get_by_text("没找到")).to_be_visible()
