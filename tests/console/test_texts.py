"""Inbound texts: how each was read, what became of it, and who may read it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from html import unescape
from re import findall

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from core.uow import UnitOfWork
from sms.models import InboundSms, Outcome
from staff.permissions import Role
from tests.console.conftest import Desk, words_of
from tests.factories.people import COMMUNITY, RESIDENT
from tests.factories.requests import a_request, a_ticket

Work = Callable[[], AbstractContextManager[UnitOfWork]]
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'


def a_text(uow: UnitOfWork, number: int, body: str, *, about: str = "", outcome: Outcome = Outcome.HANDLED) -> None:
    """A text that came and was dealt with."""
    uow.session.add(
        InboundSms(
            carrier_sid=f"SM{number}", msisdn=RESIDENT, body=body, received_at=uow.now, about=about, outcome=outcome
        )
    )


def test_before_the_first_text_the_page_says_what_would_come(desk: Desk) -> None:
    assert "还没有来信" in desk.reads("/console/texts")
    assert "No texts yet" in desk.reads("/console/texts", "en")


def test_a_text_shows_its_reading_its_outcome_and_its_answer(desk: Desk, twilio: Callable[..., TestResponse]) -> None:
    twilio("/sms/inbound", MessageSid="SM1", From=RESIDENT, To="+869785550156", Body="帮助")

    words = desk.reads("/console/texts")

    for part in ("162 0000 0901", "帮助", "求助用法", "已办", "【安禾社区】", "12:00"):
        assert part in words, part


def test_what_waits_for_a_person_can_be_seen_alone(desk: Desk, work: Work) -> None:
    with work() as uow:
        for number, outcome in enumerate(Outcome):
            a_text(uow, number, f"来信-{outcome}", outcome=outcome)

    shown = desk.reads("/console/texts?only=waiting")

    assert {one for one in Outcome if f"来信-{one}" in shown} == {Outcome.QUEUED, Outcome.ASKED}
    assert all(f"来信-{one}" in desk.reads("/console/texts") for one in Outcome)


def test_the_pages_go_on_to_the_oldest(desk: Desk, work: Work) -> None:
    with work() as uow:
        for number in range(120):
            a_text(uow, number, f"来信-{number:03d}。")
    seen: list[str] = []
    path = "/console/texts"
    while path:
        page = desk.open(path).text
        seen += findall(r"来信-(\d{3})。", page)
        path = unescape("".join(findall(r'class="push" href="([^"]*before=[^"]*)"', page)))

    assert seen == [f"{number:03d}" for number in reversed(range(120))]


@pytest.mark.parametrize("before", ["x", "-1", "0", "99999999999999999999", "1.5"])
def test_a_spoilt_address_breaks_nothing(desk: Desk, work: Work, before: str) -> None:
    with work() as uow:
        a_text(uow, 1, "来信")

    assert desk.open(f"/console/texts?before={before}").status_code == 200


def test_hostile_words_are_words(desk: Desk, work: Work) -> None:
    with work() as uow:
        a_text(uow, 1, HOSTILE)

    page = desk.open("/console/texts").text

    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert HOSTILE in words_of(page)


def test_an_empty_text_is_said_to_be_empty(desk: Desk, work: Work) -> None:
    with work() as uow:
        a_text(uow, 1, "")

    assert "（空白）" in desk.reads("/console/texts")


def test_who_sees_a_part_of_the_city_reads_the_texts_about_its_tickets(
    desk_of: Callable[..., Desk], work: Work
) -> None:
    with work() as uow:
        a_text(uow, 1, "这里的", about=a_ticket(uow, a_request(place=COMMUNITY)).code)
        a_text(uow, 2, "那里的", about=a_ticket(uow, a_request(place="AH020301")).code)
        a_text(uow, 3, "没有单号的")

    part = desk_of(Role.AGENT, "AH01", "g05").reads("/console/texts")
    whole = desk_of(Role.AGENT, "AH", "g06").reads("/console/texts")

    assert [one in part for one in ("这里的", "那里的", "没有单号的")] == [True, False, False]
    assert [one in whole for one in ("这里的", "那里的", "没有单号的")] == [True, True, True]


def test_a_text_after_a_code_was_given_again_is_not_told_where_its_old_ticket_lay(
    desk_of: Callable[..., Desk], work: Work
) -> None:
    with work() as uow:
        old = a_ticket(uow, a_request(place=COMMUNITY))
        old.released_at = uow.now - timedelta(hours=1)
        old.opened_at = uow.now - timedelta(hours=3)
        a_text(uow, 1, "从前的", about=old.code)
        uow.session.flush()
        uow.session.scalars(select(InboundSms)).one().received_at = uow.now - timedelta(hours=2)
        a_text(uow, 2, "后来的", about=old.code)

    part = desk_of(Role.AGENT, "AH01", "g05").reads("/console/texts")

    assert [one in part for one in ("从前的", "后来的")] == [True, False]


@pytest.mark.parametrize("role", [Role.CLERK, Role.AUDITOR, Role.CITY_OFFICER, Role.ADMIN])
def test_who_does_not_write_texts_does_not_read_them_all(desk_of: Callable[..., Desk], role: Role) -> None:
    desk = desk_of(role)

    assert desk.open("/console/texts").status_code == 403
    if role is not Role.ADMIN:
        assert 'href="/console/texts"' not in desk.open("/console/tickets").text


def test_the_page_takes_as_many_statements_for_many_texts_as_for_few(
    desk: Desk, work: Work, statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    with work() as uow:
        a_text(uow, 1, "来信")
    with statements() as few:
        desk.open("/console/texts")
    with work() as uow:
        for number in range(2, 50):
            a_text(uow, number, "来信")
    with statements() as many:
        desk.open("/console/texts")

    assert len(many) == len(few)
