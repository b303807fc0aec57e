"""Where a value comes from: what somebody changed by hand is written down beside what the lists said."""

from __future__ import annotations

from collections.abc import Mapping

from core.uow import UnitOfWork
from directory.models import Provenance


def by_hand(uow: UnitOfWork, person_id: int, said: Mapping[str, str], before: Mapping[str, str]) -> None:
    """Note that these fields of a person were set by whoever works here. Values are text, empty for none.

    What a person set counts more than any list: see the survivorship of loads.
    """
    uow.session.add(
        Provenance(
            person_id=person_id,
            source=uow.actor,
            as_of=uow.local_now.date(),
            at=uow.now,
            said=dict(said),
            taken=sorted(said),
            before=dict(before),
        )
    )
