"""Everything that changes users: adding, granting, signing in and out, passwords."""

from __future__ import annotations

import hmac
import logging
import math
import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import delete, func, select, update

from core.keyed import keyed
from core.uow import UnitOfWork
from staff import passwords, throttle
from staff.errors import LoginTaken, TooManyTries, UserNotFound, WeakPassword, WrongPassword
from staff.models import Grant, SignedIn, SignInTry, User
from staff.passwords import Weakness
from staff.permissions import Role
from staff.queries import token_hash, user_by_login, written

log = logging.getLogger(__name__)

TOKEN_BYTES = 32
UNMISTAKABLE = "abcdefghjkmnpqrstuvwxyz23456789"
"""No 0, 1, i, l, o: a first password is read from a screen and typed."""

_hasher = PasswordHasher()


@dataclass(frozen=True, slots=True)
class SignIn:
    """What became of a try: a token for the cookie, or the refusal to show. Exactly one of the two.

    The refusal is a value and not raised: the failed try must be committed, or nobody would count it.
    """

    token: str | None
    refusal: WrongPassword | TooManyTries | WeakPassword | None = None
    must_change_password: bool = False


def add_user(
    uow: UnitOfWork, login: str, name: str, password: str, *, must_change_password: bool = True, lang: str = "zh"
) -> User:
    """Add somebody who signs in. Raises LoginTaken, or WeakPassword for a password of his own choice."""
    if user_by_login(uow.session, login) is not None:
        raise LoginTaken(login)
    if not must_change_password:
        _refuse_weak(password, login)
    user = User(
        login=written(login),
        name=name,
        password_hash=_hasher.hash(password),
        must_change_password=must_change_password,
        lang=lang,
    )
    uow.session.add(user)
    uow.session.flush()  # grants and history rows name the user's id
    return user


def ensure_user(uow: UnitOfWork, login: str, name: str) -> str | None:
    """Add the user when he is missing. Returns the first password as long as it opens the door, else None.

    It is made from the installation's secret, so that repeating a load tells the same one and breaks nothing.
    """
    password = _password_from_secret(uow, login)
    user = user_by_login(uow.session, login)
    if user is None:
        add_user(uow, login, name, password)
        return password
    return password if user.must_change_password and _verifies(user.password_hash, password) else None


def reset_password(uow: UnitOfWork, login: str) -> str:
    """Take a password away: a new first one, all sessions ended. Raises UserNotFound."""
    user = user_by_login(uow.session, login)
    if user is None:
        raise UserNotFound(login)
    password = first_password()
    user.password_hash = _hasher.hash(password)
    user.must_change_password = True
    _end_sessions(uow, user.id)
    return password


def first_password() -> str:
    """A password for one sign-in: three groups of five unmistakable characters, 74 bits."""
    return _spelt(secrets.randbits(256))


def grant(
    uow: UnitOfWork, login: str, role: Role, jurisdiction_code: str, *, until_at: datetime | None = None
) -> Grant:
    """Give a user a role in a jurisdiction; the same grant in force is left alone. Raises UserNotFound."""
    user = user_by_login(uow.session, login)
    if user is None:
        raise UserNotFound(login)
    there = uow.session.scalar(
        select(Grant).where(
            Grant.user_id == user.id,
            Grant.role == role,
            Grant.jurisdiction_code == jurisdiction_code,
            Grant.until_at.is_(None),
        )
    )
    if there is not None:
        return there
    given = Grant(
        user_id=user.id,
        role=role,
        jurisdiction_code=jurisdiction_code,
        from_at=uow.now,
        until_at=until_at,
        granted_by=uow.actor,
    )
    uow.session.add(given)
    uow.session.flush()  # sign-in reads grants by statement, also later in this unit
    return given


def sign_in(uow: UnitOfWork, login: str, password: str, address: str) -> SignIn:
    """Check a password and begin a session. The unit must be committed whatever comes back.

    Failures are counted by login and by network address, both only as keyed hashes; tries of one login or address
    are taken one after the other, so that a hundred at once are not a hundred tries. An unknown login costs the same
    time and gets the same words as a wrong password.
    """
    user = _checked(uow, login, password, address)
    if not isinstance(user, User):
        return SignIn(None, user)
    if _hasher.check_needs_rehash(user.password_hash):
        user.password_hash = _hasher.hash(password)
    return SignIn(_begin_session(uow, user), must_change_password=user.must_change_password)


def sign_out(uow: UnitOfWork, token: str) -> None:
    """End a session. An unknown or ended one is no matter."""
    uow.session.execute(
        update(SignedIn)
        .where(SignedIn.token_hash == token_hash(token), SignedIn.ended_at.is_(None))
        .values(ended_at=uow.now)
    )


