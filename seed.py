"""`flask seed` loads the sample city, its providers and the demo users; `flask contacts` lists whom one can ring."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import TypeVar

import click
from sqlalchemy import select
from sqlalchemy.orm import joinedload

import directory.service.duties
import directory.service.loading
import directory.service.places
import providers.service
import staff.service
from core import clock, wording
from core.uow import UnitOfWork, unit_of_work
from directory.city_list import AliasLine, PlaceLine, ResidentLine, UnitLine
from directory.language import of_person
from directory.models import Contact, ContactKind, Household, Person
from directory.queries.places import names
from providers.models import Provider
from providers.provider_list import ProviderLine
from staff.permissions import Role

Line = TypeVar("Line")

CITY = Path(__file__).parent / "city" / "anhe"
REFERENCE_DAY = date(2026, 11, 25)
"""The day to which every relative date of the lists refers."""
FIRST_ON_THE_LIST = "+8616200000001"
"""唐晓东, whom a newcomer is told to pick."""


@dataclass(frozen=True, slots=True)
class DemoUser:
    """Somebody who works at the demonstration line."""

    login: str
    name: str
    roles: tuple[Role, ...]
    jurisdiction_code: str


@dataclass(frozen=True, slots=True)
class Telephone:
    """A telephone of the city."""

    number: str  # E.164
    name: str
    label: dict[str, str]  # zh, en
    kind: str  # resident, provider, duty
    lang: str  # zh, en: the language its owner writes


DEMO_USER = DemoUser("agent", "李敏", (Role.AGENT,), "AH")
OTHER_USERS = (
    DemoUser("supervisor", "马静", (Role.SHIFT_SUPERVISOR,), "AH"),
    DemoUser("clerk", "吴佳怡", (Role.CLERK,), "AH010201"),
)


@click.command("seed")
@click.option("--json", "as_json", is_flag=True, help="One line for programs: the demo sign-in.")
def seed(as_json: bool) -> None:
    """Load the sample city. Can be repeated: what is there is left alone, and nothing is loaded twice.

    A demo that never ran begins at ten in the morning; the lists are loaded as of that day.
    """
    with unit_of_work("cli:seed") as uow:
        if uow.settings.is_demo_clock:
            clock.begin_demo(uow.session, uow.zone)
    with unit_of_work("cli:seed") as uow:
        counts = load_city(uow)
        password = staff.service.ensure_user(uow, DEMO_USER.login, DEMO_USER.name)
        _grant(uow, DEMO_USER)
        for user in OTHER_USERS:
            staff.service.ensure_user(uow, user.login, user.name)
            _grant(uow, user)
    if as_json:
        click.echo(json.dumps({"username": DEMO_USER.login, "password": password}))
        return
    for what, (made, there) in counts.items():
        click.echo(f"{what}: {made} created, {there} unchanged")
    if password is not None:
        click.echo(f"first sign-in: {DEMO_USER.login} / {password} (to be changed at once)")


@click.command("contacts")
@click.option("--json", "as_json", is_flag=True, help="JSON for the phone page.")
def contacts(as_json: bool) -> None:
    """List the telephones of the city: residents, providers and the duty phone."""
    with unit_of_work("cli:contacts") as uow:
        found = telephones(uow)
    if as_json:
        click.echo(json.dumps([asdict(telephone) for telephone in found], ensure_ascii=False))
        return
    for telephone in found:
        click.echo(f"{telephone.number}  {telephone.label['zh']}")


def load_city(uow: UnitOfWork) -> dict[str, tuple[int, int]]:
    """Load places, residents and providers; by kind, how many rows were made and how many were there already.

    Dates of papers are moved by the days between the reference day and today in the city; birth dates are not.
    """
    shift = uow.local_now.date() - REFERENCE_DAY
    places = _lines("jurisdictions.csv", PlaceLine.from_row)
    other_names = _lines("aliases.csv", AliasLine.from_row)
    units = _lines("units.csv", UnitLine.from_row)
    residents = _lines("residents.csv", ResidentLine.from_row)
    firms = _lines("providers.csv", lambda row: ProviderLine.from_row(row, shift=shift))
    made = {
        "places": (directory.service.places.import_places(uow, places), len(places)),
        "other names": (directory.service.places.import_aliases(uow, other_names), len(other_names)),
        "units": (directory.service.duties.import_units(uow, units), len(units)),
        "residents": (directory.service.loading.import_residents(uow, residents), len(residents)),
        "providers": (providers.service.import_providers(uow, firms, seen_by="seed"), len(firms)),
    }
    return {what: (new, total - new) for what, (new, total) in made.items()}


def telephones(uow: UnitOfWork) -> list[Telephone]:
    """Every telephone one can ring or ring from: residents (the newcomer's first), providers, the duty phone."""
    residents = uow.session.scalars(
        select(Contact)
        .join(Person, Person.id == Contact.person_id)
        .where(Contact.wrong_since.is_(None))
        .options(joinedload(Contact.person).joinedload(Person.household).joinedload(Household.community))
        .order_by(Contact.msisdn != FIRST_ON_THE_LIST, Person.id, Contact.id)
    )
    firms = uow.session.scalars(select(Provider).order_by(Provider.code))
    duty = _label("duty")
    return [
        *_one_a_number(_resident(contact) for contact in residents),
        *(
            Telephone(firm.msisdn, firm.name, _label("provider", name=firm.name), "provider", of_person(firm.lang))
            for firm in firms
        ),
        Telephone(uow.settings.duty_number, duty["zh"], duty, "duty", "zh"),
    ]


def _one_a_number(telephones: Iterable[Telephone]) -> list[Telephone]:
    """A number that several people share is one telephone, with all their names."""
    found: dict[str, Telephone] = {}
    for one in telephones:
        first = found.setdefault(one.number, one)
        if first is not one:
            label = {lang: f"{first.label[lang]} / {one.label[lang]}" for lang in first.label}
            found[one.number] = replace(first, name=f"{first.name} / {one.name}", label=label)
    return list(found.values())


def _resident(contact: Contact) -> Telephone:
    person = contact.person
    community = names(person.household.community)
    key = "resident" if contact.kind is ContactKind.MOBILE else "landline"
    label = _label(key, name=person.name, community=community)
    return Telephone(contact.msisdn, person.name, label, "resident", of_person(person.lang))


def _label(key: str, *, community: dict[str, str] | None = None, **facts: str) -> dict[str, str]:
    return {
        lang: wording.say("directory", f"phone.{key}", lang, **facts, community=(community or {}).get(lang, ""))
        for lang in wording.LANGUAGES
    }


def _grant(uow: UnitOfWork, user: DemoUser) -> None:
    for role in user.roles:
        staff.service.grant(uow, user.login, role, user.jurisdiction_code)


def _lines(name: str, read: Callable[[dict[str, str]], Line]) -> list[Line]:
    with (CITY / name).open(encoding="utf-8", newline="") as file:
        return [read(row) for row in csv.DictReader(file)]
