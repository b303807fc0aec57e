"""The tree of places as of a day, and the page of one place: names, houses, who answers, what changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from console.paging import read_id
from console.routes.blueprint import bp, show
from console.typed import read_day
from core import web
from core.errors import HotlineError, NotAllowed, NotFound
from core.uow import UnitOfWork, unit_of_work
from directory.duties import Answering
from directory.errors import BadAlias, BadChange
from directory.jurisdiction import parent, path
from directory.models import COMMUNITY, AliasKind, Dwelling, Jurisdiction, Reorganisation
from directory.queries import borders, duties
from directory.queries import places as queries
from directory.queries.borders import Counted
from directory.scope import Scope
from directory.service import places as service
from staff import queries as staff_queries
from staff.guard import actor, current_scope, current_user, needs
from staff.permissions import Permission, scope_for

OPEN_BY_ITSELF = 60  # places; a larger tree is folded below its districts
CHANGES = 30


@dataclass(slots=True)
class Branch:
    """One place of the tree as the page draws it, with what lies below it."""

    code: str
    name: str
    level: str
    is_over: bool
    dwellings: int
    households: int
    persons: int | None  # None: not counted on this page
    followed_by: Sequence[tuple[str, str]] = ()
    until: date | None = None
    below: list[Branch] = field(default_factory=list)
    is_open: bool = True


@bp.get("/places")
@needs("places.read")
def places() -> ResponseReturnValue:
    """The tree today, with what followed the places that ended; or as it was on a day, with everybody counted."""
    with unit_of_work(actor()) as uow:
        today = uow.local_now.date()
        asked = request.args.get("on", "")
        on = read_day(asked)
        scope = current_scope()
        branches = _today(uow, scope) if on is None else _on_a_day(uow, scope, on)
        return show(
            "places.html",
            uow,
            branches=branches,
            on=on,
            asked=asked,
            is_unclear=bool(asked) and on is None,
            today=today,
            total=sum(branch.dwellings for branch in branches),
            may=scope.may,
            waiting=_waiting(uow, scope),
        )


@bp.get("/places/<place>")
@needs("places.read")
def place(place: str) -> ResponseReturnValue:
    """One place."""
    with unit_of_work(actor()) as uow:
        return _shown(uow, place)


@bp.post("/places/<place>/names")
@needs("places.manage")
def add_alias(place: str) -> ResponseReturnValue:
    """Another name of a community."""
    kind = request.form.get("kind", "")
    try:
        with unit_of_work(actor()) as uow:
            service.add_alias(
                uow,
                current_scope(),
                place,
                request.form.get("words", ""),
                AliasKind(kind) if kind in set(AliasKind) else AliasKind.ALIAS,
                certainty=_percent(request.form.get("certainty", "")),
                from_on=day_of("from_on"),
            )
    except HotlineError as err:
        return _refused(place, err)
    flash(web.say("console.done.alias_added"), "ok")
    return redirect(url_for("console.place", place=place) + "#names", code=303)


@bp.post("/places/<place>/names/<int:alias_id>/end")
@needs("places.manage")
def end_alias(place: str, alias_id: int) -> ResponseReturnValue:
    """Another name does not count any more, from today on or from the day given."""
    try:
        with unit_of_work(actor()) as uow:
            queries.place(uow.session, current_scope(), place)
            service.end_alias(uow, current_scope(), alias_id, day_of("on") or uow.local_now.date())
    except HotlineError as err:
        return _refused(place, err)
    flash(web.say("console.done.alias_ended"), "ok")
    return redirect(url_for("console.place", place=place) + "#names", code=303)


def day_of(name: str) -> date | None:
    """The day of a field of the form; None for an empty one. Raises BadChange for what is no day."""
    written = request.form.get(name, "").strip()
    found = read_day(written)
    if written and found is None:
        raise BadChange("day")
    return found


def name_of(names: Mapping[str, str] | Jurisdiction) -> str:
    """A name in the reader's language."""
    if isinstance(names, Jurisdiction):
        return names.name_zh if web.lang() == "zh" else names.name_en
    return names[web.lang()]


def who(by: str, users: Mapping[int, str]) -> str:
    """Whoever did something, by name where it was a user."""
    kind, _, number = by.partition(":")
    return users.get(int(number), by) if kind == "user" and number.isdecimal() else web.say("console.actor.system")


def _refused(place: str, err: HotlineError) -> ResponseReturnValue:
    """A refusal is told on the page of the place, with what was typed still in its form."""
    if isinstance(err, NotFound | NotAllowed):
        raise err
    with unit_of_work(actor()) as uow:
        return _shown(uow, place, web.refusal_sentence(err)), web.status_of(err)


def _shown(uow: UnitOfWork, code: str, refusal: str = "") -> str:
    scope, today = current_scope(), uow.local_now.date()
    one = queries.place(uow.session, scope, code)
    above = queries.names_of(uow.session, path(code)[:-1])
    followed = queries.following(uow.session, [code]).get(code, [])
    changes = borders.changes(uow.session, scope, code, CHANGES)
    codes = {*followed, *(node for row in changes for node in _codes_of(row))}
    names = queries.names_of(uow.session, codes)
    users = staff_queries.names_of(uow.session)
    house = request.args.get("house", "")
    lives = one.level == COMMUNITY
    counted_dwellings, counted_households = borders.homes_now(uow.session, scope, code)
    answers = _answers(uow, scope, code)
    below = [node for node in queries.tree(uow.session, scope) if parent(node.code) == code]
    return show(
        "place.html",
        uow,
        one=one,
        name=name_of(one),
        lives=lives,
        is_over=_is_over(one, today),
        crumbs=[(up, name_of(above[up]), scope.covers(up)) for up in path(code)[:-1] if up in above],
        followed=[(new, name_of(names[new])) for new in followed if new in names],
        dwellings=counted_dwellings[code],
        households=counted_households[code],
        below=[(node, name_of(node)) for node in below if not _is_over(node, today)],
        aliases=[(alias, who(alias.added_by, users)) for alias in queries.aliases(uow.session, scope, code)],
        alias_kinds=list(AliasKind),
        houses=queries.buildings(uow.session, scope, code) if lives else [],
        house=house,
        units=_by_unit(queries.dwellings_of(uow.session, scope, code, read_id(house))) if house and lives else [],
        answers=answers,
        unit_names=duties.unit_names(uow.session, {row.duty.unit_id for _, row in answers if row is not None}),
        seats=duties.units_at(uow.session, scope, code),
        changes=[_change(row, names, users) for row in changes],
        refusal=refusal,
        typed=request.form if refusal else {},
        today=today,
        may=scope.may,
        reads_people=scope_for(current_user().grants, Permission.PEOPLE_READ, uow.now).covers(code),
    )


