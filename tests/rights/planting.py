"""Plants the small city: the users who are there whatever else is, then rows of every kind at each node."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from collection.models import MatchWalk, Source
from core import audit
from core.uow import UnitOfWork
from directory.jurisdiction import depth, path
from directory.models import Jurisdiction
from directory.service import search
from staff.models import Grant, SignedIn, User
from staff.queries import token_hash
from tests.rights.rows_of_lists import plant_lists
from tests.rights.rows_of_people import plant_people, plant_privacy
from tests.rights.rows_of_places import plant_answering, plant_places
from tests.rights.rows_of_requests import plant_requests, plant_stray_request
from tests.rights.world import AT, HOUR, NODES, NOWHERE, READERS, base, canary, inside_of_compared, next_to, put

LEVELS = ("", "city", "district", "street", "community")
NEVER_USED = "x" * 40


def plant_readers(uow: UnitOfWork) -> None:
    """The tree, all users and the audit log: these are there whatever else is planted."""
    session = uow.session
    for node in NODES:
        put(
            session,
            Jurisdiction,
            {
                "code": node,
                "parent_code": node[:-2] or None,
                "level": LEVELS[depth(node)],
                "kind": "",
                "name_zh": canary(node, "P"),
                "name_en": canary(node, "P"),
            },
        )
    put(
        session,
        User,
        *(
            {
                "id": one.user_id,
                "login": one.token,
                "name": canary(one.node, "U"),
                "password_hash": NEVER_USED,
                "totp_salt": NEVER_USED,
                "totp_since": AT - HOUR,
            }
            for one in READERS
        ),
    )
    put(
        session,
        Grant,
        *(
            {
                "id": one.user_id,
                "user_id": one.user_id,
                "role": one.role,
                "jurisdiction_code": one.node,
                "from_at": AT - HOUR,
                "granted_by": "cli:staff",
            }
            for one in READERS
        ),
    )
    put(
        session,
        SignedIn,
        *(
            {
                "id": one.user_id,
                "token_hash": token_hash(one.token),
                "user_id": one.user_id,
                "began_at": AT - timedelta(minutes=5),
                "ends_at": AT + 9 * HOUR,
                "second_factor_at": AT - timedelta(minutes=5),
                "last_seen_at": AT - timedelta(seconds=10),
                "device": canary(one.node),
            }
            for one in READERS
        ),
    )
    put(session, Source, {"id": 1, "name": "list", "kind": "committee"})
    put(session, MatchWalk, {"id": 1, "begun_at": AT, "crowded": [base(node) for node in NODES]})
    _audited(uow, (*NODES, NOWHERE))


def plant(uow: UnitOfWork, nodes: Sequence[str]) -> None:
    """Rows of every kind at each of these nodes (`NOWHERE`: without a place)."""
    for node in nodes:
        if node != NOWHERE:
            plant_places(uow.session, node)
            plant_people(uow.session, node)
            plant_lists(uow.session, node)
            plant_privacy(uow.session, node)
        plant_requests(uow.session, node)
        if node != NOWHERE and next_to(node) not in inside_of_compared():
            plant_stray_request(uow.session, node)
    uow.session.flush()
    search.reindex(uow, [base(node) + more for node in nodes if node != NOWHERE for more in (1, 2, 3, 4)])


def plant_above(session: Session, node: str) -> None:
    """Who answers above a node: that is told to all below, so it is there when the node is read alone, too."""
    for one in path(node)[:-1]:
        plant_answering(session, one)


def _audited(uow: UnitOfWork, nodes: Iterable[str]) -> None:
    for node in nodes:
        place = "" if node == NOWHERE else node
        note = audit.Note("household.read", f"household:{base(node)}", place, canary(node), {})
        audit.append(uow.session, [note], at=AT, actor=f"user:{base(place or 'AH') + 100}", key=uow.settings.hash_key)
