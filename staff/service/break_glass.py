"""Break-glass: an administrator for an hour, made at the command line when nobody else can open the door."""

from __future__ import annotations

import logging

from core.uow import UnitOfWork
from staff.errors import NoReason
from staff.models import User
from staff.permissions import Role
from staff.queries import user_by_login, written
from staff.queries.roster import EMERGENCY
from staff.service import throttling, users
from staff.service.grants import grant
from staff.service.invitations import invite

log = logging.getLogger(__name__)

ACTOR = EMERGENCY
"""Who gave such a grant: the staff page lists them by it."""
SHORTEST_REASON = 10


def break_glass(uow: UnitOfWork, login: str, reason: str) -> str:
    """Make or unlock an account as an administrator of the whole city for an hour; the address of its link.

    Password and second factor are taken away, waiting after wrong tries ends, and the account is let in again. It needs
    neither a session nor Redis. Raises NoReason for a reason of fewer than ten characters.
    """
    if len(reason.strip()) < SHORTEST_REASON:
        raise NoReason(SHORTEST_REASON)
    user = user_by_login(uow.session, login) or users.add_without_password(uow, login, written(login))
    _unlock(uow, user)
    lasts = uow.policy.sign_in.break_glass_lasts
    until = uow.now + lasts
    grant(uow, user.login, Role.ADMIN, uow.policy.city.root, until_at=until)
    link = invite(uow, user, lasts=lasts)
    uow.audit(
        "break_glass.opened",
        f"user:{user.id}",
        place=uow.policy.city.root,
        reason=reason.strip()[:300],
        until=until.isoformat(),
    )
    log.warning("break-glass: user %s is administrator until %s", user.id, until.isoformat())
    return link


def _unlock(uow: UnitOfWork, user: User) -> None:
    users.let_in(uow, user)
    users.take_password_away(uow, user)
    users.reset_second_factor(uow, user)
    for key in (throttling.keys_of_login(uow, user.login, "")[0], throttling.keys_of_code(uow, user.id)[0]):
        throttling.forget(uow, key)
