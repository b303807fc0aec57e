"""The first page, and the reader's own account: password, second factor, sessions, language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from console.paging import LARGEST_ID
from console.routes.blueprint import bp, menu_of, show
from console.words import last_day
from core import web, wording
from core.uow import UnitOfWork, unit_of_work
from directory.queries.places import names_of
from staff.errors import SessionOver
from staff.guard import actor, current_user, forget, signed_in
from staff.permissions import in_force
from staff.queries import roster, sessions_of
from staff.queries.signed_in import needs_second_factor
from staff.service import second_factors, sessions, users


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session as the page draws it."""

    id: int
    device: str
    began_at: datetime
    seen_at: datetime
    is_this: bool
    is_half: bool  # somebody who knows the password has not given the code


@bp.get("/")
@signed_in
def home() -> ResponseReturnValue:
    """Lead to the first page that the reader may open; who may open none is told whom to ask."""
    with unit_of_work(actor()) as uow:
        menu = menu_of(current_user(), uow.now)
        if menu:
            return redirect(url_for(menu[0].items[0].endpoint), code=303)
        roles = dict.fromkeys(grant.role for grant in in_force(current_user().grants, uow.now))
        named = web.say("staff.list.and").join(web.say(f"staff.role.{role}") for role in roles)
        return show("no_grant.html", uow, roles=named, admins=roster.whom_to_ask(uow.session, uow.now))


@bp.get("/account")
@signed_in
def account() -> ResponseReturnValue:
    """The reader's own account."""
    user = current_user()
    with unit_of_work(actor()) as uow:
        counting = in_force(user.grants, uow.now)
        names = names_of(uow.session, {grant.jurisdiction_code for grant in counting})
        return show(
            "account.html",
            uow,
            user=user,
            grants=[
                (str(g.role), names[g.jurisdiction_code][web.lang()], g.from_at, last_day(g.until_at)) for g in counting
            ],
            is_forced=needs_second_factor(user.grants, uow.now),
            codes_left=second_factors.codes_left(uow, user.user_id),
            sessions=_sessions(uow),
            languages=wording.LANGUAGES,
        )


@bp.post("/account/language")
@signed_in
def keep_language() -> ResponseReturnValue:
    """Keep the language of the reader's pages with his account, or none: then each browser asks for its own."""
    wanted = request.form.get("lang", "")
    answer = redirect(url_for("console.account"), code=303)
    if wanted not in (*wording.LANGUAGES, ""):
        return answer
    with unit_of_work(actor()) as uow:
        users.choose_language(uow, current_user().user_id, wanted)
    return web.keep_language(answer, wanted)


@bp.post("/account/sessions/<int:session_id>/end")
@signed_in
def end_session(session_id: int) -> ResponseReturnValue:
    """End one session of the reader; the one of this browser, too."""
    user = current_user()
    with unit_of_work(actor()) as uow:
        number = session_id if session_id <= LARGEST_ID else 0
        if not sessions.end_session(uow, user.user_id, number):
            raise SessionOver
    if number == user.session_id:
        return forget(redirect(url_for("staff.sign_in"), code=303))
    flash(web.say("console.account.done.session"), "ok")
    return redirect(url_for("console.account"), code=303)


@bp.post("/account/sessions/end-others")
@signed_in
def end_other_sessions() -> ResponseReturnValue:
    """End every session of the reader but this one."""
    user = current_user()
    with unit_of_work(actor()) as uow:
        ended = sessions.end_sessions(uow, user.user_id, but=user.session_id)
    flash(web.say("console.account.done.sessions", count=ended), "ok")
    return redirect(url_for("console.account"), code=303)


def _sessions(uow: UnitOfWork) -> list[SessionView]:
    user = current_user()
    return [
        SessionView(
            id=row.id,
            device=row.device,
            began_at=row.began_at,
            seen_at=row.last_seen_at or row.began_at,
            is_this=row.id == user.session_id,
            is_half=user.has_second_factor and row.second_factor_at is None,
        )
        for row in sessions_of(uow.session, user.user_id, uow.now, uow.policy.sign_in.idle)
    ]
