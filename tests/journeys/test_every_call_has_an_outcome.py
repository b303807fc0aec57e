"""However a call ends, it came to something: a person, a voicemail, a ticket, a return call; nobody is forgotten."""

from __future__ import annotations

from tests.journeys.people import TANG, Line
from tests.running_house import DUTY, RunningHouse, until


def outcome(house: RunningHouse) -> str:
    """What the only call came to, once it is over."""
    until(lambda: house.rows("select 1 from calls where ended_at is not null and direction = 'in'"), "the call ended")
    return str(house.one("select outcome from calls where direction = 'in'"))


def test_zero_at_any_time_reaches_a_person(house: RunningHouse, line: Line) -> None:
    call = line.call(TANG)
    call.presses("0")
    call.hears("转人工")

    duty = line.duty_rings()
    line.phones.answer(duty)
    until(lambda: line.phones.call(duty)["status"] == "in-progress", "the duty officer talks")
    call.hangs_up()

    assert outcome(house) == "person"
    assert line.tasks("return_call") == []


def test_where_nobody_answers_a_voicemail_becomes_a_ticket(house: RunningHouse, line: Line) -> None:
    call = line.call(TANG)
    call.says("我家水管爆了")
    call.presses("0")
    line.phones.decline(line.duty_rings())
    until(lambda: "滴声" in call.last(), "a message may be left")
    call.says("我家水管爆了，在梧桐里，快来人")
    call.hangs_up()

    assert outcome(house) == "voicemail"
    code = until(lambda: house.rows("select about from voicemails where about <> ''"), "it is on a ticket")[0][0]
    assert house.rows(
        "select tasks.kind, code from tasks join tickets on tickets.id = ticket_id where tasks.done_at is null"
    ) == [("voicemail", code)]


def test_silence_ends_with_a_person_and_no_trap(house: RunningHouse, line: Line) -> None:
    call = line.call(TANG)
    for _ in range(3):
        if line.phones.ringing(DUTY):
            break
        call.is_silent()
    line.phones.answer(line.duty_rings())
    call.hangs_up()

    assert outcome(house) == "person"


def test_hanging_up_before_anything_was_said_owes_a_return_call(house: RunningHouse, line: Line) -> None:
    line.call(TANG).hangs_up()

    assert outcome(house) == "return_call"
    assert line.tasks() == [("return_call", "hung_up")]


def test_hanging_up_after_the_matter_was_understood_leaves_a_ticket(house: RunningHouse, line: Line) -> None:
    call = line.call(TANG)
    call.says("我家水管爆了")
    call.hangs_up()

    assert outcome(house) == "return_call"
    assert house.rows("select service from tickets") == [("plumbing",)]
    assert line.tasks() == [("return_call", "hung_up")]


def test_danger_is_advised_at_once_and_the_duty_officer_is_told(house: RunningHouse, line: Line) -> None:
    call = line.call(TANG)
    call.says("着火了，快来人，三楼冒烟")
    call.hears("119")
    call.hangs_up()

    assert outcome(house) == "emergency"
    assert house.rows("select kind, tier from tickets") == [("emergency", "T1")]
    ringing = line.duty_rings()
    line.phones.answer(ringing)
    until(lambda: any("紧急" in words for words in line.phones.heard(ringing)), "the duty officer hears it")


def test_a_withheld_number_gets_a_ticket_all_the_same(house: RunningHouse, line: Line) -> None:
    call = line.call(TANG, shown_as="anonymous")
    call.says("我家水管爆了")
    call.says("对")
    call.says("梧桐里社区2号楼1单元1002")
    for _ in range(3):
        if "已登记" in call.last():
            break
        call.says("对")
    code = call.code()
    call.hangs_up()

    assert outcome(house) == "ticket"
    assert line.state(code) in {"open", "dispatched", "new"}
