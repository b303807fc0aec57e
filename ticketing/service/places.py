"""Tickets that follow the borders, and tickets handed to another body."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import ColumnElement, and_, or_, select, true

from core.uow import UnitOfWork
from directory import dwelling, place_words
from directory.events import PlacesReorganised
from directory.models import Building, HandlerUnit, Household, Succession
from directory.queries.places import names_of
from ticketing.errors import ReasonMissing, UnitOver
from ticketing.lifecycle import OVER
from ticketing.models import Task, TaskKind, Ticket, TicketEvent
from ticketing.service import tasks
from ticketing.service.history import locked, record

PLACE_CHANGED = "place_changed"


def follow_borders(uow: UnitOfWork, event: PlacesReorganised) -> None:
    """Open tickets take the code that follows theirs; closed ones keep the one under which they were counted.

    Where several places follow, the household or the building tells which; a ticket of which neither is known needs a
    place again, and a person asks. A change taken back gives each ticket the code that it had, also those that were
    closed meanwhile: the code that they were closed under never counted.
    """
    following = event.following()
    before = _before(uow, event) if event.is_undone else {}
    left_open = and_(Ticket.jurisdiction_code == "", Ticket.id.in_(before))
    _follow(
        uow,
        or_(Ticket.jurisdiction_code.in_(following), left_open),
        following,
        event.houses,
        event.reorganisation_id,
        before,
        with_closed=event.is_undone,
    )
    for task in uow.session.scalars(
        select(Task).where(Task.jurisdiction_code.in_(following), Task.done_at.is_(None), Task.ticket_id.is_(None))
    ):
        codes = following[task.jurisdiction_code]
        task.jurisdiction_code = codes[0] if len(codes) == 1 else ""
    uow.session.flush()


def follow_late(uow: UnitOfWork) -> None:
    """Tickets that were opened under a code that had just ended, as by a call that went on over it, follow too."""
    over = uow.session.execute(
        select(Succession.old_code, Succession.new_code, Succession.reorganisation_id)
        .where(
            Succession.on <= uow.local_now.date(),
            Succession.old_code.in_(select(Ticket.jurisdiction_code).where(Ticket.state.not_in(OVER))),
        )
        .order_by(Succession.id)
    ).all()
    following: dict[str, tuple[str, ...]] = {}
    for old, new, _ in over:
        following[old] = (*following.get(old, ()), new)
    for old, codes in following.items():
        change = next(number for code, _, number in over if code == old)
        known = uow.session.scalars(select(Building).where(Building.community_code.in_(codes)))
        houses = {building.name: building.community_code for building in known}
        _follow(uow, Ticket.jurisdiction_code == old, {old: codes}, houses, change, {})


def _follow(
    uow: UnitOfWork,
    which: ColumnElement[bool],
    following: Mapping[str, Sequence[str]],
    houses: Mapping[str, str],
    reorganisation_id: int,
    before: Mapping[int, str],
    *,
    with_closed: bool = False,
) -> None:
    open_ones = uow.session.scalars(
        select(Ticket)
        .where(which, true() if with_closed else Ticket.state.not_in(OVER))
        .order_by(Ticket.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    homes = _homes(uow, [ticket.household_id for ticket in open_ones if ticket.household_id is not None])
    names = names_of(uow.session, {ticket.jurisdiction_code for ticket in open_ones})
    own = {code: {form for name in said.values() for form in place_words.forms(name)} for code, said in names.items()}
    for ticket in open_ones:
        old = ticket.jurisdiction_code
        new = before.get(ticket.id) or _code(ticket, following[old], homes, houses, own[old])
        ticket.jurisdiction_code = new
        record(uow, ticket, PLACE_CHANGED, old=old, new=new or "–", reorganisation=reorganisation_id)
        if new:
            tasks.meet(uow, cause=f"ticket:{ticket.id}:place")
        elif ticket.state not in OVER:
            ticket.match_at = None
            tasks.open_task(uow, TaskKind.CHECK, f"ticket:{ticket.id}:place", "place_unknown", ticket=ticket)
    uow.session.flush()


def hand_over(uow: UnitOfWork, code: str, unit_id: int, reason: str, version: int | None = None) -> Ticket:
    """Give a ticket to another unit of this or another level, with a reason; who had it before stands in the history.

    Raises ReasonMissing, TicketNotFound, ChangedMeanwhile or UnitOver.
    """
    if not reason.strip():
        raise ReasonMissing
    ticket = locked(uow.session, code, version)
    unit = uow.session.get(HandlerUnit, unit_id)
    if unit is None or (unit.until_on is not None and unit.until_on <= uow.local_now.date()):
        raise UnitOver
    if ticket.unit_id == unit.id:
        return ticket
    old = uow.session.get(HandlerUnit, ticket.unit_id) if ticket.unit_id is not None else None
    record(
        uow,
        ticket,
        "handed_over",
        note=reason.strip(),
        old_unit_id=ticket.unit_id,
        new_unit_id=unit.id,
        old=_names(old),
        new=_names(unit),
    )
    ticket.unit_id = unit.id
    uow.audit("ticket.handed_over", f"ticket:{ticket.id}", place=ticket.jurisdiction_code, unit=unit.id)
    return ticket


def _names(unit: HandlerUnit | None) -> dict[str, str]:
    return {"zh": "–", "en": "–"} if unit is None else {"zh": unit.name_zh, "en": unit.name_en}


def _code(
    ticket: Ticket,
    codes: Sequence[str],
    homes: Mapping[int, str],
    houses: Mapping[str, str],
    own_names: Collection[str],
) -> str:
    if len(codes) == 1:
        return codes[0]
    lives_in = homes.get(ticket.household_id or 0, "")
    if lives_in in codes:
        return lives_in
    told = houses.get(dwelling.parts(ticket.address, own_names).building, "")
    return told if told in codes else ""


def _homes(uow: UnitOfWork, household_ids: Sequence[int]) -> dict[int, str]:
    rows = uow.session.execute(select(Household.id, Household.community_code).where(Household.id.in_(household_ids)))
    return dict(rows.all())


def _before(uow: UnitOfWork, event: PlacesReorganised) -> dict[int, str]:
    """The code that each ticket had before this change."""
    rows = uow.session.execute(
        select(TicketEvent.ticket_id, TicketEvent.data["old"].astext)
        .where(
            TicketEvent.kind == PLACE_CHANGED,
            TicketEvent.data["reorganisation"].astext == str(event.reorganisation_id),
        )
        .order_by(TicketEvent.id)
    )
    return dict(rows.all())
