"""Which unit a ticket was handed to, which one answers for its matter there, and to whom else it can go."""

from __future__ import annotations

from dataclasses import dataclass

from core import web
from core.uow import UnitOfWork
from directory.models import HandlerUnit
from directory.queries import duties
from directory.queries.places import names_of
from directory.scope import Scope
from ticketing.lifecycle import OVER
from ticketing.models import Ticket


@dataclass(frozen=True, slots=True)
class Handing:
    """What the ticket page says of units."""

    now: str  # the unit that has it; empty: none yet
    answers: str  # who answers for the matter in that place; empty: nobody is named
    answers_id: int | None
    choices: tuple[tuple[int, str, str], ...]  # id, name, place; empty: the reader may not hand over


def handing(uow: UnitOfWork, ticket: Ticket, scope: Scope) -> Handing:
    """The units of one ticket, in four statements."""
    today = uow.local_now.date()
    held = uow.session.get(HandlerUnit, ticket.unit_id) if ticket.unit_id is not None else None
    answers = duties.responsible(uow.session, ticket.jurisdiction_code, ticket.category, today)
    choices: tuple[tuple[int, str, str], ...] = ()
    if scope.may("tickets.dispatch") and ticket.state not in OVER:
        near = duties.units_for(uow.session, scope, ticket.jurisdiction_code, today)
        units = [one for one in near if one is not held]
        places = names_of(uow.session, {one.jurisdiction_code for one in units})
        choices = tuple((one.id, _name(one), places[one.jurisdiction_code][web.lang()]) for one in units)
    return Handing(_name(held), _name(answers), answers.id if answers is not None else None, choices)


def _name(unit: HandlerUnit | None) -> str:
    if unit is None:
        return ""
    return unit.name_zh if web.lang() == "zh" else unit.name_en
