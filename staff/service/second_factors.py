"""Second factors: set up, checked, replaced by recovery codes, taken away."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import delete, func, select, update

from core.keyed import keyed
from core.uow import UnitOfWork
from staff import second_factor
from staff.errors import SecondFactorThere, SessionOver, TooManyTries, WrongCode
from staff.models import RecoveryCode, User
from staff.service import throttling
from staff.service.sessions import begin_session, end_session, end_sessions
from staff.service.sign_in import SignIn
from staff.spelling import spelt

SALT_BYTES = 16
RECOVERY_CODES = 10
GROUPS = 2
"""Two groups of five characters: 49 bits, and only as many tries as a password has."""


def secret_to_set_up(uow: UnitOfWork, user_id: int) -> str:
    """The secret that a user without a second factor puts into his app; the same one until it is in use.

    Raises SecondFactorThere.
    """
    user = uow.session.get_one(User, user_id, with_for_update=True)
    if user.totp_since is not None:
        raise SecondFactorThere
    if not user.totp_salt:
        user.totp_salt = secrets.token_hex(SALT_BYTES)
    return second_factor.secret_of(uow.settings.secret_key, user.id, user.totp_salt)


def set_up(
    uow: UnitOfWork, user_id: int, code: str, *, outside: datetime, user_agent: str = ""
) -> tuple[SignIn, list[str]]:
    """Take the first code of an app into use: all other sessions end, a full one begins, recovery codes are made.

    `outside` is real time. The unit must be committed whatever comes back. Raises SecondFactorThere.
    """
    user = _held(uow, user_id)
    secret = secret_to_set_up(uow, user_id)
    refusal = _checked(uow, user, code, secret, outside)
    if refusal is not None:
        return SignIn(None, refusal), []
    user.totp_since = uow.now
    end_sessions(uow, user.id)
    uow.audit("second_factor.set_up", f"user:{user.id}")
    token = begin_session(uow, user.id, user_agent=user_agent, second_factor_at=uow.now)
    return SignIn(token), _new_codes(uow, user)


def give(
    uow: UnitOfWork, user_id: int, session_id: int, code: str, *, outside: datetime, user_agent: str = ""
) -> SignIn:
    """Check the second factor of a session that lacks it: a code of the app, or a recovery code. A new session begins.

    The unit must be committed whatever comes back. Raises SessionOver when somebody ended the session meanwhile.
    """
    user = _held(uow, user_id)
    refusal = check(uow, user, code, outside=outside)
    if refusal is not None:
        return SignIn(None, refusal)
    if not end_session(uow, user.id, session_id):
        raise SessionOver
    token = begin_session(uow, user.id, user_agent=user_agent, second_factor_at=uow.now)
    return SignIn(token, must_change_password=user.must_change_password)


def check(uow: UnitOfWork, user: User, code: str, *, outside: datetime) -> WrongCode | TooManyTries | None:
    """The refusal of a code, or None when it was taken. The unit must be committed whatever comes back."""
    secret = second_factor.secret_of(uow.settings.secret_key, user.id, user.totp_salt)
    return _checked(uow, user, code, secret, outside, takes_recovery=True)


def renew_recovery_codes(
    uow: UnitOfWork, user_id: int, code: str, *, outside: datetime
) -> list[str] | WrongCode | TooManyTries:
    """Ten new recovery codes for the old ones, against a code. The unit must be committed whatever comes back."""
    user = _held(uow, user_id)
    refusal = check(uow, user, code, outside=outside)
    if refusal is not None:
        return refusal
    uow.audit("recovery_codes.renewed", f"user:{user.id}")
    return _new_codes(uow, user)


def switch_off(
    uow: UnitOfWork, user_id: int, session_id: int, code: str, *, outside: datetime
) -> WrongCode | TooManyTries | None:
    """Give up the second factor, against a code; the user's other sessions end. The unit must be committed anyway."""
    user = _held(uow, user_id)
    refusal = check(uow, user, code, outside=outside)
    if refusal is None:
        take_away(uow, user)
        end_sessions(uow, user.id, but=session_id)
        uow.audit("second_factor.switched_off", f"user:{user.id}")
    return refusal


def take_away(uow: UnitOfWork, user: User) -> None:
    """Forget second factor and recovery codes; the next one will have another secret."""
    user.totp_since, user.totp_salt, user.totp_last_step = None, "", None
    uow.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))


def codes_left(uow: UnitOfWork, user_id: int) -> int:
    """How many recovery codes a user has not used."""
    unused = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return uow.session.scalar(unused) or 0


def _held(uow: UnitOfWork, user_id: int) -> User:
    """The user, held for one try of a code."""
    throttling.hold(uow, throttling.keys_of_code(uow, user_id))
    return uow.session.get_one(User, user_id, with_for_update=True, populate_existing=True)


def _checked(
    uow: UnitOfWork,
    user: User,
    code: str,
    secret: str,
    outside: datetime,
    *,
    takes_recovery: bool = False,
) -> WrongCode | TooManyTries | None:
    keys = throttling.keys_of_code(uow, user.id)
    wait = throttling.wait_for(uow, keys)
    if wait is not None:
        return wait
    step = second_factor.step_taken(secret, code, at=outside, last_step=user.totp_last_step)
    if step is not None:
        user.totp_last_step = step
    elif not (takes_recovery and _used(uow, user, code)):
        return WrongCode(throttling.fail(uow, keys))
    throttling.forget(uow, keys[0])
    return None


def _used(uow: UnitOfWork, user: User, code: str) -> bool:
    """Whether this is an unused recovery code of the user; from here on it is used."""
    taken = uow.session.scalar(
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user.id,
            RecoveryCode.code_hash == _hash(uow, user, code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=uow.now)
        .returning(RecoveryCode.id)
    )
    if taken is not None:
        uow.audit("recovery_code.used", f"user:{user.id}", left=codes_left(uow, user.id))
    return taken is not None


def _new_codes(uow: UnitOfWork, user: User) -> list[str]:
    uow.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = [spelt(secrets.randbits(256), GROUPS) for _ in range(RECOVERY_CODES)]
    uow.session.add_all(RecoveryCode(user_id=user.id, code_hash=_hash(uow, user, code)) for code in codes)
    uow.session.flush()  # they are used up by statement, also later in this unit
    return codes


def _hash(uow: UnitOfWork, user: User, code: str) -> str:
    return keyed(uow.settings.hash_key, "recovery", f"{user.id}:{second_factor.plain(code)}")
