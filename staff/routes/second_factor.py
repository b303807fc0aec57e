"""The second factor: give it, set it up, renew its recovery codes, switch it off."""

from __future__ import annotations

import segno
from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from config import policy as policy_file
from core import clock, web
from core.errors import HotlineError
from core.uow import UnitOfWork, unit_of_work
from core.way_back import safe
from staff import guard
from staff import second_factor as rule
from staff.errors import TooManyTries, WrongPassword
from staff.models import User
from staff.queries import CurrentUser, Due
from staff.queries.signed_in import needs_second_factor
from staff.routes.blueprint import ACCOUNT_PAGE, FIRST_PAGE, asker, bp, browser, page_after, page_of, refused, sentence
from staff.routes.browser import known
from staff.routes.sign_in import due_of
from staff.service import second_factors
from staff.service.sign_in import SignIn, check_password


@bp.get("/second-factor")
def second_factor() -> ResponseReturnValue:
    """The page where the code is given; for who has just given the password."""
    user = guard.who_is_signed_in()
    if user is None:
        return redirect(url_for("staff.sign_in"), code=303)
    if user.due is not Due.CODE:
        return redirect(page_of(user), code=303)
    return _code_page(user, None), 200


@bp.post("/second-factor")
def take_second_factor() -> ResponseReturnValue:
    """Check the code; the session that only had a password ends, and a full one begins."""
    user = guard.who_is_signed_in()
    if user is None:
        return redirect(url_for("staff.sign_in"), code=303)
    if user.due is not Due.CODE:
        return redirect(page_of(user), code=303)
    with unit_of_work(f"user:{user.user_id}") as uow:
        outcome = second_factors.give(
            uow,
            user.user_id,
            user.session_id,
            request.form.get("code", ""),
            outside=clock.outside(),
            user_agent=browser(),
        )
        due = due_of(uow, outcome.token) if outcome.token is not None else Due.NOTHING
    if outcome.token is None:
        return refused(_code_page(user, outcome.refusal), outcome.refusal)
    return guard.keep(redirect(page_after(due, request.form.get("next", "")), code=303), outcome.token)


@bp.get("/second-factor/set-up")
def set_up() -> ResponseReturnValue:
    """The page with the QR code; for who needs a second factor, or wants one."""
    user = guard.who_is_signed_in()
    if user is None:
        return redirect(url_for("staff.sign_in"), code=303)
    if user.has_second_factor or user.due is Due.PASSWORD:
        return redirect(page_of(user), code=303)
    with unit_of_work(f"user:{user.user_id}") as uow:
        return _set_up_page(uow, user, None), 200


@bp.post("/second-factor/set-up")
def take_set_up() -> ResponseReturnValue:
    """Take the first code of the app into use, and show the recovery codes: now, and never again."""
    user = guard.who_is_signed_in()
    if user is None:
        return redirect(url_for("staff.sign_in"), code=303)
    if user.has_second_factor or user.due is Due.PASSWORD:
        return redirect(page_of(user), code=303)
    code, password = request.form.get("code", ""), request.form.get("password", "")
    with unit_of_work(f"user:{user.user_id}") as uow:
        refusal: HotlineError | None = None
        outcome, codes = SignIn(None), list[str]()
        if _asks_password(uow, user):
            checked = check_password(uow, user.login, password, asker(), known(user.login))
            refusal = checked if isinstance(checked, WrongPassword | TooManyTries) else None
        if refusal is None:
            outcome, codes = second_factors.set_up(
                uow, user.user_id, code, outside=clock.outside(), user_agent=browser()
            )
            refusal = outcome.refusal
        if outcome.token is None:
            return refused(_set_up_page(uow, user, refusal), refusal)
    return guard.keep(make_response(_codes_page(codes, is_new=True)), outcome.token)


@bp.post("/second-factor/recovery-codes")
@guard.signed_in
def renew_recovery_codes() -> ResponseReturnValue:
    """Ten new recovery codes, shown now and never again; the old ones are dead."""
    with unit_of_work(guard.actor()) as uow:
        outcome = second_factors.renew_recovery_codes(
            uow, guard.current_user().user_id, request.form.get("code", ""), outside=clock.outside()
        )
    if not isinstance(outcome, list):
        return _back_to_account(outcome)
    return _codes_page(outcome, is_new=False), 200


@bp.post("/second-factor/off")
@guard.signed_in
def switch_off() -> ResponseReturnValue:
    """Give up the second factor. Whose role asks for one sets it up anew at once: that is how a phone is changed."""
    user = guard.current_user()
    with unit_of_work(guard.actor()) as uow:
        is_forced = needs_second_factor(user.grants, uow.now)
        refusal = second_factors.switch_off(
            uow, user.user_id, user.session_id, request.form.get("code", ""), outside=clock.outside()
        )
    if refusal is not None:
        return _back_to_account(refusal)
    if is_forced:
        return redirect(url_for("staff.set_up", next=ACCOUNT_PAGE), code=303)
    flash(web.say("staff.second_factor.is_off"), "ok")
    return redirect(ACCOUNT_PAGE, code=303)


def _back_to_account(refusal: HotlineError) -> ResponseReturnValue:
    flash(sentence(refusal), "bad")
    return redirect(ACCOUNT_PAGE, code=303)


def _asks_password(uow: UnitOfWork, user: CurrentUser) -> bool:
    """Whether the password is asked for once more: unless it was given a moment ago, on the way here.

    Else whoever finds a console unlocked could tie the account to a telephone of his own.
    """
    is_fresh = user.began_at is not None and uow.now - user.began_at < uow.policy.sign_in.code_within
    return not (is_fresh and user.due is Due.SET_UP)


def _code_page(user: CurrentUser, refusal: HotlineError | None) -> str:
    wanted = safe(request.values.get("next", ""), "")
    return render_template("staff/second_factor.html", user=user, refusal=sentence(refusal), wanted=wanted)


def _set_up_page(uow: UnitOfWork, user: CurrentUser, refusal: HotlineError | None) -> str:
    secret = second_factors.secret_to_set_up(uow, user.user_id)
    row = uow.session.get_one(User, user.user_id)
    issuer = policy_file.current().city.name[web.lang()]
    address = rule.address(secret, login=row.login, issuer=issuer)
    return render_template(
        "staff/set_up.html",
        user=user,
        refusal=sentence(refusal),
        is_password_wrong=isinstance(refusal, WrongPassword),
        is_forced=user.due is Due.SET_UP,
        asks_password=_asks_password(uow, user),
        picture=segno.make(address, error="m").svg_data_uri(scale=5, border=3, dark="#000", light="#fff"),
        secret=rule.grouped(secret),
        wanted=safe(request.values.get("next", ""), ""),
    )


def _codes_page(codes: list[str], *, is_new: bool) -> str:
    wanted = safe(request.values.get("next", ""), "") or (FIRST_PAGE if is_new else ACCOUNT_PAGE)
    return render_template("staff/recovery_codes.html", codes=codes, is_new=is_new, wanted=wanted)
