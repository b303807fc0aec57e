"""The other ways the story may go, in English: refused, raced for, silent, hung up, nobody there."""

from __future__ import annotations

from tests.journeys.people import Line, english_resident, text_at_once
from tests.running_house import DUTY, RunningHouse, until


def order(line: Line, number: str) -> str:
    """The shortest call for a burst pipe, in English; the ticket's code."""
    call = line.call(number)
    call.hears("recorded")
    call.says("my pipe burst, water everywhere")
    call.says("yes")
    call.says("yes")
    code = call.code()
    call.hangs_up()
    return code


def test_a_provider_refuses_and_of_the_next_two_one_wins(house: RunningHouse, line: Line) -> None:
    resident = english_resident(house)
    code = order(line, resident)
    first = line.provider_asked(code)
    line.text(first, "2 busy")
    both = until(lambda: found if len(found := line.asked_providers(code)) >= 2 else [], "two are asked at once")
    for number in both:
        line.gets(number, code)

    text_at_once(line, both, "1 in 20 minutes")
    line.becomes(code, "acknowledged")
    winner = house.one(
        "select p.msisdn from dispatches d join providers p on p.id = d.provider_id where d.state = 'accepted'"
    )

    assert first not in both
    for loser in set(both) - {winner}:
        line.gets(loser, code, after=1)
    visit = line.gets(resident, code, "10:2")
    assert visit.startswith("[Anhe Community]")
    assert house.one("select count(*) from dispatches where state = 'accepted'") == 1


def test_silence_ends_with_a_person(house: RunningHouse, line: Line) -> None:
    call = line.call(english_resident(house))
    for _ in range(3):
        if line.phones.ringing(DUTY):
            break
        call.is_silent()
    line.phones.answer(line.duty_rings())
    call.hangs_up()

    until(lambda: house.rows("select 1 from calls where outcome = 'person'"), "a person talked to the caller")


def test_hanging_up_at_once_owes_a_return_call(house: RunningHouse, line: Line) -> None:
    line.call(english_resident(house)).hangs_up()

    until(lambda: line.tasks() == [("return_call", "hung_up")], "a return call is owed")


def test_zero_with_nobody_there_leaves_a_message_on_a_ticket(house: RunningHouse, line: Line) -> None:
    call = line.call(english_resident(house))
    call.presses("0")
    line.phones.decline(line.duty_rings())
    until(lambda: "tone" in call.last(), "a message may be left")
    call.says("my pipe burst, please come quickly")
    call.hangs_up()

    until(lambda: house.rows("select 1 from voicemails where about <> ''"), "the message is on a ticket")
    until(lambda: house.rows("select 1 from calls where outcome = 'voicemail'"), "the call has its outcome")


def test_english_can_be_asked_for_on_the_way(house: RunningHouse, line: Line) -> None:
    call = line.call()
    call.presses("8")
    call.hears("person")
    call.says("my pipe burst")
    call.hears("right")

    assert house.one("select lang from calls") == "en"
