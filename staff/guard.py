"""Who is asking: the session cookie, current_user, current_scope, and @needs(permission) for every page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, cast

from flask import current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from config import policy as policy_file
from config.settings import Settings
from core.uow import unit_of_work
from directory.scope import Scope
from staff import queries
from staff.errors import NotPermitted
from staff.permissions import Permission, scope_for
from staff.queries import CurrentUser

P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]

PLAIN_COOKIE = "linli"
HOST_COOKIE = "__Host-linli"
"""With https the browser itself holds the cookie to this host, path / and a secure line."""


def needs(permission: str) -> Callable[[View[P]], View[P]]:
    """Let only those in who may do this; the others are sent to sign in, or refused.

    A first password opens nothing but the page where it is changed.
    """
    wanted = Permission(permission)

    def guard(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            user, scope = _identify(wanted)
            if user is None:
                back = request.full_path.rstrip("?") if request.method == "GET" else ""
                return redirect(url_for("staff.sign_in", next=back or None), code=303)
            if user.must_change_password:
                return redirect(url_for("staff.change_password"), code=303)
            if not scope.may(wanted):
                raise NotPermitted
            return view(*args, **kwargs)

        guarded.needs = wanted  # type: ignore[attr-defined]  # read by the test that every page asks for one
        return guarded

    return guard


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
    """Whoever holds the cookie of this request, also before a first password is changed."""
    token = token_of_request()
    if not token:
        return None
    with unit_of_work("guard") as uow:
        return queries.user_of_token(uow.session, token, uow.now)


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


def _identify(wanted: Permission) -> tuple[CurrentUser | None, Scope]:
    token = token_of_request()
    scope = Scope((), frozenset())
    user = None
    if token:
        with unit_of_work("guard") as uow:
            user = queries.user_of_token(uow.session, token, uow.now)
            if user is not None:
                scope = scope_for(user.grants, wanted, uow.now)
    g.user, g.scope = user, scope
    return user, scope


def _cookie_name() -> str:
    return HOST_COOKIE if _is_https() else PLAIN_COOKIE


def _is_https() -> bool:
    settings: Settings = current_app.config["SETTINGS"]
    return settings.public_url.startswith("https://")
