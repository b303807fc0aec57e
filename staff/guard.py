"""Who is asking: the session cookie, current_user, current_scope, @needs(permission) for every page, @signed_in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, cast

from flask import current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from config import policy as policy_file
from config.settings import Settings
from core import web, wording
from core.uow import unit_of_work
from directory.scope import Scope
from staff import queries
from staff.errors import NotPermitted
from staff.permissions import GIVES, Permission, scope_for
from staff.queries import CurrentUser, Due
from staff.service import sessions

P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]

PLAIN_COOKIE = "linli"
HOST_COOKIE = "__Host-linli"
"""With https the browser itself holds the cookie to this host, path / and a secure line."""


PAGES_OF_DUE = {
    Due.CODE: "staff.second_factor",
    Due.PASSWORD: "staff.change_password",
    Due.SET_UP: "staff.set_up",
}
"""What a session opens as long as something is due: this page and no other."""


def needs(permission: str) -> Callable[[View[P]], View[P]]:
    """Let only those in who may do this; the others are sent to sign in, or refused.

    A first password opens nothing but the page where it is changed; a password without the second factor that the
    user has, or that his role asks for, nothing but the page of the second factor.
    """
    wanted = Permission(permission)

    def guard(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            away = _turned_away(wanted)
            if away is not None:
                return away
            if not current_scope().may(wanted):
                raise not_permitted(wanted)
            return view(*args, **kwargs)

        guarded.needs = wanted  # type: ignore[attr-defined]  # read by the test that every page asks for one
        return guarded

    return guard


def not_permitted(wanted: Permission) -> NotPermitted:
    """The refusal that names who may."""
    roles = (role for role, given in GIVES.items() if wanted in given)
    return NotPermitted(web.say("staff.list.and").join(web.say(f"staff.role.{role}") for role in roles))


def signed_in(view: View[P]) -> View[P]:
    """Let everybody in who is signed in, whatever his grants are: for pages about oneself. The scope is empty."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        away = _turned_away(None)
        return away if away is not None else view(*args, **kwargs)

    guarded.needs = None  # type: ignore[attr-defined]  # as above: a session, and no permission
    return guarded


def current_user() -> CurrentUser:
    """Who is signed in. Only for views behind @needs."""
    return cast(CurrentUser, g.user)


def current_scope() -> Scope:
    """Where the reader may do what this view needs, and what else he may do there. Only behind @needs."""
    return cast(Scope, g.scope)


def actor() -> str:
    """The reader as units of work and history rows name him: `user:3`."""
    return f"user:{current_user().user_id}"


def who_is_signed_in() -> CurrentUser | None:
    """Whoever holds the cookie of this request, also when something is due before he goes on."""
    return _identify(None)[0]


def token_of_request() -> str:
    """The session token that came with this request; empty when there is none."""
    return request.cookies.get(_cookie_name(), "")


def keep(answer: Response, token: str) -> Response:
    """Give the session token to the browser, out of reach of scripts and of other sites."""
    answer.set_cookie(
        _cookie_name(),
        token,
        max_age=policy_file.current().sign_in.session_lasts,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=_is_https(),
    )
    return answer


def forget(answer: Response) -> Response:
    """Take the session token back."""
    answer.delete_cookie(_cookie_name(), path="/", httponly=True, samesite="Lax", secure=_is_https())
    return answer


def _turned_away(wanted: Permission | None) -> ResponseReturnValue | None:
    """Where to send somebody who is not signed in, or not yet all the way; None for who may go on."""
    user, _ = _identify(wanted)
    back = request.full_path.rstrip("?") if request.method == "GET" else ""
    if user is None:
        return redirect(url_for("staff.sign_in", next=back or None), code=303)
    if user.due is not Due.NOTHING:
        return redirect(url_for(PAGES_OF_DUE[user.due], next=back or None), code=303)
    return None


def _identify(wanted: Permission | None) -> tuple[CurrentUser | None, Scope]:
    token = token_of_request()
    scope = Scope((), frozenset())
    user = None
    if token:
        with unit_of_work("guard") as uow:
            user = queries.user_of_token(uow.session, token, uow.now, uow.policy.sign_in.idle)
            if user is not None:
                if wanted is not None:
                    scope = scope_for(user.grants, wanted, uow.now)
                if not _is_background():
                    sessions.see(uow, user)
                _read_as(user)
            g.now = uow.now
    g.user, g.scope = user, scope
    return user, scope


def _is_background() -> bool:
    """Whether a script of an open page asks by itself: that is no sign of a person."""
    return request.method == "GET" and request.headers.get("Sec-Fetch-Dest") == "empty"


def _read_as(user: CurrentUser) -> None:
    """Pages come in the user's own language, whoever chose one in this browser, unless the address asks for another.

    As long as only the password is known, what this browser was told holds.
    """
    told = {request.args.get("lang")}
    if user.due is Due.CODE:
        told.add(request.cookies.get(web.LANG_COOKIE))
    if user.lang in wording.LANGUAGES and not told & set(wording.LANGUAGES):
        g.lang = user.lang


def _cookie_name() -> str:
    return HOST_COOKIE if _is_https() else PLAIN_COOKIE


def _is_https() -> bool:
    settings: Settings = current_app.config["SETTINGS"]
    return settings.public_url.startswith("https://")
