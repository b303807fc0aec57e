"""Change the tree: split, merge, move or rename places from a day on, seen before it is done, and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from console.places import open_tickets
from console.routes.blueprint import bp, show
from console.routes.places import day_of, name_of
from core import web
from core.errors import HotlineError, NotAllowed, NotFound
from core.uow import UnitOfWork, unit_of_work
from directory.borders import Change, ChangeKind, Plan, Wanted
from directory.errors import BadChange
from directory.jurisdiction import CITY, depth, is_within, parent, path
from directory.models import COMMUNITY, Jurisdiction
from directory.queries import borders
from directory.queries import places as queries
from directory.scope import Scope
from directory.service import reorganising
from staff.guard import actor, current_scope, needs

MOST_PARTS = 9
LEAST_PARTS = 2


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do, before anybody confirms it."""

    follows: Sequence[tuple[str, str, str, str]]  # old code and name, new code and name
    dwellings: int
    households: int
    persons: int
    tickets: int
    is_ahead: bool
    is_back: bool


@bp.get("/places/<place>/change")
@needs("places.manage")
def change_place(place: str) -> ResponseReturnValue:
    """The form, by the kind of change."""
    with unit_of_work(actor()) as uow:
        return _form(uow, place)


@bp.post("/places/<place>/change")
@needs("places.manage")
def do_change_place(place: str) -> ResponseReturnValue:
    """Show what would move; with the confirmation, do it. `edit` and `more` (parts) show the form as it was typed."""
    step = request.form.get("step", "")
    try:
        with unit_of_work(actor()) as uow:
            if step in ("edit", "more"):
                return _form(uow, place)
            one = queries.place(uow.session, current_scope(), place)
            change = _asked(uow, one)
            if step != "confirm":
                return _form(uow, place, preview=_preview(uow, change))
            made = reorganising.decide(uow, current_scope(), change, request.form.get("note", ""))
            is_done = made.applied_at is not None
            goes_to = made.effects.get("begins", [place])[0] if is_done else place
    except HotlineError as err:
        if isinstance(err, NotFound | NotAllowed):
            raise
        with unit_of_work(actor()) as uow:
            return _form(uow, place, refusal=web.refusal_sentence(err)), web.status_of(err)
    flash(web.say(f"console.done.place_{'changed' if is_done else 'planned'}", day=change.on.isoformat()), "ok")
    goes_to = goes_to if current_scope().covers(goes_to) else place
    return redirect(url_for("console.place", place=goes_to), code=303)


@bp.post("/places/<place>/changes/<int:change_id>/undo")
@needs("places.manage")
def undo_change(place: str, change_id: int) -> ResponseReturnValue:
    """Take a change back, or call one off that still waits."""
    try:
        with unit_of_work(actor()) as uow:
            queries.place(uow.session, current_scope(), place)
            row = reorganising.undo(uow, current_scope(), change_id)
            place = row.old_codes[0]
    except BadChange as err:
        flash(web.refusal_sentence(err), "bad")
    else:
        flash(web.say("console.done.place_undone"), "ok")
    return redirect(url_for("console.place", place=place), code=303)


@bp.post("/places/<place>/changes/<int:change_id>/again")
@needs("places.manage")
def try_change_again(place: str, change_id: int) -> ResponseReturnValue:
    """Have a change that an error stopped tried again."""
    try:
        with unit_of_work(actor()) as uow:
            queries.place(uow.session, current_scope(), place)
            reorganising.try_again(uow, current_scope(), change_id)
    except BadChange as err:
        flash(web.refusal_sentence(err), "bad")
    else:
        flash(web.say("console.done.place_tried_again"), "ok")
    return redirect(url_for("console.place", place=place) + "#changes", code=303)


def _form(uow: UnitOfWork, code: str, *, preview: Preview | None = None, refusal: str = "") -> str:
    scope = current_scope()
    one = queries.place(uow.session, scope, code)
    typed = request.form if request.method == "POST" else request.args
    kinds = [kind for kind in ChangeKind if depth(code) > CITY or kind is ChangeKind.RENAME]
    kind = ChangeKind(typed["kind"]) if typed.get("kind") in set(kinds) else kinds[-1] if len(kinds) == 1 else kinds[0]
    tree = [node for node in queries.tree(uow.session, scope) if node.valid_until is None]
    lives = one.level == COMMUNITY
    parts = [
        (str(number), name, count) for number, name, count in queries.buildings(uow.session, scope, code) if number
    ]
    if not lives:
        dwellings, _ = borders.homes_now(uow.session, scope, code)
        parts = [
            (node.code, f"{name_of(node)} {node.code}", dwellings[node.code])
            for node in tree
            if parent(node.code) == code
        ]
    return show(
        "place_change.html",
        uow,
        one=one,
        name=name_of(one),
        kind=kind,
        kinds=kinds,
        lives=lives,
        parts=parts,
        count=_count(typed.get("parts", ""), typed.get("step") == "more"),
        most=MOST_PARTS,
        siblings=[node for node in tree if node.level == one.level and node.code != code],
        parents=_parents(tree, one),
        name_of=name_of,
        merged=set(typed.getlist("with")),
        typed=typed,
        day=typed.get("on") or uow.local_now.date().isoformat(),
        preview=preview,
        refusal=refusal,
        paths={node.code: name_of(node) for node in tree},
        path=path,
    )


