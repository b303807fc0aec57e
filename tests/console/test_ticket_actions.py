"""What is done to a ticket by hand: once, on the state that the reader saw, by who may, and nothing typed is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from html import unescape

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from core.uow import UnitOfWork
from sms.models import OutboundSms
from staff.permissions import Role
from tests.console.conftest import Desk, words_of
from tests.factories.people import COMMUNITY, RESIDENT, a_person, a_place
from tests.factories.providers import PROVIDER, a_provider
from tests.factories.requests import a_held_job, a_request, a_ticket, steps_of, texts_to
from ticketing.lifecycle import State
from ticketing.models import Dispatch, Ticket, TicketEvent, TicketKind
from ticketing.service import tickets

Work = Callable[[], AbstractContextManager[UnitOfWork]]
KEY = "0123456789abcdef" * 2
HOSTILE = "<script>alert(1)</script>\"'{{ 7*7 }}<img src=x onerror=alert(1)>"
REASON = "住户说不用了"


@pytest.fixture
def code(work: Work) -> str:
    """An open ticket of a community, and a plumber who could do it."""
    with work() as uow:
        a_place(uow)
        a_place(uow, "AH020301")
        a_provider(uow)
        return a_ticket(uow, a_request(person=a_person(uow))).code


@pytest.fixture
def ticket(work: Work, code: str) -> Callable[[], Ticket]:
    """The ticket as it stands."""

    def read() -> Ticket:
        with work() as uow:
            return tickets.get(uow, code)

    return read


def version_of(desk: Desk, code: str) -> str:
    """The version that a page of this ticket sends along."""
    found = re.search(r'name="version" value="(\d+)"', desk.open(f"/console/tickets/{code}").text)
    assert found is not None
    return found[1]


def value_of(page: str, field: str) -> str:
    """What stands in a field of a page."""
    found = re.search(rf'<input[^>]*name="{field}"[^>]*?value="([^"]*)"', page)
    return unescape(found[1]) if found is not None else ""


def test_taking_a_ticket_makes_it_the_reader_s(desk: Desk, code: str, ticket: Callable[[], Ticket]) -> None:
    words = desk.reads_after(desk.sends(f"/console/tickets/{code}/take", version=version_of(desk, code)))

    assert f"{code} 归您办理" in words
    assert ticket().owner_id == 1
    assert code in desk.reads("/console/tickets?view=mine")


def test_two_who_take_it_at_once_are_told_who_was_late(
    desk_of: Callable[..., Desk], code: str, ticket: Callable[[], Ticket]
) -> None:
    first, second = desk_of(login="g02"), desk_of(login="g03")
    seen = version_of(first, code)
    first.sends(f"/console/tickets/{code}/take", version=seen)

    answer = second.sends(f"/console/tickets/{code}/take", version=seen)

    assert answer.status_code == 409
    assert "刚被别人改过" in answer.text
    assert ticket().owner_id == 1


@pytest.mark.parametrize("action", ["cancel", "close"])
def test_ending_a_ticket_needs_a_reason_and_keeps_it(
    desk: Desk, code: str, work: Work, ticket: Callable[[], Ticket], action: str
) -> None:
    refused = desk.sends(f"/console/tickets/{code}/{action}", version=version_of(desk, code), reason="  ")
    assert refused.status_code == 422
    assert "请写明原因" in words_of(refused.text)
    assert ticket().state is State.OPEN

    desk.sends(f"/console/tickets/{code}/{action}", version=version_of(desk, code), reason=REASON)

    assert ticket().state is (State.CANCELLED if action == "cancel" else State.CLOSED)
    assert REASON in desk.reads(f"/console/tickets/{code}")
    with work() as uow:
        assert texts_to(uow, RESIDENT)[-1] == ("ticket_cancelled" if action == "cancel" else "ticket_closed")


@pytest.mark.parametrize("action", ["cancel", "close"])
def test_a_stale_form_is_refused_and_what_was_typed_stays(
    desk: Desk, code: str, work: Work, ticket: Callable[[], Ticket], action: str
) -> None:
    seen = version_of(desk, code)
    with work() as uow:
        tickets.get(uow, code).address = "9号楼"

    answer = desk.sends(f"/console/tickets/{code}/{action}", version=seen, reason=REASON)

    assert answer.status_code == 409
    assert "您的操作没有保存" in words_of(answer.text)
    assert value_of(answer.text, "reason") == REASON
    assert "9号楼" in answer.text
    assert ticket().state is State.OPEN
    again = desk.sends(f"/console/tickets/{code}/{action}", version=value_of(answer.text, "version"), reason=REASON)
    assert again.status_code == 303


def test_a_form_that_no_longer_stands_on_the_page_gives_its_words_back(desk: Desk, code: str, work: Work) -> None:
    seen = version_of(desk, code)
    with work() as uow:
        tickets.cancel(uow, code, "别的原因")

    answer = desk.sends(f"/console/tickets/{code}/close", version=seen, reason=REASON)

    assert answer.status_code == 409
    assert f"您写的是：{REASON}" in words_of(answer.text)


@pytest.mark.parametrize("version", ["", "x", "²", "-1", "99999999999999999999"])
def test_a_form_without_a_version_that_exists_changes_nothing(
    desk: Desk, code: str, ticket: Callable[[], Ticket], version: str
) -> None:
    answer = desk.sends(f"/console/tickets/{code}/cancel", version=version, reason=REASON)

    assert answer.status_code == 409
    assert ticket().state is State.OPEN


def test_the_same_form_twice_has_one_effect(desk: Desk, code: str, work: Work) -> None:
    seen = version_of(desk, code)
    answers = [desk.sends(f"/console/tickets/{code}/cancel", version=seen, reason=REASON).status_code for _ in range(2)]

    assert answers == [303, 409]
    with work() as uow:
        assert texts_to(uow, RESIDENT).count("ticket_cancelled") == 1
        assert steps_of(uow, tickets.get(uow, code)).count("cancelled") == 1


def test_a_closed_ticket_opens_again_with_a_reason(desk: Desk, code: str, ticket: Callable[[], Ticket]) -> None:
    desk.sends(f"/console/tickets/{code}/close", version=version_of(desk, code), reason="电话确认")
    refused = desk.sends(f"/console/tickets/{code}/reopen", version=version_of(desk, code), reason="")

    assert (refused.status_code, ticket().state) == (422, State.CLOSED)
    words = desk.reads_after(
        desk.sends(f"/console/tickets/{code}/reopen", version=version_of(desk, code), reason="又漏了")
    )

    assert "已重新打开" in words
    assert "重开 1 次" in words
    assert "又漏了" in words
    assert ticket().state is State.OPEN


@pytest.mark.parametrize("action", ["close", "reopen", "cancel"])
def test_what_the_state_forbids_is_refused_with_a_sentence(desk: Desk, code: str, work: Work, action: str) -> None:
    with work() as uow:
        held = tickets.get(uow, code)
        held.state = State.IN_PROGRESS if action != "cancel" else State.CLOSED

    answer = desk.sends(f"/console/tickets/{code}/{action}", version=version_for(work, code), reason=REASON)

    assert answer.status_code == 409
    assert "现在的状态不能这样操作" in words_of(answer.text)


def version_for(work: Work, code: str) -> str:
    """The present version, also of a ticket whose page has no form."""
    with work() as uow:
        return str(tickets.get(uow, code).version)


def test_a_named_provider_is_asked_and_the_reason_is_kept(desk: Desk, code: str, work: Work) -> None:
    page = desk.open(f"/console/tickets/{code}").text
    assert 'value="P901"' in page
    desk.sends(f"/console/tickets/{code}/dispatch", version=version_of(desk, code), provider="P901", reason="住户点名")

    with work() as uow:
        offered = uow.session.scalars(select(Dispatch)).one()
        assert offered.by_hand_reason == "住户点名"
        assert texts_to(uow, PROVIDER) != []
    assert "人工派给快修水电" in desk.reads(f"/console/tickets/{code}")


def test_a_provider_who_may_not_be_sent_is_refused_and_the_form_stays(desk: Desk, code: str, work: Work) -> None:
    with work() as uow:
        a_provider(uow, "P902", name="开锁王", services=("lock",), msisdn="+8616500000902")

    answer = desk.sends(
        f"/console/tickets/{code}/dispatch", version=version_of(desk, code), provider="P902", reason="试试"
    )

    assert answer.status_code == 422
    assert "开锁王现在不能派" in words_of(answer.text)
    assert value_of(answer.text, "reason") == "试试"


@pytest.mark.parametrize("provider", ["", "P999", HOSTILE])
def test_a_provider_that_does_not_exist_is_refused(desk: Desk, code: str, provider: str) -> None:
    answer = desk.sends(
        f"/console/tickets/{code}/dispatch", version=version_of(desk, code), provider=provider, reason="试试"
    )

    assert answer.status_code in (404, 422)
    assert "<script>alert" not in answer.text


def test_a_note_is_kept_once_and_never_sent(desk: Desk, code: str, work: Work) -> None:
    with work() as uow:
        before = len(uow.session.scalars(select(OutboundSms)).all())
    for _ in range(2):
        answer = desk.sends(f"/console/tickets/{code}/write", to="note", words="住户要下午来", key=KEY)

    assert "备注已存" in desk.reads_after(answer)
    with work() as uow:
        assert [one.note for one in uow.session.scalars(select(TicketEvent).where(TicketEvent.kind == "note"))] == [
            "住户要下午来"
        ]
        assert len(uow.session.scalars(select(OutboundSms)).all()) == before


def test_a_text_to_the_resident_goes_out_once_with_our_signature(desk: Desk, code: str, work: Work) -> None:
    for _ in range(2):
        answer = desk.sends(f"/console/tickets/{code}/write", to="resident", words="师傅在路上", key=KEY)

    assert "短信已交付发送" in desk.reads_after(answer)
    with work() as uow:
        sent = uow.session.scalars(select(OutboundSms).where(OutboundSms.wording == "by_hand")).all()
        assert [(one.msisdn, one.body) for one in sent] == [(RESIDENT, "【安禾社区】师傅在路上")]


def test_a_text_to_the_provider_goes_to_who_has_the_job(desk: Desk, code: str, work: Work) -> None:
    refused = desk.sends(f"/console/tickets/{code}/write", to="provider", words="请带发票", key=KEY)
    assert refused.status_code == 422
    assert "没有可以收短信的号码" in words_of(refused.text)
    assert "请带发票" in refused.text
    with work() as uow:
        a_held_job(uow, tickets.get(uow, code))

    desk.sends(f"/console/tickets/{code}/write", to="provider", words="请带发票", key=KEY)

    with work() as uow:
        assert "by_hand" in texts_to(uow, PROVIDER)
        assert "by_hand" not in texts_to(uow, RESIDENT)


def test_who_stopped_all_texts_gets_none_and_the_words_stay(
    desk: Desk, code: str, work: Work, twilio: Callable[..., TestResponse]
) -> None:
    twilio("/sms/inbound", MessageSid="SM1", From=RESIDENT, To="+869785550156", Body="STOP")
    answer = desk.sends(f"/console/tickets/{code}/write", to="resident", words="师傅在路上", key=KEY)

    assert answer.status_code in (409, 422)
    assert "师傅在路上" in answer.text
    with work() as uow:
        assert "by_hand" not in texts_to(uow, RESIDENT)


@pytest.mark.parametrize(
    ("words", "sentence"), [("", "还没写内容"), (" \n ", "还没写内容"), ("长" * 1001, "最多 1000")]
)
def test_too_little_and_too_much_are_refused_and_stay(
    desk: Desk, code: str, work: Work, words: str, sentence: str
) -> None:
    answer = desk.sends(f"/console/tickets/{code}/write", to="note", words=words, key=KEY)

    assert answer.status_code == 422
    assert sentence in words_of(answer.text)
    assert words.strip() in answer.text
    assert f'name="key" value="{KEY}"' in answer.text
    with work() as uow:
        assert "note" not in steps_of(uow, tickets.get(uow, code))


@pytest.mark.parametrize("key", ["", "x", HOSTILE, "0" * 400])
def test_a_key_that_is_none_does_no_harm(desk: Desk, code: str, work: Work, key: str) -> None:
    assert desk.sends(f"/console/tickets/{code}/write", to="resident", words="师傅在路上", key=key).status_code == 303

    with work() as uow:
        assert texts_to(uow, RESIDENT).count("by_hand") == 1


def test_missing_facts_are_filled_in_and_the_job_is_matched(desk: Desk, work: Work) -> None:
    with work() as uow:
        a_place(uow)
        code = a_ticket(uow, a_request(service="", place="")).code
    page = desk.open(f"/console/tickets/{code}").text
    assert "请补全服务或地点" in page

    desk.sends(
        f"/console/tickets/{code}/facts",
        version=version_of(desk, code),
        service="plumbing",
        community=COMMUNITY,
        address="3号楼1单元202",
    )

    with work() as uow:
        filled = tickets.get(uow, code)
        assert (filled.state, filled.service, filled.jurisdiction_code) == (State.OPEN, "plumbing", COMMUNITY)
        assert filled.address == "3号楼1单元202"
        assert filled.match_at is not None


@pytest.mark.parametrize(("service", "community"), [("nothing", COMMUNITY), ("plumbing", "AH0299"), ("plumbing", "XX")])
def test_a_choice_that_was_not_offered_is_refused_and_the_rest_stays(
    desk: Desk, code: str, ticket: Callable[[], Ticket], service: str, community: str
) -> None:
    answer = desk.sends(
        f"/console/tickets/{code}/facts",
        version=version_of(desk, code),
        service=service,
        community=community,
        address="新地址9号",
    )

    assert answer.status_code == 422
    assert "请重选" in words_of(answer.text)
    assert value_of(answer.text, "address") == "新地址9号"
    assert ticket().address == "8号楼2单元301"


@pytest.mark.parametrize("field", ["words", "reason", "address"])
def test_hostile_words_come_back_as_words(desk: Desk, code: str, field: str) -> None:
    if field == "words":
        desk.sends(f"/console/tickets/{code}/write", to="note", words=HOSTILE, key=KEY)
    elif field == "reason":
        desk.sends(f"/console/tickets/{code}/cancel", version=version_of(desk, code), reason=HOSTILE)
    else:
        desk.sends(f"/console/tickets/{code}/facts", version=version_of(desk, code), service="", address=HOSTILE)
    pages = [desk.open(f"/console/tickets/{code}").text, desk.open("/console/tickets?view=all").text]

    assert all("<script>alert" not in page and "<img src=x" not in page for page in pages)
    assert HOSTILE in words_of(pages[0]) or HOSTILE in unescape(pages[0])


def test_hostile_words_of_a_refused_form_come_back_as_words(desk: Desk, code: str) -> None:
    answers = [
        desk.sends(f"/console/tickets/{code}/cancel", version="0", reason=HOSTILE),
        desk.sends(f"/console/tickets/{code}/write", to="provider", words=HOSTILE, key=HOSTILE),
        desk.sends(f"/console/tickets/{code}/facts", version="0", address=HOSTILE, service=HOSTILE),
    ]

    assert all("<script>alert" not in answer.text and "<img src=x" not in answer.text for answer in answers)
    assert value_of(answers[0].text, "reason") == HOSTILE


@pytest.mark.parametrize("field", ["words", "reason", "version", "code"])
def test_a_nul_in_a_form_is_refused(desk: Desk, code: str, field: str) -> None:
    fields = {"version": "1", "reason": "x", field: "a\0b"}
    answer = desk.sends(f"/console/tickets/{code}/cancel", **fields)

    assert answer.status_code == 400


@pytest.mark.parametrize("path", ["/console/tickets?q=%00", "/console/tickets/%00", "/sign-in?next=%00"])
def test_a_nul_in_an_address_is_refused(desk: Desk, path: str) -> None:
    assert desk.open(path).status_code == 400


ACTIONS = ("take", "write", "dispatch", "cancel", "close", "reopen", "facts")


@pytest.mark.parametrize("action", ACTIONS)
def test_no_action_works_without_the_token_of_the_page(
    desk: Desk, code: str, ticket: Callable[[], Ticket], action: str
) -> None:
    before = ticket().version

    answer = desk.sends_without_token(
        f"/console/tickets/{code}/{action}", version=str(before), reason=REASON, words="x", to="note"
    )

    assert answer.status_code == 400
    assert ticket().version == before


@pytest.mark.parametrize("action", ACTIONS)
def test_no_action_is_done_by_opening_an_address(desk: Desk, code: str, action: str) -> None:
    assert desk.open(f"/console/tickets/{code}/{action}").status_code == 405


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("role", [Role.DISTRICT_OFFICER, Role.AUDITOR, Role.CLERK])
def test_who_may_only_read_has_no_button_and_no_way(
    desk_of: Callable[..., Desk], code: str, ticket: Callable[[], Ticket], role: Role, action: str
) -> None:
    desk = desk_of(role)
    if (role, action) == (Role.CLERK, "write"):
        return_code = desk.sends(f"/console/tickets/{code}/write", to="resident", words="x", key=KEY).status_code
    else:
        return_code = desk.sends(
            f"/console/tickets/{code}/{action}", version="1", reason=REASON, words="x", to="note", provider="P901"
        ).status_code

    assert return_code == 403
    page = desk.open(f"/console/tickets/{code}").text
    assert f'action="/console/tickets/{code}/{action}"' not in page or (role, action) == (Role.CLERK, "write")
    assert ticket().state is State.OPEN


@pytest.mark.parametrize("action", ACTIONS)
def test_a_ticket_of_another_part_is_not_found_by_guessing_its_code(
    desk_of: Callable[..., Desk], work: Work, code: str, action: str
) -> None:
    desk = desk_of(Role.AGENT, "AH02")

    answer = desk.sends(
        f"/console/tickets/{code}/{action}", version="1", reason=REASON, words="x", to="note", provider="P901"
    )

    assert answer.status_code == 404
    with work() as uow:
        assert tickets.get(uow, code).state is State.OPEN
        assert "note" not in steps_of(uow, tickets.get(uow, code))


def test_an_old_ticket_of_ones_own_part_opens_no_way_to_the_present_holder_of_its_code(
    desk_of: Callable[..., Desk], work: Work, code: str
) -> None:
    with work() as uow:
        old = a_ticket(uow, a_request(place="AH020301"))
        tickets.cancel(uow, old.code, "x")
        old.released_at = uow.now
        uow.session.flush()
        old.code = code
    desk = desk_of(Role.AGENT, "AH02")

    assert desk.open(f"/console/tickets/{code}").status_code == 200
    for action in ("cancel", "take", "write"):
        answer = desk.sends(
            f"/console/tickets/{code}/{action}", version=version_for(work, code), reason=REASON, words="x", to="note"
        )
        assert answer.status_code == 404, action
    with work() as uow:
        assert tickets.get(uow, code).state is State.OPEN


def test_a_refusal_of_a_ticket_that_went_elsewhere_meanwhile_draws_nothing_of_it(
    desk_of: Callable[..., Desk], work: Work, code: str
) -> None:
    desk = desk_of(Role.AGENT, "AH0102")

    def moves(_refused: Session) -> None:
        with work() as uow:
            tickets.get(uow, code).jurisdiction_code = "AH020301"

    event.listen(Session, "after_rollback", moves, once=True)

    answer = desk.sends(f"/console/tickets/{code}/cancel", version="99", reason=REASON)

    assert answer.status_code == 404
    assert "我家水管爆了" not in answer.text


def test_a_page_reads_the_names_of_those_only_who_did_something(
    desk: Desk, code: str, work: Work, statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    desk.sends(f"/console/tickets/{code}/write", to="note", words="住户在家", version=version_for(work, code))
    with statements() as sent:
        page = desk.reads(f"/console/tickets/{code}")

    assert "李敏g02" in page
    assert not [one for one in sent if "FROM users" in one and "WHERE" not in one]


def test_who_may_not_text_is_offered_the_note_only(desk_of: Callable[..., Desk], code: str) -> None:
    page = desk_of(Role.CLERK).open(f"/console/tickets/{code}").text

    assert "存备注" in page
    assert "发给住户" not in page


def test_a_ticket_page_takes_as_many_statements_for_a_long_story_as_for_a_short_one(
    desk: Desk, code: str, work: Work, statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    with statements() as short:
        desk.open(f"/console/tickets/{code}")
    with work() as uow:
        for number in range(40):
            tickets.note(uow, code, f"备注 {number}")
    with statements() as long:
        page = desk.open(f"/console/tickets/{code}")

    assert page.text.count("备注 3") >= 10
    assert len(long) == len(short) <= 36, long


def test_a_question_is_answered_and_closed_at_first_contact(desk: Desk, work: Work) -> None:
    with work() as uow:
        code = a_ticket(uow, a_request(kind=TicketKind.QUESTION)).code

    assert "请答复诉求人" in desk.reads(f"/console/tickets/{code}")
    desk.sends(f"/console/tickets/{code}/close", version=version_of(desk, code), reason="已答复停水时间")

    with work() as uow:
        assert tickets.get(uow, code).state is State.CLOSED
