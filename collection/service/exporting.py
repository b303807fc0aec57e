"""People and households of a place as a file: counted, logged with its purpose, then written page by page."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import TypeVar

from sqlalchemy.orm import Session

from collection.errors import OutsideArea, PurposeMissing, TooManyToExport
from collection.queries import exports
from collection.queries.exports import HouseholdOut, PersonOut
from collection.table_limits import LAST_ROW
from collection.table_writer import as_csv
from collection.workbook_writer import XLSX, Sheet, as_workbook
from config import settings as environment
from core import clock, wording
from core.uow import UnitOfWork, unit_of_work
from directory.queries import places
from directory.scope import Scope
from staff.models import User
from staff.permissions import Permission, scope_for
from staff.queries.signed_in import granted
from telephony.msisdn import masked

PEOPLE = "people"
HOUSEHOLDS = "households"
PERSON = ("person", "name", "sex", "birth_date", "community_code", "community", "address")
PERSON_MORE = ("mobile", "landline", "lang", "access_need", "head")
HOUSEHOLD = ("household", "community_code", "community", "address", "persons", "head_name")
LONGEST_PURPOSE = 200
ROOM = LAST_ROW - 2
"""Rows of a workbook beside its headings and the one that says that it is not whole."""
Sessions = Callable[[], AbstractContextManager[Session]]
Out = TypeVar("Out", PersonOut, HouseholdOut)


@dataclass(frozen=True, slots=True)
class Export:
    """What goes out, and to whom it may be shown."""

    what: str  # people, households
    place: str
    form: str  # csv, xlsx
    purpose: str
    lang: str
    scope: Scope
    by: str = ""  # user:3: his rights are looked at again before every page


def begin(uow: UnitOfWork, wanted: Export) -> int:
    """Log an export with its purpose and how many rows it holds, before the first row goes out.

    Raises PurposeMissing, OutsideArea, PlaceNotFound or TooManyToExport.
    """
    purpose = " ".join(wanted.purpose.split())
    if not purpose:
        raise PurposeMissing
    if not wanted.scope.covers(wanted.place):
        raise OutsideArea
    places.place(uow.session, wanted.scope, wanted.place)
    counted = exports.count_people if wanted.what == PEOPLE else exports.count_households
    count = counted(uow.session, wanted.scope, wanted.place)
    most = min(uow.policy.collection.workbook_rows, ROOM)
    if wanted.form == XLSX and count > most:
        raise TooManyToExport(most)
    action = "people.exported" if wanted.what == PEOPLE else "households.exported"
    subject = f"place:{wanted.place}"
    uow.audit(action, subject, place=wanted.place, reason=purpose[:LONGEST_PURPOSE], count=count, form=wanted.form)
    return count


def write(sessions: Sessions, wanted: Export) -> Iterator[bytes]:
    """The bytes of the file, as they come, a thousand rows in memory at a time.

    Whoever loses the right meanwhile gets no further page: the last row says that the file is not whole.
    """
    if wanted.what == PEOPLE:
        rows = _rows(sessions, wanted, (*PERSON, *PERSON_MORE), exports.people, _person, lambda one: one.person_id)
    else:
        rows = _rows(sessions, wanted, HOUSEHOLD, exports.households, _household, lambda one: one.household_id)
    return as_workbook(Sheet("1", rows)) if wanted.form == XLSX else as_csv(rows)


def _rows(
    sessions: Sessions,
    wanted: Export,
    headings: Sequence[str],
    page: Callable[[Session, Scope, str, int], Sequence[Out]],
    as_row: Callable[[Out, Export], Sequence[str]],
    id_of: Callable[[Out], int],
) -> Iterator[Sequence[str]]:
    yield [_say(name, wanted) for name in headings]
    after, room = 0, ROOM if wanted.form == XLSX else math.inf
    while True:
        with sessions() as session:
            scope = _scope_now(session, wanted)
            if not scope.covers(wanted.place):
                why = "stopped"
                break
            some = page(session, scope, wanted.place, after)
        now = replace(wanted, scope=scope)
        if len(some) > room:  # so many came since they were counted
            yield from (as_row(one, now) for one in some[: int(room)])
            why = "full"
            break
        yield from (as_row(one, now) for one in some)
        if len(some) < exports.AT_ONCE:
            return
        after, room = id_of(some[-1]), room - len(some)
    with unit_of_work(wanted.by) as uow:
        uow.audit("export.stopped", f"place:{wanted.place}", place=wanted.place, what=wanted.what)
    yield [_say(why, wanted)]


def _scope_now(session: Session, wanted: Export) -> Scope:
    """Where whoever asked for the file may export at this moment."""
    kind, _, number = wanted.by.partition(":")
    if kind != "user":
        return wanted.scope
    user = session.get(User, int(number), populate_existing=True)
    if user is None or not user.is_active:
        return Scope((), frozenset())
    now = clock.now(session, is_demo=environment.current().is_demo_clock)
    return scope_for(map(granted, user.grants), Permission.EXPORTS_RUN, now)


def _person(one: PersonOut, wanted: Export) -> list[str]:
    sex = _say(one.sex, wanted) if one.sex in ("M", "F") else ""
    born = one.birth_date.isoformat() if one.birth_date else ""
    start = [str(one.person_id), one.name, sex, born, one.community_code, one.community[wanted.lang], one.address]
    numbers = [_numbers(one.mobiles, wanted), _numbers(one.landlines, wanted)]
    return [*start, *numbers, one.lang, one.access_need, _say("yes" if one.is_head else "no", wanted)]


def _household(one: HouseholdOut, wanted: Export) -> list[str]:
    where = [one.community_code, one.community[wanted.lang], one.address]
    return [str(one.household_id), *where, str(one.persons), one.head]


def _numbers(numbers: Sequence[str], wanted: Export) -> str:
    """Numbers whole only for those who may see numbers in all of this place."""
    shown = numbers if wanted.scope.may("numbers.see") else [masked(number) for number in numbers]
    return " / ".join(shown)


def _say(name: str, wanted: Export) -> str:
    return wording.say("collection", f"export.{name}", wanted.lang)
