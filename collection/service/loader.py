"""On whose right a list is loaded, and how far it reaches."""

from __future__ import annotations

from collection.models import Batch
from core.uow import UnitOfWork
from directory.scope import Scope
from staff.models import User
from staff.permissions import Permission, scope_for
from staff.queries.signed_in import granted

NOWHERE = Scope((), frozenset())


def read_scope(uow: UnitOfWork, batch: Batch) -> Scope:
    """Where whoever loads it, or uploaded it while nobody has pressed the button, may load lists now."""
    return scope_of(uow, batch.applied_by or batch.received_by)


def scope_of(uow: UnitOfWork, who: str) -> Scope:
    """Where somebody (`user:3`) may load lists at this moment. Commands and jobs may do so everywhere."""
    kind, _, number = who.partition(":")
    if kind != "user":
        return Scope.system()
    user = uow.session.get(User, int(number), populate_existing=True)
    if user is None or not user.is_active:
        return NOWHERE
    return scope_for([granted(grant) for grant in user.grants], Permission.IMPORTS_RUN, uow.now)
