"""How long things are kept: each kind goes when its time is over, holds are respected, every run is reported."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update

import app as house
from core import disposal, retaining, retention
from core.disposal import Disposal
from core.errors import HotlineError
from core.jobs import Deadline
from core.retention import Kind, RetentionRule, RetentionRun
from core.uow import UnitOfWork, unit_of_work
from directory.models import Consent, Purpose, Unplaced
from directory.service import consents, privacy
from ivr.models import Call, CallToPlace, Placing, Voicemail
from sms.models import InboundSms, OpenQuestion, OutboundSms
from staff.models import SignInTry
from tests.conftest import NOON
from tests.privacy.conftest import OWN, WORDS, a_resident
from ticketing.models import FollowUp, Ticket

DAY = timedelta(days=1)


@pytest.fixture
def years_ago(app: Flask, at: Callable[[datetime], None], noon: datetime) -> int:
    """The resident with something in every table, twelve years before noon. Returns his id."""
    at(noon - 12 * 365 * DAY)
    with unit_of_work("test") as uow:
        made = a_resident(uow).person.id
        uow.session.execute(update(OutboundSms).values(delivery="delivered"))
        uow.session.add(SignInTry(key="k", at=uow.now))
        consents.record_consent(uow, OWN, Purpose.NOTICE, is_given=True, evidence="sms:2")
    at(noon)
    return made


def one(wanted: object) -> object:
    """The only value that a statement finds now."""
    with unit_of_work("test") as uow:
        return uow.session.scalars(wanted).one()  # type: ignore[call-overload]


def removed() -> dict[str, tuple[int, int]]:
    """By kind what the last run removed and what a hold kept."""
    with unit_of_work("test") as uow:
        return {run.kind: (run.removed, run.held) for run in uow.session.scalars(select(RetentionRun))}


def test_every_kind_goes_when_its_time_is_over(years_ago: int) -> None:
    retaining.retain()

    gone = removed()
    assert gone["recordings"] == (1, 0)
    assert gone["calls"] == (1, 0)
    assert gone["texts_out"] == (6, 0)
    assert gone["texts_in"] == (1, 0)
    assert gone["tickets"] == (1, 0)
    assert gone["sign_in_tries"] == (1, 0)
    assert gone["consents"] == (2, 0)
    assert one(select(func.count()).select_from(Consent)) == 1  # what holds stays
    assert one(select(func.count()).select_from(OutboundSms).where(OutboundSms.body != "")) == 0
    assert one(select(InboundSms.msisdn)) == ""
    assert one(select(Call.msisdn)) is None


def test_a_call_of_the_house_and_a_question_lose_their_number(app: Flask, at: Callable[[datetime], None]) -> None:
    old, young = NOON - 731 * DAY, NOON - 700 * DAY
    at(NOON)
    with unit_of_work("test") as uow:
        uow.session.add_all(
            [
                *(a_call_to_place(number, day) for number, day in enumerate((old, young))),
                a_call_to_place(2, old, Placing.DUE),
                *(OpenQuestion(msisdn=OWN, kind="visit", asked_at=day, expires_at=day + DAY) for day in (old, young)),
            ]
        )

    retaining.retain()

    assert (removed()["calls_to_place"], removed()["questions"]) == ((1, 0), (1, 0))
    with unit_of_work("test") as uow:
        numbers = [*uow.session.scalars(select(CallToPlace.msisdn).order_by(CallToPlace.id))]
        asked = uow.session.scalars(select(OpenQuestion).order_by(OpenQuestion.id)).all()
    assert numbers == ["", OWN, OWN]
    assert [one.msisdn for one in asked] == ["", OWN]
    assert asked[0].closed_at is not None


def a_call_to_place(number: int, day: datetime, placing: Placing = Placing.FAILED) -> CallToPlace:
    return CallToPlace(
        msisdn=OWN, wording="follow_up", cause=f"test:{number}", facts={}, lang="zh", placing=placing, due_at=day
    )


def test_settled_words_for_a_place_go(app: Flask, at: Callable[[datetime], None]) -> None:
    at(NOON)
    with unit_of_work("test") as uow:
        for number, day in enumerate((NOON - 184 * DAY, NOON - 180 * DAY, None)):
            uow.session.add(
                Unplaced(subject=f"ticket:{number}", words=WORDS, found_at=NOON - 200 * DAY, settled_at=day)
            )

    retaining.retain()

    assert removed()["unplaced"] == (1, 0)
    assert one(select(func.count()).select_from(Unplaced)) == 2


def test_a_ticket_stays_without_identity_and_its_score_is_still_counted(years_ago: int) -> None:
    retaining.retain()

    with unit_of_work("test") as uow:
        ticket = uow.session.scalars(select(Ticket)).one()
    assert (ticket.requester_name, ticket.msisdn, ticket.person_id, ticket.address) == ("", None, None, "")
    assert (ticket.service, ticket.jurisdiction_code) == ("plumbing", "AH010201")
    assert one(select(FollowUp.score)) == 5


def test_what_a_hold_keeps_is_counted_and_left_alone(years_ago: int) -> None:
    with unit_of_work("test") as uow:
        privacy.set_hold(uow, years_ago, "case 7")

    retaining.retain()

    gone = removed()
    assert gone["recordings"] == (0, 1)
    assert gone["calls"] == (0, 1)
    assert gone["tickets"] == (0, 1)
    assert gone["texts_in"] == (0, 1)
    assert one(select(Ticket.requester_name)) == WORDS
    assert one(select(Voicemail.sha256)) == "a" * 64


def test_what_is_young_stays(app: Flask, at: Callable[[datetime], None], noon: datetime) -> None:
    at(noon)
    with unit_of_work("test") as uow:
        a_resident(uow)

    retaining.retain()

    assert {many for many, _ in removed().values()} == {0}
    assert one(select(Ticket.requester_name)) == WORDS


def test_the_count_before_a_run_is_what_the_run_removes(years_ago: int) -> None:
    with unit_of_work("test") as uow:
        would = retention.would_remove(uow.session, uow.now)

    retaining.retain()

    assert {kind: many for kind, (many, _) in would.items() if many} == {
        kind: many for kind, (many, _) in removed().items() if many
    }


def test_a_kind_runs_once_a_day_and_again_when_its_time_is_changed(
    years_ago: int, at: Callable[[datetime], None], noon: datetime
) -> None:
    retaining.retain()
    retaining.retain()
    runs = select(func.count()).select_from(RetentionRun).where(RetentionRun.kind == "texts_in")
    assert one(runs) == 1

    at(noon + timedelta(minutes=1))
    with unit_of_work("test") as uow:
        retention.set_rule(uow, "texts_in", 40)
    retaining.retain()

    assert one(runs) == 2


def test_a_kind_kept_for_ever_is_left_alone(years_ago: int) -> None:
    with unit_of_work("test") as uow:
        retention.set_rule(uow, "texts_in", None)

    retaining.retain()

    assert "texts_in" not in removed()
    assert one(select(InboundSms.msisdn)) == OWN


def test_a_run_goes_on_where_its_minute_was_up(years_ago: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retaining, "Deadline", lambda: retaining_deadline(over=True))
    assert retaining.retain() is True
    monkeypatch.undo()

    assert retaining.retain() is False
    assert one(select(InboundSms.msisdn)) == ""


def retaining_deadline(*, over: bool) -> object:
    """A minute that is up, or one that never is."""
    return Deadline(0.0 if over else 60.0)


@pytest.mark.expects_errors
def test_a_kind_that_fails_costs_the_others_nothing(years_ago: int) -> None:
    def fail(uow: UnitOfWork, ids: object) -> None:
        raise RuntimeError

    bad = next(kind for kind in house.RETENTION if kind.name == "calls")
    retention.wire([Kind("calls", 730, due=bad.due, remove=fail), *[k for k in house.RETENTION if k.name != "calls"]])

    retaining.retain()

    assert removed()["tickets"] == (1, 0)
    assert one(select(Call.msisdn)) == OWN


def test_defaults_are_those_of_the_duties() -> None:
    days = {kind.name: kind.keep_days for kind in house.RETENTION}

    assert (days["recordings"], days["texts_out"], days["texts_in"], days["tickets"]) == (183, 730, 730, 1826)
    assert (days["stops"], days["erased_keys"], days["audit"]) == (None, None, None)


def test_a_rule_is_written_with_whom_it_came_from(uow: UnitOfWork) -> None:
    retention.set_rule(uow, "calls", 100)

    rule = uow.session.scalars(select(RetentionRule)).one()
    assert (rule.kind, rule.keep_days, rule.set_by) == ("calls", 100, "test")
    with pytest.raises(HotlineError):
        retention.set_rule(uow, "audit", 100)
    with pytest.raises(HotlineError):
        retention.set_rule(uow, "calls", 29)


def test_a_file_that_must_go_goes_and_one_outside_the_private_folder_does_not(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "private"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("PRIVATE_DIR", str(folder))
    (folder / "lists").mkdir()
    (folder / "lists" / "a.csv").write_text("x")
    with unit_of_work("test") as uow:
        disposal.dispose_file(uow, "lists/a.csv")
        disposal.dispose_file(uow, "lists/not-there.csv")

    disposal.delete_files()

    assert not (folder / "lists" / "a.csv").exists()
    assert one(select(func.count()).select_from(Disposal)) == 0


@pytest.mark.expects_errors
def test_nothing_outside_the_private_folder_is_ever_deleted(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "private"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("PRIVATE_DIR", str(folder))
    other = tmp_path / "other.txt"
    other.write_text("x")
    with unit_of_work("test") as uow:
        disposal.dispose_file(uow, "../other.txt")

    disposal.delete_files()

    assert other.exists()
