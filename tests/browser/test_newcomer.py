"""The newcomer at the phone page and the console, in a real browser: the whole story by hand, and what may go wrong."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, Locator, Page, ViewportSize, expect

from tests.journeys.people import PASSWORD
from tests.running_house import DUTY, RunningHouse

CODE = re.compile(r"([A-HJ-NP-Z])，(\d\d)，(\d\d)")
NARROW = ViewportSize(width=390, height=844)


class Handset:
    """One of the two telephones of the page."""

    def __init__(self, page: Page, name: str) -> None:
        self.box = page.locator(f"#{name}")

    @property
    def captions(self) -> Locator:
        """What is said in the call."""
        return self.box.locator('[data-part="captions"]')

    @property
    def thread(self) -> Locator:
        """The texts."""
        return self.box.locator('[data-part="thread"]')

    @property
    def owner(self) -> Locator:
        """Whose telephone it is."""
        return self.box.locator('[data-part="who"]')

    def dial(self) -> None:
        """Call the line and hear it begin."""
        self.box.locator('[data-do="dial"]').click()
        expect(self.captions.locator(".said-line")).not_to_have_count(0)

    def hears(self, words: str | re.Pattern[str]) -> None:
        """The line has said these words."""
        expect(self.captions.locator(".said-line").filter(has_text=words)).not_to_have_count(0)

    def says(self, words: str) -> None:
        """Type what is said."""
        self.box.locator('[data-part="say"] input').fill(words)
        self.box.locator('[data-part="say"] input').press("Enter")

    def presses(self, key: str) -> None:
        """Press a key."""
        self.box.locator(f'[data-key="{key}"]').click()

    def texts(self, words: str) -> None:
        """Write a text."""
        self.shows("texts")
        self.box.locator('[data-part="write"] input').fill(words)
        self.box.locator('[data-part="write"] input').press("Enter")

    def shows(self, tab: str) -> None:
        """Turn to calls or texts."""
        self.box.locator(f'[data-tab="{tab}"]').click()

    def gets(self, *words: str) -> None:
        """A text with all of these words is there."""
        text = self.thread.locator(".said-line")
        for word in words:
            text = text.filter(has_text=word)
        expect(text).not_to_have_count(0)


def test_the_newcomer_plays_the_whole_story_and_finds_it_in_the_console(
    house: RunningHouse, context: BrowserContext, page: Page
) -> None:
    page.goto(f"{house.phone_url}/?lang=zh")
    resident, provider = Handset(page, "call"), Handset(page, "text")
    expect(resident.owner.locator("option:checked")).to_contain_text("唐晓东")
    resident.dial()
    resident.hears("录音")
    resident.says("我家水管爆了")
    resident.hears("对吗")
    resident.says("对")
    resident.hears("2号楼1单元1002")
    resident.says("对")
    resident.hears(CODE)
    found = CODE.search(resident.captions.inner_text())
    assert found is not None
    code = "".join(found.groups())
    resident.says("没有了")
    expect(resident.box.locator('[data-do="dial"]')).to_be_visible()

    provider.gets(code, "回1加时间")
    assert "唐" not in provider.thread.inner_text()
    assert "1002" not in provider.thread.inner_text()
    provider.texts("1 40分钟到")
    provider.gets(code, "唐晓东", "1002")
    resident.gets(code, "10:4")
    provider.texts("到了")
    provider.texts("完工 120元")
    resident.gets(code, "120", "解决")
    resident.texts("1")
    resident.gets(code, "5")
    resident.texts("5")
    expect(page.locator("#feed")).to_contain_text("办结")
    expect(page.locator("#steps .now")).to_contain_text("工作台")

    with context.expect_page() as opened:
        page.locator("#events [data-link]").click()
    expect(page.locator("#tour-done")).to_be_visible()
    console = opened.value
    sign_in(console, house)
    console.goto(f"{house.url}/console/tickets/{code}")
    told = console.locator("main").inner_text()
    places = [told.find(words) for words in ("我家水管爆了", "1 40分钟到", "到了", "完工 120元")]
    assert "已办结" in told
    assert -1 not in places
    assert places == sorted(places)


def test_the_same_by_keypad_in_english(house: RunningHouse, page: Page) -> None:
    page.goto(f"{house.phone_url}/?lang=en")
    resident, provider = Handset(page, "call"), Handset(page, "text")
    expect(page.get_by_role("heading", level=1)).to_have_text("Simulator phone")
    resident.dial()
    resident.hears("recorded")
    resident.presses("#")
    resident.hears("press 1")
    resident.presses("1")
    resident.hears("building")
    resident.presses("1")
    resident.hears("code")

    provider.gets("回1加时间")
    provider.box.locator('[data-part="text-chips"] .pill').filter(has_text="没空").click()
    expect(page.locator("#feed")).to_contain_text("round 2")


def test_zero_lets_the_duty_telephone_ring_and_people_talk(house: RunningHouse, page: Page) -> None:
    page.goto(f"{house.phone_url}/?lang=zh")
    resident, duty = Handset(page, "call"), Handset(page, "text")
    resident.dial()
    resident.presses("0")

    expect(duty.owner).to_have_value(DUTY)
    duty.box.locator('[data-do="answer"]').click()
    expect(resident.box.locator('[data-part="bar-words"]')).to_contain_text("已接到")
    duty.says("您好，值班员")
    expect(resident.captions).to_contain_text("您好，值班员")
    resident.box.locator('[data-do="hangup"]').click()
    expect(duty.box.locator('[data-do="dial"]')).to_be_visible()


def test_the_clock_moves_and_the_morning_can_be_reached(house: RunningHouse, page: Page) -> None:
    page.goto(f"{house.phone_url}/?lang=zh")
    expect(page.locator("#clock")).to_contain_text(re.compile(r"^10:0[0-2]"))
    page.get_by_role("button", name="+10 分").click()
    expect(page.locator("#clock")).to_contain_text(re.compile(r"^10:1[0-2]"))
    page.get_by_role("button", name="到 8:00").click()
    expect(page.locator("#clock")).to_contain_text(re.compile(r"^08:0"))


def test_a_network_that_misbehaves_is_seen_and_put_right(house: RunningHouse, page: Page) -> None:
    page.goto(f"{house.phone_url}/?lang=zh")
    page.locator('[data-mischief="message"]').select_option("refuse")
    resident = Handset(page, "call")
    resident.dial()
    resident.says("我家水管爆了")
    resident.hears("对吗")
    resident.says("对")
    resident.hears("2号楼1单元1002")
    resident.says("对")
    expect(page.locator("#feed .t-bad").first).to_contain_text("接口拒绝")

    page.reload()
    expect(page.locator('[data-mischief="message"]')).to_have_value("refuse")
    page.locator('[data-mischief="message"]').select_option("")
    assert house.phones.received("+8616200000001") == []


def test_words_from_outside_stay_words(house: RunningHouse, page: Page) -> None:
    page.goto(f"{house.phone_url}/?lang=zh")
    resident = Handset(page, "call")
    hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    resident.texts(hostile)

    expect(resident.thread).to_contain_text(hostile)
    expect(page.locator("#feed")).to_contain_text("<img src=x")
    assert page.locator(".sim-grid img, .sim-grid script").count() == 0


def test_any_number_can_be_used_and_a_wrong_one_is_refused_in_words(house: RunningHouse, page: Page) -> None:
    page.goto(f"{house.phone_url}/?lang=zh")
    box = page.locator("#call")
    box.locator('[data-part="who"]').select_option("")
    box.locator('[data-part="own"] input').fill("12345")
    box.get_by_role("button", name="用这个号码").click()
    expect(box.locator('[data-part="error"]')).to_contain_text("完整号码")
    box.locator('[data-part="own"] input').fill("+86 162 9999 0001")
    box.get_by_role("button", name="用这个号码").click()

    Handset(page, "call").dial()
    assert len(house.phones.calls("+8616299990001")) == 1


def test_a_simulator_that_is_away_is_said_and_found_again(house: RunningHouse, page: Page) -> None:
    page.goto(f"{house.phone_url}/?lang=zh")
    expect(page.locator("#clock")).to_contain_text(":")
    page.route("**/sim/**", lambda route: route.abort())
    Handset(page, "call").texts("在吗")
    expect(page.locator('#call [data-part="error"]')).to_contain_text("没有应答")
    expect(page.locator('#call [data-part="write"] input')).to_have_value("在吗")


def test_the_narrow_page_shows_one_part_at_a_time_without_scrolling_sideways(house: RunningHouse, page: Page) -> None:
    page.set_viewport_size(NARROW)
    for lang, name in (("zh", "短信"), ("en", "Texts")):
        page.goto(f"{house.phone_url}/?lang={lang}")
        for part in ("call", "text", "events", "tour"):
            page.locator(f'.sim-nav a[href="#{part}"]').click()
            expect(page.locator(f"#{part}")).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], (lang, part)
        page.locator('.sim-nav a[href="#text"]').click()
        expect(page.locator("#text").get_by_role("tab", name=name)).to_be_visible()
        assert not page.locator("#call").is_visible()


def test_everything_one_can_use_has_a_name(house: RunningHouse, page: Page) -> None:
    page.goto(f"{house.phone_url}/?lang=en")
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, a")]
            .filter((one) => one.checkVisibility())
            .filter((one) => ![one.innerText, one.ariaLabel, one.labels?.[0]?.innerText].some((name) => name?.trim()))
            .map((one) => one.outerHTML.slice(0, 120))"""
    )

    assert nameless == []


def sign_in(page: Page, house: RunningHouse) -> None:
    """Sign in with the demo's first password, and replace it when that is asked for."""
    page.goto(f"{house.url}/sign-in?lang=zh")
    page.locator('input[name="login"]').fill("agent")
    page.locator('input[name="password"]').fill(house.password)
    page.locator('main button[type="submit"], form button[type="submit"]').first.click()
    if "/password" in page.url:
        page.locator('input[name="new"]').fill(PASSWORD)
        page.locator('input[name="again"]').fill(PASSWORD)
        page.locator('main button[type="submit"], form button[type="submit"]').first.click()
        house.password = PASSWORD
    page.wait_for_url("**/console/**")
