"""Sign in, change the first password, sign out."""

from __future__ import annotations

import phonenumbers
from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from config.settings import Settings
from core import web, wording
from core.errors import HotlineError
from core.uow import unit_of_work
from core.way_back import safe
from staff import guard, service
from staff.errors import TooManyTries
from staff.forms import NewPasswordForm, SignInForm
from staff.passwords import SHORTEST
from staff.queries import CurrentUser

bp = Blueprint("staff", __name__, template_folder="templates")
FIRST_PAGE = "/console/"


@bp.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """The sign-in page; who is signed in already goes on."""
    user = guard.who_is_signed_in()
    if user is not None:
        return redirect(_first_page(user.must_change_password, request.args.get("next", "")), code=303)
    return _page(SignInForm("", "", request.args.get("next", "")), None), 200


@bp.post("/sign-in")
def take_sign_in() -> ResponseReturnValue:
    """Check login and password; a failed try is committed, or nobody would count it."""
    form = SignInForm.from_form(request.form)
    with unit_of_work("sign-in") as uow:
        outcome = service.sign_in(uow, form.login, form.password, request.remote_addr or "")
        if outcome.token is not None:
            service.sign_out(uow, guard.token_of_request())
    if outcome.token is None:
        return _page(form, outcome.refusal), 429 if isinstance(outcome.refusal, TooManyTries) else 422
    return guard.keep(redirect(_first_page(outcome.must_change_password, form.wanted), code=303), outcome.token)


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
    if user is None:
        return redirect(url_for("staff.sign_in"), code=303)
    return _password_page(user, None), 200


@bp.post("/password")
def take_password() -> ResponseReturnValue:
    """Set the new password; the old one and all other sessions are dead."""
    user = guard.who_is_signed_in()
    if user is None:
        return redirect(url_for("staff.sign_in"), code=303)
    form = NewPasswordForm.from_form(request.form)
    with unit_of_work(f"user:{user.user_id}") as uow:
        outcome = service.change_password(
            uow, user.user_id, form.current, form.new, form.again, request.remote_addr or ""
        )
    if outcome.token is None:
        return _password_page(user, outcome.refusal), 429 if isinstance(outcome.refusal, TooManyTries) else 422
    return guard.keep(redirect(FIRST_PAGE, code=303), outcome.token)


def _first_page(must_change_password: bool, wanted: str) -> str:
    return url_for("staff.change_password") if must_change_password else safe(wanted, FIRST_PAGE)


def _page(form: SignInForm, refusal: HotlineError | None) -> str:
    settings: Settings = current_app.config["SETTINGS"]
    number = phonenumbers.parse(settings.hotline_number)
    return render_template(
        "staff/sign_in.html",
        form=form,
        refusal=_sentence(refusal),
        hotline=phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL),
        back=url_for("staff.sign_in", next=form.wanted or None),
    )


def _password_page(user: CurrentUser, refusal: HotlineError | None) -> str:
    return render_template("staff/password.html", user=user, refusal=_sentence(refusal), shortest=SHORTEST)


def _sentence(refusal: HotlineError | None) -> str:
    return wording.say("staff", refusal.wording, web.lang(), **refusal.facts) if refusal is not None else ""
