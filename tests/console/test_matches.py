"""The match desk as a clerk meets it: pairs side by side, rows that wait, merges and their way back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from re import findall

import pytest
from sqlalchemy import func, select

from collection.models import Decision, MatchCandidate, Outcome
from collection.record_linkage import NEAR, SAME_NAME
from collection.service import linking
from core import wording
from core.audit import AuditEntry
from core.uow import UnitOfWork
from directory.models import Household, Merge, Person
from staff.permissions import Role
from tests.collection.test_linking import LIST, load, rows_of
from tests.console.conftest import Desk
from tests.factories.people import COMMUNITY, a_person
from tests.factories.requests import a_request, a_ticket, steps_of
from ticketing.models import Ticket

Work = Callable[[], AbstractContextManager[UnitOfWork]]
DESK = "/console/matches"
BORN = date(1980, 5, 12)
MINE, THEIRS = "+8616200000123", "+8616200000456"


@pytest.fixture
def clerk(desk_of: Callable[..., Desk]) -> Desk:
    """A clerk of the community."""
    return desk_of(Role.CLERK, COMMUNITY)


def a_pair(work: Work, place: str = COMMUNITY, other_place: str = COMMUNITY) -> tuple[int, int, int]:
    """Somebody who stands in the base twice: ids of the pair and of the two."""
    with work() as uow:
        low = a_person(uow, "唐晓东", msisdn=MINE, birth_date=BORN, community_code=place, address="2号楼1单元1002")
        high = a_person(uow, "唐晓东", msisdn=THEIRS, birth_date=BORN, community_code=other_place, address="9号楼101")
        linking.propose(uow, 0, 2**31 - 1)
        pair = uow.session.scalars(select(MatchCandidate).order_by(MatchCandidate.id.desc())).first()
        assert pair is not None
        return pair.id, low.id, high.id


def the_pair(work: Work) -> MatchCandidate:
    """The only pair, as it stands."""
    with work() as uow:
        return uow.session.scalars(select(MatchCandidate)).one()


def test_an_empty_desk_says_what_comes_here(clerk: Desk) -> None:
    assert "没有要比对的" in clerk.reads(DESK)
    assert "Nothing to compare" in clerk.reads(DESK, "en")
    assert "还没有合并过" in clerk.reads("/console/merges")


def test_the_list_tells_how_likely_and_why(clerk: Desk, work: Work) -> None:
    a_pair(work)
    words = clerk.reads(DESK)

    for part in ("1 对待比对", "83 %", "唐晓东", "1980-05-12", "9号楼101", "姓名相同 · 出生日期相同 · 同一社区"):
        assert part in words, part


def test_a_pair_shows_both_sides_with_what_differs_and_whence(clerk: Desk, work: Work) -> None:
    pair_id, low, _ = a_pair(work)
    with work() as uow:
        a_ticket(uow, a_request(person=uow.session.get_one(Person, low)))

    page = clerk.open(f"{DESK}/{pair_id}").text
    words = clerk.reads(f"{DESK}/{pair_id}")

    for part in ("2号楼1单元1002", "9号楼101", "162 0000 0123", "162 0000 0456", "把握 83 %", "来自 test"):
        assert part in words, part
    differing = findall(r'<tr class="differs"><th scope="row">([^ <]+)', page)
    assert differing == ["门牌"]
    assert findall(r'name="keep" value="(\d+)" checked', page) == [str(low)]
    assert "One person or two?" in clerk.reads(f"{DESK}/{pair_id}", "en")


def test_the_same_person_is_merged_and_the_next_pair_comes(clerk: Desk, work: Work) -> None:
    pair_id, low, high = a_pair(work)

    answer = clerk.sends(f"{DESK}/{pair_id}", decision="same", keep=str(high))

    assert answer.location == DESK
    with clerk.client.session_transaction() as cookie:
        assert "唐晓东" not in str(dict(cookie))
    assert "已合并成一人" in clerk.reads_after(answer)
    assert the_pair(work).decision is Decision.SAME
    with work() as uow:
        assert uow.session.get_one(Person, low).merged_into_id == high
        actions = uow.session.scalars(select(AuditEntry.action)).all()
    assert "person.merged" in actions


def test_two_people_are_noted_and_not_proposed_again(clerk: Desk, work: Work) -> None:
    pair_id, _, _ = a_pair(work)

    assert "是两个人" in clerk.reads_after(clerk.sends(f"{DESK}/{pair_id}", decision="different"))

    assert the_pair(work).decision is Decision.DIFFERENT
    assert "没有要比对的" in clerk.reads(DESK)


def test_a_slip_is_decided_again(clerk: Desk, work: Work) -> None:
    pair_id, low, high = a_pair(work)
    clerk.sends(f"{DESK}/{pair_id}", decision="different")
    assert "重新比对" in clerk.reads(f"{DESK}/{pair_id}")

    assert clerk.sends(f"{DESK}/{pair_id}", decision="again").location == f"{DESK}/{pair_id}"

    assert the_pair(work).decision is None
    clerk.sends(f"{DESK}/{pair_id}", decision="same", keep=str(low))
    assert clerk.sends(f"{DESK}/{pair_id}", decision="again").status_code == 409
    with work() as uow:
        assert uow.session.get_one(Person, high).merged_into_id == low
        merge_id = uow.session.scalars(select(Merge.id)).one()
        noted = uow.session.scalars(select(AuditEntry).where(AuditEntry.action.startswith("match."))).all()
    assert {entry.place for entry in noted} == {COMMUNITY}
    assert {"match.different", "match.again"} <= {entry.action for entry in noted}
    clerk.sends(f"/console/merges/{merge_id}/undo")
    assert f'href="{DESK}/{pair_id}"' in clerk.open("/console/merges").text
    clerk.sends(f"{DESK}/{pair_id}", decision="again")
    assert clerk.sends(f"{DESK}/{pair_id}", decision="same", keep=str(high)).status_code == 303


def test_after_a_decision_the_next_likely_pair_opens(clerk: Desk, work: Work) -> None:
    first, _, _ = a_pair(work)
    with work() as uow:
        a_person(uow, "王芳", msisdn=None, birth_date=BORN, address="3号楼1")
        a_person(uow, "王芳", msisdn=None, birth_date=BORN, address="4号楼1")
        linking.propose(uow, 0, 2**31 - 1)

    answer = clerk.sends(f"{DESK}/{first}", decision="different")

    assert answer.location == f"{DESK}/{first + 1}"


def test_a_form_that_says_nothing_changes_nothing(clerk: Desk, work: Work) -> None:
    pair_id, _, _ = a_pair(work)

    for form in ({}, {"decision": "x"}, {"decision": "same"}, {"decision": "same", "keep": "999"}):
        assert clerk.sends(f"{DESK}/{pair_id}", **form).status_code == 422, form
    assert the_pair(work).decision is None


def test_who_was_slower_is_told(clerk: Desk, work: Work) -> None:
    pair_id, low, _ = a_pair(work)
    clerk.sends(f"{DESK}/{pair_id}", decision="different")

    answer = clerk.sends(f"{DESK}/{pair_id}", decision="same", keep=str(low))

    assert answer.status_code == 409
    assert "别人刚定过了" in answer.text
    assert "已定为不是同一人" in clerk.reads(f"{DESK}/{pair_id}")


def test_two_identity_numbers_cannot_be_merged(clerk: Desk, work: Work) -> None:
    pair_id, low, high = a_pair(work)
    with work() as uow:
        uow.session.get_one(Person, low).id_hash = "k1"
        uow.session.get_one(Person, high).id_hash = "k2"

    answer = clerk.sends(f"{DESK}/{pair_id}", decision="same", keep=str(low))

    assert answer.status_code == 409
    assert "身份证号不同" in answer.text
    assert the_pair(work).decision is None


@pytest.mark.parametrize(
    ("role", "place", "sees"),
    [
        (Role.CLERK, COMMUNITY, False),
        (Role.CLERK, "AH010202", False),
        (Role.DATA_STEWARD, "AH0102", True),
        (Role.DATA_STEWARD, "AH02", False),
    ],
)
def test_a_pair_is_seen_by_who_may_see_both(
    desk_of: Callable[..., Desk], work: Work, role: Role, place: str, sees: bool
) -> None:
    pair_id, low, _ = a_pair(work, COMMUNITY, "AH010202")
    desk = desk_of(role, place)

    assert ("唐晓东" in desk.reads(DESK)) is sees
    assert desk.open(f"{DESK}/{pair_id}").status_code == (200 if sees else 404)
    answer = desk.sends(f"{DESK}/{pair_id}", decision="same", keep=str(low))
    assert answer.status_code == (303 if sees else 404)
    assert (the_pair(work).decision is Decision.SAME) is sees


@pytest.mark.parametrize("role", [Role.AGENT, Role.STREET_OFFICER, Role.AUDITOR, Role.ADMIN])
def test_others_have_no_match_desk(desk_of: Callable[..., Desk], role: Role) -> None:
    desk = desk_of(role)

    assert desk.open(DESK).status_code == desk.open("/console/merges").status_code == 403


def test_a_steward_sees_the_last_four_digits_only(desk_of: Callable[..., Desk], work: Work) -> None:
    pair_id, _, _ = a_pair(work)

    page = desk_of(Role.DATA_STEWARD).open(f"{DESK}/{pair_id}").text

    assert "162 •••• 0123" in page
    assert "16200000123" not in page.replace(" ", "")


def test_a_merge_is_taken_back_and_what_came_meanwhile_is_listed(
    clerk: Desk, work: Work, at: Callable[[datetime], None], noon: datetime
) -> None:
    pair_id, low, high = a_pair(work)
    clerk.sends(f"{DESK}/{pair_id}", decision="same", keep=str(low))
    at(noon + timedelta(minutes=10))
    with work() as uow:
        code = a_ticket(uow, a_request(person=uow.session.get_one(Person, low))).code
        merge_id = uow.session.scalars(select(Merge.id)).one()
    assert "撤销合并" in clerk.reads("/console/merges")
    at(noon + timedelta(minutes=20))

    answer = clerk.sends(f"/console/merges/{merge_id}/undo")

    words = clerk.reads_after(answer)
    assert "已撤销合并" in words
    assert code in words
    assert "合并期间来的工单" in words
    with work() as uow:
        assert uow.session.get_one(Person, high).merged_into_id is None
    assert clerk.sends(f"/console/merges/{merge_id}/undo").status_code == 409


@pytest.fixture
def parted(
    clerk: Desk, work: Work, at: Callable[[datetime], None], noon: datetime
) -> tuple[int, int, int, dict[str, Ticket]]:
    """Two who were one for a while: the merge, both persons, and tickets of before, of each number, of after."""
    pair_id, low, high = a_pair(work)
    tickets: dict[str, Ticket] = {}

    def ask(name: str, minute: int, number: str) -> None:
        at(noon + timedelta(minutes=minute))
        with work() as uow:
            tickets[name] = a_ticket(uow, a_request(person=uow.session.get_one(Person, low), msisdn=number))

    ask("before", 1, MINE)
    at(noon + timedelta(minutes=2))
    clerk.sends(f"{DESK}/{pair_id}", decision="same", keep=str(low))
    ask("theirs", 10, THEIRS)
    ask("mine", 11, MINE)
    at(noon + timedelta(minutes=20))
    with work() as uow:
        merge_id = uow.session.scalars(select(Merge.id)).one()
    clerk.sends(f"/console/merges/{merge_id}/undo")
    ask("after", 30, MINE)
    return merge_id, low, high, tickets


Parted = tuple[int, int, int, dict[str, Ticket]]


def whose(work: Work, ticket: Ticket) -> int | None:
    """Whose ticket it is now."""
    with work() as uow:
        return uow.session.get_one(Ticket, ticket.id).person_id


def test_a_ticket_that_came_meanwhile_is_handed_over_and_back(clerk: Desk, work: Work, parted: Parted) -> None:
    merge_id, low, high, tickets = parted
    theirs = tickets["theirs"]
    path = f"/console/merges/{merge_id}/tickets/{theirs.id}"
    page = clerk.open("/console/merges").text
    assert findall(r"/tickets/(\d+)\"", page) == [str(theirs.id), str(tickets["mine"].id)]
    assert clerk.reads("/console/merges").count("用并入那人的号码打来") == 1

    told = clerk.reads_after(clerk.sends(path, person=str(high)))

    assert f"{theirs.code} 已改归另一人" in told
    assert "归并入的人" in told
    assert whose(work, theirs) == high
    assert "合并撤销后，改归另一人" in clerk.reads(f"/console/tickets/{theirs.code}")
    clerk.sends(path, person=str(low))
    assert whose(work, theirs) == low
    with work() as uow:
        assert steps_of(uow, uow.session.get_one(Ticket, theirs.id)).count("requester_changed") == 2
        noted = uow.session.scalars(
            select(AuditEntry).where(AuditEntry.action == "ticket.requester_changed").order_by(AuditEntry.number)
        ).all()
    assert [(one.subject, one.data) for one in noted] == [
        (f"ticket:{theirs.id}", {"person": person, "merge": merge_id}) for person in (high, low)
    ]


def test_what_was_handed_over_twice_is_one_step(clerk: Desk, work: Work, parted: Parted) -> None:
    merge_id, _, high, tickets = parted
    for _ in range(2):
        clerk.sends(f"/console/merges/{merge_id}/tickets/{tickets['theirs'].id}", person=str(high))

    with work() as uow:
        assert steps_of(uow, uow.session.get_one(Ticket, tickets["theirs"].id)).count("requester_changed") == 1


def test_only_what_came_meanwhile_goes_to_only_one_of_the_two(clerk: Desk, work: Work, parted: Parted) -> None:
    merge_id, low, high, tickets = parted
    path = f"/console/merges/{merge_id}/tickets"

    for name in ("before", "after"):
        assert clerk.sends(f"{path}/{tickets[name].id}", person=str(high)).status_code == 404
    for person in ("", "x", "999999"):
        assert clerk.sends(f"{path}/{tickets['theirs'].id}", person=person).status_code == 422
    assert clerk.sends(f"{path}/{'9' * 12}", person=str(high)).status_code == 404
    assert clerk.sends(f"/console/merges/999/tickets/{tickets['theirs'].id}", person=str(high)).status_code == 404
    assert {whose(work, one) for one in tickets.values()} == {low}


def test_a_ticket_is_handed_over_only_by_whoever_sees_both(
    desk_of: Callable[..., Desk], work: Work, parted: Parted
) -> None:
    merge_id, low, high, tickets = parted
    path = f"/console/merges/{merge_id}/tickets/{tickets['theirs'].id}"

    assert desk_of(Role.CLERK, "AH010202", "elsewhere").sends(path, person=str(high)).status_code == 404
    assert desk_of(Role.AGENT, COMMUNITY, "agent").sends(path, person=str(high)).status_code == 403
    assert whose(work, tickets["theirs"]) == low


def test_nothing_is_given_to_somebody_who_was_erased(clerk: Desk, work: Work, parted: Parted) -> None:
    merge_id, low, high, tickets = parted
    with work() as uow:
        uow.session.get_one(Person, high).erased_at = uow.now

    answer = clerk.sends(f"/console/merges/{merge_id}/tickets/{tickets['theirs'].id}", person=str(high))

    assert answer.status_code == 409
    assert whose(work, tickets["theirs"]) == low


def test_a_hostel_is_compared_by_name_and_shown_as_such(clerk: Desk, work: Work) -> None:
    with work() as uow:
        home = a_person(uow, "唐一", msisdn=None, address="9号楼").household_id
        names = [f"唐{chr(0x5000 + number)}" for number in range(linking.MOST_AT_HOME)]
        uow.session.add_all(Person(name=name, household_id=home) for name in (*names, "唐晓东", "唐晓冬", "唐晓东"))
    with work() as uow:
        assert linking.walk(uow)
    with work() as uow:
        assert not linking.walk(uow)
        pairs = uow.session.scalars(select(MatchCandidate)).all()
        found = {uow.session.get_one(Person, one.low_id).name for one in pairs}

    assert (len(pairs), found) == (1, {"唐晓东"})
    words = clerk.reads(DESK)
    assert "住了 40 人以上的户：1 户" in words
    assert "9号楼" in words
    assert f"{len(names) + 4} 人" in words


def test_others_do_not_see_a_hostel_of_elsewhere(desk_of: Callable[..., Desk], work: Work) -> None:
    with work() as uow:
        home = a_person(uow, "唐一", msisdn=None, address="9号楼").household_id
        uow.session.add_all(Person(name="唐", household_id=home) for _ in range(linking.MOST_AT_HOME))
    with work() as uow:
        linking.walk(uow)

    assert "人以上" not in desk_of(Role.CLERK, "AH010202").reads(DESK)


def test_a_merge_of_another_area_cannot_be_taken_back(desk_of: Callable[..., Desk], work: Work) -> None:
    pair_id, low, _ = a_pair(work)
    desk_of(Role.CLERK, COMMUNITY, "here").sends(f"{DESK}/{pair_id}", decision="same", keep=str(low))
    with work() as uow:
        merge_id = uow.session.scalars(select(Merge.id)).one()
    other = desk_of(Role.CLERK, "AH010202", "there")

    assert other.sends(f"/console/merges/{merge_id}/undo").status_code == 404
    assert "唐晓东" not in other.reads("/console/merges")


def test_a_row_that_waits_is_shown_beside_whom_it_may_be(clerk: Desk, work: Work) -> None:
    with work() as uow:
        known = a_person(uow, "唐晓东", msisdn=MINE, birth_date=BORN, address="2号楼1单元1002").id
    batch_id = load(work, LIST)
    with work() as uow:
        row_id = rows_of(uow, batch_id)[0].id
    assert "名单里等着认人的行" in clerk.reads(DESK)
    words = clerk.reads(f"/console/match-rows/{row_id}")
    for part in ("3号楼303", "2号楼1单元1002", "都不是，登记新人", "是这个人", "把握 83 %"):
        assert part in words, part

    answer = clerk.sends(f"/console/match-rows/{row_id}", person=str(known))

    assert "已认人" in clerk.reads_after(answer)
    with work() as uow:
        assert rows_of(uow, batch_id)[0].outcome is Outcome.UPDATE
    assert clerk.sends(f"/console/match-rows/{row_id}", person="nobody").status_code == 404


def test_a_row_about_nobody_we_know_enters_somebody(clerk: Desk, work: Work) -> None:
    with work() as uow:
        a_person(uow, "唐晓东", msisdn=MINE, birth_date=BORN, address="2号楼1单元1002")
    batch_id = load(work, LIST)
    with work() as uow:
        row_id = rows_of(uow, batch_id)[0].id
    assert clerk.sends(f"/console/match-rows/{row_id}", person="").status_code == 422
    assert clerk.sends(f"/console/match-rows/{row_id}", person="999").status_code == 422

    assert "已作为新人入库" in clerk.reads_after(clerk.sends(f"/console/match-rows/{row_id}", person="nobody"))

    with work() as uow:
        assert uow.session.scalar(select(func.count()).select_from(Person)) == 2


def test_nobody_says_that_a_row_is_not_somebody_whom_he_may_not_see(clerk: Desk, work: Work) -> None:
    with work() as uow:
        there = a_person(uow, "唐晓东", msisdn=MINE, birth_date=BORN, community_code="AH010202", address="7号楼1").id
    batch_id = load(work, LIST)
    with work() as uow:
        row_id = rows_of(uow, batch_id)[0].id

    page = clerk.open(f"/console/match-rows/{row_id}").text

    assert "辖区外的 1 人" in page
    assert "7号楼1" not in page
    assert clerk.sends(f"/console/match-rows/{row_id}", person="nobody").status_code == 403
    assert clerk.sends(f"/console/match-rows/{row_id}", person=str(there)).status_code == 422


def test_a_row_can_be_settled_after_those_whom_it_may_be_were_merged(clerk: Desk, work: Work) -> None:
    pair_id, low, high = a_pair(work)
    batch_id = load(work, LIST)
    with work() as uow:
        row_id = rows_of(uow, batch_id)[0].id
    clerk.sends(f"{DESK}/{pair_id}", decision="same", keep=str(high))

    page = clerk.open(f"/console/match-rows/{row_id}").text

    assert findall(r'name="person" value="(\w+)"', page) == ["nobody", str(high)]
    assert clerk.sends(f"/console/match-rows/{row_id}", person=str(low)).status_code == 422
    assert "已作为新人入库" in clerk.reads_after(clerk.sends(f"/console/match-rows/{row_id}", person="nobody"))


def test_a_spoilt_cursor_begins_at_the_first_page(clerk: Desk, work: Work) -> None:
    a_pair(work)

    for after in ("", "x", "~", "0.5~x", "nan~1", "9~1", "0.9~" + "9" * 30):
        assert "唐晓东" in clerk.client.get(DESK, query_string={"after": after}).text, after


def test_the_pages_take_as_many_statements_for_many_as_for_few(
    clerk: Desk, work: Work, statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    a_pair(work)
    with statements() as few:
        clerk.open(DESK)
    with work() as uow:
        home = uow.session.scalars(select(Household)).first()
        assert home is not None
        for number in range(20):
            for _ in range(2):
                uow.session.add(Person(name=f"唐{number}", birth_date=BORN, household_id=home.id))
        uow.session.flush()
        linking.propose(uow, 0, 2**31 - 1)
    with statements() as many:
        assert len(findall("/console/matches/", clerk.open(DESK).text)) >= 20

    assert len(many) == len(few) <= 20, many


def test_every_reason_has_its_words() -> None:
    known = {*SAME_NAME, *NEAR, "same_name", "like_name", "other_name", "same_identity", "other_identity"}
    known |= {"same_number", "other_sex", "one_died"}

    for lang in ("zh", "en"):
        assert {f"match.reason.{reason}" for reason in known} <= set(wording.catalogue("console", lang))
