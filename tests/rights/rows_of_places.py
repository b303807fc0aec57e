"""Rows of places at a node: who answers for it, its other names, houses and homes, and what will change."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from directory.models import (
    AliasKind,
    Building,
    ChangeKind,
    Dwelling,
    HandlerUnit,
    PlaceAlias,
    Placement,
    Reorganisation,
    Responsibility,
    Unplaced,
)
from tests.rights.world import AT, DAY, base, canary, put


def plant_places(session: Session, node: str) -> None:
    """Names, houses and homes of the node, a change to come, and words that need a place below it."""
    first, words = base(node), canary(node)
    plant_answering(session, node)
    put(
        session,
        PlaceAlias,
        {
            "id": first,
            "jurisdiction_code": node,
            "words": words,
            "plain": words.casefold(),
            "kind": AliasKind.ESTATE,
            "certainty": 0.9,
            "added_by": "user:1",
            "added_at": AT,
        },
    )
    put(
        session,
        Building,
        {"id": first, "community_code": node, "name": words, "access_note": words},
    )
    put(
        session,
        Dwelling,
        {"id": first, "community_code": node, "address": f"{words}1", "building_id": first, "door": "1"},
    )
    put(session, Placement, {"id": first, "dwelling_id": first, "community_code": node})
    put(
        session,
        Reorganisation,
        {
            "id": first,
            "kind": ChangeKind.RENAME,
            "on": DAY + timedelta(days=100),
            "old_codes": [node],
            "new_nodes": [],
            "note": words,
            "decided_by": "user:1",
            "decided_at": AT,
        },
    )
    put(
        session,
        Unplaced,
        {"id": first, "subject": f"import_row:{first}", "within_code": node, "words": words, "found_at": AT},
    )


def plant_answering(session: Session, node: str) -> None:
    """The unit that answers for the node."""
    first = base(node)
    put(
        session,
        HandlerUnit,
        {
            "id": first,
            "jurisdiction_code": node,
            "kind": "committee",
            "name_zh": canary(node, "P"),
            "name_en": canary(node, "P"),
        },
    )
    put(
        session,
        Responsibility,
        {
            "id": first,
            "jurisdiction_code": node,
            "category": "*",
            "unit_id": first,
            "from_on": DAY,
            "set_by": "user:1",
        },
    )
