"""Who may give which role where: never more than one has oneself, and only in one's own area."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from directory.jurisdiction import is_within
from staff.permissions import GIVES, Granted, Permission, Role, in_force


def may_give(mine: Iterable[Granted], role: Role, place: str, now: datetime) -> bool:
    """Whether somebody with these grants may give, or end, this role in this place.

    He must manage users there, and hold there everything that the role gives. An administrator gives every role of his
    area: appointing people is what he is for, he can never appoint himself, and each grant stands in the audit log.
    """
    there = [grant for grant in in_force(mine, now) if is_within(place, grant.jurisdiction_code)]
    held = frozenset[Permission]().union(*(GIVES[grant.role] for grant in there))
    if Permission.USERS_MANAGE not in held:
        return False
    return GIVES[role] <= held or any(grant.role is Role.ADMIN for grant in there)


def may_handle(mine: Iterable[Granted], theirs: Iterable[Granted], now: datetime) -> bool:
    """Whether somebody may reset, invite or shut out a user with these grants: all that count or will count are his.

    Whoever resets a password gets the link that opens the account: that may give him nothing that he could not give.
    Of who has no grant any more those count that he had: the account may be given as much again.
    """
    own, held = list(mine), list(theirs)
    judged = not_over(held, now) or [grant for grant in held if _ever_counts(grant)]
    return all(may_give(own, grant.role, grant.jurisdiction_code, now) for grant in judged)


def not_over(grants: Iterable[Granted], now: datetime) -> list[Granted]:
    """The grants that count now or will count later."""
    return [grant for grant in grants if _ever_counts(grant) and (grant.until_at is None or now < grant.until_at)]


def _ever_counts(grant: Granted) -> bool:
    """One that was ended before it began never does."""
    return grant.until_at is None or grant.from_at < grant.until_at


def roles_to_give(mine: Iterable[Granted], now: datetime) -> list[Role]:
    """The roles that somebody may give in at least one place of his area, in the order of the list of roles."""
    own = list(mine)
    places = {grant.jurisdiction_code for grant in in_force(own, now)}
    return [role for role in Role if any(may_give(own, role, place, now) for place in places)]
