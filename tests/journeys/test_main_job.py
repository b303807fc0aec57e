"""A call becomes a finished, rated job: the whole story through real processes, in both languages."""

from __future__ import annotations

import re

from tests.journeys.people import TANG, Desk, Line, english_resident, text_at_once
from tests.running_house import RunningHouse, until

HARRIS = "+12025550117"


def test_a_burst_pipe_is_reported_mended_and_rated(house: RunningHouse, line: Line) -> None:
    call = line.call(TANG)
    call.hears("安禾", "录音")
    call.says("我家水管爆了")
    call.hears("维修", "对吗")
    call.says("对")
    call.hears("2号楼1单元1002")
    call.says("对")
    code = call.code()
    call.says("没有了")
    assert call.is_over
    line.gets(TANG, code)

    provider = line.provider_asked(code)
    offer = line.gets(provider, code)
    assert "唐" not in offer
    assert "1002" not in offer
    assert "16200000001" not in offer

    line.text(provider, "1 40分钟到")
    won = line.gets(provider, code, "1002")
    assert "唐晓东" in won
    assert "16200000001" in won
    visit = line.gets(TANG, code, "10:4")
    name = house.one("select name from providers where msisdn = %s", provider)
    assert name in visit

    line.text(provider, "到了")
    line.becomes(code, "in_progress")
    line.text(provider, "完工 120元")
    line.gets(TANG, code, "120", "解决")
    line.text(TANG, "1")
    line.becomes(code, "closed")
    line.gets(TANG, code, "5")
    line.text(TANG, "5")
    until(lambda: house.one("select score from follow_ups") == 5, "the score is kept")

    assert line.tasks() == []
    assert [one["code"] for one in line.phones.debugger()] == []
    assert house.rows("select outcome from inbound_sms where outcome <> 'handled'") == []
    assert house.rows("select outcome from calls where outcome <> 'ticket'") == []
    until(
        lambda: house.rows("select id from outbound_sms where delivery <> 'delivered'") == [],
        "every text is known to have arrived",
    )


def test_the_console_shows_the_closed_ticket_with_one_timeline(house: RunningHouse, line: Line) -> None:
    code = line.order_plumber()
    provider = line.provider_asked(code)
    line.text(provider, "1 40分钟到")
    line.gets(provider, code, "1002")
    line.text(provider, "到了")
    line.becomes(code, "in_progress")
    line.text(provider, "完工 120元")
    line.gets(TANG, code, "120")
    line.text(TANG, "1")
    line.becomes(code, "closed")
    line.text(TANG, "5")
    until(lambda: house.one("select score from follow_ups") == 5, "the score is kept")

    page = Desk.sign_in(house).page(f"/console/tickets/{code}?lang=zh")
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    story = ["我家水管爆了", "1 40分钟到", "到了", "完工 120元"]
    places = [words.find(part) for part in story]

    assert "已办结" in words
    assert -1 not in places, list(zip(story, places, strict=True))
    assert places == sorted(places)


def test_the_same_job_in_english(house: RunningHouse, line: Line) -> None:
    resident = english_resident(house)
    call = line.call(resident)
    call.hears("recorded", "0")
    call.says("my pipe burst, water everywhere")
    call.says("yes")
    call.says("yes")
    code = call.code()
    call.says("no thanks")
    assert call.is_over
    line.gets(resident, code)
    provider = line.provider_asked(code)

    line.text(provider, "1 40分钟到")
    visit = line.gets(resident, code, "10:4")
    line.text(provider, "到了")
    line.text(provider, "完工 120元")
    asked = line.gets(resident, code, "120", "solved")
    line.text(resident, "1")
    line.becomes(code, "closed")
    line.text(resident, "5")
    until(lambda: house.one("select score from follow_ups") == 5, "the score is kept")

    assert visit.startswith("[Anhe Community]")
    assert asked.isascii()


def test_the_same_job_by_keypad_alone(house: RunningHouse, line: Line) -> None:
    call = line.call(TANG)
    call.presses("#")
    call.hears("1", "2")
    call.presses("1")
    call.hears("2号楼1单元1002")
    call.presses("1")
    code = call.code()
    call.hangs_up()

    provider = line.provider_asked(code)
    line.text(provider, "1")
    line.gets(provider, code, "1002")

    assert house.one("select service from tickets where code = %s", code) == "plumbing"

    line.text(provider, "到了")
    line.text(provider, "完工 120元")
    line.gets(TANG, code, "120")
    line.text(TANG, "1")
    line.becomes(code, "closed")


def test_a_provider_who_has_no_time_makes_room_for_the_next(house: RunningHouse, line: Line) -> None:
    code = line.order_plumber()
    first = line.provider_asked(code)

    line.text(first, "没空")
    second = until(
        lambda: next((one for one in line.asked_providers(code) if one != first), ""), "the next provider is asked"
    )
    line.gets(second, code)
    line.text(second, "1 半小时到")
    line.gets(second, code, "1002")

    assert house.rows("select state, reason from dispatches where state = 'refused'") == [("refused", "busy")]
    assert line.state(code) == "acknowledged"


def test_of_two_who_accept_at_once_one_wins_and_the_other_is_told(house: RunningHouse, line: Line) -> None:
    code = line.order_plumber()
    first = line.provider_asked(code)
    line.text(first, "没空")
    both = until(lambda: found if len(found := line.asked_providers(code)) >= 2 else [], "two are asked at once")
    for number in both:
        line.gets(number, code)

    text_at_once(line, both, "1 20分钟到")
    line.becomes(code, "acknowledged")
    winner = house.one(
        "select p.msisdn from dispatches d join providers p on p.id = d.provider_id where d.state = 'accepted'"
    )
    line.gets(winner, code, "1002")
    for loser in set(both) - {winner}:
        line.gets(loser, code, "他人")
        assert len([body for body in line.phones.received(loser) if code in body]) == 2  # the offer, and who won

    assert winner in both
    assert len([body for body in line.phones.received(TANG) if "10:2" in body]) == 1


def test_an_offer_that_nobody_answers_goes_to_the_next(house: RunningHouse, line: Line) -> None:
    code = line.order_plumber()
    first = line.provider_asked(code)

    line.wait(11 * 60)
    second = until(
        lambda: next((one for one in line.asked_providers(code) if one != first), ""), "the next provider is asked"
    )
    line.gets(second, code)
    late = line.count(first)
    line.text(first, "1 马上到")
    line.gets(first, code, after=late)

    assert line.state(code) == "dispatched"
    assert house.rows("select 1 from dispatches where state = 'accepted'") == []
