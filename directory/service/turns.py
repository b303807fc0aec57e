"""Whoever looks at who is there and then enters, changes or erases people in bulk takes turns with others who do."""

from __future__ import annotations

from sqlalchemy import func, select

from core.uow import UnitOfWork

ONE_LOAD = 7_205_022
"""Key of the advisory lock: two loads at once would enter the same newcomer twice."""


def one_load_at_a_time(uow: UnitOfWork) -> None:
    """Wait until no other load, undoing or erasure is between looking and writing; held until the transaction ends.

    Taken before any list or person is locked, so that nobody waits in a ring.
    """
    uow.session.execute(select(func.pg_advisory_xact_lock(ONE_LOAD)))
