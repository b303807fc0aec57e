"""Failed tries, counted by user and by network address, both only as keyed hashes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select

from core.keyed import keyed
from core.uow import UnitOfWork
from staff import throttle
from staff.errors import TooManyTries
from staff.models import SignInTry
from staff.queries import written


@dataclass(frozen=True, slots=True)
class Key:
    """What tries are counted by, and how many are let through within the window."""

    hash: str
    most: int


def keys_of_login(uow: UnitOfWork, login: str, address: str, known: str = "") -> tuple[Key, ...]:
    """The keys of a password: the login, and the address it comes from.

    With the word of a browser that is `known` to the login: both together. Such tries wait for no stranger's.
    """
    most = uow.policy.sign_in.attempts
    if known:
        return (Key(_keyed(uow, "browser", f"{known}:{written(login)}"), most),)
    return Key(_keyed(uow, "login", written(login)), most), _of_address(uow, address)


def keys_of_code(uow: UnitOfWork, user_id: int) -> tuple[Key, ...]:
    """The key of a second factor: the user. Only who has the password gets so far, so no address has to wait."""
    return (Key(_keyed(uow, "code", str(user_id)), uow.policy.sign_in.attempts),)


def wait_for(uow: UnitOfWork, keys: Sequence[Key]) -> TooManyTries | None:
    """Whether one has to wait. Tries of one key are taken one after the other, to the end of the transaction."""
    hold(uow, keys)
    for one in keys:
        wait = throttle.free_again(_failures(uow, one), most=one.most, window=uow.policy.sign_in.window, now=uow.now)
        if wait is not None:
            return TooManyTries(max(math.ceil(wait.total_seconds() / 60), 1))
    return None


def hold(uow: UnitOfWork, keys: Sequence[Key]) -> None:
    """Let no other try of these keys in. Always before a user's row is held, or two tries would wait for each other."""
    for key in sorted(key.hash for key in keys):
        uow.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))


def fail(uow: UnitOfWork, keys: Sequence[Key]) -> int:
    """Count a failed try; how many are left."""
    uow.session.add_all(SignInTry(key=key.hash, at=uow.now) for key in keys)
    uow.session.flush()  # the tries left are counted by statement
    return min(throttle.tries_left(_failures(uow, key), most=key.most) for key in keys)


def forget(uow: UnitOfWork, key: Key) -> None:
    """Forget the failures of a user who was right in the end; those of the address stay."""
    uow.session.execute(delete(SignInTry).where(SignInTry.key == key.hash))


def _of_address(uow: UnitOfWork, address: str) -> Key:
    most = uow.policy.sign_in.attempts * throttle.ADDRESS_FACTOR
    return Key(_keyed(uow, "address", throttle.network_of(address)), most)


def _keyed(uow: UnitOfWork, kind: str, value: str) -> str:
    return keyed(uow.settings.hash_key, kind, value)


def _failures(uow: UnitOfWork, key: Key) -> list[datetime]:
    return list(
        uow.session.scalars(
            select(SignInTry.at)
            .where(SignInTry.key == key.hash, SignInTry.at > uow.now - uow.policy.sign_in.window)
            .order_by(SignInTry.at)
        )
    )