def _count(words: str, is_more: bool) -> int:
    """How many parts the form offers."""
    count = int(words) if words.isascii() and words.isdecimal() and len(words) < 3 else LEAST_PARTS
    return min(max(count + is_more, LEAST_PARTS), MOST_PARTS)


def _parents(tree: Sequence[Jurisdiction], one: Jurisdiction) -> list[Jurisdiction]:
    """Places under which this one can lie: those of its parent's depth first, and never one below it."""
    fit = [node for node in tree if node.level != COMMUNITY and not is_within(node.code, one.code)]
    return sorted(fit, key=lambda node: (depth(node.code) != depth(parent(one.code) or one.code), node.code))


def _asked(uow: UnitOfWork, one: Jurisdiction) -> Change:
    """The change that the form asks for. Raises BadChange."""
    form = request.form
    kind = form.get("kind", "")
    on = day_of("on")
    if kind not in set(ChangeKind) or on is None:
        raise BadChange("day" if on is None else "which")
    match ChangeKind(kind):
        case ChangeKind.SPLIT:
            return Change(ChangeKind.SPLIT, on, (one.code,), tuple(_parts(uow, one)))
        case ChangeKind.MERGE:
            olds = (one.code, *sorted(set(form.getlist("with")) - {one.code}))
            return Change(ChangeKind.MERGE, on, olds, (_wanted("", parent_code=form.get("parent", "")),))
        case ChangeKind.MOVE:
            moved = Wanted(one.name_zh, one.name_en, form.get("code", ""), form.get("parent", ""))
            return Change(ChangeKind.MOVE, on, (one.code,), (moved,))
        case _:
            return Change(ChangeKind.RENAME, on, (one.code,), (_wanted(""),))


def _wanted(number: str, *, parent_code: str = "", parts: tuple[str, ...] = (), is_rest: bool = False) -> Wanted:
    form = request.form
    return Wanted(
        form.get(f"name_zh{number}", ""),
        form.get(f"name_en{number}", ""),
        form.get(f"code{number}", ""),
        parent_code,
        parts,
        is_rest,
    )


def _parts(uow: UnitOfWork, one: Jurisdiction) -> list[Wanted]:
    """The parts of a split. Each house or place below says its part; what says nothing goes to the last one."""
    form = request.form
    count = form.get("parts", "")
    last = _count(count, is_more=False)
    if count != str(last):
        raise BadChange("split_two")
    if one.level == COMMUNITY:
        houses = queries.buildings(uow.session, current_scope(), one.code)
        known = {str(number): name for number, name, _ in houses if number is not None}
    else:
        below = queries.tree(uow.session, current_scope())
        known = {node.code: node.code for node in below if parent(node.code) == one.code and node.valid_until is None}
    return [
        _wanted(
            str(number),
            parts=tuple(name for key, name in known.items() if form.get(f"to-{key}") == str(number) and number != last),
            is_rest=number == last,
        )
        for number in range(1, last + 1)
    ]


def _preview(uow: UnitOfWork, change: Change) -> Preview:
    scope: Scope = current_scope()
    plan = borders.planned(uow.session, scope, change)
    moved = borders.affected(uow.session, scope, plan)
    today = uow.local_now.date()
    return Preview(
        follows=_follows(uow, change, plan),
        dwellings=moved.dwellings,
        households=moved.households,
        persons=moved.persons,
        tickets=open_tickets(uow.session, scope, plan.ends),
        is_ahead=change.on > today,
        is_back=change.on < today,
    )


def _follows(uow: UnitOfWork, change: Change, plan: Plan) -> list[tuple[str, str, str, str]]:
    names = queries.names_of(uow.session, [old for old, _ in plan.pairs] or list(change.old_codes))
    new = {node.code: {"zh": node.name_zh, "en": node.name_en} for node in plan.begins}
    if plan.renamed is not None:
        one = plan.renamed
        return [(one.code, name_of(names[one.code]), one.code, name_of({"zh": one.name_zh, "en": one.name_en}))]
    return [(old, name_of(names[old]), to, name_of(new[to])) for old, to in plan.pairs]
