"""Sign in, change the password, sign out."""

from __future__ import annotations

import phonenumbers
from flask import current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from config.settings import Settings
from core.errors import HotlineError
from core.uow import UnitOfWork, unit_of_work
from core.way_back import safe
from staff import guard, service
from staff.errors import TooManyTries, WrongPassword
from staff.forms import NewPasswordForm, SignInForm
from staff.models import SignedIn
from staff.passwords import SHORTEST
from staff.queries import CurrentUser, Due, user_of_token
from staff.routes.blueprint import FIRST_PAGE, asker, bp, browser, page_after, page_of, refused, sentence
from staff.routes.browser import known, remember


@bp.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """The sign-in page; who is signed in already goes on."""
    user = guard.who_is_signed_in()
    if user is not None:
        return redirect(page_of(user), code=303)
    return _page(SignInForm("", "", request.args.get("next", "")), None), 200


@bp.post("/sign-in")
def take_sign_in() -> ResponseReturnValue:
    """Check login and password; a failed try is committed, or nobody would count it."""
    form = SignInForm.from_form(request.form)
    with unit_of_work("sign-in") as uow:
        outcome = service.sign_in(uow, form.login, form.password, asker(), browser(), known=known(form.login))
        due = Due.NOTHING
        if outcome.token is not None:
            service.sign_out(uow, guard.token_of_request())
            due = due_of(uow, outcome.token)
    if outcome.token is None:
        return refused(_page(form, outcome.refusal), outcome.refusal)
    return remember(guard.keep(redirect(page_after(due, form.wanted), code=303), outcome.token), form.login)


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the session here and in the browser."""
    with unit_of_work("sign-out") as uow:
        service.sign_out(uow, guard.token_of_request())
    return guard.forget(redirect(url_for("staff.sign_in"), code=303))


@bp.get("/password")
def change_password() -> ResponseReturnValue:
    """The page of a new password, for everybody who is signed in."""
    user = guard.who_is_signed_in()
    if user is None or user.due is Due.CODE:
        return redirect(url_for("staff.sign_in"), code=303)
    return _password_page(user, None), 200


@bp.post("/password")
def take_password() -> ResponseReturnValue:
    """Set the new password; the old one and all other sessions are dead."""
    user = guard.who_is_signed_in()
    if user is None or user.due is Due.CODE:
        return redirect(url_for("staff.sign_in"), code=303)
    form = NewPasswordForm.from_form(request.form)
    with unit_of_work(f"user:{user.user_id}") as uow:
        session = uow.session.get_one(SignedIn, user.session_id)
        outcome = service.change_password(
            uow,
            user.user_id,
            form.current,
            form.new,
            form.again,
            asker(),
            known=known(user.login),
            user_agent=browser(),
            second_factor_at=session.second_factor_at,
        )
        due = due_of(uow, outcome.token) if outcome.token is not None else Due.NOTHING
    if outcome.token is None:
        return refused(_password_page(user, outcome.refusal), outcome.refusal)
    return guard.keep(redirect(page_after(due, request.form.get("next", "")), code=303), outcome.token)


def due_of(uow: UnitOfWork, token: str) -> Due:
    """What a session that just began has to do first."""
    user = user_of_token(uow.session, token, uow.now)
    return user.due if user is not None else Due.NOTHING


def _page(form: SignInForm, refusal: HotlineError | None) -> str:
    settings: Settings = current_app.config["SETTINGS"]
    number = phonenumbers.parse(settings.hotline_number)
    return render_template(
        "staff/sign_in.html",
        form=form,
        refusal=sentence(refusal),
        hotline=phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL),
        back=url_for("staff.sign_in", next=form.wanted or None),
    )


def _password_page(user: CurrentUser, refusal: HotlineError | None) -> str:
    return render_template(
        "staff/password.html",
        user=user,
        refusal=sentence(refusal),
        is_current_wrong=isinstance(refusal, WrongPassword | TooManyTries),
        shortest=SHORTEST,
        wanted=safe(request.values.get("next", ""), ""),
        first_page=FIRST_PAGE,
    )
