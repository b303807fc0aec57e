"""The link of an invitation: choose a password, once."""

from __future__ import annotations

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from core.errors import HotlineError
from core.uow import unit_of_work
from staff import guard, service
from staff.errors import InvitationOver
from staff.forms import NewPasswordForm
from staff.passwords import SHORTEST
from staff.routes.blueprint import bp, browser, page_after, refused, sentence
from staff.routes.browser import remember
from staff.routes.sign_in import due_of
from staff.service import invitations


@bp.get("/welcome/<token>")
def welcome(token: str) -> ResponseReturnValue:
    """The page behind a link: whose it is, and a password to choose."""
    with unit_of_work("invitation") as uow:
        try:
            user = invitations.invited(uow, token)
        except InvitationOver as refusal:
            return _over(refusal), 404
        return _page(token, user.login, user.name, None), 200


@bp.post("/welcome/<token>")
def take_welcome(token: str) -> ResponseReturnValue:
    """Set the password and begin a session; what is due next follows."""
    form = NewPasswordForm.from_form(request.form)
    try:
        with unit_of_work("invitation") as uow:
            user = invitations.invited(uow, token)
            uow.actor = f"user:{user.id}"
            outcome = invitations.accept(uow, token, form.new, form.again, user_agent=browser())
            if outcome.token is None:
                return refused(_page(token, user.login, user.name, outcome.refusal), outcome.refusal)
            service.sign_out(uow, guard.token_of_request())
            due = due_of(uow, outcome.token)
    except InvitationOver as refusal:
        return _over(refusal), 404
    return remember(guard.keep(redirect(page_after(due, ""), code=303), outcome.token), user.login)


def _page(token: str, login: str, name: str, refusal: HotlineError | None) -> str:
    return render_template(
        "staff/welcome.html", token=token, login=login, name=name, refusal=sentence(refusal), shortest=SHORTEST
    )


def _over(refusal: HotlineError) -> str:
    return render_template("staff/invitation_over.html", refusal=sentence(refusal))