def change_password(uow: UnitOfWork, user_id: int, current: str, new: str, again: str, address: str) -> SignIn:
    """Set a new password, end all sessions of the user, and begin one. The unit must be committed whatever comes back.

    Who comes straight from a first password need not repeat it. The old password is dead from here on.
    """
    user = uow.session.get_one(User, user_id)
    why = passwords.weakness(new, login=user.login) or (None if new == again else Weakness.NOT_TWICE)
    if why is None and _verifies(user.password_hash, new):
        why = Weakness.IS_OLD
    if why is not None:
        return SignIn(None, WeakPassword(why, passwords.SHORTEST))
    if not user.must_change_password:
        checked = _checked(uow, user.login, current, address)
        if not isinstance(checked, User):
            return SignIn(None, checked)
    user.password_hash = _hasher.hash(new)
    user.must_change_password = False
    _end_sessions(uow, user.id)
    return SignIn(_begin_session(uow, user))


def _checked(uow: UnitOfWork, login: str, password: str, address: str) -> User | WrongPassword | TooManyTries:
    keys = _throttle_keys(uow, login, address)
    _one_after_the_other(uow, [key for key, _ in keys])
    for key, most in keys:
        wait = throttle.free_again(_failures(uow, key), most=most, window=uow.policy.sign_in.window, now=uow.now)
        if wait is not None:
            return TooManyTries(max(math.ceil(wait.total_seconds() / 60), 1))
    user = user_by_login(uow.session, login)
    if user is None or not _is_right(user, password):
        if user is None:
            _verifies(_hash_of_nobody(), password[: passwords.LONGEST])  # costs what a known login costs
        uow.session.add_all(SignInTry(key=key, at=uow.now) for key, _ in keys)
        uow.session.flush()  # the tries left are counted by statement
        return WrongPassword(min(throttle.tries_left(_failures(uow, key), most=most) for key, most in keys))
    uow.session.execute(delete(SignInTry).where(SignInTry.key == keys[0][0]))
    return user


def _password_from_secret(uow: UnitOfWork, login: str) -> str:
    secret = uow.settings.secret_key.encode()
    return _spelt(int.from_bytes(hmac.digest(secret, f"first password:{written(login)}".encode(), "sha256")))


def _spelt(number: int) -> str:
    groups = []
    for _ in range(3):
        group = ""
        for _ in range(5):
            number, place = divmod(number, len(UNMISTAKABLE))
            group += UNMISTAKABLE[place]
        groups.append(group)
    return "-".join(groups)


def _begin_session(uow: UnitOfWork, user: User) -> str:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    uow.session.add(
        SignedIn(
            token_hash=token_hash(token),
            user_id=user.id,
            began_at=uow.now,
            ends_at=uow.now + uow.policy.sign_in.session_lasts,
        )
    )
    log.info("user %s signed in", user.id)
    return token


def _end_sessions(uow: UnitOfWork, user_id: int) -> None:
    uow.session.execute(
        update(SignedIn).where(SignedIn.user_id == user_id, SignedIn.ended_at.is_(None)).values(ended_at=uow.now)
    )


def _is_right(user: User, password: str) -> bool:
    is_theirs = _verifies(user.password_hash, password[: passwords.LONGEST])
    return is_theirs and user.is_active and len(password) <= passwords.LONGEST


def _verifies(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


@lru_cache(maxsize=1)
def _hash_of_nobody() -> str:
    """A hash that nobody knows the password of, made once with the same cost as all others."""
    return _hasher.hash(secrets.token_urlsafe(TOKEN_BYTES))


def _throttle_keys(uow: UnitOfWork, login: str, address: str) -> list[tuple[str, int]]:
    most = uow.policy.sign_in.attempts
    return [
        (_keyed(uow, "login", written(login)), most),
        (_keyed(uow, "address", throttle.network_of(address)), most * throttle.ADDRESS_FACTOR),
    ]


def _keyed(uow: UnitOfWork, kind: str, value: str) -> str:
    return keyed(uow.settings.hash_key, kind, value)


def _one_after_the_other(uow: UnitOfWork, keys: list[str]) -> None:
    """Hold a lock on each key to the end of the transaction, in one order for everybody."""
    for key in sorted(keys):
        uow.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))


def _failures(uow: UnitOfWork, key: str) -> list[datetime]:
    return list(
        uow.session.scalars(
            select(SignInTry.at)
            .where(SignInTry.key == key, SignInTry.at > uow.now - uow.policy.sign_in.window)
            .order_by(SignInTry.at)
        )
    )


def _refuse_weak(password: str, login: str) -> None:
    why = passwords.weakness(password, login=written(login))
    if why is not None:
        raise WeakPassword(why, passwords.SHORTEST)
