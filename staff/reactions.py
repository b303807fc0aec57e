"""What staff does when a lower domain announces: officers go on seeing their area under its new codes."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import or_, select, update

from core.uow import UnitOfWork
from directory.errors import BadChange
from directory.events import PlacesReorganised
from staff.models import Grant


def carry_grants(uow: UnitOfWork, event: PlacesReorganised) -> None:
    """Whoever serves a place that ended gets the same role in all that follow it, until the same day.

    The grant on the old code stays: what was closed there keeps that code. A change that is taken back ends the grants
    that it brought. Raises BadChange when somebody was given a role in a place that would go: nobody can tell whether
    he is to have it in what was there before, which may be more.
    """
    mark = f"reorganisation:{event.reorganisation_id}"
    following = event.following()
    if event.is_undone:
        _refuse_given_since(uow, following, mark)
        uow.session.execute(
            update(Grant)
            .where(Grant.granted_by == mark, or_(Grant.until_at.is_(None), Grant.until_at > uow.now))
            .values(until_at=uow.now, ended_by=mark)
        )
        return
    held = uow.session.scalars(
        select(Grant)
        .where(
            Grant.jurisdiction_code.in_(following),
            or_(Grant.until_at.is_(None), Grant.until_at > uow.now),
        )
        .order_by(Grant.id)
    ).all()
    for grant in held:
        for code in following[grant.jurisdiction_code]:
            uow.session.add(
                Grant(
                    user_id=grant.user_id,
                    role=grant.role,
                    jurisdiction_code=code,
                    from_at=max(grant.from_at, uow.now),
                    until_at=grant.until_at,
                    granted_by=mark,
                )
            )
            uow.audit(
                "grant.carried", f"user:{grant.user_id}", place=code, role=grant.role.value, old=grant.jurisdiction_code
            )
    uow.session.flush()


def _refuse_given_since(uow: UnitOfWork, codes: Collection[str], mark: str) -> None:
    given = select(Grant.id).where(
        Grant.jurisdiction_code.in_(codes),
        Grant.granted_by != mark,
        or_(Grant.until_at.is_(None), Grant.until_at > uow.now),
    )
    if uow.session.scalar(given.limit(1)) is not None:
        raise BadChange("rights_since")
