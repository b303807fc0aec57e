"""The phone page itself: finding people, two calls at once, ringing, the tour, the keyboard, what is not to be seen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_newcomer import NARROW, Handset
from tests.running_house import DUTY, HOTLINE, RunningHouse, until

TANG = "+8616200000001"
LIU = "+8616200000003"
EAR = """
window.SpeechRecognition = class {
  start() { window.asked = this.lang; }
  stop() {
    if (window.trouble) this.onerror({ error: window.trouble });
    else this.onresult({ results: [[{ transcript: "我家水管" }], [{ transcript: "爆了" }]] });
    this.onend();
  }
};
"""
"""A browser's recognition that hears one sentence, or has `trouble`: no test machine has a microphone."""
VOICE = """
window.spoken = [];
Object.defineProperty(window, "speechSynthesis", { value: {
  speak: (one) => window.spoken.push([one.lang, one.text]), cancel: () => window.spoken.push(["", ""]),
} });
"""
"""A browser's voice that notes what it was given."""


def test_two_people_call_at_once_and_each_hears_his_own_call(house: RunningHouse, page: Page) -> None:
    page.goto(f"{house.phone_url}/?lang=zh")
    left, right = Handset(page, "call"), Handset(page, "text")
    right.owner.select_option(LIU)
    right.shows("call")
    left.dial()
    right.dial()
    left.says("我家水管爆了")
    left.hears("水暖")
    right.presses("#")
    right.hears("按1")

    assert "我家水管爆了" not in right.captions.inner_text()
    assert [call["status"] for call in (*house.phones.calls(TANG), *house.phones.calls(LIU))] == ["in-progress"] * 2
    left.box.locator('[data-do="hangup"]').click()
    expect(left.box.locator('[data-do="dial"]')).to_be_visible()
    expect(right.box.locator('[data-do="hangup"]')).to_be_visible()


