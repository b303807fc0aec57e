"""The privacy desk by its pages: everything held, requests with their clocks, holds, and how long things are kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from collection.models import BatchState
from core.audit import AuditEntry
from core.uow import UnitOfWork, unit_of_work
from directory.models import Channel, Contact, LegalHold, Person, PrivacyRequest, Purpose, RequestKind, RequestState
from directory.service import consents, corrections, privacy
from directory.service.privacy import Checked
from directory.service.search import reindex
from sms.models import InboundSms
from staff.permissions import Role
from tests.console.conftest import Desk, words_of
from tests.factories.people import a_person
from tests.factories.requests import a_request, a_ticket
from tests.factories.staff import a_user, sign_in
from tests.privacy.conftest import HOME_PHONE, OWN, WORDS, a_resident
from tests.privacy.test_lists import a_batch
from tests.statements import counted


@pytest.fixture(autouse=True)
def at_noon(at: Callable[[datetime], None], noon: datetime) -> None:
    """It is noon in the city at the beginning of every test."""
    at(noon)


@pytest.fixture
def person_id(app: Flask) -> int:
    """The resident with something in every table, committed."""
    with unit_of_work("test") as uow:
        return a_resident(uow).person.id


@pytest.fixture
def steward_of(app: Flask, clean: None) -> Callable[..., Desk]:
    """`steward_of("AH01")`: somebody who does the privacy desk there."""

    def signed_in(place: str = "AH", login: str = "steward", role: Role = Role.DATA_STEWARD) -> Desk:
        with unit_of_work("test") as uow:
            a_user(uow, login, name="周文", role=role, place=place)
        client = app.test_client()
        assert sign_in(client, login).status_code == 303
        return Desk(client)

    return signed_in


@pytest.fixture
def steward(steward_of: Callable[..., Desk]) -> Desk:
    """A data steward of the whole city."""
    return steward_of()


def rows(wanted: Any) -> list[Any]:
    """What a statement finds now."""
    with unit_of_work("test") as uow:
        return list(uow.session.scalars(wanted))


def asks(desk: Desk, person_id: int, kind: str = "erasure", **more: str) -> str:
    """Take a request down; the address of its page."""
    answer = desk.sends(
        f"/console/privacy/people/{person_id}/requests", kind=kind, channel="desk", checked="document", **more
    )
    assert answer.status_code == 303
    return str(answer.location)


def test_everything_held_about_him_stands_on_one_page_in_both_languages(steward: Desk, person_id: int) -> None:
    zh = steward.reads(f"/console/privacy/people/{person_id}/held")
    en = steward.reads(f"/console/privacy/people/{person_id}/held", "en")

    for words in (WORDS, OWN, "来自 district · 2026-01-01", "长期患病", "家水管爆了", "我是", "您好", "123X"):
        assert words in zh, words
    assert "孙玉兰" not in zh
    assert "from district · 2026-01-01" in en
    assert "Long illness" in en
    assert "subject." not in zh + en


def test_the_file_holds_the_same_with_the_source_of_each_value(steward: Desk, person_id: int) -> None:
    answer = steward.open(f"/console/privacy/people/{person_id}/held.json")

    told = json.loads(answer.data)
    sections = told["sections"]
    assert answer.headers["Content-Disposition"] == f'attachment; filename="person-{person_id}.json"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert sections["person"][0]["name"] == {"value": WORDS, "source": "district · 2026-01-01"}
    assert {one["number"]["value"] if isinstance(one["number"], dict) else one["number"] for one in sections["numbers"]}
    filled = {name for name, records in sections.items() if records}
    assert filled >= {
        *("person", "homes", "numbers", "consents", "labels", "flags", "merges", "sources", "tickets", "steps"),
        *("calls", "said", "recordings", "texts", "tasks"),
    }


def test_numbers_of_other_people_are_cut_down_and_texts_of_his_wife_left_out(steward: Desk, person_id: int) -> None:
    told = steward.open(f"/console/privacy/people/{person_id}/held.json").get_data(as_text=True)

    assert "+8616500000001" not in told  # the provider's
    assert "•••• 0001" in told
    assert OWN in told
    assert "孙玉兰您好" not in told  # hers, at the number they share
    assert json.loads(told)["shared_numbers"] == [HOME_PHONE]


def test_each_look_is_written_down_and_stands_on_the_next_page(steward: Desk, person_id: int) -> None:
    steward.open(f"/console/privacy/people/{person_id}/held.json")

    looks = rows(select(AuditEntry).where(AuditEntry.action == "subject.read"))
    assert [(one.subject, one.data) for one in looks] == [(f"person:{person_id}", {"how": "json"})]
    assert "看了某人的全部资料" in steward.reads(f"/console/privacy/people/{person_id}/held")


def test_the_page_takes_no_more_statements_for_a_longer_history(steward: Desk, person_id: int) -> None:
    with counted() as few:
        steward.open(f"/console/privacy/people/{person_id}/held")
    with unit_of_work("test") as uow:
        for _ in range(5):
            longer(uow, person_id)
    with counted() as many:
        steward.open(f"/console/privacy/people/{person_id}/held")

    assert len(many) <= len(few)


def longer(uow: UnitOfWork, person_id: int) -> None:
    """One more of what he has."""
    a_ticket(uow, a_request(person=uow.session.get_one(Person, person_id), msisdn=OWN, notify_msisdn=OWN))


def test_an_erasure_goes_from_request_to_done_by_the_pages(steward: Desk, person_id: int) -> None:
    page = asks(steward, person_id)
    before = steward.reads(page)
    after = steward.reads_after(steward.sends(f"{page}/erase", confirmed="yes"))

    assert "将删除的内容" in before
    assert f"永久删除 {WORDS} 的信息" in before
    assert "已删除" in after
    assert WORDS not in after
    assert rows(select(PrivacyRequest.state)) == [RequestState.DONE]
    assert rows(select(Person.name).where(Person.id == person_id)) == [""]
    assert "（已删除）" in steward.reads("/console/privacy?tab=settled")


def test_the_page_says_of_how_many_texts_pictures_go_at_the_carrier(steward: Desk, person_id: int) -> None:
    with unit_of_work("test") as uow:
        uow.session.execute(update(InboundSms).values(media_count=2))

    page = asks(steward, person_id)

    assert "随短信发来的图片（在运营商处）" in words_of(steward.reads(page))
    assert "Texts with pictures: the pictures at the carrier" in words_of(steward.reads(page, "en"))


def test_nothing_is_erased_before_somebody_says_that_he_checked_who_asks(steward: Desk, person_id: int) -> None:
    page = asks(steward, person_id)

    answer = steward.sends(f"{page}/erase")

    assert answer.status_code == 422
    assert "请先核实，再勾选" in words_of(answer.text)
    assert f"永久删除 {WORDS} 的信息" in words_of(answer.text)
    assert rows(select(PrivacyRequest.state)) == [RequestState.OPEN]
    assert rows(select(Person.name).where(Person.id == person_id)) == [WORDS]


def test_lists_that_nobody_has_read_are_named_as_not_yet_looked_through(steward: Desk, person_id: int) -> None:
    with unit_of_work("test") as uow:
        a_batch(uow, BatchState.RECEIVED)
    page = asks(steward, person_id)

    assert "另有 1 份名单还没有人读过，这里没有查" in steward.reads(page)
    assert "Not yet looked through: 1 lists" in steward.reads(page, "en")


def test_the_audit_log_holds_no_name_and_no_number_of_the_erased(steward: Desk, person_id: int) -> None:
    steward.sends(f"{asks(steward, person_id)}/erase", confirmed="yes")

    log = " ".join(f"{one.reason} {one.data} {one.subject}" for one in rows(select(AuditEntry)))
    assert "person.erased" in {one.action for one in rows(select(AuditEntry))}
    assert WORDS not in log
    assert OWN not in log


def test_a_hold_put_on_the_page_holds_an_erasure_up_and_says_why(steward: Desk, person_id: int) -> None:
    steward.sends(f"/console/privacy/people/{person_id}/holds", reason="(2026)皖01民初7号")
    page = asks(steward, person_id)
    held = steward.reads_after(steward.sends(f"{page}/erase", confirmed="yes"))

    assert "暂缓" in held
    assert "有生效的法律保留" in held
    assert "(2026)皖01民初7号" in steward.reads("/console/privacy?tab=holds")
    hold_id = rows(select(LegalHold.id))[0]
    assert "已结束" in steward.reads_after(steward.sends(f"/console/privacy/holds/{hold_id}/end"))


def test_a_correction_becomes_the_committees_task_and_is_answered_when_it_is_settled(
    steward: Desk, person_id: int
) -> None:
    page = asks(steward, person_id, "correction", words="名字少了一个字")
    with unit_of_work("test") as uow:
        told = uow.session.scalars(select(PrivacyRequest)).one()
        assert told.correction_id is not None
        corrections.settle(uow, person_id, told.correction_id, is_right=True)

    assert rows(select(PrivacyRequest.state)) == [RequestState.DONE]
    assert "已办" in steward.reads(page)


def test_a_request_says_by_when_it_must_be_answered(steward: Desk, person_id: int, noon: datetime) -> None:
    asks(steward, person_id, "access")

    due_by = rows(select(PrivacyRequest.due_by))[0]
    assert abs(due_by - noon - timedelta(days=15)) < timedelta(minutes=1)
    assert "剩 14天" in steward.reads("/console/privacy") or "剩 15天" in steward.reads("/console/privacy")


def test_without_saying_how_he_was_known_nothing_is_opened(steward: Desk, person_id: int) -> None:
    answer = steward.sends(f"/console/privacy/people/{person_id}/requests", kind="erasure", channel="desk")

    assert answer.status_code == 422
    assert rows(select(PrivacyRequest.id)) == []


def test_a_correction_without_words_is_told_on_the_page_and_keeps_what_was_chosen(
    steward: Desk, person_id: int
) -> None:
    answer = steward.sends(
        f"/console/privacy/people/{person_id}/requests", kind="correction", channel="letter", checked="proxy", words=" "
    )

    assert answer.status_code == 422
    assert "请写明哪里有误" in answer.text
    assert [one in answer.text for one in ('"correction" selected', '"letter" selected', '"proxy" selected')] == [
        True
    ] * 3
    assert rows(select(PrivacyRequest)) == []


def test_a_second_request_of_the_same_kind_is_refused(steward: Desk, person_id: int) -> None:
    asks(steward, person_id)

    again = steward.sends(
        f"/console/privacy/people/{person_id}/requests", kind="erasure", channel="desk", checked="document"
    )

    assert again.status_code == 409


def test_a_withdrawn_consent_holds_from_now_on(steward: Desk, person_id: int) -> None:
    his = rows(select(Contact.id).where(Contact.person_id == person_id, Contact.msisdn == HOME_PHONE))[0]

    answer = steward.sends(
        f"/console/privacy/people/{person_id}/consents", number=str(his), purpose="notice", channel="voice"
    )

    assert "0978 ••• 7712 · 电话 · 通知" in steward.reads_after(answer)
    with unit_of_work("test") as uow:
        assert consents.may_write(uow, HOME_PHONE, Purpose.NOTICE, Channel.VOICE) == "stopped_notices"


def test_a_number_that_is_not_his_cannot_be_withdrawn_through_his_page(steward: Desk, person_id: int) -> None:
    others = rows(select(Contact.id).where(Contact.person_id != person_id, Contact.msisdn == HOME_PHONE))[0]

    for number in (str(others), HOME_PHONE, "0", "x", ""):
        answer = steward.sends(
            f"/console/privacy/people/{person_id}/consents", number=number, purpose="notice", channel="voice"
        )
        assert "此人已没有这个号码" in steward.reads_after(answer), number


def test_nobody_works_on_people_outside_his_area(steward_of: Callable[..., Desk], person_id: int) -> None:
    with unit_of_work("test") as uow:
        made = privacy.open_request(
            uow, person_id, RequestKind.ERASURE, channel="desk", checked_how=Checked.DOCUMENT
        ).id
        hold_id = privacy.set_hold(uow, person_id, "case").id
    elsewhere = steward_of("AH02", "other")

    for path in (
        f"people/{person_id}",
        f"people/{person_id}/held",
        f"people/{person_id}/held.json",
        f"requests/{made}",
    ):
        assert elsewhere.open(f"/console/privacy/{path}").status_code == 404, path
    posts = ("erase", "refuse", "answered")
    assert {elsewhere.sends(f"/console/privacy/requests/{made}/{one}").status_code for one in posts} == {404}
    assert elsewhere.sends(f"/console/privacy/holds/{hold_id}/end").status_code == 404
    assert elsewhere.sends(f"/console/privacy/people/{person_id}/holds", reason="x").status_code == 404
    assert elsewhere.sends(f"/console/privacy/people/{person_id}/consents").status_code == 404
    assert WORDS not in elsewhere.reads("/console/privacy") + elsewhere.reads("/console/privacy?tab=holds")


@pytest.mark.parametrize("what", ["people/{}", "people/{}/held", "people/{}/held.json", "requests/{}"])
def test_an_id_that_nobody_can_have_is_not_found(steward: Desk, what: str) -> None:
    assert steward.open(f"/console/privacy/{what.format(2**31)}").status_code == 404


def test_whoever_asks_is_found_without_his_name_in_an_address(steward: Desk) -> None:
    with unit_of_work("test") as uow:
        made = a_person(uow, "欧阳采薇", msisdn="+8616200000999", birth_date=date(1990, 1, 1))
        reindex(uow, [made.id])

    answer = steward.sends("/console/privacy/find", q="采薇")

    assert f"/console/privacy/people/{made.id}" in answer.get_data(as_text=True)
    assert steward.open("/console/privacy/find").status_code == 405


def test_the_time_of_a_kind_is_set_and_what_it_would_remove_is_shown(steward: Desk, person_id: int) -> None:
    said = steward.reads_after(steward.sends("/console/retention/recordings", days="30"))
    counted_page = steward.reads("/console/retention?count=1")

    assert "已设定" in said
    assert "默认 183" in said
    assert "现在会清理" in counted_page
    assert "retention." not in counted_page


@pytest.mark.parametrize("typed", ["0", "-3", "3.5", "ten", "99999999", "６０"])
def test_a_time_that_makes_no_sense_is_refused_in_a_sentence(steward: Desk, typed: str) -> None:
    said = steward.reads_after(steward.sends("/console/retention/recordings", days=typed))

    assert "请填 7 到 36500 之间的整数天数" in said


def test_the_audit_log_has_no_time_to_set(steward: Desk) -> None:
    assert steward.sends("/console/retention/audit", days="30").status_code == 422
