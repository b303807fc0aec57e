"""What a household is, and whom a job's texts reach: a helper instead of the resident, a dog told and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import combinations

import pytest
from sqlalchemy import select

import app as house
from core import events
from core.uow import UnitOfWork
from directory.models import ContactKind, FlagKind
from directory.service import contacts as numbers
from directory.service import flags, people
from providers.models import Provider
from sms import segments
from sms.models import OutboundSms
from sms.wording import compose
from tests.conftest import NOON
from tests.factories.people import LANDLINE, RESIDENT, a_person
from tests.factories.providers import PROVIDER, a_provider
from tests.factories.requests import a_request, a_ticket, texts_to
from ticketing import jobs
from ticketing.models import Ticket
from ticketing.service import contacts, tickets
from ticketing.service.history import locked_by_id

Work = Callable[[], AbstractContextManager[UnitOfWork]]
Texts = Callable[[str, str], None]
MOTHER = "+8616200000905"
CANARY = "黑背咬过人"
WORDS_OF_KINDS = {
    FlagKind.DEAF: ("听力", "hearing"),
    FlagKind.LIVES_ALONE: ("独居", "alone"),
    FlagKind.NO_LIFT: ("电梯", "lift"),
    FlagKind.VIOLENCE: ("安全", "暴力", "care"),
    FlagKind.DOG: ("狗", "dog"),
}


@pytest.fixture(autouse=True)
def whole_house() -> None:
    """Every reaction, as the house has them."""
    events.subscribe(house.SUBSCRIPTIONS)


def a_noted_home(work: Work, *, lang: str = "zh") -> str:
    """A ticket of a household of which every kind of note is known, each with words. Returns its code."""
    with work() as uow:
        person = a_person(uow, lang=lang)
        a_provider(uow, rating="5.0", ratings=200, lang=lang)
        for kind in FlagKind:
            flags.raise_flag(uow, person.household_id, kind, note=CANARY)
        people.describe(uow, person.household_id, note=CANARY, lang="")
        return a_ticket(uow, a_request(person=person, lang=lang)).code


def told_to_providers(work: Work) -> list[tuple[str, str]]:
    """Wording and words of every text that went to a provider."""
    with work() as uow:
        rows = uow.session.execute(
            select(OutboundSms.wording, OutboundSms.body)
            .where(OutboundSms.msisdn.in_(select(Provider.msisdn)))
            .order_by(OutboundSms.id)
        )
        return [(row[0], row[1]) for row in rows]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_in_the_whole_course_of_a_job_the_provider_is_told_of_the_dog_once_it_is_his(
    work: Work, text_in: Texts, lang: str
) -> None:
    code = a_noted_home(work, lang=lang)
    jobs.match()
    accepts, asks, arrives, finishes = (
        ("1 40分钟到", f"{code}到哪了", "到了", "完工 120")
        if lang == "zh"
        else ("1 40 min", code, "arrived", "done 120")
    )
    text_in(accepts, PROVIDER)
    with work() as uow:
        tickets.set_facts(uow, code, address="8号楼2单元302")
    for words in (asks, arrives, finishes):
        text_in(words, PROVIDER)

    told = told_to_providers(work)

    assert [wording for wording, _ in told][:2] == ["offer", "offer_won"]
    assert [wording for wording, _ in told].count("offer_won") >= 2  # also when the address is put right
    assert len(told) > 3
    secret = {word for kind, words in WORDS_OF_KINDS.items() if kind is not FlagKind.DOG for word in words} | {CANARY}
    for wording, body in told:
        assert not [word for word in secret if word in body], wording
        assert any(word in body for word in WORDS_OF_KINDS[FlagKind.DOG]) is (wording == "offer_won"), wording


@pytest.mark.parametrize("kind", [kind for kind in FlagKind if kind is not FlagKind.DOG])
def test_no_other_kind_is_told_unless_the_policy_names_it(uow: UnitOfWork, kind: FlagKind) -> None:
    person = a_person(uow)
    flags.raise_flag(uow, person.household_id, kind, note=CANARY)
    ticket = a_ticket(uow, a_request(person=person))

    assert contacts.contact_facts(uow, ticket, "zh")["flags"] == []
    uow.policy = replace(uow.policy, directory=replace(uow.policy.directory, flags_told=(kind.value,)))
    assert contacts.contact_facts(uow, ticket, "zh")["flags"] == [kind]


def test_a_note_that_is_over_or_of_another_household_is_not_told(uow: UnitOfWork) -> None:
    person, neighbour = a_person(uow), a_person(uow, "邻居", address="8号楼2单元302")
    over = flags.raise_flag(uow, person.household_id, FlagKind.DOG)
    flags.end_flag(uow, person.household_id, over.id)
    flags.raise_flag(uow, neighbour.household_id, FlagKind.DOG)
    ticket = a_ticket(uow, a_request(person=person))

    assert contacts.contact_facts(uow, ticket, "zh")["flags"] == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_whatever_is_minded_costs_one_more_segment_at_most(uow: UnitOfWork, lang: str) -> None:
    kinds = [kind.value for kind in WORDS_OF_KINDS]
    facts = {"code": "A1023", "address": "梧桐里8号楼2单元301", "name": "陈先生", "number": RESIDENT}
    if lang == "en":
        facts |= {"address": "Wutongli 8-2-301", "name": "Mr Chen"}

    def size(told: tuple[str, ...]) -> int:
        city, hotline = uow.policy.city, uow.settings.hotline_number
        text = compose("offer_won", lang, {**facts, "flags": list(told)}, city=city, now=NOON, hotline=hotline)
        assert all(any(word in text for word in WORDS_OF_KINDS[FlagKind(kind)]) for kind in told)
        return segments.count(text).segments

    assert size(()) == 1
    for count in range(1, len(kinds) + 1):
        assert max(size(told) for told in combinations(kinds, count)) <= 2


def test_the_resident_is_told_once_who_gets_his_texts_and_only_on_his_own_mobile(uow: UnitOfWork) -> None:
    mother = a_person(uow, "孙淑珍", msisdn=MOTHER)
    on_landline = a_person(uow, "孙老先生", msisdn=LANDLINE, kind=ContactKind.FIXED)
    son = a_person(uow, "陈建国")

    for _ in range(2):
        people.set_helper(uow, mother.id, son.id)
        people.set_helper(uow, on_landline.id, son.id)

    texts = uow.session.scalars(select(OutboundSms).where(OutboundSms.wording == "helper_named")).all()
    assert [text.msisdn for text in texts] == [MOTHER]
    assert "陈建国" in texts[0].body
    assert "09785550156" in texts[0].body


def test_news_of_a_job_that_the_resident_texted_go_to_the_helper(work: Work, text_in: Texts) -> None:
    with work() as uow:
        a_provider(uow, rating="5.0", ratings=200)
        mother = a_person(uow, "孙淑珍", msisdn=MOTHER)
        son = a_person(uow, "陈建国")
        people.set_helper(uow, mother.id, son.id)

    text_in("我家水管爆了，要修水管", MOTHER)
    jobs.match()
    text_in("1 40分钟到", PROVIDER)

    with work() as uow:
        assert texts_to(uow, MOTHER) == ["helper_named", "ticket_opened"]
        assert texts_to(uow, RESIDENT) == ["ticket_opened", "visit_told"]
        ticket = uow.session.scalars(select(Ticket)).one()
        assert (ticket.msisdn, ticket.notify_msisdn) == (MOTHER, RESIDENT)
        assert locked_by_id(uow.session, ticket.id).person_id is not None


def test_without_a_helper_the_news_go_to_who_texted(work: Work, text_in: Texts) -> None:
    with work() as uow:
        a_person(uow, "孙淑珍", msisdn=MOTHER)

    text_in("我家水管爆了，要修水管", MOTHER)

    with work() as uow:
        assert uow.session.scalars(select(Ticket.notify_msisdn)).one() == MOTHER


def test_news_of_open_jobs_follow_the_helper_and_leave_who_is_it_no_more(uow: UnitOfWork) -> None:
    mother = a_person(uow, "孙淑珍", msisdn=MOTHER)
    son = a_person(uow, "陈建国")
    daughter = a_person(uow, "陈芳", msisdn="+8616200000906")
    ticket = a_ticket(uow, replace(a_request(person=mother), msisdn=MOTHER, notify_msisdn=MOTHER))
    chosen = a_ticket(uow, replace(a_request(person=mother), msisdn=MOTHER, notify_msisdn="+8616200000999"))
    went = []

    for change in (
        lambda: people.set_helper(uow, mother.id, son.id),
        lambda: people.set_helper(uow, mother.id, daughter.id),
        lambda: numbers.set_wrong(uow, daughter.id, daughter.contacts[0].id),
        lambda: people.set_helper(uow, mother.id, None),
        lambda: numbers.set_wrong(uow, mother.id, mother.contacts[0].id),
    ):
        change()
        went.append(ticket.notify_msisdn)

    assert went == [RESIDENT, "+8616200000906", MOTHER, MOTHER, None]
    assert chosen.notify_msisdn == "+8616200000999"
