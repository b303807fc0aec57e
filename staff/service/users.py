"""Users: added, shut out, let in again, and their accounts reset."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from core.uow import UnitOfWork
from staff import giving, passwords
from staff.errors import (
    BadLogin,
    BadName,
    LastAdmin,
    LoginTaken,
    NobodyActsOnHimself,
    NotYours,
    UserNotFound,
    WeakPassword,
)
from staff.models import Grant, User
from staff.passwords import Weakness
from staff.permissions import Granted, Role
from staff.queries import user_by_login, written
from staff.queries.signed_in import granted
from staff.service import links, second_factors
from staff.service.hashing import hash_of_nobodys, hashed, verifies
from staff.service.sessions import end_sessions
from staff.spelling import spelt

ADMINS_ONE_AFTER_THE_OTHER = 7_205_022
"""Key of the advisory lock: two administrators who end each other at the same moment do not both succeed."""


def add_user(
    uow: UnitOfWork, login: str, name: str, password: str, *, must_change_password: bool = True, lang: str = ""
) -> User:
    """Add somebody who signs in. Raises LoginTaken, BadLogin, BadName, or WeakPassword for a password of his own."""
    if not must_change_password:
        _refuse_weak(password, login)
    user = _added(uow, login, name, hashed(password), lang)
    user.must_change_password = must_change_password
    user.password_since = uow.now
    return user


def add_without_password(uow: UnitOfWork, login: str, name: str) -> User:
    """Add somebody who can do nothing until he has followed his link. Raises LoginTaken, BadLogin, BadName."""
    return _added(uow, login, name, hash_of_nobodys(), "")


def ensure_user(uow: UnitOfWork, login: str, name: str) -> str | None:
    """Add the user when he is missing. Returns the first password as long as it opens the door, else None.

    It is made from the installation's secret, so that repeating a load tells the same one and breaks nothing.
    """
    password = _password_from_secret(uow, login)
    user = user_by_login(uow.session, login)
    if user is None:
        add_user(uow, login, name, password)
        return password
    return password if user.must_change_password and verifies(user.password_hash, password) else None


def take_password_away(uow: UnitOfWork, user: User) -> None:
    """Make the password one that nobody knows, and end all sessions: the account opens by a link only."""
    user.password_hash, user.password_since = hash_of_nobodys(), None
    user.must_change_password = False
    end_sessions(uow, user.id)
    uow.audit("password.reset", f"user:{user.id}")


def reset_second_factor(uow: UnitOfWork, user: User) -> None:
    """Take a second factor away and end all sessions. Who needs one is led to set it up after the next password."""
    second_factors.take_away(uow, user)
    end_sessions(uow, user.id)
    uow.audit("second_factor.reset", f"user:{user.id}")


def shut_out(uow: UnitOfWork, user: User) -> None:
    """Deactivate: no sign-in, no session, no link, now or when he is let in again. Raises LastAdmin.

    Done already is no matter.
    """
    if not user.is_active:
        return
    for grant in grants_of(uow, user.id):
        if grant.role is Role.ADMIN:
            refuse_last_admin(uow, user.id, granted(grant))
    user.is_active = False
    end_sessions(uow, user.id)
    links.withdraw(uow, user.id)
    uow.audit("user.deactivated", f"user:{user.id}")


def let_in(uow: UnitOfWork, user: User) -> None:
    """Reactivate with the password and the grants that there are. Done already is no matter."""
    if not user.is_active:
        user.is_active = True
        uow.audit("user.reactivated", f"user:{user.id}")


def choose_language(uow: UnitOfWork, user_id: int, lang: str) -> None:
    """Keep the language in which a user reads pages; empty: as the browser asks."""
    uow.session.get_one(User, user_id).lang = lang


def to_handle(uow: UnitOfWork, user_id: int, *, by: int, mine: Sequence[Granted]) -> User:
    """The user, when the one who asks may handle his account. Raises UserNotFound, NobodyActsOnHimself, NotYours."""
    user = uow.session.get(User, user_id, with_for_update=True)
    if user is None:
        raise UserNotFound(str(user_id))
    if user_id == by:
        raise NobodyActsOnHimself
    if not giving.may_handle(mine, map(granted, grants_of(uow, user_id)), uow.now):
        raise NotYours
    return user


def grants_of(uow: UnitOfWork, user_id: int) -> list[Grant]:
    """All grants of a user, the first given first."""
    return list(uow.session.scalars(select(Grant).where(Grant.user_id == user_id).order_by(Grant.id)))


def refuse_last_admin(uow: UnitOfWork, user_id: int, ending: Granted) -> None:
    """Raises LastAdmin unless somebody else is an administrator of that place now, without an end, and can sign in.

    Who was invited and has not chosen a password yet may never come: he is no other one. A grant that is over, not yet
    begun or given for a time only keeps nobody from ending it.
    """
    if ending.until_at is not None or ending.from_at > uow.now:
        return
    uow.session.execute(select(func.pg_advisory_xact_lock(ADMINS_ONE_AFTER_THE_OTHER)))
    others = uow.session.scalars(
        select(Grant.jurisdiction_code)
        .join(User, User.id == Grant.user_id)
        .where(
            Grant.role == Role.ADMIN,
            Grant.user_id != user_id,
            Grant.until_at.is_(None),
            Grant.from_at <= uow.now,
            User.is_active,
            User.password_since.is_not(None),
        )
    ).all()
    if not any(ending.jurisdiction_code.startswith(code) for code in others):
        raise LastAdmin


def _added(uow: UnitOfWork, login: str, name: str, password_hash: str, lang: str) -> User:
    if not passwords.is_login(written(login)):
        raise BadLogin
    name = " ".join(name.split())
    if not (0 < len(name) <= passwords.LONGEST_NAME and name.isprintable()):
        raise BadName
    if user_by_login(uow.session, login) is not None:
        raise LoginTaken(login)
    user = User(login=written(login), name=name, password_hash=password_hash, lang=lang)
    try:
        with uow.session.begin_nested():
            uow.session.add(user)
            uow.session.flush()  # grants and history rows name the user's id
    except IntegrityError as err:  # somebody took it at the same moment
        raise LoginTaken(login) from err
    uow.audit("user.added", f"user:{user.id}")
    return user


def _password_from_secret(uow: UnitOfWork, login: str) -> str:
    secret = uow.settings.secret_key.encode()
    return spelt(int.from_bytes(hmac.digest(secret, f"first password:{written(login)}".encode(), "sha256")), 3)


def _refuse_weak(password: str, login: str) -> None:
    why: Weakness | None = passwords.weakness(password, login=written(login))
    if why is not None:
        raise WeakPassword(why, passwords.SHORTEST)
