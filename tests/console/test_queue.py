"""The queue: whose tickets it shows, in which order, page by page, and what a search finds."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from html import unescape
from itertools import pairwise
from re import findall

import pytest

from core.uow import UnitOfWork
from staff import service
from staff.permissions import Role
from tests.console.conftest import Desk
from tests.factories.people import COMMUNITY, RESIDENT, a_place
from tests.factories.providers import a_provider
from tests.factories.requests import a_held_job, a_request, a_ticket
from ticketing.lifecycle import State
from ticketing.models import Ticket, TicketKind
from ticketing.service import tickets

Work = Callable[[], AbstractContextManager[UnitOfWork]]
ELSEWHERE = "AH020301"
EMPTY = "这里没有工单"


def codes(page: str) -> list[str]:
    """The codes of the rows, from above."""
    return findall(r'<tr id="t-([A-Z]\d{4})"', page)


def next_page(page: str) -> str:
    """Where the link to the next page leads; empty on the last one."""
    return unescape("".join(findall(r'class="push" href="([^"]*after=[^"]*)"', page)))


def open_many(work: Work, count: int) -> list[str]:
    """So many open tickets; their codes in the order of their promises."""
    with work() as uow:
        made = []
        for number in range(count):
            ticket = a_ticket(uow)
            ticket.contacted_at = uow.now
            ticket.close_by = uow.now + timedelta(hours=3, minutes=number)
            made.append(ticket.code)
    return made


def test_a_queue_without_tickets_says_what_will_come(desk: Desk) -> None:
    assert EMPTY in desk.reads("/console/tickets")
    assert "No tickets here" in desk.reads("/console/tickets", "en")


def test_a_row_tells_what_who_where_and_until_when(desk: Desk, work: Work) -> None:
    with work() as uow:
        code = a_ticket(uow).code

    words = desk.reads("/console/tickets")

    for part in (
        code,
        "水暖管件维修",
        "我家水管爆了",
        "陈先生",
        "梧桐里社区 8号楼2单元301",
        "T2",
        "14:00 首次联系",
        "待派单",
    ):
        assert part in words, part
    assert "Wutongli" in desk.reads("/console/tickets", "en")


def test_the_tabs_count_what_they_hold(desk: Desk, work: Work) -> None:
    with work() as uow:
        a_provider(uow)
        a_held_job(uow)
        mine, late, asked, over = (a_ticket(uow) for _ in range(4))
        mine.owner_id = 1
        late.contact_by = uow.now - timedelta(minutes=1)
        asked.state = State.FOLLOWING_UP
        tickets.cancel(uow, over.code, "说错了")
    page = desk.open("/console/tickets").text
    counted = dict(findall(r'view=(\w+)"[^>]*>[^<]*<span class="count[^"]*">(\d+)', page))

    assert counted == {"open": "4", "mine": "1", "overdue": "1", "to_dispatch": "2", "resident": "0", "follow_up": "1"}
    for view, count in counted.items():
        assert len(codes(desk.open(f"/console/tickets?view={view}").text)) == int(count), view
    assert codes(desk.open("/console/tickets?view=done").text) == [over.code]
    assert len(codes(desk.open("/console/tickets?view=all").text)) == 5


def test_the_nearest_promise_comes_first_whichever_it_is(desk: Desk, work: Work) -> None:
    with work() as uow:
        first, second, third = (a_ticket(uow) for _ in range(3))
        second.contacted_at = uow.now
        second.close_by = uow.now + timedelta(hours=3)
        third.contact_by = uow.now - timedelta(minutes=5)
        third.close_by = uow.now + timedelta(days=9)
    page = desk.open("/console/tickets").text

    assert codes(page) == [third.code, first.code, second.code]
    words = desk.reads("/console/tickets")
    assert words.index("已逾期") < words.index("两小时内到期") < words.index("今天和明天")
    assert "超 0:05" in words or "超 5:0" in words


def test_the_next_page_goes_on_where_the_first_ended(desk: Desk, work: Work) -> None:
    made = open_many(work, 120)
    seen: list[str] = []
    path = "/console/tickets"
    for _ in range(3):
        page = desk.open(path).text
        seen += codes(page)
        path = next_page(page)

    assert seen == made
    assert path == ""


def test_ended_tickets_come_from_the_newest_end_on_all_pages(desk: Desk, work: Work) -> None:
    made = open_many(work, 60)
    with work() as uow:
        for number, code in enumerate(made):
            tickets.cancel(uow, code, "说错了").closed_at = uow.now + timedelta(minutes=number)
    first = desk.open("/console/tickets?view=done").text
    second = desk.open(next_page(first)).text

    assert codes(first) + codes(second) == made[::-1]


@pytest.mark.parametrize("after", ["", "x", "~", "2026-11-25T10:00:00~5", "2026-11-25T10:00:00+00:00~x", "9" * 40])
def test_a_spoilt_cursor_begins_at_the_first_page(desk: Desk, work: Work, after: str) -> None:
    made = open_many(work, 2)

    assert codes(desk.client.get("/console/tickets", query_string={"after": after}).text) == made


@pytest.mark.parametrize("view", ["", "nothing", "<script>"])
def test_an_unknown_view_shows_the_open_ones(desk: Desk, work: Work, view: str) -> None:
    made = open_many(work, 1)

    assert codes(desk.client.get("/console/tickets", query_string={"view": view}).text) == made


def test_a_code_opens_its_ticket_at_once(desk: Desk, work: Work) -> None:
    with work() as uow:
        code = a_ticket(uow).code

    answer = desk.open(f"/console/tickets?q={code.lower()}")

    assert (answer.status_code, answer.location) == (303, f"/console/tickets/{code}")


@pytest.mark.parametrize(
    "words", ["162 0000 0901", "+86 162-0000-0901", "１６２０００００９０１", "陈先生", "8号楼2单元", "水管爆"]
)
def test_a_number_in_any_writing_a_name_or_a_place_is_found(desk: Desk, work: Work, words: str) -> None:
    with work() as uow:
        code = a_ticket(uow).code
        other = a_ticket(uow, a_request(msisdn="+8616200000902", kind=TicketKind.COMPLAINT))
        other.requester_name, other.address, other.description = "林女士", "3号楼", "太吵"

    page = desk.client.get("/console/tickets", query_string={"q": words}).text

    assert codes(page) == [code]
    assert "找到 1 张" in page


@pytest.mark.parametrize("words", ["%", "_", "\\", "Z9999", "' or 1=1 --", "<b>x</b>"])
def test_what_nothing_has_is_not_found_and_stands_there_as_typed(desk: Desk, work: Work, words: str) -> None:
    open_many(work, 2)

    answer = desk.client.get("/console/tickets", query_string={"q": words})

    assert (answer.status_code, codes(answer.text)) == (200, [])
    assert "<b>x</b>" not in answer.text


@pytest.mark.parametrize("digits", ["1620000", "0000070", "162 0000", "162%", "打1620"])
@pytest.mark.parametrize("number", ["16200000707", "162 0000 0707", "162-0000-0707"])
def test_a_search_confirms_no_number_to_who_sees_it_masked(
    desk_of: Callable[..., Desk], work: Work, digits: str, number: str
) -> None:
    with work() as uow:
        ticket = a_ticket(uow)
        ticket.description = f"请打{number}，门牌12号"
        code = ticket.code
    masked, in_full = desk_of(Role.STREET_OFFICER, "AH0102"), desk_of(Role.CLERK, COMMUNITY, "g03")

    def found(desk: Desk, words: str) -> list[str]:
        return codes(desk.client.get("/console/tickets", query_string={"q": words}).text)

    assert found(masked, digits) == []
    assert found(masked, "门牌12号") == [code]
    assert found(in_full, number) == [code]


def test_a_search_finds_ended_tickets_too(desk: Desk, work: Work) -> None:
    with work() as uow:
        ticket = a_ticket(uow)
        tickets.cancel(uow, ticket.code, "说错了")

    assert codes(desk.open(f"/console/tickets?q={RESIDENT[3:]}").text) == [ticket.code]


@pytest.mark.parametrize(
    ("role", "place", "sees"),
    [
        (Role.AGENT, "AH", {"here", "there", "nowhere"}),
        (Role.DISTRICT_OFFICER, "AH01", {"here"}),
        (Role.STREET_OFFICER, "AH0102", {"here"}),
        (Role.CLERK, COMMUNITY, {"here"}),
        (Role.CLERK, "AH010202", set()),
        (Role.DISTRICT_OFFICER, "AH02", {"there"}),
    ],
)
def test_everybody_sees_the_tickets_of_his_own_part(
    desk_of: Callable[..., Desk], work: Work, role: Role, place: str, sees: set[str]
) -> None:
    made = {}
    with work() as uow:
        for name, where in (("here", COMMUNITY), ("there", ELSEWHERE), ("nowhere", "")):
            made[name] = a_ticket(uow, a_request(place=where)).code
    desk = desk_of(role, place)

    assert set(codes(desk.open("/console/tickets").text)) == {made[name] for name in sees}
    assert set(codes(desk.client.get("/console/tickets", query_string={"q": "水管"}).text)) == {
        made[name] for name in sees
    }
    assert {name for name, code in made.items() if desk.open(f"/console/tickets/{code}").status_code == 200} == sees
    assert {name for name, code in made.items() if desk.open(f"/console/tickets?q={code}").status_code == 303} == sees
    for name in set(made) - sees:
        assert desk.open(f"/console/tickets/{made[name]}").status_code == 404
        assert desk.open(f"/console/tickets/{made[name]}/version").status_code == 404


@pytest.mark.parametrize("role", [Role.ADMIN, Role.DATA_STEWARD, Role.ELECTION_WORKER])
def test_who_has_nothing_to_do_with_tickets_sees_none(desk_of: Callable[..., Desk], role: Role) -> None:
    answer = desk_of(role).open("/console/tickets")

    assert answer.status_code == 403
    assert "班长" in answer.text


def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(desk: Desk) -> None:
    desk.sends("/sign-out")

    assert desk.open("/console/tickets?view=mine").location == "/sign-in?next=/console/tickets?view%3Dmine"


def test_a_session_is_over_after_its_hours(desk: Desk, at: Callable[[datetime], None], noon: datetime) -> None:
    for hours in (3.5, 7, 10.5, 11.9):  # never left alone for so long that it is over for that
        at(noon + timedelta(hours=hours))
        assert desk.open("/console/tickets").status_code == 200, hours

    at(noon + timedelta(hours=12, minutes=1))

    assert desk.open("/console/tickets").location == "/sign-in?next=/console/tickets"


def test_the_mark_of_the_queue_changes_with_its_tickets(desk: Desk, work: Work) -> None:
    marks = [desk.open("/console/tickets/version").json]
    with work() as uow:
        code = a_ticket(uow).code
    marks.append(desk.open("/console/tickets/version").json)
    with work() as uow:
        tickets.get(uow, code).requester_name = "陈建国"
    marks.append(desk.open("/console/tickets/version").json)
    with work() as uow:
        tickets.cancel(uow, code, "说错了")
    marks.append(desk.open("/console/tickets/version").json)

    assert all(before != after for before, after in pairwise(marks))
    assert desk.open("/console/tickets/version").json == marks[-1]


def test_the_provider_who_has_or_did_the_job_stands_in_the_row(desk: Desk, work: Work) -> None:
    with work() as uow:
        a_provider(uow, name="安禾快修水电")
        held = a_held_job(uow)
        assert uow.session.get_one(Ticket, held.ticket_id).state is State.ACKNOWLEDGED

    assert "安禾快修水电" in desk.reads("/console/tickets")


def test_dates_are_said_on_the_city_s_calendar(
    desk: Desk, work: Work, at: Callable[[datetime], None], noon: datetime
) -> None:
    with work() as uow:
        ticket = a_ticket(uow)
        ticket.contacted_at = uow.now
        ticket.close_by = (noon + timedelta(hours=18)).astimezone(
            uow.now.tzinfo
        )  # six in the morning: the same UTC day

    assert "明天 06:00 办结" in desk.reads("/console/tickets")
    assert "tomorrow 06:00" in desk.reads("/console/tickets", "en")


def test_the_queue_takes_as_many_statements_for_many_tickets_as_for_few(
    desk: Desk, work: Work, statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    with work() as uow:
        a_place(uow)
    open_many(work, 3)
    with statements() as few:
        desk.open("/console/tickets")
    open_many(work, 47)
    with statements() as many:
        page = desk.open("/console/tickets")

    assert len(codes(page.text)) == 50
    assert len(many) == len(few) <= 14, many


def test_the_scope_adds_no_statement(
    desk_of: Callable[..., Desk], work: Work, statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    open_many(work, 3)
    taken = {}
    for login, places in (("g05", ["AH"]), ("g06", [COMMUNITY]), ("g07", [COMMUNITY, "AH0201", "AH0202"])):
        desk = desk_of(Role.AGENT, places[0], login)
        with work() as uow:
            for place in places[1:]:
                service.grant(uow, login, Role.AGENT, a_place(uow, place))
        desk.open("/console/tickets")
        with statements() as seen:
            assert len(codes(desk.open("/console/tickets").text)) == 3
        taken[login] = len(seen)

    assert len(set(taken.values())) == 1, taken


def test_a_full_page_keeps_within_its_bytes(desk: Desk, work: Work) -> None:
    open_many(work, 60)

    assert len(desk.open("/console/tickets").data) < 130_000
