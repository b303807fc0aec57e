"""Who answers for what: the matrix with its holes, duties and units; and a ticket handed to another unit."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from console.errors import TooManyWords
from console.paging import read_id
from console.queries import tickets as console_queries
from console.routes.blueprint import bp, show
from console.routes.places import day_of, name_of, who
from core import web
from core.errors import HotlineError, NotAllowed, NotFound
from core.uow import UnitOfWork, unit_of_work
from directory.duties import EVERY, UNIT_KINDS
from directory.errors import BadDuty, UnitNotFound
from directory.jurisdiction import parent, path
from directory.queries import duties as queries
from directory.queries import places
from directory.service import duties as service
from staff import queries as staff_queries
from staff.guard import actor, current_scope, needs
from telephony import msisdn
from telephony.bad_number import BadNumber
from ticketing.service import places as ticket_places

LONGEST_REASON = 200


@bp.get("/duties")
@needs("places.read")
def duties() -> ResponseReturnValue:
    """A place and what lies right below it against all categories: own, inherited, hole."""
    with unit_of_work(actor()) as uow:
        return _shown(uow, request.args.get("under", ""))


@bp.post("/duties/<place>")
@needs("duties.set")
def set_duty(place: str) -> ResponseReturnValue:
    """A unit answers for a category here from a day on."""
    try:
        with unit_of_work(actor()) as uow:
            service.set_duty(
                uow,
                current_scope(),
                place,
                request.form.get("category", ""),
                read_id(request.form.get("unit", "")) or 0,
                day_of("from_on") or uow.local_now.date(),
                day_of("until_on"),
            )
    except HotlineError as err:
        return _refused(place, err)
    return _back(place, "duty_set")


@bp.post("/duties/<place>/<int:duty_id>/end")
@needs("duties.set")
def end_duty(place: str, duty_id: int) -> ResponseReturnValue:
    """A unit does not answer any more, from today on or from the day given."""
    try:
        with unit_of_work(actor()) as uow:
            service.end_duty(uow, current_scope(), duty_id, day_of("on") or uow.local_now.date())
    except HotlineError as err:
        return _refused(place, err)
    return _back(place, "duty_ended")


@bp.post("/duties/<place>/units")
@needs("duties.set")
def add_unit(place: str) -> ResponseReturnValue:
    """A new unit that sits here."""
    form = request.form
    try:
        with unit_of_work(actor()) as uow:
            service.add_unit(
                uow,
                current_scope(),
                place,
                form.get("kind", ""),
                form.get("name_zh", ""),
                form.get("name_en", ""),
                _number(uow, form.get("number", "")),
            )
    except HotlineError as err:
        return _refused(place, err)
    return _back(place, "unit_added")


@bp.post("/duties/<place>/units/<int:unit_id>/end")
@needs("duties.set")
def end_unit(place: str, unit_id: int) -> ResponseReturnValue:
    """A unit is no longer there."""
    try:
        with unit_of_work(actor()) as uow:
            service.end_unit(uow, current_scope(), unit_id)
    except HotlineError as err:
        return _refused(place, err)
    return _back(place, "unit_ended")


@bp.post("/tickets/<code>/hand-over")
@needs("tickets.dispatch")
def hand_over(code: str) -> ResponseReturnValue:
    """Hand a ticket to another unit of this or another level; a reason is needed and stands in the timeline."""
    reason = request.form.get("reason", "").strip()
    if len(reason) > LONGEST_REASON:
        raise TooManyWords(LONGEST_REASON)
    version = request.form.get("version", "")
    with unit_of_work(actor()) as uow:
        ticket = console_queries.held(uow.session, current_scope(), code)
        unit_id = read_id(request.form.get("unit", "")) or 0
        units = queries.units_for(uow.session, current_scope(), ticket.jurisdiction_code, _today(uow))
        if all(unit.id != unit_id for unit in units):
            raise UnitNotFound
        ticket_places.hand_over(
            uow, code, unit_id, reason, int(version) if version.isascii() and version.isdecimal() else -1
        )
    flash(web.say("console.done.handed_over", code=code.upper()), "ok")
    return redirect(url_for("console.ticket", code=code), code=303)


def _today(uow: UnitOfWork) -> date:
    return uow.local_now.date()


def _back(place: str, done: str) -> ResponseReturnValue:
    flash(web.say(f"console.done.{done}"), "ok")
    return redirect(url_for("console.duties", under=place), code=303)


def _refused(place: str, err: HotlineError) -> ResponseReturnValue:
    if isinstance(err, NotFound | NotAllowed):
        return web.refuse(err)
    with unit_of_work(actor()) as uow:
        return _shown(uow, place, web.refusal_sentence(err)), web.status_of(err)


def _shown(uow: UnitOfWork, asked: str, refusal: str = "") -> str:
    scope, today = current_scope(), uow.local_now.date()
    under = asked or scope.prefixes[0] or uow.policy.city.root
    one = places.place(uow.session, scope, under)
    categories = tuple(uow.catalogue.categories)
    rows = queries.coverage(uow.session, scope, today, categories, under)
    cells = [cell for row in rows for cell in row.cells.values() if cell is not None]
    names = queries.unit_names(uow.session, {cell.duty.unit_id for cell in cells})
    codes = {cell.duty.code for cell in cells} | set(path(under))
    users = staff_queries.names_of(uow.session)
    return show(
        "duties.html",
        uow,
        one=one,
        name=name_of(one),
        name_of=name_of,
        crumbs=[(up, scope.covers(up)) for up in path(under)[:-1]],
        above=parent(under) if scope.covers(parent(under)) and parent(under) else "",
        rows=rows,
        categories=[(code, uow.catalogue.categories[code][web.lang()]) for code in categories],
        category_names={code: words[web.lang()] for code, words in uow.catalogue.categories.items()},
        unit_names=names,
        place_names=places.names_of(uow.session, codes),
        holes=sum(cell is None for row in rows for cell in row.cells.values()),
        own=[(duty, who(duty.set_by, users)) for duty in queries.duties_of(uow.session, scope, under)],
        units=queries.units_for(uow.session, scope, under, today),
        seats=queries.units_at(uow.session, scope, under),
        unit_kinds=UNIT_KINDS,
        every=EVERY,
        today=today,
        refusal=refusal,
        typed=request.form if refusal else {},
        may=scope.may,
    )


def _number(uow: UnitOfWork, words: str) -> str:
    """The number of a unit in E.164; empty for none. Raises BadDuty for what is no number."""
    if not words.strip():
        return ""
    try:
        return msisdn.to_e164(words, area_code=uow.policy.city.area_code)
    except BadNumber as err:
        raise BadDuty("number") from err
