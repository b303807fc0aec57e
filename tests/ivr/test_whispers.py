"""Before a caller is put through, the duty phone hears from where the call comes and what to mind there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select, text
from werkzeug.test import TestResponse

from core.audit import AuditEntry
from directory.models import FlagKind, LabelKind, Person
from directory.service import flags, labels
from ivr import jobs, whisper
from ivr.models import Call, Placing
from ivr.said import Said
from ivr.service import speech, whispers
from ivr.service.speech import Turn
from tests.factories.ivr import DUTY, Phone
from tests.factories.people import RESIDENT, a_person
from tests.ivr.conftest import Book, NewPhone, Work
from tests.ivr.test_routes import database_away
from tests.phone_line import PhoneLine
from tests.statements import counted

At = Callable[[datetime], None]
Tell = Callable[..., None]
HOME = "梧桐里社区8号楼2单元301"
STRANGER = "+8616200000955"


@pytest.fixture
def flagged(work: Work, noon: datetime, at: At) -> Tell:
    """`flagged(FlagKind.DEAF)`: it is noon, Mr Chen lives in Wutongli, and this is to be minded there."""
    at(noon)

    def mind(*kinds: FlagKind, note: str = "") -> None:
        with work() as uow:
            known = uow.session.scalar(select(Person.household_id))
            home = known or a_person(uow).household_id
            for kind in kinds:
                flags.raise_flag(uow, home, kind, note=note)

    return mind


def handed_over(phone: Phone) -> Phone:
    """The caller asks for a person, and the duty phone rings."""
    phone.dial()
    phone.press("0")
    assert phone.heard is not None
    assert phone.heard.dialled == DUTY
    return phone


def words(phone: Phone) -> str:
    """What the duty phone hears, in one."""
    return "".join(sentence for _, sentence in phone.whispered())


def test_the_duty_phone_hears_who_calls_and_what_to_mind(flagged: Tell, phone: Phone) -> None:
    flagged(FlagKind.DOG, FlagKind.DEAF)

    told = handed_over(phone).whispered()

    assert told == [("zh", f"陈先生来电。住{HOME}。耳朵不好，请说慢些。家里有狗。")]


def test_it_is_the_same_however_often_it_is_asked_for(flagged: Tell, phone: Phone, book: Book) -> None:
    flagged(FlagKind.DEAF)
    handed_over(phone)
    before = book.call(phone)

    first, second = phone.whispered(), phone.whispered()

    assert first == second
    assert (book.call(phone).step, book.call(phone).node) == (before.step, before.node)


def test_the_same_ring_is_told_the_same_address(flagged: Tell, phone: Phone) -> None:
    flagged(FlagKind.DEAF)
    phone.dial()
    action = phone.open_action

    first = phone.press("0")
    again = phone.post(action, CallSid=phone.sid, From=phone.number, Digits="0").get_data(as_text=True)

    assert again == first.xml
    assert first.whisper


@pytest.mark.parametrize("kind", list(FlagKind))
def test_every_kind_of_flag_has_its_words(kind: FlagKind, flagged: Tell, phone: Phone) -> None:
    flagged(kind, note="门铃坏了，请敲门。" if kind is FlagKind.OTHER else "不念出来的话")

    told = words(handed_over(phone)).removeprefix(f"陈先生来电。住{HOME}。")

    assert told.endswith("。")
    assert "不念出来的话" not in told
    assert ("门铃坏了，请敲门。" in told) is (kind is FlagKind.OTHER)


def test_a_note_with_a_number_is_not_read_out(flagged: Tell, phone: Phone) -> None:
    flagged(FlagKind.OTHER, note="有事打女儿 138 0013 8000")

    told = words(handed_over(phone))

    assert "8000" not in told
    assert "有一条备注" in told


def test_the_worst_comes_first_and_the_rest_is_pointed_at(flagged: Tell, phone: Phone) -> None:
    flagged(*reversed([kind for kind in FlagKind if kind is not FlagKind.OTHER]))

    told = words(handed_over(phone))

    assert told.index("曾有暴力行为") < told.index("耳朵不好")
    assert told.endswith("其余请看工作台。")
    assert whisper.seconds(told) <= whisper.LONGEST


def test_what_has_ended_or_run_out_is_not_told(flagged: Tell, work: Work, at: At, noon: datetime, phone: Phone) -> None:
    flagged(FlagKind.DOG, FlagKind.DEAF, FlagKind.LIVES_ALONE)
    with work() as uow:
        home = uow.session.scalars(select(Person)).one().household
        dog = next(one for one in home.flags if one.kind is FlagKind.DOG)
        flags.end_flag(uow, home.id, dog.id)
    at(noon + timedelta(days=366))

    assert words(handed_over(phone)) == f"陈先生来电。住{HOME}。耳朵不好，请说慢些。"


def test_neither_numbers_nor_sensitive_labels_are_told(flagged: Tell, work: Work, phone: Phone) -> None:
    flagged(FlagKind.DEAF)
    with work() as uow:
        person = uow.session.scalars(select(Person)).one()
        labels.give_label(uow, person.id, LabelKind.LOW_INCOME, basis="低保名册")

    told = words(handed_over(phone))

    assert RESIDENT[-4:] not in told
    assert "低" not in told


@pytest.mark.parametrize("number", [STRANGER, "anonymous"])
def test_with_nothing_to_say_nobody_waits(number: str, flagged: Tell, new_phone: NewPhone) -> None:
    flagged(FlagKind.DEAF)

    heard = handed_over(new_phone(number)).heard

    assert heard is not None
    assert heard.whisper == ""
    assert " url=" not in heard.xml


def test_who_shares_the_number_of_one_household_is_told_of_it(flagged: Tell, work: Work, phone: Phone) -> None:
    flagged(FlagKind.DOG)
    with work() as uow:
        a_person(uow, "陈太太")

    assert words(handed_over(phone)) == f"{HOME}的住户来电。家里有狗。"


def test_of_several_households_none_is_guessed(flagged: Tell, work: Work, phone: Phone) -> None:
    flagged(FlagKind.DOG)
    with work() as uow:
        a_person(uow, "刘先生", address="9号楼1单元101")

    assert words(handed_over(phone)) == "这个号码有几家在用，请先问是哪一家。"


def test_who_said_which_of_them_he_is_is_told_of(flagged: Tell, work: Work, phone: Phone) -> None:
    flagged(FlagKind.DOG)
    with work() as uow:
        a_person(uow, "刘先生", address="9号楼1单元101")
    phone.dial()
    phone.press("1")
    phone.press("1")
    phone.press("0")

    assert words(phone) == f"陈先生来电。住{HOME}。家里有狗。"


def test_of_who_says_that_he_is_none_of_those_known_nothing_is_told(flagged: Tell, work: Work, phone: Phone) -> None:
    flagged(FlagKind.DOG)
    with work() as uow:
        a_person(uow, "陈太太")
    phone.dial()
    phone.press("1")
    phone.press("3")

    heard = phone.press("0")

    assert (heard.dialled, heard.whisper) == (DUTY, "")


def test_who_says_so_in_danger_is_found_where_he_says(flagged: Tell, work: Work, phone: Phone) -> None:
    flagged(FlagKind.DOG)
    with work() as uow:
        a_person(uow, "陈太太")
    phone.dial()
    phone.press("1")
    phone.press("3")
    phone.say("桂花弄3号楼1单元202")
    phone.say("着火了，快来人")

    assert words(phone) == "紧急，桂花弄3号楼1单元202。"


def test_in_danger_of_several_households_the_address_is_to_be_asked(flagged: Tell, work: Work, phone: Phone) -> None:
    flagged(FlagKind.DOG)
    with work() as uow:
        a_person(uow, "刘先生", address="9号楼1单元101")
    phone.dial()
    phone.say("厨房着火了")

    assert words(phone) == "紧急，这个号码有几家在用，请先问地址。"


HOSTILE = (
    "</Say><Hangup/><Say>&amp;\"'",
    "<break time='9s'/>门铃坏了",
    "\u202e门铃坏了\u202c",
    "门铃\x0b坏\x00了\ufffe",
    "{words}{name}",
    "ring twice, the bell is broken",
    "长" * 200,
    "w" * 200,
    "★" * 200,
)


@pytest.mark.parametrize("note", HOSTILE)
def test_whatever_a_note_holds_the_caller_is_put_through_in_time(note: str, flagged: Tell, phone: Phone) -> None:
    flagged(FlagKind.OTHER, note=note.replace("\x00", ""))  # no text of the database holds a NUL

    told = handed_over(phone).whispered()

    assert told[0][1].startswith(f"陈先生来电。住{HOME}。")
    assert sum(whisper.seconds(text) for _, text in told) <= whisper.LONGEST


@pytest.mark.parametrize("name", ["陈13800138000", "一三八零零一三八零零零"])
def test_a_name_with_a_number_in_it_is_not_read_out(
    name: str, work: Work, phone: Phone, at: At, noon: datetime
) -> None:
    at(noon)
    with work() as uow:
        a_person(uow, name)

    assert words(handed_over(phone)) == f"{HOME}的住户来电。"


@pytest.mark.parametrize("what", ["ended", "merged", "erased"])
def test_what_changes_while_it_rings_is_told_as_it_is_when_somebody_picks_up(
    what: str, flagged: Tell, work: Work, phone: Phone
) -> None:
    flagged(FlagKind.DOG)
    handed_over(phone)
    with work() as uow:
        person = uow.session.scalars(select(Person)).one()
        home = person.household
        if what == "ended":
            flags.end_flag(uow, home.id, home.flags[0].id)
        elif what == "merged":
            other = a_person(uow, "陈国强", msisdn="+8616200000977")
            person.merged_into_id = other.id
        else:
            person.erased_at = uow.now

    told = {"ended": f"陈先生来电。住{HOME}。", "merged": f"陈国强来电。住{HOME}。家里有狗。", "erased": ""}[what]

    assert words(phone) == told


def test_who_speaks_another_language_is_told_of(flagged: Tell, phone: Phone) -> None:
    flagged(FlagKind.DOG)
    phone.dial()
    phone.press("8")
    phone.press("0")

    assert words(phone) == f"陈先生来电。住{HOME}。说英语。家里有狗。"


def test_in_danger_the_weightiest_is_told_though_there_is_more(flagged: Tell, phone: Phone) -> None:
    flagged(FlagKind.DEAF)
    for _ in range(2):
        flagged(FlagKind.OTHER, note="门铃坏了，请从后门进，门口有一堆砖")
    phone.dial()
    phone.say("厨房着火了")

    assert words(phone) == f"紧急，{HOME}。耳朵不好，请说慢些。"


def test_the_same_note_twice_is_told_once(flagged: Tell, phone: Phone) -> None:
    for _ in range(2):
        flagged(FlagKind.OTHER, note="门铃坏了")

    assert words(handed_over(phone)) == f"陈先生来电。住{HOME}。门铃坏了。"


def test_two_callers_at_once_are_told_apart(flagged: Tell, work: Work, new_phone: NewPhone) -> None:
    flagged(FlagKind.DOG)
    with work() as uow:
        a_person(uow, "刘先生", msisdn="+8616200000977", address="9号楼1单元101")
    first, second = handed_over(new_phone()), handed_over(new_phone("+8616200000977"))

    second.duty("busy")

    assert words(first) == f"陈先生来电。住{HOME}。家里有狗。"
    assert second.about_duty("/ivr/duty/2/whisper").get_data(as_text=True).endswith("<Response />")


def test_in_danger_the_address_comes_first_and_all_is_shorter(flagged: Tell, phone: Phone) -> None:
    flagged(*[kind for kind in FlagKind if kind is not FlagKind.OTHER])
    phone.dial()
    phone.say("厨房着火了")

    told = words(phone)

    assert told.startswith(f"紧急，{HOME}。")
    assert "陈先生" not in told
    assert whisper.seconds(told) <= whisper.LONGEST_IN_DANGER


def test_in_danger_elsewhere_that_address_comes_first(flagged: Tell, work: Work, phone: Phone) -> None:
    flagged(FlagKind.DEAF)
    phone.dial()
    phone.press("1")
    phone.say("不是，是桂花弄3号楼1单元202")
    phone.say("着火了，快来人")

    told = words(phone)

    assert told.startswith("紧急，")
    assert "桂花弄3号楼1单元202" in told
    assert told.endswith("关于来电人：耳朵不好，请说慢些。")


def test_in_danger_an_address_that_a_stranger_gave_is_told(new_phone: NewPhone, at: At, noon: datetime) -> None:
    at(noon)
    phone = new_phone(STRANGER)
    phone.dial()
    phone.press("1")
    phone.say("桂花弄3号楼1单元202")
    phone.say("着火了，快来人")

    assert words(phone) == "紧急，桂花弄3号楼1单元202。"


def told_in_english(work: Work, phone: Phone) -> list[tuple[str, str]]:
    """What the duty phone would hear if English were the first language of the city."""
    handed_over(phone)
    with work() as uow:
        city = replace(uow.policy.city, languages=("en", "zh"))
        uow.policy = replace(uow.policy, city=city)
        call = uow.session.scalars(select(Call)).one()
        told = whispers.sentences(Turn(uow, call, Said.load(call.said), speech.dialog()))
    return [(one.lang, one.text) for one in told]


def test_an_english_city_is_told_in_english(flagged: Tell, work: Work, phone: Phone) -> None:
    flagged(FlagKind.DEAF)
    flagged(FlagKind.OTHER, note="门铃坏了")

    assert told_in_english(work, phone) == [
        ("zh", "陈先生来电。"),
        ("en", "Lives at Wutongli, building 8, unit 2, room 301. Speaks Chinese. Hard of hearing, speak slowly."),
        ("zh", "门铃坏了。"),
    ]


def test_an_address_that_an_english_voice_cannot_read_is_read_by_a_chinese_one(
    work: Work, phone: Phone, at: At, noon: datetime
) -> None:
    at(noon)
    with work() as uow:
        a_person(uow, "Mr Harris", address="花园东门小卖部")

    assert told_in_english(work, phone) == [
        ("en", "A call from Mr Harris."),
        ("zh", "住梧桐里社区花园东门小卖部。"),
        ("en", "Speaks Chinese."),
    ]


@pytest.mark.parametrize("how", ["late", "unknown", "another ring", "no parent", "over"])
def test_what_comes_late_or_is_about_no_call_hears_nothing(how: str, flagged: Tell, phone: Phone) -> None:
    flagged(FlagKind.DEAF)
    handed_over(phone)
    assert phone.heard is not None
    path = phone.heard.whisper
    form = {}
    match how:
        case "late":
            phone.duty("no-answer")
        case "unknown":
            form = {"ParentCallSid": "CA" + "f" * 32}
        case "another ring":
            path = "/ivr/duty/7/whisper"
        case "no parent":
            form = {"ParentCallSid": ""}
        case "over":
            phone.hang_up()

    heard = phone.about_duty(path, **form)

    assert heard.status_code == 200
    assert heard.get_data(as_text=True).endswith("<Response />")


@pytest.mark.expects_errors
def test_while_the_database_is_away_the_two_are_connected_all_the_same(
    flagged: Tell, engine: Engine, phone: Phone
) -> None:
    flagged(FlagKind.DEAF)
    handed_over(phone)
    assert phone.heard is not None

    with database_away(engine):
        heard = phone.about_duty(phone.heard.whisper)

    assert (heard.status_code, heard.get_data(as_text=True).endswith("<Response />")) == (200, True)


@pytest.mark.expects_errors
def test_flags_that_cannot_be_read_keep_nobody_from_a_person(flagged: Tell, engine: Engine, phone: Phone) -> None:
    flagged(FlagKind.DEAF)
    with engine.begin() as connection:
        connection.execute(text("alter table flags rename to flags_away"))
    try:
        phone.dial()
        heard = phone.say("厨房着火了")
    finally:
        with engine.begin() as connection:
            connection.execute(text("alter table flags_away rename to flags"))

    assert (heard.dialled, heard.whisper) == (DUTY, "")
    assert heard.words.startswith("请马上拨打119")


def test_reading_the_flags_is_written_down_no_more_than_on_a_ticket(flagged: Tell, work: Work, phone: Phone) -> None:
    flagged(FlagKind.DEAF)
    with work() as uow:
        before = len(list(uow.session.scalars(select(AuditEntry))))
    handed_over(phone).whispered()
    with work() as uow:
        after = len(list(uow.session.scalars(select(AuditEntry))))

    assert after == before


def test_a_whisper_needs_few_statements_however_many_flags_there_are(flagged: Tell, phone: Phone) -> None:
    flagged(*[kind for kind in FlagKind if kind is not FlagKind.OTHER])
    handed_over(phone)

    with counted() as statements:
        phone.whispered()

    assert len(statements) <= 8, statements


@pytest.mark.parametrize("status", ["completed", "no-answer"])
def test_a_duty_phone_that_hung_up_before_the_caller_was_put_through_has_not_talked_to_him(
    status: str, flagged: Tell, phone: Phone, book: Book
) -> None:
    flagged(FlagKind.DEAF)
    handed_over(phone)
    phone.picked_up()

    heard = phone.duty(status, DialBridged="false")
    phone.hang_up()

    assert heard.verb == "Record"
    assert book.tasks() == [("return_call", "hung_up")]


def burning(phone: Phone, at: At, noon: datetime) -> Phone:
    """A fire is reported at noon, and the duty phone rings."""
    at(noon)
    phone.dial()
    phone.say("厨房着火了")
    return phone


def test_while_the_duty_officer_talks_about_a_danger_his_phone_is_not_rung_again(
    phone: Phone, at: At, noon: datetime, carrier_line: PhoneLine, book: Book
) -> None:
    burning(phone, at, noon)

    assert phone.picked_up().status_code == 200
    at(noon + timedelta(minutes=10))
    jobs.place_calls()
    phone.duty("completed", DialBridged="true")
    phone.hang_up()
    jobs.place_calls()

    assert carrier_line.dialled == []
    assert book.placing() == [Placing.ANSWERED]


def test_an_end_that_is_told_before_the_talk_does_not_ring_it_either(
    phone: Phone, at: At, noon: datetime, carrier_line: PhoneLine, book: Book
) -> None:
    burning(phone, at, noon).picked_up()
    at(noon + timedelta(minutes=10))

    phone.hang_up()
    jobs.place_calls()
    phone.duty("completed", DialBridged="true")
    at(noon + timedelta(minutes=15))
    jobs.place_calls()

    assert carrier_line.dialled == []
    assert book.placing() == [Placing.ANSWERED]


@pytest.mark.parametrize("order", ["action first", "end first", "end only"])
def test_who_hung_up_on_a_danger_without_having_talked_is_rung_again(
    order: str, phone: Phone, at: At, noon: datetime, carrier_line: PhoneLine
) -> None:
    burning(phone, at, noon).picked_up()

    match order:
        case "action first":
            phone.duty("completed", DialBridged="false")
        case "end first":
            phone.hang_up()
            phone.duty("completed", DialBridged="false")
        case "end only":
            phone.hang_up()
            at(noon + timedelta(seconds=16))
    jobs.place_calls()

    assert [number for number, _ in carrier_line.dialled] == [DUTY]


@pytest.mark.parametrize("status", ["initiated", "ringing", "completed"])
def test_only_being_picked_up_keeps_it_from_ringing(
    status: str, phone: Phone, at: At, noon: datetime, carrier_line: PhoneLine
) -> None:
    burning(phone, at, noon).picked_up(status)

    at(noon + timedelta(minutes=1))
    jobs.place_calls()

    assert len(carrier_line.dialled) == 1


def test_a_pick_up_that_is_told_after_it_was_put_down_changes_nothing(
    phone: Phone, at: At, noon: datetime, carrier_line: PhoneLine, twilio: Callable[..., TestResponse]
) -> None:
    burning(phone, at, noon)
    assert phone.heard is not None
    path = phone.heard.answered
    phone.duty("completed", DialBridged="false")

    assert phone.about_duty(path).status_code == 200
    at(noon + timedelta(minutes=1))
    jobs.place_calls()

    assert len(carrier_line.dialled) == 1