def test_a_telephone_is_found_by_words_with_the_keyboard_alone(running_house: RunningHouse, page: Page) -> None:
    running_house.start()
    page.goto(f"{running_house.phone_url}/?lang=zh")
    left = Handset(page, "call")
    left.box.get_by_role("button", name="找一部电话").press("Enter")
    field = left.box.get_by_role("combobox", name="姓名、社区或号码")
    expect(field).to_be_focused()
    page.keyboard.type("刘明亮 望山")
    found = left.box.get_by_role("listbox", name="找一部电话")
    expect(found.get_by_role("option")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    expect(found.get_by_role("option", selected=True)).to_contain_text("座机")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")

    expect(left.owner).to_have_value(LIU)
    expect(field).to_be_hidden()
    expect(left.box.get_by_role("button", name="找一部电话")).to_be_focused()


def test_a_search_that_finds_nobody_says_what_else_to_do(running_house: RunningHouse, page: Page) -> None:
    running_house.start()
    page.goto(f"{running_house.phone_url}/?lang=en")
    left = Handset(page, "call")
    before = left.owner.input_value()
    left.box.get_by_role("button", name="Find a telephone").click()
    page.keyboard.type("nobody of this name")
    expect(left.box.get_by_role("status")).to_contain_text("No such telephone")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")

    expect(left.owner).to_have_value(before)


def test_a_telephone_that_rings_can_be_left_unanswered_by_choice(house: RunningHouse, page: Page) -> None:
    page.goto(f"{house.phone_url}/?lang=zh")
    duty = Handset(page, "text")
    duty.owner.select_option(DUTY)
    caller = house.phones.dial(TANG, HOTLINE)
    house.phones.digits(caller, "0")
    ring = duty.box.get_by_role("alert").filter(has_text="来电")
    expect(ring).to_be_visible()
    ring.get_by_role("button", name="拒接").click()

    expect(ring).to_be_hidden()
    assert [call["status"] for call in house.phones.calls(DUTY)] == ["busy"]


def test_what_is_spoken_while_the_button_is_held_is_said_in_the_call(house: RunningHouse, page: Page) -> None:
    page.add_init_script(EAR)
    page.goto(f"{house.phone_url}/?lang=zh")
    left = Handset(page, "call")
    left.dial()
    left.box.get_by_role("button", name="按住说话").hover()
    page.mouse.down()
    expect(left.box.get_by_placeholder("正在听")).to_be_visible()
    page.mouse.up()

    left.hears("水暖")
    expect(left.captions.locator(".said-me")).to_have_text("我家水管爆了")
    assert page.evaluate("window.asked") == "zh-CN"


@pytest.mark.parametrize(("trouble", "sentence"), [("not-allowed", "不让用话筒"), ("network", "没有应答")])
def test_a_browser_that_cannot_hear_says_so_once_and_typing_is_left(
    house: RunningHouse, page: Page, trouble: str, sentence: str
) -> None:
    page.add_init_script(f"{EAR} window.trouble = '{trouble}';")
    page.goto(f"{house.phone_url}/?lang=zh")
    left = Handset(page, "call")
    left.dial()
    microphone = left.box.get_by_role("button", name="按住说话")
    microphone.focus()
    page.keyboard.press("Space")

    expect(left.box.locator('[data-part="error"]')).to_contain_text(sentence)
    expect(microphone).to_be_hidden()
    expect(left.box.locator('[data-part="say"] input')).to_be_visible()


def test_the_browser_reads_the_line_aloud_where_that_is_wanted(house: RunningHouse, page: Page) -> None:
    page.add_init_script(VOICE)
    page.goto(f"{house.phone_url}/?lang=zh")
    left = Handset(page, "call")
    left.box.get_by_role("button", name="出声念").click()
    expect(left.box.get_by_role("button", name="出声念")).to_have_attribute("aria-pressed", "true")
    left.dial()
    expect(left.captions).to_contain_text("录音")

    spoken = until(lambda: page.evaluate("window.spoken.filter(([lang]) => lang)"), "something is spoken")
    assert {lang for lang, _ in spoken} == {"zh-CN"}
    assert "录音" in " ".join(text for _, text in spoken)


def test_the_tour_points_at_what_is_next_and_a_reload_moves_nothing(house: RunningHouse, page: Page) -> None:
    page.goto(f"{house.phone_url}/?lang=zh")
    left, now = Handset(page, "call"), page.locator('#steps [aria-current="step"]')
    expect(left.box.locator('[data-do="dial"].pointed')).to_be_visible()
    left.dial()
    expect(left.box.locator('[data-part="say"].pointed')).to_be_visible()
    left.says("我家水管爆了")
    expect(now).to_contain_text("说“对”")
    page.reload()
    expect(now).to_contain_text("说“对”")

    page.get_by_role("button", name="从头再来").click()
    page.reload()
    expect(page.locator("#feed")).to_contain_text("拨打热线")
    expect(now).to_contain_text("拨热线")


def test_a_tour_that_was_put_away_stays_away(running_house: RunningHouse, page: Page) -> None:
    running_house.start()
    page.goto(f"{running_house.phone_url}/?lang=zh")
    page.get_by_role("button", name="收起").click()
    expect(page.locator(".pointed")).to_have_count(0)
    page.reload()
    expect(page.locator("#steps")).to_be_hidden()
    page.get_by_role("button", name="展开").click()

    expect(page.locator("#steps")).to_be_visible()


def test_texts_that_were_read_are_not_new_again_after_a_reload(house: RunningHouse, page: Page) -> None:
    page.goto(f"{house.phone_url}/?lang=zh")
    left = Handset(page, "call")
    left.texts("我家水管爆了")
    expect(left.thread.locator(".said-line")).not_to_have_count(0)
    page.reload()
    expect(page.locator("#feed")).to_contain_text("我家水管爆了")
    left.owner.select_option(LIU)

    expect(page.locator('#text [data-part="waiting"]')).to_be_hidden()


def test_a_narrow_page_shows_one_part_and_nothing_of_the_others(running_house: RunningHouse, page: Page) -> None:
    running_house.start()
    page.set_viewport_size(NARROW)
    page.goto(f"{running_house.phone_url}/?lang=zh")
    parts = ("call", "text", "events", "tour")
    seen = {}
    for part in parts:
        page.locator(f'.sim-nav a[href="#{part}"]').click()
        expect(page.locator(f"#{part}")).to_be_visible()
        seen[part] = [one for one in parts if page.locator(f"#{one}").is_visible()]

    assert seen == {part: [part] for part in parts}


def test_no_control_of_a_narrow_telephone_sticks_out(house: RunningHouse, page: Page) -> None:
    page.set_viewport_size(NARROW)
    page.goto(f"{house.phone_url}/?lang=en")
    left = Handset(page, "call")
    left.dial()
    out = page.evaluate(
        """() => {
            const edge = document.querySelector("#call").getBoundingClientRect();
            return [...document.querySelectorAll("#call button, #call input, #call select")]
                .filter((one) => one.checkVisibility() && !one.closest(".chips"))
                .map((one) => [one.getBoundingClientRect(), one.outerHTML.slice(0, 80)])
                .filter(([box]) => box.right > edge.right || box.left < edge.left)
                .map(([, html]) => html);
        }"""
    )

    assert out == []


def test_the_city_s_time_is_shown_wherever_the_reader_is(house: RunningHouse, browser: Browser) -> None:
    with browser.new_context(timezone_id="America/New_York") as elsewhere:
        page = elsewhere.new_page()
        page.goto(f"{house.phone_url}/?lang=zh")

        expect(page.locator("#clock")).to_contain_text("10:0")
