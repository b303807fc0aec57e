"""From every place where a call can stand: a person, an end, an outcome. Nobody is locked in, nobody is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from config import dialog as dialog_file
from ivr import tree
from ivr.models import CallOutcome, Placing
from ivr.tree import Ask, Dial, Record
from tests.factories.ivr import DUTY, Phone
from tests.factories.people import a_person
from tests.factories.requests import a_request, a_ticket
from tests.ivr.conftest import Book, NewPhone, Work
from tests.ivr.stands import STANDS, STRANGER, answer, arrive

TREE = tree.build(dialog_file.current())
QUESTIONS = [name for name in STANDS if isinstance(TREE.nodes[name], Ask)]
EMERGENCIES = ("duty_now", "emergency_message")
PATIENCE = 8  # answers that a caller gives who is never understood, at the very most
MUMBLE = "嗯那个啥来着"

Arrived = Callable[[str], Phone]


@pytest.fixture
def arrived(work: Work, new_phone: NewPhone, at: Callable[[datetime], None], noon: datetime) -> Arrived:
    """`arrived("menu")`: a telephone whose call stands there, at noon."""

    def come(name: str) -> Phone:
        stand = STANDS[name]
        at(noon)
        with work() as uow:
            stand.on_file(uow)
        phone = new_phone(stand.number)
        arrive(phone, stand)
        return phone

    return come


def until_the_end(phone: Phone, give: Callable[[], object]) -> int:
    """Give the same answer to every question; nobody answers the duty phone. Returns how many were asked."""
    given = 0
    while phone.heard is not None and phone.heard.verb != "Hangup":
        match phone.heard.verb:
            case "Dial":
                phone.duty("no-answer")
            case "Record":
                phone.leave_message(seconds=0)
            case _:
                given += 1
                assert given <= PATIENCE, phone.transcript
                give()
    return given


def test_every_place_is_known_here() -> None:
    waiting = {name for name, node in TREE.nodes.items() if isinstance(node, Ask | Dial | Record)}

    assert set(STANDS) == waiting


@pytest.mark.parametrize("name", list(STANDS))
def test_a_call_comes_there(name: str, arrived: Arrived, book: Book) -> None:
    assert book.call(arrived(name)).node == name


@pytest.mark.parametrize("name", list(STANDS))
def test_hanging_up_there_leaves_an_outcome(name: str, arrived: Arrived, book: Book) -> None:
    phone = arrived(name)

    phone.hang_up()

    call = book.call(phone)
    assert call.ended_at is not None
    assert call.outcome is not CallOutcome.OPEN
    assert call.outcome is (CallOutcome.EMERGENCY if name in EMERGENCIES else _owed_unless_booked(name))
    owed = [task for task in book.tasks() if task[0] == "return_call"]
    assert len(owed) == (0 if name == "another" else 1)


def _owed_unless_booked(name: str) -> CallOutcome:
    return CallOutcome.TICKET if name == "another" else CallOutcome.RETURN_CALL


@pytest.mark.parametrize(
    "name", ["confirm_service", "confirm_maybe", "confirm_address", "who", "address", "mobile", "confirm_mobile"]
)
def test_hanging_up_once_the_matter_is_known_leaves_a_new_ticket_too(name: str, arrived: Arrived, book: Book) -> None:
    phone = arrived(name)

    phone.hang_up()

    assert [(one.service, one.state.value, one.is_draft) for one in book.tickets()] == [("plumbing", "new", True)]
    assert book.call(phone).about == book.tickets()[0].code


@pytest.mark.parametrize("name", ["open", "menu", "retell", "duty", "voicemail", "code"])
def test_hanging_up_with_nothing_understood_leaves_a_task_and_no_ticket(
    name: str, arrived: Arrived, book: Book
) -> None:
    arrived(name).hang_up()

    assert book.tickets() == []
    assert book.tasks() == [("return_call", "hung_up")]


@pytest.mark.parametrize("name", QUESTIONS)
def test_zero_rings_the_duty_phone(name: str, arrived: Arrived) -> None:
    heard = arrived(name).press("0")

    assert (heard.verb, heard.dialled) == ("Dial", DUTY)


@pytest.mark.parametrize("name", QUESTIONS)
def test_asking_for_a_person_rings_the_duty_phone(name: str, arrived: Arrived) -> None:
    phone = arrived(name)

    assert phone.say("我要转人工").dialled == DUTY


@pytest.mark.parametrize("name", QUESTIONS)
def test_danger_is_advised_before_anything_else(name: str, arrived: Arrived, book: Book) -> None:
    phone = arrived(name)

    heard = phone.say("快来人，家里着火了", confidence=0.2)

    assert heard.words.startswith("请马上拨打119")
    assert heard.dialled == DUTY
    assert book.outcome(phone) is CallOutcome.EMERGENCY
    assert [one.tier for one in book.tickets() if one.kind.value == "emergency"] == ["T1"]
    assert book.placing() == [Placing.DUE]


@pytest.mark.parametrize("name", QUESTIONS)
def test_silence_ends_there_too(name: str, arrived: Arrived, book: Book) -> None:
    phone = arrived(name)

    until_the_end(phone, phone.keep_silent)
    phone.hang_up()

    assert book.outcome(phone) in (CallOutcome.RETURN_CALL, CallOutcome.TICKET)


@pytest.mark.parametrize("name", QUESTIONS)
def test_whoever_is_never_understood_reaches_a_person(name: str, arrived: Arrived, book: Book) -> None:
    phone = arrived(name)

    until_the_end(phone, lambda: phone.say(MUMBLE, confidence=0.2))
    phone.hang_up()

    assert "现在没有人接" in "\n".join(phone.transcript)
    assert ("return_call", "hung_up") in book.tasks()


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize("key", ["#", "3"])
def test_the_same_key_for_ever_is_no_trap(name: str, key: str, arrived: Arrived) -> None:
    phone = arrived(name)

    assert until_the_end(phone, lambda: phone.press(key)) <= PATIENCE


@pytest.mark.parametrize("words", ["对", "不对", "有", "帮助"])
def test_the_same_word_for_ever_is_no_trap(words: str, phone: Phone) -> None:
    phone.dial()

    assert until_the_end(phone, lambda: phone.say(words)) <= PATIENCE


@pytest.mark.parametrize("name", QUESTIONS)
def test_star_says_it_again_word_for_word(name: str, arrived: Arrived, book: Book) -> None:
    phone = arrived(name)
    words = phone.words

    assert phone.press("*").words == words
    assert phone.say("再说一遍").words == words
    assert book.call(phone).node == name


@pytest.mark.parametrize("name", QUESTIONS)
def test_eight_speaks_the_other_language_at_every_question(name: str, arrived: Arrived, book: Book) -> None:
    phone = arrived(name)

    english = phone.press("8")
    back = phone.say("说中文")

    assert "en" in english.langs
    assert not any("\u4e00" <= one <= "\u9fff" for one in _without_names(english.words)), english.words
    assert "zh" in back.langs
    assert book.call(phone).node == name


def _without_names(words: str) -> str:
    """The names of persons have no English form, and the menu offers Chinese in Chinese."""
    for name in ("陈先生", "陈太太", "中文请按8。"):
        words = words.replace(name, "")
    return words


@pytest.mark.parametrize("name", QUESTIONS)
def test_nine_speaks_slower_at_every_question(name: str, arrived: Arrived) -> None:
    phone = arrived(name)
    words = phone.words

    slower = phone.press("9")

    assert slower.is_slow
    assert slower.words == words


def test_after_forty_answers_a_person_takes_over(phone: Phone) -> None:
    phone.dial()

    for _ in range(TREE.answers - 1):
        assert phone.press("*").verb == "Gather"

    assert phone.press("*").dialled == DUTY


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed", "canceled", "strange-word", ""])
def test_a_duty_phone_that_is_not_answered_leads_to_a_message(status: str, phone: Phone, book: Book) -> None:
    phone.dial()
    phone.press("0")

    assert phone.duty(status).verb == "Record"
    goodbye = phone.leave_message()
    phone.hang_up()

    assert goodbye.verb == "Hangup"
    assert book.outcome(phone) is CallOutcome.VOICEMAIL
    assert [(one.kind.value, one.state.value) for one in book.tickets()] == [("question", "new")]
    assert book.tasks() == [("voicemail", "voicemail")]


def test_a_duty_phone_that_is_answered_is_the_outcome(phone: Phone, book: Book) -> None:
    phone.dial()
    phone.press("0")

    assert phone.duty("completed").verb == "Hangup"
    phone.hang_up()

    assert book.outcome(phone) is CallOutcome.PERSON
    assert book.tasks() == []


def test_an_answered_duty_phone_that_is_told_after_the_end_closes_the_return_call(phone: Phone, book: Book) -> None:
    phone.dial()
    phone.press("0")

    phone.hang_up()
    owed = book.tasks()
    phone.duty("completed")

    assert owed == [("return_call", "hung_up")]
    assert book.tasks() == []
    assert book.outcome(phone) is CallOutcome.PERSON


def test_that_holds_for_a_withheld_number_with_a_draft(new_phone: NewPhone, book: Book) -> None:
    phone = new_phone("anonymous")
    phone.dial()
    phone.say("我家水管爆了，水都淹到客厅了")
    phone.press("0")

    phone.hang_up()
    owed = book.tasks()
    phone.duty("completed")

    assert owed == [("return_call", "hung_up")]
    assert book.tasks() == []


def test_the_duty_phone_is_not_connected_to_itself(new_phone: NewPhone) -> None:
    phone = new_phone(DUTY)
    phone.dial()

    assert phone.press("0").verb == "Record"


def test_a_withheld_number_that_says_nothing_cannot_be_called_back(new_phone: NewPhone, book: Book) -> None:
    phone = new_phone("anonymous")
    phone.dial()

    phone.hang_up()

    assert book.outcome(phone) is CallOutcome.UNREACHABLE
    assert book.tasks() == []


def test_a_later_call_that_gets_through_closes_the_return_call(work: Work, new_phone: NewPhone, book: Book) -> None:
    with work() as uow:
        a_person(uow)
    first = new_phone()
    first.dial()
    first.hang_up()
    owed = book.tasks()

    second = new_phone()
    second.dial()
    second.press("1")
    second.press("1")

    assert owed == [("return_call", "hung_up")]
    assert book.tasks() == []


def test_a_question_about_one_ticket_leaves_the_return_call_about_another_draft(
    work: Work, new_phone: NewPhone, book: Book, at: Callable[[datetime], None], noon: datetime
) -> None:
    at(noon)
    with work() as uow:
        a_person(uow)
        a_ticket(uow, a_request(service="cleaning"))
    first = new_phone()
    first.dial()
    first.say("我家水管爆了")
    first.hang_up()
    owed = book.tasks()

    second = new_phone()
    second.dial()
    second.say("我的保洁工单到哪一步了")
    second.press("1")

    assert owed == [("return_call", "hung_up")]
    assert book.outcome(second) is CallOutcome.ANSWERED
    assert book.tasks() == owed


def test_a_person_who_is_reached_closes_the_return_call_about_a_draft(
    phone: Phone, new_phone: NewPhone, book: Book, at: Callable[[datetime], None], noon: datetime
) -> None:
    at(noon)
    phone.dial()
    phone.say("我家水管爆了")
    phone.hang_up()
    owed = book.tasks()

    second = new_phone()
    second.dial()
    second.press("0")
    second.duty("completed")

    assert owed == [("return_call", "hung_up")]
    assert book.outcome(second) is CallOutcome.PERSON
    assert book.tasks() == []


def test_every_hour_of_the_week_has_a_way_to_an_outcome(
    new_phone: NewPhone, book: Book, at: Callable[[datetime], None], noon: datetime
) -> None:
    """No closing: the same line by day and by night, on working days and at the weekend."""
    monday = noon.replace(hour=0) + timedelta(days=5)
    ways = [("0", "duty:completed"), ("0", "duty:no-answer"), ("", ""), ("厨房着火了",)]
    expected = [CallOutcome.PERSON, CallOutcome.VOICEMAIL, CallOutcome.RETURN_CALL, CallOutcome.EMERGENCY]
    came_to: list[CallOutcome] = []

    for hour in range(7 * 24):
        at(monday + timedelta(hours=hour, minutes=31))
        phone = new_phone(f"+86162000{hour:05d}")
        phone.dial()
        for one in ways[hour % len(ways)]:
            answer(phone, one)
        if phone.heard is not None and phone.heard.verb == "Record":
            phone.leave_message(recording=f"RE{hour}")
        phone.hang_up()
        came_to.append(book.outcome(phone))

    assert came_to == [expected[hour % len(expected)] for hour in range(7 * 24)]


def test_a_stranger_is_asked_for_the_address(new_phone: NewPhone, book: Book) -> None:
    phone = new_phone(STRANGER)
    phone.dial()
    phone.say("我家水管爆了，水都淹到客厅了")

    asked = phone.say("对")
    phone.say("东门外老供销社旁边的院子3号")

    assert "地址" in asked.words
    assert [one.address for one in book.tickets()] == ["东门外老供销社旁边的院子3号"]
    assert ("check", "place_unknown") in book.tasks()


def test_a_caller_whom_nobody_can_reach_is_told_so_even_when_the_place_is_not_known(
    new_phone: NewPhone, book: Book
) -> None:
    phone = new_phone("anonymous")
    phone.dial()
    phone.press("1")
    phone.say("东门外老供销社旁边的院子3号")

    told = phone.press("#")

    assert "请记好单号" in told.words
    assert "跟您联系" not in told.words
    assert ("check", "place_unknown") in book.tasks()