def _answers(uow: UnitOfWork, scope: Scope, code: str) -> list[tuple[str, Answering | None]]:
    """Who answers here, by the name of the category."""
    categories = tuple(uow.catalogue.categories)
    rows = duties.coverage(uow.session, scope, uow.local_now.date(), categories, code)
    own = next((row for row in rows if row.place.code == code), None)
    if own is None:
        return []
    return [(uow.catalogue.categories[one][web.lang()], own.cells[one]) for one in categories]


def _today(uow: UnitOfWork, scope: Scope) -> list[Branch]:
    nodes = queries.tree(uow.session, scope)
    today = uow.local_now.date()
    dwellings, households = borders.homes_now(uow.session, scope)
    followed = queries.following(uow.session, [node.code for node in nodes if node.valid_until is not None])
    names = {node.code: name_of(node) for node in nodes}
    names |= {
        code: name_of(known)
        for code, known in queries.names_of(
            uow.session, {new for news in followed.values() for new in news} - set(names)
        ).items()
    }
    return _grown(
        [
            Branch(
                node.code,
                names[node.code],
                node.level,
                _is_over(node, today),
                dwellings[node.code],
                households[node.code],
                None,
                [(new, names[new]) for new in followed.get(node.code, []) if new in names],
                node.valid_until,
            )
            for node in nodes
            if node.valid_from is None or node.valid_until != node.valid_from  # one that was taken back never counted
        ]
    )


def _on_a_day(uow: UnitOfWork, scope: Scope, on: date) -> list[Branch]:
    return _grown([_counted(one) for one in borders.counted(uow.session, scope, on)])


def _counted(one: Counted) -> Branch:
    return Branch(one.code, name_of(one.names), one.level, False, one.dwellings, one.households, one.persons)


def _grown(branches: list[Branch]) -> list[Branch]:
    """The places as a tree; those whose parent is not among them stand at the top."""
    by_code = {branch.code: branch for branch in branches}
    top: list[Branch] = []
    for branch in branches:
        above = by_code.get(parent(branch.code))
        (top if above is None else above.below).append(branch)
    if len(branches) > OPEN_BY_ITSELF:
        for branch in branches:
            branch.is_open = len(path(branch.code)) <= 2
    return top


def _by_unit(rows: Sequence[tuple[Dwelling, int | None]]) -> list[tuple[str, list[tuple[Dwelling, int | None]]]]:
    found: dict[str, list[tuple[Dwelling, int | None]]] = {}
    for one, household_id in rows:
        found.setdefault(one.unit, []).append((one, household_id))
    return list(found.items())


def _is_over(node: Jurisdiction, today: date) -> bool:
    return node.valid_until is not None and node.valid_until <= today


def _waiting(uow: UnitOfWork, scope: Scope) -> list[dict[str, Any]]:
    rows = [row for row in borders.changes(uow.session, scope) if _waits(row)]
    if not rows:
        return []
    names = queries.names_of(uow.session, {code for row in rows for code in _codes_of(row)})
    users = staff_queries.names_of(uow.session)
    return [_change(row, names, users) for row in rows]


def _waits(row: Reorganisation) -> bool:
    return row.applied_at is None and row.undone_at is None


def _codes_of(row: Reorganisation) -> set[str]:
    return {*row.old_codes, *row.effects.get("begins", [])}


def _change(row: Reorganisation, names: Mapping[str, Mapping[str, str]], users: Mapping[int, str]) -> dict[str, Any]:
    """A change of the tree in words."""
    old_names = row.effects.get("names", {})
    lang = 0 if web.lang() == "zh" else 1
    state = (
        "undone"
        if row.undone_at is not None
        else "refused"
        if row.refusal
        else "set_aside"
        if row.is_set_aside
        else "waits"
        if row.applied_at is None
        else "done"
    )
    return {
        "id": row.id,
        "kind": row.kind,
        "on": row.on,
        "old": [
            (code, old_names[code][lang] if code in old_names else name_of(names[code]) if code in names else code)
            for code in row.old_codes
        ],
        "new": [node["name_zh" if lang == 0 else "name_en"] for node in row.new_nodes],
        "note": row.note,
        "state": state,
        "tries": row.tries,
        "refusal": web.say(
            f"directory.{row.refusal}",
            **{"code": row.old_codes[0], "day": "", "part": "", "name": "", "above": "", "most": ""}
            | row.effects.get("refused", {}),
        )
        if row.refusal
        else "",
        "by": who(row.decided_by, users),
    }


def _percent(words: str) -> float | None:
    if not words.strip():
        return None
    if not (words.strip().isdecimal() and len(words.strip()) <= 3):
        raise BadAlias("certainty")
    return int(words) / 100
