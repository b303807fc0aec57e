"""The whole story of a ticket on one page: every call, text and step, in the order in which it happened."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

import sms.jobs
import ticketing.jobs
from console.privacy import without_numbers
from core import wording
from core.uow import UnitOfWork
from ivr.models import CallOutcome
from ivr.tree import Meaning
from sms.delivery import Delivery
from sms.models import OutboundSms, Outcome
from staff.permissions import Role
from tests.console.conftest import Desk
from tests.factories.ivr import Phone
from tests.factories.people import RESIDENT, a_person
from tests.factories.providers import PROVIDER, a_provider
from tests.factories.requests import a_request, a_ticket
from tests.factories.staff import sign_in
from tests.phone_line import PhoneLine
from ticketing.dispatch_lifecycle import DispatchState
from ticketing.lifecycle import State
from ticketing.models import TaskKind, Ticket, TicketEvent, TicketKind
from ticketing.service import tickets
from understanding.reading import Intent

Work = Callable[[], AbstractContextManager[UnitOfWork]]
Post = Callable[..., TestResponse]
HOUSE = Path(__file__).parent.parent.parent


@dataclass
class Story:
    """People who call and text while time passes."""

    post: Post
    set_clock: Callable[[datetime], None]
    moment: datetime
    count: int = 0

    def text(self, number: str, words: str) -> None:
        """A text to the line, two minutes after what happened before."""
        self.pass_by(2)
        self.count += 1
        answer = self.post(
            "/sms/inbound", MessageSid=f"SM{self.count:032x}", From=number, To="+869785550156", Body=words
        )
        assert answer.status_code == 200
        self.work_off()

    def pass_by(self, minutes: int) -> None:
        """Time passes."""
        self.moment += timedelta(minutes=minutes)
        self.set_clock(self.moment)

    def work_off(self) -> None:
        """Everything that is due gets done."""
        for drain in (ticketing.jobs.match, ticketing.jobs.follow_up, sms.jobs.deliver):
            drain()


@pytest.fixture
def story(
    app: Flask, phone_line: PhoneLine, twilio: Post, work: Work, at: Callable[[datetime], None], noon: datetime
) -> Story:
    """A resident and a provider of the city."""
    with work() as uow:
        a_person(uow)
        a_provider(uow, name="安禾快修水电")
    return Story(twilio, at, noon)


@pytest.fixture
def code(story: Story, work: Work) -> str:
    """A burst pipe, from the call to the score."""
    phone = Phone(story.post, RESIDENT)
    phone.dial()
    phone.say("我家水管爆了")
    phone.say("对")
    phone.say("对")
    phone.say("没有了")
    phone.hang_up(73)
    story.work_off()
    with work() as uow:
        made = uow.session.scalars(select(Ticket)).one().code
    story.text(PROVIDER, "1 40分钟到")
    story.text(PROVIDER, "到了")
    story.text(PROVIDER, "完工 120元")
    story.text(RESIDENT, "1")
    story.text(RESIDENT, "5")
    with work() as uow:
        tickets.note(uow, made, "住户很满意")
        assert uow.session.scalars(select(Ticket)).one().state is State.CLOSED
    return made


def test_every_call_text_and_step_stands_there_in_order(desk: Desk, code: str) -> None:
    words = desk.reads(f"/console/tickets/{code}")
    parts = [
        "来电 162",
        "我家水管爆了",
        "电话登记",
        f"单号{code}",
        "向安禾快修水电派单",
        "1 40分钟到",
        "安禾快修水电接单",
        "到了",
        "完工 120元",
        "收费120元",
        "问题解决了吗",
        "住户来信",
        "办结",
        "打分",
        "住户打5分",
        "住户很满意",
    ]
    timeline = words[words.index("经过") :]
    places: list[int] = []
    for part in parts:
        found = timeline.find(part, places[-1] if places else 0)
        assert found >= 0, (part, timeline)
        places.append(found)

    assert "73 秒" in timeline
    assert "已建单" in timeline


def test_a_call_by_keys_and_in_silence_is_told_too(desk: Desk, story: Story, work: Work) -> None:
    phone = Phone(story.post, RESIDENT)
    phone.dial()
    phone.press("*")
    phone.keep_silent()
    phone.press("1")
    phone.press("2")
    phone.press("9")
    phone.press("0")
    phone.duty("busy")
    phone.leave_message()
    phone.hang_up()
    with work() as uow:
        code = uow.session.scalars(select(Ticket)).one().code

    for lang, told in (("zh", "要人工"), ("en", "wants a person")):
        assert told in desk.reads(f"/console/tickets/{code}", lang)


def test_the_story_reads_in_english_and_what_people_said_stays_theirs(desk: Desk, code: str) -> None:
    words = desk.reads(f"/console/tickets/{code}", "en")

    for part in ("Timeline", "closed", "Call from", "我家水管爆了", "完工 120元", "charged 120 yuan"):
        assert part in words, part


def test_moments_are_those_of_the_city(desk: Desk, code: str) -> None:
    times = re.findall(
        r'<time class="tl-time" datetime="([^"]+)"[^>]*>(\d\d:\d\d)<', desk.open(f"/console/tickets/{code}").text
    )

    assert times[0][1] == "12:00"
    assert [datetime.fromisoformat(iso) for iso, _ in times] == sorted(datetime.fromisoformat(iso) for iso, _ in times)
    assert {shown for _, shown in times} <= {"12:00", "12:02", "12:04", "12:06", "12:08", "12:10"}


def test_entries_of_another_day_stand_under_their_day(desk: Desk, code: str, story: Story, work: Work) -> None:
    assert "tl-day" not in desk.open(f"/console/tickets/{code}").text

    story.pass_by(24 * 60)
    sign_in(desk.client)
    with work() as uow:
        tickets.note(uow, code, "第二天")
    page = desk.open(f"/console/tickets/{code}").text

    assert re.findall(r'<li class="tl-day">([^<]+)<', page) == ["11月25日 周三", "11月26日 周四"]


def test_the_filters_leave_only_their_kind(desk: Desk, code: str) -> None:
    shown = {
        kind: re.findall(r'<span class="tl-dot ([^"]*)"', desk.open(f"/console/tickets/{code}?only={kind}").text)
        for kind in ("calls", "texts", "jobs", "notes", "all", "nonsense")
    }

    assert {one.strip() for one in shown["calls"]} == {"tl-call"}
    assert {one.strip() for one in shown["jobs"]} == {"tl-job"}
    assert {one.strip() for one in shown["texts"]} == {"", "tl-in"}
    assert len(shown["notes"]) == 1
    assert len(shown["all"]) == len(shown["nonsense"]) > sum(len(shown[kind]) for kind in ("calls", "texts", "jobs"))


def test_the_numbers_of_people_are_masked(desk: Desk, code: str) -> None:
    page = desk.open(f"/console/tickets/{code}").text

    assert "162 •••• 0901" in page
    assert "165 •••• 0901" in page
    assert RESIDENT not in page
    assert PROVIDER not in page


def test_who_may_not_see_numbers_does_not_find_them_in_the_texts_either(
    desk_of: Callable[..., Desk], desk: Desk, code: str
) -> None:
    auditor = desk_of(Role.AUDITOR, "AH", "auditor").open(f"/console/tickets/{code}").text

    assert RESIDENT[3:] in desk.open(f"/console/tickets/{code}").text  # in the text to the provider
    assert RESIDENT[3:] not in auditor
    assert "•••• 0901" in auditor
    assert "完工 120元" in auditor
    assert "8号楼2单元301" in auditor


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("陈先生16200000901。", "陈先生•••• 0901。"),
        ("打 +86 162-0000-0901 找我", "打 •••• 0901 找我"),
        ("0978 5555 9901", "•••• 9901"),
        ("A1023完工 120元, 8号楼2单元301, 11月25日 10:05", "A1023完工 120元, 8号楼2单元301, 11月25日 10:05"),
        ("", ""),
    ],
)
def test_only_what_is_long_enough_for_a_telephone_number_is_cut_down(words: str, shown: str) -> None:
    assert without_numbers(words) == shown


def test_an_unknown_outcome_is_shown_as_unknown_and_not_guessed(desk: Desk, code: str, work: Work) -> None:
    with work() as uow:
        text = uow.session.scalars(select(OutboundSms).order_by(OutboundSms.id).limit(1)).one()
        text.delivery = Delivery.UNKNOWN

    words = desk.reads(f"/console/tickets/{code}")

    assert "不明，正在核对" in words
    assert "unknown" in desk.reads(f"/console/tickets/{code}", "en")


def test_the_code_of_an_old_ticket_brings_nothing_of_it_to_the_new_one(desk: Desk, code: str, work: Work) -> None:
    with work() as uow:
        old = tickets.get(uow, code)
        old.released_at = uow.now
    with work() as uow:
        new = a_ticket(uow, a_request(kind=TicketKind.QUESTION))
        new.opened_at = uow.now + timedelta(seconds=1)
        new.code = code

    words = desk.reads(f"/console/tickets/{code}")

    assert "提问" in words or "咨询" in words
    assert "完工 120元" not in words
    assert "来电 162" not in words


@pytest.mark.parametrize("lang", wording.LANGUAGES)
def test_every_word_that_a_page_may_need_is_there(lang: str) -> None:
    needed = [
        *(f"delivery.{one}" for one in Delivery),
        *(f"outcome.{one}" for one in CallOutcome),
        *(f"sms_outcome.{one}" for one in Outcome),
        *(f"answer.{one}" for one in DispatchState),
        *(f"intent.{one}" for one in (*Intent, *Meaning)),  # of a key that means nothing by itself there is no more
    ]
    ours = wording.catalogue("console", lang)
    theirs = wording.catalogue("ticketing", lang)

    assert [key for key in needed if key not in ours] == []
    assert [one for one in TaskKind if f"task_kind.{one}" not in theirs] == []
    assert [one for one in State if f"state.{one}" not in theirs] == []


def test_every_step_that_is_written_down_has_its_sentence_and_its_facts() -> None:
    steps = list(_recorded())

    assert len({kind for kind, _ in steps}) > 20
    for kind, facts in steps:
        sentence = wording.catalogue("ticketing", "zh").get(f"event.{kind}")
        assert sentence is not None, kind
        assert wording.blanks(sentence) - {"who"} <= facts or None in facts, (kind, facts)


def _recorded() -> Iterator[tuple[str, set[str | None]]]:
    """Kind and facts of every `record(uow, ticket, kind, …)`; None among the facts: some are given by `**`."""
    for path in (HOUSE / "ticketing").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "record" and len(node.args) > 2:
                kind = node.args[2]
                if isinstance(kind, ast.Constant):
                    yield str(kind.value), {word.arg for word in node.keywords}


def test_a_step_of_any_kind_can_be_shown(desk: Desk, work: Work) -> None:
    with work() as uow:
        ticket = a_ticket(uow)
        uow.session.add(
            TicketEvent(
                ticket_id=ticket.id,
                at=uow.now,
                actor="job:x",
                kind="refused",
                data={"provider": "甲", "reason": "busy"},
            )
        )

    assert "甲不接" in desk.reads(f"/console/tickets/{ticket.code}")
