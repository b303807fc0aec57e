"""To be forgotten: everything that says who somebody is goes, what statistics count stays, and nobody comes back."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import String, cast, extract, func, inspect, select, text
from sqlalchemy.orm import Session

from core.db import Base
from core.disposal import Disposal
from core.uow import UnitOfWork
from directory import erased
from directory.errors import AlreadyErased, RequestNotFound
from directory.models import (
    Contact,
    Flag,
    Household,
    LegalHold,
    Person,
    Purpose,
    RequestKind,
    RequestState,
    Suppression,
)
from directory.service import consents, erasure, privacy
from directory.service.privacy import Checked
from sms.models import OutboundSms
from tests.factories.people import a_person
from tests.privacy.conftest import HOME_PHONE, MET, OWN, WORDS, Resident
from ticketing.lifecycle import State
from ticketing.models import FollowUp, Ticket


def everywhere(session: Session, *canaries: str) -> list[str]:
    """Table and canary wherever one of these strings stands in any column of the whole database."""
    session.flush()
    found = []
    for table in Base.metadata.sorted_tables:
        row = func.row_to_json(text(f'"{table.name}".*'))
        for canary in canaries:
            many = session.scalar(
                select(func.count()).select_from(table).where(cast(row, String).contains(canary, autoescape=True))
            )
            if many:
                found.append(f"{table.name}: {canary}")
    return found


def counts(session: Session) -> list[tuple[object, ...]]:
    """What the statistics count: residents by community, sex and year; tickets by place, service and state; scores."""
    session.flush()
    year = extract("year", Person.birth_date)
    people = session.execute(
        select(Household.community_code, Person.sex, year, func.count())
        .join(Household, Household.id == Person.household_id)
        .where(Person.merged_into_id.is_(None))
        .group_by(Household.community_code, Person.sex, year)
        .order_by(Household.community_code, Person.sex, year)
    ).all()
    of_tickets = (Ticket.jurisdiction_code, Ticket.kind, Ticket.service, Ticket.state, Ticket.tier, Ticket.opened_at)
    tickets = session.execute(select(*of_tickets, func.count()).group_by(*of_tickets).order_by(*of_tickets)).all()
    scores = session.execute(select(FollowUp.score, func.count()).group_by(FollowUp.score)).all()
    texts = session.execute(select(func.count(), func.sum(OutboundSms.segments))).all()
    return [tuple(row) for rows in (people, tickets, scores, texts) for row in rows]


def asked(uow: UnitOfWork, person: Person, kind: RequestKind = RequestKind.ERASURE) -> int:
    """He asks at the desk, with a document."""
    made = privacy.open_request(uow, person.id, kind, channel="desk", checked_how=Checked.DOCUMENT)
    return made.id


def test_nothing_that_says_who_he_was_is_left_in_any_table(uow: UnitOfWork, resident: Resident) -> None:
    assert len(everywhere(uow.session, WORDS, OWN, MET)) > 15

    done = privacy.erase(uow, asked(uow, resident.person))

    assert done.obstacles == []
    assert everywhere(uow.session, WORDS, OWN, MET, "123X", "f" * 64, "list:77", "1950-08-17") == []


def test_the_statistics_are_the_same_before_and_after(uow: UnitOfWork, resident: Resident) -> None:
    privacy_request = asked(uow, resident.person)
    resident.ticket.version  # noqa: B018  the ticket is loaded before
    uow.session.execute(text("update outbound_sms set delivery = 'expired' where delivery = 'queued'"))
    before = counts(uow.session)

    privacy.erase(uow, privacy_request)

    assert counts(uow.session) == before
    assert uow.session.get_one(Person, resident.person.id).birth_date == date(1950, 1, 1)


def test_a_number_that_his_wife_has_too_keeps_her_texts(uow: UnitOfWork, resident: Resident) -> None:
    privacy.erase(uow, asked(uow, resident.person))

    at_home = uow.session.scalars(
        select(OutboundSms.body).where(OutboundSms.msisdn == HOME_PHONE).order_by(OutboundSms.id)
    ).all()
    assert at_home == ["", "孙玉兰您好"]
    wife = uow.session.get_one(Person, resident.wife.id)
    assert [one.msisdn for one in wife.contacts] == [HOME_PHONE]
    assert wife.helper_id is None


def test_flags_of_a_home_that_stands_empty_go_and_those_of_his_wife_stay(uow: UnitOfWork, resident: Resident) -> None:
    home_id, empty_id = resident.person.household_id, resident.gone.household_id

    privacy.erase(uow, asked(uow, resident.person))

    flags = select(Flag.household_id)
    assert uow.session.scalars(flags).all() == [home_id]
    assert uow.session.get_one(Household, home_id).head_id is None
    assert uow.session.get_one(Household, empty_id).address == "9号楼1单元101"


def test_his_stop_outlives_him_under_the_hash(uow: UnitOfWork, resident: Resident) -> None:
    privacy.erase(uow, asked(uow, resident.person))

    assert consents.may_write(uow, OWN, Purpose.SERVICE) == "stopped_all"
    assert uow.session.scalars(select(Suppression.msisdn)).all() == [consents.number_key(uow, OWN)]


def test_every_way_in_which_a_list_may_know_him_is_kept_as_a_hash(uow: UnitOfWork, resident: Resident) -> None:
    privacy.erase(uow, asked(uow, resident.person))

    keys = {
        erased.person_key(f" {WORDS}", date(1950, 8, 17)),
        erased.number_key(WORDS, OWN),
        erased.number_key(WORDS, MET),
        erased.identity_key("f" * 64),
        erased.source_key("list:77"),
    }
    others = {erased.person_key("孙玉兰", date(1952, 1, 2)), erased.number_key("孙玉兰", HOME_PHONE)}
    assert erasure.erased_keys(uow, keys | others) == keys


def test_sound_goes_as_rows_due_and_never_in_the_transaction(uow: UnitOfWork, resident: Resident) -> None:
    privacy.erase(uow, asked(uow, resident.person))

    due = uow.session.execute(select(Disposal.kind, Disposal.name).order_by(Disposal.kind)).all()
    assert [tuple(one) for one in due] == [("carrier_recording", "RE77"), ("recording", "a" * 64)]
    assert "ivr.delete_recordings" in uow.wakes


def test_an_open_ticket_holds_it_up_and_the_job_goes_on_when_it_is_closed(uow: UnitOfWork, resident: Resident) -> None:
    resident.ticket.state = State.OPEN
    request_id = asked(uow, resident.person)

    held = privacy.erase(uow, request_id)
    still = privacy.go_on(uow, request_id)
    resident.ticket.state = State.CLOSED
    done = privacy.go_on(uow, request_id)

    assert [(one.kind, one.subject) for one in held.obstacles] == [("ticket", resident.ticket.code)]
    assert still is not None
    assert still.obstacles
    assert done is not None
    assert done.obstacles == []
    assert uow.session.get_one(Person, resident.person.id).name == ""


def test_a_hold_on_whoever_was_merged_into_him_holds_it_up_until_it_ends(uow: UnitOfWork, resident: Resident) -> None:
    hold = privacy.set_hold(uow, resident.gone.id, "court order")
    request_id = asked(uow, resident.person)

    held = privacy.erase(uow, request_id)

    assert [one.kind for one in held.obstacles] == ["hold"]
    assert uow.session.get_one(Person, resident.person.id).name == WORDS
    privacy.end_hold(uow, hold.id)
    assert "directory.erase" in uow.wakes
    done = privacy.go_on(uow, request_id)
    assert done is not None
    assert done.obstacles == []
    assert uow.session.scalars(select(LegalHold.reason)).all() == [""]


def test_a_live_call_holds_it_up(uow: UnitOfWork, resident: Resident) -> None:
    resident.call.ended_at = None

    held = privacy.erase(uow, asked(uow, resident.person))

    assert [one.kind for one in held.obstacles] == ["call"]


def test_the_preview_tells_what_would_go_and_changes_nothing(uow: UnitOfWork, resident: Resident) -> None:
    before = everywhere(uow.session, WORDS, OWN, MET)

    seen = erasure.preview(uow, resident.person.id)

    assert everywhere(uow.session, WORDS, OWN, MET) == before
    assert uow.session.scalars(select(Disposal.id)).all() == []
    assert seen.gone == privacy.erase(uow, asked(uow, resident.person)).gone
    assert seen.gone["persons"] == 2
    assert seen.gone["recordings"] == 1
    assert seen.gone["labels"] == 1


def test_a_helpers_number_is_taken_out_of_the_ticket_of_whom_she_helped(uow: UnitOfWork, resident: Resident) -> None:
    mother = a_person(uow, "郑奶奶", msisdn="+8616200000888", address="1号楼1单元101")
    resident.ticket.person_id, resident.ticket.requester_name = mother.id, "郑奶奶"
    resident.ticket.state = State.OPEN

    done = privacy.erase(uow, asked(uow, resident.person))

    uow.session.refresh(resident.ticket)
    assert done.obstacles == []
    assert (resident.ticket.requester_name, resident.ticket.msisdn) == ("郑奶奶", None)


def test_nobody_is_erased_twice(uow: UnitOfWork, resident: Resident) -> None:
    privacy.erase(uow, asked(uow, resident.person))

    with pytest.raises(AlreadyErased):
        erasure.erase(uow, resident.person.id)
    with pytest.raises(AlreadyErased):
        asked(uow, resident.gone)


@pytest.mark.parametrize("kind", [RequestKind.ERASURE, RequestKind.CORRECTION])
def test_only_what_is_handed_out_is_answered_by_saying_so(
    uow: UnitOfWork, resident: Resident, kind: RequestKind
) -> None:
    made = privacy.open_request(
        uow, resident.person.id, kind, channel="desk", checked_how=Checked.DOCUMENT, words="出生年份不对"
    )

    with pytest.raises(RequestNotFound):
        privacy.answered(uow, made.id)

    assert made.state is RequestState.OPEN


def test_all_his_open_requests_are_settled_with_it(uow: UnitOfWork, resident: Resident) -> None:
    other = privacy.open_request(
        uow, resident.person.id, RequestKind.ACCESS, channel="phone", checked_how=Checked.CALLED_BACK
    )

    privacy.erase(uow, asked(uow, resident.person))

    assert uow.session.scalar(select(type(other).state).where(type(other).id == other.id)) is RequestState.DONE


def test_a_former_owners_stop_meets_a_new_owners_and_the_stricter_holds(uow: UnitOfWork, resident: Resident) -> None:
    privacy.erase(uow, asked(uow, resident.person))
    new = a_person(uow, "钱进", msisdn=OWN, address="3号楼1单元101")
    consents.stop(uow, OWN, is_everything=False, evidence="sms:9")

    privacy.erase(uow, asked(uow, new))

    assert [row.scope.value for row in uow.session.scalars(select(Suppression))] == ["all"]
    assert uow.session.scalars(select(Contact.msisdn).where(Contact.msisdn == OWN)).all() == []


def test_every_table_that_can_hold_words_is_searched() -> None:
    assert {"tickets", "call_turns", "inbound_sms", "outbound_sms", "provenances", "audit_entries", "batch_rows"} <= {
        table.name for table in Base.metadata.sorted_tables
    }
    assert inspect(Person).columns["name"] is not None
