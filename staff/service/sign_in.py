"""Signing in with a password, and changing it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.uow import UnitOfWork
from staff import passwords
from staff.errors import SessionOver, TooManyTries, WeakPassword, WrongCode, WrongPassword
from staff.models import User
from staff.passwords import Weakness
from staff.queries import user_by_login
from staff.service import links, throttling
from staff.service.hashing import hash_of_nobody, hashed, is_weak, verifies
from staff.service.sessions import begin_session, end_sessions


@dataclass(frozen=True, slots=True)
class SignIn:
    """What became of a try: a token for the cookie, or the refusal to show. Exactly one of the two.

    The refusal is a value and not raised: the failed try must be committed, or nobody would count it.
    """

    token: str | None
    refusal: WrongPassword | WrongCode | TooManyTries | WeakPassword | None = None
    must_change_password: bool = False
    needs_code: bool = False  # the password was right; the second factor is still to be given


def sign_in(
    uow: UnitOfWork, login: str, password: str, address: str, user_agent: str = "", *, known: str = ""
) -> SignIn:
    """Check a password and begin a session. The unit must be committed whatever comes back.

    Failures are counted by login and by network address, both only as keyed hashes; tries of one login or address
    are taken one after the other, so that a hundred at once are not a hundred tries. An unknown login costs the same
    time and gets the same words as a wrong password. Tries from a browser that is `known` to the login are counted
    apart, or whoever knows a login could keep its owner out. Who has a second factor gets a short session that opens
    nothing but the page where he gives it.
    """
    user = check_password(uow, login, password, address, known)
    if not isinstance(user, User):
        return SignIn(None, user)
    if is_weak(user.password_hash):
        user.password_hash = hashed(password)
    needs_code = user.totp_since is not None
    token = begin_session(uow, user.id, user_agent=user_agent, second_factor_at=None, is_half=needs_code)
    return SignIn(token, must_change_password=user.must_change_password, needs_code=needs_code)


def change_password(
    uow: UnitOfWork,
    user_id: int,
    current: str,
    new: str,
    again: str,
    address: str,
    *,
    known: str = "",
    user_agent: str = "",
    second_factor_at: datetime | None = None,
) -> SignIn:
    """Set a new password, end all sessions of the user, and begin one. The unit must be committed whatever comes back.

    Who comes straight from a first password need not repeat it. The old password is dead from here on, and so is a
    link by which somebody could choose another one. The new session keeps `second_factor_at` of the one before.
    That the new password is the old one is told only to who has given the old one: else the page would be a way to
    guess it without ever having to wait. Raises SessionOver.
    """
    user = uow.session.get_one(User, user_id)
    why = passwords.weakness(new, login=user.login) or (None if new == again else Weakness.NOT_TWICE)
    if why is not None:
        return SignIn(None, WeakPassword(why, passwords.SHORTEST))
    if user.must_change_password:
        _hold_first(uow, user)
    else:
        checked = check_password(uow, user.login, current, address, known)
        if not isinstance(checked, User):
            return SignIn(None, checked)
    if verifies(user.password_hash, new):
        return SignIn(None, WeakPassword(Weakness.IS_OLD, passwords.SHORTEST))
    user.password_hash, user.password_since = hashed(new), uow.now
    user.must_change_password = False
    end_sessions(uow, user.id)
    links.withdraw(uow, user.id)
    uow.audit("password.changed", f"user:{user.id}")
    return SignIn(begin_session(uow, user.id, user_agent=user_agent, second_factor_at=second_factor_at))


def check_password(
    uow: UnitOfWork, login: str, password: str, address: str, known: str = ""
) -> User | WrongPassword | TooManyTries:
    """The user whose password this is, held, or the refusal. The unit must be committed whatever comes back.

    Whoever resets or shuts out the user meanwhile comes before, and the password is wrong, or waits until the session
    is there that he ends.
    """
    keys = throttling.keys_of_login(uow, login, address, known)
    wait = throttling.wait_for(uow, keys)
    if wait is not None:
        return wait
    user = user_by_login(uow.session, login)
    if user is None or not _is_right(user, password) or not _still_is(uow, user):
        if user is None:
            verifies(hash_of_nobody(), password[: passwords.LONGEST])  # costs what a known login costs
        return WrongPassword(throttling.fail(uow, keys))
    throttling.forget(uow, keys[0])
    return user


def _hold_first(uow: UnitOfWork, user: User) -> None:
    """Hold a user with a first password. Raises SessionOver when somebody took it away or shut him out meanwhile."""
    uow.session.refresh(user, with_for_update=True)
    if not (user.must_change_password and user.is_active):
        raise SessionOver


def _still_is(uow: UnitOfWork, user: User) -> bool:
    """Whether the account is as it was when the password was checked; from here on nobody changes it."""
    before = user.password_hash
    uow.session.refresh(user, with_for_update=True)
    return user.is_active and user.password_hash == before


def _is_right(user: User, password: str) -> bool:
    is_theirs = verifies(user.password_hash, password[: passwords.LONGEST])
    return is_theirs and user.is_active and len(password) <= passwords.LONGEST
