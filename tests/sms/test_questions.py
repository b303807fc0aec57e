"""Which question a text answers, over signed posts: a code, the only one, the newest, or the sender is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import pytest
from flask import Flask

from core import answers, events
from core.answers import Answer, Ask, Channel, Question, Reply, Taken
from core.uow import UnitOfWork
from sms import queries, service
from sms.events import UnclearText
from sms.models import Outcome
from tests.factories.people import RESIDENT
from tests.factories.providers import PROVIDER
from tests.sms.conftest import At, Texts, Work, inbound, outbound, wordings_to
from understanding import Intent

FACTS: Mapping[str, Mapping[str, object]] = {
    "offer": {"place": "梧桐里8号楼", "service": "水管维修", "wanted_by": None, "minutes": 10},
    "offer_won": {"address": "梧桐里8号楼2单元301", "name": "陈先生", "number": RESIDENT, "flags": []},
    "resolved": {"amount": 12000},
    "visit_told": {"provider": "快修水电", "service": "水管维修", "at": None, "until": None, "pin": None},
}
WORDING = {"offer": "offer", "job": "offer_won", "visit": "visit_told", "resolved": "resolved", "rating": "csat"}
KINDS = {
    "offer": ("provider:offer", "accept reject ack question", True),
    "job": ("provider:accepted", "arrive eta complete quote question", False),
    "visit": ("resident:visit", "affirm reschedule cancel status_query question", True),
    "resolved": ("resident:resolved", "resolved unresolved", True),
    "rating": ("resident:csat", "rate", True),
}


class Desk:
    """Takes every answer and remembers it; what it says back, and whether that ends the question, can be set."""

    def __init__(self) -> None:
        self.taken: list[Answer] = []
        self.says = Reply("resumed")
        self.closes = True
        self.refuses = False

    def take(self, _uow: UnitOfWork, answer: Answer) -> Taken | None:
        """Take it."""
        if self.refuses:
            return None
        self.taken.append(answer)
        return Taken(self.says, closes=self.closes)

    @property
    def got(self) -> list[tuple[str, str, str]]:
        """Kind of the question, its code, and what was meant."""
        return [(one.question, one.about, one.reading.intent.value) for one in self.taken]


@pytest.fixture
def desk(house: Flask) -> Iterator[Desk]:
    """The house with takers that only remember."""
    made = Desk()
    answers.wire(
        {
            kind: Question(context, frozenset(intents.split()), takes_digits, made.take)
            for kind, (context, intents, takes_digits) in KINDS.items()
        },
        (),
    )
    yield made
    answers.wire({}, ())


@pytest.fixture
def unclear(house: Flask) -> list[UnclearText]:
    """The texts that a person has to read."""
    heard: list[UnclearText] = []

    def note(_uow: UnitOfWork, event: UnclearText) -> None:
        heard.append(event)

    events.subscribe({UnclearText: (note,)})
    return heard


def ask(
    work: Work,
    kind: str,
    code: str,
    msisdn: str = RESIDENT,
    *,
    reference: int = 7,
    lang: str = "zh",
    lasts: timedelta | None = None,
) -> None:
    """Put a question to a number."""
    with work() as uow:
        facts = {"code": code, **FACTS.get(WORDING[kind], {})}
        told = service.ask(
            uow, msisdn, WORDING[kind], kind=kind, about=code, reference=reference, lang=lang, facts=facts, lasts=lasts
        )
        assert told is not None


def open_kinds(work: Work, msisdn: str = RESIDENT) -> list[tuple[str, str]]:
    """The questions that wait, the newest first."""
    with work() as uow:
        return [(one.kind, one.about) for one in queries.open_questions(uow.session, msisdn, uow.now)]


@pytest.mark.parametrize("words", ["1", "１", "①", "1。", " 1 ", "一", "1 没问题", "可以", "OK"])
def test_the_only_question_takes_a_digit_in_every_form(work: Work, desk: Desk, text_in: Texts, words: str) -> None:
    ask(work, "visit", "A1023", reference=42)
    text_in(words, RESIDENT)

    (answer,) = desk.taken
    assert (answer.question, answer.about, answer.reference) == ("visit", "A1023", 42)
    assert (answer.reading.intent, answer.channel, answer.msisdn) == (Intent.AFFIRM, Channel.SMS, RESIDENT)
    (text,) = inbound()
    assert answer.message_id == text.id
    assert (text.outcome, text.question, text.about, text.intent) == (Outcome.HANDLED, "visit", "A1023", "affirm")
    assert open_kinds(work) == []


def test_the_answer_of_a_text_is_one_text_that_names_it(work: Work, desk: Desk, text_in: Texts) -> None:
    ask(work, "visit", "A1023")
    text_in("1", RESIDENT)

    assert wordings_to(RESIDENT) == ["visit_told", "resumed"]
    assert outbound()[-1].answers_id == inbound()[0].id


def test_a_question_that_stays_open_can_be_answered_again(work: Work, desk: Desk, text_in: Texts) -> None:
    desk.closes = False
    ask(work, "job", "A1023", PROVIDER)
    text_in("40分钟", PROVIDER)
    text_in("到了", PROVIDER)
    text_in("完工 120元", PROVIDER)

    assert [one[2] for one in desk.got] == ["eta", "arrive", "complete"]
    assert desk.taken[-1].reading.values["amount"] == "120"


def test_the_next_question_of_a_reply_is_open_at_once(work: Work, desk: Desk, text_in: Texts) -> None:
    ask(work, "resolved", "A1023")
    desk.says = Reply("csat", {"code": "A1023"}, "A1023", asks=Ask("rating", "A1023", 9))
    text_in("1", RESIDENT)
    assert open_kinds(work) == [("rating", "A1023")]
    desk.says = Reply("resumed")
    text_in("5", RESIDENT)

    assert desk.got == [("resolved", "A1023", "resolved"), ("rating", "A1023", "rate")]
    assert desk.taken[-1].reference == 9


def test_between_two_questions_of_a_day_the_sender_is_asked_and_the_code_alone_decides(
    work: Work, desk: Desk, text_in: Texts
) -> None:
    ask(work, "resolved", "A1023", reference=1)
    ask(work, "resolved", "B4077", reference=2)
    text_in("1", RESIDENT)
    assert desk.got == []
    assert inbound()[-1].outcome is Outcome.ASKED
    assert "A1023、B4077" in outbound()[-1].body
    text_in("b4077", RESIDENT)

    assert desk.got == [("resolved", "B4077", "resolved")]
    assert open_kinds(work) == [("resolved", "A1023")]


def test_a_code_that_was_asked_for_is_no_question_after_the_ticket(work: Work, desk: Desk, text_in: Texts) -> None:
    ask(work, "visit", "A1023", reference=1)
    ask(work, "visit", "B4077", reference=2)
    text_in("1", RESIDENT)
    text_in("A1023", RESIDENT)

    assert desk.got == [("visit", "A1023", "affirm")]
    assert ("which_code", "") not in open_kinds(work)


def test_the_four_digits_of_the_code_are_enough(work: Work, desk: Desk, text_in: Texts) -> None:
    ask(work, "resolved", "A1023")
    ask(work, "resolved", "B4077")
    text_in("1", RESIDENT)
    text_in("1023", RESIDENT)

    assert desk.got == [("resolved", "A1023", "resolved")]


@pytest.mark.parametrize("words", ["是A1023那个", "单号A1023", "#a1023!", "ａ１０２３"])
def test_a_word_beside_the_code_does_no_harm(work: Work, desk: Desk, text_in: Texts, words: str) -> None:
    ask(work, "resolved", "A1023")
    ask(work, "resolved", "B4077")
    text_in("1", RESIDENT)
    text_in(words, RESIDENT)

    assert desk.got == [("resolved", "A1023", "resolved")]


def test_who_answers_with_code_and_digit_at_once_is_understood(work: Work, desk: Desk, text_in: Texts) -> None:
    ask(work, "resolved", "A1023")
    ask(work, "resolved", "B4077")
    text_in("1", RESIDENT)
    text_in("A1023 2", RESIDENT)

    assert desk.got == [("resolved", "A1023", "unresolved")]
    assert open_kinds(work) == [("resolved", "B4077")]


def test_the_newest_wins_when_the_other_is_older_than_a_day(
    work: Work, at: At, noon: datetime, desk: Desk, text_in: Texts
) -> None:
    ask(work, "resolved", "A1023")
    at(noon + timedelta(hours=24, minutes=1))
    ask(work, "resolved", "B4077")
    text_in("1", RESIDENT)

    assert desk.got == [("resolved", "B4077", "resolved")]


def test_a_done_with_two_jobs_asks_for_the_code_and_then_acts_on_it(work: Work, desk: Desk, text_in: Texts) -> None:
    ask(work, "job", "A1023", PROVIDER)
    ask(work, "job", "B4077", PROVIDER)
    text_in("完工 90元", PROVIDER)
    assert desk.got == []
    assert inbound()[0].outcome is Outcome.ASKED
    assert "您手上有多个单" in outbound()[-1].body
    text_in("A1023", PROVIDER)

    assert desk.got == [("job", "A1023", "complete")]
    assert desk.taken[0].reading.values["amount"] == "90"
    assert desk.taken[0].words == "完工 90元"


def test_a_code_in_the_text_decides_between_jobs(work: Work, desk: Desk, text_in: Texts) -> None:
    ask(work, "job", "A1023", PROVIDER)
    ask(work, "job", "B4077", PROVIDER)
    text_in("B4077完工120", PROVIDER)

    assert desk.got == [("job", "B4077", "complete")]


def test_a_digit_belongs_to_the_offer_and_not_to_the_job_in_hand(work: Work, desk: Desk, text_in: Texts) -> None:
    ask(work, "offer", "A1023", PROVIDER)
    ask(work, "job", "B4077", PROVIDER)
    text_in("1 40分钟到", PROVIDER)

    assert desk.got == [("offer", "A1023", "accept")]


def test_one_number_that_is_resident_and_provider_answers_each_in_its_words(
    work: Work, desk: Desk, text_in: Texts
) -> None:
    ask(work, "resolved", "A1023", PROVIDER)
    ask(work, "job", "B4077", PROVIDER)
    text_in("完工120元", PROVIDER)
    text_in("A1023 1", PROVIDER)

    assert desk.got == [("job", "B4077", "complete"), ("resolved", "A1023", "resolved")]


def test_an_answer_from_another_phone_answers_nothing(work: Work, desk: Desk, text_in: Texts) -> None:
    ask(work, "offer", "A1023", PROVIDER)
    text_in("1 40分钟", "+8616500000999")

    assert desk.got == []
    assert open_kinds(work, PROVIDER) == [("offer", "A1023")]
    assert wordings_to("+8616500000999") == ["unknown"]


def test_an_answer_that_comes_late_reaches_who_asked(
    work: Work, at: At, noon: datetime, desk: Desk, text_in: Texts
) -> None:
    ask(work, "offer", "A1023", PROVIDER, lasts=timedelta(minutes=10))
    at(noon + timedelta(minutes=30))
    text_in("1 40分钟", PROVIDER)

    assert desk.got == [("offer", "A1023", "accept")]


def test_a_question_of_three_weeks_ago_is_over(
    work: Work, at: At, noon: datetime, desk: Desk, text_in: Texts, unclear: list[UnclearText]
) -> None:
    ask(work, "resolved", "A1023")
    at(noon + timedelta(days=21))
    text_in("1", RESIDENT)

    assert desk.got == []
    assert wordings_to(RESIDENT)[-1] == "unknown"


def test_a_question_still_stands_after_71_hours(work: Work, at: At, noon: datetime, desk: Desk, text_in: Texts) -> None:
    ask(work, "resolved", "A1023")
    at(noon + timedelta(hours=71))
    text_in("1", RESIDENT)

    assert desk.got == [("resolved", "A1023", "resolved")]


@pytest.mark.parametrize("words", ["呱呱", "7", "1 2", "1或者2", "不一定"])
def test_an_answer_that_means_nothing_is_asked_once_and_leaves_the_question_open(
    work: Work, desk: Desk, text_in: Texts, unclear: list[UnclearText], words: str
) -> None:
    ask(work, "resolved", "A1023")
    text_in(words, RESIDENT)
    text_in(words, RESIDENT)

    assert desk.got == []
    assert wordings_to(RESIDENT) == ["resolved", "unknown"]
    assert unclear == [UnclearText(inbound()[1].id, RESIDENT, "A1023")]
    assert open_kinds(work) == [("resolved", "A1023")]


def test_what_the_taker_does_not_take_is_nobodys(
    work: Work, desk: Desk, text_in: Texts, unclear: list[UnclearText]
) -> None:
    desk.refuses = True
    ask(work, "resolved", "A1023")
    text_in("1", RESIDENT)

    assert wordings_to(RESIDENT)[-1] == "unknown"
    assert open_kinds(work) == [("resolved", "A1023")]


def test_a_stop_goes_before_the_open_question_and_leaves_it_open(work: Work, desk: Desk, text_in: Texts) -> None:
    ask(work, "resolved", "A1023")
    text_in("退订", RESIDENT)
    text_in("1", RESIDENT)

    assert desk.got == [("resolved", "A1023", "resolved")]


def test_the_reply_is_in_the_language_of_the_question(work: Work, desk: Desk, text_in: Texts) -> None:
    ask(work, "resolved", "A1023", lang="en")
    text_in("1", RESIDENT)

    assert outbound()[-1].lang == "en"
    assert outbound()[-1].body == "[Anhe Community] You get jobs again from now on, thank you."


def test_asking_for_the_code_counts_for_the_loop_guard(
    work: Work, at: At, noon: datetime, desk: Desk, text_in: Texts, unclear: list[UnclearText]
) -> None:
    ask(work, "resolved", "A1023")
    ask(work, "resolved", "B4077")
    for _ in range(5):
        text_in("1", RESIDENT)

    assert wordings_to(RESIDENT).count("ask_code") == 3
    assert [text.outcome for text in inbound()] == [Outcome.ASKED] * 3 + [Outcome.QUEUED] * 2
    at(noon + timedelta(hours=1, minutes=1))
    text_in("1", RESIDENT)
    assert wordings_to(RESIDENT).count("ask_code") == 4


def test_confirmations_are_never_held_back(work: Work, desk: Desk, text_in: Texts) -> None:
    desk.closes = False
    ask(work, "job", "A1023", PROVIDER)
    for _ in range(12):
        text_in("到了", PROVIDER)

    assert wordings_to(PROVIDER).count("resumed") == 12


def test_questions_are_closed_by_what_they_are_about(uow: UnitOfWork) -> None:
    for number, code in enumerate(("A1023", "B4077", "C9150")):
        service.open_question(uow, RESIDENT, "resolved", code, number)
    service.open_question(uow, PROVIDER, "job", "A1023", 9)

    assert service.close_questions(uow, kind="resolved", reference=1) == 1
    assert service.close_questions(uow, about="A1023") == 2
    assert [one.about for one in queries.open_questions(uow.session, RESIDENT, uow.now)] == ["C9150"]
    with pytest.raises(ValueError, match="which questions"):
        service.close_questions(uow, kind="resolved")
