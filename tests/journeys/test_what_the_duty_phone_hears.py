"""A note about a household is heard on the duty phone before the caller is put through."""

from __future__ import annotations

from tests.journeys.people import TANG, Desk, Line, token
from tests.running_house import RunningHouse, until

STRANGER = "+8616299999999"


def test_a_note_from_the_console_is_heard_before_the_two_talk(house: RunningHouse, line: Line) -> None:
    home = house.one(
        "select p.household_id from persons p join contacts c on c.person_id = p.id where c.msisdn = %s", TANG
    )
    desk = Desk.sign_in(house)
    sent = desk.session.post(
        f"{house.url}/console/households/{home}/flags",
        data={"csrf_token": token(desk.page(f"/console/households/{home}")), "kind": "deaf", "note": "", "until": ""},
        timeout=20,
    )
    assert sent.status_code == 200, sent.status_code

    caller = line.call(TANG)
    caller.presses("0")
    duty = line.duty_rings()
    line.phones.answer(duty)

    assert [said["who"] for said in line.phones.call(duty)["transcript"]] == ["line", "system"]  # heard, then joined
    (heard,) = line.phones.heard(duty)
    assert heard.startswith("唐晓东来电。住")
    assert heard.endswith("2号楼1单元1002。耳朵不好，请说慢些。")
    assert TANG[-4:] not in heard
    assert heard not in caller.last()
    line.phones.say(caller.sid, "您好，我想问一下")
    line.phones.say(duty, "您好，我慢慢说")
    assert line.phones.call(duty)["transcript"][-2]["text"] == "您好，我想问一下"
    assert line.phones.call(caller.sid)["transcript"][-1]["text"] == "您好，我慢慢说"
    line.phones.hang_up(duty)

    assert caller.is_over
    assert house.one("select outcome from calls") == "person"
    assert line.phones.debugger() == []


def test_a_stranger_is_put_through_at_once(house: RunningHouse, line: Line) -> None:
    caller = line.call(STRANGER)
    caller.presses("0")
    duty = line.duty_rings()
    line.phones.answer(duty)

    assert line.phones.call(caller.sid)["bridged"]
    assert line.phones.heard(duty) == []


def test_in_danger_the_address_is_heard_first_and_a_talk_is_enough(house: RunningHouse, line: Line) -> None:
    caller = line.call(TANG)
    caller.says("厨房着火了")
    caller.hears("119")
    duty = line.duty_rings()
    line.phones.misbehave("webhook", "repeat", times=1)
    line.phones.answer(duty)
    line.phones.misbehave("webhook")
    assert line.phones.heard(duty)[0].startswith("紧急，")
    line.phones.hang_up(caller.sid)

    assert house.one("select outcome from calls") == "emergency"
    assert line.phones.call(duty)["status"] == "completed"
    until(lambda: house.one('select "placing" from calls_to_place') == "answered", "nobody needs to be rung any more")
